"""From each requirement to the scenarios that judge it, their steps, and the code that runs them.

It shows what the suite holds; what was executed stands in each run's `results.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.report.collected import CollectedScenario
    from dsp_conformance.report.ledger import Ledger, Requirement


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


def to_json(traced: Iterable[TracedRequirement]) -> list[dict[str, Any]]:
    """The trace as plain JSON values."""
    return [
        {
            "id": one.requirement.id,
            "title": one.requirement.title,
            "scenarios": [
                {
                    "id": scenario.id,
                    "place": scenario.place,
                    "name": scenario.name,
                    "rows": list(scenario.rows),
                    "steps": [
                        {"keyword": step.keyword, "text": step.text, "definitions": list(step.definitions)}
                        for step in scenario.steps
                    ],
                }
                for scenario in one.scenarios
            ],
        }
        for one in traced
    ]


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
