"""The reference DSP as a whole: what each request is answered, what follows, and what the inventory shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.duis.catalogue import (
    CommandVariant,
    CplStatus,
    DeviceStatus,
    DeviceType,
    Kind,
    Service,
    UserRole,
    catalogue,
)
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    LocalCommand,
)
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.response_codes import ResponseCode
from tests.stub.meters import NEW, OLD, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stub.conftest import Bench


class TestReadInventory:
    def test_it_shows_what_is_recorded_and_what_the_cpl_says_of_it(self, bench: Bench) -> None:
        device_id = bench.suspended(before=DeviceStatus.INSTALLED_NOT_COMMISSIONED)

        shown = bench.shown(device_id)

        assert shown.device_id == device_id
        assert (shown.device_type, shown.status) == (DeviceType.ESME, DeviceStatus.SUSPENDED)
        assert (shown.firmware_version, shown.smets_version) == (OLD, "SMETS2")
        assert (shown.cpl_status, shown.firmware_version_status) == (CplStatus.WITHDRAWN,) * 2
        assert shown.manufacturer == "106C"

    def test_firmware_that_the_cpl_does_not_know_has_no_status(self, bench: Bench) -> None:
        assert bench.shown(bench.device()).cpl_status is None

    def test_an_unknown_device_is_e19(self, bench: Bench) -> None:
        assert bench.ask(bench.user.inventory(UNKNOWN)).response_code is ResponseCode.E19


def ppmid_body() -> etree._Element:
    """SR11.4's body, which the bundled schema looks into."""
    body = etree.Element(sr("UpdatePPMIDFirmware"))
    texts = {
        "FirmwareImage": "AAAA",
        "FirmwareVersion": NEW,
        "DeviceIDList": str(UNKNOWN),
    }
    for name, text in texts.items():
        etree.SubElement(body, sr(name)).text = text
    return body


NON_DEVICE = [entry for entry in catalogue().values() if entry.kind is Kind.NON_DEVICE]
NON_CRITICAL = [entry for entry in catalogue().values() if entry.kind is Kind.NON_CRITICAL]
CRITICAL = [entry for entry in catalogue().values() if entry.kind is Kind.CRITICAL]


class TestEveryOtherRequest:
    """One test for all variants of a kind: a DSP is made once, and each variant has its own Devices."""

    def test_non_device_requests_are_answered_at_once(self, bench: Bench) -> None:
        for entry in NON_DEVICE:
            if entry.variant in {"8.2", "11.1"}:
                continue
            request = bench.user.request(
                entry.variant, body=ppmid_body() if entry.variant == "11.4" else None
            )
            assert bench.ask(request).response_code is ResponseCode.I99

        bench.receiver.silence()

    @pytest.mark.parametrize("command_variant", [1, 2, 3])
    def test_non_critical_requests_are_rejected_for_suspended_devices_and_accepted_for_their_twins(
        self, bench: Bench, command_variant: int
    ) -> None:
        expected = 0
        for entry in NON_CRITICAL:
            for device_type in sorted(entry.device_types):
                twin, suspended = bench.device(device_type), bench.suspended(device_type)
                for device_id in (twin, suspended):
                    request = bench.user.request(entry.variant, device_id, command_variant)
                    response = bench.ask(request)
                    excepted = device_id == twin or entry.variant in {"11.2", "6.23"}
                    accepted = ResponseCode.I0 if command_variant == 2 else ResponseCode.I99
                    assert response.response_code is (accepted if excepted else ResponseCode.E51), entry
                    assert isinstance(response.content, LocalCommand) is (excepted and command_variant != 1)
                    expected += excepted and command_variant != 2
        responses = bench.receiver.wait(expected)
        assert {response.response_code for response in responses} <= {ResponseCode.I0}
        bench.receiver.silence()

    def test_critical_requests_are_accepted_for_suspended_devices(self, bench: Bench) -> None:
        expected = 0
        for entry in CRITICAL:
            if entry.variant == "11.3":
                continue  # has tests of its own
            for device_type, variant in zip(sorted(entry.device_types), (5, 7), strict=False):
                asked = bench.user.request(entry.variant, bench.suspended(device_type))
                signed = bench.user.signed(asked, bench.pre_command(asked), variant)
                assert bench.ask(signed).response_code is ResponseCode.I99, entry
                expected += 1
        assert expected > 50
        bench.receiver.wait(expected)

    def test_smets1_top_up_is_excepted_for_local_delivery_only(self, bench: Bench) -> None:
        smets1, smets2 = bench.suspended(smets_version="SMETS1"), bench.suspended()

        codes = {
            (device_id, variant): bench.ask(bench.user.request("2.2", device_id, variant)).response_code
            for device_id in (smets1, smets2)
            for variant in (1, 2, 3)
        }

        accepted = [key for key, code in codes.items() if code is not ResponseCode.E51]
        assert accepted == [(smets1, 2)]


