"""Which definition runs each step, found by pytest-bdd's own lookup without running anything."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_bdd.steps import step_function_context_registry

from dsp_conformance.collection.needs import needs_of
from dsp_conformance.collection.step_lookup import found_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from pytest_bdd.parser import Step

    from dsp_conformance.collection.added_features import AddedFeatures
    from dsp_conformance.collection.needs import Need, Words
    from dsp_conformance.ledger.requirements import Applicability


def _undefined() -> None:
    """Stand in for the function of a definition that is known by name alone."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One definition that runs a step.

    Attributes:
        name: the definition's function.
        file: where it stands; relative to the project, with "/", if it is part of it.
        line: the line on which it begins, decorators included; from 1.
        needs: what it needs with the words of this step.
        applicability: the profile switches on which it depends.
        function: the definition itself.
        words: what its sentence holds, by name.
    """

    name: str
    file: str
    line: int
    needs: tuple[Need, ...]
    applicability: tuple[Applicability, ...]
    function: Callable[..., object] = field(default=_undefined, compare=False, repr=False)
    words: Words = field(default_factory=dict, compare=False, repr=False)

    @property
    def place(self) -> str:
        """File and line, such as "steps/requests.py:34"."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Bindings:
    """Looks each sentence up once: rows of an outline and scenarios share most of theirs.

    Attributes:
        root: the project's folder.
        added: what `--features` adds; None where it adds nothing.
    """

    root: Path
    added: AddedFeatures | None = None
    _known: dict[tuple[object, str, str], tuple[Binding, ...]] = field(default_factory=dict)

    def of(self, item: pytest.Item, step: Step) -> tuple[Binding, ...]:
        """The definitions that match a step, values filled in: one if all is well, none if it is unbound."""
        key = (item.parent, step.type, step.name)
        if key not in self._known:
            self._known[key] = tuple(self._look_up(item, step))
        return self._known[key]

    def _look_up(self, item: pytest.Item, step: Step) -> list[Binding]:
        manager = item.session._fixturemanager  # noqa: SLF001 - where pytest-bdd looks too; there is no public way
        found = []
        for fixture in found_for(step, manager, item):
            context = step_function_context_registry[fixture.func]
            function = inspect.unwrap(context.step_func)
            declared = needs_of(context.step_func)
            words = context.parser.parse_arguments(step.name) or {}
            found.append(
                Binding(
                    function.__name__,
                    self._relative(function.__code__.co_filename),
                    function.__code__.co_firstlineno,
                    declared.of(words),
                    declared.applicability,
                    function,
                    words,
                )
            )
        return found

    def _relative(self, file: str) -> str:
        path = Path(file)
        if self.added is not None and (name := self.added.name_of(path)):
            return name
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()
