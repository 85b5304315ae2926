"""One Device of a list: which keys it has, what each means, and what cannot be so at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, StringConstraints

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.testbed.device_state import Runs
from dsp_conformance.testbed.protocol import SmetsVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COLUMNS", "DeviceForm", "contradictions", "problem"]


def _eui64(value: object) -> Eui64:
    return Eui64.parse(str(value))


_Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{1,8}$")]
_Running = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{8}$", to_upper=True)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class DeviceForm(BaseModel):
    """One Device of the list."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, str_strip_whitespace=True
    )

    device_id: Annotated[Eui64, PlainValidator(_eui64)] = Field(
        description="an EUI-64, such as '00-DB-12-34-56-78-90-A0'"
    )
    device_type: DeviceType = Field(description=f"one of {', '.join(DeviceType)}")
    status: DeviceStatus = Field(description=f"its status in the inventory: one of {', '.join(DeviceStatus)}")
    suspended_from: Literal["Commissioned", "InstalledNotCommissioned"] | None = Field(
        default=None,
        description="of a Suspended Device 'Commissioned' or 'InstalledNotCommissioned', else nothing",
    )
    smets_version: SmetsVersion = Field(default=SmetsVersion.SMETS2, description="SMETS2 or SMETS1")
    manufacturer: _Name = Field(description="up to 30 characters, as the inventory records it")
    model: _Name = Field(description="model with hardware version, up to 30 characters, as recorded")
    firmware_version: _Version = Field(description="1 to 8 hexadecimal digits, as the inventory records it")
    cpl_status: CplStatus | None = Field(
        default=None,
        description=f"the CPL's status of that firmware: {', '.join(CplStatus)}, or nothing if removed",
    )
    running_firmware_version: _Running | None = Field(
        default=None,
        description="8 hexadecimal digits: the firmware that the Device itself runs; nothing if as recorded",
    )
    running_firmware_listed: Runs = Field(
        default=Runs.RECORDED,
        description=f"where the CPL lists the firmware that runs: {', '.join(each.value for each in Runs)}",
    )
    new_firmware_version: _Running | None = Field(
        default=None, description="8 hexadecimal digits: further firmware, listed as Active for its model"
    )
    new_firmware_image: str | None = Field(
        default=None, description="the path of the image of new_firmware_version, as SR11.1 is to send it"
    )
    activation_response: Literal["lost"] | None = Field(
        default=None,
        description="'lost' where it runs new_firmware_version, unknown to the DSP; else nothing",
    )
    entitled: Literal["every user", "supplier"] = Field(
        default="every user", description="'every user' or 'supplier'"
    )
    gbcs_signing_certificate: str | None = Field(
        default=None, description="the path of a certificate of the Device, PEM or DER"
    )
    gbcs_key_agreement_certificate: str | None = Field(
        default=None, description="the path of a certificate of the Device, PEM or DER"
    )
    note: Annotated[str, BeforeValidator(str)] = Field(default="", description="anything")


COLUMNS: Final = tuple(DeviceForm.model_fields)
"""The columns of a CSV file, and the keys of a Device in a TOML file."""


def problem(place: str, kind: str, where: tuple[int | str, ...], value: object) -> str:
    """What is wrong with one value, with its place and what was expected."""
    key = str(where[0]) if where else ""
    if kind == "extra_forbidden":
        return f"{place} {key}: expected one of the keys {', '.join(COLUMNS)}, found another"
    field = DeviceForm.model_fields.get(key)
    expected = field.description if field and field.description else "another value"
    found = "nothing" if kind == "missing" else repr(value)
    return f"{place} {key}: expected {expected}, found {found}"


def contradictions(form: DeviceForm) -> Iterable[str]:
    """What of a Device cannot be so at the same time."""
    suspended = form.status is DeviceStatus.SUSPENDED
    if suspended and form.suspended_from is None:
        yield "suspended_from: expected the status before the suspension, found nothing"
    if not suspended and form.suspended_from is not None:
        yield f"suspended_from: expected nothing of a {form.status.value} Device, found {form.suspended_from}"
    if suspended and form.cpl_status is CplStatus.ACTIVE:
        yield "cpl_status: expected another status than Active of a Suspended Device's firmware, found Active"
    if form.status is DeviceStatus.COMMISSIONED and form.cpl_status not in {None, CplStatus.ACTIVE}:
        yield f"cpl_status: expected Active of a Commissioned Device's firmware, found {form.cpl_status}"
    if (form.running_firmware_version is None) is not (form.running_firmware_listed is Runs.RECORDED):
        yield "running_firmware_listed: expected it together with running_firmware_version, found one of them"
    if (form.new_firmware_version is None) is not (form.new_firmware_image is None):
        yield "new_firmware_image: expected it together with new_firmware_version, found one of them"
    if form.activation_response is not None and (
        form.new_firmware_version is None
        or form.running_firmware_version != form.new_firmware_version
        or form.running_firmware_listed is not Runs.ACTIVE
    ):
        yield (
            "activation_response: expected 'lost' of a Device that runs new_firmware_version, with "
            "running_firmware_listed 'Active', found it of another"
        )
