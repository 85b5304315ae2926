"""What the DSP knows, in memory: Users, the CPL, the SMI, and the emulated Devices behind it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import CplStatus, DeviceStatus
from dsp_conformance.stub.cpl import CentralProductsList
from dsp_conformance.stub.inventory import DeviceRecord, SmartMeteringInventory
from dsp_conformance.stub.mp105 import NO_CHANGE
from dsp_conformance.stub.pre_commands import PreCommandStore
from dsp_conformance.stub.storage import StoredData
from dsp_conformance.stub.users import UserRegister

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.stub.cpl import CplEntry, ProductModel
    from dsp_conformance.stub.emulated_device import EmulatedDevice
    from dsp_conformance.stub.mp105 import InventoryChange, Rules

__all__ = ["DspState", "StateSeams"]

_OWN_DEVICE_IDS: Final = bytes.fromhex("00DB12F0")
"""The first octets of the Device IDs that the stub chooses itself."""


class DspState:
    """Everything that changes, under one lock, and the changes that keep its parts in step.

    Whoever reads `users`, `cpl`, `inventory`, `pre_commands` or `given_up` directly holds `lock` meanwhile;
    the methods take it themselves.

    Args:
        rules: which Devices the removal of an entry suspends.
        seams: how that, and changes of records, are carried out; as they should be where left out.
        data: what a DSP before this one has left; nothing where left out.
        devices: the emulated Devices of the inventory in it.
    """

    def __init__(
        self,
        rules: Rules,
        seams: StateSeams | None = None,
        data: StoredData | None = None,
        devices: Mapping[Eui64, EmulatedDevice] | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.users = UserRegister() if data is None else data.users
        self.cpl = CentralProductsList() if data is None else data.cpl
        self.inventory = SmartMeteringInventory() if data is None else data.inventory
        self.pre_commands = PreCommandStore() if data is None else data.pre_commands
        self.given_up: dict[Eui64, dict[RequestID, None]] = {} if data is None else data.given_up
        self._devices: dict[Eui64, EmulatedDevice] = dict(devices or {})
        self.rules = rules
        self._seams = seams or StateSeams()
        self._drawn = itertools.count(1)

    # The CPL

    def add_cpl_entry(self, product: ProductModel, firmware_version: str, status: CplStatus) -> CplEntry:
        """Add an entry. Suspended Devices stay as they are, whatever it lists (never judged)."""
        with self.lock:
            return self.cpl.add(product, firmware_version, status)

    def set_cpl_status(self, entry_id: str, status: CplStatus) -> None:
        """Change an entry's status and, if it was in force and no longer is, suspend whom that concerns.

        Raises:
            KeyError: there is no such entry.
        """
        with self.lock:
            before = self.cpl.get(entry_id)
            entry = self.cpl.set_status(entry_id, status)
            if before is not None and before.status is CplStatus.ACTIVE:
                self._seams.suspend(self, entry)

    def remove_cpl_entry(self, entry_id: str) -> None:
        """Take an entry out and, if it was in force, suspend whom that concerns.

        Raises:
            KeyError: there is no such entry.
        """
        with self.lock:
            self._seams.removed(self, self.cpl.remove(entry_id))

    def follow_removal(self, entry: CplEntry) -> None:
        """Suspend whom it concerns that an entry was taken out; nobody where it was not in force any more."""
        if entry.status is CplStatus.ACTIVE:
            self._seams.suspend(self, entry)

    def suspend_without(self, entry: CplEntry) -> None:
        """Suspend the Devices recorded with an entry that has left, unless another still covers them."""
        if self.cpl.lists_as_active(entry.product, entry.firmware_version):
            return
        for record in self.inventory.of_product(entry.product):
            if self.rules.suspends(entry, record):
                reason = f"firmware {entry.firmware_version} left the CPL"
                self.inventory.set_status(record.device_id, DeviceStatus.SUSPENDED, reason=reason)

    # Devices

    def add_device(self, record: DeviceRecord, device: EmulatedDevice) -> None:
        """Take a Device into the inventory, with the emulated one that answers for it.

        Raises:
            DeviceExists: the inventory knows this Device ID.
        """
        with self.lock:
            self.inventory.add(record)
            self._devices[record.device_id] = device

    def device(self, device_id: Eui64) -> EmulatedDevice | None:
        """Return the emulated Device of that ID."""
        with self.lock:
            return self._devices.get(device_id)

    @property
    def devices(self) -> Mapping[Eui64, EmulatedDevice]:
        """The emulated Devices, by ID, as they are now."""
        with self.lock:
            return dict(self._devices)

    def stored(self) -> StoredData:
        """Return the part of the data that is kept here; call it when nothing changes any more."""
        self.inventory.amend(self._seams.stored)
        return StoredData(self.users, self.cpl, self.inventory, self.pre_commands, self.given_up)

    def remove_device(self, device_id: Eui64) -> None:
        """Forget a Device.

        Raises:
            KeyError: the inventory does not know it.
        """
        with self.lock:
            self.inventory.remove(device_id)
            del self._devices[device_id]
            self.given_up.pop(device_id, None)

    def unused_device_id(self) -> Eui64:
        """Choose an ID that no Device has."""
        with self.lock:
            while True:
                chosen = Eui64(_OWN_DEVICE_IDS + next(self._drawn).to_bytes(4))
                if chosen not in self.inventory:
                    return chosen

    def apply(self, device_id: Eui64, change: InventoryChange, *, reason: str) -> None:
        """Carry out what a rule decided about a Device's record; a Device that is gone is left alone."""
        with self.lock:
            if change != NO_CHANGE and device_id in self.inventory:
                self._seams.apply(self, device_id, change, reason)

    def put_down(self, device_id: Eui64, change: InventoryChange, reason: str) -> None:
        """Change the record of a Device that is in the inventory.

        Raises:
            KeyError: it is not.
        """
        with self.lock:
            if change.firmware_version is not None:
                self.inventory.record_firmware(device_id, change.firmware_version)
            if change.status is not None:
                self.inventory.set_status(device_id, change.status, reason=reason)


def _as_it_is(record: DeviceRecord) -> DeviceRecord:
    return record


@dataclass(frozen=True, slots=True)
class StateSeams:
    """How a DSP's state is changed, step by step; each step can be replaced.

    Attributes:
        suspend: suspends the Devices concerned when an entry in force left the CPL.
        removed: follows the removal of an entry, whose status is the one that it had.
        apply: changes the record of a Device that is in the inventory, and says why.
        stored: returns what of a Device's record is kept over a restart.
    """

    suspend: Callable[[DspState, CplEntry], None] = DspState.suspend_without
    removed: Callable[[DspState, CplEntry], None] = DspState.follow_removal
    apply: Callable[[DspState, Eui64, InventoryChange, str], None] = DspState.put_down
    stored: Callable[[DeviceRecord], DeviceRecord] = _as_it_is
