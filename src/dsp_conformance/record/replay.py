"""Makes a run's records anew from its journal, and with them its verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.ledger.verdicts import SuiteFault, Verdict
from dsp_conformance.record.baseline import Baseline
from dsp_conformance.record.evidence import Evidence, Exchange, Message
from dsp_conformance.record.journal_digests import ledger_digest
from dsp_conformance.record.journal_lines import (
    Arrived,
    Exchanged,
    Header,
    Identified,
    Included,
    LateChecked,
    Observed,
    Octets,
    Operated,
    Planned,
    ScenarioBegun,
    ScenarioEnded,
    StepBegun,
    StepEnded,
    Worsened,
)
from dsp_conformance.record.journal_reading import JournalError, JournalReader, Placed
from dsp_conformance.record.plan import Plan
from dsp_conformance.record.record_json import reason_from_json
from dsp_conformance.record.run import Run
from dsp_conformance.record.scenario_record import Phase, ScenarioRecord, StepRecord, StepStatus
from dsp_conformance.record.source import Arrival

if TYPE_CHECKING:
    from dsp_conformance.record.evidence import Operation
    from dsp_conformance.record.watching import Place

_NAMED = 5


@dataclass(slots=True)
class Replay:
    """A journal, line by line.

    Attributes:
        path: the journal.
        reader: reads it.
        run: what it told so far.
        arrived: the lines of messages that the DSP posted.
        operations: testbed operations outside of any scenario.
        exchanged: where the line of each exchange begins, by the exchange's identity.
        kept: where the line of an asynchronous message begins, by the digest of its octets.
        asked: the RequestIDs that were sent.
        files: texts of the files that the run rested on, by name.
    """

    path: Path
    reader: JournalReader
    run: Run
    arrived: list[Arrived] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    exchanged: dict[int, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    _owed: set[str] = field(default_factory=set)
    _planned: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path) -> Replay:
        """Read a journal to where it can be read, without asking whether the run came to its end.

        Raises:
            JournalError: it is no journal, or not as it was written.
        """
        reader = JournalReader(path)
        lines = iter(reader)
        replay = cls(path, reader, _begun(path, next(lines).line))
        for placed in lines:
            replay._take(placed)
        return replay

    # -- line by line

    def _take(self, placed: Placed) -> None:  # noqa: C901, PLR0912 - one case a type of line
        match placed.line:
            case Identified() as line:
                self.run.identity = line.identity
            case Planned() as line:
                self._plan(line, placed)
            case Included() as line:
                self.files[line.name] = line.text
            case ScenarioBegun() as line:
                self._begin(line, placed)
            case StepBegun() as line:
                step = self._step(line.scenario, line.step, placed)
                step.status, step.start = StepStatus.RUNNING, line.at
            case StepEnded() as line:
                step = self._step(line.scenario, line.step, placed)
                step.status, step.stop = line.status, line.at
            case Exchanged() as line:
                self._exchange(line, placed)
            case Observed() as line:
                self._evidence(line.scenario, line.place, placed).observations.append(line.text)
            case Operated(scenario=str(scenario), place=place) as line if place is not None:
                self._evidence(scenario, place, placed).operations.append(line.operation)
            case Operated() as line:
                self.operations.append(line.operation)
            case Worsened() as line:
                self._record(line.scenario, placed).reasons.append(reason_from_json(line.model_dump()))
            case ScenarioEnded() as line:
                record = self._record(line.scenario, placed)
                record.stop = line.at
                self._agree(record, line.verdict, placed)
                if line.owed:
                    self._owed.add(line.scenario)
            case LateChecked() as line:
                self._agree(self._record(line.scenario, placed), line.verdict, placed)
                self._owed.discard(line.scenario)
            case Arrived() as line:
                self._arrive(line, placed)

    def _plan(self, line: Planned, placed: Placed) -> None:
        self._planned = line.scenarios
        if line.plan is not None:
            try:
                self.run.plan = Plan.from_json(line.plan)
            except (KeyError, TypeError, ValueError) as error:
                raise self._error(placed, f"its plan cannot be read: {error!r}") from None

    def _begin(self, line: ScenarioBegun, placed: Placed) -> None:
        if line.scenario in self.run.records or line.scenario != line.identity.id:
            raise self._error(placed, f"it begins the scenario {line.scenario!r} twice, or by two names")
        steps = [StepRecord(keyword, text) for keyword, text in line.steps]
        record = ScenarioRecord(line.identity, line.nodeid, steps, line.at)
        self.run.records[line.scenario] = record

    def _exchange(self, line: Exchanged, placed: Placed) -> None:
        exchange = Exchange(
            line.title,
            line.at,
            _message(line.request),
            _message(line.response),
            line.checks,
            dict(line.facts),
            line.wire,
        )
        self.exchanged[id(exchange)] = placed.offset
        if line.wire is not None and line.request is not None:
            self.asked.add(line.wire.request_id)
        self._evidence(line.scenario, line.place, placed).exchanges.append(exchange)

    def _arrive(self, line: Arrived, placed: Placed) -> None:
        self.kept.setdefault(line.message.sha256, placed.offset)
        self.arrived.append(line.model_copy(update={"message": line.message.model_copy(update=_BARE)}))

    def _agree(self, record: ScenarioRecord, verdict: str, placed: Placed) -> None:
        if record.verdict.label != verdict:
            raise self._error(
                placed,
                f"the evidence for {record.identity.id!r} leads to another verdict",
                expected=verdict,
                found=record.verdict.label,
            )

    def _record(self, scenario: str, placed: Placed) -> ScenarioRecord:
        try:
            return self.run.records[scenario]
        except KeyError:
            raise self._error(placed, f"it tells of the scenario {scenario!r}, which never began") from None

    def _step(self, scenario: str, index: int, placed: Placed) -> StepRecord:
        steps = self._record(scenario, placed).steps
        if index >= len(steps):
            raise self._error(placed, f"it tells of step {index} of {scenario!r}, which has {len(steps)}")
        return steps[index]

    def _evidence(self, scenario: str, place: Place, placed: Placed) -> Evidence:
        if isinstance(place, int):
            return self._step(scenario, place, placed).evidence
        record = self._record(scenario, placed)
        return record.late if place == "late" else record.evidence

    def _error(self, placed: Placed, what: str, **more: str) -> JournalError:
        return JournalError(self.path, what, line=placed.number, **more)

    # -- the end

    def end(self) -> None:
        """Take what the footer says; without one, note what the run left open, which is never a pass.

        Raises:
            JournalError: the footer contradicts the lines before it.
        """
        footer = self.reader.footer
        if footer is None:
            self._end_early()
            return
        self.run.finished = footer.finished
        self.run.unusable = footer.unusable
        self.run.suite_errors = list(footer.suite_errors)
        self.run.receiver = footer.receiver
        open_ones = [one for one in self.run.records.values() if not one.stop]
        for record in open_ones:
            if not footer.unusable:
                raise JournalError(self.path, f"its scenario {record.identity.id!r} never ended")
            del self.run.records[record.identity.id]  # the run could not start, and nobody failed
        for scenario in self._owed:
            if self.run.records[scenario].verdict is not Verdict.ERROR:
                raise JournalError(self.path, f"its scenario {scenario!r} is still owed checks")

    def _end_early(self) -> None:
        run = self.run
        run.complete = False
        run.finished = max(self.reader.last, run.started)
        cut = f"; {self.reader.cut}" if self.reader.cut else ""
        run.suite_errors.append(f"the run did not come to its end: its journal has no footer{cut}")
        for record in run.records.values():
            if not record.stop:
                _leave_open(record, Phase.STEP, "the run ended while this scenario was running")
                record.stop = run.finished
            elif record.identity.id in self._owed:
                lost = "the run ended before the checks could be made that belong to its end"
                _leave_open(record, Phase.LATE, lost)
        begun = {record.nodeid for record in run.records.values()}
        left = [nodeid for nodeid in self._planned if nodeid not in begun]
        if left:
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            run.suite_errors.append(
                f"not run: {', '.join(left[:_NAMED])}{more}; nothing is said about what they test"
            )

    # -- what reports read

    def arrivals(self) -> tuple[Arrival, ...]:
        """Every message that the DSP posted."""
        return tuple(
            Arrival(
                line.at,
                line.peer,
                line.address,
                line.status,
                line.title,
                line.request_id,
                line.repeats,
                line.request_id not in self.asked,
                line.refusal,
                line.came,
                line.message.sha256,
            )
            for line in self.arrived
        )


_BARE: dict[str, Any] = {"text": None, "base64": None}


def _begun(path: Path, header: Header) -> Run:
    ledger = Ledger(header.ledger.requirements, header.ledger.groups)
    if ledger_digest(ledger) != header.ledger.sha256:
        raise JournalError(path, "its ledger is not that of the digest beside it", line=1)
    known = header.baseline
    return Run(
        header.identity,
        ledger,
        enforce_assumed=header.enforce_assumed,
        baseline=None if known is None else Baseline(Path(known.file), known.entries, known.today),
        started=header.started,
    )


def _message(octets: Octets | None) -> Message | None:
    return None if octets is None else Message(None, octets.size, octets.sha256)


def _leave_open(record: ScenarioRecord, phase: Phase, what: str) -> None:
    step = next((one for one in record.steps if one.status is StepStatus.RUNNING), None)
    record.worsen(phase, SuiteFault(what, hint="run it again"))
    if step is not None:
        step.status = StepStatus.ERROR
