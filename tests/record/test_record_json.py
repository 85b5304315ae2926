from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.ledger.verdicts import RunVerdict
from dsp_conformance.record.record_json import from_json, to_json
from dsp_conformance.record.run import Run, RunIdentity

if TYPE_CHECKING:
    from tests.small_suite import SmallSuite

MANY = """
Feature: F
  A narrative.

  @CORE-01 @CORE-02
  Scenario Outline: rows
    Given a <state> meter
    When it is asked
    And it answers in plain text
    Then a curiosity is noted
    And <ending>

    Examples:
      | id | state     | ending                      |
      | a  | Suspended | it answers                  |
      | b  | Suspended | it does not restore         |
      | c  | Suspended | the meter is not ready      |
      | d  | Suspended | the suite breaks            |
      | e  | Suspended | the testbed cannot show it  |
      | f  | Suspended | something comes afterwards  |
"""


def test_a_record_handed_to_another_process_says_the_same_there(suite: SmallSuite) -> None:
    scenarios = suite.run(MANY).results["scenarios"]
    assert len(scenarios) == 6
    for tree in scenarios:
        record = from_json(json.loads(json.dumps(tree)))
        assert to_json(record) == tree


def test_a_run_put_together_from_other_processes_records_comes_to_the_same_verdicts(
    suite: SmallSuite,
) -> None:
    results = suite.run(MANY).results
    ledger = Ledger.load(suite.pytester.path / "requirements.toml")
    run = Run(RunIdentity("1", "DSP", "2", "bundled"), ledger)
    run.absorb(map(from_json, reversed(results["scenarios"])))
    assert run.verdict is RunVerdict.SUITE_FAILED
    assert {one.id: one.state for one in run.requirement_results()} == {
        one["id"]: one["verdict"] for one in results["requirements"]
    }
