"""Features that a run adds to the suite's: they run beside it, and nothing of the suite changes by them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.suite.conftest import ReadResults

_FILE = "features/mp105/reading_suspended_meters.feature"
_OWN = f"{_FILE}::A Suspended electricity meter tells its firmware version"
_FEATURE = """
@ACME-01
Feature: Our reader

  Background:
    Given an import supplier

  @xfail @nightly
  Scenario Outline: A <status> meter is read by our reader
    Given an ESME that was <status> when its firmware was removed from the CPL
    When our reader reads it
    Then the answer takes less than 60 seconds

    Examples:
      | id  | status       |
      | com | Commissioned |

  Scenario: What is wrong is found
    Given a Suspended ESME
    Then our own expectation is not met
"""
_STEPS = """
import pytest
from pytest_bdd import parsers, then, when
from dsp_conformance.scenario.request_making import make_request

@pytest.fixture
def reader(stage):
    return stage

@when("our reader reads it")
def read(reader):
    make_request(reader, reader.device("ESME"), "11.2").require_accepted("our reader may read")

@then(parsers.parse("the answer takes less than {seconds:d} seconds"))
def in_time(reader, seconds):
    assert seconds == 60

@then("our own expectation is not met")
def wrong():
    assert not "met", "what we expect is not so"
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    (folder / "steps").mkdir(parents=True)
    (folder / "reader.feature").write_text(_FEATURE, encoding="utf-8")
    (folder / "steps" / "reading.py").write_text(_STEPS, encoding="utf-8")
    return folder


def _cli(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dsp_conformance", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=200
    )


def test_added_scenarios_run_beside_the_suites_and_are_told_apart(
    acme: Path, tmp_path: Path, read_results: ReadResults
) -> None:
    outlines = ("added/reader.feature::A <status> meter is read by our reader", _OWN)
    chosen = [f"--scenario={one}" for one in (*outlines, "added/reader.feature::What is wrong is found")]

    done = _cli("run", "--features", acme, *chosen, "-n", "2", cwd=tmp_path)

    results = read_results(tmp_path / "reports" / "latest")
    found = {one["id"]: one for one in results["scenarios"]}
    assert {name: one["verdict"] for name, one in found.items()} == {
        _OWN: "pass",
        "added/reader.feature::A <status> meter is read by our reader::com": "pass",
        "added/reader.feature::What is wrong is found": "fail",
    }, done.stdout + done.stderr
    assert [one["added"] for one in found.values()] == [name != _OWN for name in found]
    read = found["added/reader.feature::A <status> meter is read by our reader::com"]
    assert read["tags"] == ["ACME-01", "nightly", "xfail"]
    assert read["requirement_verdicts"] == {}
    assert any(exchange["checks"] for step in read["steps"] for exchange in step["exchanges"])
    judged = {one["id"] for one in results["requirements"] if one["scenarios"]}
    assert judged == found[_OWN]["requirement_verdicts"].keys()
    assert {each["id"] for one in results["requirements"] for each in one["scenarios"]} == {_OWN}
    assert results["plan"]["added"] == 2
    assert results["run"]["added_features"].startswith("acme (1 feature file, 1 step module, sha256:")
    assert "--features acme" in results["run"]["command"]
    assert done.returncode == 3  # a selection
    assert sorted(path.name for path in acme.iterdir()) == ["reader.feature", "steps"]


def test_a_step_or_fixture_that_would_stand_in_for_the_suites_is_refused(acme: Path, tmp_path: Path) -> None:
    shadow = "@pytest.fixture\ndef stage(): pass\n@when(parsers.re('the supplier .*'))\ndef _(): pass\n"
    with (acme / "steps" / "reading.py").open("a", encoding="utf-8") as file:
        file.write(shadow)

    done = _cli("run", "--features", acme, cwd=tmp_path)

    assert done.returncode == 2
    assert "the fixture 'stage' is one of the suite's or of pytest's own" in done.stdout
    assert (
        "added/steps/reading.py:23: this step would stand in for the suite's own 'the supplier" in done.stdout
    )
    assert "2 problems" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_trace_shows_added_scenarios_under_no_requirement(acme: Path, tmp_path: Path) -> None:
    done = _cli("trace", "--features", acme, "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    *ledger, added = json.loads(done.stdout)
    assert added["id"] is None
    assert [one["id"] for one in added["scenarios"]] == [
        "added/reader.feature::A <status> meter is read by our reader",
        "added/reader.feature::What is wrong is found",
    ]
    assert added["scenarios"][0]["steps"][2]["definitions"] == ["added/steps/reading.py:10"]
    assert not any(one["place"].startswith("added/") for entry in ledger for one in entry["scenarios"])


def test_every_sentence_of_the_suite_is_listed_with_its_definition(tmp_path: Path) -> None:
    done = _cli("trace", "--sentences", "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    places = json.loads(done.stdout)
    assert "Given an import supplier" in next(said for place, said in places.items() if "devices" in place)
    assert all(place.startswith("steps/") and said for place, said in places.items())
    said = [one for every in places.values() for one in every]
    assert all(len(every) == len(set(every)) for every in places.values())
    assert {one.split()[0] for one in said} == {"Given", "When", "Then"}


@pytest.mark.parametrize("command", ["run", "trace"])
def test_features_that_cannot_be_added_are_told_with_exit_code_2(
    command: str, acme: Path, tmp_path: Path
) -> None:
    (acme / "steps" / "reading.py").write_text("import nothing_such\n", encoding="utf-8")
    broken = _cli(command, "--features", acme, cwd=tmp_path)
    (acme / "reader.feature").write_text(_FEATURE.replace("ACME-01", "MP105-04"), encoding="utf-8")
    claiming = _cli(command, "--features", acme, cwd=tmp_path)

    assert (broken.returncode, claiming.returncode) == (2, 2)
    assert "added/steps/reading.py:1: expected a module that can be imported" in broken.stderr
    assert "an added scenario cannot judge a requirement of the ledger" in claiming.stderr
    for said in (broken, claiming):
        assert "Traceback" not in said.stdout + said.stderr
