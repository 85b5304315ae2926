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
    """Say what is wrong with what a request brought in all, if anything (SCOPE-02, DUIS-04, MP105-03, BASE-02, -05)."""
    if isinstance(sent.event, SendImage):
        return None
    commands, responses = counted.commands or 0, counted.responses
    found = f"{commands} commands at the Device and {responses} responses"
    pending = sent.pending

    def wrong(requirement: str, kind: ViolationKind, expected: str) -> Violation:
        return Violation(requirement, kind, "", sent.device, place, expected, found)

    if pending is None:
        if sent.barred and (commands or responses):
            return wrong("SCOPE-02", ViolationKind.TRACE, "no command at the Device and no response")
        return None
    if sent.event.way not in WAYS_OVER_THE_WAN:
        if commands:
            expected = "no command over the WAN: the User delivers it"
            return wrong(_local_requirement(sent.event), ViolationKind.TRACE, expected)
        return None
    if sent.event.later:
        if pending.stays_barred and commands:
            expected = "no command at a Device that is Suspended when the request is due"
            return wrong("SCOPE-01", ViolationKind.TRACE, expected)
        return None
    if responses > 1 and not pending.given_up:
        return wrong("DUIS-04", ViolationKind.SECOND_RESPONSE, "exactly one response")
    if responses == 0 and pending.responses == 0 and pending.answers_surely:
        return wrong("DUIS-04", ViolationKind.NO_RESPONSE, "exactly one response")
    return None


def _local_requirement(event: SingleRequest) -> str:
    if isinstance(event, ReadFirmware):
        return "MP105-03"
    return "BASE-05" if isinstance(event, SendRequest) and event.variant == "2.2" else "BASE-02"
