"""Which scenario a pytest item stands for. This and `bindings` are what looks into pytest-bdd."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_bdd.scenario import scenario_wrapper_template_registry

from dsp_conformance.collection.added_features import ADDED
from dsp_conformance.record.scenario_record import OBSERVED, ScenarioIdentity, ScenarioRecord, StepRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from pytest_bdd.parser import ScenarioTemplate

    from dsp_conformance.record.run import Run

_ROW = "_pytest_bdd_example"
_ROW_ID = "id"


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario that an item runs; None if it is an ordinary test."""
    function: Callable[..., object] | None = getattr(item, "obj", None)
    try:
        return scenario_wrapper_template_registry.get(function) if function else None
    except TypeError:  # an object that cannot be weakly referenced is no scenario
        return None


def tags_of(template: ScenarioTemplate) -> set[str]:
    """All tags that hold for a scenario: its own, its rule's and its feature's."""
    return template.tags | template.feature.tags | (template.rule.tags if template.rule else set())


def row_of(item: pytest.Item) -> dict[str, str]:
    """The Examples row that an item runs; empty if it is no outline."""
    callspec = getattr(item, "callspec", None)
    return dict(callspec.params.get(_ROW, {})) if callspec else {}


def scenario_id(item: pytest.Item, template: ScenarioTemplate) -> tuple[str, str]:
    """The stable id of an item's scenario and of the scenario without its Examples row.

    The row counts with its "id" column, or, if it has none, with all its values.
    """
    base = f"{relative_feature_file(item, template)}::{template.name}"
    row = row_of(item)
    if not row:
        return base, base
    return f"{base}::{row.get(_ROW_ID) or ','.join(row.values())}", base


def relative_feature_file(item: pytest.Item, template: ScenarioTemplate) -> str:
    """The feature file's path, relative to the project, with "/"; its name if it stands elsewhere.

    Added features have names of their own (`added_features.PLACE`).
    """
    source = Path(template.feature.filename)
    added = item.config.stash.get(ADDED, None)
    if added is not None and (name := added.name_of(source)):
        return name
    root = item.config.rootpath
    return (source.relative_to(root) if source.is_relative_to(root) else Path(source.name)).as_posix()


def is_added(item: pytest.Item, template: ScenarioTemplate) -> bool:
    """Whether an item's scenario is one that `--features` added."""
    added = item.config.stash.get(ADDED, None)
    return added is not None and bool(added.name_of(Path(template.feature.filename)))


def new_record(item: pytest.Item, template: ScenarioTemplate, run: Run) -> ScenarioRecord:
    """An empty record of an item's scenario in a run, with all its steps still to run."""
    row = row_of(item)
    scenario = template.render(row)
    whole, base = scenario_id(item, template)
    added, tags = is_added(item, template), tags_of(template)
    identity = ScenarioIdentity(
        id=whole,
        template=base,
        feature_file=base.partition("::")[0],
        feature=template.feature.name,
        narrative=template.feature.description.strip(),
        name=scenario.name,
        row=row,
        requirements=() if added else tuple(sorted(tag for tag in tags if tag in run.ledger)),
        tags=tuple(sorted(tags if added else tags & {OBSERVED})),
        added=added,
    )
    steps = [StepRecord(step.keyword, step.name) for step in scenario.steps]
    return ScenarioRecord(identity, item.nodeid, steps, redactor=run.redactor)
