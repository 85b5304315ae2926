"""How verdicts read on the page: a word and a symbol each, so that none depends on colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.ledger.verdicts import Exclusion, RunVerdict, Verdict

if TYPE_CHECKING:
    from dsp_conformance.record.run import RequirementResult
    from dsp_conformance.record.scenario_record import ScenarioRecord

__all__ = ["NOTHING", "Wording", "of_requirement", "of_run", "of_scenario", "of_verdict", "plural"]


@dataclass(frozen=True, slots=True)
class Wording:
    """A verdict for people.

    Attributes:
        key: its class in the style sheet: "pass", "fail", "inconclusive", "error" or "none".
        symbol: one character.
        word: such as "not met".
    """

    key: str
    symbol: str
    word: str


NOTHING = "\N{EN DASH}"
"""The symbol of no verdict."""

_SYMBOLS = {
    Verdict.NONE: NOTHING,
    Verdict.PASS: "✓",
    Verdict.INCONCLUSIVE: "?",
    Verdict.FAIL: "✗",
    Verdict.ERROR: "!",
}
_REQUIREMENT = {Verdict.PASS: "met", Verdict.FAIL: "not met", Verdict.ERROR: "suite error"}
_SCENARIO = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.ERROR: "suite error"}
_RUN = {
    RunVerdict.CONFORMANT: Wording("pass", "✓", "Conformant"),
    RunVerdict.NON_CONFORMANT: Wording("fail", "✗", "Non-conformant"),
    RunVerdict.INCONCLUSIVE: Wording("inconclusive", "?", "Inconclusive"),
    RunVerdict.SUITE_FAILED: Wording("error", "!", "No verdict: the suite failed"),
    RunVerdict.NOTHING_RAN: Wording("none", NOTHING, "No verdict: nothing ran"),
    RunVerdict.UNUSABLE: Wording("error", "!", "No verdict: the run could not start"),
}
_INCOMPLETE = Wording("error", "!", "No verdict: the record of the run is incomplete")


def of_requirement(result: RequirementResult) -> Wording:
    """The verdict on a requirement: "met", "not met", "inconclusive", "not applicable" ..."""
    word = _REQUIREMENT.get(result.verdict, result.state)
    return Wording(result.verdict.label, _SYMBOLS[result.verdict], word)


def of_scenario(record: ScenarioRecord) -> Wording:
    """The verdict on a scenario: "passed", "failed", "not testable" ..."""
    return of_verdict(record.verdict, record.exclusion)


def of_verdict(verdict: Verdict, exclusion: Exclusion | None = None) -> Wording:
    """What a scenario says, of itself or about one requirement."""
    word = _SCENARIO.get(verdict, verdict.label)
    if verdict is Verdict.NONE:
        word = exclusion or "not assessed"
    return Wording(verdict.label, _SYMBOLS[verdict], word)


def of_run(verdict: RunVerdict, *, complete: bool) -> Wording:
    """The verdict on the product; never a good one where the record of the run is incomplete."""
    return _RUN[verdict] if complete or verdict is RunVerdict.NON_CONFORMANT else _INCOMPLETE


def plural(count: int, noun: str) -> str:
    """A number with its noun, such as "1 scenario" and "2 scenarios"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
