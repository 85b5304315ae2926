"""Whose requirement a wrong record breaks: by what happened, and by whether the record had to move."""

from collections.abc import Iterable
from typing import Final

from dsp_conformance.duis.terms import DeviceStatus
from dsp_conformance.explore.events import Activate
from dsp_conformance.explore.knowledge import DeviceModel, Pending, Touch
from dsp_conformance.explore.records import Records
from dsp_conformance.explore.violation import Violation, ViolationKind
from dsp_conformance.explore.world import Shown

__all__ = ["blamed_for", "unshown"]

_RESTORING: Final = frozenset({"MP105-04", "MP105-05"})
_HINT: Final = "read the Device with SR8.2 and compare with the DSP's inventory and its history"


def blamed_for(device: DeviceModel, shown: Shown, place: int, waiting: Iterable[Pending] = ()) -> Violation:
    """Return the violation of a record that is none of the possible ones.

    It had to move and did not: the event's own rule. It moved to a wrong record: that rule too, or MP105-06
    where SR11.2 brought back another status. It moved and need not have: the rule of what happened last.

    Args:
        device: whose record it is.
        shown: what SR8.2 shows.
        place: the place in the history.
        waiting: requests that the Device has not answered: where the history needs them, the DSP makes
            something of the silence.
    """
    touch, kind = _touch_and_kind(device, shown)
    requirement, narrower = touch.requirement, ""
    if kind is ViolationKind.NOT_MOVED:
        narrower = touch.narrower
    elif kind is ViolationKind.MOVED and (unanswered := [each.event for each in waiting]):
        narrower = "MP105-07" if any(isinstance(each, Activate) for each in unanswered) else "MP105-09"
    elif kind is ViolationKind.WRONG_STATUS and requirement in _RESTORING:
        requirement = "MP105-06"
    status = shown.status.value if shown.status else ""
    return Violation(
        requirement,
        kind,
        status,
        device.name,
        place,
        expected=" or ".join(sorted(map(_in_words, device.possible.now))),
        found=_shown_in_words(shown),
        hint=_HINT,
        records=device.possible.now,
        narrower=narrower,
    )


def unshown(device: DeviceModel, shown: Shown, place: int) -> Violation:
    """Return the violation of a Suspended Device that SR8.2 does not show, or without its status."""
    return Violation(
        "BASE-07",
        ViolationKind.NOT_SHOWN,
        shown.code.value,
        device.name,
        place,
        expected=f"an answer to SR8.2 that shows the {device.name} as Suspended",
        found=f"{shown.code.value} without it" if not shown.found else "no status",
        hint=_HINT,
    )


def _touch_and_kind(device: DeviceModel, shown: Shown) -> tuple[Touch, ViolationKind]:
    for touch in reversed(device.touches):
        if touch.moved and any(record.shows_as(shown) for record in touch.before):
            return touch, ViolationKind.NOT_MOVED
    moving = [touch for touch in device.touches if touch.moved]
    if moving and not _only_stays(device.possible.now):
        kind = ViolationKind.WRONG_STATUS
        if any(record.status in {shown.status, None} for record in device.possible.now):
            kind = ViolationKind.WRONG_VERSION
        return moving[-1], kind
    return device.touches[-1], ViolationKind.MOVED


def _only_stays(records: Records) -> bool:
    """Tell whether a Device has to be Suspended: whatever else is shown of it is nothing that had to be."""
    return all(record.suspended for record in records)


def _in_words(record: tuple[DeviceStatus | None, str | None, DeviceStatus | None]) -> str:
    status, version, _ = record
    return f"{status.value if status else 'any status'} with firmware {version or 'of any version'}"


def _shown_in_words(shown: Shown) -> str:
    status = shown.status.value if shown.status else "no status"
    return f"{status} with firmware {shown.version or 'not shown'}"
