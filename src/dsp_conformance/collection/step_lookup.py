"""Which definitions run a step, looked up once for all scenarios that share its sentence.

pytest-bdd goes through all fixtures for every step that runs, which took a sixth of a run. What it finds
depends on the sentence and on the scenario's module alone, as steps are defined in plugins and modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias

from pytest_bdd.scenario import find_fixturedefs_for_step

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest
    from _pytest.fixtures import FixtureDef, FixtureManager
    from _pytest.nodes import Node
    from pytest_bdd.parser import Step

    Found: TypeAlias = "tuple[FixtureDef[object], ...]"

__all__ = ["StepLookup", "found_for"]

_SCENARIO: Final = import_module("pytest_bdd.scenario")  # its package has a function of that name
_FIND: Final = "find_fixturedefs_for_step"


class StepLookup:
    """Stands in for pytest-bdd's own search while a session lasts (`install`)."""

    def __init__(self) -> None:
        self._known: dict[tuple[Node | None, str, str], Found] = {}

    def __call__(self, step: Step, fixturemanager: FixtureManager, node: Node) -> Found:
        """The fixtures of the definitions that match a step and that a scenario sees."""
        key = (node.parent, step.type, step.name)
        if key not in self._known:
            found = find_fixturedefs_for_step(step=step, fixturemanager=fixturemanager, node=node)
            self._known[key] = tuple(found)
        return self._known[key]

    def install(self, config: pytest.Config) -> None:
        """Have steps that run be looked up here, until the session is over."""
        before = getattr(_SCENARIO, _FIND)
        setattr(_SCENARIO, _FIND, self)
        config.add_cleanup(lambda: setattr(_SCENARIO, _FIND, before))


def found_for(step: Step, fixturemanager: FixtureManager, node: Node) -> Iterable[FixtureDef[object]]:
    """Return the fixtures of the definitions that run a step of a scenario, as its run will find them."""
    found: Iterable[FixtureDef[object]] = getattr(_SCENARIO, _FIND)(
        step=step, fixturemanager=fixturemanager, node=node
    )
    return found
