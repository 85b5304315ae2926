"""Whole runs of a small suite: what is refused before anything runs, and what is kept out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.small_suite import SmallSuite

STEPS = """
from pytest_bdd import given, parsers, then, when

from dsp_conformance.duis.terms import UserRole
from dsp_conformance.collection.needs import applies_where, needs
from dsp_conformance.testbed import Capability

@given("a Device")
@needs(Capability.EDIT_CPL, Capability.PROVIDE_DEVICE)
def _():
    print("a Device was made")

@given("it is cut off")
@needs(Capability.CONTROL_DEVICE)
def _(): pass

@given(parsers.parse("{role} asks"))
@needs(lambda words: [UserRole(words["role"])])
def _(role): pass

@given("a DSP for SMETS1")
@applies_where("smets1")
def _(): pass

@given("something done in two ways")
def one_way(): pass

@given(parsers.parse("something done in {many} ways"))
def another_way(many): pass
"""

RESTRICTED = """
[groups]
CORE = "The core"

[requirements.CORE-01]
title = "It answers"
text = "A conforming DSP answers."
keyword = "MUST"
source = ["S"]
basis = "stated"
revision = 1

[requirements.CORE-02]
title = "It answers old Devices"
text = "A conforming DSP answers old Devices."
keyword = "MUST"
source = ["S"]
basis = "stated"
applicability = "smets1"
revision = 1

[requirements.CORE-03]
title = "It answers new Devices alone"
text = "A conforming DSP answers new Devices alone."
keyword = "MUST"
source = ["S"]
basis = "stated"
applicability = "not smets1"
revision = 1
"""

EVERYTHING = "register-user edit-cpl provide-device control-device"


@pytest.fixture
def suite(suite: SmallSuite) -> SmallSuite:
    suite.steps = STEPS
    return suite


def scenario(*steps: str, tags: str = "@CORE-01", name: str = "s") -> str:
    lines = "".join(f"    Given {step}\n" for step in steps)
    return f"  {tags}\n  Scenario: {name}\n{lines}"


def outline(examples: str, step: str = "a <state> meter", tags: str = "") -> str:
    head = f"Feature: F\n  @CORE-01\n  Scenario Outline: s\n    Given {step}\n"
    return f"{head}\n    {tags}\n    Examples:\n{examples}"


# -- what is refused


@pytest.mark.parametrize(
    ("feature", "told"),
    [
        (
            outline("      | id | state |\n      | a | X |\n      | a | Y |\n"),
            ["share the id", "test_s[a-Y]"],
        ),
        (
            outline("      | state |\n      | X |\n"),
            ["small.feature:7", "column 'id'", "found the columns state"],
        ),
        (outline("      | id | state |\n"), ["small.feature:7", "at least one row"]),
        (
            outline("      | id | state |\n      | a | X |\n", tags="@CORE-02"),
            ["small.feature:7", "expected no tags here, found @CORE-02"],
        ),
        ("Feature: F\n" + scenario("a DSP", tags="@CORE-11"), ["small.feature:3", "did you mean 'CORE-01'"]),
        (
            "Feature: F\n" + scenario("nobody wrote this"),
            ["small.feature:4", "'nobody wrote this'", "no step definition"],
        ),
        (
            outline("      | id | w |\n      | a | X |\n      | b | Y |\n", step="a <w> of nobody's"),
            ["small.feature:4", '"a X of nobody\'s" and 1 more in its Examples', "no step definition"],
        ),
        (
            "Feature: F\n" + scenario("something done in two ways"),
            [
                "small.feature:4",
                "expected one step definition, found 2",
                "test_features.py:24, test_features.py:27",
            ],
        ),
    ],
)
def test_features_that_cannot_be_used_are_refused_before_anything_runs(
    suite: SmallSuite, feature: str, told: list[str]
) -> None:
    outcome = suite.run(feature)

    assert outcome.exit_code == outcome.results["verdict"]["exit_code"] == 2
    assert all(part in outcome.output for part in told), outcome.output
    assert "one problem" in outcome.output
    assert outcome.results["scenarios"] == []
    assert outcome.pytest_counts.keys() <= {"errors"}


def test_all_that_is_wrong_with_the_features_is_told_at_once(suite: SmallSuite) -> None:
    outcome = suite.run(
        "Feature: F\n"
        + scenario("nobody wrote this", tags="@CORE-11")
        + scenario("nobody wrote that", tags="@CORE-12", name="t")
    )

    assert "4 problems" in outcome.output
    assert outcome.output.count("no step definition") == 2


def test_listing_refuses_what_a_run_refuses(suite: SmallSuite) -> None:
    done = suite.start("Feature: F\n" + scenario("nobody wrote this"), "--collect-only")

    assert done.ret == 2
    assert "no step definition" in done.stdout.str() + done.stderr.str()


def test_a_requirement_without_a_scenario_is_refused_where_the_whole_suite_is_collected(
    suite: SmallSuite,
) -> None:
    feature = "Feature: F\n" + scenario("a DSP", tags="@CORE-01 @CORE-03 @DUIS-01")

    refused = suite.run(feature, "--whole")
    assert refused.exit_code == 2
    assert "requirement CORE-02 (It restores): no scenario carries the tag @CORE-02" in refused.output
    assert "one problem" in refused.output
    assert suite.run(feature).exit_code == 0
    assert suite.run(feature, "--whole", "-k", "test_s").exit_code == 0
    assert suite.run(feature.replace("@CORE-03", "@CORE-02 @CORE-03"), "--whole").exit_code == 0


def test_a_selection_is_not_held_up_by_what_it_leaves_out(suite: SmallSuite) -> None:
    feature = (
        "Feature: F\n" + scenario("nobody wrote this", name="left out") + scenario("a DSP", name="chosen")
    )

    outcome = suite.run(feature, "-k", "chosen")
    assert outcome.results["requirements"][0]["verdict"] == "pass"
    assert outcome.exit_code == 3


# -- scenarios chosen by id

ROWS = """Feature: F
  @CORE-01
  Scenario Outline: rows
    Given a <state> meter
    Examples:
      | id | state |
      | x  | new   |
      | y  | old   |
