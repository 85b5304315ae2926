"""The Central Products List: which firmware may be in use, per device type, manufacturer and model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dsp_conformance.duis.catalogue import CplStatus
from dsp_conformance.gbcs.firmware_version import FirmwareMatch, compare_firmware

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.duis.catalogue import DeviceType

__all__ = ["CentralProductsList", "CplEntry", "ProductModel"]


@dataclass(frozen=True, slots=True)
class ProductModel:
    """What firmware is made for: the CPL key without the version (domain.md, "SMI", assumed).

    Attributes:
        device_type: such as ESME.
        manufacturer: up to 30 characters, compared as written.
        model: model with hardware version, up to 30 characters, compared as written.
    """

    device_type: DeviceType
    manufacturer: str
    model: str


@dataclass(frozen=True, slots=True)
class CplEntry:
    """One entry of the list.

    Attributes:
        entry_id: names the entry at the Testbed Control API.
        product: the model it is for.
        firmware_version: 1 to 8 hexadecimal digits, as the list writes it.
        status: in force as long as it is Active.
    """

    entry_id: str
    product: ProductModel
    firmware_version: str
    status: CplStatus

    def covers(self, product: ProductModel, firmware_version: str) -> bool:
        """Tell whether this entry is about that firmware on that model, in force or not.

        Firmware versions are the same if they differ in case or leading zeros only (wire.md, "Firmware
        version").
        """
        same = compare_firmware(self.firmware_version, firmware_version)
        return self.product == product and same is not FirmwareMatch.DIFFERENT


class CentralProductsList:
    """The entries by id and by model; several may share a key. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._entries: dict[str, CplEntry] = {}
        self._ids_by_product: dict[ProductModel, list[str]] = {}
        self._drawn = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, product: ProductModel, firmware_version: str, status: CplStatus) -> CplEntry:
        """Add an entry and return it with the id it got, which is never used again."""
        self._drawn += 1
        entry = CplEntry(f"cpl-{self._drawn}", product, firmware_version, status)
        self._entries[entry.entry_id] = entry
        self._ids_by_product.setdefault(product, []).append(entry.entry_id)
        return entry

    @property
    def entries(self) -> tuple[CplEntry, ...]:
        """All entries, oldest first."""
        return tuple(self._entries.values())

    def get(self, entry_id: str) -> CplEntry | None:
        """Return the entry of that id."""
        return self._entries.get(entry_id)

    def set_status(self, entry_id: str, status: CplStatus) -> CplEntry:
        """Change an entry's status and return the entry as it is now.

        Raises:
            KeyError: there is no such entry.
        """
        entry = replace(self._entries[entry_id], status=status)
        self._entries[entry_id] = entry
        return entry

    def remove(self, entry_id: str) -> CplEntry:
        """Take an entry out of the list and return it as it was.

        Raises:
            KeyError: there is no such entry.
        """
        entry = self._entries.pop(entry_id)
        siblings = self._ids_by_product[entry.product]
        siblings.remove(entry_id)
        if not siblings:
            del self._ids_by_product[entry.product]
        return entry

    def status_of(self, product: ProductModel, firmware_version: str) -> CplStatus | None:
        """Return what the list says of that firmware on that model, or None where it says nothing.

        Active if any of its entries is; else the status of the entry that was added last.
        """
        statuses = [entry.status for entry in self._about(product, firmware_version)]
        if CplStatus.ACTIVE in statuses:
            return CplStatus.ACTIVE
        return statuses[-1] if statuses else None

    def lists_as_active(self, product: ProductModel, firmware_version: str) -> bool:
        """Tell whether that firmware may be in use on that model."""
        return self.status_of(product, firmware_version) is CplStatus.ACTIVE

    def _about(self, product: ProductModel, firmware_version: str) -> Iterator[CplEntry]:
        entries = (self._entries[entry_id] for entry_id in self._ids_by_product.get(product, ()))
        return (entry for entry in entries if entry.covers(product, firmware_version))
