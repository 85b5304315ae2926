"""The Smart Metering Inventory: what the DSP records of each Device, its status and how it came to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import DeviceStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.catalogue import DeviceType
    from dsp_conformance.stub.cpl import ProductModel

__all__ = ["DeviceExists", "DeviceRecord", "SmartMeteringInventory", "StatusChange"]

_HISTORY_LENGTH: Final = 32
"""Status changes remembered per Device; older ones are forgotten, so that no Device grows without end."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One entry of a Device's status history.

    Attributes:
        status: the status that the Device got.
        at: when, in UTC.
        reason: why, for people.
    """

    status: DeviceStatus
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What the SMI records of one Device; a change makes a new record.

    Attributes:
        device_id: the Device's EUI-64.
        product: its device type, manufacturer and model.
        smets_version: SMETS1 or SMETS2.
        firmware_version: as last recorded, 1 to 8 hexadecimal digits.
        status: its status now.
        status_before_suspension: the status held immediately before the suspension it is in; None while the
            Device is not Suspended.
        history: the latest status changes, oldest first.
        responsible_users: the Users entitled to the Device; None where every registered User is.
    """

    device_id: Eui64
    product: ProductModel
    smets_version: str
    firmware_version: str
    status: DeviceStatus
    status_before_suspension: DeviceStatus | None = None
    history: tuple[StatusChange, ...] = ()
    responsible_users: frozenset[Eui64] | None = None

    @property
    def device_type(self) -> DeviceType:
        """The type of the Device, such as ESME."""
        return self.product.device_type

    @property
    def is_suspended(self) -> bool:
        """Whether the Device is Suspended."""
        return self.status is DeviceStatus.SUSPENDED

    def with_status(self, status: DeviceStatus, *, at: datetime, reason: str) -> DeviceRecord:
        """Return the record with a new status, keeping what it was before if the new one is Suspended."""
        if status is DeviceStatus.SUSPENDED:
            before = self.status_before_suspension if self.is_suspended else self.status
        else:
            before = None
        history = (*self.history, StatusChange(status, at, reason))[-_HISTORY_LENGTH:]
        return replace(self, status=status, status_before_suspension=before, history=history)

    def with_firmware(self, firmware_version: str) -> DeviceRecord:
        """Return the record with another firmware version."""
        return replace(self, firmware_version=firmware_version)

    def entitles(self, user_id: Eui64) -> bool:
        """Tell whether a registered User may send requests about this Device."""
        return self.responsible_users is None or user_id in self.responsible_users


class DeviceExists(Exception):  # noqa: N818  # named for what it says
    """A Device of that ID is in the inventory already.

    Attributes:
        device_id: the ID that is taken.
    """

    def __init__(self, device_id: Eui64) -> None:
        super().__init__(device_id)
        self.device_id = device_id

    def __str__(self) -> str:
        return f"Device {self.device_id} exists: choose another device_id, or delete the Device first"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SmartMeteringInventory:
    """The records by Device ID and by model; not safe for threads by itself.

    Args:
        now: tells the time of a status change, with time zone.
    """

    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        self._records: dict[Eui64, DeviceRecord] = {}
        self._ids_by_product: dict[ProductModel, set[Eui64]] = {}
        self._now = now

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, device_id: Eui64) -> bool:
        return device_id in self._records

    def add(self, record: DeviceRecord) -> DeviceRecord:
        """Take a Device in, with its status as the first entry of its history.

        Raises:
            DeviceExists: the inventory knows this Device ID.
        """
        if record.device_id in self._records:
            raise DeviceExists(record.device_id)
        taken = record.with_status(record.status, at=self._now(), reason="taken into the inventory")
        self._records[record.device_id] = taken
        self._ids_by_product.setdefault(record.product, set()).add(record.device_id)
        return taken

    def get(self, device_id: Eui64) -> DeviceRecord | None:
        """Return the record of that Device."""
        return self._records.get(device_id)

    def remove(self, device_id: Eui64) -> DeviceRecord:
        """Forget a Device.

        Raises:
            KeyError: the inventory does not know it.
        """
        record = self._records.pop(device_id)
        siblings = self._ids_by_product[record.product]
        siblings.discard(device_id)
        if not siblings:
            del self._ids_by_product[record.product]
        return record

    def of_product(self, product: ProductModel) -> tuple[DeviceRecord, ...]:
        """Return the records of one model, in no particular order."""
        return tuple(self._records[device_id] for device_id in self._ids_by_product.get(product, ()))

    def records(self) -> tuple[DeviceRecord, ...]:
        """Return all records, oldest first."""
        return tuple(self._records.values())

    def record_firmware(self, device_id: Eui64, firmware_version: str) -> DeviceRecord:
        """Record another firmware version of a Device.

        Raises:
            KeyError: the inventory does not know it.
        """
        return self._put(self._records[device_id].with_firmware(firmware_version))

    def set_status(self, device_id: Eui64, status: DeviceStatus, *, reason: str) -> DeviceRecord:
        """Change a Device's status; what it held before a suspension is kept until the suspension ends.

        Raises:
            KeyError: the inventory does not know it.
        """
        return self._put(self._records[device_id].with_status(status, at=self._now(), reason=reason))

    def amend(self, amended: Callable[[DeviceRecord], DeviceRecord]) -> None:
        """Put another record in the place of each; Device IDs and models stay."""
        self._records = {device_id: amended(record) for device_id, record in self._records.items()}

    def _put(self, record: DeviceRecord) -> DeviceRecord:
        self._records[record.device_id] = record
        return record
