"""What a scenario's traffic judges: responses that come, that do not, that come twice or name nobody."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest
import requests

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.scenario.request_making import WAYS, make_request
from dsp_conformance.scenario.traffic import sender_role, service_request, usable
from dsp_conformance.testbed.protocol import Fault
from dsp_conformance.user.addresses import own_url
from dsp_conformance.user.exchange import Trouble
from dsp_conformance.user.transport import Endpoints, Timeouts, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance import gbcs
    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.messages import InventoryDevice
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.user.exchange import Delivery, Exchange

    Make: TypeAlias = Callable[[Stage], StagedDevice]
    End: TypeAlias = Callable[[Stage], None]


def read(stage: Stage, meter: StagedDevice) -> Exchange:
    """Have SR11.2 accepted."""
    exchange = make_request(stage, meter, "11.2").exchange
    assert exchange.accepted
    return exchange


def answer(stage: Stage, exchange: Exchange) -> Delivery:
    """Wait for what the stub posts, without a word to the stage."""
    (delivery,) = stage.run.connection.inbox.wait_for_answers(exchange.request.request_id, 10)
    return delivery


def post(stage: Stage, octets: bytes, user: Eui64 | None = None) -> int:
    """Have the receiver get a message, at a Service User's address if one is told; return its HTTP status."""
    headers = {"Content-Type": "application/xml"}
    url = stage.run.receiver_url if user is None else own_url(stage.run.receiver_url, user)
    return requests.post(url, data=octets, headers=headers, timeout=5).status_code


def renamed(delivery: Delivery, request_id: RequestID) -> bytes:
    """A response made to answer another request, by which its signature breaks."""
    assert delivery.response is not None
    before = delivery.response.request_id
    assert before is not None
    octets = delivery.octets.replace(str(before).encode(), str(request_id).encode())
    return octets.replace(str(before.response_id()).encode(), str(request_id.response_id()).encode())


def post_unasked(stage: Stage, heard: Stage, meter: StagedDevice) -> None:
    """Post a response about a Device to a request that no scenario sent."""
    delivery = answer(heard, read(heard, meter))
    originator = stage.traffic.supplier_of(DeviceType.ESME).user.eui
    assert post(stage, renamed(delivery, RequestID(originator, meter.device_id, 999_999))) == 400


def turn_away(stage: Stage) -> None:
    stage.run.connection.inbox.turn_away("a message that is too large")  # type: ignore[attr-defined]


def failed(stage: Stage) -> list[tuple[str, str]]:
    return [(check.requirement, check.found) for check in stage.traffic.record.failed_checks()]


def arrivals(stage: Stage) -> list[str]:
    """The responses to SR11.2 that the record holds."""
    return [one.title for one in stage.traffic.record.exchanges() if one.title.startswith("SR11.2 ←")]


# -- a response that is waited for


def test_a_response_that_does_not_come_in_time_fails(unheard: Stage, make_meter: Make) -> None:
    exchange = read(unheard, make_meter(unheard))
    with pytest.raises(RequirementNotMet) as caught:
        unheard.traffic.response_to(exchange)
    assert str(exchange.request.request_id) in caught.value.expected
    assert "0.2 s" in caught.value.expected


def test_a_response_that_does_not_come_proves_nothing_where_something_was_turned_away(
    unheard: Stage, make_meter: Make, end_of_run: End
) -> None:
    exchange = read(unheard, make_meter(unheard))
    turn_away(unheard)
    judges = (
        unheard.traffic.response_to,
        unheard.traffic.expect_one_response,
        lambda _: end_of_run(unheard),
    )
    for judge in judges:
        with pytest.raises(Inconclusive, match="too large") as caught:
            judge(exchange)
        assert caught.value.cause is Cause.TARGET_UNREACHABLE
    assert not failed(unheard)


