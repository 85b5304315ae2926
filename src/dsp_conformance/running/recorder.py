"""Records a run: a pytest plugin that turns what pytest and pytest-bdd tell it into scenario records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from dsp_conformance.collection.gherkin import new_record, relative_feature_file, template_of
from dsp_conformance.ledger.requirements import REQUIREMENT_ID
from dsp_conformance.ledger.verdicts import SuiteFault, Verdict
from dsp_conformance.record.evidence import now_ms
from dsp_conformance.record.scenario_record import OBSERVED, Phase, RecordError, ScenarioRecord, StepStatus

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from dsp_conformance.record.evidence import Operation
    from dsp_conformance.record.journal_writer import JournalWriter
    from dsp_conformance.record.run import Run

_NAMED = 5
_VERDICT = "dsp_verdict"
_SHOWN_AS: dict[str, tuple[str, str, tuple[str, dict[str, bool]]]] = {
    Verdict.INCONCLUSIVE.label: ("inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})),
    Verdict.FAIL.label: ("failed", "F", ("FAILED", {"red": True})),
    Verdict.ERROR.label: ("error", "E", ("ERROR", {"red": True})),
}
_PHASES = {"setup": Phase.SET_UP, "call": Phase.STEP, "teardown": Phase.TEAR_DOWN}
_BROKEN_SESSION: dict[int, str] = {
    pytest.ExitCode.INTERRUPTED: "the run was interrupted, or the features could not be collected",
    pytest.ExitCode.INTERNAL_ERROR: "pytest broke down",
    pytest.ExitCode.USAGE_ERROR: "pytest refused to start",
}


class Sink(Protocol):
    """Something that reports records as they come."""

    def run_started(self, run: Run) -> None:
        """The run begins."""

    def scenario_finished(self, record: ScenarioRecord) -> None:
        """A scenario ended; told again if something was looked at late."""

    def run_finished(self, run: Run) -> None:
        """The run is over and every late check is made."""


class RunRecorder:
    """The pytest plugin that records a run and decides the session's exit status.

    Steps reach the running scenario's record through `current`. Register it with
    `config.pluginmanager.register(recorder)`.

    Attributes:
        run: the records so far and the verdicts that follow from them.
        journal: takes everything down at once.
        files: what the run rests on, by the name that it has in an evidence pack.
    """

    def __init__(self, run: Run, journal: JournalWriter, sinks: Sequence[Sink] = ()) -> None:
        self.run = run
        self.journal = journal
        self.files: dict[str, Path] = {}
        self._sinks = tuple(sinks)
        self._current: ScenarioRecord | None = None
        self._checked_late: ScenarioRecord | None = None
        self._reached = 0
        self._shown_checks = 0
        self._worsened: list[tuple[ScenarioRecord, str]] = []
        self._looked_at_again: list[ScenarioRecord] = []
        self._collected: list[str] = []

    @property
    def current(self) -> ScenarioRecord:
        """The record of the scenario that is running.

        Raises:
            RecordError: none is.
        """
        if self._current is None:
            raise RecordError("no scenario is running to which evidence could be attached")
        return self._current

    def operation(self, operation: Operation) -> None:
        """Take down what the testbed did, with the scenario it did it for, if it did it for one."""
        record = self._checked_late or self._current
        if record is not None and record.in_own_thread:
            record.attach_operation(operation)
        else:
            self.journal.operation(operation)

    # -- collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str) -> bool | None:
        """Requirement tags and `OBSERVED` are data for the record, not marks of pytest."""
        return True if REQUIREMENT_ID.fullmatch(tag) or tag == OBSERVED else None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is going to run."""
        self._collected = []
        for item in session.items:
            if (template := template_of(item)) is not None:
                self._collected.append(item.nodeid)
                self.files[relative_feature_file(item, template)] = Path(template.feature.filename)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Take down what is going to run."""
        if self._collected and not session.config.getoption("collectonly", default=False):
            self.journal.planned(self._collected)
            for name, path in self.files.items():
                self._include(name, path)

    def _include(self, name: str, path: Path) -> None:
        try:
            self.journal.included(name, self.run.redactor.text(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            self.run.suite_errors.append(f"{path} could not be taken into the journal: {error}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A feature that cannot be collected voids the run."""
        if report.failed:
            self.run.suite_errors.append(f"collection of {report.nodeid or 'the features'} failed")

    def leave_out(self, nodeid: str) -> None:
        """Note that a collected scenario is not run on purpose, so that nobody misses it."""
        self._collected.remove(nodeid)

    # -- one scenario

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin the record, before any fixture is made."""
        template = template_of(item)
        self._current = None if template is None else new_record(item, template, self.run)
        if self._current is not None:
            self._reached = self._shown_checks = 0
            self.run.records[self._current.identity.id] = self._current
            self.journal.scenario_begun(self._current)

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_before_step(self) -> None:
        """A step begins, before its fixtures are made."""
        self.current.begin_step(self._reached)
        self._reached += 1

    @pytest.hookimpl(trylast=True)
    def pytest_bdd_after_step(self) -> None:
        """A step passed."""
        self.current.end_step(StepStatus.PASSED)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge what ended a phase, and make pytest's own report say the same."""
        report = yield
        self._redact(report)
        record = self._current
        if record is None:
            if report.failed:
                self.run.suite_errors.append(f"{item.nodeid} failed in {report.when}")
            return report
        verdict = Verdict.NONE
        if call.excinfo is not None:
            exception = call.excinfo.value
            reason = record.worsen(_PHASES[call.when], exception)
            verdict = reason.judgement.verdict
            if reason.judgement.exclusion and report.failed:
                path, line, _ = item.location
                report.outcome = "skipped"
                report.longrepr = (path, (line or 0) + 1, str(reason.judgement.finding))
        failed = record.failed_checks()
        if report.passed and len(failed) > self._shown_checks:
            report.outcome = "failed"
            report.longrepr = "\n".join(str(check.finding) for check in failed[self._shown_checks :])
        if len(failed) > self._shown_checks:
            verdict = max(verdict, Verdict.FAIL)
        self._shown_checks = len(failed)
        show_as(report, verdict)
        if report.when == "teardown":
            self._finish(record)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport | pytest.CollectReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Have pytest count as failed what failed, whenever it did, and nothing else."""
        return _SHOWN_AS.get(getattr(report, _VERDICT, "")) if report.failed else None

    def _redact(self, report: pytest.TestReport) -> None:
        """Take secrets out of what pytest is going to show: an exception's text, and what was printed."""
        clear = self.run.redactor.text
        shown = report.longreprtext
        if clear(shown) != shown:
            report.longrepr = clear(shown)
        report.sections = [(title, clear(text)) for title, text in report.sections]

    def _finish(self, record: ScenarioRecord) -> None:
        record.stop = now_ms()
        self._current = None
        self.journal.identified()
        self.journal.scenario_ended(record)
        self._tell(record)

    def _tell(self, record: ScenarioRecord) -> None:
        for sink in self._sinks:
            sink.scenario_finished(record)
        record.release()

    # -- the run

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Tell the reports that a run begins."""
        if session.config.getoption("collectonly", default=False):
            return
        for sink in self._sinks:
            sink.run_started(self.run)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """Before the last tear-down, make the late checks while receiver and target are still there."""
        if nextitem is None:
            self._check_late()

    def _check_late(self) -> None:
        for record in list(self.run.records.values()):
            if record.deferred and record is not self._current:
                self._looked_at_again.append(record)
            if record.deferred:
                while record.deferred:
                    self._check_one(record)
                self.journal.late_checks_made(record)

    def _check_one(self, record: ScenarioRecord) -> None:
        check, before = record.deferred.pop(0), len(record.failed_checks())
        record.end()
        self._checked_late = record
        try:
            check()
        except (Exception, pytest.skip.Exception, pytest.fail.Exception) as exception:  # noqa: BLE001 - all are judged
            reason = record.worsen(Phase.LATE, exception)
            text = str(reason.judgement.finding)
        else:
            text = "\n".join(str(failed.finding) for failed in record.failed_checks()[before:])
        finally:
            self._checked_late = None
        if text:
            self._worsened.append((record, text))
        if record is self._current:
            self._shown_checks = len(record.failed_checks())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Make the late checks that are left, tell the reports, and set the run's exit status."""
        if session.config.getoption("collectonly", default=False):
            return
        if self.run.unusable and self._current is not None:
            del self.run.records[self._current.identity.id]  # nothing ran, and nobody failed
            self._current = None
        if self._current is not None:
            fault = SuiteFault("the run ended while this scenario was running", hint="run it again")
            self._current.worsen(Phase.STEP, fault)
            self._finish(self._current)
        self._check_late()
        for record in self._looked_at_again:
            self._tell(record)
        for record, text in self._worsened:
            self._show_late(session, record, text)
        if not self.run.unusable:
            self._note_what_is_missing(exitstatus)
        self.run.suite_errors = list(map(self.run.redactor.text, self.run.suite_errors))
        self.run.unusable = self.run.redactor.text(self.run.unusable)
        self.run.finished = now_ms()
        for sink in self._sinks:
            sink.run_finished(self.run)
        session.exitstatus = self.run.exit_code

    def _show_late(self, session: pytest.Session, record: ScenarioRecord, text: str) -> None:
        session.config.hook.pytest_runtest_logreport(report=_late_report(record, text))

    def _note_what_is_missing(self, exitstatus: int) -> None:
        broken = _BROKEN_SESSION.get(exitstatus)
        if broken and broken not in self.run.suite_errors:  # a worker may have said so
            self.run.suite_errors.append(broken)
        begun = {record.nodeid for record in self.run.records.values()}
        left = [nodeid for nodeid in self._collected if nodeid not in begun]
        if left:
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            names = ", ".join(left[:_NAMED])
            self.run.suite_errors.append(f"not run: {names}{more}; nothing is said about what they test")


def show_as(report: pytest.TestReport, verdict: Verdict) -> None:
    """Have pytest count a report as what it means, if it is one of a failure."""
    setattr(report, _VERDICT, verdict.label)


def _late_report(record: ScenarioRecord, text: str) -> pytest.TestReport:
    """A tear-down report with which pytest counts a late failure and shows it."""
    path, _, name = record.nodeid.partition("::")
    excluded_late = record.verdict is Verdict.NONE
    report = pytest.TestReport(
        nodeid=record.nodeid,
        location=(path, None, name),
        keywords={},
        outcome="skipped" if excluded_late else "failed",
        longrepr=(path, 0, text) if excluded_late else f"found at the end of the run:\n{text}",
        when="teardown",
    )
    show_as(report, record.verdict)
    return report
