"""The contract on what Allure reads: the emitted files of whole runs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.small_suite import SmallSuite

FEATURE = """
Feature: The inventory follows
  A narrative for the reader.

  Background:
    Given a DSP

  @CORE-01 @CORE-03
  Scenario Outline: a meter returns
    Given a <state> meter
    When it is asked
    And it posts a message
    Then it answers
    And a curiosity is noted

    Examples:
      | id | state     |
      | a  | Suspended |
      | b  | Pending   |
"""


def with_ending(ending: str, tag: str = "@CORE-01") -> str:
    return (
        f"Feature: F\n  {tag}\n  Scenario: s\n    Given a DSP\n    When it is asked\n"
        f"    Then {ending}\n    And a curiosity is noted\n"
    )


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_a_scenario_is_shown_with_its_gherkin_steps_and_values_filled_in(suite: SmallSuite) -> None:
    result = suite.run(FEATURE).allure["a meter returns (a)"]
    assert [step["name"] for step in result["steps"]] == [
        "Given a DSP",
        "Given a Suspended meter",
        "When it is asked",
        "And it posts a message",
        "Then it answers",
        "And a curiosity is noted",
    ]
    assert {step["status"] for step in result["steps"]} == {"passed"}
    assert all(step["start"] <= step["stop"] for step in result["steps"])
    assert result["steps"][5]["steps"][0]["name"] == "Observed: the answer came late"
    assert result["description"] == "A narrative for the reader."
    assert result["parameters"] == [{"name": "id", "value": "a"}, {"name": "state", "value": "Suspended"}]


def test_labels_lead_from_requirement_to_scenario_and_carry_the_true_verdict(suite: SmallSuite) -> None:
    result = suite.run(FEATURE).allure["a meter returns (b)"]
    assert labels(result, "epic") == ["The core"]
    assert labels(result, "feature") == ["The inventory follows"]
    assert labels(result, "story") == ["CORE-01 It answers", "CORE-03 It may restore"]
    assert labels(result, "tag") == ["CORE-01", "CORE-03"]
    assert labels(result, "severity") == ["critical"]
    assert labels(result, "verdict") == ["pass"]


def test_an_assumption_is_of_normal_severity_and_has_its_own_category(suite: SmallSuite) -> None:
    result = suite.run(with_ending("it does not", "@CORE-03")).allure["s"]
    assert labels(result, "severity") == ["normal"]
    assert result["statusDetails"]["message"].startswith("Assumption not met: ")
    enforced = suite.run(with_ending("it does not", "@CORE-03"), "--enforce").allure["s"]
    assert enforced["statusDetails"]["message"].startswith("Product defect: ")


def test_an_exchange_stands_on_its_step_and_reads_well(suite: SmallSuite) -> None:
    outcome = suite.run(FEATURE)
    result = outcome.allure["a meter returns (a)"]
    [exchange] = result["steps"][2]["steps"]
    assert exchange["name"] == "SR11.2 to the ESME"
    assert {"name": "DUIS-01", "value": "met"} in exchange["parameters"]
    assert {"name": "HTTP status", "value": "200"} in exchange["parameters"]
    request, response = exchange["attachments"]
    assert request["type"] == response["type"] == "application/xml"
    assert outcome.attachment(request["source"]) == b"<a>\n  <b>1</b>\n</a>"
    exact = b"<answer><code>I99</code></answer>"
    assert response["name"] == f"response, {len(exact)} octets"


def test_a_message_that_came_by_itself_has_no_request(suite: SmallSuite) -> None:
    [message] = suite.run(FEATURE).allure["a meter returns (a)"]["steps"][3]["steps"]
    assert [one["name"].partition(",")[0] for one in message["attachments"]] == ["message"]


def test_what_is_no_xml_is_attached_as_it_came(suite: SmallSuite) -> None:
    feature = with_ending("it answers").replace("it is asked", "it answers in plain text")
    outcome = suite.run(feature)
    result = outcome.allure["s"]
    [exchange] = result["steps"][1]["steps"]
    assert outcome.attachment(exchange["attachments"][-1]["source"]) == b"<<oops"
    assert exchange["status"] == result["steps"][1]["status"] == result["status"] == "failed"
    assert "expected: an XML document" in result["statusDetails"]["message"]
    assert labels(result, "epic") == ["The core"]
    assert labels(result, "story") == ["CORE-01 It answers"]
    assert labels(result, "fails in its messages") == ["DUIS-01 It is well-formed"]
    assert labels(result, "tag") == ["CORE-01", "DUIS-01"]


def test_history_and_results_are_the_same_whatever_the_order(suite: SmallSuite) -> None:
    suite.pytester.makepyfile(backwards="def pytest_collection_modifyitems(items): items.reverse()")
    suite.pytester.syspathinsert()
    forwards, backwards = suite.run(FEATURE), suite.run(FEATURE, "-p", "backwards")
    histories = [
        {name: (one["historyId"], one["testCaseId"]) for name, one in run.allure.items()}
        for run in (forwards, backwards)
    ]
    assert histories[0] == histories[1]
    assert len({history for history, _ in histories[0].values()}) == 2
    assert len({case for _, case in histories[0].values()}) == 1
    first, second = (
        [one["start"] for one in sorted(run.allure.values(), key=lambda one: one["name"])]
        for run in (forwards, backwards)
    )
    assert first == sorted(first)
    assert second == sorted(second, reverse=True), "the second run went backwards"
    orders = [[one["id"] for one in run.results["scenarios"]] for run in (forwards, backwards)]
    assert orders[0] == orders[1]


@pytest.mark.parametrize(
    ("ending", "status", "category", "verdict"),
    [
        ("it does not", "failed", "Product defect", "fail"),
        ("it cannot be reached", "broken", "Inconclusive", "inconclusive"),
        ("the suite breaks", "broken", "Suite's own error", "error"),
        ("it does not apply", "skipped", "Not applicable", "not applicable"),
        ("the testbed cannot show it", "skipped", "Not testable", "not testable"),
        ("it is skipped", "skipped", "Not testable", "not testable"),
        (
            "the product takes it for no Device",
            "skipped",
            "Not taken by this product",
            "not taken by this product",
        ),
    ],
)
def test_each_kind_of_ending_has_its_status_and_its_category(
    suite: SmallSuite, ending: str, status: str, category: str, verdict: str
) -> None:
    outcome = suite.run(with_ending(ending))
    result = outcome.allure["s"]
    assert result["status"] == status
    assert [one["status"] for one in result["steps"]] == ["passed", "passed", status, "skipped"]
    assert result["steps"][2]["stop"] >= result["steps"][2]["start"]
    assert result["statusDetails"]["message"].startswith(f"{category}: ")
    assert labels(result, "verdict") == [verdict]
    categories = json.loads((outcome.folder / "allure-results" / "categories.json").read_text())
    [own] = [
        one
        for one in categories
        if re.fullmatch(one["messageRegex"], result["statusDetails"]["message"])
        and status in one["matchedStatuses"]
    ]
    assert own["name"] == category
    report = json.loads((outcome.folder / "allure-results" / "allurerc.json").read_text())
    assert report["categories"] == categories


def test_only_the_suites_own_errors_carry_a_trace(suite: SmallSuite) -> None:
    assert "trace" not in suite.run(with_ending("it does not")).allure["s"]["statusDetails"]
    assert "KeyError" in suite.run(with_ending("the suite breaks")).allure["s"]["statusDetails"]["trace"]


@pytest.mark.parametrize(
    ("given", "name", "phase"),
    [
        ("a DSP", "early", "set-up"),
        ("a DSP that cannot be switched off", "s", "tear-down"),
    ],
)
def test_trouble_before_and_after_the_steps_shows(
    suite: SmallSuite, given: str, name: str, phase: str
) -> None:
    feature = with_ending("it answers").replace("Given a DSP", f"Given {given}")
    result = suite.run(feature.replace("Scenario: s", f"Scenario: {name}")).allure[name]
    assert result["status"] == "broken"
    assert f"when: {phase}" in result["statusDetails"]["message"]


@pytest.mark.parametrize("ending", ["something comes afterwards", "a second answer comes afterwards"])
def test_a_late_finding_rewrites_the_scenarios_one_file(suite: SmallSuite, ending: str) -> None:
    later = "\n  @CORE-02\n  Scenario: t\n    Given a DSP\n"
    outcome = suite.run(with_ending(ending) + later)
    result = outcome.allure["s"]
    assert result["status"] == "failed"
    [asked] = next(step["steps"] for step in result["steps"] if step.get("steps"))
    assert [one["name"].partition(",")[0] for one in asked["attachments"]] == ["request", "response"]
    assert "requirement DUIS-01 not met" in result["statusDetails"]["message"]
    for source in re.findall(r'"source": "([^"]+)"', json.dumps(result)):
        assert outcome.attachment(source)


def test_what_was_seen_at_the_end_of_the_run_stands_after_the_steps(suite: SmallSuite) -> None:
    result = suite.run(with_ending("a second answer comes afterwards")).allure["s"]
    names = [step["name"] for step in result["steps"]]
    assert names[-1].split()[0] not in {"Given", "When", "Then", "And"}
    assert names[0].startswith("Given")


def test_the_run_is_described_once(suite: SmallSuite) -> None:
    folder = suite.run(FEATURE).folder / "allure-results"
    environment = (folder / "environment.properties").read_text()
    assert "DSP = Example DSP\n" in environment
    assert "profile.smets1 = undeclared\n" in environment
    assert "verdict = conformant\n" in environment
    assert json.loads((folder / "executor.json").read_text())["buildName"] == "Example DSP 9.8"


def test_a_second_run_leaves_nothing_of_the_first(suite: SmallSuite) -> None:
    suite.run(FEATURE)
    assert set(suite.run(with_ending("it answers")).allure) == {"s"}


def test_allures_own_writer_beside_the_bridge_is_refused(suite: SmallSuite) -> None:
    refused = suite.start(FEATURE, "--alluredir", "elsewhere")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "leave the option out" in refused.stderr.str()
