"""What the controller of a parallel run makes of what its workers say, and of what they did not say.

Here it is told by hand, case by case; `test_parallel` has real workers.
"""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.synthetic import ledger
from dsp_conformance.ledger.verdicts import Attribution, RequirementNotMet, RunVerdict, Verdict
from dsp_conformance.record import journal
from dsp_conformance.record.journal_writer import JournalWriter
from dsp_conformance.record.record_json import to_json
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)
from dsp_conformance.running.workers import ControllerRecorder, Role, WorkerRecorder

if TYPE_CHECKING:
    from pathlib import Path


def record(name: str, *, fails: bool = False) -> ScenarioRecord:
    who = ScenarioIdentity(f"f::{name}", f"f::{name}", "f", "F", "", name, {}, ("CORE-01", "DUIS-01"))
    made = ScenarioRecord(who, f"test_f.py::{name}", [StepRecord("Then", "it answers")], start=1)
    made.begin_step(0)
    made.end_step(StepStatus.PASSED)
    if fails:
        made.worsen(Phase.LATE, RequirementNotMet(expected="silence", found="a response"))
    made.stop = 2
    return made


class Told:
    """A sink that notes which scenarios it was told of, with what verdict."""

    def __init__(self) -> None:
        self.scenarios: list[tuple[str, str]] = []
        self.finished = 0

    def run_started(self, run: Run) -> None:
        """Not asked about here."""

    def scenario_finished(self, record: ScenarioRecord) -> None:
        self.scenarios.append((record.identity.name, record.verdict.label))

    def run_finished(self, run: Run) -> None:
        assert run.finished
        self.finished += 1


class Controller:
    """A controller with a journal of its own, spoken to as pytest and pytest-xdist do."""

    def __init__(self, folder: Path) -> None:
        self.run = Run(RunIdentity("1", "DSP", "2", "bundled"), ledger())
        self.journal = JournalWriter(folder / journal.NAME, self.run, key="k")
        self.journal.begin()
        self.sink = Told()
        self.recorder = ControllerRecorder(self.run, self.journal, [self.sink])
        self.shown: list[Any] = []
        hook = SimpleNamespace(pytest_runtest_logreport=self.show)
        config = SimpleNamespace(hook=hook, getoption=lambda _name, default=None: default)
        self.session: Any = SimpleNamespace(config=config, exitstatus=0)

    def show(self, report: Any) -> None:
        self.shown.append(report)

    def planned(self, *names: str) -> None:
        self.recorder.pytest_xdist_node_collection_finished([f"test_f.py::{name}" for name in names])

    def node(self, name: str, **output: Any) -> Any:
        told = {"dsp": json.dumps({"records": [], "late": [], "suite_errors": []} | output)} if output else {}
        made: Any = SimpleNamespace(gateway=SimpleNamespace(id=name), workeroutput=told)
        self.recorder.pytest_testnodeready(made)
        return made

    def report(self, made: ScenarioRecord, *, owed: bool = False, worker: str = "gw0") -> Any:
        told = SimpleNamespace(dsp_record=json.dumps(to_json(made)), dsp_owed=owed, worker_id=worker)
        self.recorder.pytest_runtest_logreport(told)  # type: ignore[arg-type] # all that is looked at
        return told

    def finish(self, exitstatus: int = 0) -> int:
        self.recorder.pytest_sessionfinish(self.session, exitstatus)
        self.journal.close()
        return int(self.session.exitstatus)


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    return Controller(tmp_path)


def test_records_that_workers_hand_over_decide_the_run(controller: Controller) -> None:
    controller.planned("a", "b")
    report = controller.report(record("a"))
    controller.report(record("b", fails=True))
    assert not hasattr(report, "dsp_record")
    controller.recorder.pytest_runtest_logreport(SimpleNamespace(when="call"))  # type: ignore[arg-type] # no record
    assert controller.finish() == RunVerdict.NON_CONFORMANT.exit_code
    assert [one.identity.name for one in controller.run.ordered_records()] == ["a", "b"]
    assert controller.run.suite_errors == []
    assert controller.sink.finished == 1


