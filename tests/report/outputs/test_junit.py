"""JUnit XML as CI systems read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

if TYPE_CHECKING:
    from tests.small_suite import SmallSuite

FEATURE = """
Feature: F

  @CORE-01
  Scenario Outline: asked
    When it is asked
    Then <ending>

    Examples:
      | id     | ending                     |
      | good   | it answers                 |
      | bad    | it does not                |
      | unsure | it cannot be reached       |
      | broken | the suite breaks           |
      | none   | it does not apply          |
      | cannot | the testbed cannot show it |

  @CORE-02
  Scenario: an answer in another form
    When it answers in plain text
    Then it answers

  @CORE-03
  Scenario: not restored
    Then it does not

  Scenario: found late
    When it is asked
    Then a second answer comes afterwards
"""


@pytest.fixture
def cases(suite: SmallSuite) -> dict[str, TestCase]:
    outcome = suite.run(FEATURE)
    parsed = JUnitXml.fromfile(str(outcome.folder / "junit.xml"))
    found = {case.name: case for each in parsed for case in each}
    assert parsed.tests == len(found) == len(outcome.results["scenarios"]) + 1
    return found


def result(case: TestCase) -> tuple[type, str, str]:
    (one,) = case.result
    return type(one), one.type, one.message


def test_each_verdict_is_what_a_ci_system_calls_it(cases: dict[str, TestCase]) -> None:
    assert cases["CORE-01: asked / good"].is_passed
    assert result(cases["CORE-01: asked / bad"]) == (
        Failure,
        "product defect",
        "requirement CORE-01 not met; expected: E51; found: E5",
    )
    assert result(cases["CORE-01: asked / unsure"])[:2] == (Error, "inconclusive")
    assert result(cases["CORE-01: asked / broken"])[:2] == (Error, "suite's own error")
    assert result(cases["CORE-01: asked / none"]) == (
        Skipped,
        "not applicable",
        "not applicable: the profile says smets1 = no",
    )
    assert result(cases["CORE-01: asked / cannot"])[:2] == (Skipped, "not testable")
    assert result(cases["CORE-03: not restored"])[:2] == (Failure, "assumption not met")


def test_a_failed_check_of_a_message_fails_its_scenario_with_what_was_expected(
    cases: dict[str, TestCase],
) -> None:
    for name in ("CORE-02: an answer in another form", "found late"):
        assert result(cases[name]) == (
            Failure,
            "product defect",
            "requirement DUIS-01 not met; expected: an XML document; found: plain text",
        )


def test_the_run_itself_is_an_error_where_it_decides_nothing(cases: dict[str, TestCase]) -> None:
    kind, about, sentence = result(cases["the run decides"])
    assert (kind, about) == (Error, "suite failed")
    assert "the suite itself failed" in sentence


def test_a_stale_baseline_is_an_error_though_everything_passes(suite: SmallSuite) -> None:
    known = suite.pytester.path / "known.toml"
    known.write_text('[[known]]\nrequirement = "CORE-01"\nreason = "r"\nexpires = 2999-01-01\n')
    feature = "Feature: F\n\n  @CORE-01\n  Scenario: good\n    Then it answers\n"
    outcome = suite.run(feature, f"--known={known}")
    assert outcome.exit_code == 2
    parsed = JUnitXml.fromfile(str(outcome.folder / "junit.xml"))
    decides = next(case for each in parsed for case in each if case.name == "the run decides")
    (error,) = decides.result
    assert error.text == "baseline: CORE-01: stale: it passes"


def test_a_known_failure_is_a_failure_and_says_that_it_is_known(suite: SmallSuite) -> None:
    known = suite.pytester.path / "known.toml"
    known.write_text('[[known]]\nrequirement = "CORE-01"\nreason = "r"\nexpires = 2999-01-01\n')
    feature = "Feature: F\n\n  @CORE-01\n  Scenario: bad\n    Then it does not\n"
    outcome = suite.run(feature, f"--known={known}")
    parsed = JUnitXml.fromfile(str(outcome.folder / "junit.xml"))
    bad = next(case for each in parsed for case in each if case.name == "CORE-01: bad")
    assert result(bad)[:2] == (Failure, "known failure")
    assert "known failure" in (outcome.folder / "summary.md").read_text(encoding="utf-8")
