"""What may stand in a target file. A field's description is what its error says was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.duis.xml import DEFAULT_LIMIT
from dsp_conformance.eui64 import Eui64
from dsp_conformance.user.transport import Timeouts

__all__ = ["SECTIONS", "TargetForm"]

_ENVIRONMENT_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_LONGEST_WAIT = 86_400
_TIMEOUTS = Timeouts()
_SMALLEST_LIMIT = 65_536
_LARGEST_LIMIT = 1 << 30
_HIGHEST_PORT = 65_535
_bind = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]/]+)):(?P<port>[0-9]{1,5})").fullmatch


def _eui64(value: object) -> Eui64:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - a ValueError is what pydantic collects
    return Eui64.parse(value)


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    port = parts.port  # raises ValueError for one that is no port
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError("no http or https address")
    if parts.username or parts.password or parts.query or parts.fragment or " " in value:
        raise ValueError("more than an address")
    return value.rstrip("/")


@dataclass(frozen=True, slots=True)
class BindAddress:
    """Where to listen.

    Attributes:
        host: a name or an address.
        port: 0 for any free one.
    """

    host: str
    port: int


def _bind_address(value: object) -> BindAddress:
    match = _bind(value) if isinstance(value, str) else None
    if match is None or int(match["port"]) > _HIGHEST_PORT:
        raise ValueError("no host and port")
    return BindAddress(match["v6"] or match["host"], int(match["port"]))


def _rejection(code: ResponseCode) -> ResponseCode:
    if code.is_success:
        raise ValueError("no rejection")
    return code


_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Url = Annotated[str, AfterValidator(_http_url)]
_Eui = Annotated[Eui64, PlainValidator(_eui64)]
_Path = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]+$")]
_Environment = Annotated[str, StringConstraints(pattern=_ENVIRONMENT_NAME)]
_Seconds = Annotated[float, Field(gt=0, le=_LONGEST_WAIT)]
_Declared = Literal["yes", "no", "undeclared"]

_CERTIFICATE = "the path of a certificate, PEM or DER"
_KEY = "the path of a private key, PEM or DER"
_URL = "an http or https address, such as 'http://127.0.0.1:8079'"
_DECLARED = "'yes', 'no' or 'undeclared'"
_PEM = "the path of a certificate in PEM form, with those of its issuers behind it"
_AUTHORITIES = "the path of certificates of authorities in PEM form"
_SECONDS = f"a number of seconds above 0, at most {_LONGEST_WAIT}"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


class TlsForm(_Section):
    """`[tls]` and `[testbed.tls]`: how the suite connects where an address is https."""

    ca: _Path | None = Field(default=None, description=f"{_AUTHORITIES} whose servers are trusted")
    certificate: _Path | None = Field(default=None, description=f"{_PEM}, of the suite as TLS client")
    key: _Path | None = Field(
        default=None, description="the path of the certificate's private key in PEM form"
    )
    key_password_env: _Environment | None = Field(
        default=None, description="the name of the environment variable that holds the key's password"
    )
    verify: bool = Field(default=True, description="true, or false for no check of the server's certificate")


class ReceiverTlsForm(_Section):
    """`[receiver.tls]`: makes the receiver an https one."""

    certificate: _Path = Field(description=f"{_PEM}, of the receiver as TLS server")
    key: _Path = Field(description="the path of the certificate's private key in PEM form")
    key_password_env: _Environment | None = Field(
        default=None, description="the name of the environment variable that holds the key's password"
    )
    client_ca: _Path | None = Field(
        default=None, description=f"{_AUTHORITIES} of which the DSP has to show a client certificate"
    )


class DspForm(_Section):
    """`[dsp]`: the product under test. Whatever the testbed tells may be left out."""

    name: _Text | None = Field(default=None, description="the product's name, as reports are to give it")
    version: _Text | None = Field(default=None, description="the product's version or build")
    base_url: _Url | None = Field(default=None, description=f"{_URL}; the services are below its /api/v1")
    send_command_url: _Url | None = Field(default=None, description=f"{_URL} of the Send Command service")
    non_device_url: _Url | None = Field(default=None, description=f"{_URL} of the Non-Device service")
    transform_url: _Url | None = Field(default=None, description=f"{_URL} of the Transform service")
    dcc_id: _Eui | None = Field(
        default=None, description="the DCC's EUI-64, such as '00-DB-12-34-56-78-90-A0'"
    )
    signing_certificates: list[_Path] = Field(
        default_factory=list, min_length=1, description=f"a list with one item or more: {_CERTIFICATE}"
    )


class UserForm(_Section):
    """`[[users]]`: a Service User that the DSP knows. The testbed may register the suite's own instead."""

    eui: _Eui = Field(description="the Service User's EUI-64, such as '90-B3-D5-1F-30-01-00-00'")
    roles: list[Annotated[UserRole, Field(strict=False)]] = Field(
        min_length=1, description=f"a list of user roles: {', '.join(UserRole)}"
    )
    certificate: _Path = Field(description=f"{_CERTIFICATE}, of XML signing")
    key: _Path = Field(description=f"{_KEY}, of XML signing")
    key_password_env: _Environment | None = Field(
        default=None,
        description="the name of the environment variable that holds the password of the private keys",
    )
    gbcs_signing_certificate: _Path | None = Field(
        default=None, description=f"{_CERTIFICATE}, to sign Pre-Commands"
    )
    gbcs_signing_key: _Path | None = Field(default=None, description=f"{_KEY}, to sign Pre-Commands")
    gbcs_key_agreement_certificate: _Path | None = Field(
        default=None, description=f"{_CERTIFICATE}, for MACs of responses"
    )
    gbcs_key_agreement_key: _Path | None = Field(default=None, description=f"{_KEY}, for MACs of responses")


