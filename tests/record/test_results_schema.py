"""The schema of results.json refuses what no run can say."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dsp_conformance.base.published import schema_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.small_suite import SmallSuite

FEATURE = """
Feature: F

  @CORE-01
  Scenario: good
    When it is asked
    Then it answers

  @CORE-02
  Scenario: bad
    When it is asked
    Then it does not

  @CORE-02
  Scenario: not for it
    Then it does not apply
"""


@pytest.fixture
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text("results")))


def changed(results: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    other = copy.deepcopy(results)
    change(other)
    return other


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key that nobody wrote": lambda tree: tree.update(more=1),
    "a key in a step": lambda tree: tree["scenarios"][0]["steps"][0].update(more=1),
    "a lacking key": lambda tree: tree["scenarios"][0].pop("late"),
    "a verdict of no such name": lambda tree: tree["scenarios"][0].update(verdict="passed"),
    "a verdict and a reason for none": lambda tree: tree["scenarios"][0].update(exclusion="not testable"),
    "another format": lambda tree: tree.update(format=2),
    "an exit code that is not its verdict's": lambda tree: tree["verdict"].update(exit_code=0),
    "a suite error and a verdict": lambda tree: tree["suite_errors"].append("collection failed"),
    "a known failure without a baseline": lambda tree: tree["scenarios"][0].update(known_failure=["x"]),
    "a requirement without a verdict or a reason": lambda tree: tree["requirements"][2].update(
        not_assessed=""
    ),
    "a time as a text": lambda tree: tree["scenarios"][0].update(start="now"),
    "a local time": lambda tree: tree["run"].update(started="2027-01-01T00:00:00.000+01:00"),
    "a hash that is none": lambda tree: tree["scenarios"][1]["steps"][0]["exchanges"][0]["request"].update(
        sha256="00"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_no_run_can_say_is_refused(
    suite: SmallSuite, validator: Draft202012Validator, change: Callable[[dict[str, Any]], object]
) -> None:
    results = suite.run(FEATURE).results
    assert validator.is_valid(results)
    assert not validator.is_valid(changed(results, change))