def test_what_a_worker_found_at_its_end_takes_the_place_of_what_it_said_before_and_is_shown(
    controller: Controller,
) -> None:
    controller.report(record("a"), owed=True)
    late = to_json(record("a", fails=True))
    node = controller.node(
        "gw0", records=[late], late=[["f::a", "two responses"]], suite_errors=["no more power"]
    )
    controller.recorder.pytest_testnodedown(node, None)
    controller.recorder.pytest_testnodedown(node, None)  # heard once
    assert controller.finish() == RunVerdict.SUITE_FAILED.exit_code
    assert controller.run.records["f::a"].verdict is Verdict.FAIL
    assert controller.run.suite_errors == ["no more power"]
    [shown] = controller.shown
    assert (shown.nodeid, shown.outcome) == ("test_f.py::a", "failed")
    assert "two responses" in shown.longrepr


def test_what_several_workers_say_alike_is_told_once(controller: Controller) -> None:
    for name in ("gw0", "gw1"):
        controller.recorder.pytest_testnodedown(controller.node(name, suite_errors=["no power"]), None)
    controller.finish()
    assert controller.run.suite_errors == ["no power"]


def test_a_worker_that_nobody_listened_to_is_heard_at_the_end(controller: Controller) -> None:
    controller.report(record("a"), owed=True)
    controller.node("gw0", records=[to_json(record("a", fails=True))])
    assert controller.finish() == RunVerdict.NON_CONFORMANT.exit_code


def test_checks_that_a_lost_worker_still_owed_are_an_error_of_the_suite(controller: Controller) -> None:
    controller.report(record("owed"), owed=True, worker="gw0")
    controller.report(record("done"), owed=True, worker="gw1")
    controller.report(record("nothing owed"), worker="gw0")
    controller.recorder.pytest_testnodedown(controller.node("gw1", records=[]), None)
    lost = controller.node("gw0")
    controller.recorder.pytest_testnodedown(lost, "a trace\nkilled by signal 9")
    controller.recorder.pytest_testnodedown(lost, None)  # told once

    assert controller.finish() == RunVerdict.SUITE_FAILED.exit_code
    verdicts = {one.identity.name: one.verdict for one in controller.run.ordered_records()}
    assert verdicts == {"owed": Verdict.ERROR, "done": Verdict.PASS, "nothing owed": Verdict.PASS}
    owed = controller.run.records["f::owed"]
    assert (owed.attribution, owed.reasons[0].phase) == (Attribution.SUITE, Phase.LATE)
    assert controller.run.suite_errors == ["the worker process gw0 was lost: killed by signal 9"]
    assert ("owed", "error") in controller.sink.scenarios


def test_a_worker_that_is_lost_without_a_word_is_told_so(controller: Controller) -> None:
    controller.recorder.pytest_testnodedown(controller.node("gw0"), None)
    assert controller.run.suite_errors == ["the worker process gw0 was lost: it said nothing"]


def test_a_scenario_whose_worker_was_lost_is_told_as_far_as_the_journal_has_it(
    controller: Controller, tmp_path: Path
) -> None:
    worker = JournalWriter(tmp_path / journal.NAME, controller.run, key="k", process="gw0")
    began = record("a")
    began.steps.append(StepRecord("And", "it goes on"))
    began.stop = 0
    worker.scenario_begun(began)
    began.begin_step(0)
    began.end_step(StepStatus.PASSED)
    began.begin_step(1)
    worker.close()

    report = SimpleNamespace(longrepr="")
    controller.recorder.pytest_handlecrashitem("test_f.py::a", report)  # type: ignore[arg-type] # as above
    controller.recorder.pytest_testnodedown(controller.node("gw0"), None)
    assert controller.finish() == RunVerdict.SUITE_FAILED.exit_code

    found = controller.run.records["f::a"]
    assert found.verdict is Verdict.ERROR
    assert found.steps[0].status is StepStatus.PASSED
    assert found.stop > 0
    assert "its worker process was lost while it ran" in report.longrepr
    assert controller.sink.scenarios == [("a", "error")]
    again = journal.records(tmp_path / journal.NAME)
    assert [(one.identity.name, one.verdict) for one in again] == [("a", Verdict.ERROR)]


def test_a_scenario_of_which_nothing_is_known_but_its_name_is_an_error_under_that_name(
    controller: Controller, tmp_path: Path
) -> None:
    controller.recorder.pytest_handlecrashitem("test_f.py::x", SimpleNamespace(longrepr=""))  # type: ignore[arg-type] # as above
    controller.finish()
    [found] = controller.run.ordered_records()
    assert (found.nodeid, found.verdict) == ("test_f.py::x", Verdict.ERROR)
    [again] = journal.records(tmp_path / journal.NAME)
    assert (again.nodeid, again.verdict) == ("test_f.py::x", Verdict.ERROR)


