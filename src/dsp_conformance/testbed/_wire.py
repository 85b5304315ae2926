"""What the Testbed Control API's answers look like (testbed-control.openapi.yaml), validated.

Members that the API does not know are passed over, so that a testbed may tell more than is asked; a known one
that is missing or wrong makes the whole answer unusable.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from cryptography.x509 import Certificate
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainValidator, TypeAdapter

from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki.json_values import certificate_in, eui64_in, text_in
from dsp_conformance.testbed.protocol import Capability

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


_EXTENSIONS = frozenset({Capability.DELIVER_LOCALLY})


class Capabilities(_Answer):
    """The answer to GET /capabilities."""

    capabilities: frozenset[Capability]
    extensions: frozenset[str] = frozenset()
    dsp: _Dsp

    @property
    def all(self) -> frozenset[Capability]:
        """The capabilities, and the extensions that are known here."""
        return self.capabilities | (_EXTENSIONS & self.extensions)


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
