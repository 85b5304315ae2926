from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.ledger.verdicts import (
    Attribution,
    Cause,
    Exclusion,
    Inconclusive,
    NotApplicable,
    NotTaken,
    NotTestable,
    RequirementNotMet,
    RunVerdict,
    SuiteFault,
    Verdict,
    judge,
    run_verdict,
    worst,
)


def test_verdicts_get_worse_in_the_ledgers_order() -> None:
    labels = ["none", "pass", "inconclusive", "fail", "error"]
    assert [verdict.label for verdict in sorted(Verdict)] == labels
    assert [Verdict.from_label(label) for label in labels] == sorted(Verdict)


@given(st.lists(st.sampled_from(Verdict)), st.sampled_from(Verdict))
def test_another_verdict_never_makes_things_better(verdicts: list[Verdict], another: Verdict) -> None:
    assert worst([*verdicts, another]) == max(worst(verdicts), another)


def test_nothing_judged_is_no_verdict() -> None:
    assert worst([]) is Verdict.NONE


@pytest.mark.parametrize(
    ("exception", "verdict", "attribution"),
    [
        (RequirementNotMet(expected="E51", found="E5"), Verdict.FAIL, Attribution.PRODUCT),
        (Inconclusive(Cause.PRECONDITION_UNMET, "x"), Verdict.INCONCLUSIVE, Attribution.TESTBED),
        (Inconclusive(Cause.TARGET_UNREACHABLE, "x"), Verdict.INCONCLUSIVE, Attribution.TARGET),
        (Inconclusive(Cause.UNUSABLE_ANSWER, "x"), Verdict.INCONCLUSIVE, Attribution.PRODUCT),
        (SuiteFault("x"), Verdict.ERROR, Attribution.SUITE),
        (AssertionError("x"), Verdict.ERROR, Attribution.SUITE),
        (ValueError("x"), Verdict.ERROR, Attribution.SUITE),
        (KeyboardInterrupt(), Verdict.ERROR, Attribution.SUITE),
        (NotTestable("x"), Verdict.NONE, Attribution.TESTBED),
        (NotApplicable("x"), Verdict.NONE, None),
        (NotTaken("x"), Verdict.NONE, None),
    ],
)
def test_every_exception_has_a_verdict_and_somebody_at_fault(
    exception: BaseException, verdict: Verdict, attribution: Attribution | None
) -> None:
    judged = judge(exception)
    assert (judged.verdict, judged.attribution) == (verdict, attribution)


def test_only_exclusions_are_excluded() -> None:
    assert judge(NotTestable("x")).exclusion is Exclusion.NOT_TESTABLE
    assert judge(NotApplicable("x")).exclusion is Exclusion.NOT_APPLICABLE
    assert judge(NotTaken("x")).exclusion is Exclusion.NOT_TAKEN
    assert judge(RequirementNotMet(expected="a", found="b")).exclusion is None


def test_of_several_exceptions_the_worst_decides() -> None:
    both = BaseExceptionGroup("both", [Inconclusive(Cause.PRECONDITION_UNMET, "x"), OSError("y")])
    assert judge(both).verdict is Verdict.ERROR


def test_a_failure_renders_requirement_expectation_finding_and_advice() -> None:
    failure = RequirementNotMet(
        requirements=["SCOPE-01"], expected="E51", found="E5", hint="set profile.rejection_code"
    )
    assert str(failure).splitlines() == [
        "requirement SCOPE-01 not met",
        "  expected: E51",
        "  found: E5",
        "  what to do: set profile.rejection_code",
    ]


def test_what_the_product_does_not_take_names_the_request_and_the_answer() -> None:
    aside = NotTaken("SR6.21 for an ESME", expected="the twin's request accepted", found="E11", hint="none")
    assert str(judge(aside).finding).splitlines() == [
        "not taken by this product: SR6.21 for an ESME",
        "  expected: the twin's request accepted",
        "  found: E11",
        "  what to do: none",
    ]


def test_an_unusable_answer_names_the_check_that_it_failed() -> None:
    obstacle = Inconclusive(Cause.UNUSABLE_ANSWER, "nothing to judge", requirement="DUIS-01")
    assert str(obstacle) == "answer unusable: nothing to judge (see DUIS-01)"


