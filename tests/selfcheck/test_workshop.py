"""Runs that prove nothing are no kills."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.selfcheck.experiments import experiment
from dsp_conformance.selfcheck.findings import Judgement
from dsp_conformance.selfcheck.workshop import Task, Workshop

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_that_leaves_no_results_is_a_suite_error(tmp_path: Path) -> None:
    workshop = Workshop(print, tmp_path, warm="dsp_conformance.stub.server")  # type: ignore[arg-type]
    (finding,) = workshop.try_all([Task(experiment("rejected-and-sent"), ("none",))], 1)
    assert finding.judgement is Judgement.SUITE_ERROR
    assert "no results" in finding.trouble


_JUDGE = """
import json, os, signal
from pathlib import Path

def judge(arguments, nodeids, sought):
    folder = Path(next(one for one in arguments if one.startswith("--reports=")).partition("=")[2])
    for pid in Path(f"/proc/{os.getppid()}/task/{os.getppid()}/children").read_text().split():
        if int(pid) != os.getpid():
            os.kill(int(pid), signal.SIGKILL)
            while Path(f"/proc/{pid}").exists():
                os.sched_yield()  # until whoever started it has taken note
    broken = {"id": "SCOPE-02", "verdict": "fail"}
    (folder / "results.json").write_text(json.dumps({
        "suite_errors": [],
        "requirements": [broken],
        "scenarios": [{"id": "one", "verdict": "fail", "exclusion": None, "reasons": [],
                       "requirement_verdicts": {"SCOPE-02": "fail"}}],
    }))
    return 1
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the stub's process through /proc")
def test_a_stub_that_ends_during_a_run_is_a_suite_error_whatever_the_run_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "judge_that_ends_stubs.py").write_text(_JUDGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    judge = importlib.import_module("judge_that_ends_stubs").judge
    workshop = Workshop(judge, tmp_path, warm="dsp_conformance.stub.server")
    (finding,) = workshop.try_all([Task(experiment("rejected-and-sent"), ("none",))], 1)
    assert finding.judgement is Judgement.SUITE_ERROR
    assert "the stub ended" in finding.trouble
