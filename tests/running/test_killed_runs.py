"""Runs that are killed leave a journal that is read as what it is: incomplete."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dsp_conformance.cli import main
from dsp_conformance.ledger.verdicts import RunVerdict
from dsp_conformance.record import journal

STEPS = """
import os
import signal
from pytest_bdd import then

@then("the run is killed")
def _(request):
    worker = hasattr(request.config, "workerinput")
    os.kill(os.getppid() if worker else os.getpid(), signal.SIGKILL)
    if worker:
        signal.pause()  # until the pipe to the controller breaks

"""

FEATURE = """
Feature: killed

  @CORE-01
  Scenario: first
    Given a DSP
    When it is asked
    Then nothing comes afterwards

  @CORE-02
  Scenario: second
    Given a DSP
    When it is asked
    Then the run is killed

  @CORE-02
  Scenario: third
    Given a DSP
    Then it answers
"""


@pytest.mark.parametrize(
    "arguments", [(), ("-p", "xdist", "-n", "2", "--dist", "loadfile")], ids=["alone", "-n 2"]
)
def test_a_run_killed_in_the_middle_can_be_reported_and_is_no_pass(
    suite: Any, arguments: tuple[str, ...]
) -> None:
    suite.steps = STEPS
    suite.start(FEATURE, *arguments, apart=True)
    folder: Path = suite.pytester.path / "out"
    assert not (folder / "results.json").exists()
    done = CliRunner().invoke(main, ["report", "--reports", str(folder)])
    assert done.exit_code == 0, done.output
    assert "did not come to its end" in done.output
    told = json.loads((folder / "results.json").read_text())
    verdicts = {one["name"]: one["verdict"] for one in told["scenarios"]}
    assert verdicts == {"first": "error", "second": "error"}
    assert told["verdict"]["verdict"] == RunVerdict.SUITE_FAILED
    assert told["run"]["complete"] is False
    assert any("third" in error for error in told["suite_errors"])
    assert len(list((folder / "allure-results").glob("*-result.json"))) == 2
    source = journal.read(folder / journal.NAME)
    second = next(one for one in source.run.records if one.endswith("second"))
    assert source.messages(second, 0) == (b"<a><b>1</b></a>", b"<answer><code>I99</code></answer>")


def test_a_report_is_made_again_to_the_letter(suite: Any) -> None:
    run = suite.run(FEATURE.replace("the run is killed", "it does not"))
    folder: Path = run.folder
    texts = {name: (folder / name).read_bytes() for name in ("results.json", "summary.txt")}
    told = run.allure
    for name in texts:
        (folder / name).unlink()
    done = CliRunner().invoke(main, ["report", "--journal", str(folder / journal.NAME)])
    assert done.exit_code == 0, done.output
    assert {name: (folder / name).read_bytes() for name in texts} == texts
    again = [json.loads(file.read_text()) for file in (folder / "allure-results").glob("*-result.json")]
    assert {one["name"]: (one["status"], one["uuid"]) for one in again} == {
        name: (one["status"], one["uuid"]) for name, one in told.items()
    }


def test_a_journal_that_cannot_be_used_ends_the_command_with_exit_code_2(
    tmp_path: Path, made_up: Callable[..., Path]
) -> None:
    path = made_up()
    path.write_bytes(path.read_bytes().replace(b"nothing to see", b"nothing to sea"))
    for arguments in (["--journal", str(path)], ["--reports", str(tmp_path / "none")]):
        done = CliRunner().invoke(main, ["report", *arguments])
        assert done.exit_code == 2
        assert "cannot be used" in done.output
    assert not (tmp_path / "results.json").exists()


def test_a_run_whose_journal_cannot_be_written_is_an_error_of_the_suite(suite: Any) -> None:
    folder: Path = suite.pytester.path / "out"
    (folder / journal.NAME / "in the way").mkdir(parents=True)
    done = suite.start(FEATURE.replace("the run is killed", "it answers"))
    assert done.ret == RunVerdict.SUITE_FAILED.exit_code
    told = json.loads((folder / "results.json").read_text())
    assert told["verdict"]["verdict"] == RunVerdict.SUITE_FAILED
    assert any("the journal could not be written" in error for error in told["suite_errors"])
