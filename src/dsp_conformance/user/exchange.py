"""What passed between the Service User and the DSP, as evidence: exchanges and deliveries."""

from dataclasses import dataclass, field
from datetime import datetime

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import MessageNames
from dsp_conformance.duis.messages import Response, ServiceRequest
from dsp_conformance.duis.terms import Service
from dsp_conformance.user.checks import CheckOutcome
from dsp_conformance.user.transport import HttpAnswer


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an exchange brought no DUIS response to judge.

    Attributes:
        environment: whether the cause lies outside DUIS (no connection, a proxy's page, an HTTP error), so
            that nothing can be said about the product; otherwise the DSP sent a message that cannot be used.
        what: the cause in one line.
        found: what came; not shown where an object is, since it may hold what a DSP echoes, such as a
            credential, and shortened so that nobody can tell.
        hint: what to do next, where more can be said of it than that the service URLs may be wrong.
        unknown: whether the DSP may be right, and the suite does not know what it said.
    """

    environment: bool
    what: str
    found: str = field(repr=False)
    hint: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its synchronous answer.

    Attributes:
        request: what was asked.
        service: the service it was posted to.
        url: where that is.
        sent: the signed request as it stood on the wire.
        sent_at: when it was sent.
        answer: the HTTP answer, or None where none came.
        response: the DUIS response in it, or None where it cannot be read.
        checks: the DUIS checks made of it.
        trouble: why there is no response to judge; None exactly where `response` is there.
    """

    request: ServiceRequest
    service: Service
    url: str
    sent: bytes
    sent_at: datetime
    answer: HttpAnswer | None
    response: Response | None
    checks: tuple[CheckOutcome, ...]
    trouble: Trouble | None

    @property
    def accepted(self) -> bool:
        """Whether the DSP accepted the request, with I0 or I99."""
        return self.response is not None and self.response.response_code.is_success

    @property
    def title(self) -> str:
        """The exchange in one line for a report."""
        outcome = self.response.response_code.value if self.response else "no usable answer"
        return f"SR{self.request.variant} CV{self.request.command_variant.value} → {outcome}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that the DSP posted to the receiver.

    Attributes:
        received_at: when it had come in whole.
        content_type: the HTTP header as it came.
        octets: the message as it stood on the wire; of a large refused one only the beginning is kept.
        size: how many octets came.
        response: the DUIS response or alert, or None where it cannot be read.
        checks: the DUIS checks made of it (DUIS-01, DUIS-02).
        accepted: whether the receiver took it (204) or refused it (4xx).
        unread: why the suite failed on a message: its own fault, never the DSP's. Empty otherwise.
        unknown: what the suite does not know in a message in which nothing is known to be wrong, so that it
            cannot be judged. Empty otherwise.
        named: the request that such a message names.
        status: the HTTP status that it was answered with; 0 where that is not known.
        peer: who posted it, as "host:port"; empty where that is not known.
        path: the path that it was posted to, decoded; empty where that is not known.
        headers: the HTTP headers as they came, names in lower case.
        stranger: whom it was for, where that is no Service User of the run, so that it was refused.
    """

    received_at: datetime
    content_type: str
    octets: bytes
    size: int
    response: Response | None
    checks: tuple[CheckOutcome, ...]
    accepted: bool
    unread: str = ""
    unknown: str = ""
    named: MessageNames = field(default_factory=MessageNames)
    status: int = 0
    peer: str = ""
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    stranger: Eui64 | None = None

    @property
    def names(self) -> MessageNames:
        """The request that it names, as far as that can be read."""
        return self.named if self.response is None else self.response.names

    @property
    def refusal(self) -> str:
        """Why the receiver refused it, in one line; empty where it took it."""
        if self.stranger is not None:
            return f"{self.stranger} is no Service User that takes messages here"
        return "; ".join(f"{check.requirement}: {check.found}" for check in self.checks if not check.passed)

    @property
    def title(self) -> str:
        """The delivery in one line for a report."""
        unread = "message that the suite cannot judge" if self.unknown else "unreadable message"
        code = self.response.response_code.value if self.response else unread
        cut = f" (the first {len(self.octets)} of {self.size} octets)" if len(self.octets) < self.size else ""
        return f"{'' if self.accepted else 'refused '}asynchronous {code}{cut}"