class TestRejections:
    def test_a_rejection_leaves_no_trace(self, bench: Bench) -> None:
        device_id = bench.suspended()
        before = bench.record(device_id)

        response = bench.ask(bench.user.request("4.1.1", device_id))

        assert (response.response_code, response.content) == (ResponseCode.E51, None)
        bench.receiver.silence()
        assert bench.emulated(device_id).commands() == ()
        assert bench.record(device_id) == before

    def test_the_code_is_configurable(self, make_bench: Callable[..., Bench]) -> None:
        bench = make_bench(rejection_code="E5")

        response = bench.ask(bench.user.request("4.1.1", bench.suspended()))

        assert response.response_code is ResponseCode.E5

    def test_an_unknown_user_is_e1_and_signed(self, bench: Bench) -> None:
        stranger = bench.new_user(UserRole.IS, registered=False)
        device_id = bench.device()

        response = bench.ask(stranger.read_firmware(device_id), party=stranger)

        assert response.response_code is ResponseCode.E1
        assert bench.emulated(device_id).commands() == ()

    def test_a_user_that_is_not_entitled_is_e4(self, bench: Bench) -> None:
        device_id = bench.device(responsible_users=frozenset({UNKNOWN}))

        assert bench.ask(bench.user.read_firmware(device_id)).response_code is ResponseCode.E4

    @pytest.mark.parametrize(
        ("device_type", "code"),
        [
            (DeviceType.ESME, ResponseCode.I99),
            (DeviceType.PPMID, ResponseCode.E11),
            (DeviceType.HCALCS, ResponseCode.E11),
            (DeviceType.IHD, ResponseCode.E11),
            (DeviceType.CHF, ResponseCode.E11),
            (DeviceType.GPF, ResponseCode.E11),
        ],
    )
    def test_reading_firmware_is_for_meters_only(
        self, bench: Bench, device_type: DeviceType, code: ResponseCode
    ) -> None:
        device_id = bench.device(device_type)

        assert bench.ask(bench.user.read_firmware(device_id)).response_code is code

    def test_the_wrong_service_is_e13(self, bench: Bench) -> None:
        request = bench.user.read_firmware(bench.device())

        assert bench.ask(request, service=Service.NON_DEVICE).response_code is ResponseCode.E13

    def test_the_next_counter_is_good_after_a_rejection(self, bench: Bench) -> None:
        assert bench.ask(bench.user.request("4.1.1", UNKNOWN)).response_code is ResponseCode.E19
        assert bench.ask(bench.user.request("4.1.1", bench.device())).response_code is ResponseCode.I99


class TestSuspension:
    def test_only_the_last_active_entry_of_a_key_suspends(self, bench: Bench) -> None:
        product = bench.product()
        first, second = bench.list_firmware(product, OLD), bench.list_firmware(product, OLD.lower())
        device_id = bench.device(product=product)

        bench.dsp.state.set_cpl_status(first, CplStatus.CANCELLED)
        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED
        bench.dsp.state.remove_cpl_entry(second)
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED

    def test_an_entry_that_was_not_in_force_suspends_nobody(self, bench: Bench) -> None:
        product = bench.product()
        entry_id = bench.list_firmware(product, OLD, CplStatus.EXPIRED)
        device_id = bench.device(product=product)

        bench.dsp.state.set_cpl_status(entry_id, CplStatus.WITHDRAWN)
        bench.dsp.state.remove_cpl_entry(entry_id)

        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED

    def test_an_ihd_keeps_its_status(self, bench: Bench) -> None:
        product = bench.product(DeviceType.IHD)
        entry_id = bench.list_firmware(product, OLD)
        device_id = bench.device(product=product)

        bench.dsp.state.remove_cpl_entry(entry_id)

        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED


class TestCounters:
    @pytest.mark.parametrize("step", [0, -1])
    def test_a_counter_that_does_not_rise_is_a_replay(self, bench: Bench, step: int) -> None:
        device_id = bench.device()
        first = bench.user.read_firmware(device_id)
        bench.ask(first)
        counter = first.request_id.counter + step
        again = bench.user.request(
            "4.1.1", request_id=RequestID(bench.user.eui, device_id, counter), command_variant=1
        )

        answer = bench.send(bench.user.octets(again), Service.SEND_COMMAND)

        assert (answer.status, answer.is_duis) == (409, False)
        bench.receiver.wait(1)
        bench.receiver.silence()

    def test_users_do_not_share_counters(self, bench: Bench) -> None:
        other, device_id = bench.new_user(UserRole.IS), bench.device()
        request = bench.user.read_firmware(device_id)
        bench.ask(request)
        same = RequestID(other.eui, device_id, request.request_id.counter)

        response = bench.ask(
            other.request("4.1.1", request_id=same, command_variant=CommandVariant.NON_CRITICAL_WAN),
            party=other,
        )

        assert response.response_code is ResponseCode.I99

    def test_a_user_registered_again_cannot_replay_either(self, bench: Bench) -> None:
        octets = bench.user.octets(bench.user.inventory(bench.device()))
        assert bench.send(octets, Service.NON_DEVICE).is_duis
        bench.register(bench.user, frozenset(UserRole))

        assert bench.send(octets, Service.NON_DEVICE).status == 409


def test_a_response_that_is_refused_is_sent_again(bench: Bench) -> None:
    bench.receiver.answers = [400, 503]
    bench.ask(bench.user.read_firmware(bench.device()))

    first, second, third = bench.receiver.wait(3)
    assert first == second == third
    bench.receiver.silence()


def test_too_much_waiting_work_is_refused_before_it_is_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.dsp._scheduler, "_capacity", 0)

    answer = bench.send(b"whatever", Service.SEND_COMMAND)

    assert (answer.status, answer.is_duis) == (503, False)
