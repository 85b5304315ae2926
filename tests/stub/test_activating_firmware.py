"""SR11.3 and SR11.1 at the reference DSP: what is answered, what follows, what the inventory shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import (
    DeviceStatus,
    DeviceType,
    Service,
)
from dsp_conformance.duis.messages import (
    FutureDatedAlert,
    LocalCommand,
    PreCommand,
    Response,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.emulated_device import Fault
from tests.stub.meters import IMAGE, NEW, OLD, SHA256, SUSPENDABLE, UNKNOWN, payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from tests.stub.conftest import Bench


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
