"""RequestID and ResponseID (``domain.md``, Messages; schema ``RequestIDType`` and ``ResponseIDType``)."""

import re
from dataclasses import dataclass
from typing import Final, Self

from dsp_conformance.base.eui64 import Eui64

COUNTER_LIMIT: Final = 2**64 - 1
"""The largest counter: it rises strictly per originator from 0 to this."""

_SHOWN: Final = 100  # a lawful one has 68 characters at most
_EUI: Final = r"[A-Fa-f0-9]{2}(?:-[A-Fa-f0-9]{2}){7}"
_FORM: Final = re.compile(rf"({_EUI}):({_EUI}):(0|[1-9][0-9]{{0,19}})")


@dataclass(eq=False)
class InvalidMessageId(ValueError):  # noqa: N818 - reads as what it is wherever it is caught
    """Text that is no RequestID or ResponseID.

    Attributes:
        element: ``RequestID`` or ``ResponseID``.
        text: what came.
    """

    element: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.element} must read <EUI-64>:<EUI-64>:<counter 0 to {COUNTER_LIMIT}>, "
            f"such as 90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000; found {self.text[:_SHOWN]!r}"
        )


@dataclass(frozen=True, slots=True)
class RequestID:
    """Names one request: who asks, whom it is about, and a counter.

    Attributes:
        originator: the Service User.
        target: the Device, or the DCC's own ID for a non-device request.
        counter: 0 to 2^64-1, strictly rising per originator.
    """

    originator: Eui64
    target: Eui64
    counter: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; EUIs in either case.

        Raises:
            InvalidMessageId: the text has another form.
        """
        return cls(*_parts("RequestID", text))

    def __str__(self) -> str:
        return f"{self.originator}:{self.target}:{self.counter}"

    def response_id(self) -> "ResponseID":
        """Return the ResponseID that answers this request: originator and target swapped, counter kept."""
        return ResponseID(self.target, self.originator, self.counter)


@dataclass(frozen=True, slots=True)
class ResponseID:
    """Names one response: the mirror image of the RequestID it answers.

    Attributes:
        originator: whom the request was about.
        target: the Service User.
        counter: the request's.
    """

    originator: Eui64
    target: Eui64
    counter: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; EUIs in either case.

        Raises:
            InvalidMessageId: the text has another form.
        """
        return cls(*_parts("ResponseID", text))

    def __str__(self) -> str:
        return f"{self.originator}:{self.target}:{self.counter}"

    def mirrors(self, request_id: RequestID) -> bool:
        """Tell whether this is the ResponseID that answers the request (ledger DUIS-03)."""
        return self == request_id.response_id()


@dataclass(frozen=True, slots=True)
class MessageNames:
    """The request that a message of the DSP names, as far as it names any.

    Attributes:
        request_id: its RequestID.
        response_id: its ResponseID.
    """

    request_id: RequestID | None = None
    response_id: ResponseID | None = None


def _parts(element: str, text: str) -> tuple[Eui64, Eui64, int]:
    match = _FORM.fullmatch(text.strip(" \t\r\n"))  # xs:token collapses the white space around
    if match is None or int(match.group(3)) > COUNTER_LIMIT:
        raise InvalidMessageId(element, text)
    return Eui64.parse(match.group(1)), Eui64.parse(match.group(2)), int(match.group(3))
