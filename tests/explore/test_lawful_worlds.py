"""No false alarm: neither on the plain DSP nor on one with any lawful habits, alone or together."""

import random

import pytest

from dsp_conformance.explore.loop import Looks
from tests.explore.exploring import explore
from tests.explore.memory_dsp import HABITS


def test_a_plain_dsp_raises_no_alarm_in_20_000_steps_and_nearly_everything_is_visited() -> None:
    found = explore(20_000)
    assert found.violation is None, found.history and found.history.to_json()
    assert len(found.coverage.visited) >= 400


def test_looking_at_everything_raises_no_alarm_either() -> None:
    assert explore(3_000, seed=2, looks=Looks.ALL).violation is None


@pytest.mark.parametrize("habit", HABITS)
def test_a_lawful_habit_raises_no_alarm(habit: str) -> None:
    found = explore(1_000, habit, seed=3)
    assert found.violation is None, found.history and found.history.to_json()


@pytest.mark.parametrize("seed", range(12))
def test_lawful_habits_together_raise_no_alarm(seed: int) -> None:
    dice = random.Random(seed)
    habits = dice.sample(HABITS, dice.randint(2, len(HABITS)))
    found = explore(1_000, *habits, seed=seed, looks=Looks(seed % 3))
    assert found.violation is None, (habits, found.history and found.history.to_json())
