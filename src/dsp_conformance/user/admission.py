"""Whether a message is let in at all, before it is read: by its path, and by how many came just before."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

_EUI: Final = re.compile(r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){7}")


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Why a message was not read.

    Attributes:
        status: the HTTP status that says so.
        what: the reason, as the receiver's account has it: the same for all alike.
    """

    status: HTTPStatus
    what: str


@dataclass(slots=True)
class Admission:
    """Lets messages in; to be asked in one thread only.

    Messages may come in bursts of a second's worth, and after that no faster than the rate. More than that is
    no DSP at work but something gone wild, and reading it all would take the time and memory of the run.

    Attributes:
        rate: messages a second.
        path: the path at which messages are taken, with or without a slash at its end, and below it at those
            that end with a Service User's EUI; None for any.
        further: other paths at which they are taken.
        clock: tells seconds that only rise.
    """

    rate: int
    path: str | None = None
    further: tuple[str, ...] = ()
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = float(self.rate), self.clock()

    def refusal(self, path: str) -> TurnedAway | None:
        """Return why a message is turned away that was posted to a path, decoded; None to let it in."""
        if self.path is not None and not is_below((self.path, *self.further), path):
            what = f"messages posted to another path than {self.path}"
            return TurnedAway(HTTPStatus.NOT_FOUND, what)
        now = self.clock()
        self._left = min(float(self.rate), self._left + (now - self._at) * self.rate)
        self._at = now
        if self._left < 1:
            what = f"messages beyond {self.rate} a second, [limits] max_messages_per_second"
            return TurnedAway(HTTPStatus.TOO_MANY_REQUESTS, what)
        self._left -= 1
        return None


def is_below(told: Iterable[str], came: str) -> bool:
    """Tell whether a path that came, decoded, is one of some, or one of theirs with an EUI after it."""
    shorter, _, last = came.rstrip("/").rpartition("/")
    return any(
        same_path(each, came) or (_EUI.fullmatch(last) is not None and same_path(each, shorter))
        for each in told
    )


def same_path(told: str, came: str) -> bool:
    """Tell whether a path, as a URL has it, is one that came, decoded; a slash at its end does not matter."""
    return unquote(told).rstrip("/") == came.rstrip("/")
