"""What is tried: which deviations, each against which scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dsp_conformance.stub.deviations import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsp_conformance.report.collected import CollectedScenario
    from dsp_conformance.stub.deviations import Deviation

__all__ = ["Experiment", "experiment", "selected"]

TOGETHER: Final = "+"
"""Joins the ids of deviations that are tried at once."""

_EVERY_MESSAGE: Final = ("DUIS-01", "DUIS-02", "DUIS-03", "DUIS-04")
"""Requirements that are checked on every message, so that any scenario can show them broken."""

_MANY_ROWS: Final = 20
_SAMPLE: Final = 3


@dataclass(frozen=True, slots=True)
class Experiment:
    """One stub to be judged: with one deviation, or with several at once.

    Attributes:
        deviations: at least one.
    """

    deviations: tuple[Deviation, ...]

    @property
    def id(self) -> str:
        """The ids of the deviations, joined where there are several."""
        return TOGETHER.join(deviation.id for deviation in self.deviations)

    @property
    def sentence(self) -> str:
        """What the stub does."""
        return " ".join(deviation.sentence for deviation in self.deviations)

    @property
    def is_lawful(self) -> bool:
        """Whether nothing that the stub does is forbidden."""
        return all(deviation.is_lawful for deviation in self.deviations)

    @property
    def violates(self) -> frozenset[str]:
        """The requirements for which the stub ought to fail."""
        return frozenset().union(*(deviation.violates for deviation in self.deviations))


def experiment(text: str) -> Experiment:
    """Return the experiment with a deviation, or with several joined by "+".

    Raises:
        UnknownDeviation: there is no deviation of that id.
    """
    return Experiment(find(text.split(TOGETHER)))


def selected(tried: Experiment, scenarios: Sequence[CollectedScenario]) -> tuple[CollectedScenario, ...]:
    """Return the scenarios that concern an experiment.

    For a violation those that are tagged with a requirement that it breaks, and one row of every outline
    where that requirement is checked on every message. For a lawful variation all, with a sample of the rows
    of outlines that have very many.
    """
    if tried.is_lawful:
        return tuple(_thinned(scenarios, at_most=_MANY_ROWS, keep=_SAMPLE))
    wanted = [one for one in scenarios if tried.violates & set(one.requirements)]
    if not tried.violates.isdisjoint(_EVERY_MESSAGE):
        wanted += _thinned(scenarios, at_most=1, keep=1)
    return tuple(dict.fromkeys(wanted))


def _thinned(scenarios: Iterable[CollectedScenario], *, at_most: int, keep: int) -> list[CollectedScenario]:
    """Of scenarios with more rows than that keep the first so many."""
    by_template: dict[str, list[CollectedScenario]] = {}
    for one in scenarios:
        by_template.setdefault(one.template, []).append(one)
    return [one for rows in by_template.values() for one in (rows if len(rows) <= at_most else rows[:keep])]
