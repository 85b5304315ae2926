"""What the Testbed Control API's answers look like (testbed-control.openapi.yaml), validated.

Members that the API does not know are passed over, so that a testbed may tell more than is asked; a known one
that is missing or wrong makes the whole answer unusable.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from cryptography.x509 import Certificate
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    PlainValidator,
    TypeAdapter,
    model_validator,
)

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.json_values import certificate_in, eui64_in, text_in
from dsp_conformance.testbed.protocol import EXTENSIONS, Capability

__all__ = [
    "ADDED_CPL_ENTRY",
    "CAPABILITIES",
    "COMMANDS",
    "LOCAL_RESPONSE",
    "PROBLEM",
    "PROVIDED",
    "Capabilities",
]


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"expected an http or https address, got {value!r}")
    return value.rstrip("/")


def _octets(value: object) -> bytes:
    return base64.b64decode(text_in(value), validate=True)


_Eui = Annotated[Eui64, PlainValidator(eui64_in)]
_Pem = Annotated[Certificate, PlainValidator(certificate_in)]
_PemInForce = Annotated[Certificate, PlainValidator(partial(certificate_in, in_force=True))]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)


class _Problem(_Answer):
    """Why an operation was refused."""

    title: str
    detail: str = ""


class _Dsp(_Answer):
    name: str
    version: str
    dcc_id: _Eui | None = None
    duis_url: Annotated[str, AfterValidator(_http_url)] | None = None
    signing_certificates: tuple[_PemInForce, ...] = ()


_PROFILE: Final = "profile"
"""The extension by which a testbed says what the product declares."""


class _Profile(_Answer):
    """The switches of a target file's `[profile]`, those that the testbed declares.

    Nothing else of a profile is read here: how the suite judges, such as the rejection code and how long it
    waits, is for the tester to say.
    """

    smets1: Literal["yes", "no"] | None = None
    resent_activation: Literal["yes", "no"] | None = None
    secmp0007: Literal["yes", "no"] | None = None
    local_delivery: Literal["yes", "no"] | None = None


class Capabilities(_Answer):
    """The answer to GET /capabilities; its profile is looked at where the extension is named."""

    capabilities: frozenset[Capability]
    extensions: frozenset[str] = frozenset()
    dsp: _Dsp
    profile: _Profile = _Profile()

    @model_validator(mode="before")
    @classmethod
    def _profile_where_it_is_offered(cls, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        offered = tree.get("extensions")
        if isinstance(offered, list) and _PROFILE in offered:
            if _PROFILE not in tree:
                raise ValueError(f"the extension {_PROFILE!r} is named, and its member is missing")
            return tree
        return {name: member for name, member in tree.items() if name != _PROFILE}

    @property
    def switches(self) -> dict[str, bool]:
        """The switches of the profile that the testbed declares."""
        return {name: value == "yes" for name, value in self.profile.model_dump(exclude_none=True).items()}

    @property
    def all(self) -> frozenset[Capability]:
        """The capabilities, and the extensions that are known here."""
        return self.capabilities | (EXTENSIONS & self.extensions)


class _AddedCplEntry(_Answer):
    """The answer to POST /cpl-entries."""

    cpl_entry_id: str


class _Provided(_Answer):
    """The answer to POST /devices."""

    device_id: _Eui
    gbcs_signing_certificate: _Pem | None = None
    gbcs_key_agreement_certificate: _Pem | None = None


class _Command(_Answer):
    """An item of the answer to GET /devices/{device_id}/commands."""

    request_id: str
    service_reference_variant: str
    received_at: AwareDatetime


class _LocalResponse(_Answer):
    """The answer to POST /devices/{device_id}/local-commands."""

    response: Annotated[bytes, PlainValidator(_octets)]


CAPABILITIES = TypeAdapter(Capabilities)
ADDED_CPL_ENTRY = TypeAdapter(_AddedCplEntry)
PROVIDED = TypeAdapter(_Provided)
COMMANDS = TypeAdapter(tuple[_Command, ...])
LOCAL_RESPONSE = TypeAdapter(_LocalResponse)
PROBLEM = TypeAdapter(_Problem)
