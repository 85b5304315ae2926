"""Looking again until it has settled: as often as needed, and no longer than the profile says."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.scenario.settling import once

if TYPE_CHECKING:
    from dsp_conformance.scenario.stage import Stage


def _settling(stage: Stage, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(
        stage.run, "profile", replace(stage.run.profile, settle_seconds=seconds, silence_seconds=0)
    )


def test_what_holds_at_once_is_looked_at_once(stage: Stage) -> None:
    seen = iter(range(9))
    assert once(stage.run, lambda: next(seen), lambda _: True) == 0
    assert next(seen) == 1


def test_what_holds_later_is_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    _settling(stage, monkeypatch, 5)
    seen = iter(range(9))
    assert once(stage.run, lambda: next(seen), lambda number: number == 3) == 3
    assert next(seen) == 4


@pytest.mark.parametrize("seconds", [0, 0.1])
def test_what_never_holds_is_told_as_seen_last_when_the_time_is_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    _settling(stage, monkeypatch, seconds)
    looks: list[float] = []

    def look() -> int:
        looks.append(time.monotonic())
        return len(looks)

    assert once(stage.run, look, lambda _: False) == len(looks)
    assert looks[-1] - looks[0] >= seconds
    assert (len(looks) > 1) is (seconds > 0)
