"""SR11.2 at the reference DSP: what is answered, what follows, and what the inventory shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import (
    CplStatus,
    DeviceStatus,
    DeviceType,
    UserRole,
)
from dsp_conformance.duis.messages import (
    LocalCommand,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.emulated_device import Fault
from tests.stub.meters import METERS, NEW, OLD, SUSPENDABLE, payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stub.conftest import Bench


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
