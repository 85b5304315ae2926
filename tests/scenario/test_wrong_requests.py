"""SR11.2 that other checks than that of the status must find: each is rejected for its own reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType, Service, UserRole
from dsp_conformance.ledger.verdicts import Inconclusive
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.scenario.wrong_requests import (
    ACTIVATING_WRONGLY,
    ANOTHER_SUPPLIER,
    OTHER_USER,
    REASONS,
    WRONGLY,
    require_display_known,
    wrong_variant_to_a_commissioned,
)
from dsp_conformance.user.critical_flow import CriticalFlow

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.user.exchange import Exchange

CODES = {
    "by an unknown user": "E1",
    "by a user not entitled to the meter": "E4",
    "to an IHD": "E11",
    "with a Command Variant it cannot have": "E12",
    "to another service of the DSP": "E13",
    "to a Device that does not exist": "E19",
}


@pytest.fixture(params=[DeviceType.ESME, DeviceType.GSME])
def meter(stage: Stage, request: pytest.FixtureRequest) -> StagedDevice:
    supplier = stage.traffic.supplier_of(request.param).user.eui
    model = Model.unique(request.param)
    return stage.suspended_device("meter", model, DeviceStatus.COMMISSIONED, frozenset({supplier}))


def differences(wrong: Exchange, right: Exchange) -> set[str]:
    """Name in what two requests differ, their counters aside."""
    asked, wanted = wrong.request, right.request
    same = {
        "originator": asked.request_id.originator == wanted.request_id.originator,
        "target": asked.request_id.target == wanted.request_id.target,
        "Command Variant": asked.command_variant is wanted.command_variant,
        "service": wrong.service is right.service,
        "variant": asked.variant == wanted.variant,
        "body": asked.body.tag == wanted.body.tag,
    }
    return {name for name, alike in same.items() if not alike}


def test_every_way_has_its_reason() -> None:
    assert set(CODES) == set(WRONGLY)
    assert {*CODES.values(), "E2"} == {code.value for code in REASONS.values()}


@pytest.mark.parametrize("wrongly", WRONGLY)
def test_the_stub_rejects_it_for_its_own_reason(stage: Stage, meter: StagedDevice, wrongly: str) -> None:
    exchange = WRONGLY[wrongly](stage, meter)
    assert exchange.response is not None
    assert exchange.response.response_code is ResponseCode(CODES[wrongly])
    stage.expect_no_trace(exchange, meter)


@pytest.mark.parametrize(
    ("wrongly", "what"),
    [
        ("by an unknown user", {"originator"}),
        ("by a user not entitled to the meter", {"originator"}),
        ("to an IHD", {"target"}),
        ("with a Command Variant it cannot have", {"Command Variant", "service"}),
        ("to another service of the DSP", {"service"}),
        ("to a Device that does not exist", {"target"}),
    ],
)
def test_it_differs_from_a_good_one_in_one_thing(
    stage: Stage, meter: StagedDevice, wrongly: str, what: set[str]
) -> None:
    wrong, right = WRONGLY[wrongly](stage, meter), make_request(stage, meter, "11.2").exchange
    assert right.accepted
    assert differences(wrong, right) == what


def test_a_wrong_command_variant_goes_to_its_own_service(stage: Stage, meter: StagedDevice) -> None:
    exchange = WRONGLY["with a Command Variant it cannot have"](stage, meter)
    assert (exchange.request.command_variant, exchange.service) == (
        CommandVariant.PRE_COMMAND,
        Service.TRANSFORM,
    )


def test_a_commissioned_meter_shows_that_the_command_variant_is_looked_at(
    stage: Stage, meter: StagedDevice
) -> None:
    WRONGLY["with a Command Variant it cannot have"](stage, meter)
    exchange = wrong_variant_to_a_commissioned(stage)
    assert exchange.request.request_id.target != meter.device_id
    assert exchange.response is not None
    assert exchange.response.response_code is ResponseCode.E12


def test_a_display_that_nothing_shows_to_exist_may_be_called_unknown_and_one_that_is_shown_may_not(
    stage: Stage, meter: StagedDevice
) -> None:
    answer = WRONGLY["to an IHD"](stage, meter).response
    display = stage.device("display")
    assert answer is not None
    assert display.record is not None
    unknown = replace(answer, response_code=ResponseCode.E19)

    require_display_known(stage, unknown)  # SR8.2 shows it, so that E19 is judged as any wrong code is
    display.record = None
    require_display_known(stage, answer)  # E11 is nothing that can be said of a Device that is not there
    with pytest.raises(Inconclusive, match="does not know the IHD"):
        require_display_known(stage, unknown)


@pytest.mark.parametrize(("wrongly", "code"), [(ANOTHER_SUPPLIER, "E4"), (OTHER_USER, "E2")])
def test_an_activation_by_the_wrong_user_is_rejected_before_there_is_a_pre_command(
    stage: Stage, meter: StagedDevice, wrongly: str, code: str
) -> None:
    exchange = ACTIVATING_WRONGLY[wrongly](stage, meter)
    assert (exchange.request.variant, exchange.request.command_variant) == (
        "11.3",
        CommandVariant.PRE_COMMAND,
    )
    assert exchange.request.request_id.target == meter.device_id
    assert exchange.response is not None
    # The meter's supplier alone is entitled to it: whoever looks at that first has another reason.
    assert exchange.response.response_code.value in {code, "E4"}
    stage.expect_no_trace(exchange, meter)


def test_a_pre_command_that_is_made_for_whoever_asks_is_judged_when_it_is_signed(
    stage: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = make_request(stage, meter, "11.3").exchange
    rejected = ACTIVATING_WRONGLY[ANOTHER_SUPPLIER](stage, meter)
    monkeypatch.setattr(Traffic, "send_critical", lambda *_: CriticalFlow(transform=accepted, send=rejected))
    assert ACTIVATING_WRONGLY[ANOTHER_SUPPLIER](stage, meter) is rejected
    assert "made for anybody" in stage.traffic.record.evidence.observations[-1]


def test_a_pre_command_that_is_made_for_the_suspended_meter_alone_is_judged_itself(
    stage: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = make_request(stage, meter, "11.3").exchange
    rejected = ACTIVATING_WRONGLY[ANOTHER_SUPPLIER](stage, meter)

    def let_through_to_it(_: Traffic, device: StagedDevice, *__: object) -> CriticalFlow:
        return CriticalFlow(accepted, rejected) if device is meter else CriticalFlow(rejected)

    monkeypatch.setattr(Traffic, "send_critical", let_through_to_it)
    assert ACTIVATING_WRONGLY[ANOTHER_SUPPLIER](stage, meter) is accepted


def test_a_user_who_may_not_read_shows_nothing_by_what_else_it_may_not(
    stage: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier = stage.traffic.supplier_of(meter.model.device_type)
    strangers = {UserRole.OU: stage.traffic.stranger()}
    monkeypatch.setattr(Traffic, "act_as", lambda _, role: strangers.get(role, supplier))
    with pytest.raises(Inconclusive, match="hardly entitled"):
        ACTIVATING_WRONGLY[OTHER_USER](stage, meter)
