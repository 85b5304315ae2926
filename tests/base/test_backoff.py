"""Whoever no longer answers is waited for shortly, and whoever answers again in full."""

from __future__ import annotations

import pytest

from dsp_conformance.base.backoff import Patience

FULL = 10.0


@pytest.fixture
def lost() -> Patience:
    """Patience after three calls in vain."""
    patience = Patience()
    for _ in range(3):
        assert patience.seconds(FULL) == FULL
        assert patience.waited_in_vain(FULL) == "10 s"
    return patience


def test_three_calls_in_vain_make_further_ones_short(lost: Patience) -> None:
    assert lost.seconds(FULL) == 1.0


def test_what_was_waited_for_shortly_says_so(lost: Patience) -> None:
    assert lost.waited_in_vain(1.0) == "1 s, and no longer, as 3 calls before it were in vain"


def test_one_answer_restores_all_patience(lost: Patience) -> None:
    lost.answered(0.1)

    assert lost.seconds(FULL) == FULL
    assert lost.waited_in_vain(FULL) == "10 s"


@pytest.mark.parametrize(("slowest", "shortly"), [(0.2, 1.0), (0.5, 1.0), (2.0, 4.0), (7.0, FULL)])
def test_a_slow_one_is_given_twice_its_slowest_answer(slowest: float, shortly: float) -> None:
    patience = Patience()
    patience.answered(slowest)
    patience.answered(0.01)
    for _ in range(3):
        patience.waited_in_vain(FULL)

    assert patience.seconds(FULL) == shortly


def test_nobody_is_waited_for_longer_than_a_patient_caller_would(lost: Patience) -> None:
    assert lost.seconds(0.3) == 0.3
