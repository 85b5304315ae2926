"""What a scenario saw: exchanges with the DUIS checks made on them, and observations."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import Protocol, Self

from dsp_conformance.report.verdicts import Finding, not_met


def now_ms() -> int:
    """Milliseconds since the epoch, the time unit of all records."""
    return time.time_ns() // 1_000_000


class CheckOutcome(Protocol):
    """What one DUIS check says about one exchange; `user.checks` has the class."""

    @property
    def requirement(self) -> str:
        """Id of the requirement that was checked, such as "DUIS-01"."""

    @property
    def passed(self) -> bool:
        """Whether the answer meets it."""

    @property
    def expected(self) -> str:
        """What the requirement demands of the answer."""

    @property
    def found(self) -> str:
        """What the answer holds."""

    @property
    def detail(self) -> str:
        """Anything that helps to see why."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check's outcome as the record keeps it."""

    requirement: str
    passed: bool
    expected: str
    found: str
    detail: str

    @classmethod
    def of(cls, outcome: CheckOutcome) -> Self:
        """Copy any check's outcome."""
        return cls(
            outcome.requirement,
            outcome.passed,
            str(outcome.expected),
            str(outcome.found),
            str(outcome.detail),
        )

    @property
    def finding(self) -> Finding:
        """The outcome in the form of a finding."""
        what = f"requirement {self.requirement} met" if self.passed else not_met([self.requirement])
        return Finding(what, self.expected, self.found, self.detail)


@dataclass(slots=True)
class Message:
    """One message of an exchange: its octets until they are released, and what stays of them."""

    octets: bytes | None
    size: int
    sha256: str

    @classmethod
    def of(cls, octets: bytes | None) -> Self | None:
        """Take a message; None stays None."""
        if octets is None:
            return None
        return cls(octets, len(octets), hashlib.sha256(octets).hexdigest())


@dataclass(slots=True)
class Exchange:
    """A request and its answer, or an asynchronous message alone (then there is no request).

    Attributes:
        title: readable, such as "SR11.2 to 00-DB-...: I99".
        at: when it was attached, milliseconds since the epoch.
        request: what the suite sent.
        response: what came back.
        checks: what the DUIS checks say about it.
        facts: anything else worth reading: URL, HTTP status, times.
    """

    title: str
    at: int
    request: Message | None
    response: Message | None
    checks: tuple[Check, ...]
    facts: dict[str, str]

    def release(self) -> None:
        """Drop the messages' octets, once written: a long run must not keep them all."""
        for message in (self.request, self.response):
            if message is not None:
                message.octets = None


@dataclass(slots=True)
class Evidence:
    """What was seen during a step, or outside of any: exchanges, and observations that nobody judges."""

    exchanges: list[Exchange] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)
