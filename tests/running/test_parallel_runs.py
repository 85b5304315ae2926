"""Runs of a small suite on two workers: the controller's results are those of one process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.small_suite import Outcome, SmallSuite

ENDINGS = {
    "pass": "it answers",
    "fail": "it does not",
    "inconclusive": "the meter is not ready",
    "error": "the suite breaks",
    "not applicable": "it does not apply",
    "not testable": "the testbed cannot show it",
    "not taken": "the product takes it for no Device",
    "silent": "nothing comes afterwards",
    "late": "something comes afterwards",
    "late exchange": "a second answer comes afterwards",
    "noted": "a curiosity is noted",
}
STEPS = "    Given a DSP\n    When it is asked\n    Then"


def scenarios(endings: dict[str, str]) -> str:
    """A feature with one scenario for each ending."""
    numbered = enumerate(endings.items())
    return "Feature: F\n" + "".join(
        f"\n  @CORE-0{1 + number % 2}\n  Scenario: {name}\n{STEPS} {ending}\n"
        for number, (name, ending) in numbered
    )


TIMES = {"start", "stop", "at"}


def without_times(tree: Any) -> Any:
    """Results without what differs from run to run."""
    if isinstance(tree, dict):
        return {key: without_times(value) for key, value in tree.items() if key not in TIMES}
    return [without_times(each) for each in tree] if isinstance(tree, list) else tree


def told(outcome: Outcome) -> Any:
    """All of results.json that two runs must have in common."""
    results = {key: value for key, value in outcome.results.items() if key != "run"}
    return without_times(results)


def test_two_workers_tell_the_same_as_one_process(suite: SmallSuite) -> None:
    alone = suite.run(scenarios(ENDINGS))
    allure = {name: (one["historyId"], one["status"]) for name, one in alone.allure.items()}
    together = suite.run(scenarios(ENDINGS), "-n2")
    assert len(together.results["scenarios"]) == len(ENDINGS)
    assert told(together) == told(alone)
    assert together.exit_code == alone.exit_code == 4
    assert {name: (one["historyId"], one["status"]) for name, one in together.allure.items()} == allure
    assert together.pytest_counts == alone.pytest_counts
    assert (together.folder / "allure-results" / "environment.properties").is_file()
    assert together.summary.splitlines()[1:] == alone.summary.splitlines()[1:]


def test_a_late_finding_of_a_worker_decides_the_run_and_is_shown(suite: SmallSuite) -> None:
    outcome = suite.run(scenarios({"s": "something comes afterwards", "t": "it answers"}), "-n1")
    assert outcome.exit_code == 1
    assert outcome.scenario("s")["verdict"] == "fail"
    assert outcome.allure["s"]["status"] == "failed"
    assert "found at the end of the run" in outcome.output


def test_a_worker_that_dies_voids_the_run_and_its_scenario_has_no_pass(suite: SmallSuite) -> None:
    outcome = suite.run(
        scenarios({**ENDINGS, "deadly": "its process dies"}), "-n1", "-k", "deadly or silent or fail or pass"
    )
    assert outcome.exit_code == 4
    assert outcome.results["verdict"]["verdict"] == "suite failed"
    deadly = outcome.scenario("deadly")
    assert (deadly["verdict"], deadly["attribution"]) == ("error", "suite's own error")
    assert outcome.allure["deadly"]["status"] == "broken"
    assert "lost while it ran" in outcome.output
    assert outcome.pytest_counts["errors"] == 1
    assert any("worker process gw0 was lost" in error for error in outcome.results["suite_errors"])
    assert outcome.scenario("pass")["verdict"] == "pass"
    assert outcome.scenario("fail")["verdict"] == "fail"
    silent = outcome.scenario("silent")  # its last check was never made
    assert silent["verdict"] == "error"
    assert outcome.allure["silent"]["status"] == "broken"


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["one process", "a worker"])
def test_what_was_collected_and_did_not_run_voids_the_run(
    suite: SmallSuite, workers: tuple[str, ...]
) -> None:
    feature = scenarios({"a": "it answers", "b": "it does not", "c": "it answers", "d": "it answers"})
    outcome = suite.run(feature, "-x", *workers)
    assert outcome.exit_code == 4
    assert {one["name"] for one in outcome.results["scenarios"]} < {"a", "b", "c", "d"}
    left = next(error for error in outcome.results["suite_errors"] if error.startswith("not run: "))
    assert "::test_d" in left


def test_a_worker_that_is_interrupted_voids_the_run(suite: SmallSuite) -> None:
    feature = scenarios({"s": "the operator interrupts"})
    outcome = suite.run(feature, "-n1", "--max-worker-restart=0")
    assert outcome.exit_code == 4
    assert outcome.scenario("s")["verdict"] == "error"
    assert any(step["status"] == "passed" for step in outcome.scenario("s")["steps"])
