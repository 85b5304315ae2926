"""What is known of a history's Devices: sets of possible records, beside what is known for certain.

The model never knows a DSP's code. What it knows comes from the events, from what Devices said, and from what
SR8.2 showed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.explore.abilities import METERS, Abilities, refusal_of_catalogue
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    EntryChange,
    Event,
    ExploredModel,
    GiveUp,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    ReleaseResponses,
    RunFirmware,
    SendImage,
    SendRequest,
    SetReachable,
    SetStatus,
    TimeComes,
)
from dsp_conformance.explore.knowledge import DeviceModel, Entry, Pending, Touch
from dsp_conformance.explore.records import Record, Records
from dsp_conformance.explore.rules import Standing

__all__ = ["HistoryModel"]


@dataclass(slots=True)
class HistoryModel:
    """What is known of a history so far.

    Attributes:
        abilities: what the product and its testbed can do.
        models: the history's models, by name.
        entries: the CPL, by name of model and version.
        devices: the Devices, by name.
        pending: the accepted requests, by what names them in the World.
    """

    abilities: Abilities
    models: Mapping[str, ExploredModel]
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    devices: dict[str, DeviceModel] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)
    _left: set[tuple[str, str]] = field(default_factory=set)

    def standing(self, device: DeviceModel, version: str) -> Standing:
        """Tell how the CPL lists a version for a Device's model."""
        entry = self.entries.get((device.model_name, version))
        if entry is None or entry.status is not CplStatus.ACTIVE:
            return Standing.NOT_ACTIVE
        return Standing.RELISTED if entry.left else Standing.ACTIVE

    def list_firmware(self, event: ListFirmware) -> None:
        """Add an entry to the CPL."""
        key = (event.model, event.version)
        self.entries[key] = Entry(event.status, left=key in self._left)

    def change_entry(self, event: ChangeEntry) -> CplStatus:
        """Change or delete an entry and return the status that it had."""
        key = (event.model, event.version)
        entry = self.entries[key]
        former = entry.status
        if former is CplStatus.ACTIVE:
            entry.left = True
            self._left.add(key)
        if event.to is EntryChange.DELETED:
            del self.entries[key]
        else:
            entry.status = CplStatus(event.to.value)
        return former

    def apply(
        self,
        device: DeviceModel,
        rule: Callable[[Record], Iterable[Record]],
        at: float,
        requirement: str,
        narrower: str = "",
    ) -> None:
        """Apply a rule to each record that a Device may have, and note whose requirement it is."""
        before = device.possible.now
        device.possible.change(rule, at, self.abilities.settle_seconds)
        after = device.possible.now
        device.touches.append(Touch(requirement, before, moved=before != after, narrower=narrower))
        if before == after:
            return
        device.seen = False
        if {record.status for record in before} != {record.status for record in after}:
            for pending in self.pending_of(device.name):
                pending.crossed = True
        if _may_be_new(before, after, suspended=True):
            device.suspensions += 1
            device.activated.clear()
            device.unanswered.clear()
        if _may_be_new(before, after, suspended=False):
            device.restorations += 1

    def pending_of(self, device: str) -> list[Pending]:
        """Return the requests to a Device of which more may come."""
        return [each for each in self.pending.values() if each.device == device and not each.over]

    def awaited(self, device: str, at: float) -> bool:
        """Tell whether a future-dated request to a Device may be executed about now, unknown when."""
        return any(each.widened or each.is_due(at) for each in self.pending_of(device))

    def why_not(self, event: Event) -> str:  # noqa: PLR0911 - one answer an event
        """Say why an event is passed over as things are; empty where it can be.

        What the catalogue forbids, or what makes no sense yet or any more, is no event: so the history stays
        one when others are taken out of it.
        """
        if lacking := self.abilities.lacks(event):
            return lacking
        match event:
            case ListFirmware(model=model, version=version):
                return "it is listed" if (model, version) in self.entries else ""
            case ChangeEntry(model=model, version=version, to=to):
                entry = self.entries.get((model, version))
                return "" if entry and entry.status.value != to.value else "there is nothing to change"
            case ProvideDevice():
                return self._cannot_be_provided(event)
            case AtOnce(first=first, second=second):
                return self._cannot_be_at_once(first, second)
            case SendImage(devices=names, version=version):
                return self._cannot_be_sent(names, version)
        if (name := getattr(event, "device", None)) is None:
            return ""
        device = self.devices.get(name)
        return f"there is no {name}" if device is None else self._why_not_to(event, device)

    def _why_not_to(self, event: Event, device: DeviceModel) -> str:  # noqa: PLR0911 - one answer an event
        match event:
            case ReadFirmware() | Activate() | SendRequest():
                return refusal_of_catalogue(event, device.model)
            case RunFirmware() | ArrangeFault() | SetReachable():
                return "" if device.model.device_type in METERS else "it is no meter"
            case SetStatus(status=status):
                fitting = device.surely_in_service and status is not DeviceStatus.SUSPENDED
                return "" if fitting else "it may be Suspended"
            case GiveUp():
                waiting = any(not (each.given_up or each.due) for each in self.pending_of(device.name))
                return "" if waiting else "nothing is waited for"
            case TimeComes():
                return "" if any(each.due for each in self.pending_of(device.name)) else "nothing is kept"
            case ReleaseResponses():
                return "" if any(each.held for each in self.pending_of(device.name)) else "nothing is held"
            case _:
                return ""

    def _cannot_be_provided(self, event: ProvideDevice) -> str:
        model = self.models[event.model]
        if lacking := self.abilities.lacks_model(model):
            return lacking
        if event.device in self.devices or event.status is DeviceStatus.SUSPENDED:
            return "it is there"
        entry = self.entries.get((event.model, event.version))
        listed = entry is not None and entry.status is CplStatus.ACTIVE
        return "" if listed or model.device_type is DeviceType.IHD else "its firmware is not Active"

    def _cannot_be_at_once(
        self, first: ReadFirmware | SendRequest, second: ReadFirmware | SendRequest
    ) -> str:
        for each in (first, second):
            if reason := self.why_not(each):
                return reason
            if each.later or each.way not in {1, 3}:
                return "it is not answered by the Device at once"
            if any(self.devices[each.device].faults.values()):
                return "a fault waits for one of the two"
        return "it is one User's" if first.role is second.role else ""

    def _cannot_be_sent(self, names: tuple[str, ...], version: str) -> str:
        devices = [self.devices[name] for name in names if name in self.devices]
        if len(devices) < len(names) or len({device.model_name for device in devices}) != 1:
            return "they are not of one model"
        if self.standing(devices[0], version) is Standing.NOT_ACTIVE:
            return "the image is not listed as Active"
        return refusal_of_catalogue(SendImage(devices=names, version=version), devices[0].model)


def _may_be_new(before: Records, after: Records, *, suspended: bool) -> bool:
    """Tell whether a Device may have become Suspended, or left Suspended, by a change."""
    return any(record.suspended is suspended for record in after) and any(
        record.suspended is not suspended for record in before
    )
