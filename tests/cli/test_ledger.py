"""`requirements` and `trace`: what they print for people and for programs."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance.ledger.requirements import SOURCES

if TYPE_CHECKING:
    from tests.cli.conftest import Checkout

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ledger() -> dict[str, Any]:
    entries: dict[str, Any] = tomllib.loads((ROOT / "features" / "requirements.toml").read_text())[
        "requirements"
    ]
    return entries


def _printed(*arguments: str) -> str:
    command = [sys.executable, "-m", "dsp_conformance", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def _shown_on_a_terminal(*arguments: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dsp_conformance", *arguments]
    environment = os.environ | {"COLUMNS": "160", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # the terminal is gone with the process
            pass
        assert process.wait() == 0
    os.close(ours)
    return shown.decode()


def test_requirements_are_printed_one_a_line_in_the_order_of_the_ledger(ledger: dict[str, Any]) -> None:
    table, _, below = _printed("requirements").partition("\n\n")
    head, *lines = table.splitlines()

    assert head.split() == ["id", "keyword", "title", "source", "basis", "applies", "revision"]
    assert [line.split()[0] for line in lines] == list(ledger)
    for line, entry in zip(lines, ledger.values(), strict=True):
        assert entry["title"] in line
        assert f"  {', '.join(entry['source']) or '-'}  " in line
        assert f"  {entry.get('basis', '-')}  " in line
        assert entry.get("applicability", "always").removeprefix("not ") in line
        assert line.endswith(str(entry["revision"]))
        assert entry.get("derivation", "") in below
    assert 'unless smets1 = "no"' in table
    assert 'unless secmp0007 = "yes"' in table
    for letter, meaning in SOURCES.items():
        assert f"{letter} = {meaning}" in below


def test_requirements_as_json_hold_the_whole_ledger(ledger: dict[str, Any]) -> None:
    told = {entry["id"]: entry for entry in json.loads(_printed("requirements", "--json"))}

    assert list(told) == list(ledger)
    for identifier, entry in ledger.items():
        assert entry.items() <= told[identifier].items()
        assert told[identifier]["sources"] == {letter: SOURCES[letter] for letter in entry["source"]}


def test_a_trace_leads_from_every_requirement_to_the_code_that_judges_it(ledger: dict[str, Any]) -> None:
    told = {entry["id"]: entry["scenarios"] for entry in json.loads(_printed("trace", "--json"))}

    assert list(told) == list(ledger)
    for scenarios in told.values():
        assert scenarios
        for scenario in scenarios:
            assert _line(scenario["place"]).startswith("Scenario")
            assert scenario["name"] in _line(scenario["place"])
            for step in scenario["steps"]:
                assert step["definitions"]
                assert all(_line(place).startswith("@") for place in step["definitions"])


def _line(place: str) -> str:
    """The line of the project's file that a place such as "steps/devices.py:12" names."""
    file, _, line = place.rpartition(":")
    return (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1].strip()


def test_a_trace_for_people_names_the_same(ledger: dict[str, Any]) -> None:
    text = _printed("trace")

    for entry in json.loads(_printed("trace", "--json")):
        assert f"{entry['id']} {ledger[entry['id']]['title']} (" in text
        for scenario in entry["scenarios"]:
            assert f"  {scenario['place']}: {scenario['name']}\n" in text
            for step in scenario["steps"]:
                assert f"    {step['keyword']} {step['text']}  [{', '.join(step['definitions'])}]\n" in text
            assert not scenario["rows"] or f"    rows: {', '.join(scenario['rows'])}\n" in text


@pytest.mark.parametrize("command", ["requirements", "trace"])
def test_on_a_terminal_the_ledger_is_laid_out(command: str, ledger: dict[str, Any]) -> None:
    shown = _shown_on_a_terminal(command)

    assert "\x1b[" in shown
    assert all(identifier in shown for identifier in ledger)


def test_a_trace_of_features_that_cannot_be_used_tells_what_is_wrong(checkout: Checkout) -> None:
    checkout.change("features/baseline/suspension.feature", "When ", "When nobody defined that ")
    checkout.change("features/baseline/exceptions_before_mp105.feature", "@BASE-04", "@BASE-99")

    done = checkout.run("trace")

    assert done.returncode == 2
    assert done.stdout == ""
    assert "features/baseline/suspension.feature" in done.stderr
    assert "nobody defined that" in done.stderr
    assert "requirement BASE-04 (SR6.23 is accepted for a Suspended Device): no scenario" in done.stderr
    assert "tag @BASE-99" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["requirements", "trace", "run"])
def test_a_broken_ledger_is_told_by_file_and_key(command: str, checkout: Checkout) -> None:
    checkout.change("features/requirements.toml", 'keyword = "MUST"', 'keyword = "MUSST"')

    done = checkout.run(command)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "requirements.toml: requirements.MP105-01.keyword" in done.stderr
    assert "did you mean 'MUST'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("line", "key"), [('source = ["S"]\n', "source"), ('basis = "stated"\n', "basis")])
def test_no_run_starts_with_a_must_that_does_not_show_where_it_stands(
    line: str, key: str, checkout: Checkout
) -> None:
    checkout.change("features/requirements.toml", line, "")

    done = checkout.run("run")

    assert done.returncode == 2
    assert f"requirements.MP105-01.{key}: a MUST " in done.stderr


@pytest.mark.parametrize("command", [["trace"], ["trace", "--sentences"], ["testbed", "plan"], ["doctor"]])
def test_looking_at_the_suite_leaves_the_evidence_of_the_last_run_as_it_is(
    command: list[str], checkout: Checkout
) -> None:
    journal = checkout.root / "reports" / "latest" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("what a run saw\n", encoding="utf-8")

    assert checkout.run(*command).returncode == 0
    assert journal.read_text(encoding="utf-8") == "what a run saw\n"
    assert list(journal.parent.iterdir()) == [journal]
