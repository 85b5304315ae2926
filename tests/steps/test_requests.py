"""What steps say of requests: each is shown an answer, or a trace, that it must not pass."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.collection.needs import needs_of
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, CplStatus, DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Inconclusive, NotApplicable, RequirementNotMet
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import WAYS, make_request
from dsp_conformance.scenario.wrong_requests import (
    ACTIVATING_WRONGLY,
    ANOTHER_SUPPLIER,
    NOT_ENTITLED,
    OTHER_USER,
    UNKNOWN_USER,
    WRONG_VARIANT,
    WRONGLY,
)
from dsp_conformance.testbed import Capability
from dsp_conformance.user.exchange import Trouble
from dsp_conformance.user.transport import Timeouts
from steps.firmware import (
    activated_in_silence,
    firmware_sent,
    gave_up,
    new_firmware,
    restored,
    restores,
    running_firmware_changed,
)
from steps.requests import (
    good_one_is_accepted,
    is_accepted,
    is_accepted_again,
    is_accepted_for,
    is_accepted_with_command,
    is_refused,
    is_rejected,
    is_rejected_because,
    is_rejected_for_status_or_type,
    is_rejected_somehow,
    leaves_no_trace,
    nothing_of_it_reached,
    nothing_over_the_wan,
    nothing_reached,
    reached_the_twin,
    send_at_once,
    sends,
    sent_in_vain,
    sent_wrongly,
    twin_is_accepted,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.user.exchange import Exchange

REJECTED = "4.1.1"
"""A request that the stub accepts for a Commissioned ESME, and rejects for a Suspended one."""


@pytest.fixture(autouse=True)
def hasty(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what does not come no time to come."""
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, settle_seconds=0, silence_seconds=0))


