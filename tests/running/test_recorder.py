"""Whole runs of a small suite: verdicts, exit codes and what results.json says."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from benchmarks.synthetic import ledger
from dsp_conformance.base.redaction import MARK, Redactor
from dsp_conformance.record import journal
from dsp_conformance.record.evidence import Operation
from dsp_conformance.record.journal_writer import JournalWriter
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.record.scenario_record import RecordError, ScenarioIdentity, ScenarioRecord
from dsp_conformance.running.recorder import RunRecorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.small_suite import SmallSuite

PASSING = """
@CORE-01
Feature: Answers
  Scenario: fine
    Given a DSP
    When it is asked
    Then it answers
"""


def one(ending: str, tag: str = "@CORE-01") -> str:
    return f"Feature: F\n  {tag}\n  Scenario: s\n    Given a DSP\n    When it is asked\n    Then {ending}\n"


def test_a_run_that_passes_is_conformant_and_says_what_was_not_assessed(suite: SmallSuite) -> None:
    outcome = suite.run(PASSING)
    assert outcome.exit_code == 0
    assert outcome.results["verdict"]["verdict"] == "conformant"
    assert outcome.results["verdict"]["exit_code"] == 0
    assert outcome.requirement("CORE-01") == "pass"
    assert outcome.requirement("DUIS-01") == "pass"
    assert outcome.requirement("CORE-02") == "not assessed"
    assert "MUST requirements not assessed: 1." in outcome.results["verdict"]["sentence"]


def test_a_requirement_of_which_the_testbed_can_show_nothing_keeps_a_product_from_being_conformant(
    suite: SmallSuite,
) -> None:
    unseen = "\n  @CORE-02\n  Scenario: unseen\n    Given a DSP\n    Then the testbed cannot show it\n"
    partly = unseen.replace("CORE-02", "CORE-01")

    assert suite.run(PASSING + partly).exit_code == 0
    outcome = suite.run(PASSING + unseen)
    assert outcome.requirement("CORE-02") == "not testable"
    assert (outcome.exit_code, outcome.results["verdict"]["exit_code"]) == (3, 3)
    assert (
        "inconclusive: this testbed cannot show CORE-02; all 2 MUST" in outcome.results["verdict"]["sentence"]
    )


def test_results_identify_product_suite_schema_and_profile(suite: SmallSuite) -> None:
    run = suite.run(PASSING).results["run"]
    assert run["dsp"] == {"name": "Example DSP", "version": "9.8"}
    assert (run["suite_version"], run["schema_origin"]) == ("1.2.3", "bundled")
    assert run["profile"] == {"smets1": None, "secmp0007": False}
    assert run["started"] <= run["finished"]


def test_a_requirement_that_is_not_met_makes_the_product_non_conformant(suite: SmallSuite) -> None:
    outcome = suite.run(one("it does not"))
    assert outcome.exit_code == outcome.results["verdict"]["exit_code"] == 1
    scenario = outcome.scenario("s")
    assert (scenario["verdict"], scenario["attribution"]) == ("fail", "product defect")
    assert [step["status"] for step in scenario["steps"]] == ["passed", "passed", "failed"]
    for told in ("Then it does not", "requirement CORE-01 not met", "E51", "set profile.rejection_code"):
        assert told in outcome.summary
    assert outcome.pytest_counts == {"failed": 1}


def test_a_failure_that_names_a_requirement_leaves_the_others_unproven(suite: SmallSuite) -> None:
    outcome = suite.run(one("it does not restore", "@CORE-01 @CORE-02"))
    assert outcome.requirement("CORE-02") == "fail"
    assert outcome.requirement("CORE-01") == "inconclusive"


def test_an_assumption_that_is_not_met_is_reported_apart(suite: SmallSuite) -> None:
    features = one("it does not", "@CORE-03") + PASSING.partition("Feature: Answers\n")[2].replace(
        "  Scenario: fine", "  @CORE-01\n  Scenario: fine"
    )
    outcome = suite.run(features)
    assert outcome.exit_code == 0
    assert outcome.requirement("CORE-03") == "fail"
    enforced = suite.run(features, "--enforce")
    assert enforced.exit_code == 1


def test_an_assumption_that_failed_alone_is_no_conformance_shown(suite: SmallSuite) -> None:
    outcome = suite.run(one("it does not", "@CORE-03").replace("When it is asked", "And a DSP"))
    assert outcome.exit_code == 5


@pytest.mark.parametrize(
    ("ending", "attribution"),
    [
        ("it cannot be reached", "unreachable target"),
        ("the meter is not ready", "precondition or testbed"),
        ("its answer is of no use", "product defect"),
    ],
)
def test_what_cannot_be_judged_is_inconclusive_and_says_whose_fault_it_is(
    suite: SmallSuite, ending: str, attribution: str
) -> None:
    outcome = suite.run(one(ending).replace("Then its", "When its"))
    assert outcome.requirement("CORE-01") == "inconclusive"
    assert outcome.scenario("s")["attribution"] == attribution
    # An unusable answer fails the DUIS requirement itself, which outweighs the scenario's own verdict.
    assert outcome.exit_code == (1 if "answer" in ending else 3)


def test_an_unforeseen_exception_is_the_suites_own_error_with_a_trace_without_values(
    suite: SmallSuite,
) -> None:
    outcome = suite.run(one("the suite breaks"))
    assert outcome.exit_code == 4
    [reason] = outcome.scenario("s")["reasons"]
    assert reason["attribution"] == "suite's own error"
    assert "KeyError" in reason["trace"]
    assert "conftest.py" in reason["trace"]
    assert "pluggy" not in reason["trace"]
    everything = [outcome.output, *(file.read_text() for file in outcome.folder.rglob("*.json"))]
    assert not any("'key-material-in-a-local'" in text for text in everything)


def test_a_failed_check_fails_its_own_requirement_and_pytest_shows_it(suite: SmallSuite) -> None:
    outcome = suite.run(one("it answers").replace("it is asked", "it answers in plain text"))
    assert outcome.requirement("DUIS-01") == "fail"
    assert outcome.requirement("CORE-01") == "pass"
    assert outcome.scenario("s")["verdict"] == "fail"
    assert outcome.exit_code == 1
    assert outcome.pytest_counts == {"failed": 1}
    assert "look at the gateway" in outcome.output


@pytest.mark.parametrize(
    ("ending", "exclusion", "reason"),
    [
        ("it does not apply", "not applicable", "smets1 = no"),
        ("the testbed cannot show it", "not testable", "list_commands"),
        ("it is skipped", "not testable", "later"),
        ("the product takes it for no Device", "not taken by this product", "SR6.21 for an ESME"),
    ],
)
def test_what_was_left_out_or_set_aside_is_never_a_pass_and_has_its_reason(
    suite: SmallSuite, ending: str, exclusion: str, reason: str
) -> None:
    outcome = suite.run(one(ending).replace("When it is asked", "And a DSP"))
    assert outcome.requirement("CORE-01") == exclusion
    assert outcome.exit_code == 5
    assert outcome.pytest_counts == {"skipped": 1}
    scenario = outcome.scenario("s")
    assert scenario["verdict"] == "none"
    assert scenario["exclusion"] == exclusion
    assert [step["status"] for step in scenario["steps"]] == ["passed", "passed", "skipped"]
    assert reason in outcome.summary


def test_a_requirement_passes_on_the_scenarios_that_ran(suite: SmallSuite) -> None:
    other = "\n  @CORE-01\n  Scenario: t\n    Given a DSP\n    Then the testbed cannot show it\n"
    outcome = suite.run(one("it answers") + other)
    assert outcome.requirement("CORE-01") == "pass"
    assert "1 of 1 passed, 1 not run" in outcome.summary


@pytest.mark.parametrize("given", ["a DSP without power", "a DSP that cannot be switched off"])
def test_trouble_in_set_up_and_tear_down_is_an_error(suite: SmallSuite, given: str) -> None:
    outcome = suite.run(one("it answers").replace("Given a DSP", f"Given {given}"))
    assert outcome.exit_code == 4
    assert outcome.requirement("CORE-01") == "error"


def test_a_fixture_that_breaks_before_the_first_step_leaves_a_record_with_every_step_not_run(
    suite: SmallSuite,
) -> None:
    outcome = suite.run(one("it answers").replace("Scenario: s", "Scenario: early"))
    scenario = outcome.scenario("early")
    assert {step["status"] for step in scenario["steps"]} == {"not run"}
    assert scenario["reasons"][0]["phase"] == "set-up"
    assert outcome.exit_code == 4


def test_a_scenario_without_steps_shows_nothing(suite: SmallSuite) -> None:
    outcome = suite.run("Feature: F\n  @CORE-01\n  Scenario: s\n")
    assert outcome.requirement("CORE-01") == "not assessed"
    assert outcome.exit_code == 5


def test_silence_is_checked_once_at_the_end_while_the_line_is_still_up(suite: SmallSuite) -> None:
    outcome = suite.run(one("nothing comes afterwards"))
    assert outcome.exit_code == 0


def test_what_only_the_end_of_the_run_shows_worsens_record_pytest_and_exit_code(suite: SmallSuite) -> None:
    later = "\n  @CORE-02\n  Scenario: t\n    Given a DSP\n    When it is asked\n    Then it answers\n"
    outcome = suite.run(one("something comes afterwards") + later)
    assert outcome.exit_code == 1
    scenario = outcome.scenario("s")
    assert scenario["verdict"] == "fail"
    assert scenario["reasons"][0]["phase"] == "late"
    assert {step["status"] for step in scenario["steps"]} == {"passed"}
    assert (outcome.requirement("DUIS-01"), outcome.requirement("CORE-01")) == ("fail", "pass")
    assert outcome.scenario("t")["verdict"] == "pass"
    assert outcome.pytest_counts == {"passed": 2, "failed": 1}
    assert "found at the end of the run" in outcome.output


@pytest.mark.parametrize("arguments", [(), ("-n1",)], ids=["alone", "a worker"])
@pytest.mark.parametrize("last", ["it answers", "the testbed is asked afterwards", "it does not"])
def test_what_the_testbed_does_at_the_end_of_the_run_stands_with_the_scenario_it_is_done_for(
    suite: SmallSuite, arguments: tuple[str, ...], last: str
) -> None:
    names = {"s": "the testbed is asked afterwards", "t": "the testbed is asked afterwards", "u": last}
    scenarios = (f"  Scenario: {name}\n    Then {ending}\n" for name, ending in names.items())
    outcome = suite.run("@CORE-01\nFeature: F\n" + "".join(scenarios), *arguments, "-x")
    for name, ending in names.items():
        scenario = outcome.scenario(name)
        asked = [one["arguments"]["about"] for one in scenario["late"]["operations"]]
        assert asked == ([name] if "testbed" in ending else [])
        assert (
            scenario["operations"] == [one for step in scenario["steps"] for one in step["operations"]] == []
        )


def test_an_exchange_that_fails_a_check_at_the_end_of_the_run_counts(suite: SmallSuite) -> None:
    outcome = suite.run(one("a second answer comes afterwards"))
    assert outcome.requirement("DUIS-01") == "fail"
    assert outcome.exit_code == 1


def test_late_checks_are_made_even_if_the_run_stops_at_its_first_failure(suite: SmallSuite) -> None:
    failing = "\n  Scenario: t\n    Given a DSP\n    Then it does not\n\n  Scenario: u\n    Given a DSP\n"
    outcome = suite.run(one("something comes afterwards") + failing, "-x")
    assert outcome.scenario("s")["verdict"] == "fail"


def test_a_failing_scenario_without_requirement_is_not_lost(suite: SmallSuite) -> None:
    outcome = suite.run(one("it does not", ""))
    assert outcome.exit_code == 1


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [("it answers", "pass"), ("it does not", "inconclusive"), ("the meter is not ready", "inconclusive")],
)
def test_a_scenario_that_only_observes_decides_nothing_however_it_ends(
    suite: SmallSuite, ending: str, verdict: str
) -> None:
    seen = f"\n  Scenario: seen\n    Given a DSP\n    Then {ending}\n"
    outcome = suite.run("Feature: F\n\n  @CORE-01\n  Scenario: judged\n    Given a DSP\n\n  @observed" + seen)
    assert outcome.scenario("seen")["verdict"] == verdict
    assert outcome.scenario("seen")["requirement_verdicts"] == {}
    assert outcome.requirement("CORE-01") == "pass"
    assert outcome.results["verdict"]["verdict"] == "conformant"
    assert outcome.exit_code == 0


def test_what_a_message_shows_counts_in_a_scenario_that_only_observes_too(suite: SmallSuite) -> None:
    seen = "  @observed\n  Scenario: seen\n    Given a DSP\n    When it answers in plain text\n"
    outcome = suite.run("Feature: F\n" + seen)
    assert outcome.requirement("DUIS-01") == "fail"


def test_a_scenario_that_only_observes_voids_the_run_if_the_suite_fails_in_it(suite: SmallSuite) -> None:
    assert suite.run(one("the suite breaks", "@observed")).exit_code == 4


def test_evidence_from_another_thread_is_refused(suite: SmallSuite) -> None:
    outcome = suite.run(one("another thread reports"))
    assert outcome.exit_code == 4
    assert "own thread" in outcome.scenario("s")["reasons"][0]["found"]


def test_rows_of_an_outline_are_told_apart_by_their_id(suite: SmallSuite) -> None:
    rows = "\n    Examples:\n      | id | state |\n      | a | Suspended |\n      | b | Suspended |\n"
    feature = "Feature: F\n  Scenario Outline: s\n    Given a <state> meter\n" + rows
    outcome = suite.run(feature)
    identities = [one["id"] for one in outcome.results["scenarios"]]
    assert identities == ["features/small.feature::s::a", "features/small.feature::s::b"]
    assert outcome.scenario("s")["steps"][0]["text"] == "a Suspended meter"


def test_a_feature_that_cannot_be_read_voids_the_run(suite: SmallSuite) -> None:
    outcome = suite.run("Feature: F\n  Scenario: s\n    Given a DSP\n    Perhaps a DSP\n")
    assert outcome.exit_code == 4
    assert outcome.results["suite_errors"]


def test_an_interrupted_run_gives_no_verdict(suite: SmallSuite) -> None:
    outcome = suite.run(one("the operator interrupts"))
    assert outcome.exit_code == 4
    assert "the run ended while this scenario was running" in outcome.summary
    assert outcome.allure["s"]["steps"][2]["status"] == "broken"


def test_a_run_without_scenarios_is_no_success(suite: SmallSuite) -> None:
    outcome = suite.run(PASSING, "-k", "nothing")
    assert outcome.exit_code == 5
    assert "no MUST requirement was assessed" in outcome.results["verdict"]["sentence"]


def test_a_failing_test_that_is_no_scenario_voids_the_run(suite: SmallSuite) -> None:
    suite.pytester.makepyfile(test_other="def test_bindings():\n    assert not 'a step without definition'\n")
    outcome = suite.run(PASSING)
    assert outcome.exit_code == 4


def test_listing_the_scenarios_leaves_results_as_they_are(suite: SmallSuite) -> None:
    folder = suite.run(PASSING).folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert suite.start(PASSING, "--collect-only").ret == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_results_hold_digests_of_messages_and_never_their_bodies(suite: SmallSuite) -> None:
    outcome = suite.run(PASSING)
    [exchange] = outcome.scenario("fine")["steps"][1]["exchanges"]
    assert exchange["request"]["size"] == len(b"<a><b>1</b></a>")
    assert len(exchange["request"]["sha256"]) == 64
    assert "I99" not in (outcome.folder / "results.json").read_text()
    assert exchange["facts"] == {"HTTP status": "200"}


def test_the_features_that_ran_are_kept_in_the_journal(suite: SmallSuite) -> None:
    outcome = suite.run(PASSING)
    kept = journal.read(outcome.folder / journal.NAME).files
    assert kept["features/small.feature"].strip() == PASSING.strip()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[RunRecorder]:
    """A recorder of a run that knows a secret."""
    run = Run(RunIdentity("1", "DSP", "2", "bundled"), ledger(), redactor=Redactor(["c4nary-0123"]))
    writer = JournalWriter(tmp_path / journal.NAME, run, key="k")
    writer.begin()
    yield RunRecorder(run, writer)
    writer.close()


def test_evidence_outside_of_any_scenario_has_no_record_to_go_to(recorder: RunRecorder) -> None:
    with pytest.raises(RecordError, match="no scenario is running"):
        recorder.current.observe("something")


def test_what_the_testbed_did_is_kept_with_the_scenario_it_did_it_for_or_with_the_run(
    recorder: RunRecorder, tmp_path: Path
) -> None:
    who = ScenarioIdentity("f::s", "f::s", "f", "F", "", "s", {}, ("CORE-01",))
    record = ScenarioRecord(who, "s", [], start=1)
    recorder.journal.scenario_begun(record)
    recorder._current = record
    recorder.operation(Operation(1, "edit-cpl", {}, "done", "", 1.0))
    other = Thread(target=recorder.operation, args=[Operation(2, "set-status", {}, "done", "", 1.0)])
    other.start()
    other.join()
    recorder._current = None
    recorder.operation(Operation(3, "register-user", {}, "done", "", 1.0))

    source = journal.read(tmp_path / journal.NAME)
    assert [one.name for one in source.run.records["f::s"].evidence.operations] == ["edit-cpl"]
    assert [one.name for one in source.operations] == ["set-status", "register-user"]


def test_what_pytest_is_going_to_show_holds_no_secret(recorder: RunRecorder) -> None:
    report = pytest.TestReport(
        "s", ("f", 1, "s"), {}, "failed", "refused: c4nary-0123", "call", sections=[("stdout", "c4nary-0123")]
    )
    recorder._redact(report)
    assert report.longreprtext == f"refused: {MARK}"
    assert report.sections == [("stdout", MARK)]
