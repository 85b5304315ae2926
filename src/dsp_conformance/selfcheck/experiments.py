"""What is tried: which deviations, each against which scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zlib import crc32

from dsp_conformance.stub.deviations import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.stub.deviations import Deviation

__all__ = ["Experiment", "experiment", "selected"]

TOGETHER: Final = "+"
"""Joins the ids of deviations that are tried at once."""

_EVERY_MESSAGE: Final = ("DUIS-01", "DUIS-02", "DUIS-03", "DUIS-04")
"""Requirements that are checked on every message, so that any scenario can show them broken."""


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

    @property
    def concerns(self) -> frozenset[str]:
        """The requirements whose scenarios may notice what the stub does."""
        return frozenset().union(*(deviation.concerns for deviation in self.deviations))


def experiment(text: str) -> Experiment:
    """Return the experiment with a deviation, or with several joined by "+".

    Raises:
        UnknownDeviation: there is no deviation of that id.
    """
    return Experiment(find(text.split(TOGETHER)))


def selected(tried: Experiment, scenarios: Sequence[CollectedScenario]) -> tuple[CollectedScenario, ...]:
    """Return the scenarios that concern an experiment, those that are most likely to notice it first.

    They are those tagged with a requirement that it concerns. Where a requirement is concerned that is
    checked on every message, and where the experiment is lawful, as nothing may fail what is lawful, there is
    one row of every other outline too: the first, or of what is lawful another one for each experiment.
    """
    wanted = [one for one in scenarios if tried.concerns & set(one.requirements)]
    by_template: dict[str, list[CollectedScenario]] = {}
    for one in scenarios:
        by_template.setdefault(one.template, []).append(one)
    if tried.is_lawful:
        wanted += [rows[_drawn(tried, template, rows)] for template, rows in by_template.items()]
    elif not tried.violates.isdisjoint(_EVERY_MESSAGE):
        wanted += [rows[0] for rows in by_template.values()]
    return tuple(dict.fromkeys(wanted))


def _drawn(tried: Experiment, template: str, rows: Sequence[CollectedScenario]) -> int:
    """Draw a row of an outline, always the same for one experiment."""
    return crc32(f"{tried.id} {template}".encode()) % len(rows)
