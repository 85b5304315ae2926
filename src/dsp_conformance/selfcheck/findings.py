"""What was found: whether a run noticed a deviation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsp_conformance.selfcheck.experiments import Experiment

__all__ = ["Finding", "Judgement", "ScenarioFailure", "finding_of", "merged", "suite_error"]


_VERDICTS: Final = ("pass", "inconclusive", "fail", "error")
"""From good to bad; what a run says of a requirement that it did not assess is better than any."""


@unique
class Judgement(StrEnum):
    """What became of a deviation."""

    KILLED = "killed for the right requirement"
    KILLED_ELSEWHERE = "killed only elsewhere"
    SURVIVED = "survived"
    TOLERATED = "lawful variation passed"
    WRONGLY_FAILED = "lawful variation wrongly failed"
    SUITE_ERROR = "suite error"

    @property
    def is_right(self) -> bool:
        """Whether that is what should become of it."""
        return self in {Judgement.KILLED, Judgement.TOLERATED}


@dataclass(frozen=True, slots=True)
class ScenarioFailure:
    """One scenario that did not pass.

    Attributes:
        id: of the scenario.
        verdict: such as fail or inconclusive.
        requirements: those that it found not met.
        reasons: in the scenario's own words.
    """

    id: str
    verdict: str
    requirements: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one run found.

    Attributes:
        experiment: what was tried.
        judgement: what became of it.
        verdicts: by requirement id, where it was judged at all.
        failures: the scenarios that did not pass.
        ran: the ids of the scenarios that ran.
        trouble: why the run proves nothing; empty if it does.
        seconds: how long it took.
    """

    experiment: Experiment
    judgement: Judgement
    verdicts: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[ScenarioFailure, ...] = ()
    ran: tuple[str, ...] = ()
    trouble: str = ""
    seconds: float = 0.0

    @property
    def killed_by(self) -> tuple[str, ...]:
        """The requirements that were found not met."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict == "fail")

    @property
    def inconclusive(self) -> tuple[str, ...]:
        """The requirements of which nothing could be said."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict == "inconclusive")


def suite_error(tried: Experiment, trouble: str, seconds: float) -> Finding:
    """Return the finding of a run that proves nothing."""
    return Finding(tried, Judgement.SUITE_ERROR, trouble=trouble, seconds=seconds)


def finding_of(tried: Experiment, results: Mapping[str, Any], seconds: float) -> Finding:
    """Return what a run's `results.json` says of an experiment."""
    verdicts = {one["id"]: one["verdict"] for one in results["requirements"] if one["verdict"] != "none"}
    scenarios = results["scenarios"]
    failures = tuple(_failure(one) for one in scenarios if one["verdict"] not in {"pass", "none"})
    ran = tuple(one["id"] for one in scenarios if not one["exclusion"])
    return _finding(tried, verdicts, failures, ran, trouble=_trouble(results, ran), seconds=seconds)


def merged(first: Finding, second: Finding) -> Finding:
    """Return what two runs with one experiment found together."""
    names = dict.fromkeys((*first.verdicts, *second.verdicts))
    verdicts = {
        name: max((found.get(name, "") for found in (first.verdicts, second.verdicts)), key=_badness)
        for name in names
    }
    failures = {failure.id: failure for failure in (*first.failures, *second.failures)}
    return _finding(
        first.experiment,
        verdicts,
        tuple(failures.values()),
        tuple(dict.fromkeys((*first.ran, *second.ran))),
        trouble=first.trouble or second.trouble,
        seconds=first.seconds + second.seconds,
    )


def _badness(verdict: str) -> int:
    return _VERDICTS.index(verdict) if verdict in _VERDICTS else -1


def _finding(
    tried: Experiment,
    verdicts: Mapping[str, str],
    failures: tuple[ScenarioFailure, ...],
    ran: tuple[str, ...],
    *,
    trouble: str,
    seconds: float,
) -> Finding:
    broken = {name for name, verdict in verdicts.items() if verdict == "fail"}
    if trouble:
        judgement = Judgement.SUITE_ERROR
    elif tried.is_lawful:
        judgement = Judgement.WRONGLY_FAILED if failures or broken else Judgement.TOLERATED
    elif broken & tried.violates:
        judgement = Judgement.KILLED
    else:
        judgement = Judgement.KILLED_ELSEWHERE if broken else Judgement.SURVIVED
    return Finding(tried, judgement, verdicts, failures, ran, trouble, seconds)


def _trouble(results: Mapping[str, Any], ran: tuple[str, ...]) -> str:
    if results["suite_errors"]:
        return "; ".join(map(str, results["suite_errors"]))
    erring = [one["id"] for one in results["scenarios"] if one["verdict"] == "error"]
    if erring:
        return f"the suite itself failed in {erring[0]}"
    return "" if ran else "no scenario ran"


def _failure(scenario: Mapping[str, Any]) -> ScenarioFailure:
    found = scenario["requirement_verdicts"]
    return ScenarioFailure(
        id=scenario["id"],
        verdict=scenario["verdict"],
        requirements=tuple(name for name, verdict in found.items() if verdict == "fail"),
        reasons=tuple(map(_reason, scenario["reasons"])),
    )


def _reason(reason: Any) -> str:
    if not isinstance(reason, dict):
        return str(reason)
    said = {name: value for name, value in reason.items() if isinstance(value, str) and value}
    return "; ".join(
        f"{name}: {value}" for name, value in said.items() if name in {"expected", "found"}
    ) or str(reason)
