"""What was found: whether a run noticed a deviation, and what all runs together say of the suite."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.selfcheck.experiments import Experiment

__all__ = ["Finding", "Judgement", "Matrix", "ScenarioFailure", "finding_of", "suite_error"]


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
    broken = {name for name, verdict in verdicts.items() if verdict == "fail"}
    trouble = _trouble(results, ran)
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


@dataclass(frozen=True, slots=True)
class Matrix:
    """All findings together.

    Attributes:
        findings: one for each experiment.
        requirements: the ids of the ledger.
        scenarios: the ids of all scenarios there are.
    """

    findings: tuple[Finding, ...]
    requirements: tuple[str, ...]
    scenarios: tuple[str, ...]

    @property
    def is_proof(self) -> bool:
        """Whether every violation was killed for a right requirement and every lawful variation passed."""
        return all(finding.judgement.is_right for finding in self.findings)

    def of(self, judgement: Judgement) -> tuple[Finding, ...]:
        """Return the findings with that judgement."""
        return tuple(finding for finding in self.findings if finding.judgement is judgement)

    @property
    def idle_scenarios(self) -> tuple[str, ...]:
        """The scenarios that killed no violation, among those that were run against one."""
        violations = [finding for finding in self.findings if not finding.experiment.is_lawful]
        ran = {name for finding in violations for name in finding.ran}
        killing = {each.id for finding in violations for each in finding.failures if each.verdict == "fail"}
        return tuple(name for name in self.scenarios if name in ran - killing)

    @property
    def scenarios_not_run(self) -> tuple[str, ...]:
        """The scenarios that were run against no violation."""
        ran = {name for one in self.findings if not one.experiment.is_lawful for name in one.ran}
        return tuple(name for name in self.scenarios if name not in ran)

    @property
    def unbroken_requirements(self) -> tuple[str, ...]:
        """The requirements that no deviation violates."""
        broken = _union(finding.experiment.violates for finding in self.findings)
        return tuple(name for name in self.requirements if name not in broken)

    def counts(self) -> dict[Judgement, int]:
        """Return how often each judgement was made."""
        return {judgement: len(self.of(judgement)) for judgement in Judgement}


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
