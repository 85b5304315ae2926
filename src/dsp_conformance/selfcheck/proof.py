"""How the proof is gathered: first what each experiment needs, then what scenarios still owe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsp_conformance.selfcheck.crediting import Crediting
from dsp_conformance.selfcheck.experiments import selected
from dsp_conformance.selfcheck.findings import merged
from dsp_conformance.selfcheck.matrix import Matrix
from dsp_conformance.selfcheck.workshop import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.selfcheck.experiments import Experiment
    from dsp_conformance.selfcheck.findings import Finding

__all__ = ["Proof"]


@dataclass(slots=True)
class Proof:
    """What is tried, and what was found so far.

    Attributes:
        tried: the experiments, in the order in which they are told.
        requirements: the ids of the ledger.
        scenarios: all that there are.
        everything: run all scenarios against every experiment; else those that concern it.
        complete: whether the whole catalogue is tried. Then a run against a violation ends when the violation
            is killed, unless everything is to run; and each scenario must kill something, and is run against
            violations of its requirements until it does.
    """

    tried: tuple[Experiment, ...]
    requirements: tuple[str, ...]
    scenarios: tuple[CollectedScenario, ...]
    everything: bool = False
    complete: bool = False
    _found: dict[str, Finding] = field(default_factory=dict)

    @property
    def matrix(self) -> Matrix:
        """What was found so far."""
        found = tuple(self._found[each.id] for each in self.tried if each.id in self._found)
        return Matrix(found, self.requirements, self.scenarios, complete=self.complete)

    def gather(
        self, try_all: Callable[[Sequence[Task]], Iterator[Finding]]
    ) -> Iterator[tuple[Finding, int, int]]:
        """Try everything, and tell each finding as soon as it is there, its number, and the number of all.

        Args:
            try_all: tries tasks.
        """
        tasks = [self._first_task(each) for each in self.tried]
        number, total, crediting = 0, len(tasks), Crediting()
        while tasks:
            for finding in try_all(tasks):
                number += 1
                yield self._taken(finding), number, total
            credits_due = crediting.next_round(self.matrix) if self.complete else {}
            tasks = [Task(each, _nodeids(scenarios)) for each, scenarios in credits_due.items()]
            total += len(tasks)

    def _first_task(self, each: Experiment) -> Task:
        if self.everything:
            return Task(each, _nodeids(self.scenarios))
        sought = each.violates if self.complete else frozenset()
        return Task(each, _nodeids(selected(each, self.scenarios)), sought)

    def _taken(self, finding: Finding) -> Finding:
        """Take a finding in, and return it together with what was known of the experiment."""
        known = self._found.get(finding.experiment.id)
        whole = finding if known is None else merged(known, finding)
        self._found[finding.experiment.id] = whole
        return whole


def _nodeids(scenarios: Sequence[CollectedScenario]) -> tuple[str, ...]:
    return tuple(one.nodeid for one in scenarios)
