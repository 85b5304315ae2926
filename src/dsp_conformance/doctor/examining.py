"""Runs checks one after the other, and leaves out what builds upon a failed one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.doctor.outcome import Outcome, Status, error, skipped
from dsp_conformance.duis.messages import UnexpectedShape
from dsp_conformance.ledger.verdicts import Inconclusive, NotTestable, RequirementNotMet, SuiteFault
from dsp_conformance.testbed import TestbedError
from dsp_conformance.user.counters import CounterUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dsp_conformance.doctor.examination import Examination

__all__ = ["Check", "Examined", "examine"]

_FOUND_UNDERWAY = (
    Inconclusive,
    NotTestable,
    RequirementNotMet,
    SuiteFault,
    TestbedError,
    CounterUnusable,
    UnexpectedShape,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        id: its name in kebab-case.
        title: what is looked at.
        look: looks, and says what is the case.
        needs: the ids of earlier checks without which it cannot look.
    """

    id: str
    title: str
    look: Callable[[Examination], Outcome]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """A check and what it found.

    Attributes:
        check: which.
        outcome: what.
        seconds: how long it took.
    """

    check: Check
    outcome: Outcome
    seconds: float


def examine(checks: Sequence[Check], examination: Examination) -> Iterator[Examined]:
    """Run checks in their order, and give each outcome when it is there.

    A check is skipped where one that it needs failed, or was skipped itself.
    """
    failed: dict[str, str] = {}
    for check in checks:
        begun = time.perf_counter()
        lacking = next((failed[need] for need in check.needs if need in failed), None)
        if lacking is None:
            outcome = _looked(check, examination)
        else:
            outcome = skipped(f"not looked at: it builds upon {lacking!r}, which failed")
        if outcome.status is Status.ERROR:
            failed[check.id] = check.title
        elif outcome.status is Status.SKIPPED:
            failed[check.id] = lacking or check.title
        yield Examined(check, outcome, time.perf_counter() - begun)


def _looked(check: Check, examination: Examination) -> Outcome:
    try:
        return check.look(examination)
    except (Inconclusive, NotTestable, RequirementNotMet, SuiteFault) as reason:
        finding = reason.finding
        expected = f": expected {finding.expected}, found {finding.found}" if finding.expected else ""
        found = finding.found if not expected and finding.found else ""
        return error(f"{finding.what}{expected}{found and f': {found}'}", finding.hint)
    except _FOUND_UNDERWAY as reason:
        return error(str(reason), "See the DSP's and the testbed's own logs.")
