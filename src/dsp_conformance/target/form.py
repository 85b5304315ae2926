"""What may stand in a target file. A field's description is what its error says was expected."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.duis.xml import DEFAULT_LIMIT
from dsp_conformance.target.fields import (
    CERTIFICATE,
    DECLARED,
    KEY,
    SECONDS,
    URL,
    Bind,
    BindAddress,
    Declared,
    EnvironmentName,
    Eui,
    FilePath,
    Seconds,
    Section,
    Text,
    Url,
    UrlPath,
)
from dsp_conformance.target.testbed_form import TestbedForm
from dsp_conformance.target.tls_form import ReceiverTlsForm, TlsForm
from dsp_conformance.user.receiver_settings import DEFAULT_RATE
from dsp_conformance.user.transport import Timeouts

__all__ = ["SECTIONS", "TargetForm"]

_TIMEOUTS = Timeouts()
_SMALLEST_LIMIT = 65_536
_LARGEST_RATE = 100_000
_LARGEST_LIMIT = 1 << 30


def _rejection(code: ResponseCode) -> ResponseCode:
    if code.is_success:
        raise ValueError("no rejection")
    return code


_RejectionCode = Annotated[
    ResponseCode,
    Field(strict=False),
    AfterValidator(_rejection),
    WithJsonSchema({"type": "string", "enum": [one.value for one in ResponseCode if not one.is_success]}),
]


class DspForm(Section):
    """`[dsp]`: the product under test. Whatever the testbed tells may be left out."""

    name: Text | None = Field(default=None, description="the product's name, as reports are to give it")
    version: Text | None = Field(default=None, description="the product's version or build")
    base_url: Url | None = Field(default=None, description=f"{URL}; the services are below its /api/v1")
    send_command_url: Url | None = Field(default=None, description=f"{URL} of the Send Command service")
    non_device_url: Url | None = Field(default=None, description=f"{URL} of the Non-Device service")
    transform_url: Url | None = Field(default=None, description=f"{URL} of the Transform service")
    dcc_id: Eui | None = Field(
        default=None, description="the DCC's EUI-64, such as '00-DB-12-34-56-78-90-A0'"
    )
    signing_certificates: list[FilePath] = Field(
        default_factory=list, min_length=1, description=f"a list with one item or more: {CERTIFICATE}"
    )


class UserForm(Section):
    """`[[users]]`: a Service User that the DSP knows. The testbed may register the suite's own instead."""

    eui: Eui = Field(description="the Service User's EUI-64, such as '90-B3-D5-1F-30-01-00-00'")
    roles: list[Annotated[UserRole, Field(strict=False)]] = Field(
        min_length=1, description=f"a list of user roles: {', '.join(UserRole)}"
    )
    certificate: FilePath = Field(description=f"{CERTIFICATE}, of XML signing")
    key: FilePath = Field(description=f"{KEY}, of XML signing")
    key_password_env: EnvironmentName | None = Field(
        default=None,
        description="the name of the environment variable that holds the password of the private keys",
    )
    gbcs_signing_certificate: FilePath | None = Field(
        default=None, description=f"{CERTIFICATE}, to sign Pre-Commands"
    )
    gbcs_signing_key: FilePath | None = Field(default=None, description=f"{KEY}, to sign Pre-Commands")
    gbcs_key_agreement_certificate: FilePath | None = Field(
        default=None, description=f"{CERTIFICATE}, for MACs of responses"
    )
    gbcs_key_agreement_key: FilePath | None = Field(default=None, description=f"{KEY}, for MACs of responses")
    receive_path: UrlPath | None = Field(
        default=None,
        description="the path of the receiver that is this user's own, such as '/responses/supplier'",
    )


class ReceiverForm(Section):
    """`[receiver]`: where the suite listens for asynchronous responses and alerts."""

    bind: Bind = Field(
        default=BindAddress("127.0.0.1", 0),
        description="'host:port', such as '127.0.0.1:0' (port 0: any free one)",
    )
    public_url: Url | None = Field(default=None, description=f"{URL}, at which the DSP reaches the receiver")
    path: UrlPath | None = Field(
        default=None, description="the path at which it takes messages, such as '/responses'"
    )
    tls: ReceiverTlsForm | None = Field(default=None, description="a section [receiver.tls]")


