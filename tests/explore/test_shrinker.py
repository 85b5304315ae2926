"""Shrinking, without any DSP: histories that fail by a rule of the test's own."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp_conformance.explore.events import ProvideDevice, ReadFirmware, RunFirmware, devices_of
from dsp_conformance.explore.generator import Generator
from dsp_conformance.explore.history import History
from dsp_conformance.explore.loop import Replayed
from dsp_conformance.explore.shrinker import Limits, shrink
from dsp_conformance.explore.violation import Violation, ViolationKind
from tests.explore.memory_world import ABILITIES


def violation(requirement: str, place: int, device: str = "A") -> Violation:
    return Violation(requirement, ViolationKind.MOVED, "", device, place, expected="", found="")


class Failing:
    """Fails where all events of a set are there in order; else, perhaps, for another cause."""

    def __init__(self, needed: Sequence[object], *, other_cause: bool = False) -> None:
        self.needed = list(needed)
        self.other_cause = other_cause
        self.asked = 0
        self.batches: list[int] = []

    def __call__(self, histories: Sequence[History]) -> list[Replayed]:
        self.batches.append(len(histories))
        self.asked += len(histories)
        return [Replayed(violation=self.violation_of(history)) for history in histories]

    def violation_of(self, history: History) -> Violation | None:
        left = list(self.needed)
        for place, event in enumerate(history.events):
            if left and event == left[0]:
                left.pop(0)
                if not left:
                    return violation("BASE-08", place)
        return violation("SCOPE-06", len(history.events)) if self.other_cause else None


def drawn(seed: int) -> History:
    return Generator(ABILITIES, seed).draw()


@given(st.integers(0, 3000), st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_left_still_fails_and_nothing_of_it_can_be_taken_out(seed: int, data: st.DataObject) -> None:
    history = drawn(seed)
    places = data.draw(st.lists(st.integers(0, len(history.events) - 1), min_size=1, max_size=4, unique=True))
    needed = [history.events[place] for place in sorted(places)]
    failing = Failing(needed, other_cause=data.draw(st.booleans()))
    first = failing.violation_of(history)
    assert first is not None
    shrunk = shrink(history, first, failing, Limits(seconds=1e9, replays=10**9))
    assert shrunk.complete
    assert failing.violation_of(shrunk.history) == shrunk.violation
    assert list(shrunk.history.events) == needed


def test_another_cause_is_never_slipped_to() -> None:
    history = drawn(3)
    failing = Failing([history.events[4], history.events[9]], other_cause=True)
    first = failing.violation_of(history)
    assert first is not None
    shrunk = shrink(history, first, failing)
    assert shrunk.violation.signature == first.signature


def test_shrinking_ends_when_replays_run_out_and_keeps_what_it_has() -> None:
    history = drawn(4)
    failing = Failing([history.events[-1]])
    first = failing.violation_of(history)
    assert first is not None
    shrunk = shrink(history, first, failing, Limits(replays=2, at_once=1))
    assert not shrunk.complete
    assert shrunk.replays == failing.asked == 2
    assert failing.violation_of(shrunk.history) is not None


def test_shrinking_ends_when_time_runs_out() -> None:
    history, ticks = drawn(5), itertools.count(step=10)
    failing = Failing([history.events[-1]])
    first = failing.violation_of(history)
    assert first is not None
    shrunk = shrink(history, first, failing, Limits(seconds=15), clock=lambda: float(next(ticks)))
    assert not shrunk.complete
    assert failing.asked <= 6


def test_candidates_are_replayed_several_at_a_time() -> None:
    history = drawn(6)
    failing = Failing(history.events[3::4])
    first = failing.violation_of(history)
    assert first is not None
    shrink(history, first, failing, Limits(at_once=5))
    assert max(failing.batches) == 5


def test_no_candidate_is_replayed_twice() -> None:
    history, seen = drawn(7), list[str]()
    failing = Failing(history.events[3:6])

    def watched(histories: Sequence[History]) -> list[Replayed]:
        seen.extend(each.to_json() for each in histories)
        return failing(histories)

    first = failing.violation_of(history)
    assert first is not None
    shrink(history, first, watched)
    assert len(seen) == len(set(seen))


def test_a_candidate_that_could_not_be_replayed_is_none_that_fails() -> None:
    history = drawn(8)
    failing = Failing([history.events[-1]])
    first = failing.violation_of(history)
    assert first is not None
    shrunk = shrink(history, first, lambda histories: [None] * len(histories))
    assert shrunk.history.events == history.events[: first.place + 1]


@pytest.mark.parametrize("seed", range(5))
def test_values_are_made_plainer_where_that_makes_no_difference(seed: int) -> None:
    history = drawn(seed)

    def any_read(histories: Sequence[History]) -> list[Replayed]:
        found = []
        for each in histories:
            place = next((n for n, event in enumerate(each.events) if isinstance(event, ReadFirmware)), None)
            device = "" if place is None else devices_of(each.events[place])[0]
            there = any(isinstance(event, ProvideDevice) and event.device == device for event in each.events)
            wrong = violation("MP105-01", place, device) if place is not None and there else None
            found.append(Replayed(violation=wrong))
        return found

    (first,) = any_read([history])
    assert first.violation is not None
    shrunk = shrink(history, first.violation, any_read)
    read = shrunk.history.events[-1]
    assert isinstance(read, ReadFirmware)
    assert (read.way, read.later, read.lower_case) == (1, False, False)
    assert read.role.value in {"IS", "GS"}
    assert len(shrunk.history.events) == 2


def test_an_activation_is_told_as_running_the_firmware_where_that_is_all_it_takes() -> None:
    history = next(
        each
        for each in Generator(ABILITIES, 1).histories()
        if any(e.event == "activate" for e in each.events)
    )

    def runs_something(histories: Sequence[History]) -> list[Replayed]:
        found = []
        for each in histories:
            places = [n for n, e in enumerate(each.events) if e.event in {"activate", "run-firmware"}]
            found.append(Replayed(violation=violation("BASE-06", places[-1]) if places else None))
        return found

    (first,) = runs_something([history])
    assert first.violation is not None
    shrunk = shrink(history, first.violation, runs_something)
    assert [type(event) for event in shrunk.history.events] == [RunFirmware]
