"""Single moves: what may happen next to a Device, each with how often it is drawn."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, Kind
from dsp_conformance.explore.abilities import METERS, supplier_of
from dsp_conformance.explore.drawing import LEAVING, Draw
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    DeviceFault,
    EntryChange,
    Event,
    GiveUp,
    ListFirmware,
    ReadFirmware,
    RestartDsp,
    RunFirmware,
    SendImage,
    SendRequest,
    SetReachable,
    SetStatus,
)
from dsp_conformance.explore.sketch import SketchedDevice

__all__ = ["MOVES", "Move"]

_FAULTS: Final = (
    DeviceFault.RESPONSE_LOST,
    DeviceFault.DEVICE_ERROR,
    DeviceFault.UNREACHABLE,
    DeviceFault.DUPLICATE_RESPONSE,
)
_PROBES: Final = ("4.1.1", "4.3", "7.4", "6.13")


class Move(NamedTuple):
    """Something that may happen next to a Device.

    Attributes:
        draw: returns what happens; nothing where it makes no sense now.
        in_service: how often it is drawn for a Device that is not Suspended.
        suspended: how often for one that is.
    """

    draw: Callable[[Draw, SketchedDevice], Sequence[Event]]
    in_service: int
    suspended: int


def leave(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """Its firmware leaves the CPL."""
    return draw.leave(device)


def change_other_entry(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """Some entry of its model that it is not recorded with changes, or one that is not Active does."""
    keys = [
        (name, version, status)
        for (name, version), status in draw.sketch.entries.items()
        if name == device.model_name and (version != device.recorded or status is not CplStatus.ACTIVE)
    ]
    if not keys:
        return []
    name, version, status = draw.one_of(keys)
    ways = [to for to in (*LEAVING, EntryChange.ACTIVE) if to.value != status.value]
    if status is not CplStatus.ACTIVE and draw.chance(0.7):
        ways = [to for to in ways if to is not EntryChange.ACTIVE]
    return [ChangeEntry(model=name, version=version, to=draw.one_of(ways))]


def make_active_again(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """The entry that it is recorded with is Active again."""
    key = (device.model_name, device.recorded)
    status = draw.sketch.entries.get(key)
    if status is CplStatus.ACTIVE:
        return []
    if status is None:
        return [ListFirmware(model=device.model_name, version=device.recorded)]
    return [ChangeEntry(model=device.model_name, version=device.recorded, to=EntryChange.ACTIVE)]


def list_firmware(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """Firmware is listed for its model: new, that which it runs, or with a status that is not Active."""
    version = device.running if draw.chance(0.4) else draw.new_version()
    if (device.model_name, version) in draw.sketch.entries:
        return []
    status = CplStatus.ACTIVE if draw.chance(0.7) else draw.decks.deal("listed", tuple(CplStatus))
    return [ListFirmware(model=device.model_name, version=version, status=status)]


def run_active(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """It runs firmware that is Active for its model."""
    listed, version = draw.active_version(device)
    return [*listed, RunFirmware(device=device.name, version=version)]


def run_other(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """It runs what it is recorded with, what is listed somehow or somewhere, or what is near that."""
    listed = [version for _, version in draw.sketch.entries]
    active = draw.sketch.active(device.model_name)
    versions = [device.recorded, *listed, *map(draw.near_version, active), draw.new_version()]
    return [RunFirmware(device=device.name, version=draw.one_of(versions))]


def read(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR11.2 at once."""
    return [draw.read(device)]


