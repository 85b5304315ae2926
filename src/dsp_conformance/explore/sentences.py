"""The sentences of the features, as far as a history is told in them, and those that have no step yet."""

from typing import Final, Literal, NamedTuple

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, UserRole
from dsp_conformance.explore.events import (
    LOCAL_WAYS,
    WAYS_OVER_THE_WAN,
    Activate,
    DeviceFault,
    EntryChange,
    ReadFirmware,
    SendRequest,
    Spelling,
)

__all__ = ["Said", "given", "then", "when"]

Keyword = Literal["Given", "When", "Then"]

ROLES: Final = {
    UserRole.IS: "import supplier",
    UserRole.ES: "export supplier",
    UserRole.GS: "gas supplier",
    UserRole.RSA: "registered supplier agent",
    UserRole.ED: "electricity distributor",
    UserRole.GT: "gas transporter",
    UserRole.OU: "other user",
}


_FIRST: Final = frozenset(
    {DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED, DeviceStatus.RECOVERED}
)
METERS_BY_TYPE: Final = frozenset({"ESME", "GSME"})
"""Some sentences take a meter that is called by its type alone."""


class Said(NamedTuple):
    """One line of a scenario.

    Attributes:
        keyword: the kind of step that it is.
        text: the sentence.
        has_step: whether a step definition takes it.
    """

    keyword: Keyword
    text: str
    has_step: bool = True


def given(text: str, *, has_step: bool = True) -> Said:
    """Return a sentence about what is, or was done, before."""
    return Said("Given", text, has_step)


def when(text: str, *, has_step: bool = True) -> Said:
    """Return a sentence about what happens."""
    return Said("When", text, has_step)


def then(text: str, *, has_step: bool = True) -> Said:
    """Return a sentence about what has to be."""
    return Said("Then", text, has_step)


def article(noun: str) -> str:
    """Return a noun with its article."""
    return f"{'an' if noun[0] in 'AEIOaeio' else 'a'} {noun}"


def provided(status: DeviceStatus, kind: str, *, smets1: bool, version: str = "", name: str = "") -> Said:
    """Return the sentence for a Device of a model of its own."""
    firmware = f" with firmware {version}" if version else ""
    called = f" called the {name}" if name else ""
    generation = "SMETS1 " if smets1 else ""
    text = f"{article(f'{status.value} {generation}{kind}')}{firmware}{called}"
    usual = kind in METERS_BY_TYPE and not (firmware or called or generation)
    return given(text, has_step=usual and status in _FIRST)


def listed_and_run(name: str, status: CplStatus, spelled: Spelling) -> Said:
    """Return the sentence for firmware that is listed, and that a Device then runs."""
    written = "" if spelled is Spelling.PLAIN else f", written {spelled.value}"
    has_step = not written or status is CplStatus.ACTIVE
    listed = f"firmware that the CPL lists as {status.value} for its model"
    return given(f"the {name} now runs {listed}{written}", has_step=has_step)


def leaves(what: str, to: EntryChange) -> str:
    """Return what becomes of firmware on the CPL, in words."""
    if to is EntryChange.DELETED:
        return f"{what} is removed from the CPL"
    return f"{what} becomes {to.value} on the CPL"


def request(event: ReadFirmware | Activate | SendRequest, name: str, supplier: UserRole) -> Said:
    """Return the sentence for a request to a Device."""
    variant = _variant(event)
    role = supplier if isinstance(event, Activate) else event.role
    who = "supplier" if role is supplier else ROLES[role]
    ways = []
    if event.way in LOCAL_WAYS:
        wan = "over the WAN and " if event.way in WAYS_OVER_THE_WAN else ""
        ways.append(f"{wan}for local delivery")
    if event.later:
        ways.append("to be carried out a moment later")
    if isinstance(event, ReadFirmware) and event.lower_case:
        ways.append("with EUIs in lower case")
    way = f" {' '.join(ways)}" if ways else ""
    text = f"the {who} sends SR{variant} {catalogue()[variant].name} to the {name}{way}"
    return when(text, has_step=len(ways) < 2)  # noqa: PLR2004 - one can be said, two cannot


def lost_activation(name: str) -> Said:
    """Return the sentence for an activation whose response is lost, sent over the WAN at once."""
    return given(f"the {name} has activated the new firmware, but its response was lost")


def trouble(name: str, variant: str, fault: DeviceFault) -> Said:
    """Return the sentence for a fault that waits for a Device's next command."""
    answers = f"the {name} {{}} the next SR{variant}{{}}"
    match fault:
        case DeviceFault.UNREACHABLE:
            return given(answers.format("misses", ""))
        case DeviceFault.DEVICE_ERROR:
            return given(answers.format("answers", " with an error"))
        case DeviceFault.DUPLICATE_RESPONSE:
            return given(answers.format("answers", " twice"))
        case DeviceFault.RESPONSE_HELD:
            return given(answers.format("answers", " late"))
        case DeviceFault.RESPONSE_LOST:
            return given(f"the response of the {name} to the next SR{variant} is lost", has_step=False)


def _variant(event: ReadFirmware | Activate | SendRequest) -> str:
    if isinstance(event, SendRequest):
        return event.variant
    return "11.2" if isinstance(event, ReadFirmware) else "11.3"
