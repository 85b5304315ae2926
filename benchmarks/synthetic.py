"""Writes journals of runs that never were, as large as wanted: for benchmarks and tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.record.evidence import Check, Operation, Wire
from dsp_conformance.record.journal_writer import JournalWriter
from dsp_conformance.record.results import results, results_text
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    ScenarioIdentity,
    ScenarioRecord,
    StepRecord,
    StepStatus,
)

if TYPE_CHECKING:
    from pathlib import Path

_PARTS = 3
_STEPS = (("Given ", "a DSP"), ("When ", "it is asked"), ("Then ", "it answers"))


@dataclass(frozen=True, slots=True)
class Shape:
    """What a made-up run is like.

    Attributes:
        scenarios: how many.
        exchanges: how many each has; a third of them asynchronous messages.
        octets: about how large a message is.
        failing: numbers of the scenarios that fail, from 0.
        unclear: numbers of those that are inconclusive.
        owed: numbers of those that have something checked at the end of the run.
        version: of the product.
        seconds: how long each answer took.
        ended: whether the run came to its end.
    """

    scenarios: int = 3
    exchanges: int = 3
    octets: int = 200
    failing: frozenset[int] = frozenset()
    unclear: frozenset[int] = frozenset()
    owed: frozenset[int] = frozenset({0})
    version: str = "9.8"
    seconds: float = 0.004
    ended: bool = True


def ledger() -> Ledger:
    """A ledger of two requirements."""
    demands = {"CORE-01": Keyword.MUST, "DUIS-01": Keyword.MUST, "CORE-02": Keyword.ASSUMED}
    return Ledger(
        (
            Requirement(
                id=name, title=f"About {name}", text="A conforming DSP answers.", keyword=keyword, revision=1
            )
            for name, keyword in demands.items()
        ),
        {"CORE": "The core", "DUIS": "Every message"},
    )


def write_journal(path: Path, shape: Shape, *, key: str = "made-up") -> Run:
    """Write a journal, and return the run that it tells of."""
    run = Run(RunIdentity("1.2.3", "Example DSP", shape.version, "bundled", {"smets1": None}), ledger())
    journal = JournalWriter(path, run, key=key)
    journal.begin()
    journal.planned([f"scenario {number}" for number in range(shape.scenarios)])
    owed = [_scenario(run, journal, shape, number) for number in range(shape.scenarios)]
    for record in owed:
        if record.deferred:
            record.end()
            record.deferred.clear()
            record.attach_exchange("counted at the end", checks=[_check(passed=True)])
            journal.late_checks_made(record)
    if shape.ended:
        run.finished = max(run.started, *(record.stop for record in owed)) + 1
        tree = results(run)
        journal.finish(tree, results_text(tree).encode())
    journal.close()
    return run


def _scenario(run: Run, journal: JournalWriter, shape: Shape, number: int) -> ScenarioRecord:
    name = f"features/made_up.feature::scenario {number:04}"
    who = ScenarioIdentity(
        name, name, "features/made_up.feature", "Made up", "", f"scenario {number:04}", {}, ("CORE-01",)
    )
    steps = [
        StepRecord("Given ", "a DSP"),
        StepRecord("When ", "it is asked"),
        StepRecord("Then ", "it answers"),
    ]
    record = ScenarioRecord(who, f"scenario {number}", steps, start=run.started)
    run.absorb([record])
    journal.scenario_begun(record)
    record.begin_step(0)
    record.attach_operation(
        Operation(record.start, "provide-device", {"status": "Active"}, "done", "{}", 1.5)
    )
    record.end_step(StepStatus.PASSED)
    record.begin_step(1)
    for index in range(shape.exchanges):
        _exchange(record, journal, shape, number * shape.exchanges + index)
    record.observe("nothing to see")
    record.end_step(StepStatus.PASSED)
    record.begin_step(2)
    if number in shape.failing:
        record.worsen(Phase.STEP, RequirementNotMet(expected="I0", found="E5"))
    elif number in shape.unclear:
        record.worsen(Phase.STEP, Inconclusive(Cause.TARGET_UNREACHABLE, "connection refused"))
    record.end_step(StepStatus.PASSED)
    record.stop = record.start + 20
    if number in shape.owed:
        record.defer(lambda: None)
    journal.scenario_ended(record)
    record.release()
    return record


def _exchange(record: ScenarioRecord, journal: JournalWriter, shape: Shape, number: int) -> None:
    request_id = f"90-B3-D5-1F-30-00-00-01:00-DB-12-F0-00-00-00-01:{number}"
    body = f"<message n='{number}' \u00e9='\u20ac'>{'<part/>' * (shape.octets // 7)}</message>".encode()
    arrived = number % _PARTS == _PARTS - 1
    wire = Wire(
        record.start,
        None if arrived else shape.seconds,
        "Receive Response Service" if arrived else "Send Command Service",
        "" if arrived else "http://dsp.example/api/v1/serviceS",
        "dsp.example:80",
        204 if arrived else 200,
        {"content-type": "application/xml"},
        {"content-type": "application/xml", "content-length": str(len(body))},
        request_id,
        "11.2",
        "90-B3-D5-1F-30-00-00-01",
    )
    if arrived:
        journal.message_arrived(
            body,
            at=record.start,
            peer="dsp.example:4711",
            address="/90-B3-D5-1F-30-00-00-01",
            status=204,
            headers={"content-type": "application/xml"},
            title="asynchronous I0",
            request_id=request_id,
            repeats=0,
            refusal="",
            came=len(body),
            checks=[_check(passed=True)],
        )
    record.attach_exchange(
        "SR11.2 ← asynchronous I0" if arrived else "SR11.2 CV1 → I99",
        None if arrived else b"\xff\xfe not text" + body,
        body,
        checks=[_check(passed=True)],
        facts={"HTTP status": "200"},
        wire=wire,
    )


def _check(*, passed: bool) -> Check:
    return Check("DUIS-01", passed, "an XML document", "an XML document", "")