def read_otherwise(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR11.2 for local delivery, or with its EUIs in lower case."""
    role = draw.role_for(device)
    if draw.abilities.local_delivery is False:
        return [ReadFirmware(device=device.name, role=role, lower_case=True)]
    way = draw.decks.deal("read way", (1, 2, 3))
    return [ReadFirmware(device=device.name, role=role, way=way, lower_case=way == 1)]  # type: ignore[arg-type]  # of the deck


def ask_non_critical(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """A non-critical request: an ordinary one, or whose turn it is."""
    if draw.chance(0.4):
        return draw.named_request(device, draw.decks.deal("probe", _PROBES), way=1)
    return draw.request(device, Kind.NON_CRITICAL)


def ask_critical(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """The critical request whose turn it is."""
    return draw.request(device, Kind.CRITICAL)


def top_up(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR2.2, with each Command Variant in turn."""
    ways = (1,) if draw.abilities.local_delivery is False else (1, 2, 3)
    return draw.named_request(device, "2.2", way=draw.decks.deal(("top-up", device.model.smets1), ways))


def new_credentials(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR6.23, and whether the Device is still barred."""
    return [*draw.named_request(device, "6.23", way=1), *draw.named_request(device, "4.1.1", way=1)]


def send_image(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR11.1, for it alone or for others of its model as well."""
    if not device.takes_firmware:
        return []
    listed, version = draw.active_version(device)
    others = [
        each.name
        for each in draw.sketch.devices.values()
        if each.model_name == device.model_name and each.name != device.name
    ]
    names = (device.name, *others) if others and draw.chance(0.5) else (device.name,)
    return [*listed, SendImage(devices=names, version=version)]


def activate(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """SR11.3 for the image that it holds, or for what it runs."""
    if not device.takes_firmware:
        return []
    version = device.image or (device.running if draw.chance(0.7) else draw.new_version())
    local = draw.abilities.local_delivery is not False and draw.chance(0.25)
    way = draw.decks.deal("activation way", (6, 7)) if local else 5
    return [Activate(device=device.name, version=version, way=way)]  # type: ignore[arg-type]  # of the deck


def arrange_fault(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """A fault waits for its next SR11.2 or SR11.3, which follows."""
    if device.model.device_type not in METERS or not draw.can("inject-fault"):
        return []
    fault = draw.decks.deal("fault", _FAULTS)
    variant = "11.3" if device.takes_firmware and draw.chance(0.4) else "11.2"
    arranged = ArrangeFault(device=device.name, variant=variant, fault=fault)
    if variant == "11.2":
        sent: Event = draw.read(device)
    else:
        sent = Activate(device=device.name, version=device.image or device.running)
    gives_up = fault in {DeviceFault.RESPONSE_LOST, DeviceFault.UNREACHABLE} and draw.chance(0.35)
    return [arranged, sent, *([GiveUp(device=device.name)] if gives_up else [])]


def cut_off(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """It cannot be reached while it is read."""
    if device.model.device_type not in METERS:
        return []
    gone, back = (SetReachable(device=device.name, reachable=reachable) for reachable in (False, True))
    return [gone, draw.read(device), *([GiveUp(device=device.name)] if draw.chance(0.3) else []), back]


def at_once(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """Two Users ask at once: both for its firmware, or one something else, or one another Device."""
    first = draw.read(device)
    supplier = supplier_of(device.model.device_type)
    others = [each for each in draw.sketch.devices.values() if each.name != device.name]
    if others and draw.chance(0.4):
        other = draw.one_of(others)
        second: Sequence[Event] = [draw.read(other)]
    elif draw.chance(0.5):
        second = [ReadFirmware(device=device.name, role=supplier)]
    else:
        second = draw.named_request(device, "4.1.1", way=1)
    return [
        AtOnce(first=first, second=each) for each in second if isinstance(each, ReadFirmware | SendRequest)
    ]


def restart(draw: Draw, device: SketchedDevice) -> Sequence[Event]:  # noqa: ARG001 - it happens to all Devices
    """The DSP is restarted."""
    return [RestartDsp()]


def set_status(draw: Draw, device: SketchedDevice) -> Sequence[Event]:
    """Another process changes its status."""
    usual = (DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED)
    if device.suspended:
        return []
    if draw.chance(0.75):
        status = usual[0] if device.status is not usual[0] else usual[1]
        return [SetStatus(device=device.name, status=status)]
    others = [each for each in DeviceStatus if each not in {DeviceStatus.SUSPENDED, *usual}]
    return [SetStatus(device=device.name, status=draw.decks.deal("status", tuple(others))), draw.read(device)]


MOVES: Final = (
    Move(leave, in_service=14, suspended=0),
    Move(change_other_entry, in_service=4, suspended=4),
    Move(make_active_again, in_service=0, suspended=2),
    Move(list_firmware, in_service=2, suspended=3),
    Move(run_active, in_service=6, suspended=8),
    Move(run_other, in_service=4, suspended=6),
    Move(read, in_service=5, suspended=12),
    Move(read_otherwise, in_service=2, suspended=5),
    Move(ask_non_critical, in_service=6, suspended=14),
    Move(ask_critical, in_service=2, suspended=11),
    Move(top_up, in_service=1, suspended=3),
    Move(new_credentials, in_service=1, suspended=1),
    Move(send_image, in_service=3, suspended=4),
    Move(activate, in_service=3, suspended=5),
    Move(arrange_fault, in_service=3, suspended=5),
    Move(cut_off, in_service=1, suspended=1),
    Move(at_once, in_service=2, suspended=3),
    Move(restart, in_service=1, suspended=2),
    Move(set_status, in_service=6, suspended=0),
)
"""All of them, with how often each is drawn."""
