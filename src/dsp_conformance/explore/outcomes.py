"""The Then of a scenario: what had to be and was not, as a sentence of the features."""

from typing import Final

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.terms import DeviceStatus, Kind
from dsp_conformance.explore.events import (
    LOCAL_WAYS,
    Activate,
    AtOnce,
    Event,
    ReadFirmware,
    SendImage,
    SendRequest,
)
from dsp_conformance.explore.sentences import Said, then, when
from dsp_conformance.explore.violation import Violation, ViolationKind

__all__ = ["asks_itself", "had_to_be"]

_MESSAGES: Final = {
    "DUIS-01": "every message of the DSP is schema-valid",
    "DUIS-02": "every message of the DSP that must be signed is signed by the DSP",
    "DUIS-03": "every message of the DSP names the request it answers",
    "DUIS-04": "the request is acknowledged by I99 and brings exactly one response",
}
_RECORD: Final = frozenset({ViolationKind.NOT_MOVED, ViolationKind.WRONG_STATUS, ViolationKind.WRONG_VERSION})
_ANSWER: Final = frozenset({ViolationKind.BARRED, ViolationKind.REFUSED, ViolationKind.FLAWED})


def had_to_be(  # noqa: PLR0911 - one answer a kind of violation
    violation: Violation, event: Event, name: str, running: str
) -> list[Said]:
    """Return what had to be.

    Args:
        violation: what was wrong.
        event: the last event of the history.
        name: what the scenario calls the Device.
        running: the version that the Device runs.
    """
    kind = violation.kind
    if kind in _ANSWER:
        return [_accepted(event, name)]
    if kind in {ViolationKind.OPEN, ViolationKind.WRONG_CODE}:
        return [_rejected(event, name)]
    if kind in _RECORD or kind is ViolationKind.MOVED:
        return [_recorded(violation, name, running)]
    match kind:
        case ViolationKind.NOT_SHOWN:
            asked = f"the supplier sends SR8.2 Read Inventory about the {name}"
            return [when(asked), then(f"the answer shows the {name} as Suspended")]
        case ViolationKind.NO_RESPONSE | ViolationKind.SECOND_RESPONSE:
            return [then("the request brings one response and no more")]
        case ViolationKind.WRONG_PAYLOAD:
            return [then(f"the response shows the firmware that the {name} runs")]
        case ViolationKind.TRACE:
            if violation.requirement == "SCOPE-02":
                return [then("the rejected request leaves no trace")]
            return [then(f"nothing is sent to the {name} over the WAN")]
        case ViolationKind.NOT_TOLD:
            return [then("the user learns that the request is rejected when it is due", has_step=False)]
        case _:
            text = _MESSAGES.get(violation.requirement, f"the messages keep {violation.requirement}")
            return [then(text, has_step=violation.requirement in _MESSAGES)]


def asks_itself(said: Said) -> bool:
    """Tell whether a sentence sends the request that it is about."""
    return " is still barred from " in said.text


def _accepted(event: Event, name: str) -> Said:
    if isinstance(event, SendImage):
        return then(f"the request is accepted for the {name}")
    if isinstance(event, AtOnce):
        return then("both requests are accepted", has_step=False)
    local = isinstance(event, ReadFirmware | SendRequest) and event.way in LOCAL_WAYS
    delivered = " with the command for local delivery" if local else ""
    # Whether the product takes the request at all is a Commissioned twin's to say.
    critical = isinstance(event, SendRequest) and catalogue()[event.variant].kind is Kind.CRITICAL
    twin = ", if a Commissioned twin may be sent it" if critical or isinstance(event, Activate) else ""
    return then(f"the request is accepted{delivered}{twin}")


def _rejected(event: Event, name: str) -> Said:
    if isinstance(event, SendRequest) and event.way == 1 and not event.later and event.variant != "2.2":
        return then(f"the {name} is still barred from SR{event.variant}")
    return then("the request is rejected because the Device is Suspended", has_step=False)


def _recorded(violation: Violation, name: str, running: str) -> Said:
    statuses = {record.status for record in violation.records}
    versions = {record.version for record in violation.records}
    status = statuses.pop() if len(statuses) == 1 else None
    if status is None:
        return then(f"the inventory shows the {name} as {violation.expected}", has_step=False)
    if violation.kind is ViolationKind.MOVED and status is DeviceStatus.SUSPENDED:
        return then(f"the inventory still shows the {name} as Suspended")
    if versions == {running}:
        return then(f"the inventory shows the {name} as {status.value} with that firmware")
    if violation.kind is ViolationKind.WRONG_VERSION:
        version = " or ".join(sorted(map(str, versions)))
        return then(
            f"the inventory shows the {name} as {status.value} with firmware {version}", has_step=False
        )
    return then(f"the inventory shows the {name} as {status.value}")
