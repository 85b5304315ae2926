"""What a scenario saw: exchanges with the DUIS checks made on them, and observations."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping  # noqa: TC003 - the journal's lines are checked by these types
from dataclasses import dataclass, field
from typing import Protocol, Self

from dsp_conformance.ledger.verdicts import Finding, not_met


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


@dataclass(frozen=True, slots=True)
class Wire:
    """How an exchange's messages travelled.

    Attributes:
        began: when the request was sent, or the message had arrived; milliseconds since the epoch.
        seconds: from sending to the last octet of the answer; None if there is no answer to time.
        service: the service that was called ("Send Command Service" ...), or "Receive Response Service".
        url: where the request went; empty for an asynchronous message.
        peer: "host:port" of the other side.
        status: the HTTP status, of the DSP to a request or of the suite to a message; None if none came.
        sent: the headers that the suite sent, names in lower case; secrets removed.
        received: the headers that came, likewise.
        request_id: the RequestID that the exchange is about; empty if none.
        variant: the Service Reference Variant, such as "11.2"; empty if unknown.
        user: EUI-64 of the Service User; empty if unknown.
    """

    began: int
    seconds: float | None
    service: str
    url: str
    peer: str
    status: int | None
    sent: Mapping[str, str] = field(default_factory=dict)
    received: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    variant: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that the testbed was asked to do.

    Attributes:
        at: when it was asked, milliseconds since the epoch.
        name: the operation, as `testbed.protocol` calls it, such as "provide_device".
        arguments: what it was asked with, as text; no secrets.
        outcome: "done" or "failed".
        result: what it gave back, or why it failed, in one line; may be empty.
        milliseconds: how long it took.
    """

    at: int
    name: str
    arguments: Mapping[str, str]
    outcome: str
    result: str
    milliseconds: float


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
        wire: how it travelled; None for what did not travel at all, such as a count at the end of the run.
    """

    title: str
    at: int
    request: Message | None
    response: Message | None
    checks: tuple[Check, ...]
    facts: dict[str, str]
    wire: Wire | None = None

    def release(self) -> None:
        """Drop the messages' octets, once written: a long run must not keep them all."""
        for message in (self.request, self.response):
            if message is not None:
                message.octets = None


@dataclass(slots=True)
class Evidence:
    """What was seen during a step or outside of any, unjudged observations, and testbed operations."""

    exchanges: list[Exchange] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