@pytest.fixture
def suspended(stage: Stage) -> StagedDevice:
    return stage.suspended_device("ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED)


@pytest.fixture
def commissioned(stage: Stage) -> StagedDevice:
    device = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    stage.remember(device, DeviceStatus.COMMISSIONED)
    return device


def answered(stage: Stage, device: StagedDevice, variant: str) -> Exchange:
    """Have a request sent and judged, and wait for the Device's response where it is accepted."""
    made = make_request(stage, device, variant)
    stage.sent = stage.by_device[device.name] = stage.by_device["twin"] = made.exchange
    if made.exchange.accepted:
        stage.traffic.response_to(made.exchange)
    return made.exchange


@pytest.mark.parametrize(
    "step",
    [
        is_accepted,
        lambda stage: is_accepted_for(stage, "ESME"),
        is_accepted_with_command,
        lambda stage: is_accepted_again(stage, REJECTED, "Read Instantaneous Import Registers", "ESME"),
    ],
    ids=["accepted", "for", "with-command", "again"],
)
def test_a_rejected_request_is_not_accepted(
    stage: Stage, suspended: StagedDevice, step: Callable[[Stage], None]
) -> None:
    answered(stage, suspended, REJECTED)
    with pytest.raises(RequirementNotMet, match="E51"):
        step(stage)


@pytest.mark.parametrize(
    "step",
    [
        lambda stage: is_rejected(stage, "ESME"),
        lambda stage: is_rejected_somehow(stage, "ESME"),
        lambda stage: is_rejected_for_status_or_type(stage, "ESME"),
        lambda stage: is_rejected_because(stage, "the Device does not exist"),
        is_refused,
    ],
    ids=["status", "somehow", "status-or-type", "because", "refused"],
)
def test_an_accepted_request_is_not_rejected(
    stage: Stage, commissioned: StagedDevice, step: Callable[[Stage], None]
) -> None:
    answered(stage, commissioned, "11.2")
    with pytest.raises(RequirementNotMet):
        step(stage)


@pytest.mark.parametrize(
    "step",
    [
        lambda stage: nothing_over_the_wan(stage, "ESME"),
        lambda stage: nothing_reached(stage, "ESME"),
        lambda stage: nothing_reached(stage, "ESME", ever="is ever sent to"),
        leaves_no_trace,
    ],
    ids=["over-the-wan", "rejected", "ever", "no-trace"],
)
def test_a_request_that_reached_its_device_left_a_trace(
    stage: Stage, commissioned: StagedDevice, step: Callable[[Stage], None]
) -> None:
    answered(stage, commissioned, "11.2")
    with pytest.raises(RequirementNotMet, match="1 commands and 1 responses"):
        step(stage)


@pytest.mark.parametrize(
    "step",
    [
        lambda stage: nothing_over_the_wan(stage, "ESME"),
        lambda stage: nothing_reached(stage, "ESME"),
        lambda stage: nothing_reached(stage, "ESME", ever="is ever sent to"),
        lambda stage: nothing_of_it_reached(stage, "ESME"),
        leaves_no_trace,
    ],
    ids=["over-the-wan", "rejected", "ever", "refused", "no-trace"],
)
def test_a_trace_is_looked_for_once_more_when_the_run_ends(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch, step: Callable[[Stage], None]
) -> None:
    exchange = answered(stage, suspended, REJECTED)
    step(stage)
    late = stage.traffic.record.deferred
    responses = [exchange, exchange]
    monkeypatch.setattr(type(stage.run.connection.inbox), "answers_to", lambda *_: responses)
    with pytest.raises(RequirementNotMet, match="2 responses"):
        late[-1]()


def test_what_a_refused_request_brought_is_found_at_once(
    stage: Stage, commissioned: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = answered(stage, commissioned, "11.2")
    responses = [exchange, exchange]
    monkeypatch.setattr(type(stage.run.connection.inbox), "answers_to", lambda *_: responses)
    with pytest.raises(RequirementNotMet, match="2 responses"):
        nothing_of_it_reached(stage, "ESME")


def test_what_a_good_request_brought_is_no_trace_of_its_copy(
    stage: Stage, commissioned: StagedDevice
) -> None:
    answered(stage, commissioned, "11.2")
    nothing_of_it_reached(stage, "ESME")
    stage.traffic.record.deferred[-1]()


def test_a_twin_that_is_rejected_makes_the_rejection_worthless(stage: Stage, suspended: StagedDevice) -> None:
    answered(stage, suspended, REJECTED)
    with pytest.raises(Inconclusive, match="would prove nothing") as caught:
        twin_is_accepted(stage)
    assert caught.value.expected == f"SR{REJECTED} accepted for the twin, a Suspended ESME"
    assert "MP105-01" in caught.value.hint


def test_a_commissioned_twin_that_is_rejected_may_need_another_body(
    stage: Stage, commissioned: StagedDevice
) -> None:
    stranger = stage.traffic.stranger()
    stage.by_device["twin"] = make_request(stage, commissioned, REJECTED, sender=stranger).exchange
    with pytest.raises(Inconclusive, match="would prove nothing") as caught:
        twin_is_accepted(stage)
    assert caught.value.expected == f"SR{REJECTED} accepted for the twin, a Commissioned ESME"
    assert "request body" in caught.value.hint


def test_a_good_request_that_is_rejected_makes_the_refusal_worthless(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = stage.traffic.stranger()
    monkeypatch.setattr(type(stage.traffic), "supplier_of", lambda *_: stranger)
    assert stage.devices == {"ESME": suspended}
    with pytest.raises(Inconclusive, match="would prove nothing"):
        good_one_is_accepted(stage)


def test_a_restored_meter_is_no_trace_of_a_request_that_was_never_sent(
    stage: Stage, suspended: StagedDevice
) -> None:
    answered(stage, suspended, REJECTED)
    stage.run_firmware(suspended, stage.list_with_status(suspended, CplStatus.ACTIVE))
    restored(stage, "ESME")
    suspended.record = replace(stage.remembered(suspended), status=DeviceStatus.SUSPENDED)
    nothing_reached(stage, "ESME", ever="is ever sent to")
    with pytest.raises(RequirementNotMet, match="Suspended became Commissioned"):
        nothing_reached(stage, "ESME")


def test_of_two_requests_at_once_the_second_goes_before_the_first_is_answered_and_both_are_judged(
    stage: Stage, suspended: StagedDevice
) -> None:
    name = "Read Firmware Version"
    send_at_once(stage, role="import supplier", other="other user", variant="11.2", name=name, device="ESME")
    assert [each.request.request_id.originator for each in stage.judged] == [
        stage.traffic.act_as(role).user.eui for role in (UserRole.IS, UserRole.OU)
    ]
    assert {each.request.request_id.target for each in stage.judged} == {suspended.device_id}
    name = "Read Instantaneous Import Registers"
    with pytest.raises(Inconclusive, match="not accepted"):
        send_at_once(
            stage, role="import supplier", other="other user", variant=REJECTED, name=name, device="ESME"
        )


def test_a_meter_that_cannot_be_restored_shows_nothing_of_its_neighbours(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Inconclusive, match="not Commissioned"):
        restores(stage, "ESME")  # its firmware is not listed
    assert stage.last.request.request_id.target == suspended.device_id
    stranger = stage.traffic.stranger()
    monkeypatch.setattr(type(stage.traffic), "supplier_of", lambda *_: stranger)
    with pytest.raises(Inconclusive, match="could not be restored"):
        restores(stage, "ESME")


@pytest.mark.parametrize(
    "step",
    [lambda stage: restored(stage, "ESME"), lambda stage: sent_in_vain(stage, "ESME")],
    ids=["restored", "in-vain"],
)
def test_a_rejected_read_is_judged_though_it_only_prepares_for_another(
    stage: Stage,
    suspended: StagedDevice,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[[Stage], None],
) -> None:
    stranger = stage.traffic.stranger()
    monkeypatch.setattr(type(stage.traffic), "supplier_of", lambda *_: stranger)
    assert suspended.name == "ESME"
    with pytest.raises(RequirementNotMet, match="E1"):
        step(stage)


def test_a_meter_that_reading_did_not_restore_has_not_been_restored(
    stage: Stage, suspended: StagedDevice
) -> None:
    assert suspended.name == "ESME"
    with pytest.raises(Inconclusive, match="not Commissioned"):
        restored(stage, "ESME")


def test_firmware_that_is_not_taken_could_not_be_sent(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_firmware(stage, "ESME")
    assert suspended.new_firmware is not None
    stranger = stage.traffic.stranger()
    monkeypatch.setattr(type(stage.traffic), "supplier_of", lambda *_: stranger)
    with pytest.raises(Inconclusive, match="could not be sent") as failed:
        firmware_sent(stage, "ESME")
    assert failed.value.found.startswith("E1")


def test_firmware_that_the_dsp_does_not_activate_could_not_be_activated(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware_sent(stage, "ESME")
    running = suspended.running
    monkeypatch.setattr(type(stage), "arrange", lambda *_: None)
    stranger = stage.traffic.stranger()
    monkeypatch.setattr(type(stage.traffic), "supplier_of", lambda *_: stranger)
    with pytest.raises(Inconclusive, match="could not be activated"):
        activated_in_silence(stage, "ESME")
    assert suspended.running == running


def test_what_a_lost_response_leaves_is_the_status_that_was_there(
    stage: Stage, commissioned: StagedDevice
) -> None:
    firmware_sent(stage, "ESME")
    activated_in_silence(stage, "ESME")
    assert commissioned.new_firmware is not None
    assert commissioned.running == commissioned.new_firmware.version


def test_a_response_that_was_not_lost_leaves_nothing_to_put_right(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware_sent(stage, "ESME")
    monkeypatch.setattr(type(stage), "arrange", lambda *_: None)
    monkeypatch.setattr(type(stage), "await_command", lambda own, _, sent: own.traffic.response_to(sent))
    with pytest.raises(Inconclusive, match="was to be kept from the DSP, and came"):
        activated_in_silence(stage, suspended.name)
    with pytest.raises(Inconclusive, match="was to be kept from the DSP, and came"):
        gave_up(stage)


def test_a_dsp_that_takes_silence_for_success_fails_for_that_and_for_nothing_else(
    stage: Stage, suspended: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restored_by_silence(own: Stage, device: StagedDevice, _: object) -> None:
        own.run.testbed.set_status(device.device_id, DeviceStatus.COMMISSIONED)

    firmware_sent(stage, "ESME")
    monkeypatch.setattr(type(stage), "await_command", restored_by_silence)
    with pytest.raises(RequirementNotMet, match="Suspended for the ESME") as caught:
        activated_in_silence(stage, suspended.name)
    assert caught.value.requirements == ("MP105-07",)


def test_that_the_dsp_gave_up_is_told_by_its_own_word_long_before_its_time_is_over(
    stage: Stage, suspended: StagedDevice
) -> None:
    firmware_sent(stage, "ESME")
    activated_in_silence(stage, suspended.name)
    began = time.monotonic()
    gave_up(stage)
    assert time.monotonic() - began < stage.run.connection.transport.timeouts.response / 2
    assert stage.unanswered is not None
    (word,) = stage.run.connection.inbox.answers_to(stage.unanswered.request.request_id)
    assert word.response is not None
    assert word.response.response_code is ResponseCode.E21


def test_users_who_are_kept_from_a_suspended_meter_have_no_responses_to_count(
    stage: Stage, suspended: StagedDevice
) -> None:
    words = {"role": "import supplier", "other": "electricity distributor", "device": suspended.name}
    with pytest.raises(NotApplicable, match="no responses to count"):
        send_at_once(stage, **words, variant="4.1.1", name="Read Instantaneous Import Registers")
    send_at_once(stage, **words, variant="11.2", name="Read Firmware Version")
    assert len(stage.at_once) == 2


def test_firmware_that_is_still_listed_suspends_nobody_again(
    stage: Stage, commissioned: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(stage), "unlist_running_firmware", lambda *_: None)
    with pytest.raises(Inconclusive, match="not Suspended"):
        running_firmware_changed(stage, commissioned.name)


def test_a_pre_command_that_was_not_signed_is_no_acceptance(stage: Stage, commissioned: StagedDevice) -> None:
    answered(stage, commissioned, "11.2")
    is_accepted(stage)
    stage.flaw = "it activates another image"
    with pytest.raises(RequirementNotMet, match="another image"):
        is_accepted(stage)


def test_a_command_for_local_delivery_must_be_the_one_that_was_asked_for(
    stage: Stage, commissioned: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_request(stage, commissioned, "11.2", way=WAYS["for local delivery"])
    stage.sent = made.exchange
    is_accepted_with_command(stage)
    counter = made.exchange.request.request_id.counter
    other_id = replace(made.exchange.request.request_id, counter=counter + 1)
    other = replace(made.exchange, request=replace(made.exchange.request, request_id=other_id))
    monkeypatch.setattr(stage, "sent", other)
    with pytest.raises(RequirementNotMet):
        is_accepted_with_command(stage)


@pytest.mark.parametrize(
    ("wrongly", "reason"),
    [
        ("to a Device that does not exist", "the request is not for that type of Device"),
        ("to another service of the DSP", "the Device does not exist"),
        ("by an unknown user", "the user is not entitled to the Device"),
    ],
)
def test_a_rejection_for_another_reason_is_none_for_this(
    stage: Stage, suspended: StagedDevice, wrongly: str, reason: str
) -> None:
    stage.sent = WRONGLY[wrongly](stage, suspended)
    with pytest.raises(RequirementNotMet):
        is_rejected_because(stage, reason)


def test_a_stranger_may_be_refused_by_http_and_nobody_else(stage: Stage, suspended: StagedDevice) -> None:
    exchange = answered(stage, suspended, REJECTED)
    assert exchange.answer is not None
    refused = replace(exchange.answer, status=403)
    trouble = Trouble(environment=True, what="no DUIS", found="HTTP 403")
    stage.sent = replace(exchange, answer=refused, response=None, trouble=trouble)
    is_rejected_because(stage, UNKNOWN_USER)
    assert stage.traffic.record.evidence.observations == ["the unknown user is refused by HTTP 403"]
    with pytest.raises(Inconclusive):
        is_rejected_because(stage, "the Device does not exist")


def test_a_dsp_that_looks_at_the_status_first_is_asked_about_a_commissioned_meter(
    stage: Stage, suspended: StagedDevice
) -> None:
    WRONGLY["with a Command Variant it cannot have"](stage, suspended)  # makes the other meter too
    rejected = answered(stage, suspended, REJECTED)
    is_rejected_because(stage, WRONG_VARIANT)
    assert stage.traffic.record.evidence.observations == [
        "the Device's status is checked before the Command Variant"
    ]
    stage.sent = rejected
    with pytest.raises(RequirementNotMet):
        is_rejected_because(stage, "the Device does not exist")


def test_a_bad_request_that_nobody_answers_is_not_refused(stage: Stage, suspended: StagedDevice) -> None:
    exchange = answered(stage, suspended, REJECTED)
    trouble = Trouble(environment=True, what="nobody answers", found="no connection")
    stage.sent = replace(exchange, answer=None, response=None, trouble=trouble)
    with pytest.raises(Inconclusive, match="nobody answers"):
        is_refused(stage)


def test_a_read_in_vain_is_over_when_the_next_one_is_sent(
    stage: Stage, commissioned: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, silence_seconds=20))
    sent_in_vain(stage, commissioned.name)
    (request_id,) = stage.traffic.accepted
    assert stage.run.connection.inbox.answers_to(request_id)


def test_a_request_to_the_twin_that_did_not_reach_it_shows_nothing(
    stage: Stage, commissioned: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.devices["twin"] = commissioned
    answered(stage, commissioned, "11.2")
    reached_the_twin(stage)
    hurried = replace(stage.run.connection.transport, timeouts=Timeouts(response=0.0))
    monkeypatch.setattr(stage.run, "connection", replace(stage.run.connection, transport=hurried))
    stage.by_device["twin"] = WRONGLY["to a Device that does not exist"](stage, commissioned)
    with pytest.raises(Inconclusive, match="did not reach the ESME"):
        reached_the_twin(stage)


def test_another_user_is_needed_only_to_send_what_he_is_not_entitled_to() -> None:
    words = [{"wrongly": wrongly, "activating": None} for wrongly in WRONGLY]
    words += [{"wrongly": None, "activating": wrongly} for wrongly in ACTIVATING_WRONGLY]
    needed = {each["wrongly"] or each["activating"]: needs_of(sent_wrongly).of(each) for each in words}
    assert needed.pop(NOT_ENTITLED) == (UserRole.OU,)
    assert needed.pop(OTHER_USER) == (UserRole.OU,)
    assert needed.pop(ANOTHER_SUPPLIER) == (Capability.REGISTER_USER,)
    assert not any(needed.values())


@pytest.mark.parametrize(("code", "passes"), [("E51", True), ("E5", False), ("I0", False)])
def test_a_future_dated_request_may_be_rejected_when_it_is_due(
    stage: Stage, commissioned: StagedDevice, monkeypatch: pytest.MonkeyPatch, *, code: str, passes: bool
) -> None:
    way = WAYS["to be carried out a moment later"]
    exchange = stage.by_device["ESME"] = make_request(stage, commissioned, REJECTED, way=way).exchange
    assert exchange.accepted
    assert exchange.response is not None
    told = replace(exchange.response, response_code=ResponseCode(code))
    monkeypatch.setattr(type(stage.traffic), "response_to", lambda *_: told)
    if passes:
        is_rejected(stage, "ESME")
        return
    with pytest.raises(RequirementNotMet, match=code):
        is_rejected(stage, "ESME")


def test_a_future_dated_request_that_is_let_through_leaves_a_trace_when_it_is_due(
    stage: Stage, commissioned: StagedDevice
) -> None:
    way = WAYS["to be carried out a moment later"]
    exchange = stage.by_device["ESME"] = make_request(stage, commissioned, REJECTED, way=way).exchange
    stage.traffic.response_to(exchange)
    with pytest.raises(RequirementNotMet, match="1 commands and 1 responses"):
        nothing_reached(stage, "ESME")


def test_a_request_that_is_not_for_later_cannot_be_rejected_later(
    stage: Stage, commissioned: StagedDevice
) -> None:
    answered(stage, commissioned, REJECTED)
    with pytest.raises(RequirementNotMet, match="I99"):
        is_rejected(stage, "ESME")


def test_what_is_not_available_for_local_delivery_is_as_good_as_rejected_there_alone(
    stage: Stage, commissioned: StagedDevice
) -> None:
    exchange = answered(stage, commissioned, REJECTED)
    assert exchange.response is not None
    told = replace(exchange.response, response_code=ResponseCode.E17)
    stage.by_device["ESME"] = replace(exchange, response=told)
    with pytest.raises(RequirementNotMet, match="E17"):
        is_rejected(stage, "ESME")
    local = replace(exchange.request, command_variant=CommandVariant.NON_CRITICAL_LOCAL)
    stage.by_device["ESME"] = replace(exchange, response=told, request=local)
    is_rejected(stage, "ESME")


def test_one_image_is_not_sent_to_devices_of_two_models(stage: Stage, commissioned: StagedDevice) -> None:
    stage.new_firmware(commissioned)
    stage.listed_device("other", Model.unique(DeviceType.ESME))
    with pytest.raises(Inconclusive, match="of different models"):
        sends(
            stage,
            role=None,
            variant="11.1",
            name="Update Firmware",
            device="ESME",
            another='"other"',
            way=None,
        )
