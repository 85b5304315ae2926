"""What a stage makes through the testbed, what it remembers of it, and which traces it finds."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import pytest
import requests

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.ledger.verdicts import Inconclusive, NotTestable, RequirementNotMet
from dsp_conformance.scenario.devices import Model, new_version
from dsp_conformance.scenario.request_making import WAYS, make_request
from dsp_conformance.testbed.errors import MissingCapability
from dsp_conformance.testbed.errors import TestbedError as Refused  # a class of this name would be collected
from dsp_conformance.testbed.protocol import Capability, Fault
from dsp_conformance.user.transport import Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.testbed.protocol import CplEntry, Testbed
    from dsp_conformance.user.exchange import Exchange

    Make: TypeAlias = Callable[[Stage], StagedDevice]

ELSEWHERE = ("device type", "model", "manufacturer")


@pytest.fixture
def meter(stage: Stage, make_meter: Make) -> StagedDevice:
    return make_meter(stage)


@pytest.fixture
def blind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage whose testbed cannot show which commands reached a Device."""
    can = type(stage.run).can
    monkeypatch.setattr(
        type(stage.run), "can", lambda run, what: what is not Capability.OBSERVE_DEVICE and can(run, what)
    )
    return stage


def reported(stage: Stage, device: StagedDevice) -> Exchange:
    """Have SR11.2 sent and answered, and wait until the inventory has been told."""
    exchange = make_request(stage, device, "11.2").exchange
    stage.traffic.response_to(exchange)
    return exchange


def rejected(stage: Stage, device: StagedDevice) -> Exchange:
    exchange = make_request(stage, device, "11.2", sender=stage.traffic.stranger()).exchange
    assert not exchange.accepted
    return exchange


# -- what it makes


@pytest.mark.parametrize(
    ("operation", "does"),
    [
        ("add_cpl_entry", lambda on, _: on.list_firmware(Model.unique(DeviceType.ESME).entry(new_version()))),
        ("provide_device", lambda on, _: on.listed_device("other", Model.unique(DeviceType.ESME))),
        ("remove_cpl_entry", lambda on, meter: on.remove_firmware(meter)),
        ("set_cpl_status", lambda on, meter: on.remove_firmware(meter, CplStatus.WITHDRAWN)),
        ("run_firmware", lambda on, meter: on.run_firmware(meter, new_version())),
        ("inject_fault", lambda on, meter: on.arrange(meter, "11.2", Fault.RESPONSE_LOST)),
        ("set_reachable", lambda on, meter: on.cut_off(meter)),
        ("commands", lambda on, meter: on.await_command(meter, make_request(on, meter, "11.2").exchange)),
    ],
)
def test_what_the_testbed_refuses_or_lacks_is_no_fault_of_the_product_and_not_taken_for_done(
    stage: Stage,
    meter: StagedDevice,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    does: Callable[[Stage, StagedDevice], object],
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Refused("not today")

    def lack(*_: object, **__: object) -> None:
        raise MissingCapability(Capability.CONTROL_DEVICE, operation)

    running = meter.running
    monkeypatch.setattr(type(stage.run.testbed), operation, refuse)
    with pytest.raises(Inconclusive, match="not today"):
        does(stage, meter)
    monkeypatch.setattr(type(stage.run.testbed), operation, lack)
    with pytest.raises(NotTestable):
        does(stage, meter)
    assert (meter.running, meter.cut_off, meter.silent_for) == (running, False, set())


def test_what_was_made_is_taken_away_when_the_run_ends_unless_it_is_gone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.run, "_leftovers", {})
    first = stage.listed_device("first", Model.unique(DeviceType.ESME))
    second = stage.listed_device("second", Model.unique(DeviceType.ESME))
    stage.remove_firmware(first)
    stage.remember(first, DeviceStatus.SUSPENDED)
    stage.remember(second, DeviceStatus.COMMISSIONED)
    assert set(stage.run._leftovers) == {first.device_id, second.cpl_entry_id, second.device_id}
    assert stage.run.clean_up() == []
    for device in (first, second):
        with pytest.raises(RequirementNotMet):
            stage.traffic.read_record(device)


def test_a_device_runs_what_it_was_provided_with(stage: Stage) -> None:
    model, recorded, running = Model.unique(DeviceType.GSME), new_version(), new_version()
    spec = model.device(recorded, DeviceStatus.COMMISSIONED)
    assert stage.provide("one", model, spec).running == recorded
    other = stage.provide("two", model, replace(spec, running_firmware_version=running))
    assert other.running == running
    assert stage.device("two") is other
    assert stage.provide("three", model, replace(spec, running_firmware_version=None)).running == recorded


def test_a_device_is_entitled_to_those_who_are_named(stage: Stage) -> None:
    stranger = stage.run.somebody()
    device = stage.listed_device("ESME", Model.unique(DeviceType.ESME), users=frozenset({stranger}))
    assert not make_request(stage, device, "11.2").exchange.accepted


