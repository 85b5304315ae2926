"""Runs that prove nothing are no kills."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
