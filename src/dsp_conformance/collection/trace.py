"""From each requirement to the scenarios that judge it, their steps, and the code that runs them.

It shows what the suite holds; what was executed stands in each run's `results.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.ledger.requirements import Ledger, Requirement

ADDED_TITLE: Final = "added by --features, judged apart from the ledger"
"""What stands over added scenarios where requirements have their titles."""

_KINDS: Final = ("Given", "When", "Then")


@dataclass(frozen=True, slots=True)
class TracedStep:
    """One step of a scenario.

    Attributes:
        keyword: Given, When, Then, And ...
        text: the sentence as the feature file has it.
        definitions: where it is defined, such as "steps/requests.py:34"; several where the rows of an
            outline lead to different ones.
    """

    keyword: str
    text: str
    definitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TracedScenario:
    """One scenario with all its Examples rows.

    Attributes:
        id: feature file and name, joined by "::".
        place: feature file and line.
        name: as the feature file has it.
        rows: the ids of its Examples rows; empty if it is no outline.
        steps: background steps first.
    """

    id: str
    place: str
    name: str
    rows: tuple[str, ...]
    steps: tuple[TracedStep, ...]


@dataclass(frozen=True, slots=True)
class TracedRequirement:
    """One requirement with the scenarios that judge it, in the order of their files."""

    requirement: Requirement
    scenarios: tuple[TracedScenario, ...]


def trace(scenarios: Iterable[CollectedScenario], ledger: Ledger) -> list[TracedRequirement]:
    """The whole ledger, in its order, with what was collected for each requirement."""
    templates: dict[str, list[CollectedScenario]] = {}
    for scenario in scenarios:
        templates.setdefault(scenario.template, []).append(scenario)
    traced = [(rows[0].requirements, _traced(rows)) for rows in templates.values()]
    return [
        TracedRequirement(requirement, tuple(scenario for tags, scenario in traced if requirement.id in tags))
        for requirement in ledger.values()
    ]


def trace_added(scenarios: Iterable[CollectedScenario]) -> tuple[TracedScenario, ...]:
    """The scenarios that `--features` added, in the order of their files; they judge no requirement."""
    templates: dict[str, list[CollectedScenario]] = {}
    for scenario in scenarios:
        if scenario.added:
            templates.setdefault(scenario.template, []).append(scenario)
    return tuple(map(_traced, templates.values()))


def sentences(scenarios: Iterable[CollectedScenario]) -> dict[str, tuple[str, ...]]:
    """Every sentence that the features hold, by the place of the definition that runs it, sorted by place.

    Each begins with Given, When or Then; those of an outline stand as the feature file has them.
    """
    found: dict[tuple[str, int], dict[str, None]] = {}
    for scenario in scenarios:
        kind = "Given"
        for step in scenario.steps:
            kind = step.keyword if step.keyword in _KINDS else kind
            for bound in step.bindings:
                found.setdefault((bound.file, bound.line), {})[f"{kind} {step.template}"] = None
    return {f"{file}:{line}": tuple(said) for (file, line), said in sorted(found.items())}


def to_json(
    traced: Iterable[TracedRequirement], added: Iterable[TracedScenario] = ()
) -> list[dict[str, Any]]:
    """The trace as plain JSON values; added scenarios, if any, come last, without a requirement."""
    entries = [(one.requirement.id, one.requirement.title, one.scenarios) for one in traced]
    every: list[tuple[str | None, str, tuple[TracedScenario, ...]]] = [*entries]
    if added := tuple(added):
        every.append((None, ADDED_TITLE, added))
    return [
        {"id": identifier, "title": title, "scenarios": list(map(_scenario_json, scenarios))}
        for identifier, title, scenarios in every
    ]


def _scenario_json(scenario: TracedScenario) -> dict[str, Any]:
    return {
        "id": scenario.id,
        "place": scenario.place,
        "name": scenario.name,
        "rows": list(scenario.rows),
        "steps": [
            {"keyword": step.keyword, "text": step.text, "definitions": list(step.definitions)}
            for step in scenario.steps
        ],
    }


def _traced(rows: list[CollectedScenario]) -> TracedScenario:
    first = rows[0]
    return TracedScenario(
        first.template,
        f"{first.file}:{first.line}",
        first.name,
        tuple(row.row for row in rows if row.row),
        tuple(
            TracedStep(
                step.keyword,
                step.template,
                tuple(dict.fromkeys(bound.place for row in rows for bound in row.steps[number].bindings)),
            )
            for number, step in enumerate(first.steps)
        ),
    )
