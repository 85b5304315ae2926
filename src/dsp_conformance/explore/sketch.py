"""What a history has led to if the DSP conforms: a sketch, so that the generator draws what makes sense.

Nothing is judged by it. `model` knows what is possible; this knows what is likely.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dsp_conformance.duis.terms import CplStatus, DeviceStatus
from dsp_conformance.explore.abilities import METERS
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    ChangeEntry,
    DeviceFault,
    EntryChange,
    Event,
    ExploredModel,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    RunFirmware,
    SendImage,
    SetStatus,
)

__all__ = ["Sketch", "SketchedDevice"]

_SILENT = frozenset({DeviceFault.UNREACHABLE, DeviceFault.DEVICE_ERROR})


@dataclass(slots=True)
class SketchedDevice:
    """A Device as it probably is.

    Attributes:
        name: what the history calls it.
        model_name: the name of its model.
        model: its model.
        status: in the inventory.
        before: the status that it was suspended from.
        recorded: the version that the inventory records.
        running: the version that it runs.
        image: the version whose image it holds.
        faults: the faults that wait for its next commands, by variant.
    """

    name: str
    model_name: str
    model: ExploredModel
    status: DeviceStatus
    before: DeviceStatus
    recorded: str
    running: str
    image: str | None = None
    faults: dict[str, list[DeviceFault]] = field(default_factory=dict)

    @property
    def suspended(self) -> bool:
        """Whether it is Suspended."""
        return self.status is DeviceStatus.SUSPENDED

    @property
    def takes_firmware(self) -> bool:
        """Whether it may be sent SR11.1 and SR11.3."""
        return self.model.device_type in METERS and not self.model.smets1


@dataclass(slots=True)
class Sketch:
    """A history so far.

    Attributes:
        models: its models, by name.
        entries: the CPL.
        devices: its Devices, by name.
        events: what has happened.
    """

    models: dict[str, ExploredModel]
    entries: dict[tuple[str, str], CplStatus] = field(default_factory=dict)
    devices: dict[str, SketchedDevice] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def active(self, model: str) -> list[str]:
        """Return the versions that are Active for a model."""
        return [
            version
            for (name, version), status in self.entries.items()
            if name == model and status is CplStatus.ACTIVE
        ]

    def add(self, events: Iterable[Event]) -> None:
        """Let events happen."""
        for event in events:
            self.events.append(event)
            self._take(event)

    def _take(self, event: Event) -> None:  # noqa: C901 - one case an event
        match event:
            case ListFirmware(model=model, version=version, status=status):
                self.entries.setdefault((model, version), status)
            case ChangeEntry():
                self._change(event)
            case ProvideDevice(device=name, model=model, version=version, status=status):
                made = SketchedDevice(name, model, self.models[model], status, status, version, version)
                self.devices[name] = made
            case RunFirmware(device=name, version=version):
                self.devices[name].running = version
            case SetStatus(device=name, status=status):
                self.devices[name].status = status
            case ArrangeFault(device=name, variant=variant, fault=fault):
                self.devices[name].faults.setdefault(variant, []).append(fault)
            case ReadFirmware(device=name, way=way) if way != 2:  # noqa: PLR2004 - for local delivery alone
                device = self.devices[name]
                if self._next(device, "11.2") is None:
                    self._report(device)
            case SendImage(devices=names, version=version):
                for name in names:
                    self.devices[name].image = version
            case Activate(device=name, version=version):
                self._activate(self.devices[name], version)
            case _:
                pass

    def _change(self, event: ChangeEntry) -> None:
        key = (event.model, event.version)
        if key not in self.entries:
            return
        if event.to is EntryChange.DELETED:
            del self.entries[key]
        else:
            self.entries[key] = CplStatus(event.to.value)
        if event.to is EntryChange.ACTIVE:
            return
        for device in self.devices.values():
            recorded = (device.model_name, device.recorded)
            in_service = {DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED}
            if recorded == key and device.status in in_service:
                device.before, device.status = device.status, DeviceStatus.SUSPENDED

    def _activate(self, device: SketchedDevice, version: str) -> None:
        fault = self._next(device, "11.3")
        if fault in _SILENT:
            return
        if device.image == version:
            device.running, device.image = version, None
        if fault is None:
            self._report(device)

    def _report(self, device: SketchedDevice) -> None:
        if device.suspended and device.running in self.active(device.model_name):
            device.status, device.recorded = device.before, device.running

    def _next(self, device: SketchedDevice, variant: str) -> DeviceFault | None:
        queue = device.faults.get(variant)
        return queue.pop(0) if queue else None
