"""Stages on which something is wrong: time is short, or responses go where nobody listens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.response_road import ControlReading
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.user.transport import Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice

_NOBODY_LISTENS = "http://127.0.0.1:1/"


@pytest.fixture
def hurried(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage on which nothing is waited for that does not come at once."""
    transport = replace(stage.run.connection.transport, timeouts=Timeouts(response=0.2))
    monkeypatch.setattr(stage.run, "connection", replace(stage.run.connection, transport=transport))
    profile = replace(stage.run.profile, settle_seconds=0, silence_seconds=0)
    monkeypatch.setattr(stage.run, "profile", profile)
    return stage


@pytest.fixture
def unheard(cut_off_user: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Such a stage, on which a control reading would still show that the road to the receiver is open."""
    shown = ControlReading(open=True, asked=True, told="it brought a response")
    monkeypatch.setattr("dsp_conformance.scenario.response_road.control_reading", lambda *_: shown)
    return cut_off_user


@pytest.fixture
def cut_off_user(hurried: Stage) -> Stage:
    """Such a stage, for whose import supplier the DSP was told to post to where nobody listens."""
    run = replace(hurried.run, users={}, receiver_url=_NOBODY_LISTENS)
    run.user(UserRole.IS)
    run.receiver_url = hurried.run.receiver_url
    return Stage(run, Traffic(run, hurried.traffic.record))


@pytest.fixture
def make_meter() -> Callable[[Stage], StagedDevice]:
    """Makes a Commissioned ESME."""

    def make(stage: Stage) -> StagedDevice:
        device = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
        stage.remember(device, DeviceStatus.COMMISSIONED)
        return device

    return make


@pytest.fixture
def end_of_run() -> Callable[[Stage], None]:
    """Does what the end of a run owes to a scenario."""

    def end(stage: Stage) -> None:
        stage.traffic.record.end()
        for check in stage.traffic.record.deferred:
            check()

    return end
