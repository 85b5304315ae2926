"""Writes a journal while a run goes on, line by line, so that a run that is killed leaves what it saw.

Each line is one `write` to a file opened for appending. What was written survives the death of the process;
nothing is synchronised to the disk, so a loss of power may take the last lines. On local file systems
appended writes of several processes never mix, so the workers of a run share one file.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from dsp_conformance.record import redacted
from dsp_conformance.record.evidence import Check, Message, now_ms
from dsp_conformance.record.journal_digests import digest, ledger_digest, verdicts_digest
from dsp_conformance.record.journal_lines import (
    Arrived,
    Exchanged,
    Footer,
    Header,
    Held,
    Identified,
    Included,
    KnownFailures,
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
from dsp_conformance.record.record_json import reason_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from hashlib import _Hash as Hash
    from pathlib import Path

    from pydantic import BaseModel

    from dsp_conformance.record.evidence import CheckOutcome, Exchange, Operation
    from dsp_conformance.record.run import Run, RunIdentity
    from dsp_conformance.record.scenario_record import Reason, ScenarioRecord
    from dsp_conformance.record.watching import Place

MAIN = "main"
"""The process that begins the journal and ends it; workers have names of their own."""

_TYPE = re.compile(rb'"type":"([a-z ]+)"')  # text within a line has its quotes escaped


class JournalWriter:
    """One process's hand in a run's journal; may be used from several threads at once.

    If a line cannot be written, the run is told that its suite failed, and nothing more is written.

    Args:
        path: the journal.
        run: what is going on; takes an error of the suite where a line cannot be written.
        key: the run's id, the same in all its processes.
        process: this process: "main", or the worker's name.
    """

    def __init__(self, path: Path, run: Run, *, key: str, process: str = MAIN) -> None:
        self.path = path
        self._run = run
        self._key = key
        self._process = process
        self._lock = threading.Lock()
        self._number = 0
        self._file: int | None = None
        self._broken = False
        self._identity: RunIdentity | None = None

    # -- the run

    def begin(self) -> None:
        """Begin a new journal, with its header; a former run's is removed."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)  # not emptied: whoever still writes to it writes to nobody
        except OSError as error:
            self._give_up(error)
        run = self._run
        self._identity = run.identity
        known = run.baseline
        self._write(
            Header,
            started=run.started,
            identity=run.identity,
            enforce_assumed=run.enforce_assumed,
            ledger=Held(
                sha256=ledger_digest(run.ledger),
                groups=run.ledger.groups,
                requirements=tuple(run.ledger.values()),
            ),
            baseline=None
            if known is None
            else KnownFailures(file=known.path.name, today=known.today, entries=known.entries),
        )

    def identified(self) -> None:
        """Note what is tested, if it has become better known."""
        if self._process == MAIN and self._run.identity is not self._identity:
            self._identity = self._run.identity
            self._write(Identified, identity=self._run.identity)

    def planned(self, nodeids: Sequence[str]) -> None:
        """Note what is going to run."""
        plan = self._run.plan
        self._write(Planned, plan=None if plan is None else plan.to_json(), scenarios=tuple(nodeids))

    def included(self, name: str, text: str) -> None:
        """Keep a file that the run rests on; see `lines.Included`."""
        self._write(Included, name=name, text=text)

    def finish(self, results: Mapping[str, Any], octets: bytes) -> None:
        """Write the footer, once all other processes have ended, and close the file.

        Args:
            results: the document `results.json`.
            octets: the same as the file has it.
        """
        self.identified()
        with self._lock:
            if self._broken:
                return
            try:
                counts, before = _written(self.path)
            except OSError as error:
                self._give_up(error)
                return
        footer = partial(
            Footer,
            finished=self._run.finished,
            unusable=self._run.unusable,
            suite_errors=tuple(self._run.suite_errors),
            receiver=dict(self._run.receiver),
            verdict=results["verdict"]["verdict"],
            exit_code=results["verdict"]["exit_code"],
            results_sha256=digest(octets),
            verdicts_sha256=verdicts_digest(results),
            counts=counts,
        )
        self._write(lambda **line: footer(**line, sha256=footer(**line).digest(before)))
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    # -- scenarios

    def scenario_begun(self, record: ScenarioRecord) -> None:
        """A scenario begins; from now on its record is watched."""
        record.watcher = self
        self._write(
            ScenarioBegun,
            scenario=record.identity.id,
            at=record.start,
            nodeid=record.nodeid,
            identity=record.identity,
            steps=tuple((step.keyword, step.text) for step in record.steps),
        )

    def scenario_ended(self, record: ScenarioRecord) -> None:
        """A scenario is over, but for what it is owed."""
        owed = len(record.deferred)
        self._write(
            ScenarioEnded,
            scenario=record.identity.id,
            at=record.stop,
            verdict=record.verdict.label,
            owed=owed,
        )

    def late_checks_made(self, record: ScenarioRecord) -> None:
        """A scenario is owed nothing any more."""
        self._write(LateChecked, scenario=record.identity.id, at=now_ms(), verdict=record.verdict.label)

    def exchange_attached(self, record: ScenarioRecord, place: Place, exchange: Exchange) -> None:
        """See `watching.Watcher`. What the receiver took in stands in the journal already, octets and all."""
        arrived = exchange.request is None and exchange.wire is not None
        self._write(
            Exchanged,
            scenario=record.identity.id,
            at=exchange.at,
            requirements=record.identity.requirements,
            place=place,
            title=exchange.title,
            request=Octets.of(exchange.request),
            response=Octets.of(exchange.response, elsewhere=arrived),
            checks=exchange.checks,
            facts=exchange.facts,
            wire=exchange.wire,
        )

    def operation_attached(self, record: ScenarioRecord, place: Place, operation: Operation) -> None:
        """See `watching.Watcher`."""
        self._write(Operated, scenario=record.identity.id, place=place, operation=operation)

    def observed(self, record: ScenarioRecord, place: Place, text: str) -> None:
        """See `watching.Watcher`."""
        self._write(Observed, scenario=record.identity.id, at=now_ms(), place=place, text=text)

    def step_begun(self, record: ScenarioRecord, index: int) -> None:
        """See `watching.Watcher`."""
        step = record.steps[index]
        self._write(StepBegun, scenario=record.identity.id, at=step.start, step=index)

    def step_ended(self, record: ScenarioRecord, index: int) -> None:
        """See `watching.Watcher`."""
        step = record.steps[index]
        self._write(StepEnded, scenario=record.identity.id, at=step.stop, step=index, status=step.status)

    def worsened(self, record: ScenarioRecord, reason: Reason) -> None:
        """See `watching.Watcher`."""
        told = reason_to_json(reason)
        told["requirements"] = tuple(told["requirements"])
        self._write(Worsened, scenario=record.identity.id, at=now_ms(), **told)

    # -- outside of scenarios

    def operation(self, operation: Operation) -> None:
        """The testbed did something for the run as a whole."""
        done = redacted.operation(self._run.redactor, operation)
        self._write(Operated, scenario=None, place=None, operation=done)

    def message_arrived(
        self,
        octets: bytes,
        *,
        at: int,
        peer: str,
        address: str,
        status: int,
        headers: Mapping[str, str],
        title: str,
        request_id: str,
        repeats: int,
        refusal: str,
        came: int,
        checks: Iterable[CheckOutcome],
    ) -> None:
        """The DSP posted a message; see `source.Arrival`. Of `came` octets these were kept."""
        clear = self._run.redactor
        message = Octets.of(Message.of(clear.octets(octets)))
        self._write(
            Arrived,
            at=at,
            peer=peer,
            address=clear.text(address),
            status=status,
            headers=clear.headers(headers),
            title=clear.text(title),
            request_id=request_id,
            repeats=repeats,
            refusal=clear.text(refusal),
            came=came,
            message=message,
            checks=tuple(redacted.check(clear, Check.of(check)) for check in checks),
        )

    # -- the file

    def _write(self, line: Callable[..., BaseModel], **values: Any) -> None:
        with self._lock:
            if self._broken:
                return
            try:
                made = line(run=self._key, process=self._process, number=self._number + 1, **values)
                octets = made.model_dump_json().encode() + b"\n"
                if self._file is None:
                    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                    self._file = os.open(self.path, flags, 0o644)
                if os.write(self._file, octets) != len(octets):
                    raise OSError("a line was written in part")  # noqa: TRY301 - handled like all others
            except (OSError, ValueError) as error:
                self._give_up(error)
                return
            self._number += 1

    def _give_up(self, error: Exception) -> None:
        self._broken = True
        self._run.suite_errors.append(f"the journal could not be written: {error}")


def _written(path: Path) -> tuple[dict[str, int], Hash]:
    """Count a journal's lines by type, and begin the digest of all its octets."""
    counts: Counter[str] = Counter()
    whole = hashlib.sha256()
    with path.open("rb") as file:
        for line in file:
            whole.update(line)
            found = _TYPE.search(line)
            counts[found[1].decode() if found else "unreadable"] += 1
    return dict(counts), whole
