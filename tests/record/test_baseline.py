"""The vendor's own list of known failures: what it changes and what it never does."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from dsp_conformance.record.baseline import Baseline, BaselineError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.small_suite import Outcome, SmallSuite

REQUIREMENTS = ("CORE-01", "CORE-02", "DUIS-01")
GOOD = 'reason = "fixed in 4.2"\nexpires = 2027-03-31\n'
"""The small suite takes 31 March 2027 for today."""


def entry(about: str, value: str, rest: str = GOOD) -> str:
    return f'[[known]]\n{about} = "{value}"\n{rest}'


def scenario(ending: str, tags: str = "@CORE-01", name: str = "s") -> str:
    return f"  {tags}\n  Scenario: {name}\n    Given a DSP\n    When it is asked\n    Then {ending}\n"


def run(suite: SmallSuite, scenarios: str, known: str, *arguments: str) -> Outcome:
    file = suite.pytester.path / "known.toml"
    file.write_text(known)
    return suite.run("Feature: F\n" + scenarios, f"--known={file}", *arguments)


def states(outcome: Outcome) -> dict[str, str]:
    entries: list[dict[str, Any]] = outcome.results["baseline"]["entries"]
    return {one.get("requirement") or one["scenario"]: one["state"] for one in entries}


# -- a known failure


def test_a_known_failure_is_told_from_a_new_one_and_counts_all_the_same(suite: SmallSuite) -> None:
    outcome = run(suite, scenario("it does not"), entry("requirement", "CORE-01"))

    assert outcome.exit_code == outcome.results["verdict"]["exit_code"] == 1
    assert outcome.results["verdict"]["verdict"] == "non-conformant"
    assert outcome.requirement("CORE-01") == "fail"
    assert outcome.scenario("s")["verdict"] == "fail"
    assert outcome.scenario("s")["known_failure"] == ["fixed in 4.2 (until 2027-03-31)"]
    assert outcome.results["baseline"]["known_failures"] == ["features/small.feature::s"]
    assert outcome.results["baseline"]["new_failures"] == []
    assert "Baseline known.toml: 1 known failure, no new failures." in outcome.summary
    assert "KNOWN FAILURE  features/small.feature::s" in outcome.summary
    assert "baseline: CORE-01: fixed in 4.2" in outcome.summary


def test_allure_shows_a_known_failure_in_a_category_of_its_own(suite: SmallSuite) -> None:
    outcome = run(suite, scenario("it does not"), entry("requirement", "CORE-01"))

    result = outcome.allure["s"]
    labels = [(one["name"], one["value"]) for one in result["labels"]]
    assert result["status"] == "failed"
    assert result["statusDetails"]["message"].startswith("Known failure: ")
    assert ("tag", "known failure") in labels
    assert ("known failure", "fixed in 4.2 (until 2027-03-31)") in labels
    assert ("verdict", "fail") in labels
    categories = json.loads((outcome.folder / "allure-results" / "categories.json").read_text())
    assert "Known failure" in [one["name"] for one in categories]


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        (entry("scenario", "features/small.feature::s::a"), ["a"]),
        (entry("scenario", "features/small.feature::s"), ["a", "b"]),
    ],
    ids=["one row", "all rows"],
)
def test_a_scenario_is_known_row_by_row_or_as_a_whole(
    suite: SmallSuite, listed: str, known: list[str]
) -> None:
    outline = (
        "  @CORE-01\n  Scenario Outline: s\n"
        "    Given a <x> meter\n    When it is asked\n    Then it does not\n"
        "    Examples:\n      | id | x |\n      | a | 1 |\n      | b | 2 |\n"
    )
    outcome = run(suite, outline, listed)

    assert outcome.results["baseline"]["known_failures"] == [
        f"features/small.feature::s::{row}" for row in known
    ]
    assert len(outcome.results["baseline"]["new_failures"]) == 2 - len(known)
    assert outcome.exit_code == 1


def test_a_failure_is_known_only_if_all_requirements_that_it_fails_are(suite: SmallSuite) -> None:
    both = scenario("it does not", "@CORE-01 @CORE-02")

    half = run(suite, both, entry("requirement", "CORE-01"))
    assert half.results["baseline"]["new_failures"] == ["features/small.feature::s"]
    assert half.scenario("s")["known_failure"] == []
    whole = run(suite, both, entry("requirement", "CORE-01") + entry("requirement", "CORE-02"))
    assert whole.results["baseline"]["new_failures"] == []


def test_a_failed_check_of_every_message_is_known_by_its_own_requirement(suite: SmallSuite) -> None:
    plain = scenario("it answers").replace("it is asked", "it answers in plain text")

    outcome = run(suite, plain, entry("requirement", "DUIS-01"))

    assert outcome.results["baseline"]["known_failures"] == ["features/small.feature::s"]
    assert outcome.exit_code == 1


def test_only_failures_are_known(suite: SmallSuite) -> None:
    outcome = run(suite, scenario("it cannot be reached"), entry("requirement", "CORE-01"))

    assert outcome.exit_code == 3
    assert outcome.scenario("s")["known_failure"] == []
    assert states(outcome) == {"CORE-01": "not judged in this run"}


# -- stale entries


def test_an_entry_that_passes_is_an_error_of_configuration(suite: SmallSuite) -> None:
    outcome = run(suite, scenario("it answers"), entry("requirement", "CORE-01"))

    assert outcome.results["verdict"]["verdict"] == "conformant"
    assert outcome.exit_code == outcome.results["verdict"]["exit_code"] == 2
    assert states(outcome) == {"CORE-01": "stale: it passes"}
    assert "CORE-01: stale: it passes" in outcome.summary


def test_an_entry_is_good_on_its_last_day_and_stale_on_the_next(suite: SmallSuite) -> None:
    failing = scenario("it does not", "@CORE-03") + scenario("it answers", name="t")

    good = run(suite, failing, entry("requirement", "CORE-03"))
    assert good.exit_code == 0
    assert states(good) == {"CORE-03": "known failure"}
    yesterday = GOOD.replace("2027-03-31", "2027-03-30")
    stale = run(suite, failing, entry("requirement", "CORE-03", yesterday))
    assert stale.exit_code == 2
    assert states(stale) == {"CORE-03": "stale: it has expired"}
    assert stale.results["baseline"]["new_failures"] == ["features/small.feature::s"]


@pytest.mark.parametrize(
    ("other", "exit_code"),
    [("it answers", 2), ("it does not", 1), ("it cannot be reached", 3), ("the suite breaks", 4)],
)
def test_a_stale_entry_decides_where_nothing_worse_happened(
    suite: SmallSuite, other: str, exit_code: int
) -> None:
    scenarios = scenario("it answers") + scenario(other, "@CORE-02", "other")

    assert run(suite, scenarios, entry("requirement", "CORE-01")).exit_code == exit_code


def test_a_stale_entry_beside_known_failures_alone_decides(suite: SmallSuite) -> None:
    scenarios = scenario("it answers") + scenario("it does not", "@CORE-02", "other")
    listed = entry("requirement", "CORE-01") + entry("requirement", "CORE-02")

    assert run(suite, scenarios, listed).exit_code == 2


def test_what_did_not_run_is_not_stale(suite: SmallSuite) -> None:
    scenarios = scenario("it answers") + scenario("it does not", "@CORE-02", "left out")
    listed = entry("requirement", "CORE-02") + entry("scenario", "features/small.feature::left out")
    outcome = run(suite, scenarios, listed, "-k", "test_s")

    assert outcome.exit_code == 3  # a selection
    assert set(states(outcome).values()) == {"not judged in this run"}


# -- what cannot be used


def test_a_scenario_that_does_not_exist_is_refused_before_anything_runs(suite: SmallSuite) -> None:
    every = scenario("it answers", "@CORE-01 @CORE-02 @CORE-03 @DUIS-01")
    outcome = run(suite, every, entry("scenario", "features/small.feature::z"), "--whole")

    assert outcome.exit_code == 2
    assert outcome.results["scenarios"] == []
    assert "known[1] scenario: no scenario has the id 'features/small.feature::z'" in outcome.output
    assert "did you mean 'features/small.feature::s'?" in outcome.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (entry("requirement", "CORE-11"), ["known[1] requirement", "CORE-11", "did you mean 'CORE-01'?"]),
        (entry("requirment", "CORE-01"), ["known[1] requirment", "did you mean 'requirement'?"]),
        (f"[[known]]\n{GOOD}", ["known[1]", "either requirement or scenario, found neither"]),
        (entry("requirement", "CORE-01", f'scenario = "s"\n{GOOD}'), ["known[1]", "found both"]),
        (entry("requirement", "CORE-01", "expires = 2027-03-31\n"), ["known[1] reason", "found nothing"]),
        (entry("requirement", "CORE-01", 'reason = "x"\n'), ["known[1] expires", "found nothing"]),
        (
            entry("requirement", "CORE-01", 'reason = "x"\nexpires = "2027-03-31"\n'),
            ["known[1] expires", "a date without quotes", "'2027-03-31'"],
        ),
        (entry("requirement", "CORE-01", GOOD.replace("fixed in 4.2", " ")), ["known[1] reason", "' '"]),
        (entry("requirement", "CORE-01") * 2, ["known[2]", "each id once", "as in known[1]"]),
        ('[[knwon]]\nrequirement = "CORE-01"\n', ["knwon", "did you mean 'known'?"]),
        ("known = 7\n", ["known", "entries under [[known]]", "found 7"]),
        (entry("requirement", "CORE-01").replace("[[known]]", "[known]"), ["two pairs", "under [known]"]),
        (
            entry("requirement", "CORE-01", GOOD.replace("03-31", "03-31T00:00:00Z")),
            ["known[1] expires", "found 2027-03-31 00:00:00+00:00"],
        ),
        ("known = [7]\n", ["known[1]", "an entry with requirement, scenario, reason, expires", "7"]),
        ("known = [\n", ["expected TOML", "line"]),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_key_and_reason(
    tmp_path: Path, text: str, told: list[str]
) -> None:
    file = tmp_path / "known.toml"
    file.write_text(text)

    with pytest.raises(BaselineError) as caught:
        Baseline.load(file, REQUIREMENTS)

    said = str(caught.value)
    assert str(file) in said
    assert all(part in said for part in told), said


def test_everything_wrong_with_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(entry("requirement", "CORE-11") + entry("requirement", "CORE-12"))

    with pytest.raises(BaselineError, match="2 problems") as caught:
        Baseline.load(file, REQUIREMENTS)

    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("content", [None, b"\xff", b"#" * (1 << 20) + b"\n"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "known.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(BaselineError, match="expected"):
        Baseline.load(file, REQUIREMENTS)


def test_a_file_as_windows_editors_write_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_bytes(b"\xef\xbb\xbf" + entry("requirement", "CORE-01").replace("\n", "\r\n").encode())

    assert [one.about for one in Baseline.load(file, REQUIREMENTS).entries] == ["CORE-01"]


def test_scenarios_that_do_not_exist_are_told_by_number_and_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(
        entry("scenario", "a.feature::s")
        + entry("requirement", "CORE-01")
        + entry("scenario", "a.feature::x::1")
    )
    baseline = Baseline.load(file, REQUIREMENTS)

    baseline.require_scenarios({"a.feature::s", "a.feature::x", "a.feature::x::1"})
    with pytest.raises(BaselineError) as caught:
        baseline.require_scenarios({"a.feature::s", "a.feature::x::2"})

    assert caught.value.problems == (
        "known[3] scenario: no scenario has the id 'a.feature::x::1' - did you mean 'a.feature::x::2'?",
    )


def test_an_entry_tells_reason_and_last_day_and_where_today_is_not_given_it_is_taken_from_the_clock(
    tmp_path: Path,
) -> None:
    file = tmp_path / "known.toml"
    file.write_text(entry("requirement", "CORE-01") + entry("scenario", "a.feature::s"))

    before = datetime.now(UTC).date()
    baseline = Baseline.load(file, REQUIREMENTS)

    assert before <= baseline.today <= datetime.now(UTC).date()
    assert Baseline.load(file, REQUIREMENTS, today=date(2027, 1, 1)).today == date(2027, 1, 1)
    assert list(map(str, baseline.entries)) == ["fixed in 4.2 (until 2027-03-31)"] * 2
    assert [one.about for one in baseline.entries] == ["CORE-01", "a.feature::s"]
    with pytest.raises(ValidationError, match="frozen"):
        baseline.entries[0].expires = date(2099, 1, 1)


def test_a_file_without_entries_knows_no_failures(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    for content in ("", "#" * ((1 << 20) - 1) + "\n"):
        file.write_text(content)
        assert Baseline.load(file, REQUIREMENTS).entries == ()
