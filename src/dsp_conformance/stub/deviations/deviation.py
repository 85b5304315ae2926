"""What a deviation is: one named, deterministic way in which the reference DSP differs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["Change", "Deviation", "DeviationKind", "lawful", "violation"]

Change: TypeAlias = "Callable[[DspOptions], DspOptions]"


@unique
class DeviationKind(StrEnum):
    """Whether a DSP may differ in that way."""

    VIOLATION = "violation"
    LAWFUL = "lawful variation"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One rule of the DSP, overridden.

    Attributes:
        id: its name in kebab-case.
        sentence: what the DSP does, in one sentence.
        kind: whether it may.
        violates: the ids of the requirements that it breaks first of all; none of a lawful variation.
        concerns: the ids of the requirements whose scenarios may notice it: those that a violation breaks, or
            that say something about what a lawful variation does otherwise.
        apply: returns the options of the DSP that differs in this way from the DSP of the options given.
    """

    id: str
    sentence: str
    kind: DeviationKind
    violates: frozenset[str]
    concerns: frozenset[str]
    apply: Change

    @property
    def is_lawful(self) -> bool:
        """Whether a DSP may differ in that way."""
        return self.kind is DeviationKind.LAWFUL


def violation(name: str, violates: str, sentence: str, change: Change) -> Deviation:
    """Return a deviation that breaks requirements, whose ids are separated by spaces."""
    broken = frozenset(violates.split())
    return Deviation(name, sentence, DeviationKind.VIOLATION, broken, broken, change)


def lawful(name: str, sentence: str, change: Change, *, concerns: str = "") -> Deviation:
    """Return a deviation that nothing forbids, about requirements whose ids are separated by spaces."""
    return Deviation(name, sentence, DeviationKind.LAWFUL, frozenset(), frozenset(concerns.split()), change)
