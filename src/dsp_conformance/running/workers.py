"""A run on several worker processes: workers record, the controller gathers and decides.

Each worker hands a scenario's record over with pytest's own report of its tear-down, and at its end whatever
the late checks changed. A worker that is lost leaves its scenario, and those whose late checks it still
owed, without a verdict: an error of the suite, and never a pass.
"""

from __future__ import annotations

import json
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from dsp_conformance.collection.gherkin import new_record, template_of
from dsp_conformance.ledger.verdicts import SuiteFault
from dsp_conformance.record.evidence import now_ms
from dsp_conformance.record.record_json import from_json, to_json
from dsp_conformance.record.scenario_record import Phase, ScenarioIdentity, ScenarioRecord
from dsp_conformance.running.recorder import RunRecorder, Sink, show_as

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from dsp_conformance.record.journal_writer import JournalWriter
    from dsp_conformance.record.run import Run

_RECORD = "dsp_record"
_OWED = "dsp_owed"
_OUTPUT = "dsp"


class Role(Enum):
    """What a pytest process is in a run."""

    ALONE = auto()
    CONTROLLER = auto()
    WORKER = auto()

    @classmethod
    def of(cls, config: pytest.Config) -> Role:
        """Tell from pytest-xdist's settings; without that plugin every process is alone."""
        if hasattr(config, "workerinput"):
            return cls.WORKER
        distributed = config.getoption("dist", "no") != "no" and bool(config.getoption("tx", ()))
        return cls.CONTROLLER if distributed and not config.getoption("collectonly") else cls.ALONE


class Node(Protocol):
    """A worker as pytest-xdist shows it to the controller."""

    gateway: Any
    workerinput: dict[str, Any]
    workeroutput: dict[str, Any]


class WorkerRecorder(RunRecorder):
    """Records one worker's scenarios, and hands every record to the controller."""

    def __init__(self, run: Run, journal: JournalWriter, sinks: Sequence[Sink] = ()) -> None:
        super().__init__(run, journal, sinks)
        self._late: list[tuple[str, str]] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Expect nothing to run: the controller knows what has to."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the record along when the scenario is over."""
        record = self._current
        report = yield from super().pytest_runtest_makereport(item, call)
        if record is not None and report.when == "teardown":
            setattr(report, _RECORD, json.dumps(to_json(record)))
            setattr(report, _OWED, bool(record.deferred))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Make the late checks, and hand over what they changed and what went wrong outside of scenarios."""
        running = [] if self._current is None else [self._current]
        super().pytest_sessionfinish(session, exitstatus)
        told = {
            "records": [to_json(record) for record in (*self._looked_at_again, *running)],
            "late": self._late,
            "suite_errors": self.run.suite_errors,
        }
        session.config.workeroutput[_OUTPUT] = json.dumps(told)  # type: ignore[attr-defined] # of pytest-xdist

    def _show_late(self, session: pytest.Session, record: ScenarioRecord, text: str) -> None:  # noqa: ARG002
        self._late.append((record.identity.id, text))  # pytest-xdist sends no reports any more


class ControllerRecorder(RunRecorder):
    """Gathers the records of all workers, and decides the session's exit status."""

    def __init__(self, run: Run, journal: JournalWriter, sinks: Sequence[Sink] = ()) -> None:
        super().__init__(run, journal, sinks)
        self._items: dict[str, pytest.Item] = {}
        self._owed: dict[str, str] = {}
        self._nodes: dict[str, Node] = {}
        self._heard: set[str] = set()
        self._lost = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is going to run, where this process collects as its workers do."""
        super().pytest_collection_finish(session)
        self._items = {item.nodeid: item for item in session.items}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Note what is going to run; every worker finds the same."""
        self._collected = list(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the record of a scenario that ended."""
        text: str | None = getattr(report, _RECORD, None)
        if text is None:
            return
        delattr(report, _RECORD)  # other plugins may keep reports
        record = from_json(json.loads(text))
        self.run.absorb([record])
        self.journal.identified()
        if getattr(report, _OWED):
            self._owed[record.identity.id] = str(getattr(report, "worker_id", ""))

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """A worker was lost in the middle of a scenario."""
        record = self._lost_record(crashitem)
        self._fault(record, Phase.STEP, "its worker process was lost while it ran")
        report.longrepr = str(record.reasons[-1].judgement.finding)
        show_as(report, record.verdict)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Node) -> None:
        """Know every worker, to hear what each one says at its end."""
        self._nodes[str(node.gateway.id)] = node

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Node, error: object) -> None:
        """Take over what a worker says at its end, or note that it was lost."""
        name = str(node.gateway.id)
        if name in self._heard or self._hear(name, node):
            return
        self._heard.add(name)
        self._lost = True
        *_, why = ["it said nothing", *str(error or "").strip().splitlines()]
        self.run.suite_errors.append(f"the worker process {name} was lost: {why}")

    def _hear(self, name: str, node: Node) -> bool:
        text: str | None = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if text is None:
            return False
        self._heard.add(name)
        told = json.loads(text)
        self.run.absorb(map(from_json, told["records"]))
        self._worsened += [(self.run.records[identifier], text) for identifier, text in told["late"]]
        self.run.suite_errors += [one for one in told["suite_errors"] if one not in self.run.suite_errors]
        self._owed = {identifier: owing for identifier, owing in self._owed.items() if owing != name}
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Decide once all workers have ended, which pytest-xdist sees to before."""
        for name in self._nodes.keys() - self._heard:  # where an interrupt kept pytest-xdist from listening
            self._hear(name, self._nodes[name])
        if self._lost:  # it may have seen, in its last moments, what it could not hand over any more
            self.run.absorb(self._journalled())
        for identifier in () if self.run.unusable else self._owed:
            lost = "the run ended before the checks could be made that belong to its end"
            self._fault(self.run.records[identifier], Phase.LATE, lost)
        super().pytest_sessionfinish(session, exitstatus)

    def _fault(self, record: ScenarioRecord, phase: Phase, what: str) -> None:
        hint = "run it alone; if that ends the same way, report it to the suite's maintainers"
        record.watcher = self.journal
        record.worsen(phase, SuiteFault(what, hint=hint))
        if not record.stop:
            record.stop = now_ms()
            self.journal.scenario_ended(record)
        self._tell(record)

    def _lost_record(self, nodeid: str) -> ScenarioRecord:
        """The record of a scenario whose worker was lost, as far as the journal has it."""
        records = [record for record in self._journalled() if record.nodeid == nodeid]
        record = records[-1] if records else self._empty_record(nodeid)
        self.run.absorb([record])
        if not records:
            self.journal.scenario_begun(record)
        return record

    def _journalled(self) -> list[ScenarioRecord]:
        from dsp_conformance.record import journal  # noqa: PLC0415 - needed only where a worker was lost

        try:
            return journal.records(self.journal.path)
        except journal.JournalError as error:
            self.run.suite_errors.append(str(error))
            return []

    def _empty_record(self, nodeid: str) -> ScenarioRecord:
        item = self._items.get(nodeid)
        template = None if item is None else template_of(item)
        if item is None or template is None:  # not collected here: there is no more than its name
            return ScenarioRecord(
                ScenarioIdentity(nodeid, nodeid, nodeid, nodeid, "", nodeid, {}, ()), nodeid, []
            )
        return new_record(item, template, self.run)
