"""The step modules of added features: imported, and seen by added scenarios alone."""

from __future__ import annotations

import importlib
import sys
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from dsp_conformance.collection.added_features import PLACE, AddedFeaturesUnusable
from dsp_conformance.collection.gherkin import is_added, row_of, template_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_bdd.parser import Step

    from dsp_conformance.collection.added_features import AddedFeatures
    from dsp_conformance.collection.bindings import Bindings

__all__ = ["PACKAGE", "added_fixtures", "shadowing"]

PACKAGE: Final = "added"
"""The package in which added modules find each other: `from added.steps.meters import ...`."""

_FIXTURE: Final = type(pytest.fixture(lambda: None))
_STEP: Final = "pytestbdd_stepdef_"


def added_fixtures(added: AddedFeatures) -> dict[str, object]:
    """Import the modules and return the fixtures in them, step definitions among these, by name.

    Raises:
        AddedFeaturesUnusable: a module cannot be imported, or two define the same.
    """
    package = types.ModuleType(PACKAGE)
    package.__path__ = [str(added.folder)]
    sys.modules[PACKAGE] = package
    found: dict[str, object] = {}
    first: dict[str, str] = {}
    problems = []
    for path in added.modules:
        place = added.name_of(path)
        parts = path.relative_to(added.folder).with_suffix("").parts
        try:
            module = importlib.import_module(".".join((PACKAGE, *parts)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's code: told, whatever it is
            problems.append(_not_imported(error, place, added))
            continue
        for attribute, fixture in vars(module).items():
            if isinstance(fixture, _FIXTURE):
                name = fixture._fixture_function_marker.name or attribute  # noqa: SLF001 - the name that pytest takes
                if found.setdefault(name, fixture) is not fixture:
                    problems.append(f"{place}: {_said(name)} is defined in {first[name]} too")
                first.setdefault(name, place)
    if problems:
        raise AddedFeaturesUnusable(added.folder, problems)
    return found


def shadowing(
    fixtures: Iterable[str],
    session: pytest.Session,
    items: Iterable[pytest.Item],
    bindings: Bindings,
) -> Iterator[str]:
    """Tell which added definitions stand where the suite, or pytest, has one of its own.

    Added definitions are seen by added scenarios alone, so that the suite's own scenarios go on as they are.
    But who writes a step that the suite has believes that it is now another one.

    Args:
        fixtures: the names of the added fixtures.
        session: holds the suite's fixtures.
        items: the scenarios, the suite's and the added ones.
        bindings: finds definitions.
    """
    manager = session._fixturemanager  # noqa: SLF001 - where pytest-bdd looks too; there is no public way
    for name in fixtures:
        if not name.startswith(_STEP) and manager.getfixturedefs(name, session):
            yield f"{_said(name)} is one of the suite's or of pytest's own. Give yours another name."
    seer, sentences = _seer_and_sentences(items)
    matched: dict[str, list[str]] = {}
    for step in sentences:
        for binding in bindings.of(seer, step) if seer else ():
            if binding.file.startswith(PLACE):
                matched.setdefault(binding.place, []).append(step.name)
    for place, names in matched.items():
        more = f" and {len(names) - 1} more sentences" if len(names) > 1 else ""
        yield (
            f"{place}: this step would stand in for the suite's own {names[0]!r}{more}. Word yours "
            "otherwise; who wants to change the suite's steps ejects it."
        )


def _seer_and_sentences(items: Iterable[pytest.Item]) -> tuple[pytest.Item | None, list[Step]]:
    """An added scenario, which sees added definitions, and the steps of the suite's own, each once."""
    seer: pytest.Item | None = None
    sentences: dict[tuple[str, str], Step] = {}
    for item in items:
        template = template_of(item)
        if template is None:
            continue
        if is_added(item, template):
            seer = item
        else:
            sentences |= {(step.type, step.name): step for step in template.render(row_of(item)).steps}
    return seer, list(sentences.values())


def _said(name: str) -> str:
    if not name.startswith(_STEP):
        return f"the fixture {name!r}"
    kind, _, sentence = name.removeprefix(_STEP).partition("_")
    return f"the step {kind.replace('*', 'step')} {sentence!r}"


def _not_imported(error: BaseException, place: str, added: AddedFeatures) -> str:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(added.folder)
    ]
    if isinstance(error, SyntaxError) and error.filename and added.name_of(Path(error.filename)):
        place = f"{added.name_of(Path(error.filename))}:{error.lineno}"
    elif frames:
        place = f"{added.name_of(Path(frames[-1].filename))}:{frames[-1].lineno}"
    return f"{place}: expected a module that can be imported, found {type(error).__name__}: {error}"
