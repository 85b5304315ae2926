"""Long stories: several events that lead somewhere dice would hardly lead."""

from collections.abc import Callable, Sequence
from typing import Final

from dsp_conformance.duis.terms import DeviceStatus, Kind
from dsp_conformance.explore.abilities import METERS, supplier_of
from dsp_conformance.explore.drawing import Draw
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    ChangeEntry,
    DeviceFault,
    EntryChange,
    Event,
    GiveUp,
    ListFirmware,
    ReadFirmware,
    ReleaseResponses,
    RestartDsp,
    RunFirmware,
    SendImage,
    SetStatus,
    TimeComes,
)
from dsp_conformance.explore.sketch import SketchedDevice

__all__ = ["STORIES", "Story"]

Story = Callable[[Draw, SketchedDevice], Sequence[Event]]


def firmware_update(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """An image is sent and activated, now or later; sometimes its entry leaves the CPL before."""
    if not device.takes_firmware:
        return []
    listed, version = draw.active_version(device)
    sent = [*listed, SendImage(devices=(device.name,), version=version)]
    if draw.chance(0.15):
        sent.append(ChangeEntry(model=device.model_name, version=version, to=EntryChange.DELETED))
    if draw.abilities.future_dating and draw.chance(0.3):
        kept = Activate(device=device.name, version=version, later=True)
        return [*sent, kept, TimeComes(device=device.name)]
    return [*sent, Activate(device=device.name, version=version)]


def activation_unanswered(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """The response to an activation is lost; the DSP gives up; the Device is read, or activated again."""
    if not device.takes_firmware or not draw.can("inject-fault"):
        return []
    listed, version = draw.active_version(device)
    events: list[Event] = [
        *([] if device.suspended else draw.leave(device)),
        *listed,
        SendImage(devices=(device.name,), version=version),
        ArrangeFault(device=device.name, variant="11.3", fault=DeviceFault.RESPONSE_LOST),
        Activate(device=device.name, version=version),
    ]
    if draw.chance(0.5):
        events.append(GiveUp(device=device.name))
    if draw.can("restart") and draw.chance(0.2):
        events.append(RestartDsp())
    again = Activate(device=device.name, version=version)
    return [*events, draw.read(device) if draw.chance(0.5) else again]


def activation_fails(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """An activation fails, and may succeed when it is sent again."""
    if not device.takes_firmware or not draw.can("inject-fault"):
        return []
    listed, version = draw.active_version(device)
    sent = Activate(device=device.name, version=version)
    return [
        *listed,
        SendImage(devices=(device.name,), version=version),
        ArrangeFault(device=device.name, variant="11.3", fault=DeviceFault.DEVICE_ERROR),
        sent,
        *([sent] if draw.chance(0.5) else []),
    ]


def suspended_and_restored(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """It is suspended, in one step or two, and restored by SR11.2; so is another one, perhaps."""
    if not draw.can("control-device"):
        return []
    left = [] if device.suspended else draw.leave(device)
    set_before: Sequence[Event] = []
    if left and draw.chance(0.4):
        set_before = _set_status(draw, device, _other_status(device.status))
    if left and draw.chance(0.3):
        withdrawn = ChangeEntry(model=device.model_name, version=device.recorded, to=EntryChange.WITHDRAWN)
        left = [withdrawn, withdrawn.model_copy(update={"to": EntryChange.DELETED})]
    left = [*set_before, *left]
    listed, version = draw.active_version(device)
    if draw.chance(0.15):
        return [*left, *listed, *_near_miss(draw, device, version)]
    events = [*left, *listed, RunFirmware(device=device.name, version=version)]
    others = [
        each
        for each in draw.sketch.devices.values()
        if each.model_name == device.model_name and each.name != device.name
    ]
    if others and draw.chance(0.4):
        events.append(RunFirmware(device=draw.one_of(others).name, version=version))
    if draw.can("restart") and draw.chance(0.15):
        events.append(RestartDsp())
    return [*events, draw.read(device), *draw.named_request(device, "4.1.1", way=1)]


def _set_status(draw: Draw, device: SketchedDevice, status: DeviceStatus) -> Sequence[Event]:
    return [SetStatus(device=device.name, status=status)] if draw.can("set-status") else []


def _other_status(status: DeviceStatus) -> DeviceStatus:
    """Return the other one of the statuses that a Device can be suspended from."""
    if status is DeviceStatus.COMMISSIONED:
        return DeviceStatus.INSTALLED_NOT_COMMISSIONED
    return DeviceStatus.COMMISSIONED


def _near_miss(draw: Draw, device: SketchedDevice, version: str) -> Sequence[Event]:
    """It is read while it runs a version that one may take for an Active one."""
    return [RunFirmware(device=device.name, version=draw.near_version(version)), draw.read(device)]


def rare_type_suspended(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """A Device that is no meter is suspended and read; or a SMETS1 meter, which is topped up."""
    rare = [each for each in draw.sketch.devices.values() if not each.takes_firmware]
    if not rare:
        return []
    device = draw.one_of(rare)
    left = [] if device.suspended else draw.leave(device)
    if device.model.device_type not in METERS:
        return [*left, draw.read(device)]
    local = draw.abilities.local_delivery is not False
    return [*left, *draw.named_request(device, "2.2", way=2 if local else 1), draw.read(device)]


def two_suspensions(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """It is restored, its status changes, and it is suspended and restored again."""
    first = suspended_and_restored(draw, device)
    runs = [event for event in first if isinstance(event, RunFirmware) and event.device == device.name]
    if not runs:
        return []
    other = _other_status(device.before if device.suspended else device.status)
    second = draw.new_version()
    return [
        *first,
        *(_set_status(draw, device, other) if draw.chance(0.6) else []),
        ChangeEntry(model=device.model_name, version=runs[-1].version, to=EntryChange.DELETED),
        *draw.named_request(device, "4.1.1", way=1),
        ListFirmware(model=device.model_name, version=second),
        RunFirmware(device=device.name, version=second),
        draw.read(device),
        *draw.named_request(device, "4.1.1", way=1),
    ]


def read_for_later(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR11.2 is sent for later, and its time comes, sometimes after the Device was suspended."""
    if not draw.abilities.future_dating:
        return []
    listed, version = draw.active_version(device)
    runs: list[Event] = [*listed, RunFirmware(device=device.name, version=version)]
    kept = ReadFirmware(device=device.name, role=draw.role_for(device), later=True)
    before = [] if device.suspended else draw.leave(device)
    between = before if draw.chance(0.2) else []
    return [*([] if between else before), *runs, kept, *between, TimeComes(device=device.name)]


def asked_for_later(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """Another non-critical request is sent for later, and its time comes."""
    if not draw.abilities.future_dating:
        return []
    kept = draw.request(device, Kind.NON_CRITICAL, later=True)
    return [*kept, TimeComes(device=device.name)] if kept else []


def held_response(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """A response is under way while something else happens."""
    if not draw.can("hold-response", "control-device"):
        return []
    listed, version = draw.active_version(device)
    events: list[Event] = [
        *([] if device.suspended else draw.leave(device)),
        *listed,
        RunFirmware(device=device.name, version=version),
        ArrangeFault(device=device.name, variant="11.2", fault=DeviceFault.RESPONSE_HELD),
        draw.read(device),
    ]
    between: Sequence[Sequence[Event]] = (
        [ChangeEntry(model=device.model_name, version=version, to=EntryChange.DELETED)],
        [ReadFirmware(device=device.name, role=supplier_of(device.model.device_type))],
        [RestartDsp()] if draw.can("restart") else [],
        draw.request(device, Kind.NON_CRITICAL),
    )
    return [*events, *between[draw.decks.deal("between", range(4))], ReleaseResponses(device=device.name)]


def late_activation(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """The response to an activation comes after SR11.2 has restored the Device."""
    if not device.takes_firmware or not draw.can("hold-response"):
        return []
    listed, version = draw.active_version(device)
    return [
        *([] if device.suspended else draw.leave(device)),
        *listed,
        SendImage(devices=(device.name,), version=version),
        ArrangeFault(device=device.name, variant="11.3", fault=DeviceFault.RESPONSE_HELD),
        Activate(device=device.name, version=version),
        draw.read(device),
        ReleaseResponses(device=device.name),
    ]


STORIES: Final[Sequence[Story]] = (
    firmware_update,
    activation_unanswered,
    activation_fails,
    suspended_and_restored,
    rare_type_suspended,
    two_suspensions,
    read_for_later,
    asked_for_later,
    held_response,
    late_activation,
)
"""All of them; each gets its turn."""
