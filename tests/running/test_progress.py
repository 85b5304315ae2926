"""How far a run is: plain lines where nobody watches, and pytest's counts untouched."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.running.progress import Tally

if TYPE_CHECKING:
    from tests.small_suite import SmallSuite

ROOT = Path(__file__).parents[2]


def outline(rows: int, ending: str = "it answers") -> str:
    lines = "".join(f"      | r{number} | {ending} |\n" for number in range(rows))
    steps = "    Given a DSP\n    When it is asked\n    Then <ending>\n"
    head = f"Feature: F\n  @CORE-01\n  Scenario Outline: s\n{steps}"
    return f"{head}    Examples:\n      | id | ending |\n{lines}"


def told(output: str) -> list[str]:
    return [line for line in output.splitlines() if " scenarios; " in line]


def test_a_tally_tells_verdicts_worst_first_what_runs_and_how_long_it_takes() -> None:
    tally = Tally(
        10, Counter({"pass": 3, "not testable": 1, "fail": 1}), ("CORE-01", "CORE-02"), started=100.0
    )

    assert tally.line(110.0) == (
        "5 of 10 scenarios; 1 fail, 3 pass, 1 not testable; now CORE-01, CORE-02; about 10 s left"
    )


@pytest.mark.parametrize(
    ("seconds", "left"), [(1.5, "2 s"), (59.0, "59 s"), (59.5, "1 min 00 s"), (61.0, "1 min 01 s")]
)
def test_time_left_is_told_in_minutes_and_seconds(seconds: float, left: str) -> None:
    assert Tally(2, Counter({"pass": 1}), started=0.0).line(seconds).endswith(f"about {left} left")


def test_nothing_is_foretold_before_the_first_scenario_has_ended() -> None:
    assert Tally(2, started=0.0).line(5.0) == "0 of 2 scenarios"


def test_where_nobody_watches_a_few_lines_say_how_far_it_is(suite: SmallSuite) -> None:
    outcome = suite.run(outline(33), "--progress")

    lines = told(outcome.output)
    assert [int(line.split()[0]) for line in lines] == [4, 8, 12, 16, 20, 24, 28, 32, 33]
    assert all("of 33 scenarios" in line for line in lines)
    assert "now CORE-01" in lines[0]
    assert lines[-1] == "33 of 33 scenarios; 33 pass"
    assert "...." not in outcome.output
    assert re.search(r"=+ 33 passed in ", outcome.output)


def test_verdicts_are_those_of_the_records(suite: SmallSuite) -> None:
    good, bad = (
        ("it answers", "it does not apply"),
        ("it does not", "it cannot be reached", "the suite breaks"),
    )
    left = ("it is skipped", "the product takes it for no Device")
    rows = "".join(f"      | {row} | {row} |\n" for row in (*good, *bad, *left))
    feature = outline(0) + rows
    outcome = suite.run(feature, "--progress")

    expected = "1 error, 1 fail, 1 inconclusive, 1 pass"
    expected += ", 1 not applicable, 1 not testable, 1 not taken by this product"
    assert told(outcome.output)[-1] == f"7 of 7 scenarios; {expected}"
    counts = {"failed": 1, "errors": 1, "inconclusive": 1, "passed": 1, "skipped": 3}
    assert outcome.pytest_counts == counts


def test_what_the_end_of_the_run_finds_is_not_counted_twice(suite: SmallSuite) -> None:
    feature = outline(1, "something comes afterwards").replace("| r0 ", "| r1 | it answers |\n      | r0 ")
    outcome = suite.run(feature, "--progress")

    assert told(outcome.output)[-1].startswith("2 of 2 scenarios")
    assert not re.search(r"^[.FEs]+$", outcome.output, re.MULTILINE)
    assert f"\nThe report: {Path('out', 'index.html')}\n" in outcome.output


def test_without_the_option_pytest_shows_its_dots(suite: SmallSuite) -> None:
    outcome = suite.run(outline(4))

    assert "...." in outcome.output
    assert told(outcome.output) == []


def test_the_controller_of_workers_counts_for_all_of_them(suite: SmallSuite) -> None:
    done = suite.start(outline(20), "--progress", "-n2", "-p", "xdist", "-o", "console_output_style=classic")
    output = done.stdout.str()

    assert told(output)[-1] == "20 of 20 scenarios; 20 pass"
    assert len(told(output)) == 10
    assert done.parseoutcomes() == {"passed": 20}
    assert "..." not in output


_PLAIN = "tells_its_firmware_version and not however"


def test_on_a_terminal_one_line_moves(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", "features", "-k", _PLAIN, "--progress"]
    command += ["-p", "no:cacheprovider", "--before-mp105", f"--reports={tmp_path}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"COLUMNS": "120", "TERM": "xterm"}
    with subprocess.Popen(
        command, cwd=ROOT, stdout=theirs, stderr=theirs, stdin=theirs, env=environment
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # the terminal is gone with the process
            pass
        assert process.wait() == 1
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())

    assert "  1/2  1 fail  " in text
    assert "  2/2  2 fail  " in text
    assert "FAIL  features/mp105/reading_suspended_meters.feature::A Suspended electricity meter" in text
    assert re.search(r"=+ 2 failed, \d+ deselected in ", text)
    assert "\x1b[?25h" in shown.decode()  # the cursor is back
