"""Makes a failing history short: the same violation by the fewest events with the plainest values.

Candidates are replayed several at a time. One counts if it shows the same signature again, so that shrinking
does not slip to another cause.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from dsp_conformance.explore.events import Event
from dsp_conformance.explore.history import History, without_device
from dsp_conformance.explore.loop import Replayed
from dsp_conformance.explore.plainer import plainer_at, plainer_models
from dsp_conformance.explore.violation import Signature, Violation

__all__ = ["Limits", "ReplayAll", "Shrunk", "shrink"]

ReplayAll = Callable[[Sequence[History]], Sequence[Replayed | None]]
"""Replays candidates, all at a time, each in a World of its own; None where one could not be replayed."""

_Cut = Callable[[History], History]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long shrinking may last.

    Attributes:
        seconds: after which no further candidates are replayed.
        replays: how many candidates are replayed at most.
        at_once: how many candidates are replayed at a time.
    """

    seconds: float = 40.0
    replays: int = 400
    at_once: int = 6


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What shrinking came to.

    Attributes:
        history: the shortest and plainest history found.
        violation: what it showed when it was last replayed.
        replays: how many candidates were replayed.
        complete: whether nothing of it can be taken out or made plainer any more; False where time or replays
            ran out before that was known.
    """

    history: History
    violation: Violation
    replays: int
    complete: bool


def shrink(
    history: History,
    violation: Violation,
    replay_all: ReplayAll,
    limits: Limits = Limits(),
    clock: Callable[[], float] = time.monotonic,
) -> Shrunk:
    """Shrink a history that showed a violation.

    Cut at the violation; then whole Devices are removed, then events in halves and smaller parts, then values
    are made plainer; and over again until nothing more can be done.

    Args:
        history: what was carried out.
        violation: what it showed; its signature is what candidates have to show again.
        replay_all: replays candidates.
        limits: when to stop.
        clock: seconds of a monotonic clock.
    """
    cut = _cut(history, violation)
    work = _Work(cut, violation, replay_all, limits, clock, clock() + limits.seconds)
    try:
        work.remove_devices()
        size = len(work.history.events) // 2
        while size > 1:
            work.remove_parts(size)
            size = min(size // 2, len(work.history.events) // 2)
        while work.remove_parts(1) | work.make_plainer():
            pass
    except _EnoughError:
        return Shrunk(work.history, work.violation, work.replays, complete=False)
    return Shrunk(work.history, work.violation, work.replays, complete=True)


class _EnoughError(Exception):
    """Time or replays ran out."""


@dataclass(slots=True)
class _Work:
    history: History
    violation: Violation
    replay_all: ReplayAll
    limits: Limits
    clock: Callable[[], float]
    deadline: float
    replays: int = 0
    _failed: set[str] = field(default_factory=set)

    @property
    def signature(self) -> Signature:
        return self.violation.signature

    def remove_devices(self) -> None:
        """Remove whole Devices: all others first, then one after the other."""
        others = [name for name in self.history.devices if name != self.violation.device]
        if len(others) > 1 and self._first([_without(self.history, others)]):
            return
        self._all_that_can([_removing_device(name) for name in others])

    def remove_parts(self, size: int) -> bool:
        """Remove as many parts of that many events as can be; tell whether any could."""
        count = len(self.history.events)
        parts = [range(start, min(start + size, count)) for start in range(0, count, size)]
        events = self.history.events
        return self._all_that_can([_removing([events[place] for place in part], part) for part in parts])

    def make_plainer(self) -> bool:
        """Make as many values plainer as can be; tell whether any could."""
        changed = any(self._first([each]) for each in plainer_models(self.history))
        cuts: list[_Cut] = []
        places: list[int] = []
        for place in range(len(self.history.events)):
            for plain in plainer_at(self.history, place):
                cuts.append(_replacing(place, plain))
                places.append(place)
        return self._all_that_can(cuts, places) or changed

    def _all_that_can(self, cuts: Sequence[_Cut], places: Sequence[int] = ()) -> bool:
        """Make as many cuts as can be made together; tell whether any could.

        Args:
            cuts: what may be done.
            places: where each is made, if only the first that can be made at a place is wanted.
        """
        original = self.history
        results = self._replay([cut(original) for cut in cuts])
        by_place = {
            place: cut
            for place, cut, result in reversed(
                list(zip(places or range(len(cuts)), cuts, results, strict=True))
            )
            if result is not None
        }
        winners = [by_place[place] for place in sorted(by_place)]
        if not winners:
            return False
        together = original
        for cut in winners:
            together = cut(together)
        if len(winners) > 1 and self._first([together]):
            return True
        first = next(result for cut, result in zip(cuts, results, strict=True) if cut is winners[0])
        assert first is not None, "a winner is a cut that showed the violation again"
        self._accept(*first)
        kept = winners[:1]
        for cut in winners[1:]:  # each by itself can be made; not all of them can be made together
            candidate = original
            for each in (*kept, cut):
                candidate = each(candidate)
            if self._first([candidate]):
                kept.append(cut)
        return True

    def _first(self, candidates: Sequence[History]) -> bool:
        """Accept the first candidate that shows the violation again; tell whether one did."""
        for result in self._replay(candidates):
            if result is not None:
                self._accept(*result)
                return True
        return False

    def _replay(self, candidates: Sequence[History]) -> list[tuple[History, Violation] | None]:
        """Replay candidates and return those that show the violation again, cut at it."""
        found: list[tuple[History, Violation] | None] = [None] * len(candidates)
        keys = [candidate.to_json() for candidate in candidates]
        known = self._failed | {self.history.to_json()}
        to_do = [(place, candidates[place]) for place, key in enumerate(keys) if key not in known]
        for start in range(0, len(to_do), self.limits.at_once):
            batch = to_do[start : start + self.limits.at_once]
            if self.clock() >= self.deadline or self.replays >= self.limits.replays:
                raise _EnoughError
            self.replays += len(batch)
            replayed = self.replay_all([candidate for _, candidate in batch])
            for (number, candidate), result in zip(batch, replayed, strict=True):
                violation = result.violation if result is not None else None
                if result is None or violation is None or violation.signature != self.signature:
                    self._failed.add(keys[number])
                else:
                    found[number] = (_cut(candidate, violation, result.passed_over), violation)
        return found

    def _accept(self, history: History, violation: Violation) -> None:
        self.history, self.violation = history, violation


def _cut(history: History, violation: Violation, passed_over: Iterable[int] = ()) -> History:
    """Return a history up to its violation, without what was passed over."""
    needless = frozenset(passed_over)
    until = enumerate(history.events[: violation.place + 1])
    return history.with_events(event for place, event in until if place not in needless)


def _without(history: History, names: Iterable[str]) -> History:
    events: Iterable[Event] = history.events
    for name in names:
        events = [left for event in events if (left := without_device(event, name)) is not None]
    return history.with_events(events)


def _removing_device(name: str) -> _Cut:
    return lambda history: _without(history, [name])


def _removing(events: Sequence[Event], places: range) -> _Cut:
    """Return the cut that removes these events, wherever they stand after other cuts."""

    def cut(history: History) -> History:
        left = list(history.events)
        for event in reversed(events):
            # From behind, near where it stood: cuts are made in the order of the places.
            at = [place for place, each in enumerate(left) if each is event and place <= places.stop]
            if at:
                del left[at[-1]]
        return history.with_events(left)

    return cut


def _replacing(place: int, plain: Event) -> _Cut:
    def cut(history: History) -> History:
        events = list(history.events)
        if place < len(events):
            events[place] = plain
        return history.with_events(events)

    return cut
