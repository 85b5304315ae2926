"""The README promises commands and a target file: they are what CI runs and what the suite takes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dsp_conformance.target import load_target

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)


def _told(command: str) -> Any:
    """Run a command in a process of its own: this one is in the middle of running pytest, as they do."""
    program = [sys.executable, "-m", "dsp_conformance", command, "--json"]
    return json.loads(subprocess.run(program, cwd=ROOT, capture_output=True, check=True).stdout)


def test_the_readmes_two_commands_are_what_ci_runs(readme: str) -> None:
    commands = [line.partition("#")[0].strip() for line in _blocks(readme, "sh")[0].splitlines()]

    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert len(commands) == 2
    for command in commands:
        assert f"summarised {command}" in ci


def test_the_readmes_shortest_target_file_works(readme: str, tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(_blocks(readme, "toml")[0], encoding="utf-8")

    assert load_target(tmp_path / "target.toml").testbed is not None


def test_the_readmes_sample_of_a_result_is_that_of_a_whole_run(readme: str) -> None:
    ledger, traced = _told("requirements"), _told("trace")
    scenarios = {
        one["id"]: sum(len(scenario["rows"]) or 1 for scenario in one["scenarios"]) for one in traced
    }
    (sample,) = re.findall(r"```\n(dsp-conformance stub .*?)```", readme, re.DOTALL)

    must = sum(one["keyword"] == "MUST" for one in ledger)
    assert f"conformant in all {must} MUST requirements" in sample
    shown = re.findall(r"^ (\S+-\d\d)  (.*?) +pass +(\d+ of \d+) passed$", sample, re.MULTILINE)
    titles = {one["id"]: one["title"] for one in ledger}
    assert shown
    assert shown == [(one, titles[one], f"{scenarios[one]} of {scenarios[one]}") for one, *_ in shown]