class ReceiverForm(_Section):
    """`[receiver]`: where the suite listens for asynchronous responses and alerts."""

    bind: Annotated[BindAddress, PlainValidator(_bind_address)] = Field(
        default=BindAddress("127.0.0.1", 0),
        description="'host:port', such as '127.0.0.1:0' (port 0: any free one)",
    )
    public_url: _Url | None = Field(
        default=None, description=f"{_URL}, at which the DSP reaches the receiver"
    )
    tls: ReceiverTlsForm | None = Field(default=None, description="a section [receiver.tls]")


class TestbedForm(_Section):
    """`[testbed]`: how the DSP is put into the states that scenarios need."""

    __test__ = False

    driver: Literal["control-api"] = Field(description="one of the drivers there are: 'control-api'")
    url: _Url = Field(
        description="the base of the Testbed Control API, such as 'http://127.0.0.1:8090/testbed/v1'"
    )
    token_env: _Environment | None = Field(
        default=None, description="the name of the environment variable that holds the bearer token"
    )
    tls: TlsForm | None = Field(default=None, description="a section [testbed.tls]")


class SchemaForm(_Section):
    """`[schema]`: official schema files instead of the bundled profile."""

    folder: _Path = Field(description="the path of the folder that holds the DUIS schema files")


class TimeoutsForm(_Section):
    """`[timeouts]`, in seconds."""

    connect: _Seconds = Field(default=_TIMEOUTS.connect, description=_SECONDS)
    answer: _Seconds = Field(default=_TIMEOUTS.answer, description=_SECONDS)
    response: _Seconds = Field(default=_TIMEOUTS.response, description=_SECONDS)


class LimitsForm(_Section):
    """`[limits]`: what is taken in at most."""

    max_message_size: int = Field(
        default=DEFAULT_LIMIT,
        ge=_SMALLEST_LIMIT,
        le=_LARGEST_LIMIT,
        description=f"a number of octets from {_SMALLEST_LIMIT} to {_LARGEST_LIMIT}",
    )


class ProfileForm(_Section):
    """`[profile]`: what the product declares."""

    rejection_code: Annotated[ResponseCode, Field(strict=False), AfterValidator(_rejection)] = Field(
        default=ResponseCode.E51, description="a DUIS response code for rejections, such as 'E51'"
    )
    settle_seconds: _Seconds = Field(default=5.0, description=_SECONDS)
    silence_seconds: _Seconds = Field(default=10.0, description=_SECONDS)
    assumed: Literal["report", "enforce"] = Field(default="report", description="'report' or 'enforce'")
    duis_version: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{1,2}$")] = Field(
        default="5.4", description="a DUIS version as text, such as '5.4'"
    )
    smets1: _Declared = Field(default="undeclared", description=_DECLARED)
    resent_activation: _Declared = Field(default="undeclared", description=_DECLARED)
    secmp0007: _Declared = Field(default="undeclared", description=_DECLARED)
    local_delivery: _Declared = Field(default="undeclared", description=_DECLARED)


class BaselineForm(_Section):
    """`[baseline]`: the vendor's own list of known failures."""

    file: _Path = Field(description="the path of a baseline file")


class RequestBodiesForm(_Section):
    """`[request_bodies]`: bodies of requests that suit the DSP better than the suite's own."""

    folder: _Path = Field(description="the path of a folder with request bodies, such as 4.1.1.xml")


class TargetForm(_Section):
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


SECTIONS: dict[str, type[BaseModel]] = {
    "dsp": DspForm,
    "users": UserForm,
    "receiver": ReceiverForm,
    "receiver.tls": ReceiverTlsForm,
    "testbed": TestbedForm,
    "testbed.tls": TlsForm,
    "tls": TlsForm,
    "schema": SchemaForm,
    "timeouts": TimeoutsForm,
    "limits": LimitsForm,
    "profile": ProfileForm,
    "request_bodies": RequestBodiesForm,
    "baseline": BaselineForm,
}
"""The sections of the file, in its order."""
