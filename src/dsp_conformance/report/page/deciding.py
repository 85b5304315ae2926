"""Which message decided: where a reader who asks "why" has to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.record.scenario_record import Phase, StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.ledger.verdicts import Finding
    from dsp_conformance.record.evidence import Evidence, Exchange
    from dsp_conformance.record.scenario_record import Reason, ScenarioRecord

__all__ = ["Placed", "Trouble", "deciding_exchange", "placed_exchanges", "troubles_with"]

_SETTING_UP = "given"


@dataclass(frozen=True, slots=True)
class Placed:
    """An exchange and where it stands.

    Attributes:
        index: in `ScenarioRecord.exchanges()`.
        exchange: the exchange.
        step: number of the step it belongs to; None for what stands outside of steps.
        judged: whether the step is one that acts or judges, not one that sets up.
        late: whether it was seen at the end of the run.
    """

    index: int
    exchange: Exchange
    step: int | None
    judged: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that speaks against a requirement.

    Attributes:
        finding: what it is.
        step: the step that found it, as the feature words it; may be empty.
        index: the exchange that decided, in `ScenarioRecord.exchanges()`; None if there is none.
    """

    finding: Finding
    step: str
    index: int | None


def placed_exchanges(record: ScenarioRecord) -> Iterator[Placed]:
    """All exchanges in the order of `ScenarioRecord.exchanges()`."""
    index = 0

    def of(evidence: Evidence, step: int | None, *, judged: bool, late: bool) -> Iterator[Placed]:
        nonlocal index
        for exchange in evidence.exchanges:
            yield Placed(index, exchange, step, judged, late)
            index += 1

    yield from of(record.evidence, None, judged=False, late=False)
    judged = False
    for number, step in enumerate(record.steps):
        keyword = step.keyword.strip().lower()
        judged = keyword != _SETTING_UP and (judged or keyword in {"when", "then"})
        yield from of(step.evidence, number, judged=judged, late=False)
    yield from of(record.late, None, judged=True, late=True)


def deciding_exchange(record: ScenarioRecord) -> int | None:
    """The exchange that decided a scenario's verdict; None if none did, as where nothing was exchanged.

    For a failed check it is the first exchange that failed one; for a step that did not pass, the last one
    up to that step; for a scenario that passed, the last one of its steps.
    """
    placed = list(placed_exchanges(record))
    worst = max(record.reasons, key=lambda one: one.judgement.verdict, default=None)
    if record.verdict is Verdict.FAIL and (worst is None or worst.judgement.verdict is not Verdict.FAIL):
        return next((one.index for one in placed if _fails(one.exchange)), None)
    if worst is not None:
        return _before(record, worst, placed)
    in_steps = [one.index for one in placed if one.step is not None]
    return in_steps[-1] if in_steps else (placed[-1].index if placed else None)


def troubles_with(record: ScenarioRecord, requirement: str) -> list[Trouble]:
    """What a scenario found against a requirement, each finding once."""
    placed = list(placed_exchanges(record))
    own = requirement in record.identity.requirements
    found = [
        Trouble(reason.judgement.finding, reason.step, _before(record, reason, placed))
        for reason in record.reasons
        if requirement in reason.judgement.requirements or (own and not reason.judgement.requirements)
    ]
    if not found and own:  # cut short by what speaks against another requirement
        cut = [reason for reason in record.reasons if reason.phase.cut_short]
        found = [Trouble(one.judgement.finding, one.step, _before(record, one, placed)) for one in cut]
    for one in placed:
        failed = [check for check in one.exchange.checks if not check.passed]
        found += [
            Trouble(check.finding, _step_of(record, one), one.index)
            for check in failed
            if check.requirement == requirement
        ]
    return list({str(trouble.finding): trouble for trouble in reversed(found)}.values())[::-1]


def _fails(exchange: Exchange) -> bool:
    return any(not check.passed for check in exchange.checks)


def _step_of(record: ScenarioRecord, placed: Placed) -> str:
    return record.steps[placed.step].title if placed.step is not None else ""


def _before(record: ScenarioRecord, reason: Reason, placed: list[Placed]) -> int | None:
    if reason.phase is Phase.LATE:
        late = [one for one in placed if one.late]
        failing = [one for one in late if _fails(one.exchange)]
        candidates = failing[:1] or late or placed
    else:
        ended = [number for number, step in enumerate(record.steps) if step.status not in _NO_END]
        last = ended[0] if ended else len(record.steps)
        candidates = [one for one in placed if not one.late and (one.step is None or one.step <= last)]
    return candidates[-1].index if candidates else None


_NO_END = frozenset({StepStatus.PASSED, StepStatus.NOT_RUN})
