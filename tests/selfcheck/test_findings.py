"""What a run is taken for, and what all runs together say."""

from __future__ import annotations

from typing import Any

import pytest

from dsp_conformance.selfcheck.experiments import Experiment, experiment
from dsp_conformance.selfcheck.findings import Finding, Judgement, Matrix, finding_of, suite_error
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


def _matrix(*findings: Finding) -> Matrix:
    return Matrix(findings, ("SCOPE-01", "SCOPE-02"), ("one", "two"))


def test_a_matrix_is_a_proof_only_if_every_finding_is_right() -> None:
    killed = finding_of(VIOLATION, results(scenario="fail", SCOPE_02="fail"), 1.0)
    tolerated = finding_of(LAWFUL, results(), 1.0)
    assert _matrix(killed, tolerated).is_proof
    assert not _matrix(killed, suite_error(LAWFUL, "gone", 1.0)).is_proof
    assert not _matrix(finding_of(VIOLATION, results(), 1.0)).is_proof


def test_a_matrix_names_what_is_idle() -> None:
    matrix = _matrix(finding_of(VIOLATION, results(), 1.0))
    assert matrix.unbroken_requirements == ("SCOPE-01",)
    assert matrix.idle_scenarios == ("one",)
    assert matrix.scenarios_not_run == ("two",)


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
