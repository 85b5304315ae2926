"""What carries a history out and tells what was observed: all that the explorer asks of an executor.

Everything here is observation. Nothing of it is judged yet, save messages whose form is wrong (`Flaw`).
Times are seconds of one monotonic clock, the World's own.
"""

from dataclasses import dataclass
from typing import Protocol

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus
from dsp_conformance.explore.abilities import Abilities
from dsp_conformance.explore.events import Event, ExploredModel, RequestEvent

__all__ = ["Answered", "Counted", "Delivered", "Flaw", "Happened", "Reported", "Shown", "World"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The synchronous answer to one request.

    Attributes:
        device: whom the request is about; SR11.1 has one value of this class for each Device that it lists.
        request: what names the request in the World, such as its RequestID.
        code: the code of the answer. Of a critical request the code of the signed Pre-Command's answer, or
            else of the Transform service's rejection.
        taken: whether the request was accepted for this Device. False for a Device that the answer to SR11.1
            lists as not taken.
        due: when a future-dated request is to be executed; None for one at once.
        flaw: why the Pre-Command was not signed; empty otherwise.
    """

    device: str
    request: str
    code: ResponseCode
    taken: bool
    due: float | None = None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a Device's message says of its firmware.

    Attributes:
        version: the version in it, 8 upper-case hexadecimal digits; None where it holds none, or cannot be
            read because nothing lays its form down (SMETS1).
        outcome: the code of an activation, 0 to 3; None of anything else.
        failed: whether it is a device-level error of SR11.2.
        accepted_only: whether it says that an activation was taken for later, and no more.
    """

    version: str | None = None
    outcome: int | None = None
    failed: bool = False
    accepted_only: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """An asynchronous message about a request of the history, at the receiver of the User who asked.

    A LocalCommand that comes as a message of its own, a DCC Alert, and a DSP's retry after our own refusal
    are none.

    Attributes:
        device: whom the request was about.
        request: the request that it answers.
        code: its code.
        reported: what the Device says in it; None where it carries no Device's message, or that of a request
            other than SR11.2 and SR11.3.
        alert: whether it is the alert that tells of a future-dated activation.
    """

    device: str
    request: str
    code: ResponseCode
    reported: Reported | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """A message whose form is wrong, or that went to the wrong place: what the DUIS checks found.

    Attributes:
        requirement: which it breaks.
        kind: the check, in a few words that are the same each time.
        expected: what should have come.
        found: what came.
    """

    requirement: str
    kind: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Happened:
    """What was observed while an event was carried out.

    Attributes:
        began: when it began.
        ended: when it was over, responses included: later than everything that is told here.
        answers: the synchronous answers, in the order of the requests.
        deliveries: what came since the event before, oldest first, whichever request it answers.
        flaws: messages whose form is wrong.
        road_open: whether a missing response is the product's doing: False where a control reading brought
            none either.
    """

    began: float
    ended: float
    answers: tuple[Answered, ...] = ()
    deliveries: tuple[Delivered, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    road_open: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """What SR8.2 shows of a Device.

    Attributes:
        asked: when it was asked.
        answered: when the answer had come.
        status: None where the answer shows no such Device, or no status.
        version: as 8 upper-case hexadecimal digits where it is hexadecimal at all; None where none is shown.
        code: the code of the answer.
        found: whether the answer shows the Device.
    """

    asked: float
    answered: float
    status: DeviceStatus | None
    version: str | None
    code: ResponseCode
    found: bool = True


@dataclass(frozen=True, slots=True)
class Counted:
    """What a request had brought when silence had passed after the history.

    Attributes:
        request: the request.
        responses: its asynchronous responses, alerts and repetitions after our own refusal left out.
        commands: how many of its commands reached the Device; None where the testbed cannot show it.
    """

    request: str
    responses: int
    commands: int | None


class World(Protocol):
    """One history's own DSP, Users and Devices. Made anew for each replay; used by one thread.

    Whatever keeps an operation from being carried out (the testbed refuses, the target does not answer) is an
    exception of the World's own, which ends the history without a judgement.
    """

    @property
    def abilities(self) -> Abilities:
        """What the product and its testbed can do."""

    def carry_out(self, event: Event) -> Happened:
        """Carry an event out and wait until it is over.

        A request at once is over when its response has come, or the time for it has passed, or a fault that
        waits for it says that none will come. One that is future-dated is over when it is answered. `GiveUp`
        lasts until the DSP told that it gave up, or the profile's time for responses is over.
        """

    def look(self, device: str) -> Shown:
        """Read a Device's record with SR8.2, as a User who is entitled to it."""

    def twin(self, event: RequestEvent, model: ExploredModel) -> ResponseCode | None:
        """Send the same request to a Device of that sort that is Commissioned, and was never anything else.

        Returns:
            The code of the answer; None where there can be no such Device.
        """

    def now(self) -> float:
        """What the clock shows."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def count(self) -> tuple[Counted, ...]:
        """Let silence pass, and count what each request of the history brought."""