def test_scenarios_that_no_worker_ran_void_the_run(controller: Controller) -> None:
    controller.planned("a", "b", "c")
    controller.report(record("b"))
    assert controller.finish() == RunVerdict.SUITE_FAILED.exit_code
    [error] = controller.run.suite_errors
    assert error.startswith("not run: test_f.py::a, test_f.py::c; nothing is said")


def test_where_the_run_could_not_start_no_worker_is_blamed_for_what_it_owed(controller: Controller) -> None:
    controller.report(record("a"), owed=True)
    controller.run.unusable = "no DSP answers"
    assert controller.finish() == RunVerdict.UNUSABLE.exit_code
    assert controller.run.records["f::a"].verdict is Verdict.PASS


def test_what_a_lost_worker_wrote_down_in_its_last_moments_counts(
    controller: Controller, tmp_path: Path
) -> None:
    worker = JournalWriter(tmp_path / journal.NAME, controller.run, key="k", process="gw0")
    made = record("a")
    made.steps[0] = StepRecord("Then", "it answers")
    worker.scenario_begun(made)
    made.begin_step(0)
    made.end_step(StepStatus.PASSED)
    worker.scenario_ended(made)
    controller.report(made, owed=True)
    made.worsen(Phase.LATE, RequirementNotMet(expected="one", found="two", requirements=["DUIS-04"]))
    worker.close()
    controller.recorder.pytest_testnodedown(controller.node("gw0"), "killed")

    controller.finish()

    found = controller.run.records["f::a"]
    assert found.requirement_verdicts()["DUIS-04"] is Verdict.FAIL
    assert found.verdict is Verdict.ERROR


def test_a_journal_that_cannot_be_read_when_a_worker_is_lost_is_told(
    controller: Controller, tmp_path: Path
) -> None:
    (tmp_path / journal.NAME).write_text("nothing")
    report = SimpleNamespace(longrepr="")
    controller.recorder.pytest_handlecrashitem("test_f.py::x", report)  # type: ignore[arg-type] # as above
    assert "cannot be used" in controller.run.suite_errors[0]
    assert controller.run.ordered_records()[0].verdict is Verdict.ERROR


def test_what_becomes_known_of_the_product_is_written_down_with_the_next_record(
    controller: Controller, tmp_path: Path
) -> None:
    controller.run.identity = replace(controller.run.identity, product_version="3")
    controller.report(record("a"))
    assert b'"product_version":"3"' in (tmp_path / journal.NAME).read_bytes()


@pytest.mark.parametrize(
    ("options", "worker", "role"),
    [
        ({}, False, Role.ALONE),
        ({"dist": "no", "tx": ["popen"]}, False, Role.ALONE),
        ({"dist": "load", "tx": []}, False, Role.ALONE),
        ({"dist": "load", "tx": ["popen"]}, False, Role.CONTROLLER),
        ({"dist": "load", "tx": ["popen"], "collectonly": True}, False, Role.ALONE),
        ({"dist": "load", "tx": ["popen"]}, True, Role.WORKER),
    ],
)
def test_what_a_process_is_follows_from_the_settings_of_pytest_xdist(
    options: dict[str, Any], role: Role, *, worker: bool
) -> None:
    config: Any = SimpleNamespace(getoption=lambda name, default=None: options.get(name, default))
    if worker:
        config.workerinput = {}
    assert Role.of(config) is role


def test_a_worker_hands_over_at_its_end_what_changed_and_what_went_wrong(tmp_path: Path) -> None:
    run = Run(RunIdentity("1", "DSP", "2", "bundled"), ledger())
    writer = JournalWriter(tmp_path / journal.NAME, run, key="k", process="gw0")
    worker = WorkerRecorder(run, writer)

    def two() -> None:
        raise RequirementNotMet(expected="one response", found="two", requirements=["DUIS-01"])

    quiet, late, running = record("quiet"), record("late"), record("running")
    late.defer(two)
    run.absorb([quiet, late, running])
    worker._current = running
    run.suite_errors.append("no power")
    config: Any = SimpleNamespace(workeroutput={}, getoption=lambda _name, default=None: default)

    worker.pytest_sessionfinish(SimpleNamespace(config=config), 0)  # type: ignore[arg-type] # as above

    told = json.loads(config.workeroutput["dsp"])
    assert {one["name"]: one["verdict"] for one in told["records"]} == {"late": "fail", "running": "error"}
    [(name, text)] = told["late"]
    assert (name, "found: two" in text) == ("f::late", True)
    assert told["suite_errors"] == ["no power"]
