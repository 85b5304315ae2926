"""Which scenarios to run against which violations yet, so that each scenario gets its chance to kill one.

A run against a violation ends when the violation is killed, and most scenarios had no part in that. Those are
then run against the violations of their own requirements, one after the other, until each has killed one or
has tried them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.selfcheck.findings import Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.selfcheck.experiments import Experiment
    from dsp_conformance.selfcheck.findings import Finding
    from dsp_conformance.selfcheck.matrix import Matrix

__all__ = ["Crediting"]


class Crediting:
    """Remembers which scenario was offered which violation."""

    def __init__(self) -> None:
        self._offered: set[tuple[str, str]] = set()

    def next_round(self, matrix: Matrix) -> Mapping[Experiment, tuple[CollectedScenario, ...]]:
        """Return what to run next: for each scenario without a kill a violation that it was not run against.

        The violation that was killed by the greatest share of what ran against it goes first: one that shows
        itself everywhere gives many scenarios their kill in one run.

        Args:
            matrix: what was found so far.
        """
        shares = {
            finding.experiment.id: _share(finding, matrix)
            for finding in matrix.violations
            if finding.judgement is not Judgement.SUITE_ERROR
        }
        rounds: dict[Experiment, list[CollectedScenario]] = {}
        for scenario in matrix.idle_scenarios:
            open_to_it = self._left(scenario, (f for f in matrix.violations if f.experiment.id in shares))
            if open_to_it:
                best = max(open_to_it, key=lambda tried: shares[tried.id])
                self._offered.add((best.id, scenario.id))
                rounds.setdefault(best, []).append(scenario)
        return {tried: tuple(scenarios) for tried, scenarios in rounds.items()}

    def _left(self, scenario: CollectedScenario, findings: Iterable[Finding]) -> list[Experiment]:
        return [
            finding.experiment
            for finding in findings
            if not finding.experiment.violates.isdisjoint(scenario.requirements)
            and scenario.id not in finding.ran
            and (finding.experiment.id, scenario.id) not in self._offered
        ]


def _share(finding: Finding, matrix: Matrix) -> tuple[float, int]:
    killers = len(matrix.killers(finding))
    return killers / max(1, len(finding.ran)), killers
