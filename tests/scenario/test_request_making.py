"""How requests are made: which body goes which way, and what a precondition makes of a rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.duis.terms import CommandVariant, UserRole
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.request_making import MadeRequest, make_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage


@pytest.fixture
def meter(stage: Stage, make_meter: Callable[[Stage], StagedDevice]) -> StagedDevice:
    return make_meter(stage)


def test_a_precondition_that_was_rejected_makes_a_scenario_worthless(
    stage: Stage, meter: StagedDevice
) -> None:
    accepted = make_request(stage, meter, "11.2")
    accepted.require_accepted("the meter could not be read")
    rejected = make_request(stage, meter, "11.2", sender=stage.traffic.stranger())
    with pytest.raises(Inconclusive, match="could not be read") as caught:
        rejected.require_accepted("the meter could not be read")
    assert (caught.value.cause, caught.value.found) == (Cause.PRECONDITION_UNMET, "E1")


def test_a_pre_command_that_was_not_signed_was_not_accepted(stage: Stage, meter: StagedDevice) -> None:
    exchange = make_request(stage, meter, "11.2").exchange
    with pytest.raises(Inconclusive, match="another image"):
        MadeRequest(exchange, "it activates another image").require_accepted("not activated")


@pytest.mark.parametrize(
    ("variant", "way", "body"),
    [
        ("8.2", CommandVariant.NON_DEVICE, "ReadInventory"),
        ("11.1", CommandVariant.NON_DEVICE, "UpdateFirmware"),
        ("11.2", CommandVariant.NON_CRITICAL_WAN, "ReadFirmwareVersion"),
        ("4.1.1", CommandVariant.NON_CRITICAL_WAN, "ReadInstantaneousImportRegisters"),
        ("11.3", CommandVariant.SIGNED_WAN, "SignedPreCommand"),
    ],
)
def test_each_request_goes_its_own_way_and_is_accepted(
    stage: Stage, meter: StagedDevice, variant: str, way: CommandVariant, body: str
) -> None:
    stage.new_firmware(meter)
    if variant == "11.3":
        make_request(stage, meter, "11.1").require_accepted("the firmware was not sent")
    made = make_request(stage, meter, variant)
    assert made.exchange.accepted
    assert not made.flaw
    request = made.exchange.request
    assert (request.variant, request.command_variant) == (variant, way)
    assert etree.QName(request.body).localname == body


@pytest.mark.parametrize("variant", ["8.2", "11.1", "11.2", "11.3"])
def test_whoever_is_named_sends_each_of_them(stage: Stage, meter: StagedDevice, variant: str) -> None:
    stage.new_firmware(meter)
    sender = stage.traffic.act_as(UserRole.OU)
    made = make_request(stage, meter, variant, sender=sender)
    assert made.exchange.request.request_id.originator == sender.user.eui


def test_a_device_that_was_told_to_activate_its_new_firmware_runs_it(
    stage: Stage, meter: StagedDevice
) -> None:
    before, new = meter.running, stage.new_firmware(meter)
    make_request(stage, meter, "11.1").require_accepted("the firmware was not sent")
    rejected = make_request(stage, meter, "11.3", sender=stage.traffic.stranger())
    assert not rejected.exchange.accepted
    assert meter.running == before
    make_request(stage, meter, "11.2")
    assert meter.running == before
    make_request(stage, meter, "11.3").require_accepted("the firmware was not activated")
    assert meter.running == new.version


def test_firmware_is_activated_though_the_scenario_made_none(stage: Stage, meter: StagedDevice) -> None:
    running = meter.running
    made = make_request(stage, meter, "11.3")
    assert made.exchange.request.request_id.target == meter.device_id
    assert meter.running == running
