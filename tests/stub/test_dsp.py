"""The reference DSP as a whole: what each request is answered, what follows, and what the inventory shows."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from dsp_conformance import gbcs
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
    FutureDatedAlert,
    GbcsPayload,
    LocalCommand,
    PreCommand,
    Response,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.eui64 import Eui64
from dsp_conformance.stub.emulated_device import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stub.conftest import Bench

OLD, NEW = "0123ABCD", "0123ABCE"
IMAGE = b"the new firmware"
SHA256 = hashlib.sha256(IMAGE).digest()
UNKNOWN = Eui64.parse("00-DB-12-34-56-78-90-FF")
METERS = (DeviceType.ESME, DeviceType.GSME)
SUSPENDABLE = (DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED)


def payload(response: Response) -> gbcs.Message:
    assert isinstance(response.content, GbcsPayload), response
    return gbcs.decode(response.content.octets)


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


class TestReadFirmwareVersion:
    @pytest.mark.parametrize("device_type", METERS)
    @pytest.mark.parametrize("before", SUSPENDABLE)
    def test_a_suspended_meter_with_listed_firmware_is_restored(
        self, bench: Bench, device_type: DeviceType, before: DeviceStatus
    ) -> None:
        device_id = bench.suspended(device_type, before=before)
        request = bench.user.read_firmware(device_id)

        assert bench.ask(request).response_code is ResponseCode.I99

        (response,) = bench.receiver.wait()
        assert response.response_code is ResponseCode.I0
        assert response.request_id == request.request_id
        assert response.response_id == request.request_id.response_id()
        assert gbcs.read_firmware_response(payload(response)).version == gbcs.FirmwareVersion.parse(NEW)
        shown = bench.shown(device_id)
        assert (shown.status, shown.firmware_version, shown.cpl_status) == (before, NEW, CplStatus.ACTIVE)
        assert [each.variant for each in bench.emulated(device_id).commands()] == ["11.2"]

    def test_the_inventory_is_updated_before_the_user_is_told(self, bench: Bench) -> None:
        """So the response already stands for the new state: asked at the very moment it arrives."""
        device_id = bench.suspended()
        seen: list[DeviceStatus] = []
        take = bench.receiver.take

        def look(octets: bytes) -> int:
            seen.append(bench.record(device_id).status)
            return take(octets)

        bench.receiver.take = look  # type: ignore[method-assign]
        bench.ask(bench.user.read_firmware(device_id))
        bench.receiver.wait()

        assert seen == [DeviceStatus.COMMISSIONED]

    @pytest.mark.parametrize("device_type", METERS)
    def test_the_mac_is_for_the_user(self, bench: Bench, device_type: DeviceType) -> None:
        device_id = bench.suspended(device_type)
        bench.ask(bench.user.read_firmware(device_id))

        message = payload(bench.receiver.wait()[0])
        own_key = bench.user.credentials.gbcs_key_agreement.private_key
        assert isinstance(message, gbcs.MacWrapped)
        assert gbcs.verify_mac(message, own_key, bench.emulated(device_id).key_agreement_key)

    def test_a_user_without_a_key_gets_the_mac_for_the_access_control_broker(self, bench: Bench) -> None:
        user = bench.new_user(UserRole.OU, gbcs_certificates=False)
        device_id = bench.suspended()
        bench.ask(user.read_firmware(device_id), party=user)

        message = payload(bench.receiver.wait()[0])
        broker = bench.dsp.credentials.gbcs_key_agreement.private_key
        assert isinstance(message, gbcs.MacWrapped)
        assert gbcs.verify_mac(message, broker, bench.emulated(device_id).key_agreement_key)

    @pytest.mark.parametrize("role", UserRole)
    def test_it_does_not_matter_which_role_asks(self, bench: Bench, role: UserRole) -> None:
        user = bench.new_user(role)
        device_id = bench.suspended()

        assert bench.ask(user.read_firmware(device_id), party=user).response_code is ResponseCode.I99
        bench.receiver.wait()
        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED

    @pytest.mark.parametrize(
        "changes",
        [
            {"running": OLD},
            {"new_firmware": None},
            {"new_firmware": CplStatus.CANCELLED},
            {"new_firmware": CplStatus.EXPIRED},
            {"new_firmware": CplStatus.WITHDRAWN},
        ],
        ids=["the removed version", "unlisted", "cancelled", "expired", "withdrawn"],
    )
    def test_any_other_firmware_leaves_the_device_suspended(
        self, bench: Bench, changes: dict[str, Any]
    ) -> None:
        device_id = bench.suspended(**changes)

        bench.ask(bench.user.read_firmware(device_id))

        bench.receiver.wait()
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED
        assert bench.record(device_id).firmware_version == OLD

    def test_only_the_device_that_answered_is_restored(self, bench: Bench) -> None:
        product = bench.product()
        entry_id = bench.list_firmware(product, OLD)
        bench.list_firmware(product, NEW)
        asked, other = (bench.device(product=product, running=NEW) for _ in range(2))
        bench.dsp.state.set_cpl_status(entry_id, CplStatus.EXPIRED)

        bench.ask(bench.user.read_firmware(asked))

        bench.receiver.wait()
        assert bench.record(asked).status is DeviceStatus.COMMISSIONED
        assert bench.record(other).status is DeviceStatus.SUSPENDED

    def test_a_device_error_changes_nothing_and_the_next_good_answer_restores(self, bench: Bench) -> None:
        device_id = bench.suspended()
        bench.emulated(device_id).arrange(Fault.DEVICE_ERROR, "11.2", 1)

        bench.ask(bench.user.read_firmware(device_id))
        bench.receiver.wait(1)
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED
        bench.ask(bench.user.read_firmware(device_id))
        bench.receiver.wait(2)
        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED

    def test_a_duplicate_response_reaches_the_user_once(self, bench: Bench) -> None:
        device_id = bench.suspended()
        bench.emulated(device_id).arrange(Fault.DUPLICATE_RESPONSE, "11.2", 1)

        bench.ask(bench.user.read_firmware(device_id))

        bench.receiver.wait(1)
        bench.receiver.silence()
        assert len(bench.record(device_id).history) == 3
        assert bench.dsp.traffic.outstanding == 0

    def test_reading_again_after_restoration_changes_nothing_more(self, bench: Bench) -> None:
        device_id = bench.suspended()
        for count in (1, 2):
            bench.ask(bench.user.read_firmware(device_id))
            bench.receiver.wait(count)

        assert [change.status for change in bench.record(device_id).history] == [
            DeviceStatus.COMMISSIONED,
            DeviceStatus.SUSPENDED,
            DeviceStatus.COMMISSIONED,
        ]

    @pytest.mark.parametrize(
        ("fault", "code"),
        [(Fault.RESPONSE_LOST, ResponseCode.E21), (Fault.UNREACHABLE, ResponseCode.E20)],
    )
    def test_no_answer_is_told_after_a_while_and_changes_nothing(
        self, bench: Bench, fault: Fault, code: ResponseCode
    ) -> None:
        device_id = bench.suspended()
        bench.emulated(device_id).arrange(fault, "11.2", 1)

        assert bench.ask(bench.user.read_firmware(device_id)).response_code is ResponseCode.I99

        (response,) = bench.receiver.wait()
        assert (response.response_code, response.content) == (code, None)
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED
        assert bench.dsp.traffic.outstanding == 0

    def test_no_answer_may_be_silence(self, make_bench: Callable[..., Bench]) -> None:
        bench = make_bench(no_answer_seconds=None)
        device_id = bench.suspended()
        bench.emulated(device_id).arrange(Fault.RESPONSE_LOST, "11.2", 1)

        bench.ask(bench.user.read_firmware(device_id))

        bench.receiver.silence()
        assert bench.dsp.traffic.outstanding == 0

    @pytest.mark.parametrize("device_type", METERS)
    def test_for_local_delivery_the_command_comes_back_and_nothing_is_sent(
        self, bench: Bench, device_type: DeviceType
    ) -> None:
        device_id = bench.suspended(device_type)

        response = bench.ask(bench.user.read_firmware(device_id, 2))

        assert response.response_code is ResponseCode.I0
        assert isinstance(response.content, LocalCommand)
        message = gbcs.decode(response.content.octets)
        gbcs.check_read_firmware_command(message)
        assert isinstance(message, gbcs.MacWrapped)
        device = bench.emulated(device_id)
        broker = bench.dsp.credentials.gbcs_key_agreement.private_key.public_key()
        assert gbcs.verify_mac(message, device.credentials.key_agreement.private_key, broker)
        bench.receiver.silence()
        assert device.commands() == ()

    def test_for_both_the_command_comes_back_and_one_response_follows(self, bench: Bench) -> None:
        device_id = bench.suspended()

        response = bench.ask(bench.user.read_firmware(device_id, 3))

        assert response.response_code is ResponseCode.I99
        assert isinstance(response.content, LocalCommand)
        bench.receiver.wait(1)
        bench.receiver.silence()
        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED

    def test_a_future_dated_one_is_sent_when_it_is_due(self, bench: Bench) -> None:
        device_id = bench.suspended()
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)

        assert bench.ask(bench.user.read_firmware(device_id, at=due)).response_code is ResponseCode.I99

        assert bench.emulated(device_id).commands() == ()
        bench.receiver.wait()
        assert datetime.now(UTC) >= due
        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED

    def test_before_mp105_it_is_rejected_without_a_trace(self, make_bench: Callable[..., Bench]) -> None:
        bench = make_bench(before_mp105=True)
        device_id = bench.suspended()

        assert bench.ask(bench.user.read_firmware(device_id)).response_code is ResponseCode.E51

        bench.receiver.silence()
        assert bench.emulated(device_id).commands() == ()
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED


class TestActivateFirmware:
    def activate(self, bench: Bench, device_id: Eui64, sha256: bytes = SHA256, at: Any = None) -> Response:
        """The critical flow, to its acknowledgement."""
        asked = bench.user.activate(device_id, sha256, at)
        return bench.ask(bench.user.signed(asked, bench.pre_command(asked)))

    def test_the_pre_command_says_what_was_asked(self, bench: Bench) -> None:
        asked = bench.user.activate(bench.device(), SHA256)
        response = bench.ask(asked)

        assert response.response_code is ResponseCode.I0
        assert isinstance(response.content, PreCommand)
        assert response.content.gbcs_version == "4.3"
        command = gbcs.activate_firmware(gbcs.decode(response.content.octets))
        assert (command.firmware_hash, command.counter) == (SHA256, asked.request_id.counter)
        assert command.execution_time is None

    @pytest.mark.parametrize("before", SUSPENDABLE)
    @pytest.mark.parametrize("before_mp105", [False, True])
    def test_a_success_is_recorded_and_restores_with_and_without_mp105(
        self, make_bench: Callable[..., Bench], before: DeviceStatus, *, before_mp105: bool
    ) -> None:
        bench = make_bench(before_mp105=before_mp105)
        device_id = bench.suspended(running=OLD, before=before)
        bench.ask(bench.user.update_firmware(IMAGE, NEW, device_id))

        assert self.activate(bench, device_id).response_code is ResponseCode.I99

        (response,) = bench.receiver.wait()
        outcome = gbcs.activation_response(payload(response))
        assert outcome == gbcs.Activation(gbcs.ActivationCode.SUCCESS, gbcs.FirmwareVersion.parse(NEW))
        shown = bench.shown(device_id)
        assert (shown.status, shown.firmware_version) == (before, NEW)

    def test_a_lost_success_is_recovered_by_reading_the_firmware_version(self, bench: Bench) -> None:
        device_id = bench.suspended(running=OLD)
        bench.ask(bench.user.update_firmware(IMAGE, NEW, device_id))
        bench.emulated(device_id).arrange(Fault.RESPONSE_LOST, "11.3", 1)
        self.activate(bench, device_id)
        bench.receiver.wait(1)
        assert bench.shown(device_id).status is DeviceStatus.SUSPENDED
        rejected = bench.ask(bench.user.request("4.1.1", device_id))
        assert rejected.response_code is ResponseCode.E51

        bench.ask(bench.user.read_firmware(device_id))

        bench.receiver.wait(2)
        shown = bench.shown(device_id)
        assert (shown.status, shown.firmware_version) == (DeviceStatus.COMMISSIONED, NEW)
        assert bench.ask(bench.user.request("4.1.1", device_id)).response_code is ResponseCode.I99

    @pytest.mark.parametrize(
        ("before_mp105", "status"), [(False, DeviceStatus.COMMISSIONED), (True, DeviceStatus.SUSPENDED)]
    )
    def test_a_resent_activation_restores_since_mp105(
        self, make_bench: Callable[..., Bench], *, before_mp105: bool, status: DeviceStatus
    ) -> None:
        bench = make_bench(before_mp105=before_mp105)
        device_id = bench.suspended(running=OLD)
        bench.ask(bench.user.update_firmware(IMAGE, NEW, device_id))
        bench.emulated(device_id).arrange(Fault.RESPONSE_LOST, "11.3", 1)
        self.activate(bench, device_id)
        bench.receiver.wait(1)

        self.activate(bench, device_id)

        response = bench.receiver.wait(2)[1]
        outcome = gbcs.activation_response(payload(response))
        assert outcome == gbcs.Activation(gbcs.ActivationCode.NO_IMAGE_HELD, gbcs.FirmwareVersion.parse(NEW))
        assert bench.record(device_id).status is status

    def test_a_failed_activation_with_the_old_version_restores_nothing(self, bench: Bench) -> None:
        device_id = bench.suspended(running=OLD)
        bench.ask(bench.user.update_firmware(IMAGE, NEW, device_id))
        bench.emulated(device_id).arrange(Fault.DEVICE_ERROR, "11.3", 1)

        self.activate(bench, device_id)

        outcome = gbcs.activation_response(payload(bench.receiver.wait()[0]))
        assert isinstance(outcome, gbcs.Activation)
        assert outcome.code is gbcs.ActivationCode.ACTIVATION_FAILURE
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED

    def test_a_future_dated_one_restores_by_its_alert(self, bench: Bench) -> None:
        device_id = bench.suspended(running=OLD)
        bench.ask(bench.user.update_firmware(IMAGE, NEW, device_id))
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)

        assert self.activate(bench, device_id, at=due).response_code is ResponseCode.I99

        accepted = bench.receiver.wait(1)[0]
        assert gbcs.activation_response(payload(accepted)) == gbcs.ActivationAccepted()
        assert bench.record(device_id).status is DeviceStatus.SUSPENDED
        alert = bench.receiver.wait(2)[1]
        assert isinstance(alert.content, FutureDatedAlert)
        assert alert.content.alert_code == "8F66"
        assert alert.request_id == accepted.request_id
        assert bench.record(device_id).status is DeviceStatus.COMMISSIONED
        assert bench.record(device_id).firmware_version == NEW

    def test_a_cancellation_cancels(self, bench: Bench) -> None:
        device_id = bench.suspended(running=OLD)
        bench.ask(bench.user.update_firmware(IMAGE, NEW, device_id))
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        self.activate(bench, device_id, at=due)
        self.activate(bench, device_id, at=gbcs.CANCELLATION)

        bench.receiver.wait(2)
        bench.receiver.silence(1.2)
        assert str(bench.emulated(device_id).running) == OLD

    def test_for_local_delivery_the_command_comes_back_with_both_protections(self, bench: Bench) -> None:
        device_id = bench.suspended()
        asked = bench.user.activate(device_id, SHA256)

        response = bench.ask(bench.user.signed(asked, bench.pre_command(asked), 6))

        assert response.response_code is ResponseCode.I0
        assert isinstance(response.content, LocalCommand)
        message = gbcs.decode(response.content.octets)
        assert isinstance(message, gbcs.MacWrapped)
        user_key = bench.user.credentials.gbcs_signing.private_key.public_key()
        assert gbcs.verify_signature(message.message, user_key)
        bench.receiver.silence()

    def test_for_both_the_command_comes_back_and_one_response_follows(self, bench: Bench) -> None:
        asked = bench.user.activate(bench.suspended(), SHA256)

        response = bench.ask(bench.user.signed(asked, bench.pre_command(asked), 7))

        assert response.response_code is ResponseCode.I99
        assert isinstance(response.content, LocalCommand)
        bench.receiver.wait(1)
        bench.receiver.silence()

    def test_a_signed_pre_command_is_carried_out_once(self, bench: Bench) -> None:
        asked = bench.user.activate(bench.suspended(), SHA256)
        signed = bench.user.octets(bench.user.signed(asked, bench.pre_command(asked)))

        assert bench.send(signed, Service.SEND_COMMAND).is_duis
        again = bench.send(signed, Service.SEND_COMMAND)

        assert (again.status, again.is_duis) == (409, False)
        bench.receiver.wait(1)
        bench.receiver.silence()

    def test_a_pre_command_that_was_changed_is_refused_and_can_still_be_sent_unchanged(
        self, bench: Bench
    ) -> None:
        asked = bench.user.activate(bench.suspended(), SHA256)
        issued = bench.pre_command(asked)
        other = gbcs.build_pre_command(
            originator=asked.request_id.originator,
            device=asked.request_id.target,
            counter=asked.request_id.counter,
            firmware_hash=bytes(32),
        )

        changed = bench.send(bench.user.octets(bench.user.signed(asked, other)), Service.SEND_COMMAND)

        assert (changed.status, changed.is_duis) == (400, False)
        assert bench.ask(bench.user.signed(asked, issued)).response_code is ResponseCode.I99


class TestUpdateFirmware:
    def test_a_device_that_is_suspended_gets_the_image_too(self, bench: Bench) -> None:
        suspended, in_use = bench.suspended(), bench.device(status=DeviceStatus.INSTALLED_NOT_COMMISSIONED)

        response = bench.ask(bench.user.update_firmware(IMAGE, NEW, suspended, in_use, suspended))

        assert response.response_code is ResponseCode.I99
        assert bench.emulated(suspended).commands() == ()
        for device_id in (suspended, in_use):
            assert bench.emulated(device_id)._image is not None

    def test_devices_that_are_not_served_are_listed_by_reason(self, bench: Bench) -> None:
        good, gone = bench.device(), bench.device(status=DeviceStatus.DECOMMISSIONED)
        other_users = bench.device(responsible_users=frozenset({UNKNOWN}))
        display = bench.device(DeviceType.IHD)

        request = bench.user.update_firmware(IMAGE, NEW, UNKNOWN, good, gone, other_users, display)
        response = bench.ask(request)

        assert response.response_code is ResponseCode.W110101
        assert response.content == UpdateFirmwareWarning(
            invalid=(UNKNOWN, other_users, display), not_commissioned=(gone,)
        )
        assert bench.emulated(good)._image is not None
        assert bench.emulated(gone)._image is None

    def test_nobody_served_is_an_error(self, bench: Bench) -> None:
        response = bench.ask(bench.user.update_firmware(IMAGE, NEW, UNKNOWN))

        assert (response.response_code, response.content) == (ResponseCode.E110101, None)

    def test_a_version_that_no_device_can_report_serves_nobody(self, bench: Bench) -> None:
        response = bench.ask(bench.user.update_firmware(IMAGE, "v1.2", bench.device()))

        assert response.response_code is ResponseCode.E110101


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
