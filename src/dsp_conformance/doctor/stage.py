"""A stage of the doctor's own, as scenarios have theirs, to bring Devices about and to ask about them."""

from __future__ import annotations

from dsp_conformance.record.scenario_record import ScenarioIdentity, ScenarioRecord
from dsp_conformance.scenario.conformance_run import ConformanceRun  # noqa: TC001 - part of the interface
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic

__all__ = ["new_stage"]

_NAME = "doctor"


def new_stage(run: ConformanceRun) -> Stage:
    """Make a stage whose record nobody reads."""
    identity = ScenarioIdentity(_NAME, _NAME, "", _NAME, "", _NAME, {}, ())
    return Stage(run, Traffic(run, ScenarioRecord(identity, _NAME, [])))
