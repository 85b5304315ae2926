"""A list of provisioned Devices, CSV or TOML: read, checked, with the files that it names loaded.

The keys of a Device are the columns of a CSV file and the keys of a table [[devices]] of a TOML file. Each
description is what an error says was expected.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
)

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki.certificates import load_certificates
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.testbed.device_state import DeviceState, Runs
from dsp_conformance.testbed.protocol import ProvidedDevice, SmetsVersion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryptography.x509 import Certificate

__all__ = ["COLUMNS", "DeviceList", "DeviceListError", "ProvisionedDevice", "load_device_list"]

_LIMIT: Final = 1 << 24


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


@dataclass(frozen=True, slots=True)
class ProvisionedDevice:
    """A Device of the list.

    Attributes:
        provided: its EUI-64 and certificates.
        state: the state that it is said to be in.
        manufacturer: as recorded.
        model: as recorded.
        firmware_version: as recorded.
        cpl_status: of that firmware; None where it was removed, or where the list does not say.
        running: the firmware that it runs, 8 upper-case hexadecimal digits.
        new_version: of the further firmware that the CPL lists; None where there is none.
        image: of that firmware.
    """

    provided: ProvidedDevice
    state: DeviceState
    manufacturer: str
    model: str
    firmware_version: str
    cpl_status: CplStatus | None
    running: str
    new_version: str | None = None
    image: bytes | None = None

    @property
    def device_id(self) -> Eui64:
        """Its EUI-64."""
        return self.provided.device_id

    @property
    def family(self) -> tuple[str, ...]:
        """What Devices of one model with the same firmware have in common: recorded, and running."""
        version = self.firmware_version.upper().zfill(8)
        return (self.state.device_type.value, self.manufacturer, self.model, version, self.running)


@dataclass(frozen=True, slots=True)
class DeviceList:
    """All Devices of a list, in its order.

    Attributes:
        path: the file.
        devices: what it holds.
    """

    path: Path
    devices: tuple[ProvisionedDevice, ...]


class DeviceListError(Exception):
    """A list of Devices cannot be used.

    Attributes:
        path: the file.
        problems: all that is wrong, a line each, with the place.
    """

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        super().__init__(path, problems)
        self.path, self.problems = path, problems

    def __str__(self) -> str:
        return "\n".join(
            [f"the list of Devices {self.path} cannot be used:", *(f"  {p}" for p in self.problems)]
        )


def load_device_list(path: Path) -> DeviceList:
    """Read and check a list; paths in it are relative to its folder.

    Raises:
        DeviceListError: with everything that is wrong.
    """
    problems: list[str] = []
    devices: list[ProvisionedDevice] = []
    first: dict[Eui64, str] = {}
    for place, row in _rows(path):
        try:
            form = DeviceForm.model_validate(row)
        except ValidationError as error:
            problems += [_problem(place, each["type"], each["loc"], each["input"]) for each in error.errors()]
            continue
        earlier = first.setdefault(form.device_id, place)
        if earlier != place:
            expected = "an EUI-64 of its own for every Device"
            problems.append(
                f"{place} device_id: expected {expected}, found {form.device_id}, as in {earlier}"
            )
        found = list(_contradictions(form))
        problems += [f"{place} {each}" for each in found]
        try:
            devices.append(_loaded(form, path.parent))
        except (_FileUnusable, SmkiError) as error:
            problems.append(f"{place}: {error}")
    if problems:
        raise DeviceListError(path, tuple(problems))
    return DeviceList(path, tuple(devices))


class _FileUnusable(Exception):  # noqa: N818 - caught and retold here
    pass


def _rows(path: Path) -> Iterable[tuple[str, dict[str, object]]]:
    """The Devices with their places, empty values left out."""
    try:
        octets = path.read_bytes()
        text = octets.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DeviceListError(path, (f"expected a readable file of UTF-8 text, found {cause}",)) from None
    if len(octets) > _LIMIT:
        raise DeviceListError(path, (f"expected at most {_LIMIT} octets, found {len(octets)}",))
    if path.suffix.casefold() == ".toml":
        return _toml_rows(path, text)
    return _csv_rows(path, text)


def _toml_rows(path: Path, text: str) -> list[tuple[str, dict[str, object]]]:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeviceListError(path, (f"expected TOML, found {error}",)) from None
    tables = tree.get("devices", [])
    if (
        set(tree) - {"devices"}
        or not isinstance(tables, list)
        or not all(isinstance(t, dict) for t in tables)
    ):
        raise DeviceListError(path, ("expected tables [[devices]] and nothing else",))
    return [
        (f"devices[{number}]", {key: value for key, value in table.items() if value != ""})
        for number, table in enumerate(tables, 1)
    ]


def _csv_rows(path: Path, text: str) -> list[tuple[str, dict[str, object]]]:
    reader = csv.reader(text.splitlines(), strict=True)
    found: list[tuple[str, dict[str, object]]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        unknown = [name for name in header if name not in COLUMNS]
        if unknown or not header or len(set(header)) != len(header):
            told = f"expected a first line with columns of {', '.join(COLUMNS)}, each once, found {header}"
            raise DeviceListError(path, (told,))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"line {reader.line_num}"
            if len(cells) != len(header):
                told = f"{place}: expected {len(header)} cells, found {len(cells)}"
                raise DeviceListError(path, (told,))
            row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            found.append((place, {name: cell for name, cell in row.items() if cell}))
    except csv.Error as error:
        raise DeviceListError(path, (f"line {reader.line_num}: expected CSV, found {error}",)) from None
    return found


def _problem(place: str, kind: str, where: tuple[int | str, ...], value: object) -> str:
    key = str(where[0]) if where else ""
    if kind == "extra_forbidden":
        return f"{place} {key}: expected one of the keys {', '.join(COLUMNS)}, found another"
    field = DeviceForm.model_fields.get(key)
    expected = field.description if field and field.description else "another value"
    found = "nothing" if kind == "missing" else repr(value)
    return f"{place} {key}: expected {expected}, found {found}"


def _contradictions(form: DeviceForm) -> Iterable[str]:
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


def _loaded(form: DeviceForm, folder: Path) -> ProvisionedDevice:
    image = None
    if form.new_firmware_image is not None:
        path = folder / form.new_firmware_image
        try:
            image = path.read_bytes()
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or str(error)
            told = f"new_firmware_image: expected a readable file, found {path} ({cause})"
            raise _FileUnusable(told) from None
    before = form.suspended_from
    state = DeviceState(
        form.device_type,
        form.status,
        form.smets_version,
        None if before is None else DeviceStatus(before),
        form.running_firmware_listed,
        new_firmware=form.new_firmware_version is not None,
        activation_lost=form.activation_response is not None,
        supplier_only=form.entitled == "supplier",
    )
    provided = ProvidedDevice(
        form.device_id,
        _certificate(folder, "gbcs_signing_certificate", form.gbcs_signing_certificate),
        _certificate(folder, "gbcs_key_agreement_certificate", form.gbcs_key_agreement_certificate),
    )
    running = form.running_firmware_version or form.firmware_version.upper().zfill(8)
    return ProvisionedDevice(
        provided,
        state,
        form.manufacturer,
        form.model,
        form.firmware_version,
        form.cpl_status,
        running,
        form.new_firmware_version,
        image,
    )


def _certificate(folder: Path, key: str, name: str | None) -> Certificate | None:
    if name is None:
        return None
    found = load_certificates(folder / name)
    if len(found) != 1:
        raise _FileUnusable(f"{key}: expected one certificate, found {len(found)} in {folder / name}")
    return found[0]
