"""What a history showed to be wrong, and by what it is known again in other histories."""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import NamedTuple

from dsp_conformance.explore.records import Records

__all__ = ["Signature", "Violation", "ViolationKind"]


@unique
class ViolationKind(StrEnum):
    """In what way something was wrong."""

    BARRED = "barred"
    """A request was rejected for the Device's status, which is none to reject it for."""
    OPEN = "open"
    """A request was accepted that the Device's status bars."""
    WRONG_CODE = "wrong-code"
    REFUSED = "refused"
    """A request was rejected for another reason, while a twin's was accepted."""
    FLAWED = "flawed"
    """The Pre-Command does not do what was asked for."""
    NOT_MOVED = "not-moved"
    """The inventory still shows a record that had to change."""
    WRONG_STATUS = "wrong-status"
    WRONG_VERSION = "wrong-version"
    MOVED = "moved"
    """The inventory shows a record that nothing may have brought about."""
    NOT_SHOWN = "not-shown"
    NO_RESPONSE = "no-response"
    SECOND_RESPONSE = "second-response"
    WRONG_PAYLOAD = "wrong-payload"
    TRACE = "trace"
    """A request that was rejected, or whose command the User is to deliver, reached the Device."""
    NOT_TOLD = "not-told"
    """A future-dated request was neither sent nor rejected when it was due."""
    MESSAGE = "message"
    """A message's form is wrong."""


class Signature(NamedTuple):
    """By what a violation is known again: else shrinking slips to another cause."""

    requirement: str
    kind: ViolationKind
    code: str
    """The response code, the shown status, or the check that failed; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that broke a requirement.

    Attributes:
        requirement: which, by the event and by what had to become of the record.
        kind: in what way.
        code: the response code, the shown status or the check that failed; empty where there is none.
        device: whose record or request it is about.
        place: the place in the history at which it was seen; the number of events where at its end.
        expected: what had to be.
        found: what was.
        hint: what to look at next.
        records: of a wrong record those that it may have been; empty of anything else.
        narrower: the requirement that it breaks instead where the history cannot be made any shorter or
            plainer: what makes the event special is then where the DSP goes wrong. Empty where there is none.
    """

    requirement: str
    kind: ViolationKind
    code: str
    device: str
    place: int
    expected: str
    found: str
    hint: str = ""
    records: Records = frozenset()
    narrower: str = ""

    @property
    def signature(self) -> Signature:
        """By what it is known again."""
        return Signature(self.requirement, self.kind, self.code)

    @property
    def blamed(self) -> str:
        """The requirement that a minimal history breaks."""
        return self.narrower or self.requirement