def test_what_was_turned_away_before_the_request_excuses_nothing(unheard: Stage, make_meter: Make) -> None:
    turn_away(unheard)
    exchange = read(unheard, make_meter(unheard))
    with pytest.raises(RequirementNotMet):
        unheard.traffic.response_to(exchange)


def test_a_response_that_does_not_come_proves_nothing_where_nobody_listens_any_more(
    unheard: Stage, make_meter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = read(unheard, make_meter(unheard))
    gone = Endpoints(*["http://127.0.0.1:1/"] * 3)
    transport = replace(unheard.run.connection.transport, endpoints=gone)
    monkeypatch.setattr(unheard.run, "connection", replace(unheard.run.connection, transport=transport))
    with pytest.raises(Inconclusive, match="went away") as caught:
        unheard.traffic.response_to(exchange)
    assert caught.value.cause is Cause.TARGET_UNREACHABLE


def test_a_message_that_cannot_be_read_is_blamed_where_it_came_since_the_request(
    unheard: Stage, make_meter: Make
) -> None:
    meter = make_meter(unheard)
    assert post(unheard, b"<junk") == 400
    exchange = read(unheard, meter)
    with pytest.raises(RequirementNotMet):
        unheard.traffic.response_to(exchange)
    assert post(unheard, b"<junk") == 400
    with pytest.raises(Inconclusive, match="had to be refused") as caught:
        unheard.traffic.response_to(exchange)
    assert caught.value.requirement == "DUIS-01"
    assert [requirement for requirement, _ in failed(unheard)] == ["DUIS-01"]


def test_a_response_that_names_a_request_which_nobody_sent_is_blamed(
    stage: Stage, unheard: Stage, make_meter: Make
) -> None:
    meter = make_meter(unheard)
    exchange = read(unheard, meter)
    post_unasked(unheard, stage, meter)
    with pytest.raises(RequirementNotMet) as caught:
        unheard.traffic.response_to(exchange)
    assert caught.value.requirements == ("DUIS-03",)


def test_a_response_that_had_to_be_refused_proves_nothing_and_counts_for_none(
    stage: Stage, unheard: Stage, make_meter: Make
) -> None:
    meter = make_meter(unheard)
    exchange = read(unheard, meter)
    octets = renamed(answer(stage, read(stage, meter)), exchange.request.request_id)
    assert post(unheard, octets) == 400
    with pytest.raises(Inconclusive) as caught:
        unheard.traffic.response_to(exchange)
    assert caught.value.requirement == "DUIS-02"
    with pytest.raises(RequirementNotMet, match="0 responses"):
        unheard.traffic.expect_one_response(exchange)
    (shown,) = [one for one in unheard.traffic.record.exchanges() if "←" in one.title]
    assert shown.facts["our answer"].startswith("refused: DUIS-02")


def test_a_message_says_what_is_expected_of_it_before_its_origin_is_looked_at(
    stage: Stage, make_meter: Make
) -> None:
    meter, other = make_meter(stage), make_meter(stage)
    exchange = read(stage, meter)
    meter.provided = other.provided
    seen: list[gbcs.Message] = []

    def wrong(message: gbcs.Message) -> None:
        seen.append(message)
        raise RequirementNotMet(expected="another message", found="this one")

    with pytest.raises(RequirementNotMet, match="another message"):
        stage.traffic.expect_payload(exchange, meter, wrong)
    with pytest.raises(Inconclusive, match="not the Device's"):
        stage.traffic.expect_payload(exchange, meter, seen.append)
    assert len(seen) == 2


# -- responses counted, now and at the end of the run


def test_one_response_is_one_whatever_else_was_turned_away(
    stage: Stage, make_meter: Make, end_of_run: End
) -> None:
    exchange = read(stage, make_meter(stage))
    stage.traffic.response_to(exchange)
    turn_away(stage)
    stage.traffic.expect_one_response(exchange)
    end_of_run(stage)
    assert not failed(stage)
    assert len(arrivals(stage)) == 1


def test_a_response_that_comes_twice_is_seen_at_once_and_at_the_end_and_shown_twice(
    stage: Stage, make_meter: Make, end_of_run: End
) -> None:
    exchange = read(stage, make_meter(stage))
    stage.traffic.response_to(exchange)
    user = exchange.request.request_id.originator
    assert post(stage, answer(stage, exchange).octets, user) == 204
    with pytest.raises(RequirementNotMet, match="2 responses"):
        stage.traffic.expect_one_response(exchange)
    end_of_run(stage)
    assert failed(stage) == [("DUIS-04", "2 responses")]
    assert len(arrivals(stage)) == 2


def test_a_response_at_anothers_address_is_wrong_however_good_it_is(
    stage: Stage, make_meter: Make, end_of_run: End
) -> None:
    exchange = read(stage, make_meter(stage))
    stage.traffic.response_to(exchange)
    assert stage.traffic.misdelivered(exchange) == []
    stranger = stage.run.user(UserRole.OU).eui
    assert post(stage, answer(stage, exchange).octets, stranger) == 204
    (where,) = stage.traffic.misdelivered(exchange)
    user = exchange.request.request_id.originator
    assert where == f"at /{stranger}, the address of {stranger}, instead of /{user}, the address of {user}"
    end_of_run(stage)
    assert failed(stage) == [("DUIS-04", f"2 responses; {where}")]
    shown = [each.facts["address"] for each in stage.traffic.record.exchanges() if "address" in each.facts]
    assert shown == [f"/{user}", f"/{stranger}"]


def test_a_response_that_no_step_waited_for_is_shown_and_checked_at_the_end(
    hurried: Stage, make_meter: Make, end_of_run: End
) -> None:
    exchange = read(hurried, make_meter(hurried))
    assert answer(hurried, exchange).accepted
    end_of_run(hurried)
    assert len(arrivals(hurried)) == 1
    (shown,) = [one for one in hurried.traffic.record.late.exchanges if "←" in one.title]
    assert {check.requirement for check in shown.checks} == {"DUIS-01", "DUIS-02", "DUIS-03"}


def test_a_response_that_is_not_yet_late_is_waited_for_at_the_end(
    stage: Stage, unheard: Stage, make_meter: Make, end_of_run: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = replace(unheard.run.connection.transport, timeouts=Timeouts(response=30))
    monkeypatch.setattr(unheard.run, "connection", replace(unheard.run.connection, transport=transport))
    meter = make_meter(unheard)
    earlier = answer(stage, read(stage, meter))
    exchange = read(unheard, meter)
    late = threading.Timer(0.2, post, (unheard, renamed(earlier, exchange.request.request_id)))
    late.start()
    end_of_run(unheard)
    late.join()
    assert "SR11.2 ← refused asynchronous I0" in arrivals(unheard)


@pytest.mark.parametrize("due", [True, False])
def test_a_response_that_never_came_fails_at_the_end_where_the_device_is_known_to_answer(
    unheard: Stage, make_meter: Make, end_of_run: End, *, due: bool
) -> None:
    meter = make_meter(unheard)
    if not due:
        unheard.arrange(meter, "11.2", Fault.UNREACHABLE)
    read(unheard, meter)
    end_of_run(unheard)
    assert failed(unheard) == ([("DUIS-04", "0 responses")] if due else [])


def test_a_fault_is_used_up_by_one_request(unheard: Stage, make_meter: Make, end_of_run: End) -> None:
    meter = make_meter(unheard)
    unheard.arrange(meter, "11.2", Fault.RESPONSE_LOST)
    read(unheard, meter)
    read(unheard, meter)
    end_of_run(unheard)
    assert failed(unheard) == [("DUIS-04", "0 responses")]


def test_nobody_misses_a_response_of_a_device_that_was_cut_off(
    unheard: Stage, make_meter: Make, end_of_run: End
) -> None:
    meter = make_meter(unheard)
    unheard.cut_off(meter)
    read(unheard, meter)
    turn_away(unheard)  # excuses nothing that is not missed
    end_of_run(unheard)
    assert not failed(unheard)


def test_the_response_to_a_critical_request_is_missed_too_once_it_was_accepted(
    unheard: Stage, make_meter: Make, end_of_run: End
) -> None:
    meter = make_meter(unheard)
    unheard.new_firmware(meter)
    make_request(unheard, meter, "11.1").require_accepted("the firmware was not sent")
    assert not make_request(unheard, meter, "11.3", sender=unheard.traffic.stranger()).exchange.accepted
    assert not unheard.traffic.accepted
    accepted = make_request(unheard, meter, "11.3").exchange
    assert unheard.traffic.accepted == {accepted.request.request_id}
    end_of_run(unheard)
    assert failed(unheard) == [("DUIS-04", "0 responses")]


def test_nobody_misses_a_response_before_its_time(unheard: Stage, make_meter: Make, end_of_run: End) -> None:
    meter = make_meter(unheard)
    body = ReadFirmwareVersion(utc_now() + timedelta(days=1)).to_xml()
    assert unheard.traffic.send(meter, service_request("11.2"), body).accepted
    end_of_run(unheard)
    assert not failed(unheard)


def test_nobody_misses_a_response_of_a_device_that_the_testbed_only_found(
    unheard: Stage, make_meter: Make, end_of_run: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = make_meter(unheard)
    monkeypatch.setattr(type(unheard.run), "can", lambda *_: False)
    read(unheard, meter)
    end_of_run(unheard)
    assert not failed(unheard)


def test_requests_that_are_rejected_or_go_to_no_device_are_owed_nothing(
    stage: Stage, make_meter: Make
) -> None:
    meter = make_meter(stage)
    make_request(stage, meter, "11.2", way=WAYS["for local delivery"])
    make_request(stage, meter, "8.2")
    stage.remove_firmware(meter)
    rejected = make_request(stage, meter, "4.1.1").exchange
    assert not rejected.accepted
    assert not stage.traffic.accepted
    assert not stage.traffic.record.deferred
    accepted = read(stage, meter)
    assert stage.traffic.accepted == {accepted.request.request_id}


def test_a_message_that_names_no_request_of_the_scenario_is_found_at_the_end(
    stage: Stage, make_meter: Make, end_of_run: End
) -> None:
    meter = make_meter(stage)
    exchange = read(stage, meter)
    answer(stage, exchange)
    post_unasked(stage, stage, meter)
    end_of_run(stage)
    ((requirement, found),) = failed(stage)
    assert requirement == "DUIS-03"
    assert ":999999" in found


def test_a_response_to_each_of_two_users_is_looked_for_as_whoever_asked(
    stage: Stage, make_meter: Make
) -> None:
    meter = make_meter(stage)
    stage.traffic.act_as(UserRole.GS)
    exchange = read(stage, meter)
    payloads: list[gbcs.Message] = []
    stage.traffic.expect_payload(exchange, meter, payloads.append)
    assert len(payloads) == 1


# -- the inventory


def test_a_record_is_read_again_until_something_holds_of_it(stage: Stage, make_meter: Make) -> None:
    meter, seen = make_meter(stage), []

    def holds(record: InventoryDevice) -> bool:
        seen.append(record)
        return len(seen) == 4

    begun = time.monotonic()
    assert stage.traffic.record_once(meter, holds) is seen[-1]
    assert len(seen) == 4
    assert time.monotonic() - begun < stage.run.profile.settle_seconds


def test_a_record_of_which_it_never_holds_is_read_last_when_the_time_is_over_and_not_all_the_while(
    stage: Stage, make_meter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, seen = make_meter(stage), []
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, settle_seconds=1))

    def never(record: InventoryDevice) -> bool:
        seen.append((record, time.monotonic()))
        return False

    begun = time.monotonic()
    assert stage.traffic.record_once(meter, never) is seen[-1][0]
    assert seen[-1][1] >= begun + 1
    assert len(seen) <= 10


def test_a_device_that_is_not_in_the_status_that_a_scenario_needs_makes_it_worthless(
    hurried: Stage, make_meter: Make
) -> None:
    meter = make_meter(hurried)
    with pytest.raises(Inconclusive) as caught:
        hurried.remember(meter, DeviceStatus.SUSPENDED)
    assert (caught.value.cause, caught.value.found) == (Cause.PRECONDITION_UNMET, "Commissioned")


def test_a_device_that_is_not_in_the_inventory_makes_a_scenario_worthless(
    hurried: Stage, make_meter: Make
) -> None:
    meter = make_meter(hurried)
    hurried.run.testbed.forget_device(meter.device_id)
    with pytest.raises(RequirementNotMet) as shown:
        hurried.traffic.read_record(meter)
    with pytest.raises(Inconclusive) as caught:
        hurried.remember(meter, DeviceStatus.COMMISSIONED)
    assert caught.value.found == shown.value.found


# -- who sends, what is shown


def test_whoever_is_named_sends(stage: Stage, make_meter: Make) -> None:
    meter, sender = make_meter(stage), stage.traffic.stranger()
    for variant in ("11.2", "6.23"):
        exchange = make_request(stage, meter, variant, sender=sender).exchange
        assert exchange.request.request_id.originator == sender.user.eui
        assert not exchange.accepted


def test_a_service_user_is_brought_in_once(stage: Stage) -> None:
    session = stage.traffic.act_as(UserRole.IS)
    assert stage.traffic.act_as(UserRole.IS) is session
    assert stage.traffic.sessions == {UserRole.IS: session}
    assert stage.traffic.stranger().user.eui != session.user.eui


@pytest.mark.parametrize(
    ("variant", "device_type", "role"),
    [
        ("11.2", DeviceType.ESME, UserRole.IS),
        ("11.2", DeviceType.GSME, UserRole.GS),
        ("8.2", DeviceType.GSME, UserRole.GS),
    ],
)
def test_the_supplier_of_a_device_sends_what_it_may(
    variant: str, device_type: DeviceType, role: UserRole
) -> None:
    assert sender_role(service_request(variant), device_type) is role


def test_whoever_may_send_a_request_is_brought_in_for_it(stage: Stage) -> None:
    session = stage.traffic.sender_of(service_request("11.2"), DeviceType.GSME)
    assert stage.traffic.sessions == {UserRole.GS: session}


def test_what_the_supplier_may_not_send_another_sends() -> None:
    closed = [each for each in catalogue().values() if each.user_roles and UserRole.IS not in each.user_roles]
    assert closed
    assert all(sender_role(each, DeviceType.ESME) in each.user_roles for each in closed)


def test_an_exchange_is_shown_with_what_happened_on_the_wire(stage: Stage, make_meter: Make) -> None:
    exchange = read(stage, make_meter(stage))
    assert exchange.answer is not None
    shown = list(stage.traffic.record.exchanges())[-1]
    assert shown.request is not None
    assert shown.response is not None
    assert (shown.request.octets, shown.response.octets) == (exchange.sent, exchange.answer.octets)
    assert shown.facts["HTTP status"] == "200"
    assert shown.facts["answered after"] == f"{exchange.answer.seconds * 1000:.1f} ms"
    assert "trouble" not in shown.facts


def test_an_exchange_without_an_answer_is_shown_with_its_trouble(
    stage: Stage, make_meter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = make_meter(stage)
    gone = Endpoints(*["http://127.0.0.1:1/"] * 3)
    transport = replace(stage.run.connection.transport, endpoints=gone)
    session = stage.traffic.supplier_of(DeviceType.ESME)
    monkeypatch.setattr(session, "connection", replace(session.connection, transport=transport))
    exchange = session.read_inventory(meter.device_id)
    shown = list(stage.traffic.record.exchanges())[-1]
    assert shown.response is None
    assert "HTTP status" not in shown.facts
    assert exchange.trouble is not None
    assert exchange.trouble.found in shown.facts["trouble"]
    with pytest.raises(Inconclusive) as caught:
        usable(exchange)
    assert caught.value.cause is Cause.TARGET_UNREACHABLE
    assert "service URLs" in caught.value.hint
    told = replace(exchange, trouble=replace(exchange.trouble, hint="tls.ca: look there"))
    with pytest.raises(Inconclusive, match="look there"):
        usable(told)


def test_an_answer_that_cannot_be_read_is_the_products(stage: Stage, make_meter: Make) -> None:
    exchange = read(stage, make_meter(stage))
    assert usable(exchange) is exchange.response
    trouble = Trouble(environment=False, what="no DUIS response", found="junk")
    with pytest.raises(Inconclusive) as caught:
        usable(replace(exchange, response=None, trouble=trouble))
    assert (caught.value.cause, caught.value.requirement) == (Cause.UNUSABLE_ANSWER, "DUIS-01")


def test_what_is_left_for_the_end_is_looked_at_after_the_silence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, silence_seconds=0.2))
    begun, looked = time.monotonic(), []
    stage.traffic.when_the_run_ends(lambda: looked.append(time.monotonic()))
    assert not looked
    for check in stage.traffic.record.deferred:
        check()
    assert looked[0] >= begun + 0.2


def test_a_request_is_sent_and_answered_whatever_the_case_of_its_euis(stage: Stage, make_meter: Make) -> None:
    meter = make_meter(stage)
    exchange = make_request(stage, meter, "11.2", way=WAYS["with EUIs in lower case"]).exchange
    written = str(exchange.request.request_id).lower()
    assert written != str(exchange.request.request_id)
    assert written.encode() in exchange.sent
    assert exchange.accepted
    assert stage.traffic.response_to(exchange).request_id == exchange.request.request_id


def test_a_future_dated_response_is_waited_for_beyond_the_moment_at_which_it_is_due(
    stage: Stage, make_meter: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = make_meter(stage)
    timeouts = replace(stage.run.connection.transport.timeouts, response=0.5)
    monkeypatch.setattr(stage.run.connection.transport, "timeouts", timeouts)
    began = time.monotonic()
    exchange = make_request(stage, meter, "11.2", way=WAYS["to be carried out a moment later"]).exchange
    due = stage.traffic.due_of(exchange)
    assert due is not None
    assert began < due < began + 2
    assert stage.traffic.response_to(exchange).request_id == exchange.request.request_id
    assert time.monotonic() >= due


def test_a_message_of_another_kind_is_not_taken_for_the_one_that_is_waited_for(
    stage: Stage, make_meter: Make
) -> None:
    meter = make_meter(stage)
    exchange = make_request(stage, meter, "11.2").exchange
    session = stage.traffic.supplier_of(DeviceType.ESME)
    handed_out: list[Delivery] = []
    session.on_delivery = lambda _, delivery: handed_out.append(delivery)
    assert session.wait_for_response(exchange, timeout=0.3, wanted=lambda _: False) is None
    assert not handed_out
    assert session.wait_for_response(exchange, timeout=5) is not None
    assert len(handed_out) == 1


def test_the_command_for_local_delivery_is_found_in_the_acknowledgement(
    stage: Stage, make_meter: Make
) -> None:
    meter = make_meter(stage)
    for way in ("for local delivery", "over the WAN and for local delivery"):
        command = stage.traffic.local_command_of(make_request(stage, meter, "11.2", way=WAYS[way]).exchange)
        assert command is not None
    assert stage.traffic.local_command_of(make_request(stage, meter, "11.2").exchange) is None
