"""What a Commissioned twin's answer makes of a rejection: a failure, nothing, or that it is set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType
from dsp_conformance.judging.expectations import expect_accepted
from dsp_conformance.ledger.verdicts import Inconclusive, NotTaken, RequirementNotMet
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import MadeRequest, make_request
from dsp_conformance.scenario.traffic import usable
from dsp_conformance.scenario.twins import expect_as_for_a_twin, require_local_delivery, require_twin_accepted
from dsp_conformance.user.critical_flow import UNREADABLE

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.user.exchange import Exchange

CRITICAL = "7.2"


@pytest.fixture
def meter(stage: Stage) -> StagedDevice:
    """A Commissioned ESME."""
    device = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    stage.remember(device, DeviceStatus.COMMISSIONED)
    return device


def rejected(
    stage: Stage,
    device: StagedDevice,
    code: str,
    variant: str = "4.1.1",
    command_variant: CommandVariant = CommandVariant.NON_CRITICAL_WAN,
) -> Exchange:
    """An exchange as if the DSP had rejected a request with that code."""
    exchange = make_request(stage, device, "11.2").exchange
    assert exchange.response is not None
    request = replace(exchange.request, variant=variant, command_variant=command_variant)
    return replace(
        exchange, request=request, response=replace(exchange.response, response_code=ResponseCode(code))
    )


def test_an_uncertain_type_that_is_not_taken_sets_the_row_aside_and_a_certain_one_does_not(
    stage: Stage, meter: StagedDevice
) -> None:
    with pytest.raises(NotTaken, match=r"SR6\.21 with Command Variant 1 for a Commissioned ESME"):
        require_twin_accepted(stage, rejected(stage, meter, "E11", "6.21"))
    for code, variant in (("E11", "4.1.1"), ("E4", "6.21"), ("E51", "6.21"), ("E11", "8.8.1")):
        with pytest.raises(Inconclusive, match="would prove nothing"):
            require_twin_accepted(stage, rejected(stage, meter, code, variant))


@pytest.mark.parametrize("command_variant", CommandVariant)
def test_a_request_that_is_not_available_for_local_delivery_is_set_aside_where_it_was_for_that(
    stage: Stage, meter: StagedDevice, command_variant: CommandVariant
) -> None:
    exchange = rejected(stage, meter, "E17", command_variant=command_variant)
    local = command_variant in {2, 3, 6, 7}
    with pytest.raises(NotTaken if local else Inconclusive):
        require_twin_accepted(stage, exchange)
    if local:
        with pytest.raises(NotTaken, match="for a Suspended Device"):
            require_local_delivery(stage, exchange)
    else:
        require_local_delivery(stage, exchange)


def test_a_rejection_for_another_reason_and_a_top_up_are_not_excused_by_local_delivery(
    stage: Stage, meter: StagedDevice
) -> None:
    local = CommandVariant.NON_CRITICAL_LOCAL
    require_local_delivery(stage, rejected(stage, meter, "E51", command_variant=local))
    require_local_delivery(stage, rejected(stage, meter, "E17", "2.2", local))


def accepted(made: MadeRequest) -> None:
    """What is expected of the requests."""
    if made.flaw:
        raise RequirementNotMet(expected="a Pre-Command", found=made.flaw)
    expect_accepted(usable(made.exchange), rejection_code=ResponseCode.E51)


def test_an_acceptance_needs_no_twin(stage: Stage, meter: StagedDevice) -> None:
    def never(device: StagedDevice) -> MadeRequest:
        raise AssertionError(device.name)

    expect_as_for_a_twin(stage, make_request(stage, meter, CRITICAL), never, accepted)
    assert list(stage.devices) == ["ESME"]


def test_a_rejection_fails_where_a_commissioned_twin_is_accepted(stage: Stage, meter: StagedDevice) -> None:
    for code in ("E51", "E11"):
        made = MadeRequest(rejected(stage, meter, code, CRITICAL))
        with pytest.raises(RequirementNotMet, match=code):
            expect_as_for_a_twin(stage, made, lambda device: make_request(stage, device, CRITICAL), accepted)
        twin = stage.device("twin")
        assert stage.remembered(twin).status is DeviceStatus.COMMISSIONED
        assert twin.model.device_type is DeviceType.ESME
        assert twin.device_id != meter.device_id


@pytest.mark.parametrize("code", ["E11", "E2", "E4", "E12"])
def test_what_a_commissioned_twin_is_not_taken_for_either_is_set_aside(
    stage: Stage, meter: StagedDevice, code: str
) -> None:
    made = MadeRequest(rejected(stage, meter, "E51", CRITICAL))

    def again(device: StagedDevice) -> MadeRequest:
        return MadeRequest(rejected(stage, device, code, CRITICAL))

    with pytest.raises(NotTaken, match=rf"SR7\.2.*for a Commissioned ESME[\s\S]*{code}"):
        expect_as_for_a_twin(stage, made, again, accepted)


@pytest.mark.parametrize("code", ["E51", "E5"])
def test_a_commissioned_twin_that_is_rejected_for_its_status_shows_nothing(
    stage: Stage, meter: StagedDevice, code: str
) -> None:
    made = MadeRequest(rejected(stage, meter, "E51", CRITICAL))

    def again(device: StagedDevice) -> MadeRequest:
        return MadeRequest(rejected(stage, device, code, CRITICAL))

    with pytest.raises(Inconclusive, match="came to nothing either"):
        expect_as_for_a_twin(stage, made, again, accepted)


def test_a_wrong_pre_command_fails_whatever_the_twin_gets(stage: Stage, meter: StagedDevice) -> None:
    made = MadeRequest(make_request(stage, meter, CRITICAL).exchange, "wrong")

    def never(device: StagedDevice) -> MadeRequest:
        raise AssertionError(device.name)

    with pytest.raises(RequirementNotMet, match="wrong"):
        expect_as_for_a_twin(stage, made, never, accepted)


def test_a_pre_command_that_cannot_be_read_shows_nothing_if_the_twins_cannot_be_either(
    stage: Stage, meter: StagedDevice
) -> None:
    made = MadeRequest(make_request(stage, meter, CRITICAL).exchange, UNREADABLE)

    def again(device: StagedDevice) -> MadeRequest:
        return MadeRequest(make_request(stage, device, CRITICAL).exchange, UNREADABLE)

    with pytest.raises(Inconclusive, match="came to nothing either"):
        expect_as_for_a_twin(stage, made, again, accepted)
    with pytest.raises(RequirementNotMet, match=UNREADABLE):
        expect_as_for_a_twin(stage, made, lambda device: make_request(stage, device, CRITICAL), accepted)
