"""Responses that are held back: what the DSP makes of one that comes in time, or when it has given up."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from dsp_conformance.duis.catalogue import DeviceStatus
from dsp_conformance.duis.messages import GbcsPayload
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.emulated_device import Fault
from tests.stub.conftest import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from tests.stub.conftest import Bench


def held(bench: Bench, device_id: Eui64, count: int = 1) -> None:
    """Have responses to SR11.2 held back, and see that the Device got the commands."""
    device = bench.emulated(device_id)
    device.arrange(Fault.RESPONSE_HELD, "11.2", count)
    for number in range(count):
        assert bench.ask(bench.user.read_firmware(device_id)).response_code is ResponseCode.I99
        bench.await_commands(device_id, number + 1)


def test_a_response_that_is_released_in_time_is_one_like_any_other(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(no_answer_seconds=30)
    device_id = bench.suspended()
    held(bench, device_id)
    bench.receiver.silence()
    assert bench.record(device_id).is_suspended

    bench.dsp.traffic.release(bench.emulated(device_id))

    (response,) = bench.receiver.wait()
    assert isinstance(response.content, GbcsPayload)
    assert bench.record(device_id).status is DeviceStatus.COMMISSIONED
    assert bench.record(device_id).firmware_version == NEW


def test_a_late_response_changes_the_record_and_is_no_second_one(bench: Bench) -> None:
    device_id = bench.suspended()
    held(bench, device_id)
    (response,) = bench.receiver.wait()
    assert response.response_code is ResponseCode.E21
    assert bench.record(device_id).firmware_version == OLD

    bench.dsp.traffic.release(bench.emulated(device_id))

    bench.receiver.silence()
    assert bench.record(device_id).status is DeviceStatus.COMMISSIONED
    assert bench.record(device_id).firmware_version == NEW


def test_what_is_released_is_released_once(bench: Bench) -> None:
    device_id = bench.suspended()
    held(bench, device_id, 3)
    device = bench.emulated(device_id)
    bench.receiver.wait(3)

    released = device.release()

    assert [each.command.request_id for each in released] == [each.request_id for each in device.commands()]
    assert device.release() == ()


def test_a_device_that_was_forgotten_meanwhile_changes_nothing(bench: Bench) -> None:
    device_id = bench.suspended()
    held(bench, device_id)
    bench.receiver.wait()
    device = bench.emulated(device_id)

    bench.dsp.state.remove_device(device_id)
    bench.dsp.traffic.release(device)

    bench.receiver.silence()
    assert bench.dsp.state.given_up == {}


def test_a_late_success_of_an_activation_changes_nothing_once_the_device_is_restored(bench: Bench) -> None:
    device_id = bench.suspended(before=DeviceStatus.INSTALLED_NOT_COMMISSIONED)
    device = bench.emulated(device_id)
    image = b"image"
    bench.ask(bench.user.update_firmware(image, NEW, device_id))
    device.arrange(Fault.RESPONSE_HELD, "11.3", 1)
    asked = bench.user.activate(device_id, sha256(image).digest())
    bench.ask(bench.user.signed(asked, bench.pre_command(asked)))
    bench.receiver.wait()
    bench.ask(bench.user.read_firmware(device_id))
    bench.receiver.wait(2)
    before = bench.record(device_id)
    assert before.status is DeviceStatus.INSTALLED_NOT_COMMISSIONED

    bench.dsp.traffic.release(device)

    bench.receiver.silence()
    assert bench.record(device_id) == before
