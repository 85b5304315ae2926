"""What is seen of a Suspended meter after it was sent something, and what that says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Inconclusive, NotTaken, RequirementNotMet
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.lasting_suspension import (
    Course,
    Look,
    expect_suspended_and_barred,
    look_at,
    looking_roles,
    require_decided,
    send_and_look,
)
from dsp_conformance.scenario.request_making import WAYS
from dsp_conformance.testbed.protocol import SmetsVersion

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage

WAN = WAYS["over the WAN"]
LOCAL = WAYS["for local delivery"]


@pytest.fixture
def meter(stage: Stage) -> StagedDevice:
    """A Suspended ESME."""
    return stage.suspended_device("ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED)


@pytest.fixture
def in_service(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> StagedDevice:
    """A Commissioned ESME, whose record is given no time to settle."""
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, settle_seconds=0))
    stage.remember(stage.listed_device("ESME", Model.unique(DeviceType.ESME)), DeviceStatus.COMMISSIONED)
    return stage.device("ESME")


def expect(stage: Stage, *looks: Look) -> None:
    for look in looks:
        expect_suspended_and_barred(look, rejection_code=stage.run.profile.rejection_code)


def test_a_meter_that_stays_suspended_is_looked_at_after_each_answer(
    stage: Stage, meter: StagedDevice
) -> None:
    course = send_and_look(stage, meter, ("7.2", "8.7.1", "6.23", "8.2"), WAN)
    assert [look.after for look in course.looks] == [("7.2",), ("8.7.1",), ("6.23",), ("8.2",)]
    assert all(look.decides for look in course.looks)
    expect(stage, *course.looks)
    require_decided(course, meter)
    assert stage.traffic.accepted <= {
        delivery.response.request_id
        for delivery in stage.run.connection.inbox.everything()
        if delivery.response is not None
    }


def test_a_top_up_that_is_returned_is_answered_by_nobody(stage: Stage) -> None:
    model = Model.unique(DeviceType.ESME, SmetsVersion.SMETS1)
    device = stage.suspended_device("ESME", model, DeviceStatus.COMMISSIONED)
    expect(stage, *send_and_look(stage, device, ("2.2",), LOCAL).looks)
    assert not stage.traffic.accepted


def test_the_first_change_is_told_with_the_request_that_it_came_after_and_ends_the_looking(
    stage: Stage, in_service: StagedDevice
) -> None:
    (look,) = send_and_look(stage, in_service, ("7.2", "7.3"), WAN).looks
    with pytest.raises(RequirementNotMet, match=r"after SR7\.2 as before: status Suspended"):
        expect(stage, look)


def test_a_meter_that_is_open_though_it_is_shown_as_suspended_is_told(
    stage: Stage, meter: StagedDevice, in_service: StagedDevice
) -> None:
    shown, opened = look_at(stage, meter, ("6.11", "6.8")), look_at(stage, in_service, ("6.11",))
    with pytest.raises(RequirementNotMet, match=r"after SR6\.11, SR6\.8 as before: a rejection with E51"):
        expect(stage, replace(shown, ordinary=opened.ordinary))


def test_what_is_not_taken_for_another_reason_than_the_status_is_set_aside(
    stage: Stage, meter: StagedDevice
) -> None:
    course = send_and_look(stage, meter, ("6.6",), WAN)  # for gas meters only
    assert course == Course((), ("SR6.6: E11",))
    assert "SR6.6: E11" in stage.traffic.record.evidence.observations[-1]
    with pytest.raises(NotTaken, match="E11"):
        require_decided(course, meter)


def test_what_is_barred_for_the_status_shows_nothing(stage: Stage, meter: StagedDevice) -> None:
    course = send_and_look(stage, meter, ("2.2", "6.6"), WAN)
    assert course.barred
    with pytest.raises(Inconclusive, match=r"SR2\.2: E51"):
        require_decided(course, meter)


def test_what_is_left_out_does_not_keep_the_others_from_deciding(stage: Stage, meter: StagedDevice) -> None:
    course = send_and_look(stage, meter, ("2.2", "6.8"), WAN)
    require_decided(course, meter)
    assert [look.after for look in course.looks] == [("6.8",)]


def test_new_firmware_that_is_not_taken_for_the_meter_is_left_out(
    stage: Stage, meter: StagedDevice, in_service: StagedDevice
) -> None:
    assert in_service.name == meter.name
    stage.new_firmware(meter)
    assert [look.after for look in send_and_look(stage, meter, ("11.1",), WAN).looks] == [("11.1",)]
    other = stage.suspended_device(
        "ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED, frozenset({stage.run.somebody()})
    )
    stage.new_firmware(other)
    assert send_and_look(stage, other, ("11.1",), WAN).left_out == ("SR11.1: E110101",)


def test_a_network_operator_looks_after_new_credentials_and_the_supplier_if_that_may_not(
    stage: Stage,
) -> None:
    assert looking_roles(("7.2", "6.15.1"), DeviceType.ESME) == (UserRole.ED, UserRole.IS)
    assert looking_roles(("6.23",), DeviceType.GSME) == (UserRole.GT, UserRole.GS)
    assert looking_roles(("7.2",), DeviceType.GSME) == (UserRole.GS,)
    supplier = frozenset({stage.traffic.supplier_of(DeviceType.ESME).user.eui})
    device = stage.suspended_device(
        "ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED, supplier
    )
    course = send_and_look(stage, device, ("6.15.1",), WAN)
    expect(stage, *course.looks)
    require_decided(course, device)


def test_nothing_is_decided_where_nobody_who_asks_is_entitled(stage: Stage) -> None:
    nobody = frozenset({stage.run.somebody()})
    device = stage.suspended_device("ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED, nobody)
    look = look_at(stage, device, ("6.23",))
    assert (look.ordinary, look.decides) == (None, False)
    expect(stage, look, Look(("6.23",), None, None))
    with pytest.raises(Inconclusive, match="nobody who asked is entitled"):
        require_decided(Course((look,)), device)


def test_an_answer_that_does_not_come_is_waited_for_once_at_length(
    stage: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(
        type(stage.run.connection.inbox), "wait_for_answers", lambda _, __, timeout: waited.append(timeout)
    )
    send_and_look(stage, meter, ("7.2", "7.3"), WAN)
    timeouts = stage.run.connection.transport.timeouts
    assert waited == [timeouts.response, min(timeouts.response, stage.run.profile.silence_seconds)]