@pytest.mark.parametrize("status", [None, CplStatus.WITHDRAWN])
def test_firmware_that_was_taken_off_the_cpl_suspends_its_devices(
    stage: Stage, meter: StagedDevice, status: CplStatus | None
) -> None:
    stage.remove_firmware(meter, status)
    stage.remember(meter, DeviceStatus.SUSPENDED)
    assert stage.remembered(meter).status is DeviceStatus.SUSPENDED


def test_two_devices_of_one_firmware_are_suspended_together(stage: Stage) -> None:
    stage.suspended_pair(
        "ESME", "twin", Model.unique(DeviceType.ESME), DeviceStatus.INSTALLED_NOT_COMMISSIONED
    )
    assert [stage.remembered(one).status for one in stage.devices.values()] == [DeviceStatus.SUSPENDED] * 2
    assert stage.device("ESME").running == stage.device("twin").running


def test_what_a_device_runs_it_reports_and_is_restored_by(stage: Stage, meter: StagedDevice) -> None:
    stage.remove_firmware(meter)
    stage.remember(meter, DeviceStatus.SUSPENDED)
    version = stage.list_with_status(meter, CplStatus.ACTIVE)
    stage.run_firmware(meter, version)
    assert meter.running == version
    reported(stage, meter)
    stage.remember(meter, DeviceStatus.COMMISSIONED)
    stage.unlist_running_firmware(meter)
    stage.remember(meter, DeviceStatus.SUSPENDED)


