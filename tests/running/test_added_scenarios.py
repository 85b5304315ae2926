"""Added scenarios and the verdict: whatever they do, no product gets a better or a worse one by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement
from dsp_conformance.ledger.verdicts import (
    Attribution,
    Cause,
    Inconclusive,
    NotTestable,
    RequirementNotMet,
    RunVerdict,
    SuiteFault,
    Verdict,
    judge,
)
from dsp_conformance.record.record_json import from_json, to_json
from dsp_conformance.record.results import results
from dsp_conformance.record.run import ADDED_NOT_PASSED, Run, RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)
from dsp_conformance.report.outputs.junit import junit
from dsp_conformance.report.outputs.markdown import markdown
from dsp_conformance.report.summary import render

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEDGER = Ledger(
    [
        Requirement(
            id=identifier, title=title, text=f"A conforming DSP: {title}.", keyword=Keyword.MUST, revision=1
        )
        for identifier, title in (("CORE-01", "It answers"), ("DUIS-01", "It is XML"))
    ],
    {"CORE": "The core", "DUIS": "Every message"},
)
_ENDINGS = (
    None,
    RequirementNotMet(expected="E51", found="E5"),
    RequirementNotMet(expected="E51", found="E5", requirements=["CORE-01"]),
    Inconclusive(Cause.TARGET_UNREACHABLE, "gone"),
    NotTestable("edit-cpl"),
    AssertionError("1 == 2"),
    KeyError("x"),
)


class _Outcome:
    requirement, expected, found, detail = "DUIS-01", "XML", "text", ""

    def __init__(self, *, passed: bool) -> None:
        self.passed = passed


def _record(
    name: str, ending: Exception | None, *, added: bool, checks: Iterable[bool] = ()
) -> ScenarioRecord:
    file = "added/own.feature" if added else "features/own.feature"
    identity = ScenarioIdentity(
        f"{file}::{name}",
        f"{file}::{name}",
        file,
        "Own",
        "",
        name,
        {},
        () if added else ("CORE-01",),
        ("ACME-01",) if added else (),
        added,
    )
    record = ScenarioRecord(identity, name, [StepRecord("Then", "it does")], start=1)
    record.begin_step(0)
    record.attach_exchange("SR11.2", b"<a/>", checks=[_Outcome(passed=passed) for passed in checks])
    if ending is None:
        record.end_step(StepStatus.PASSED)
    else:
        record.worsen(Phase.STEP, ending)
    record.stop = 2
    return record


def _run(*records: ScenarioRecord) -> Run:
    run = Run(RunIdentity("1.2.3", "Example DSP", "9", "bundled", added_features="acme"), _LEDGER)
    run.absorb(records)
    return run


@given(
    st.sampled_from(_ENDINGS),
    st.lists(st.tuples(st.sampled_from(_ENDINGS), st.lists(st.booleans(), max_size=2)), max_size=3),
)
def test_whatever_is_added_changes_no_verdict_on_the_product(
    own: Exception | None, added: list[tuple[Exception | None, list[bool]]]
) -> None:
    alone = _run(_record("own", own, added=False))
    more = [
        _record(str(number), ending, added=True, checks=checks)
        for number, (ending, checks) in enumerate(added)
    ]
    together = _run(_record("own", own, added=False), *more)

    assert together.verdict is alone.verdict
    for before, after in zip(alone.requirement_results(), together.requirement_results(), strict=True):
        assert (after.id, after.verdict, after.checks) == (before.id, before.verdict, before.checks)


@pytest.mark.parametrize(
    ("ending", "checks", "code"),
    [
        (None, [True], 0),
        (NotTestable("edit-cpl"), [], 0),
        (None, [False], ADDED_NOT_PASSED),
        (RequirementNotMet(expected="a", found="b"), [], ADDED_NOT_PASSED),
        (Inconclusive(Cause.TARGET_UNREACHABLE, "gone"), [], ADDED_NOT_PASSED),
        (KeyError("x"), [], ADDED_NOT_PASSED),
    ],
)
def test_the_exit_code_tells_of_a_conformant_product_whose_added_scenarios_did_not_all_pass(
    ending: Exception | None, checks: list[bool], code: int
) -> None:
    run = _run(_record("own", None, added=False), _record("ours", ending, added=True, checks=checks))

    assert run.verdict is RunVerdict.CONFORMANT
    assert run.exit_code == code


def test_a_worse_verdict_keeps_its_exit_code() -> None:
    failed = _run(
        _record("own", RequirementNotMet(expected="a", found="b"), added=False),
        _record("ours", KeyError("x"), added=True),
    )

    assert failed.exit_code == RunVerdict.NON_CONFORMANT.exit_code


def test_added_scenarios_alone_make_nothing_conformant() -> None:
    run = _run(_record("ours", None, added=True, checks=[True]))

    assert run.verdict is RunVerdict.NOTHING_RAN
    assert run.exit_code == RunVerdict.NOTHING_RAN.exit_code


def test_sentence_and_summary_tell_added_scenarios_apart() -> None:
    run = _run(
        _record("own", None, added=False),
        _record("one", None, added=True),
        _record("two", AssertionError("not two"), added=True),
    )

    summary = render(run)
    assert run.sentence(run.requirement_results()).endswith("Added scenarios, judged apart: 1 of 2 passed.")
    assert "Added by --features, judged apart" in summary
    assert "From acme" in summary
    assert "added/own.feature::two  ACME-01  fail" in summary
    assert "added, and no requirement's, ACME-01" in summary
    assert "an added scenario's own check failed" in summary


def test_the_outputs_for_ci_tell_added_scenarios_apart_and_call_none_a_product_defect() -> None:
    told = results(
        _run(
            _record("own", None, added=False),
            _record("one", None, added=True),
            _record("two", AssertionError("not two"), added=True),
        )
    )

    page = markdown(told)
    assert "|  | pass | not assessed | fail |" in page
    assert "| scenarios | 1 | 0 | 0 |" in page
    assert "| added scenarios, judged apart | 1 | 0 | 1 |" in page
    assert "#### ❌ added scenario not passed: judged apart, 1 scenario" in page
    assert "### Added by --features\n\nacme" in page
    assert "| added/own.feature::two | ACME-01 | ❌ fail |" in page
    for output in (page, junit(told).decode()):
        assert "added scenario not passed" in output
        assert "product defect" not in output


def test_without_added_scenarios_no_output_speaks_of_any() -> None:
    told = results(_run(_record("own", RequirementNotMet(expected="a", found="b"), added=False)))

    assert "added" not in markdown(told).lower()
    assert "product defect" in markdown(told)


def test_what_an_added_step_asserts_is_a_check_and_what_breaks_in_it_is_not_the_suites_fault() -> None:
    asserted, broke = judge(AssertionError("1 == 2"), added=True), judge(KeyError("x"), added=True)

    assert (asserted.verdict, asserted.attribution) == (Verdict.FAIL, Attribution.PRODUCT)
    assert (broke.verdict, broke.attribution) == (Verdict.ERROR, Attribution.ADDED)
    assert judge(SuiteFault("x"), added=True) == judge(SuiteFault("x"))


def test_a_record_is_still_an_added_one_after_it_went_from_process_to_process() -> None:
    record = _record("ours", None, added=True, checks=[False])

    again = from_json(to_json(record))

    assert again.identity == record.identity
    assert again.requirement_verdicts() == {}
    assert again.verdict is Verdict.FAIL
