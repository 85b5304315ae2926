"""What a run says from its records alone: verdict, exit code, sentence, and each requirement's result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement
from dsp_conformance.ledger.switches import SwitchEffect
from dsp_conformance.ledger.verdicts import (
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
)
from dsp_conformance.record.baseline import Baseline, EntryState, KnownFailure
from dsp_conformance.record.plan import Plan
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)

FAILS = RequirementNotMet(expected="I0", found="E5")
UNCLEAR = Inconclusive(Cause.TARGET_UNREACHABLE, "gone")
UNSEEN = NotTestable("edit-cpl")
ASIDE = NotTaken("SR6.21 for an ESME", found="E11")
RULED_OUT = NotApplicable("the profile says smets1 = no")
BREAKS = SuiteFault("it broke")
ENDED = object()
"""The scenario came to its end, and passed unless a check failed."""

LEDGER = Ledger(
    (
        Requirement(id=name, title=f"About {name}", text="A conforming DSP.", keyword=keyword, revision=3)
        for name, keyword in (
            ("CORE-02", Keyword.MUST),
            ("CORE-01", Keyword.MUST),
            ("CORE-03", Keyword.ASSUMED),
            ("DUIS-01", Keyword.MUST),
        )
    ),
    {"CORE": "The core", "DUIS": "Every message"},
)


@dataclass
class Said:
    requirement: str
    passed: bool
    expected: str = "XML"
    found: str = "text"
    detail: str = ""


def record(
    name: str,
    *requirements: str,
    ending: object = ENDED,
    checks: tuple[Said, ...] = (),
    added: bool = False,
    steps: int = 1,
) -> ScenarioRecord:
    """A scenario that ended so; None where it never ended."""
    identity = ScenarioIdentity(
        f"a.feature::{name}", f"a.feature::{name}", "a.feature", "A", "", name, {}, requirements, added=added
    )
    made = ScenarioRecord(identity, name, [StepRecord("Then", "it does") for _ in range(steps)], start=1)
    for index in range(steps):
        made.begin_step(index)
        if checks and index == 0:
            made.attach_exchange("SR11.2", b"<a/>", checks=checks)
        if isinstance(ending, Exception):
            made.worsen(Phase.STEP, ending)
        elif ending is ENDED:
            made.end_step(StepStatus.PASSED)
    if ending is not None:
        made.stop = 2
    return made


def run_of(*records: ScenarioRecord, left_out: int = 0, enforce: bool = False) -> Run:
    run = Run(RunIdentity("1.2.3", "Example DSP", "9.8", "bundled"), LEDGER, enforce)
    run.absorb(records)
    run.plan = Plan(len(records), (), (), capabilities_known=True, left_out=left_out, added=0)
    return run


def sentence(run: Run) -> str:
    return run.sentence(run.requirement_results())


ALL = ("CORE-01", "CORE-02", "DUIS-01")


# -- the verdict, its exit code and its sentence


def test_a_product_is_conformant_where_all_that_was_assessed_passes() -> None:
    run = run_of(record("s", *ALL))
    assert (run.verdict, run.exit_code) == (RunVerdict.CONFORMANT, 0)
    assert sentence(run) == "Example DSP 9.8: conformant in all 3 MUST requirements that were assessed."


def test_what_no_scenario_assessed_is_counted_in_the_sentence() -> None:
    run = run_of(record("s", "CORE-01"), record("t", "CORE-02", ending=RULED_OUT))
    assert run.verdict is RunVerdict.CONFORMANT
    assert sentence(run) == (
        "Example DSP 9.8: conformant in all 1 MUST requirements that were assessed."
        " MUST requirements not assessed: 2."
    )


OPEN = SwitchEffect("smets1", None, ("CORE-02",), (), 1)
ABSENT = SwitchEffect("local_delivery", False, (), ("CORE-01",), 2)
TAKEN = SwitchEffect("secmp0007", True, ("CORE-02",), (), 1)


def with_switches(run: Run, *switches: SwitchEffect) -> Run:
    assert run.plan is not None
    run.plan = replace(run.plan, switches=switches)
    return run


def test_a_switch_that_is_declared_so_that_a_must_falls_away_is_named_in_the_verdicts_sentence() -> None:
    run = with_switches(run_of(record("s", *ALL)), ABSENT, TAKEN)
    assert (run.verdict, run.exit_code) == (RunVerdict.CONFORMANT, 0)
    assert sentence(run) == (
        "Example DSP 9.8: conformant in all 3 MUST requirements that were assessed; declared absent: "
        'local_delivery = "no" (part of CORE-01), secmp0007 = "yes" (CORE-02).'
    )
    failed = with_switches(run_of(record("s", "CORE-01", ending=FAILS)), ABSENT)
    assert "not met are CORE-01; declared absent: local_delivery" in sentence(failed)


def test_a_switch_that_is_left_open_keeps_a_run_without_a_fault_from_being_conformant() -> None:
    run = with_switches(run_of(record("s", *ALL)), OPEN, ABSENT)
    assert (run.verdict, run.exit_code) == (RunVerdict.INCONCLUSIVE, 3)
    assert sentence(run) == (
        "Example DSP 9.8: inconclusive: the profile leaves a switch undeclared; all 3 MUST requirements that "
        'were assessed are met; declared absent: local_delivery = "no" (part of CORE-01). '
        "The profile is incomplete: write "
        'smets1 = "yes" or "no" in [profile].'
    )


def test_a_switch_that_is_left_open_changes_no_worse_verdict_and_is_told_with_it() -> None:
    failed = with_switches(run_of(record("s", "CORE-01", ending=FAILS)), OPEN)
    assert failed.verdict is RunVerdict.NON_CONFORMANT
    assert sentence(failed).endswith('write smets1 = "yes" or "no" in [profile].')
    unclear = with_switches(run_of(record("s", "CORE-01", ending=UNCLEAR)), OPEN)
    assert "inconclusive: nothing certain about CORE-01." in sentence(unclear)
    loose = with_switches(run_of(record("s", *ALL), record("t", ending=UNCLEAR)), OPEN)
    assert "inconclusive: nothing certain about some scenarios." in sentence(loose)


def test_what_was_set_aside_is_counted_in_the_sentence_and_spoils_no_verdict_that_the_rest_supports() -> None:
    run = run_of(record("s", *ALL), record("t", "CORE-01", ending=ASIDE), record("u", *ALL, ending=ASIDE))
    assert (run.verdict, run.exit_code) == (RunVerdict.CONFORMANT, 0)
    assert sentence(run) == (
        "Example DSP 9.8: conformant in all 3 MUST requirements that were assessed."
        " Set aside: 2 scenarios, whose requests this product takes for no Device."
    )
    core = next(one for one in run.requirement_results() if one.id == "CORE-01")
    assert (core.state, core.set_aside) == ("pass", 2)


def test_a_must_requirement_of_which_all_is_set_aside_leaves_the_run_inconclusive() -> None:
    run = run_of(record("s", "CORE-01", "DUIS-01"), record("t", "CORE-02", ending=ASIDE))
    assert (run.verdict, run.exit_code) == (RunVerdict.INCONCLUSIVE, 3)
    assert sentence(run) == (
        "Example DSP 9.8: inconclusive: this product takes for no Device the requests that could show"
        " CORE-02; all 2 MUST requirements that were assessed are met. MUST requirements not assessed: 1."
        " Set aside: 1 scenario, whose request this product takes for no Device."
    )
    unproven = next(one for one in run.requirement_results() if one.id == "CORE-02")
    assert unproven.state == Exclusion.NOT_TAKEN
    assert unproven.not_assessed == "not taken by this product: SR6.21 for an ESME"


def test_what_the_testbed_cannot_show_and_what_the_product_does_not_take_are_told_apart() -> None:
    run = run_of(
        record("s", "DUIS-01"), record("t", "CORE-01", ending=UNSEEN), record("u", "CORE-02", ending=ASIDE)
    )
    assert (
        "inconclusive: this testbed cannot show CORE-01; "
        "this product takes for no Device the requests that could show CORE-02;"
    ) in sentence(run)


def test_an_assumed_requirement_of_which_all_is_set_aside_decides_nothing() -> None:
    run = run_of(record("s", *ALL), record("t", "CORE-03", ending=ASIDE))
    assert run.verdict is RunVerdict.CONFORMANT


def test_a_check_that_fails_in_a_scenario_that_was_set_aside_counts() -> None:
    run = run_of(
        record("s", *ALL), record("t", "CORE-01", ending=ASIDE, checks=(Said("DUIS-01", passed=False),))
    )
    assert run.verdict is RunVerdict.NON_CONFORMANT
    assert run.set_aside() == []


def test_what_was_set_aside_among_added_scenarios_is_not_counted_with_the_suites_own() -> None:
    run = run_of(record("s", *ALL), record("t", added=True, ending=ASIDE))
    assert (run.set_aside(), run.exit_code) == ([], 0)


def test_a_failure_names_the_requirements_that_are_not_met_and_no_assumed_one() -> None:
    run = run_of(record("s", "CORE-03", "CORE-01", ending=FAILS), record("t", "CORE-02", ending=UNCLEAR))
    assert (run.verdict, run.exit_code) == (RunVerdict.NON_CONFORMANT, 1)
    assert "non-conformant: not met are CORE-01." in sentence(run)
    enforced = run_of(record("s", "CORE-03", "CORE-01", ending=FAILS), enforce=True)
    assert "non-conformant: not met are CORE-01, CORE-03." in sentence(enforced)


@pytest.mark.parametrize(("enforce", "verdict"), [(False, "conformant"), (True, "non-conformant")])
def test_an_assumption_that_is_not_met_decides_only_where_it_is_enforced(
    verdict: str, *, enforce: bool
) -> None:
    run = run_of(record("s", "CORE-01"), record("t", "CORE-03", ending=FAILS), enforce=enforce)
    assert run.verdict == verdict


def test_a_run_is_taken_for_whole_and_unfinished_and_enforces_no_assumption_unless_it_is_told_to() -> None:
    run = Run(RunIdentity("1.2.3", "Example DSP", "9.8", "bundled"), LEDGER)
    run.absorb([record("s", "CORE-01"), record("t", "CORE-03", ending=FAILS)])
    assert run.verdict is RunVerdict.CONFORMANT
    assert (run.complete, run.finished, run.left_out) == (True, 0, 0)


def test_what_is_unclear_is_named_be_it_assumed_or_not() -> None:
    run = run_of(record("s", *ALL), record("t", "CORE-03", "CORE-01", ending=UNCLEAR))
    assert (run.verdict, run.exit_code) == (RunVerdict.INCONCLUSIVE, 3)
    assert sentence(run) == "Example DSP 9.8: inconclusive: nothing certain about CORE-01, CORE-03."


def test_a_requirement_that_the_testbed_cannot_show_is_named_where_all_else_is_met() -> None:
    run = run_of(record("s", "CORE-01", "DUIS-01"), record("t", "CORE-02", "CORE-03", ending=UNSEEN))
    assert (run.verdict, run.exit_code) == (RunVerdict.INCONCLUSIVE, 3)
    assert sentence(run) == (
        "Example DSP 9.8: inconclusive: this testbed cannot show CORE-02; all 2 MUST requirements that were"
        " assessed are met. MUST requirements not assessed: 1."
    )


def test_an_assumption_that_the_testbed_cannot_show_keeps_nobody_from_being_conformant() -> None:
    assert run_of(record("s", *ALL), record("t", "CORE-03", ending=UNSEEN)).exit_code == 0


def test_what_is_unclear_is_told_rather_than_what_the_testbed_cannot_show_or_a_selection_left_out() -> None:
    run = run_of(record("s", "CORE-01", ending=UNCLEAR), record("t", "CORE-02", ending=UNSEEN), left_out=4)
    assert "inconclusive: nothing certain about CORE-01." in sentence(run)


@pytest.mark.parametrize("unseen", [(), (record("t", "CORE-02", ending=UNSEEN),)])
def test_a_selection_makes_nothing_conformant_and_says_how_many_of_how_many_ran(
    unseen: tuple[ScenarioRecord, ...],
) -> None:
    run = run_of(record("s", "CORE-01", "DUIS-01"), *unseen, left_out=1)
    assert (run.verdict, run.exit_code) == (RunVerdict.INCONCLUSIVE, 3)
    ran = 1 + len(unseen)
    assert f"inconclusive: only {ran} of {ran + 1} scenarios were selected." in sentence(run)


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_selection_hides_neither_failures_nor_errors_nor_that_nothing_ran(left_out: int) -> None:
    def verdict(ending: object) -> RunVerdict:
        return run_of(record("s", "CORE-01", ending=ending), left_out=left_out).verdict

    assert verdict(FAILS) is RunVerdict.NON_CONFORMANT
    assert verdict(BREAKS) is RunVerdict.SUITE_FAILED
    assert verdict(RULED_OUT) is RunVerdict.NOTHING_RAN


def test_scenarios_without_a_requirement_decide_like_those_of_a_must() -> None:
    assert run_of(record("s", *ALL), record("t", ending=FAILS)).verdict is RunVerdict.NON_CONFORMANT
    unclear = run_of(record("s", *ALL), record("t", ending=UNCLEAR))
    assert unclear.verdict is RunVerdict.INCONCLUSIVE
    assert "nothing certain about some scenarios" in sentence(unclear)
    assert sentence(run_of(record("t", ending=FAILS))).startswith("Example DSP 9.8: non-conformant. MUST")


@pytest.mark.parametrize(
    ("lost", "verdict"),
    [
        (record("lost", ending=None), RunVerdict.SUITE_FAILED),
        (record("lost", "CORE-03", ending=None), RunVerdict.SUITE_FAILED),
        (record("empty", "CORE-03", steps=0), RunVerdict.CONFORMANT),
        (record("left out", "CORE-03", ending=RULED_OUT), RunVerdict.CONFORMANT),
        (record("of others", added=True, ending=None), RunVerdict.CONFORMANT),
        (record("of others", added=True, ending=BREAKS), RunVerdict.CONFORMANT),
        (record("broken", "CORE-03", ending=BREAKS), RunVerdict.SUITE_FAILED),
    ],
    ids=lambda value: value.identity.name if isinstance(value, ScenarioRecord) else "",
)
def test_a_scenario_that_neither_ended_nor_was_left_out_voids_the_run(
    lost: ScenarioRecord, verdict: RunVerdict
) -> None:
    assert run_of(record("s", *ALL), lost).verdict is verdict


def test_an_error_outside_of_any_scenario_voids_the_run() -> None:
    run = run_of(record("s", *ALL))
    run.suite_errors.append("collection failed")
    assert (run.verdict, run.exit_code) == (RunVerdict.SUITE_FAILED, 4)
    assert "no verdict: the suite itself failed" in sentence(run)


def test_a_run_that_could_not_start_says_why_and_nothing_about_requirements() -> None:
    run = run_of(record("s", "CORE-01", ending=FAILS))
    run.unusable = "no such feature"
    assert (run.verdict, run.exit_code) == (RunVerdict.UNUSABLE, 2)
    assert sentence(run) == "Example DSP 9.8: no verdict: the run could not start: no such feature"


def test_a_run_in_which_nothing_was_assessed_is_no_success() -> None:
    run = run_of()
    assert (run.verdict, run.exit_code) == (RunVerdict.NOTHING_RAN, 5)
    assert sentence(run) == (
        "Example DSP 9.8: no verdict: no MUST requirement was assessed. MUST requirements not assessed: 3."
    )


def test_a_product_without_a_version_is_named_without_a_gap() -> None:
    run = Run(RunIdentity("1.2.3", "Example DSP", "", "bundled"), LEDGER)
    assert sentence(run).startswith("Example DSP: no verdict")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (None, ""),
        ((), ""),
        (("a.py",), " The suite was modified in 1 file: this is no verdict of suite 1.2.3."),
        (("a.py", "b.py"), " The suite was modified in 2 files: this is no verdict of suite 1.2.3."),
    ],
)
def test_a_modified_suite_says_so_with_every_verdict(changes: tuple[str, ...] | None, said: str) -> None:
    identity = RunIdentity("1.2.3", "Example DSP", "9.8", "bundled", suite_changes=changes)
    assert identity.caveat == said
    run = Run(identity, LEDGER)
    run.absorb([record("s", *ALL)])
    assert sentence(run).endswith(f"that were assessed.{said}")


# -- each requirement's result


def test_results_stand_in_the_ledgers_order_and_unknown_ids_count_as_must() -> None:
    run = run_of(record("s", "CORE-01", "CORE-09", ending=FAILS))
    found = run.requirement_results()
    assert [one.id for one in found] == ["CORE-02", "CORE-01", "CORE-03", "DUIS-01", "CORE-09"]
    known, unknown = found[1], found[-1]
    assert (known.title, known.keyword, known.revision) == ("About CORE-01", Keyword.MUST, 3)
    assert (unknown.title, unknown.keyword, unknown.revision) == ("(not in the ledger)", Keyword.MUST, 0)
    assert unknown.verdict is Verdict.FAIL


def test_checks_are_counted_for_their_requirement_and_the_worst_of_them_decides() -> None:
    good, bad = Said("DUIS-01", passed=True), Said("DUIS-01", passed=False)
    run = run_of(
        record("s", "CORE-01", checks=(good, bad, good)),
        record("t", "CORE-01", checks=(good,)),
        record("of others", added=True, checks=(bad, bad)),
    )
    duis = next(one for one in run.requirement_results() if one.id == "DUIS-01")
    assert (duis.checks, duis.failed_checks, duis.verdict) == (4, 1, Verdict.FAIL)
    assert [(one.identity.name, verdict) for one, verdict in duis.scenarios] == [
        ("s", Verdict.FAIL),
        ("t", Verdict.PASS),
    ]
    core = next(one for one in run.requirement_results() if one.id == "CORE-01")
    assert (core.checks, core.failed_checks, core.verdict) == (0, 0, Verdict.PASS)


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_reasons_not_to_run_the_one_that_can_be_remedied_is_told(order: int) -> None:
    endings = [RULED_OUT, ASIDE, UNSEEN][::order]
    run = run_of(*(record(str(number), "CORE-01", ending=ending) for number, ending in enumerate(endings)))
    result = run.requirement_results()[1]
    assert result.state == Exclusion.NOT_TESTABLE
    assert result.not_assessed == "not testable: the testbed lacks the capability 'edit-cpl'"


@pytest.mark.parametrize("order", [1, -1])
def test_what_the_product_showed_outweighs_what_does_not_apply(order: int) -> None:
    endings = [RULED_OUT, ASIDE][::order]
    run = run_of(*(record(str(number), "CORE-01", ending=ending) for number, ending in enumerate(endings)))
    assert run.requirement_results()[1].state == Exclusion.NOT_TAKEN


def test_the_state_of_a_requirement_is_its_verdict_or_why_it_has_none() -> None:
    run = run_of(
        record("s", "CORE-01", ending=UNCLEAR),
        record("t", "CORE-02", ending=RULED_OUT),
        record("u", "CORE-03", steps=0),
    )
    results = {one.id: (one.state, one.not_assessed) for one in run.requirement_results()}
    assert results == {
        "CORE-01": ("inconclusive", ""),
        "CORE-02": ("not applicable", "not applicable: the profile says smets1 = no"),
        "CORE-03": ("not assessed", "no scenario ran"),
        "DUIS-01": ("not assessed", "no scenario ran"),
    }


def test_records_that_another_process_made_take_the_place_of_older_ones() -> None:
    run = run_of(record("b", "CORE-01", ending=None), record("a", "CORE-02"))
    run.absorb([record("b", "CORE-01", ending=FAILS)])
    assert [(one.identity.name, one.verdict) for one in run.ordered_records()] == [
        ("a", Verdict.PASS),
        ("b", Verdict.FAIL),
    ]


# -- added scenarios


def test_added_scenarios_are_counted_apart_with_those_that_were_left_out() -> None:
    own = record("s", *ALL)
    assert run_of(own).added_sentence() == ""
    assert run_of(own).added() == []
    passed, failed, left = (
        record("x", added=True),
        record("y", added=True, ending=FAILS),
        record("z", added=True, ending=UNSEEN),
    )
    assert run_of(own, passed, failed).added() == [passed, failed]
    assert run_of(own, passed, left).exit_code == 0
    assert run_of(own, passed, failed).exit_code == 6
    said = "Added scenarios, judged apart: 1 of 2 passed"
    assert run_of(own, passed, failed).added_sentence() == f"{said}."
    assert sentence(run_of(own, passed, failed, left)).endswith(f" {said}, 1 not run.")


# -- known failures


def known(run: Run, *about: str, expired: bool = False) -> Run:
    last = date(2027, 3, 30 if expired else 31)
    entries = tuple(KnownFailure(requirement=one, reason="r", expires=last) for one in about)
    run.baseline = Baseline(Path("known.toml"), entries, date(2027, 3, 31))
    return run


def test_failures_are_known_or_new_and_nothing_else_is_either() -> None:
    records = (
        record("listed", "CORE-01", ending=FAILS),
        record("other", "CORE-02", ending=FAILS),
        record("passed", "CORE-01"),
    )
    run = known(run_of(*records), "CORE-01")
    assert run.known_failures() == [records[0]]
    assert run.new_failures() == [records[1]]
    alone = run_of(*records)
    assert alone.known_failures() == []
    assert alone.new_failures() == [*records[:2]]
    assert alone.known(records[0]) == ()
    assert alone.entry_states(alone.requirement_results()) == []


def test_a_scenario_is_known_by_its_own_name_or_its_outlines_and_by_nothing_else() -> None:
    failed = record("s", "CORE-01", "CORE-02", ending=FAILS)
    run = run_of(failed, record("t", "CORE-03"))
    last, today = date(2027, 3, 31), date(2027, 3, 31)

    def listed(**about: str) -> tuple[KnownFailure, ...]:
        run.baseline = Baseline(Path("known.toml"), (KnownFailure(reason="r", expires=last, **about),), today)
        return run.known(failed)

    assert listed(scenario=failed.identity.id) == listed(scenario=failed.identity.template)
    assert len(listed(scenario=failed.identity.id)) == 1
    assert run.known(run.records["a.feature::t"]) == ()
    assert listed(scenario="a.feature::other") == ()
    assert [state for _, state in run.entry_states([])] == [EntryState.NOT_JUDGED]
    assert listed(requirement="CORE-01") == ()  # CORE-02 is not known to fail
    assert listed(scenario="a.feature::t") == ()
    assert run.known(run.records["a.feature::t"]) == ()  # it did not fail
    assert [state for _, state in run.entry_states([])] == [EntryState.PASSES]
    assert len(known(run, "CORE-01", "CORE-02", "CORE-03").known(failed)) == 2
    assert known(run, "CORE-01", "CORE-02", expired=True).known(failed) == ()
    results = run.requirement_results()
    assert [state for _, state in run.entry_states(results)] == [EntryState.EXPIRED] * 2


def test_what_the_run_says_about_an_entry_follows_from_its_requirements_result() -> None:
    run = known(run_of(record("s", "CORE-01", ending=FAILS), record("t", "CORE-02")), *ALL)
    assert [state for _, state in run.entry_states(run.requirement_results())] == [
        EntryState.KNOWN_FAILURE,
        EntryState.PASSES,
        EntryState.NOT_JUDGED,
    ]


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([record("s", "CORE-01", "CORE-02")], 2),
        ([record("s", "CORE-02"), record("t", "CORE-01", ending=FAILS)], 1),
        ([record("s", "CORE-02"), record("x", added=True, ending=FAILS)], 6),
        ([record("s", "CORE-02"), record("t", "CORE-01", ending=UNCLEAR)], 3),
        ([record("s", "CORE-02", ending=BREAKS)], 4),
        ([record("s", "CORE-02", ending=RULED_OUT)], 5),
    ],
    ids=lambda value: "" if isinstance(value, int) else " ".join(one.identity.name for one in value),
)
def test_an_entry_that_expired_decides_where_nothing_worse_happened(
    records: list[ScenarioRecord], code: int
) -> None:
    assert known(run_of(*records), "CORE-02", expired=True).exit_code == code


def test_a_stale_entry_beside_failures_that_are_all_known_decides() -> None:
    failed, passed = record("t", "CORE-01", ending=FAILS), record("s", "CORE-02")
    assert known(run_of(failed, passed), "CORE-01", "CORE-02").exit_code == 2
    assert known(run_of(failed, passed), "CORE-01").exit_code == 1