class SchemaForm(Section):
    """`[schema]`: official schema files instead of the bundled profile."""

    folder: FilePath = Field(description="the path of the folder that holds the DUIS schema files")


class TimeoutsForm(Section):
    """`[timeouts]`: how long is waited, in seconds."""

    connect: Seconds = Field(default=_TIMEOUTS.connect, description=SECONDS)
    answer: Seconds = Field(default=_TIMEOUTS.answer, description=SECONDS)
    response: Seconds = Field(default=_TIMEOUTS.response, description=SECONDS)


class LimitsForm(Section):
    """`[limits]`: what is taken in at most."""

    max_message_size: int = Field(
        default=DEFAULT_LIMIT,
        ge=_SMALLEST_LIMIT,
        le=_LARGEST_LIMIT,
        description=f"a number of octets from {_SMALLEST_LIMIT} to {_LARGEST_LIMIT}",
    )
    max_messages_per_second: int = Field(
        default=DEFAULT_RATE,
        ge=1,
        le=_LARGEST_RATE,
        description=f"a number of messages from 1 to {_LARGEST_RATE}, which the receiver takes in a second",
    )


class ProfileForm(Section):
    """`[profile]`: what the product declares. No run ends conformant before every question is answered."""

    rejection_code: _RejectionCode = Field(
        default=ResponseCode.E51, description="a DUIS response code for rejections, such as 'E51'"
    )
    settle_seconds: Seconds = Field(default=5.0, description=SECONDS)
    silence_seconds: Seconds = Field(default=10.0, description=SECONDS)
    assumed: Literal["report", "enforce"] = Field(default="report", description="'report' or 'enforce'")
    duis_version: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}$")] = Field(
        default="5.4", description="a DUIS version as text, such as '5.4'"
    )
    smets1: Declared = Field(default="undeclared", description=DECLARED)
    resent_activation: Declared = Field(default="undeclared", description=DECLARED)
    secmp0007: Declared = Field(default="undeclared", description=DECLARED)
    local_delivery: Declared = Field(default="undeclared", description=DECLARED)


class BaselineForm(Section):
    """`[baseline]`: the vendor's own list of known failures."""

    file: FilePath = Field(description="the path of a baseline file")


class RequestBodiesForm(Section):
    """`[request_bodies]`: bodies of requests that suit the DSP better than the suite's own."""

    folder: FilePath = Field(description="the path of a folder with request bodies, such as 4.1.1.xml")


class ReportForm(Section):
    """`[report]`: what reports say besides."""

    operator: Text | None = Field(default=None, description="who runs the suite, as reports are to name them")


class TargetForm(Section):
    """The whole file."""

    dsp: DspForm = Field(default_factory=DspForm, description="a section [dsp]")
    users: list[UserForm] = Field(default_factory=list, description="sections [[users]]")
    receiver: ReceiverForm = Field(default_factory=ReceiverForm, description="a section [receiver]")
    testbed: TestbedForm = Field(description="a section [testbed]")
    tls: TlsForm | None = Field(default=None, description="a section [tls]")
    schema_files: SchemaForm | None = Field(default=None, alias="schema", description="a section [schema]")
    timeouts: TimeoutsForm = Field(default_factory=TimeoutsForm, description="a section [timeouts]")
    limits: LimitsForm = Field(default_factory=LimitsForm, description="a section [limits]")
    profile: ProfileForm = Field(default_factory=ProfileForm, description="a section [profile]")
    request_bodies: RequestBodiesForm | None = Field(default=None, description="a section [request_bodies]")
    baseline: BaselineForm | None = Field(default=None, description="a section [baseline]")
    report: ReportForm = Field(default_factory=ReportForm, description="a section [report]")


SECTIONS: dict[str, type[BaseModel]] = {
    "dsp": DspForm,
    "users": UserForm,
    "receiver": ReceiverForm,
    "receiver.tls": ReceiverTlsForm,
    "testbed": Section,  # its keys are the driver's: `testbed_form.DRIVERS`
    "testbed.tls": TlsForm,
    "tls": TlsForm,
    "schema": SchemaForm,
    "timeouts": TimeoutsForm,
    "limits": LimitsForm,
    "profile": ProfileForm,
    "request_bodies": RequestBodiesForm,
    "baseline": BaselineForm,
    "report": ReportForm,
}
"""The sections of the file, in its order."""
