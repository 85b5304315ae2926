"""What is wrong with features is found and told with its place, and what is right is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytest_bdd.parser import FeatureParser

from dsp_conformance.collection.bindings import Binding
from dsp_conformance.collection.collected import CollectedScenario, CollectedStep
from dsp_conformance.collection.rules import CollectionError, problems_of
from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement

LEDGER = Ledger(
    (
        Requirement(
            id=name, title=f"About {name}", text="A conforming DSP.", keyword=Keyword.MUST, revision=1
        )
        for name in ("CORE-01", "CORE-02")
    ),
    {"CORE": "The core"},
)
ONE = Binding("f", "steps/a.py", 7, (), ())
STEP = CollectedStep("Given", "a new meter", "a <state> meter", 4, (ONE,))
GOOD = CollectedScenario(
    "a.feature::s", "a.feature::s", "test_s", "a.feature", 2, "s", "", ("CORE-01",), (STEP,)
)
OUTLINE = """Feature: F
  Scenario Outline: s
    Given a <state> meter
"""


def problems(
    *scenarios: CollectedScenario, folder: Path = Path("/nowhere"), whole: bool = False
) -> list[str]:
    features = [FeatureParser(str(folder), path.name).parse() for path in sorted(folder.glob("*.feature"))]
    return problems_of(scenarios, features, LEDGER, root=folder, whole=whole)


def test_nothing_is_wrong_with_features_that_are_as_they_should_be(tmp_path: Path) -> None:
    (tmp_path / "a.feature").write_text(OUTLINE + "    Examples:\n      | id | state |\n      | a  | new |\n")
    both = replace(GOOD, requirements=("CORE-01", "CORE-02"))
    assert problems(both, folder=tmp_path, whole=True) == []


def test_a_tag_that_the_ledger_does_not_know_is_told_with_the_nearest() -> None:
    [said] = problems(GOOD, replace(GOOD, id="t", nodeid="test_t", requirements=("CORE-03",), line=9))
    assert said.startswith("a.feature:9: tag @CORE-03: the ledger holds no requirement 'CORE-03'")
    assert "did you mean" in said


def test_a_scenario_that_only_observes_judges_no_requirement() -> None:
    observing = replace(GOOD, id="t", nodeid="test_t", requirements=(), tags=("observed",), line=9)
    assert problems(GOOD, observing) == []
    [said] = problems(GOOD, replace(observing, requirements=("CORE-01",)))
    assert said.startswith("a.feature:9: expected the tag of a requirement, or @observed")
    assert said.endswith("found @observed and @CORE-01")


def test_a_requirement_without_a_scenario_is_told_only_of_the_whole_suite() -> None:
    assert problems(GOOD) == []
    [said] = problems(GOOD, whole=True)
    assert said.startswith("requirement CORE-02 (About CORE-02): no scenario carries the tag @CORE-02")


def test_two_scenarios_of_one_id_are_told_and_one_that_is_collected_twice_is_none() -> None:
    [said] = problems(GOOD, replace(GOOD, nodeid="test_t", line=8))
    assert said.startswith("a.feature:8: two scenarios share the id 'a.feature::s': test_s and test_t")
    assert problems(GOOD, GOOD) == []


@pytest.mark.parametrize(
    ("examples", "told"),
    [
        (
            "    Examples:\n      | state |\n      | new |\n",
            ["expected a column 'id'", "found the columns state"],
        ),
        ("    Examples:\n      | id | state |\n", ["expected at least one row, found none"]),
        (
            "    @b @a\n    Examples:\n      | id | state |\n      | a | new |\n",
            ["expected no tags here, found @a, @b; tags stand on the scenario"],
        ),
    ],
)
def test_examples_are_told_by_file_line_and_scenario(tmp_path: Path, examples: str, told: list[str]) -> None:
    (tmp_path / "a.feature").write_text(OUTLINE + examples)
    line = 5 if "@" in examples else 4
    [said] = problems(GOOD, folder=tmp_path)
    assert said.startswith(f"a.feature:{line}: Examples of 's': ")
    assert all(part in said for part in told)


def test_a_step_that_nothing_or_more_than_one_thing_runs_is_told_once_for_all_rows() -> None:
    unbound, twice = replace(STEP, bindings=()), replace(STEP, bindings=(ONE, replace(ONE, line=9)), line=5)
    rows = [
        replace(GOOD, id=f"s::{row}", nodeid=row, steps=(replace(unbound, text=f"a {row} meter"), twice))
        for row in ("new", "old", "lost")
    ]
    nothing, more = problems(*rows)
    assert nothing.startswith("a.feature:4: step Given 'a new meter' and 2 more in its Examples: no step def")
    assert more.startswith("a.feature:5: step Given 'a new meter': expected one step definition, found 2: ")
    assert more.endswith(": steps/a.py:7, steps/a.py:9")


def test_all_that_is_wrong_is_counted_and_told_line_by_line() -> None:
    assert str(CollectionError(["x"])) == "the features cannot be used: one problem\n  x"
    assert str(CollectionError(["x", "y"])) == "the features cannot be used: 2 problems\n  x\n  y"
