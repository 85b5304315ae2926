"""A stage of the doctor's own, as scenarios have theirs, to bring Devices about and to ask about them."""

from __future__ import annotations

from dsp_conformance.report.records import ScenarioIdentity, ScenarioRecord
from fixtures.conformance_run import ConformanceRun  # noqa: TC001 - part of the interface
from fixtures.stage import Stage
from fixtures.traffic import Traffic

__all__ = ["new_stage"]

_NAME = "doctor"


def new_stage(run: ConformanceRun) -> Stage:
    """Make a stage whose record nobody reads."""
    identity = ScenarioIdentity(_NAME, _NAME, "", _NAME, "", _NAME, {}, ())
    return Stage(run, Traffic(run, ScenarioRecord(identity, _NAME, [])))