"""


@pytest.mark.parametrize(
    ("chosen", "ran"), [("rows", ["rows::x", "rows::y"]), ("rows::y", ["rows::y"]), ("single", ["single"])]
)
def test_scenarios_run_alone_by_the_id_that_reports_show(
    suite: SmallSuite, chosen: str, ran: list[str]
) -> None:
    outcome = suite.run(
        ROWS + scenario("a DSP", name="single"), "--scenario", f"features/small.feature::{chosen}"
    )

    assert [one["id"] for one in outcome.results["scenarios"]] == [
        f"features/small.feature::{one}" for one in ran
    ]
    assert {one["verdict"] for one in outcome.results["scenarios"]} == {"pass"}
    assert outcome.results["plan"]["left_out"] == 3 - len(ran)


def test_a_selection_is_never_conformant_though_all_of_it_passes(suite: SmallSuite) -> None:
    feature = ROWS + scenario("a DSP", name="single")
    whole = suite.run(feature)
    part = suite.run(feature, "--scenario", "features/small.feature::single")

    assert (whole.exit_code, whole.results["verdict"]["verdict"]) == (0, "conformant")
    assert (part.exit_code, part.results["verdict"]["verdict"]) == (3, "inconclusive")
    assert "only 1 of 3 scenarios were selected" in part.results["verdict"]["sentence"]
    assert "a selection: 2 scenarios left out" in part.output


def test_a_selection_can_show_that_a_requirement_is_not_met(suite: SmallSuite) -> None:
    feature = ROWS + "  @CORE-02\n  Scenario: bad\n    Then it does not\n"
    outcome = suite.run(feature, "--scenario", "features/small.feature::bad")

    assert (outcome.exit_code, outcome.results["verdict"]["verdict"]) == (1, "non-conformant")


def test_an_id_that_no_scenario_has_is_told_with_the_nearest(suite: SmallSuite) -> None:
    outcome = suite.run(ROWS, "--scenario", "features/small.feature::rows::z")

    assert outcome.exit_code == 2
    assert "expected the id of a scenario, found 'features/small.feature::rows::z'" in outcome.output
    assert "Did you mean 'features/small.feature::rows::" in outcome.output


def test_workers_run_the_chosen_scenarios_alone(suite: SmallSuite) -> None:
    done = suite.start(ROWS, "--scenario", "features/small.feature::rows::y", "-n2", "-p", "xdist")

    assert "only 1 of 2 scenarios were selected" in done.stdout.str()
    assert done.ret == 3


# -- what is kept out


def test_what_the_testbed_cannot_do_is_known_before_anything_is_made(suite: SmallSuite) -> None:
    feature = "Feature: F\n" + scenario("a Device", "it is cut off") + scenario("a Device", name="t")
    outcome = suite.run(feature, "--can", "edit-cpl provide-device", "-s")

    assert outcome.scenario("s")["reasons"][0]["phase"] == "set-up"
    assert outcome.scenario("s")["reasons"][0]["exclusion"] == "not testable"
    assert [step["status"] for step in outcome.scenario("s")["steps"]] == ["not run", "not run"]
    assert outcome.scenario("t")["verdict"] == "pass"
    assert outcome.output.count("a Device was made") == 1
    assert outcome.pytest_counts == {"passed": 1, "skipped": 1}


def test_every_missing_capability_is_named(suite: SmallSuite) -> None:
    outcome = suite.run("Feature: F\n" + scenario("a Device", "it is cut off"), "--can", "provide-device")

    assert "the testbed lacks the capabilities 'edit-cpl', 'control-device'" in outcome.output
    assert outcome.exit_code == 5


@pytest.mark.parametrize(
    ("arguments", "runs"),
    [
        (["--can", "register-user"], True),
        (["--can", "", "--user", "IS"], True),
        (["--can", "", "--user", "GS"], False),
        (["--can", ""], False),
        ([], True),  # a testbed that does not answer excludes nothing
    ],
)
def test_a_service_user_comes_from_the_target_file_or_from_the_testbed(
    suite: SmallSuite, arguments: list[str], *, runs: bool
) -> None:
    outcome = suite.run("Feature: F\n" + scenario("IS asks"), *arguments)

    assert outcome.pytest_counts == ({"passed": 1} if runs else {"skipped": 1})
    assert ("'register-user'" in outcome.output) is not runs


@pytest.mark.parametrize(
    ("tags", "told", "runs"),
    [
        ("@CORE-02", ["--deny=smets1"], False),
        ("@CORE-02", ["--declare=smets1"], True),
        ("@CORE-02", [], True),
        ("@CORE-03", ["--deny=smets1"], True),
        ("@CORE-03", ["--declare=smets1"], False),
        ("@CORE-03", [], True),
        ("@CORE-01 @CORE-02", ["--deny=smets1"], False),
        ("@CORE-01 @CORE-02", ["--declare=smets1"], True),
        ("@CORE-02 @CORE-03", ["--declare=smets1"], False),
        ("@CORE-02 @CORE-03", ["--deny=smets1"], False),
    ],
)
def test_a_scenario_applies_where_all_its_requirements_do(
    suite: SmallSuite, tags: str, told: list[str], *, runs: bool
) -> None:
    suite.ledger = RESTRICTED
    outcome = suite.run("Feature: F\n" + scenario("a DSP", tags=tags), *told)

    assert outcome.pytest_counts == ({"passed": 1} if runs else {"skipped": 1})
    assert outcome.scenario("s")["exclusion"] == (None if runs else "not applicable")


def test_a_step_may_depend_on_the_profile_too(suite: SmallSuite) -> None:
    feature = "Feature: F\n" + scenario("a DSP for SMETS1")

    excluded = suite.run(feature, "--deny=smets1")
    assert excluded.scenario("s")["exclusion"] == "not applicable"
    assert "the profile says smets1 = no" in excluded.output
    assert suite.run(feature, "--declare=smets1").exit_code == 0


@pytest.mark.parametrize("workers", [[], ["-p", "xdist", "-n", "2"]])
def test_an_undeclared_switch_leaves_a_run_without_a_fault_inconclusive_and_says_what_to_write(
    suite: SmallSuite, workers: list[str]
) -> None:
    by_step = scenario("a DSP for SMETS1", name="by its step") + scenario("a DSP", name="by nothing")
    for feature in (scenario("a DSP", tags="@CORE-02"), by_step):
        suite.ledger = RESTRICTED
        outcome = suite.run("Feature: F\n" + feature, *workers)

        assert outcome.exit_code == 3
        assert all(one["verdict"] == "pass" for one in outcome.results["scenarios"])
        said = outcome.results["verdict"]["sentence"]
        assert "inconclusive: the profile leaves a switch undeclared; all 1 MUST requirements" in said
        assert said.endswith(' The profile is incomplete: write smets1 = "yes" or "no" in [profile].')
        assert '  an incomplete profile: write smets1 = "yes" or "no" in [profile]' in outcome.output


def test_an_undeclared_switch_on_which_only_an_assumption_depends_leaves_nothing_open(
    suite: SmallSuite,
) -> None:
    sure = 'keyword = "MUST"\nsource = ["S"]\nbasis = "stated"\napplicability'
    suite.ledger = RESTRICTED.replace(sure, 'keyword = "ASSUMED"\napplicability')
    feature = "Feature: F\n" + scenario("a DSP") + scenario("a DSP", name="t", tags="@CORE-02")
    outcome = suite.run(feature)

    assert outcome.exit_code == 0
    assert outcome.results["plan"]["switches"] == []


def test_a_failure_that_rests_on_a_switch_names_it_with_its_question_and_makes_the_run_fail(
    suite: SmallSuite,
) -> None:
    suite.ledger = RESTRICTED
    failing = scenario("a DSP", tags="@CORE-02").rstrip() + "\n    Then it does not\n"
    for told, why in (([], "leaves smets1 undeclared"), (["--declare=smets1"], "declares smets1 = yes")):
        outcome = suite.run("Feature: F\n" + failing, *told)

        assert outcome.exit_code == 1
        (reason,) = outcome.scenario("s")["reasons"]
        assert f"the profile {why} (Does the product support SMETS1 meters?)" in reason["hint"]
        assert 'set smets1 = "no" in the target file\'s [profile]' in reason["hint"]
        assert ("The profile is incomplete" in outcome.results["verdict"]["sentence"]) is (not told)
    plain = suite.run("Feature: F\n" + failing.replace("CORE-02", "CORE-01"))
    assert "smets1" not in plain.scenario("s")["reasons"][0]["hint"]


def test_what_does_not_apply_is_not_blamed_on_the_testbed(suite: SmallSuite) -> None:
    outcome = suite.run(
        "Feature: F\n" + scenario("a DSP for SMETS1", "a Device"), "--can", "", "--deny=smets1"
    )

    assert outcome.scenario("s")["exclusion"] == "not applicable"


# -- what is told


def test_the_plan_is_told_before_the_first_scenario_with_numbers_and_reasons(suite: SmallSuite) -> None:
    suite.ledger = RESTRICTED
    feature = "Feature: F\n" + "".join(
        [
            scenario("a DSP", name="a"),
            scenario("a DSP", name="b", tags="@CORE-02"),
            scenario("a Device", name="c"),
            scenario("a Device", name="d", tags="@CORE-03"),
        ]
    )
    outcome = suite.run(feature, "--can", "edit-cpl", "-v", "--deny=smets1")

    told = outcome.output[outcome.output.index("plan: ") : outcome.output.index("test_a ")]
    assert told.splitlines()[:4] == [
        "plan: 4 scenarios: 1 to run, 1 not applicable to this product, 2 not testable on this testbed",
        "  not applicable: the profile says smets1 = no: 1 scenario (CORE-02)",
        "  not testable: the testbed lacks the capability 'provide-device': 2 scenarios (CORE-01, CORE-03)",
        "  requirements that this run will not assess: CORE-02, CORE-03",
    ]
    plan = outcome.results["plan"]
    assert (plan["selected"], plan["to_run"]) == (4, 1)
    assert plan["requirements_not_assessed"] == ["CORE-02", "CORE-03"]
    assert plan["excluded"][1]["scenarios"] == ["features/small.feature::c", "features/small.feature::d"]


def test_the_plan_counts_what_is_selected(suite: SmallSuite) -> None:
    feature = "Feature: F\n" + scenario("a DSP", name="chosen") + scenario("a DSP", name="left out")
    outcome = suite.run(feature, "--can", EVERYTHING, "-k", "chosen")

    assert "plan: 1 scenario: 1 to run, 0 not applicable" in outcome.output
    assert "not assess:" not in outcome.output


def test_a_testbed_that_does_not_tell_what_it_can_do_is_mentioned(suite: SmallSuite) -> None:
    assert "does not tell what it can do" in suite.run("Feature: F\n" + scenario("a Device")).output


def test_workers_keep_out_what_the_controller_planned(suite: SmallSuite) -> None:
    feature = "Feature: F\n" + scenario("a Device", name="t") + scenario("a DSP")
    done = suite.start(feature, "--can", "edit-cpl", "-n2", "-p", "xdist")
    output = done.stdout.str()

    assert "plan: 2 scenarios: 1 to run, 0 not applicable to this product, 1 not testable" in output
    assert done.parseoutcomes() == {"passed": 1, "skipped": 1}
    assert output.count("plan: ") == 1


def test_the_controller_of_workers_refuses_what_cannot_be_used(suite: SmallSuite) -> None:
    done = suite.start("Feature: F\n" + scenario("nobody wrote this"), "-n2", "-p", "xdist")

    assert done.ret == 2
    assert "no step definition" in done.stdout.str()
