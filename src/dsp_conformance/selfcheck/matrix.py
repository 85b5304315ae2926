"""The kill matrix: what all findings together say of the suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.selfcheck.findings import Finding, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.collection.collected import CollectedScenario

__all__ = ["Matrix"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All findings together.

    A scenario kills a violation if it fails for a requirement that is its own and that the violation breaks;
    whatever else it fails for, any other scenario might have shown.

    Attributes:
        findings: one for each experiment.
        requirements: the ids of the ledger.
        scenarios: all that there are.
        complete: whether the whole catalogue was tried, so that more is asked of it.
    """

    findings: tuple[Finding, ...]
    requirements: tuple[str, ...]
    scenarios: tuple[CollectedScenario, ...]
    complete: bool = False

    @property
    def is_proof(self) -> bool:
        """Whether the suite fails what it should and nothing else.

        Every violation was killed for a right requirement and every lawful variation passed. Of the whole
        catalogue also: every requirement is violated by something, and every scenario kills something.
        """
        right = all(finding.judgement.is_right for finding in self.findings)
        return right and not (self.complete and (self.idle_scenarios or self.unbroken_requirements))

    def of(self, judgement: Judgement) -> tuple[Finding, ...]:
        """Return the findings with that judgement."""
        return tuple(finding for finding in self.findings if finding.judgement is judgement)

    @property
    def violations(self) -> tuple[Finding, ...]:
        """What was found of violations."""
        return tuple(finding for finding in self.findings if not finding.experiment.is_lawful)

    @property
    def idle_scenarios(self) -> tuple[CollectedScenario, ...]:
        """The scenarios that killed no violation, whether they ran against one or not.

        Those that only observe are none of them: they fail nothing.
        """
        killing = _union(self.killers(finding) for finding in self.findings)
        return tuple(one for one in self.scenarios if one.id not in killing and not one.observed)

    def killers(self, finding: Finding) -> frozenset[str]:
        """Return the ids of the scenarios that killed what a finding is about; none if it is lawful."""
        own = {one.id: one.requirements for one in self.scenarios}
        return frozenset(
            failure.id
            for failure in finding.failures
            if failure.verdict == "fail"
            and not finding.experiment.violates.isdisjoint(failure.requirements)
            and not finding.experiment.violates.intersection(failure.requirements).isdisjoint(own[failure.id])
        )

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
