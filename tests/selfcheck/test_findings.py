"""What a run is taken for, and what all runs together say."""

from __future__ import annotations

from typing import Any

import pytest

from dsp_conformance.selfcheck.experiments import Experiment, experiment
from dsp_conformance.selfcheck.findings import Finding, Judgement, finding_of, merged, suite_error
from dsp_conformance.selfcheck.matrix import Matrix
from dsp_conformance.selfcheck.page import page
from dsp_conformance.selfcheck.writing import to_json

VIOLATION = experiment("rejected-and-sent")  # violates SCOPE-02
LAWFUL = experiment("another-prefix")


def results(*, scenario: str = "pass", errors: tuple[str, ...] = (), **verdicts: str) -> dict[str, Any]:
    return {
        "suite_errors": list(errors),
        "requirements": [
            {"id": name.replace("_", "-"), "verdict": verdict} for name, verdict in verdicts.items()
        ],
        "scenarios": [
            {
                "id": "one",
                "verdict": scenario,
                "exclusion": None,
                "requirement_verdicts": {},
                "reasons": [{"expected": "this", "found": "that"}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("tried", "found", "judgement"),
    [
        (VIOLATION, results(scenario="fail", SCOPE_02="fail", SCOPE_01="fail"), Judgement.KILLED),
        (VIOLATION, results(scenario="fail", SCOPE_01="fail"), Judgement.KILLED_ELSEWHERE),
        (VIOLATION, results(SCOPE_02="pass"), Judgement.SURVIVED),
        (VIOLATION, results(scenario="inconclusive", SCOPE_02="inconclusive"), Judgement.SURVIVED),
        (VIOLATION, results(scenario="error", SCOPE_02="fail"), Judgement.SUITE_ERROR),
        (VIOLATION, results(errors=("no disk",), SCOPE_02="fail"), Judgement.SUITE_ERROR),
        (LAWFUL, results(SCOPE_02="pass"), Judgement.TOLERATED),
        (LAWFUL, results(scenario="fail", SCOPE_02="fail"), Judgement.WRONGLY_FAILED),
        (LAWFUL, results(scenario="inconclusive", SCOPE_02="inconclusive"), Judgement.WRONGLY_FAILED),
        (LAWFUL, results(scenario="error"), Judgement.SUITE_ERROR),
    ],
)
def test_a_run_is_judged(tried: Experiment, found: dict[str, Any], judgement: Judgement) -> None:
    assert finding_of(tried, found, 1.0).judgement is judgement


def test_a_run_without_scenarios_proves_nothing() -> None:
    found = results(SCOPE_02="fail") | {"scenarios": []}
    assert finding_of(VIOLATION, found, 1.0).judgement is Judgement.SUITE_ERROR


def test_what_two_runs_found_is_put_together() -> None:
    survived = finding_of(VIOLATION, results(SCOPE_02="pass", SCOPE_01="fail"), 1.0)
    killed = finding_of(VIOLATION, results(scenario="fail", SCOPE_02="fail", SCOPE_01="pass"), 2.0)
    for both in (merged(survived, killed), merged(killed, survived)):
        assert both.judgement is Judgement.KILLED
        assert both.verdicts == {"SCOPE-01": "fail", "SCOPE-02": "fail"}
        assert [failure.id for failure in both.failures] == ["one"]
        assert both.ran == ("one",)
        assert both.seconds == 3.0


def test_what_a_suite_error_is_put_together_with_proves_nothing() -> None:
    killed = finding_of(VIOLATION, results(scenario="fail", SCOPE_02="fail"), 1.0)
    assert merged(suite_error(VIOLATION, "gone", 1.0), killed).judgement is Judgement.SUITE_ERROR
    assert merged(killed, suite_error(VIOLATION, "gone", 1.0)).judgement is Judgement.SUITE_ERROR


def _matrix(*findings: Finding) -> Matrix:
    return Matrix(findings, ("SCOPE-01", "SCOPE-02"), ())


def test_the_page_needs_no_script_and_fetches_nothing_and_escapes_what_it_shows() -> None:
    html = page(_matrix(suite_error(VIOLATION, "<script>alert(1)</script>", 1.0)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "src=" not in html
    assert "href=" not in html


def test_two_at_once_are_reported_as_such() -> None:
    both = experiment("rejected-and-sent+copies-taken")
    assert both.violates == {"SCOPE-02", "DUIS-05"}
    (reported,) = to_json(_matrix(finding_of(both, results(), 1.0)))["deviations"]
    assert reported["together"] == ["rejected-and-sent", "copies-taken"]
