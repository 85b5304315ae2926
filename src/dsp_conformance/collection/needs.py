"""What a step needs before it can do what it says, declared beside the step and known before anything runs.

    @given("the {device} cannot be reached")
    @needs(Capability.CONTROL_DEVICE)
    def cut_off(...): ...

A scenario needs what its steps need together. What the testbed lacks makes it not testable; a profile that
rules out a step makes it not applicable (requirement ledger, "Verdicts").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from dsp_conformance.duis.terms import UserRole
from dsp_conformance.testbed.protocol import Capability

if TYPE_CHECKING:
    from dsp_conformance.ledger.requirements import Applicability

__all__ = ["Need", "StepNeeds", "Words", "applies_where", "needs", "needs_of"]

Need = Capability | UserRole
"""A capability of the testbed, or a Service User of that role, which a testbed may register."""

Words = Mapping[str, str | None]
"""The words that a step's sentence holds, by name, such as {"meter": "ESME"}; None where one is left out."""

ByWords = Callable[[Words], Iterable[Need]]
"""Tells what a step needs on account of its words."""

_Step = TypeVar("_Step", bound=Callable[..., object])
_DECLARED = "__dsp_conformance_needs__"


@dataclass(frozen=True, slots=True)
class StepNeeds:
    """What one step definition declares.

    Attributes:
        fixed: what it needs whatever the words of its sentence.
        by_words: what it needs on account of them.
        applicability: the profile switches on which it depends, in the ledger's spelling.
    """

    fixed: tuple[Need, ...] = ()
    by_words: tuple[ByWords, ...] = ()
    applicability: tuple[Applicability, ...] = ()

    def of(self, words: Words) -> tuple[Need, ...]:
        """All that the step needs with these words."""
        return (*self.fixed, *(need for rule in self.by_words for need in rule(words)))


def needs(*declared: Need | ByWords) -> Callable[[_Step], _Step]:
    """Declare what a step needs; stands beneath `@given`, `@when` or `@then`.

    Args:
        declared: capabilities and roles, and functions that tell them from the words of the sentence.
    """
    fixed = tuple(one for one in declared if isinstance(one, Capability | UserRole))
    by_words = tuple(one for one in declared if not isinstance(one, Capability | UserRole))

    def declare(step: _Step) -> _Step:
        known = needs_of(step)
        return _with(step, replace(known, fixed=known.fixed + fixed, by_words=known.by_words + by_words))

    return declare


def applies_where(switch: Applicability) -> Callable[[_Step], _Step]:
    """Declare that a step makes sense only for products whose profile declares `switch` (or "not ..." it)."""

    def declare(step: _Step) -> _Step:
        known = needs_of(step)
        return _with(step, replace(known, applicability=(*known.applicability, switch)))

    return declare


def needs_of(step: Callable[..., object]) -> StepNeeds:
    """What a step's function declares; nothing if it declares nothing."""
    declared: StepNeeds = getattr(step, _DECLARED, StepNeeds())
    return declared


def _with(step: _Step, declared: StepNeeds) -> _Step:
    setattr(step, _DECLARED, declared)
    return step
