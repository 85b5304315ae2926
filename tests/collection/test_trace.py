"""From requirements to scenarios, steps and definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.collection.bindings import Binding
from dsp_conformance.collection.collected import CollectedScenario, CollectedStep
from dsp_conformance.collection.trace import to_json, trace
from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def ledger() -> Ledger:
    text = "A conforming DSP answers."
    return Ledger(
        [
            Requirement(id=identifier, title=identifier, text=text, keyword=Keyword.MUST, revision=1)
            for identifier in ("CORE-02", "CORE-01")
        ],
        {"CORE": "The core"},
    )


def scenario(row: str, *lines: int, tags: Sequence[str] = ("CORE-01",), name: str = "s") -> CollectedScenario:
    """A scenario with one step, defined in those lines of a file."""
    bindings = tuple(Binding("f", "steps.py", line, (), ()) for line in lines)
    step = CollectedStep("Given", f"a {row or 'plain'} meter", "a <state> meter", 4, bindings)
    base = f"x.feature::{name}"
    whole = f"{base}::{row}" if row else base
    return CollectedScenario(whole, base, whole, "x.feature", 3, name, row, tuple(tags), (step,))


def test_every_requirement_is_there_in_the_ledgers_order_with_or_without_scenarios(ledger: Ledger) -> None:
    traced = trace([scenario("", 7)], ledger)

    assert [one.requirement.id for one in traced] == ["CORE-02", "CORE-01"]
    assert [len(one.scenarios) for one in traced] == [0, 1]


def test_a_scenario_stands_under_each_of_its_requirements(ledger: Ledger) -> None:
    traced = trace([scenario("", 7, tags=("CORE-01", "CORE-02"))], ledger)

    assert traced[0].scenarios == traced[1].scenarios != ()


def test_rows_of_an_outline_are_one_scenario_whose_steps_may_lead_to_several_definitions(
    ledger: Ledger,
) -> None:
    traced = trace([scenario("a", 7), scenario("b", 9), scenario("c", 7), scenario("", 7, name="t")], ledger)

    outline, other = traced[1].scenarios
    assert (outline.rows, other.rows) == (("a", "b", "c"), ())
    assert outline.steps[0].text == "a <state> meter"
    assert outline.steps[0].definitions == ("steps.py:7", "steps.py:9")


def test_a_trace_as_json_names_places(ledger: Ledger) -> None:
    [_, told] = to_json(trace([scenario("a", 7)], ledger))

    assert told["scenarios"] == [
        {
            "id": "x.feature::s",
            "place": "x.feature:3",
            "name": "s",
            "rows": ["a"],
            "steps": [{"keyword": "Given", "text": "a <state> meter", "definitions": ["steps.py:7"]}],
        }
    ]
