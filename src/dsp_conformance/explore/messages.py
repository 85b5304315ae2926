"""What a Device's message does: from what it says to the rule that the ledger has for it."""

from collections.abc import Callable
from dataclasses import dataclass

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.explore.abilities import METERS, supplier_of
from dsp_conformance.explore.events import Activate, ReadFirmware, SendRequest
from dsp_conformance.explore.knowledge import DeviceModel, Pending
from dsp_conformance.explore.model import HistoryModel
from dsp_conformance.explore.records import Record, Records
from dsp_conformance.explore.rules import (
    Standing,
    after_activation,
    after_late_message,
    after_reading,
    loosely_after_message,
    unchanged,
)
from dsp_conformance.explore.world import Reported

__all__ = ["Consequence", "consequence_of", "possible_consequences"]

_RESTORES = {DeviceType.ESME: "MP105-04", DeviceType.GSME: "MP105-05"}
_SUCCESS = 0


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows of a message.

    Attributes:
        rule: from one record to those that are possible after it.
        requirement: which is broken by any other record.
        narrower: as in `Violation`.
    """

    rule: Callable[[Record], Records]
    requirement: str
    narrower: str = ""


def consequence_of(
    model: HistoryModel, device: DeviceModel, pending: Pending, said: Reported, *, late: bool, at_once: bool
) -> Consequence:
    """Return what follows of what a Device said in answer to a request.

    Args:
        model: what is known of the history.
        device: the Device.
        pending: the request that it answers.
        said: what it said.
        late: whether the DSP need no longer wait for it.
        at_once: whether it answers one of two requests under way at once.
    """
    # What comes in another status than it was asked for in is never judged.
    loose = at_once or pending.widened or pending.crossed or not (pending.certain and device.seen)
    if isinstance(pending.event, ReadFirmware):
        found = _after_reading(model, device, pending, said, loose=loose)
    elif isinstance(pending.event, Activate):
        found = _after_activation(model, device, pending, said)
    else:
        return Consequence(unchanged, "BASE-08")
    if not late:
        return found
    # A message that comes late may still be taken: then it does what it would have done in time.
    requirement = "MP105-10" if found.requirement in {"BASE-06", "MP105-11"} else found.requirement
    return Consequence(lambda record: after_late_message(found.rule(record), record), requirement)


def possible_consequences(device: DeviceModel, pending: Pending) -> Consequence:
    """Return what may follow of a request whose Device may answer at any moment, or may have answered."""
    if isinstance(pending.event, ReadFirmware):
        versions = device.running
    elif isinstance(pending.event, Activate):
        versions = device.running | {pending.event.version}
    else:
        return Consequence(unchanged, "BASE-08")

    def any_of(record: Record) -> Records:
        return frozenset({record}).union(*(loosely_after_message(record, version) for version in versions))

    return Consequence(any_of, _RESTORES.get(device.model.device_type, "BASE-08"))


def _after_reading(
    model: HistoryModel, device: DeviceModel, pending: Pending, said: Reported, *, loose: bool
) -> Consequence:
    if said.failed or (said.version is None and pending.fails):
        return Consequence(unchanged, "MP105-09")
    device_type = device.model.device_type
    requirement = _RESTORES.get(device_type, "BASE-08")
    versions = device.running if said.version is None else frozenset({said.version})
    if loose or device_type not in METERS or len(versions) != 1:
        return Consequence(
            lambda record: frozenset().union(*(loosely_after_message(record, each) for each in versions)),
            requirement,
        )
    (version,) = versions
    standing = model.standing(device, version)
    if device.surely_in_service:
        requirement = "MP105-10"
    elif standing is Standing.NOT_ACTIVE:
        requirement = "MP105-08"
    return Consequence(
        lambda record: after_reading(record, version, standing),
        requirement,
        _narrower(device, pending.event, version) if standing is Standing.ACTIVE else "",
    )


def _narrower(device: DeviceModel, event: ReadFirmware | Activate | SendRequest, version: str) -> str:
    if version in device.unanswered:
        return "MP105-07"
    assert isinstance(event, ReadFirmware)
    if event.way != 1 or event.role is not supplier_of(device.model.device_type):
        return "MP105-03"
    befores = {record.before for record in device.possible.now if record.suspended}
    return "MP105-06" if befores == {DeviceStatus.INSTALLED_NOT_COMMISSIONED} else ""


def _after_activation(
    model: HistoryModel, device: DeviceModel, pending: Pending, said: Reported
) -> Consequence:
    if said.accepted_only:
        return Consequence(unchanged, "BASE-06")
    if said.version is None or said.outcome is None:
        return possible_consequences(device, pending)
    version, outcome = said.version, said.outcome
    assert isinstance(pending.event, Activate)
    resent = (
        pending.resent
        and pending.event.version == version
        and not pending.crossed
        and model.abilities.resent_activation is not False
    )
    standing = model.standing(device, version)
    return Consequence(
        lambda record: after_activation(record, version, standing, outcome, resent=resent),
        "BASE-06" if outcome == _SUCCESS else "MP105-11",
    )
