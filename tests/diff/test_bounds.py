"""Where a difference between two runs begins to count, and how it is told."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from dsp_conformance.cli import main
from dsp_conformance.record import journal
from dsp_conformance.record.results import results_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Maker = Callable[..., Path]


@pytest.fixture
def told(made_up: Maker, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Compares a made-up run with itself after both were edited."""

    def compare(
        change: Callable[[dict[str, Any]], None], before: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> dict[str, Any]:
        sides = []
        for name, edit in (("a.json", before), ("b.json", change)):
            tree = json.loads(results_text(journal.read(made_up(name)).results))
            edit(tree)
            (tmp_path / name).write_text(json.dumps(tree), encoding="utf-8")
            sides.append(str(tmp_path / name))
        done = CliRunner().invoke(main, ["diff", *sides, "--json"])
        found: dict[str, Any] = json.loads(done.output)
        return found | {"exit_code": done.exit_code}

    return compare


def _wires(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """How each message of the run travelled."""
    steps = [step for scenario in tree["scenarios"] for step in scenario["steps"]]
    return [one["wire"] for step in steps for one in step["exchanges"] if one["wire"] is not None]


def _answering_after(seconds: float) -> Callable[[dict[str, Any]], None]:
    def edit(tree: dict[str, Any]) -> None:
        for wire in _wires(tree):
            if wire["seconds"] is not None:
                wire["seconds"] = seconds

    return edit


@pytest.mark.parametrize(("seconds", "changed"), [(0.04, True), (0.0399, False)])
def test_twice_as_long_and_20_ms_more_are_a_change(
    told: Callable[..., dict[str, Any]], seconds: float, *, changed: bool
) -> None:
    found = told(_answering_after(seconds), _answering_after(0.02))

    assert bool(found["timings"]) is changed


@pytest.mark.parametrize(("count", "changed"), [(3, True), (2, False)])
def test_three_messages_of_a_kind_are_enough_to_compare_times(
    told: Callable[..., dict[str, Any]], count: int, *, changed: bool
) -> None:
    def first(seconds: float) -> Callable[[dict[str, Any]], None]:
        def edit(tree: dict[str, Any]) -> None:
            timed = [wire for wire in _wires(tree) if wire["seconds"] is not None]
            for number, wire in enumerate(timed):
                wire |= {"seconds": seconds, "variant": "11.2" if number < count else f"rest {number}"}

        return edit

    found = told(first(5.0), first(1.0))

    assert [one["what"] for one in found["timings"]] == (["SR11.2: answer"] if changed else [])


def test_an_asynchronous_response_is_timed_from_its_request(told: Callable[..., dict[str, Any]]) -> None:
    def late(milliseconds: int) -> Callable[[dict[str, Any]], None]:
        def edit(tree: dict[str, Any]) -> None:
            for request, message in pairwise(_wires(tree)):
                if message["seconds"] is None:
                    began = request["began"] + milliseconds
                    message |= {"request_id": request["request_id"], "began": began}

        return edit

    (change,) = told(late(3000), late(1000))["timings"]

    assert change["what"].endswith(": asynchronous response")
    assert (change["before"], change["after"]) == (1.0, 3.0)


def test_a_requirement_that_one_run_lacks_is_told_with_its_title(told: Callable[..., dict[str, Any]]) -> None:
    titles = {}

    def less(tree: dict[str, Any]) -> None:
        gone = tree["requirements"].pop(0)
        titles[gone["id"]] = gone["title"]

    (change,) = told(less)["requirements"]

    assert {change["what"]: change["detail"]} == titles
    assert change["after"] == "not there"


def test_another_verdict_of_the_run_alone_is_a_change(told: Callable[..., dict[str, Any]]) -> None:
    found = told(lambda tree: tree["verdict"].update(verdict="inconclusive"))

    assert (found["requirements"], found["scenarios"]) == ([], [])
    assert found["verdicts_changed"] is True
    assert found["exit_code"] == 1


def test_codes_of_scenarios_with_other_steps_are_not_compared(told: Callable[..., dict[str, Any]]) -> None:
    def other(tree: dict[str, Any]) -> None:
        for scenario in tree["scenarios"]:
            for step in scenario["steps"]:
                for exchange in step["exchanges"]:
                    exchange["title"] = exchange["title"].replace("I99", "E5")

    def one_more(tree: dict[str, Any]) -> None:
        other(tree)
        for scenario in tree["scenarios"]:
            scenario["steps"].append(scenario["steps"][-1])

    assert told(other)["codes"]
    assert told(one_more)["codes"] == []