@pytest.mark.parametrize(
    ("must", "assumed", "verdict", "code"),
    [
        ([Verdict.PASS], [], RunVerdict.CONFORMANT, 0),
        ([Verdict.PASS, Verdict.NONE], [Verdict.FAIL], RunVerdict.CONFORMANT, 0),
        ([Verdict.PASS, Verdict.FAIL], [], RunVerdict.NON_CONFORMANT, 1),
        ([Verdict.FAIL, Verdict.INCONCLUSIVE], [], RunVerdict.NON_CONFORMANT, 1),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], [], RunVerdict.INCONCLUSIVE, 3),
        ([Verdict.PASS], [Verdict.INCONCLUSIVE], RunVerdict.INCONCLUSIVE, 3),
        ([Verdict.PASS, Verdict.FAIL, Verdict.ERROR], [], RunVerdict.SUITE_FAILED, 4),
        ([Verdict.PASS], [Verdict.ERROR], RunVerdict.SUITE_FAILED, 4),
        ([], [], RunVerdict.NOTHING_RAN, 5),
        ([Verdict.NONE], [Verdict.NONE], RunVerdict.NOTHING_RAN, 5),
        ([Verdict.NONE], [Verdict.PASS], RunVerdict.NOTHING_RAN, 5),
    ],
)
def test_a_run_is_decided_by_its_worst_requirement_that_counts(
    must: list[Verdict], assumed: list[Verdict], verdict: RunVerdict, code: int
) -> None:
    decided = run_verdict(must, assumed, enforce_assumed=False, suite_failed=False)
    assert (decided, decided.exit_code) == (verdict, code)


def test_enforced_assumptions_count_like_the_rest() -> None:
    for must, assumed in itertools.product(Verdict, repeat=2):
        together = run_verdict([must, assumed], [], enforce_assumed=False, suite_failed=False)
        assert run_verdict([must], [assumed], enforce_assumed=True, suite_failed=False) is together


@given(
    must=st.lists(st.sampled_from(Verdict)),
    assumed=st.lists(st.sampled_from(Verdict)),
    enforced=st.booleans(),
)
def test_conformance_needs_a_pass_and_nothing_inconclusive(
    *, must: list[Verdict], assumed: list[Verdict], enforced: bool
) -> None:
    decided = run_verdict(must, assumed, enforce_assumed=enforced, suite_failed=False)
    if decided is RunVerdict.CONFORMANT:
        assert Verdict.PASS in must + assumed
        assert not {Verdict.INCONCLUSIVE, Verdict.ERROR} & {*must, *assumed}
        assert Verdict.FAIL not in must


def test_trouble_outside_of_the_scenarios_voids_any_run() -> None:
    decided = run_verdict([Verdict.PASS], [], enforce_assumed=False, suite_failed=True)
    assert decided is RunVerdict.SUITE_FAILED


def test_what_a_testbed_lacks_is_told_in_words() -> None:
    one, two = NotTestable("edit-cpl"), NotTestable("edit-cpl", "set-status")
    assert str(judge(one).finding).startswith("not testable: the testbed lacks the capability 'edit-cpl'")
    assert "the capabilities 'edit-cpl', 'set-status'" in str(judge(two).finding)
    assert "no Device left" in str(judge(NotTestable(what="no Device left")).finding)


def test_a_skip_is_told_with_its_reason_or_that_it_has_none() -> None:
    assert "skipped: no network" in str(judge(pytest.skip.Exception("no network")).finding)
    assert "skipped: no reason given" in str(judge(pytest.skip.Exception("")).finding)


def test_an_error_of_the_suite_is_told_in_its_own_words_or_by_its_type() -> None:
    told = judge(SuiteFault("the run ended early", hint="run it again")).finding
    assert (told.what, told.hint) == (
        "the suite itself failed: the run ended early",
        "run it again",
    )
    unknown = judge(KeyError("lost")).finding
    assert (unknown.what, unknown.found) == ("the suite itself failed", "KeyError: 'lost'")
    assert judge(ValueError()).finding.found == "ValueError: no message"


def test_verdicts_are_ordered_from_none_to_error() -> None:
    assert sorted(Verdict) == [
        Verdict.NONE,
        Verdict.PASS,
        Verdict.INCONCLUSIVE,
        Verdict.FAIL,
        Verdict.ERROR,
    ]
    assert [int(verdict) for verdict in sorted(Verdict)] == [0, 1, 2, 3, 4]


def test_a_run_that_could_not_start_ends_as_a_wrong_usage_does() -> None:
    assert RunVerdict.UNUSABLE.exit_code == 2
