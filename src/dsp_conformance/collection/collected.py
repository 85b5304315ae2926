"""The scenarios that pytest has collected, as values: what checks, plan and traceability read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.collection.gherkin import (
    is_added,
    relative_feature_file,
    row_of,
    scenario_id,
    tags_of,
    template_of,
)
from dsp_conformance.ledger.requirements import REQUIREMENT_ID
from dsp_conformance.record.scenario_record import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest
    from pytest_bdd.parser import ScenarioTemplate

    from dsp_conformance.collection.bindings import Binding, Bindings
    from dsp_conformance.collection.needs import Need
    from dsp_conformance.ledger.requirements import Applicability, Ledger


@dataclass(frozen=True, slots=True)
class CollectedStep:
    """One step of a scenario.

    Attributes:
        keyword: Given, When, Then, And ...
        text: the sentence with its values filled in.
        template: the sentence as the feature file has it, such as "a Suspended <meter>".
        line: in the feature file; from 1.
        bindings: the definitions that match it; one if all is well.
        kind: given, when or then, also where the keyword is And.
    """

    keyword: str
    text: str
    template: str
    line: int
    bindings: tuple[Binding, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CollectedScenario:
    """One scenario, or one row of an outline.

    Attributes:
        id: as in results; the same in every run.
        template: the id without the Examples row.
        nodeid: pytest's name of it.
        file: the feature file, relative to the project, with "/".
        line: where the scenario begins there; from 1.
        name: as the feature file has it.
        row: the id of the Examples row; empty if the scenario is no outline.
        requirements: the requirement ids among its tags, the feature's and the rule's; sorted.
        steps: background steps first.
        tags: of an added scenario, all its tags; of one of the suite's own, `OBSERVED` if it only observes.
        added: whether `--features` added it.
    """

    id: str
    template: str
    nodeid: str
    file: str
    line: int
    name: str
    row: str
    requirements: tuple[str, ...]
    steps: tuple[CollectedStep, ...]
    tags: tuple[str, ...] = ()
    added: bool = False

    @property
    def observed(self) -> bool:
        """Whether it only observes, so that nothing depends on its outcome."""
        return not self.added and OBSERVED in self.tags

    @property
    def needs(self) -> tuple[Need, ...]:
        """What its steps need together, each once, in their order."""
        every = (need for step in self.steps for binding in step.bindings for need in binding.needs)
        return tuple(dict.fromkeys(every))

    @property
    def applicability(self) -> tuple[Applicability, ...]:
        """The profile switches on which its steps depend, each once."""
        every = (one for step in self.steps for binding in step.bindings for one in binding.applicability)
        return tuple(dict.fromkeys(every))

    def demands(self, ledger: Ledger) -> tuple[Applicability, ...]:
        """The profile switches on which it depends, by its requirements and by its steps, each once."""
        tagged = [ledger[tag].applicability for tag in self.requirements if tag in ledger]
        return tuple(dict.fromkeys((*(one for one in tagged if one), *self.applicability)))


def collected(items: Iterable[pytest.Item], bindings: Bindings) -> Iterator[CollectedScenario]:
    """The scenarios among pytest's items, in their order; ordinary tests are left out."""
    for item in items:
        template = template_of(item)
        if template is not None:
            yield collected_scenario(item, template, bindings)


def collected_scenario(
    item: pytest.Item, template: ScenarioTemplate, bindings: Bindings
) -> CollectedScenario:
    """What one item of pytest stands for."""
    row = row_of(item)
    whole, base = scenario_id(item, template)
    rendered = template.render(row)
    added, tags = is_added(item, template), tags_of(template)
    return CollectedScenario(
        id=whole,
        template=base,
        nodeid=item.nodeid,
        file=relative_feature_file(item, template),
        line=template.line_number,
        name=template.name,
        row=whole.removeprefix(base).removeprefix("::"),
        requirements=() if added else tuple(sorted(filter(REQUIREMENT_ID.fullmatch, tags))),
        steps=tuple(
            CollectedStep(
                step.keyword.strip(),
                step.name,
                written.name,
                step.line_number,
                bindings.of(item, step),
                step.type,
            )
            for step, written in zip(rendered.steps, template.steps, strict=True)
        ),
        tags=tuple(sorted(tags if added else tags & {OBSERVED})),
        added=added,
    )
