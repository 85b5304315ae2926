"""Whether the road to the receiver is open: what is asked, what shows it, what is said where nothing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Attribution, Inconclusive, judge
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.scenario.response_road import closed_road, control_reading, require_open_road
from dsp_conformance.testbed.device_state import DeviceState
from dsp_conformance.testbed.errors import MissingCapability
from dsp_conformance.testbed.protocol import Capability
from dsp_conformance.user.transport import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage

    Make = Callable[[Stage], StagedDevice]


def _asked(stage: Stage) -> list[str]:
    """What the stage's users sent, in order."""
    return [each.title for each in stage.traffic.record.exchanges() if "CV1" in each.title]


def test_a_control_reading_of_a_meter_of_its_own_brings_a_response(stage: Stage) -> None:
    for role in (UserRole.IS, UserRole.GS, UserRole.OU):
        session = stage.traffic.act_as(role)
        reading = control_reading(stage.run, session)
        assert reading.open
        assert reading.asked
        assert reading.delivery is not None
        assert reading.delivery.accepted
        assert reading.seconds > 0
        sent, came = list(stage.traffic.record.exchanges())[-2:]
        assert (sent.title, came.title) == ("SR6.2.4 CV1 → I99", "SR6.2.4 ← asynchronous I0")
        assert [check.passed for check in came.checks] == [True] * 3


def test_what_the_product_takes_no_first_request_for_is_asked_in_the_other_way(stage: Stage) -> None:
    session = stage.traffic.act_as(UserRole.IS)
    meter = stage.suspended_device("ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED)
    reading = control_reading(stage.run, session, (meter.device_id, DeviceType.ESME))
    assert reading.told == "SR11.2 brought a response"
    assert _asked(stage) == ["SR6.2.4 CV1 → E51", "SR11.2 CV1 → I99"]


def test_what_came_since_shows_the_road_open_without_a_reading(stage: Stage, make_meter: Make) -> None:
    before = utc_now()
    exchange = make_request(stage, make_meter(stage), "11.2").exchange
    stage.traffic.response_to(exchange)
    sent = len(stage.run.connection.sent)
    session = stage.traffic.act_as(UserRole.IS)
    assert closed_road(stage.run, session, before) is None
    assert len(stage.run.connection.sent) == sent
    assert closed_road(stage.run, session, utc_now() + timedelta(seconds=1)) is None
    assert len(stage.run.connection.sent) == sent + 1, "nothing came since, so a meter was read"


def test_where_nothing_comes_the_road_is_to_blame_and_asked_once(
    cut_off_user: Stage, make_meter: Make
) -> None:
    stage = cut_off_user
    stage.run.bind = "127.0.0.1:4711"
    for _ in range(2):
        exchange = make_request(stage, make_meter(stage), "11.2").exchange
        with pytest.raises(Inconclusive) as caught:
            stage.traffic.response_to(exchange)
    assert judge(caught.value).attribution is Attribution.TARGET
    user = stage.traffic.act_as(UserRole.IS).user.eui
    told = str(caught.value)
    for part in (
        "unreachable: nothing shows that responses reach the receiver",
        f"http://127.0.0.1:1/{user}",
        "[receiver] bind is 127.0.0.1:4711",
        "SR6.2.4 CV1 → I99, and no response; SR11.2 CV1 → I99, and no response",
        "public_url",
        "a product that never delivers anything cannot be told from a closed road",
    ):
        assert part in told
    assert len([title for title in _asked(stage) if title.startswith("SR6.2.4")]) == 1


def test_another_user_is_asked_for_by_itself(cut_off_user: Stage) -> None:
    stage = cut_off_user
    moment = utc_now() - timedelta(seconds=1)
    assert closed_road(stage.run, stage.traffic.act_as(UserRole.IS), moment) is not None
    assert closed_road(stage.run, stage.traffic.act_as(UserRole.GS), moment) is None


def test_a_run_does_not_begin_where_a_reading_is_accepted_and_brings_nothing(cut_off_user: Stage) -> None:
    with pytest.raises(Inconclusive, match="nothing shows that responses reach the receiver"):
        require_open_road(cut_off_user.run, cut_off_user.traffic.act_as(UserRole.IS))


def test_where_no_meter_can_be_had_a_run_begins_and_convicts_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> str:
        raise MissingCapability(Capability.EDIT_CPL, "edit the CPL")

    session = stage.traffic.act_as(UserRole.IS)
    monkeypatch.setattr(stage.run, "testbed", SimpleNamespace(add_cpl_entry=refuse))
    require_open_road(stage.run, session)
    reason = closed_road(stage.run, session, utc_now() + timedelta(seconds=1))
    assert reason is not None
    assert "no control reading: not testable: the testbed lacks the capability 'edit-cpl'" in reason.found


def _listed(device_id: Any, status: DeviceStatus, device_type: DeviceType = DeviceType.ESME) -> Any:
    return SimpleNamespace(device_id=device_id, state=DeviceState(device_type, status))


def test_of_a_list_a_commissioned_meter_of_the_right_type_is_read(stage: Stage, make_meter: Make) -> None:
    meter, session = make_meter(stage), stage.traffic.act_as(UserRole.IS)
    gas = stage.listed_device("GSME", Model.unique(DeviceType.GSME))
    only = (
        _listed(stage.run.somebody(), DeviceStatus.SUSPENDED),
        _listed(gas.device_id, DeviceStatus.COMMISSIONED, DeviceType.GSME),
    )
    commissioned = _listed(meter.device_id, DeviceStatus.COMMISSIONED)
    reading = control_reading(replace(stage.run, listed=(commissioned, *only)), session)
    assert reading.open
    (sent,) = [each for each in stage.run.connection.sent if each.target == meter.device_id]
    assert sent.originator == session.user.eui

    without = control_reading(replace(stage.run, listed=only), session)
    assert not without.open
    assert not without.asked
    assert "holds no Commissioned ESME" in without.told
