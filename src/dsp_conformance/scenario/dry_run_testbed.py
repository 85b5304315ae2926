"""A testbed of paper: takes down what a scenario asks for, and what of it no list could promise."""

# ruff: noqa: ARG002 - it takes what any testbed takes, and some of it means nothing on paper

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import InventoryDevice
from dsp_conformance.duis.terms import CplStatus, DeviceStatus
from dsp_conformance.gbcs import FirmwareMatch, compare_firmware
from dsp_conformance.testbed.device_state import Runs
from dsp_conformance.testbed.protocol import (
    Capability,
    CplEntry,
    DeviceSpec,
    DspIdentity,
    Fault,
    ProvidedDevice,
    ReachedCommand,
    UserRegistration,
)

_SUSPENDABLE = frozenset({DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED})


@dataclass(slots=True)
class PaperDevice:
    """A Device on paper.

    Attributes:
        spec: as it was asked for, with the status that it has now.
        running: the firmware that it runs.
        suspended_from: the status before its suspension.
        faults: what was arranged for it, by request.
    """

    spec: DeviceSpec
    running: str
    suspended_from: DeviceStatus | None = None
    faults: list[tuple[str, Fault]] = field(default_factory=list)


@dataclass(slots=True)
class RehearsedTestbed:
    """Does on paper what a testbed is asked to do, as the reference rules of suspension have it.

    Attributes:
        live: whether what is changed now comes too late for a list: the scenario itself changes it, or has
            sent its first request.
        lacking: what the scenario needs that no list has, in the order in which it showed.
        devices: by EUI-64.
        entries: the CPL, by id.
    """

    __test__: ClassVar[bool] = False

    live: Callable[[], bool]
    lacking: dict[Capability, None] = field(default_factory=dict)
    devices: dict[Eui64, PaperDevice] = field(default_factory=dict)
    entries: dict[str, CplEntry] = field(default_factory=dict)
    _given: int = 0

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All: what of them a list lacks shows afterwards."""
        return frozenset(Capability)

    @property
    def dsp(self) -> DspIdentity:
        """Nobody."""
        return DspIdentity("", "")

    def announce(self, what: str) -> None:
        """Nobody to tell."""

    def register_user(self, user: UserRegistration) -> None:
        """Nothing to do on paper."""

    def add_cpl_entry(self, entry: CplEntry) -> str:
        """List firmware: earlier is as good as now, but for firmware that a Device runs already.

        Of a Device that runs firmware on no entry a list does not promise what else is on the CPL.
        """
        if any(
            compare_firmware(entry.firmware_version, device.running) is not FirmwareMatch.DIFFERENT
            for device in self.devices.values()
        ):
            self._change(Capability.EDIT_CPL)
        if any(self._runs_unlisted_firmware_of(entry, device) for device in self.devices.values()):
            self.lacking[Capability.EDIT_CPL] = None
        self._given += 1
        entry_id = str(self._given)
        self.entries[entry_id] = entry
        return entry_id

    def set_cpl_status(self, entry_id: str, status: CplStatus) -> None:
        """Change an entry's status, with the suspensions that follow."""
        self._change(Capability.EDIT_CPL)
        self.entries[entry_id] = replace(self.entries[entry_id], status=status)
        self._suspend(self.entries[entry_id])

    def remove_cpl_entry(self, entry_id: str) -> None:
        """Remove an entry, with the suspensions that follow."""
        self._change(Capability.EDIT_CPL)
        self._suspend(self.entries.pop(entry_id))

    def provide_device(self, device: DeviceSpec) -> ProvidedDevice:
        """Make a Device: earlier is as good as now."""
        self._given += 1
        device_id = Eui64(self._given.to_bytes(8))
        self.devices[device_id] = PaperDevice(
            device, device.running_firmware_version or device.firmware_version
        )
        return ProvidedDevice(device_id)

    def forget_device(self, device_id: Eui64) -> None:
        """Nothing that a scenario does."""
        del self.devices[device_id]

    def run_firmware(self, device_id: Eui64, version: str) -> None:
        """Make a Device run other firmware."""
        if version != self.devices[device_id].running:
            self._change(Capability.CONTROL_DEVICE)
        self.devices[device_id].running = version

    def set_reachable(self, device_id: Eui64, *, reachable: bool) -> None:
        """A list holds Devices that can be reached."""
        if not reachable or self.live():
            self.lacking[Capability.CONTROL_DEVICE] = None

    def set_status(self, device_id: Eui64, status: DeviceStatus) -> None:
        """Change a status."""
        self._change(Capability.SET_STATUS)
        device = self.devices[device_id]
        device.spec = replace(device.spec, status=status)

    def inject_fault(self, device_id: Eui64, variant: str, fault: Fault, *, count: int = 1) -> None:
        """Take down a fault; what it means for a list shows when the scenario is known as a whole."""
        if fault is Fault.RESPONSE_HELD:
            self.lacking[Capability.HOLD_RESPONSE] = None
            return
        self.devices[device_id].faults += [(variant, fault)] * count

    def release_responses(self, device_id: Eui64) -> None:
        """Nothing is held on paper."""
        self.lacking[Capability.HOLD_RESPONSE] = None

    def commands(self, device_id: Eui64) -> tuple[ReachedCommand, ...]:
        """Nothing ever reaches a Device on paper."""
        return ()

    def deliver_locally(self, device_id: Eui64, command: bytes) -> bytes:
        """No Device on paper answers."""
        self.lacking[Capability.DELIVER_LOCALLY] = None
        return b""

    def restart(self) -> None:
        """Nobody can be asked to restart a DSP while a list of Devices is all there is."""
        self.lacking[Capability.RESTART] = None

    def record_of(self, device_id: Eui64) -> InventoryDevice:
        """What the inventory would show."""
        spec = self.devices[device_id].spec
        return InventoryDevice(
            device_id,
            spec.device_type,
            spec.status,
            spec.manufacturer,
            spec.model,
            firmware_version=spec.firmware_version,
        )

    def runs(self, device: PaperDevice) -> Runs:
        """Which firmware a Device runs, by the CPL as it is."""
        spec = device.spec
        if device.running == spec.firmware_version:
            return Runs.RECORDED
        for entry in self.entries.values():
            if compare_firmware(entry.firmware_version, device.running) is FirmwareMatch.DIFFERENT:
                continue
            differs = [
                where
                for where, one, other in (
                    (Runs.OTHER_TYPE, entry.device_type, spec.device_type),
                    (Runs.OTHER_MODEL, entry.model, spec.model),
                    (Runs.OTHER_MANUFACTURER, entry.manufacturer, spec.manufacturer),
                )
                if one != other
            ]
            if len(differs) <= 1:
                return differs[0] if differs else _listed_as(entry, device.running)
        return Runs.UNLISTED

    def _runs_unlisted_firmware_of(self, entry: CplEntry, device: PaperDevice) -> bool:
        spec = device.spec
        same = (entry.device_type, entry.manufacturer, entry.model)
        return (
            same == (spec.device_type, spec.manufacturer, spec.model)
            and device.running != spec.firmware_version
            and self.runs(device) is Runs.UNLISTED
            and compare_firmware(entry.firmware_version, device.running) is FirmwareMatch.DIFFERENT
        )

    def _change(self, needs: Capability) -> None:
        if self.live():
            self.lacking[needs] = None

    def _suspend(self, gone: CplEntry) -> None:
        key = (gone.device_type, gone.manufacturer, gone.model, gone.firmware_version)
        for device in self.devices.values():
            spec = device.spec
            recorded = (spec.device_type, spec.manufacturer, spec.model, spec.firmware_version)
            if recorded == key and spec.status in _SUSPENDABLE:
                device.suspended_from = spec.status
                device.spec = replace(spec, status=DeviceStatus.SUSPENDED)


def _listed_as(entry: CplEntry, running: str) -> Runs:
    """How the CPL lists, for its own model, the firmware that a Device runs; other spellings are Active."""
    if entry.firmware_version == running:
        return Runs(entry.status.value)
    return Runs.LOWER_CASE if entry.firmware_version == running.lower() else Runs.SHORT
