"""What a meter answers locally: what comes of it is noted, and what the suite cannot bring about is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.ledger.verdicts import Inconclusive
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import WAYS, make_request
from dsp_conformance.testbed.errors import TestbedError as Refused  # a class of this name would be collected
from steps.local_delivery import effect_is_noted, local_answer_shows, returns_local_answer

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage


@pytest.fixture
def meter(stage: Stage) -> StagedDevice:
    """A Suspended ESME that was asked for its firmware version, for local delivery."""
    device = stage.suspended_device("ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED)
    stage.sent = make_request(stage, device, "11.2", way=WAYS["for local delivery"]).exchange
    return device


def test_a_meter_that_answers_with_other_firmware_shows_nothing(stage: Stage, meter: StagedDevice) -> None:
    answer = returns_local_answer(stage, "ESME")
    (said,) = stage.traffic.record.evidence.observations
    assert said.startswith("SR8.13 was answered with I")
    local_answer_shows(stage, answer, "ESME")
    meter.running = "12345678"
    with pytest.raises(Inconclusive, match="12345678"):
        local_answer_shows(stage, answer, "ESME")
    with pytest.raises(Inconclusive, match="does not answer"):
        local_answer_shows(stage, b"", "ESME")


def test_what_became_of_the_record_is_noted_when_the_run_ends(stage: Stage, meter: StagedDevice) -> None:
    effect_is_noted(stage, "ESME")
    assert not stage.traffic.record.evidence.observations
    stage.traffic.record.deferred[-1]()
    (said,) = stage.traffic.record.evidence.observations
    assert said.endswith(f"the ESME as Suspended with firmware {meter.running}")


def test_a_testbed_that_brings_no_command_to_the_meter_is_no_fault_of_the_dsp(
    stage: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bytes:
        raise Refused("bring a command to the meter")

    assert meter.name == "ESME"
    monkeypatch.setattr(type(stage.run.testbed), "deliver_locally", refuse)
    with pytest.raises(Inconclusive, match="could not bring about"):
        returns_local_answer(stage, "ESME")
