"""The bodies of the Testbed Control API, as `testbed-control.openapi.yaml` describes them."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from cryptography import x509  # pydantic resolves the fields
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import (
    CplStatus,
    DeviceStatus,
    DeviceType,
    UserRole,
    catalogue,
)
from dsp_conformance.smki.json_values import certificate_in, eui64_in
from dsp_conformance.stub.cpl import ProductModel
from dsp_conformance.stub.emulated_device import Fault

__all__ = [
    "CplEntryBody",
    "CplPatchBody",
    "DeviceBody",
    "DevicePatchBody",
    "FaultBody",
    "LocalCommandBody",
    "UserBody",
]

_outside_xml = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search
_LARGEST_COUNT = 1_000_000


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("expected an http or https URL with a host")
    return value


def _writable(value: str) -> str:
    if _outside_xml(value):
        raise ValueError("expected characters that XML can hold")
    return value


def _known_variant(value: str) -> str:
    if value not in catalogue():
        raise ValueError("expected a Service Reference Variant such as 11.2")
    return value


def _not_suspended(value: DeviceStatus) -> DeviceStatus:
    if value is DeviceStatus.SUSPENDED:
        raise ValueError("Suspended is reached by changing the CPL, never set")
    return value


def _octets(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("expected octets in base64")  # noqa: TRY004  # pydantic reports ValueError
    return base64.b64decode(value, validate=True)


_Octets: TypeAlias = Annotated[bytes, PlainValidator(_octets)]
_Eui: TypeAlias = Annotated[Eui64, PlainValidator(eui64_in)]
_Certificate: TypeAlias = Annotated[x509.Certificate, PlainValidator(certificate_in)]
_Url: TypeAlias = Annotated[str, AfterValidator(_web_address)]
_Text30: TypeAlias = Annotated[str, StringConstraints(max_length=30), AfterValidator(_writable)]
_Firmware: TypeAlias = Annotated[str, StringConstraints(pattern=r"\A[0-9A-Fa-f]{1,8}\z")]
_RunningFirmware: TypeAlias = Annotated[str, StringConstraints(pattern=r"\A[0-9A-F]{8}\z")]
_Role: TypeAlias = Annotated[UserRole, Field(strict=False)]
_CplStatus: TypeAlias = Annotated[CplStatus, Field(strict=False)]
_Status: TypeAlias = Annotated[DeviceStatus, Field(strict=False), AfterValidator(_not_suspended)]
_Fault: TypeAlias = Annotated[Fault, Field(strict=False)]


def _device_type(value: object) -> DeviceType:
    known = [each for each in DeviceType if each is not DeviceType.CAD]  # the API leaves CAD out
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"expected one of {', '.join(known)}")
    return DeviceType(value)


_DeviceType: TypeAlias = Annotated[DeviceType, PlainValidator(_device_type)]


class _Body(BaseModel):
    """A JSON object that is taken as it is: no conversions, and no null for what may be left out."""

    model_config = ConfigDict(strict=True, frozen=True, arbitrary_types_allowed=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if isinstance(value, dict):
            for name, content in value.items():
                if content is None:
                    raise ValueError(f"{name}: null is no value; leave it out")
        return value


class UserBody(_Body):
    """A Service User to register."""

    roles: Annotated[list[_Role], Field(min_length=1)]
    signing_certificate: _Certificate
    gbcs_signing_certificate: _Certificate | None = None
    gbcs_key_agreement_certificate: _Certificate | None = None
    receive_response_url: _Url


class _ProductBody(_Body):
    device_type: _DeviceType
    manufacturer: _Text30
    model: _Text30
    firmware_version: _Firmware

    @property
    def product(self) -> ProductModel:
        """The model that the firmware is for."""
        return ProductModel(self.device_type, self.manufacturer, self.model)


class CplEntryBody(_ProductBody):
    """An entry to add to the CPL."""

    status: _CplStatus = CplStatus.ACTIVE


class CplPatchBody(_Body):
    """A change of an entry."""

    model_config = ConfigDict(extra="forbid")

    status: _CplStatus


class DeviceBody(_ProductBody):
    """A Device to provide."""

    device_id: _Eui | None = None
    smets_version: Literal["SMETS1", "SMETS2"] = "SMETS2"
    status: _Status = DeviceStatus.COMMISSIONED
    running_firmware_version: _RunningFirmware | None = None
    responsible_users: list[_Eui] | None = None


class DevicePatchBody(_Body):
    """A change of a Device; at least one."""

    model_config = ConfigDict(extra="forbid")

    running_firmware_version: _RunningFirmware | None = None
    reachable: bool | None = None
    status: _Status | None = None

    @model_validator(mode="after")
    def _expect_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"expected at least one of {', '.join(type(self).model_fields)}")
        return self


class FaultBody(_Body):
    """A fault to arrange."""

    service_reference_variant: Annotated[str, AfterValidator(_known_variant)]
    fault: _Fault
    count: Annotated[int, Field(ge=1, le=_LARGEST_COUNT)] = 1


class LocalCommandBody(_Body):
    """A command for local delivery."""

    command: _Octets
