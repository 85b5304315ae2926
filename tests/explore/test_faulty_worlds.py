"""Every fault is found, shrunk to a few events, and held against a requirement that it breaks."""

from dataclasses import replace
from statistics import median

import pytest

from dsp_conformance.explore.events import Event
from dsp_conformance.explore.loop import Looks, replay
from dsp_conformance.explore.shrinker import Shrunk, shrink
from dsp_conformance.explore.world import Counted, Happened
from tests.explore.exploring import explore, replaying
from tests.explore.memory_dsp import FAULTS, HABITS
from tests.explore.memory_world import MemoryWorld

STEPS = 6_000
LONGEST = 12
LAGGING = ("inventory-lags", "access-lags")


def found_and_shrunk(*deviations: str, seed: int) -> Shrunk:
    found = explore(STEPS, *deviations, seed=seed)
    assert found.violation is not None, f"not found in {found.steps} steps"
    assert found.history is not None
    again = replay(found.history, MemoryWorld(found.history, *deviations), looks=Looks.ALL).violation
    # Looking at everything takes time, in which a fault may hide that was seen otherwise.
    violation, looks = (again, Looks.ALL) if again else (found.violation, Looks.NEAR)
    return shrink(found.history, violation, replaying(*deviations, looks=looks))


def blamed(shrunk: Shrunk, *deviations: str) -> str:
    """Return the requirement that a shrunk history breaks: looked at in peace where the DSP lags."""
    world = MemoryWorld(shrunk.history, *deviations)
    in_peace = replay(shrunk.history, world, looks=Looks.SETTLED).violation
    return (in_peace or shrunk.violation).blamed


@pytest.fixture(scope="module")
def lengths() -> list[int]:
    return []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_told_in_a_few_events(fault: str, lengths: list[int]) -> None:
    shrunk = found_and_shrunk(fault, seed=5)
    assert shrunk.complete
    assert shrunk.violation.blamed in FAULTS[fault]
    assert len(shrunk.history.events) <= LONGEST
    lengths.append(len(shrunk.history.events))


def test_half_of_the_faults_take_at_most_eight_events(lengths: list[int]) -> None:
    if len(lengths) == len(FAULTS):  # else the tests run in parts
        assert median(lengths) <= 8


@pytest.mark.parametrize(
    "fault", ["no-restoration", "restores-to-commissioned", "open-to-4.1.1", "suspends-by-model"]
)
def test_a_fault_is_found_behind_an_inventory_that_lags(fault: str) -> None:
    shrunk = found_and_shrunk(fault, *LAGGING, seed=6)
    assert blamed(shrunk, fault, *LAGGING) in FAULTS[fault]


@pytest.mark.parametrize(
    "fault", ["restores-anything", "restores-neighbours", "critical-barred", "rejected-but-sent"]
)
def test_a_fault_is_found_among_lawful_habits(fault: str) -> None:
    habits = [habit for habit in HABITS if habit not in LAGGING][::2]
    shrunk = found_and_shrunk(fault, *habits, seed=7)
    assert blamed(shrunk, fault, *habits) in FAULTS[fault]


def test_a_missing_response_is_no_fault_of_the_product_where_the_road_is_closed() -> None:
    class Closed(MemoryWorld):
        def carry_out(self, event: Event) -> Happened:
            return replace(super().carry_out(event), deliveries=(), road_open=False)

        def count(self) -> tuple[Counted, ...]:
            return ()

    found = explore(300, seed=8)
    assert found.history is not None
    violation = replay(found.history, Closed(found.history)).violation
    assert violation is None or violation.kind.value not in {"no-response", "not-told"}
