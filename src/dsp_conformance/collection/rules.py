"""What has to hold of the features before anything runs: every rule is a plain function that finds problems.

The ledger demands these rules (`requirements.md`: a requirement without a scenario and a tag unknown to the
ledger fail the build; tags never stand on Examples tables); the rest would make results unreliable.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dsp_conformance.ledger.requirements import UnknownRequirement
from dsp_conformance.record.scenario_record import OBSERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_bdd.parser import Feature

    from dsp_conformance.collection.collected import CollectedScenario, CollectedStep
    from dsp_conformance.ledger.requirements import Ledger


class CollectionError(Exception):
    """The features cannot be used as they are.

    Attributes:
        problems: all that is wrong, each with its place and what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """One line with the number, then one entry for each problem."""
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return "\n".join([f"the features cannot be used: {count}", *(f"  {one}" for one in self.problems)])


def problems_of(
    scenarios: Sequence[CollectedScenario],
    features: Iterable[Feature],
    ledger: Ledger,
    *,
    root: Path,
    whole: bool,
) -> list[str]:
    """All that is wrong with what was collected.

    Args:
        scenarios: what is to run.
        features: the feature files as pytest-bdd has read them.
        ledger: what scenarios may be tagged with.
        root: the project's folder, to which paths are relative.
        whole: whether these are all scenarios there are, so that each requirement must have one.
    """
    found = [
        *_unknown_tags(scenarios, ledger),
        *_judging_and_observing(scenarios),
        *_shared_ids(scenarios),
        *_wrong_examples(features, root),
        *_unbound_steps(scenarios),
        *(_bare_requirements(scenarios, ledger) if whole else ()),
    ]
    return list(dict.fromkeys(found))


def _unknown_tags(scenarios: Iterable[CollectedScenario], ledger: Ledger) -> Iterator[str]:
    for scenario in scenarios:
        for tag in scenario.requirements:
            try:
                ledger[tag]
            except UnknownRequirement as error:
                yield f"{scenario.file}:{scenario.line}: tag @{tag}: {error}"


def _judging_and_observing(scenarios: Iterable[CollectedScenario]) -> Iterator[str]:
    for scenario in scenarios:
        if scenario.observed and scenario.requirements:
            yield (
                f"{scenario.file}:{scenario.line}: expected the tag of a requirement, or @{OBSERVED} "
                f"for a scenario that judges nothing, found @{OBSERVED} and @{scenario.requirements[0]}"
            )


def _bare_requirements(scenarios: Iterable[CollectedScenario], ledger: Ledger) -> Iterator[str]:
    tagged = {tag for scenario in scenarios for tag in scenario.requirements}
    for identifier, requirement in ledger.items():
        if identifier not in tagged:
            yield (
                f"requirement {identifier} ({requirement.title}): no scenario carries the tag @{identifier}; "
                "write one, or take the requirement out of the ledger"
            )


def _shared_ids(scenarios: Iterable[CollectedScenario]) -> Iterator[str]:
    first: dict[str, str] = {}
    for scenario in scenarios:
        nodeid = first.setdefault(scenario.id, scenario.nodeid)
        if nodeid != scenario.nodeid:
            yield (
                f"{scenario.file}:{scenario.line}: two scenarios share the id {scenario.id!r}: "
                f"{nodeid} and {scenario.nodeid}; "
                "give each Examples row a value of its own in the column 'id'"
            )


def _wrong_examples(features: Iterable[Feature], root: Path) -> Iterator[str]:
    for feature in features:
        file = Path(feature.filename)
        name = (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()
        for scenario in feature.scenarios.values():
            for examples in scenario.examples:
                place = f"{name}:{examples.line_number}: Examples of {scenario.name!r}"
                if examples.tags:
                    tags = ", ".join(f"@{tag}" for tag in sorted(examples.tags))
                    yield f"{place}: expected no tags here, found {tags}; tags stand on the scenario"
                if "id" not in examples.example_params:
                    columns = ", ".join(examples.example_params) or "none"
                    yield f"{place}: expected a column 'id' that names each row, found the columns {columns}"
                elif not examples.examples:
                    yield f"{place}: expected at least one row, found none"


def _unbound_steps(scenarios: Iterable[CollectedScenario]) -> Iterator[str]:
    # Rows of an outline share a line of the feature: say once what is wrong with all of them.
    wrong: dict[tuple[str, int], list[CollectedStep]] = {}
    for scenario in scenarios:
        for step in scenario.steps:
            if len(step.bindings) != 1:
                wrong.setdefault((scenario.file, step.line), []).append(step)
    for (file, line), steps in wrong.items():
        step, others = steps[0], len({step.text for step in steps}) - 1
        more = f" and {others} more in its Examples" if others else ""
        place = f"{file}:{line}: step {step.keyword} {step.text!r}{more}"
        if step.bindings:
            definitions = ", ".join(binding.place for binding in step.bindings)
            yield f"{place}: expected one step definition, found {len(step.bindings)}: {definitions}"
        else:
            yield f"{place}: no step definition matches; reword the step, or define it in steps/"