@pytest.mark.parametrize("where", ELSEWHERE)
def test_firmware_that_is_listed_elsewhere_differs_from_the_devices_own_in_what_is_said(
    hurried: Stage, meter: StagedDevice, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries: list[CplEntry] = []
    add = type(hurried.run.testbed).add_cpl_entry

    def watched(testbed: Testbed, entry: CplEntry) -> str:
        entries.append(entry)
        return add(testbed, entry)

    monkeypatch.setattr(type(hurried.run.testbed), "add_cpl_entry", watched)
    version = hurried.list_elsewhere(meter, where)
    (entry,) = entries
    assert (entry.firmware_version, entry.status) == (version, CplStatus.ACTIVE)
    model = meter.model
    differs = {
        "device type": entry.device_type is not model.device_type,
        "model": entry.model != model.name,
        "manufacturer": entry.manufacturer != model.manufacturer,
    }
    assert [name for name, is_so in differs.items() if is_so] == [where]


def test_new_firmware_is_listed_and_can_be_taken_off_the_list_again(
    stage: Stage, meter: StagedDevice
) -> None:
    new = stage.new_firmware(meter)
    assert stage.firmware_of(meter) is new
    stage.run_firmware(meter, new.version)
    stage.remove_firmware(meter)
    stage.remember(meter, DeviceStatus.SUSPENDED)
    reported(stage, meter)
    stage.remember(meter, DeviceStatus.COMMISSIONED)
    stage.unlist_new_firmware(meter)
    stage.remember(meter, DeviceStatus.SUSPENDED)


def test_firmware_is_listed_as_it_is_to_be_spelled(stage: Stage, meter: StagedDevice) -> None:
    version = stage.list_spelled(meter, str.lower)
    assert version == version.upper()
    stage.run_firmware(meter, version)
    stage.remove_firmware(meter)
    reported(stage, meter)
    stage.remember(meter, DeviceStatus.COMMISSIONED)


def test_a_device_that_is_to_fail_once_does_not_run_its_new_firmware_that_once(
    stage: Stage, meter: StagedDevice
) -> None:
    before, new = meter.running, stage.new_firmware(meter)
    stage.arrange(meter, "11.3", Fault.DEVICE_ERROR)
    assert (meter.failing_at, meter.silent_for) == ({"11.3"}, set())
    stage.activated(meter)
    assert meter.running == before
    stage.activated(meter)
    assert meter.running == new.version
    stage.arrange(meter, "11.2", Fault.DUPLICATE_RESPONSE)
    assert (meter.failing_at, meter.silent_for) == (set(), set())
    stage.arrange(meter, "11.2", Fault.UNREACHABLE)
    assert (meter.failing_at, meter.silent_for) == (set(), {"11.2"})


def test_what_a_feature_speaks_of_and_never_made_is_an_error_of_the_feature(
    stage: Stage, meter: StagedDevice
) -> None:
    with pytest.raises(LookupError, match="sent none"):
        _ = stage.last
    with pytest.raises(LookupError, match="has made: ESME"):
        stage.device("GSME")
    stage.devices.clear()
    with pytest.raises(LookupError, match="has made: none"):
        stage.device("ESME")
    with pytest.raises(LookupError, match="has made none"):
        stage.firmware_of(meter)
    meter.record = None
    with pytest.raises(LookupError, match="never read"):
        stage.remembered(meter)


# -- which traces it finds


def test_a_command_that_reached_its_device_has_reached_it(stage: Stage, meter: StagedDevice) -> None:
    exchange = make_request(stage, meter, "11.2").exchange
    stage.await_command(meter, exchange)
    assert stage.device_of(exchange) is meter
    (reached,) = stage.run.testbed.commands(meter.device_id)
    assert reached.request_id.upper() == str(exchange.request.request_id)


def test_each_request_is_about_its_own_device(stage: Stage, meter: StagedDevice) -> None:
    other = stage.listed_device("other", Model.unique(DeviceType.ESME))
    first, second = (make_request(stage, device, "11.2").exchange for device in (meter, other))
    assert (stage.device_of(first), stage.device_of(second)) == (meter, other)


def test_a_command_that_does_not_reach_its_device_in_time_proves_nothing(
    hurried: Stage, meter: StagedDevice
) -> None:
    begun = time.monotonic()
    with pytest.raises(Inconclusive, match="did not reach the ESME"):
        hurried.expect_reached(rejected(hurried, meter), meter)
    assert 0.2 <= time.monotonic() - begun < 5


def test_a_response_stands_for_a_command_that_the_testbed_cannot_show(
    blind: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind.expect_reached(make_request(blind, meter, "11.2").exchange, meter)
    transport = replace(blind.run.connection.transport, timeouts=Timeouts(response=0.1))
    monkeypatch.setattr(blind.run, "connection", replace(blind.run.connection, transport=transport))
    with pytest.raises(Inconclusive, match="did not respond"):
        blind.expect_reached(rejected(blind, meter), meter)


def test_a_rejected_request_leaves_no_trace(stage: Stage, meter: StagedDevice) -> None:
    exchange = rejected(stage, meter)
    stage.expect_no_trace(exchange, meter)
    stage.expect_nothing_sent(exchange, meter, hint="it is over")
    assert not stage.traffic.record.evidence.observations


def test_a_rejected_request_that_changed_a_record_left_a_trace(stage: Stage, meter: StagedDevice) -> None:
    exchange = rejected(stage, meter)
    stage.remove_firmware(meter)
    with pytest.raises(RequirementNotMet):
        stage.expect_no_trace(exchange, meter)


def test_commands_are_traces_though_no_response_comes(unheard: Stage, make_meter: Make) -> None:
    meter = make_meter(unheard)
    exchange = make_request(unheard, meter, "11.2").exchange
    unheard.await_command(meter, exchange)
    for judge in (unheard.expect_no_trace, partial(unheard.expect_nothing_sent, hint="it is over")):
        with pytest.raises(RequirementNotMet, match="1 commands and 0 responses") as caught:
            judge(exchange, meter)
        assert "beyond" not in caught.value.expected
    unheard.expect_no_trace(exchange, meter, lawful=1)


def test_more_traces_than_are_lawful_are_told_with_how_many_are(stage: Stage, meter: StagedDevice) -> None:
    exchange = reported(stage, meter)
    delivery = stage.run.connection.inbox.answers_to(exchange.request.request_id)[0]
    headers = {"Content-Type": "application/xml"}
    for _ in range(2):
        assert requests.post(stage.run.receiver_url, data=delivery.octets, headers=headers, timeout=5).ok
    with pytest.raises(RequirementNotMet, match="beyond 1 of the request it repeats") as caught:
        stage.expect_no_trace(exchange, meter, lawful=1)
    assert "1 commands and 3 responses" in caught.value.found


def test_responses_are_traces_though_the_testbed_shows_no_command(blind: Stage, meter: StagedDevice) -> None:
    exchange = reported(blind, meter)
    with pytest.raises(RequirementNotMet, match="0 commands and 1 responses"):
        blind.expect_nothing_sent(exchange, meter, hint="it is over")
    assert "cannot show" in blind.traffic.record.evidence.observations[0]
    blind.expect_no_trace(exchange, meter, lawful=1)


def test_a_request_for_local_delivery_is_not_sent(stage: Stage, meter: StagedDevice) -> None:
    exchange = make_request(stage, meter, "11.2", way=WAYS["for local delivery"]).exchange
    stage.expect_nothing_sent(exchange, meter, hint="it is over")


def test_an_outcome_is_waited_for_no_longer_than_the_silence(
    hurried: Stage, meter: StagedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried.cut_off(meter)
    profile = replace(hurried.run.profile, silence_seconds=10)
    monkeypatch.setattr(hurried.run, "profile", profile)
    begun = time.monotonic()
    exchange = make_request(hurried, meter, "11.2").exchange
    hurried.await_outcome(exchange)
    assert hurried.run.connection.inbox.answers_to(exchange.request.request_id)
    assert time.monotonic() - begun < 5
