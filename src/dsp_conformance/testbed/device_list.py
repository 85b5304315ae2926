"""A list of provisioned Devices, CSV or TOML: read, checked, with the files that it names loaded.

The keys of a Device are the columns of a CSV file and the keys of a table [[devices]] of a TOML file. Each
description is what an error says was expected.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from dsp_conformance.duis.terms import CplStatus, DeviceStatus
from dsp_conformance.smki.certificates import load_certificates
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.testbed.device_form import COLUMNS, DeviceForm, contradictions, problem
from dsp_conformance.testbed.device_state import DeviceState
from dsp_conformance.testbed.protocol import ProvidedDevice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryptography.x509 import Certificate

    from dsp_conformance.base.eui64 import Eui64

__all__ = ["COLUMNS", "DeviceList", "DeviceListError", "ProvisionedDevice", "load_device_list"]

_LIMIT: Final = 1 << 24


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
            problems += [problem(place, each["type"], each["loc"], each["input"]) for each in error.errors()]
            continue
        earlier = first.setdefault(form.device_id, place)
        if earlier != place:
            expected = "an EUI-64 of its own for every Device"
            problems.append(
                f"{place} device_id: expected {expected}, found {form.device_id}, as in {earlier}"
            )
        found = list(contradictions(form))
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
    found = load_certificates(folder / name, in_force=False)
    if len(found) != 1:
        raise _FileUnusable(f"{key}: expected one certificate, found {len(found)} in {folder / name}")
    return found[0]
