"""What each request brought in all: no trace of a rejected one, one response to each that was answered."""

from dataclasses import dataclass

from dsp_conformance.explore.access import SingleRequest
from dsp_conformance.explore.events import WAYS_OVER_THE_WAN, ReadFirmware, SendImage, SendRequest
from dsp_conformance.explore.knowledge import Pending
from dsp_conformance.explore.violation import Violation, ViolationKind
from dsp_conformance.explore.world import Counted

__all__ = ["Sent", "miscounted"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was sent.

    Attributes:
        event: what was sent.
        device: to whom.
        barred: whether it was rejected for the status of a Device that was Suspended for certain.
        pending: what is known of it where it was accepted and goes to a Device; None otherwise.
    """

    event: SingleRequest
    device: str
    barred: bool
    pending: Pending | None = None


def miscounted(sent: Sent, counted: Counted, place: int) -> Violation | None:
    """Say what is wrong with what a request brought (SCOPE-02, DUIS-04, MP105-03, BASE-02, -05)."""
    wrong = _wrong(sent, counted)
    if wrong is None:
        return None
    requirement, kind, expected = wrong
    found = f"{counted.commands or 0} commands at the Device and {counted.responses} responses"
    return Violation(requirement, kind, "", sent.device, place, expected, found)


def _wrong(  # noqa: PLR0911 - one answer a way of asking
    sent: Sent, counted: Counted
) -> tuple[str, ViolationKind, str] | None:
    """Return what is broken, in what way, and what was expected."""
    event, pending, responses = sent.event, sent.pending, counted.responses
    reached = bool(counted.commands)
    if isinstance(event, SendImage):
        return None
    if pending is None:
        if sent.barred and (reached or responses):
            return "SCOPE-02", ViolationKind.TRACE, "no command at the Device and no response"
    elif event.way not in WAYS_OVER_THE_WAN:
        if reached:
            expected = "no command over the WAN: the User delivers it"
            return _local_requirement(event), ViolationKind.TRACE, expected
    elif event.later:
        if pending.stays_barred and reached:
            expected = "no command at a Device that is Suspended when the request is due"
            return "SCOPE-01", ViolationKind.TRACE, expected
    elif responses > 1 and not pending.given_up:
        return "DUIS-04", ViolationKind.SECOND_RESPONSE, "exactly one response"
    elif not responses and not pending.responses and pending.answers_surely:
        return "DUIS-04", ViolationKind.NO_RESPONSE, "exactly one response"
    return None


def _local_requirement(event: SingleRequest) -> str:
    if isinstance(event, ReadFirmware):
        return "MP105-03"
    return "BASE-05" if isinstance(event, SendRequest) and event.variant == "2.2" else "BASE-02"
