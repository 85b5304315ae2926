"""What a scenario's record takes in and from where, and which verdicts follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance.base.redaction import MARK, Redactor
from dsp_conformance.ledger.verdicts import (
    Attribution,
    Cause,
    Exclusion,
    Inconclusive,
    NotApplicable,
    NotTaken,
    NotTestable,
    RequirementNotMet,
    SuiteFault,
    Verdict,
)
from dsp_conformance.record.evidence import Operation, Wire
from dsp_conformance.record.scenario_record import (
    Phase,
    RecordError,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.record.evidence import Exchange
    from dsp_conformance.record.scenario_record import Reason
    from dsp_conformance.record.watching import Place

FAILS = RequirementNotMet(expected="I0", found="E5")
UNCLEAR = Inconclusive(Cause.TARGET_UNREACHABLE, "gone")
UNMET = Inconclusive(Cause.PRECONDITION_UNMET, "not ready")
UNSEEN = NotTestable("edit-cpl")
ASIDE = NotTaken("SR6.21 for an ESME")
RULED_OUT = NotApplicable("the profile says smets1 = no")
BREAKS = SuiteFault("it broke")
DONE = Operation(1, "provide-device", {"key": "c4nary-0123"}, "done", "c4nary-0123", 1.0)


@dataclass
class Said:
    passed: bool
    requirement: str = "DUIS-01"
    expected: str = "XML"
    found: str = "text"
    detail: str = "look there"


@dataclass
class Heard:
    """A watcher that writes down what it is told, and where that belongs."""

    told: list[tuple[Any, ...]] = field(default_factory=list)

    def exchange_attached(self, _record: ScenarioRecord, place: Place, exchange: Exchange) -> None:
        self.told.append(("exchange", place, exchange.title))

    def operation_attached(self, _record: ScenarioRecord, place: Place, operation: Operation) -> None:
        self.told.append(("operation", place, operation.result))

    def observed(self, _record: ScenarioRecord, place: Place, text: str) -> None:
        self.told.append(("observed", place, text))

    def step_begun(self, record: ScenarioRecord, index: int) -> None:
        self.told.append(("begun", index, record.steps[index].status))

    def step_ended(self, record: ScenarioRecord, index: int) -> None:
        self.told.append(("ended", index, record.steps[index].status))

    def worsened(self, _record: ScenarioRecord, reason: Reason) -> None:
        self.told.append(("worsened", reason.step, reason.judgement.verdict))


def record(*requirements: str, steps: int = 2, added: bool = False) -> ScenarioRecord:
    who = ScenarioIdentity("f::s", "f::s", "f", "F", "", "s", {}, requirements, added=added)
    return ScenarioRecord(who, "s", [StepRecord("Then ", f"step {n}") for n in range(steps)], start=1)


def passed(*requirements: str, checks: tuple[Said, ...] = (), steps: int = 2) -> ScenarioRecord:
    """A scenario all of whose steps passed; its checks are made in its first step."""
    made = record(*requirements, steps=steps)
    for index in range(steps):
        made.begin_step(index)
        if index == 0 and checks:
            made.attach_exchange("SR11.2", b"<a/>", b"<b/>", checks=checks)
        made.end_step(StepStatus.PASSED)
    made.stop = 1
    return made


def cut_short(ending: Exception, *requirements: str, checks: tuple[Said, ...] = ()) -> ScenarioRecord:
    """A scenario that ended so in its first step."""
    made = record(*requirements)
    made.begin_step(0)
    if checks:
        made.attach_exchange("SR11.2", b"<a/>", b"<b/>", checks=checks)
    made.worsen(Phase.STEP, ending)
    made.stop = 2
    return made


# -- where evidence goes


def test_evidence_belongs_to_the_step_that_runs_else_to_the_scenario_or_to_its_late_checks() -> None:
    made, heard = record("CORE-01"), Heard()
    made.watcher = heard

    made.observe("before")
    made.begin_step(1)
    made.attach_exchange("SR11.2", b"<a/>")
    made.attach_operation(DONE)
    made.end_step(StepStatus.PASSED)
    made.attach_operation(DONE)
    made.end()
    made.attach_exchange("late", None, b"<b/>")

    assert made.evidence.observations == ["before"]
    assert [one.title for one in made.steps[1].evidence.exchanges] == ["SR11.2"]
    assert made.steps[1].evidence.operations == made.evidence.operations == [DONE]
    assert [one.title for one in made.late.exchanges] == ["late"]
    assert made.steps[0].evidence.exchanges == []
    assert heard.told == [
        ("observed", "scenario", "before"),
        ("begun", 1, "running"),
        ("exchange", 1, "SR11.2"),
        ("operation", 1, DONE.result),
        ("ended", 1, "passed"),
        ("operation", "scenario", DONE.result),
        ("exchange", "late", "late"),
    ]


def test_what_ended_a_step_is_told_of_before_the_step_ends_and_names_it() -> None:
    made, heard = record("CORE-01"), Heard()
    made.watcher = heard
    made.begin_step(0)

    reason = made.worsen(Phase.STEP, FAILS)
    again = made.worsen(Phase.TEAR_DOWN, BREAKS)

    assert (reason.phase, reason.step) == (Phase.STEP, "Then step 0")
    assert (again.phase, again.step) == (Phase.TEAR_DOWN, "")
    assert made.reasons == [reason, again]
    assert heard.told == [
        ("begun", 0, "running"),
        ("worsened", "Then step 0", Verdict.FAIL),
        ("ended", 0, "failed"),
        ("worsened", "", Verdict.ERROR),
    ]
    assert made.steps[0].stop >= made.steps[0].start > 0


def test_no_secret_gets_into_a_record() -> None:
    made = record("CORE-01")
    made.redactor = Redactor(["c4nary-0123"])
    made.attach_exchange("c4nary-0123", b"<c4nary-0123/>", checks=[Said(passed=True, found="c4nary-0123")])
    made.attach_operation(DONE)
    made.observe("c4nary-0123")
    made.worsen(Phase.STEP, KeyError("c4nary-0123"))

    assert "c4nary-0123" not in repr(made)
    assert made.evidence.observations == [MARK]
    assert made.evidence.operations[0].result == MARK


@pytest.mark.parametrize(
    ("sent", "received", "told"),
    [
        (b"<a/>", b"<b/>", None),
        (b"<c4nary-0123/>", b"<b/>", "secrets in the request, "),
        (b"<c4nary-0123/>", b"<c4nary-0123/>", "secrets in the request and the response, "),
        (None, b"<c4nary-0123/>", "secrets in the response, "),
    ],
    ids=["neither", "request", "both", "a message"],
)
def test_an_exchange_tells_which_of_its_messages_is_not_kept_as_it_stood_on_the_wire(
    sent: bytes | None, received: bytes, told: str | None
) -> None:
    made = record("CORE-01")
    made.redactor = Redactor(["c4nary-0123"])
    made.attach_exchange("SR11.2", sent, received, facts={"HTTP status": "200"})
    [exchange] = made.exchanges()
    assert exchange.facts.pop("HTTP status") == "200"
    assert exchange.facts.keys() == ({"redacted"} if told else set())
    assert exchange.facts.get("redacted", "").startswith(told or "")


def test_how_an_exchange_travelled_is_kept_without_secrets() -> None:
    made = record("CORE-01")
    made.redactor = Redactor(["c4nary-0123"])
    wire = Wire(
        *(7, 0.5, "Send Command Service", "http://dsp/c4nary-0123", "dsp:80", 200),
        {"authorization": "x"},
        {"server": "c4nary-0123"},
    )
    made.attach_exchange("SR11.2", b"<a/>", b"<b/>", wire=wire)
    made.attach_exchange("a count")
    assert [one.wire for one in made.exchanges()] == [
        replace(
            wire,
            url=f"http://dsp/{MARK}",
            sent={"authorization": MARK},
            received={"server": MARK},
        ),
        None,
    ]


@pytest.mark.parametrize(
    "attach",
    [
        lambda made: made.attach_exchange("SR11.2", b"<a/>"),
        lambda made: made.attach_operation(DONE),
        lambda made: made.observe("seen"),
    ],
    ids=["exchange", "operation", "observation"],
)
def test_evidence_from_another_thread_is_refused_and_not_kept(
    attach: Callable[[ScenarioRecord], None],
) -> None:
    made, caught = record("CORE-01"), list[RecordError]()

    def other() -> None:
        assert not made.in_own_thread
        with pytest.raises(RecordError, match="f::s: evidence must be attached") as refused:
            attach(made)
        caught.append(refused.value)

    thread = Thread(target=other)
    thread.start()
    thread.join()

    assert made.in_own_thread
    assert len(caught) == 1
    assert (made.evidence.exchanges, made.evidence.operations, made.evidence.observations) == ([], [], [])


def test_exchanges_stand_in_order_of_place_and_let_go_of_their_octets_but_not_of_their_size() -> None:
    made = record("CORE-01")
    made.end()
    made.attach_exchange("late", None, b"<late/>")
    made._ended = False
    for index in (1, 0):
        made.begin_step(index)
        made.attach_exchange(f"step {index}", b"<a/>", None)
        made.end_step(StepStatus.PASSED)
    made.attach_exchange("outside", b"<a/>", b"<b/>")
    assert [one.title for one in made.exchanges()] == ["outside", "step 0", "step 1", "late"]

    made.release()

    messages = [message for one in made.exchanges() for message in (one.request, one.response)]
    assert [None if one is None else (one.octets, one.size) for one in messages] == [
        *((None, 4), (None, 4)), *((None, 4), None), *((None, 4), None), *(None, (None, 7)),
    ]  # fmt: skip


def test_what_the_end_of_the_run_owes_is_kept_in_order() -> None:
    made, called = record("CORE-01"), list[str]()
    made.defer(lambda: called.append("first"))
    made.defer(lambda: called.append("second"))
    for check in made.deferred:
        check()
    assert called == ["first", "second"]


# -- reasons


def test_a_failure_that_names_no_requirement_is_that_of_all_of_the_scenarios_own() -> None:
    [whole] = cut_short(FAILS, "CORE-01", "CORE-02").reasons
    assert whole.judgement.requirements == ("CORE-01", "CORE-02")
    assert whole.judgement.finding.what == "requirement CORE-01, CORE-02 not met"
    named = RequirementNotMet(expected="I0", found="E5", requirements=["CORE-02"])
    [part] = cut_short(named, "CORE-01", "CORE-02").reasons
    assert part.judgement.requirements == ("CORE-02",)
    [unclear] = cut_short(UNCLEAR, "CORE-01").reasons
    assert unclear.judgement.requirements == ()
    [untagged] = cut_short(FAILS).reasons
    assert untagged.judgement.finding.what == "requirement not met"


def test_only_an_error_of_the_suite_has_a_trace_and_it_leads_through_the_suites_own_files() -> None:
    made = record("CORE-01")
    held = {"token": "3210-yran4c"[::-1]}  # a trace shows source lines, which must not hold it
    with pytest.raises(KeyError) as lost:
        held["lost"]
    broken = made.worsen(Phase.STEP, lost.value)
    assert "test_scenario_record.py" in broken.trace
    assert "KeyError: 'lost'" in broken.trace
    assert "/_pytest/" not in broken.trace
    assert held["token"] not in broken.trace
    assert made.worsen(Phase.STEP, FAILS).trace == ""


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (FAILS, StepStatus.FAILED),
        (UNCLEAR, StepStatus.INCONCLUSIVE),
        (BREAKS, StepStatus.ERROR),
        (UNSEEN, StepStatus.SKIPPED),
        (RULED_OUT, StepStatus.SKIPPED),
        (ASIDE, StepStatus.SKIPPED),
    ],
    ids=["failed", "inconclusive", "error", "not testable", "not applicable", "not taken"],
)
def test_a_step_is_marked_by_what_ended_it_and_later_ones_as_not_run(
    ending: Exception, status: StepStatus
) -> None:
    made = cut_short(ending, "CORE-01")
    assert [step.status for step in made.steps] == [status, StepStatus.NOT_RUN]
    assert (made.steps[1].start, made.steps[1].stop) == (0, 0)
    assert not made.completed


# -- verdicts


def test_a_scenario_passes_only_if_it_ended_and_every_step_of_it_passed() -> None:
    assert passed("CORE-01").verdict is Verdict.PASS
    still_running = passed("CORE-01")
    still_running.stop = record("CORE-01").stop
    assert (still_running.completed, still_running.verdict) == (False, Verdict.NONE)
    half = record("CORE-01")
    half.begin_step(0)
    half.end_step(StepStatus.PASSED)
    half.stop = 2
    assert (half.completed, half.verdict) == (False, Verdict.NONE)
    empty = passed("CORE-01", steps=0)
    assert (empty.completed, empty.verdict) == (False, Verdict.NONE)
    assert empty.requirement_verdicts() == {"CORE-01": Verdict.NONE}


@pytest.mark.parametrize(
    ("ending", "checks", "verdict", "blame"),
    [
        (None, (True,), Verdict.PASS, None),
        (None, (True, False), Verdict.FAIL, Attribution.PRODUCT),
        (FAILS, (), Verdict.FAIL, Attribution.PRODUCT),
        (UNCLEAR, (), Verdict.INCONCLUSIVE, Attribution.TARGET),
        (UNMET, (True,), Verdict.INCONCLUSIVE, Attribution.TESTBED),
        (UNCLEAR, (False,), Verdict.FAIL, Attribution.PRODUCT),
        (BREAKS, (), Verdict.ERROR, Attribution.SUITE),
        (BREAKS, (False,), Verdict.ERROR, Attribution.SUITE),
        (UNSEEN, (), Verdict.NONE, Attribution.TESTBED),
        (UNSEEN, (False,), Verdict.FAIL, Attribution.PRODUCT),
        (RULED_OUT, (), Verdict.NONE, None),
    ],
)
def test_the_worst_decides_and_whoever_caused_that_is_blamed(
    ending: Exception | None, checks: tuple[bool, ...], verdict: Verdict, blame: Attribution | None
) -> None:
    said = tuple(Said(one) for one in checks)
    made = passed("CORE-01", checks=said) if ending is None else cut_short(ending, "CORE-01", checks=said)
    assert (made.verdict, made.attribution) == (verdict, blame)


def test_of_several_reasons_the_worst_is_to_blame_whichever_came_first() -> None:
    for order in ((UNCLEAR, BREAKS), (BREAKS, UNCLEAR)):
        made = record("CORE-01")
        for ending in order:
            made.worsen(Phase.STEP, ending)
        assert (made.verdict, made.attribution) == (Verdict.ERROR, Attribution.SUITE)


def test_an_exclusion_is_told_only_where_nothing_worse_happened() -> None:
    assert cut_short(UNSEEN, "CORE-01").exclusion is Exclusion.NOT_TESTABLE
    assert cut_short(RULED_OUT, "CORE-01").exclusion is Exclusion.NOT_APPLICABLE
    assert cut_short(ASIDE, "CORE-01").exclusion is Exclusion.NOT_TAKEN
    assert cut_short(ASIDE, "CORE-01", checks=(Said(passed=False),)).exclusion is None
    assert cut_short(UNSEEN, "CORE-01", checks=(Said(passed=False),)).exclusion is None
    assert passed("CORE-01").exclusion is None
    assert record("CORE-01").exclusion is None
    worse = cut_short(UNSEEN, "CORE-01")
    worse.worsen(Phase.TEAR_DOWN, BREAKS)
    assert (worse.verdict, worse.exclusion) == (Verdict.ERROR, None)


# -- what it says about requirements


def test_a_pass_is_one_in_each_of_the_scenarios_requirements_and_checks_speak_for_their_own() -> None:
    good, bad = Said(passed=True), Said(passed=False)
    assert passed("CORE-01", "CORE-02", checks=(good,)).requirement_verdicts() == {
        "CORE-01": Verdict.PASS,
        "CORE-02": Verdict.PASS,
        "DUIS-01": Verdict.PASS,
    }
    assert passed("CORE-01", checks=(bad, good)).requirement_verdicts() == {
        "CORE-01": Verdict.PASS,
        "DUIS-01": Verdict.FAIL,
    }
    assert passed("DUIS-01", checks=(bad,)).requirement_verdicts() == {"DUIS-01": Verdict.FAIL}


@pytest.mark.parametrize(
    ("phase", "other"),
    [
        (Phase.SET_UP, Verdict.INCONCLUSIVE),
        (Phase.STEP, Verdict.INCONCLUSIVE),
        (Phase.TEAR_DOWN, Verdict.PASS),
        (Phase.LATE, Verdict.PASS),
    ],
)
def test_a_failure_of_one_requirement_leaves_the_others_unproven_where_it_cut_the_scenario_short(
    phase: Phase, other: Verdict
) -> None:
    made = passed("CORE-01", "CORE-02")
    made.worsen(phase, RequirementNotMet(expected="a", found="b", requirements=["CORE-02"]))
    assert made.requirement_verdicts() == {"CORE-01": other, "CORE-02": Verdict.FAIL}


def test_a_failure_may_concern_a_requirement_that_is_none_of_the_scenarios_own() -> None:
    made = passed("CORE-01")
    made.worsen(Phase.LATE, RequirementNotMet(expected="a", found="b", requirements=["DUIS-04"]))
    assert made.requirement_verdicts() == {"CORE-01": Verdict.PASS, "DUIS-04": Verdict.FAIL}


@pytest.mark.parametrize(
    "ending", [UNSEEN, RULED_OUT, ASIDE], ids=["not testable", "not applicable", "not taken"]
)
def test_what_was_left_out_says_nothing_about_a_requirement_even_where_all_steps_had_passed(
    ending: Exception,
) -> None:
    made = passed("CORE-01")
    made.worsen(Phase.TEAR_DOWN, ending)
    assert made.requirement_verdicts() == {"CORE-01": Verdict.NONE}
    assert made.verdict is Verdict.NONE


def test_a_scenario_is_the_suites_own_unless_it_is_said_to_be_added() -> None:
    who = ScenarioIdentity("f::s", "f::s", "f", "F", "", "s", {}, ("CORE-01",))
    assert ScenarioRecord(who, "s", []).requirement_verdicts() == {"CORE-01": Verdict.NONE}


def test_an_added_scenario_says_nothing_about_any_requirement() -> None:
    made = record("CORE-01", added=True)
    made.begin_step(0)
    made.attach_exchange("SR11.2", b"<a/>", checks=[Said(passed=False)])
    made.worsen(Phase.STEP, FAILS)
    assert made.verdict is Verdict.FAIL
    assert made.requirement_verdicts() == {}
