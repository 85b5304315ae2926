"""A restart: what the DSP keeps for good is written out and read back, and all else is made anew."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import requests

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import CplStatus, DeviceStatus, UserRole, service_for
from dsp_conformance.duis.messages import FutureDatedAlert, GbcsPayload
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.emulated_device import Fault
from dsp_conformance.stub.in_service import DspInService
from dsp_conformance.stub.settings import StubSettings
from dsp_conformance.stub.storage import read_data, write_data
from tests.stub.conftest import NEW, Bench, Party

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from dsp_conformance.smki.pki import EphemeralPki
    from tests.stub.conftest import Receiver, StubProcess

METER = {"device_type": "ESME", "manufacturer": "106C", "model": "433100AC", "firmware_version": "0123ABCD"}


class Restartable(Bench):
    """A bench whose DSP can be restarted."""

    in_service: DspInService

    def restart(self) -> None:
        self.in_service.restart_now()
        self.dsp = self.in_service.dsp


@pytest.fixture
def make(pki: EphemeralPki, receiver: Receiver) -> Iterator[Callable[..., Restartable]]:
    made: list[Restartable] = []

    def make(**settings: Any) -> Restartable:
        given = {"delivery_pause_seconds": 0.02, "no_answer_seconds": 0.02, **settings}
        in_service = DspInService(StubSettings(**given).dsp_options)
        credentials = pki.service_user(Eui64.parse("90-B3-D5-1F-30-01-00-00"))
        party = Party(credentials, in_service.dsp.options.dcc_id)
        bench = Restartable(in_service.dsp, pki, receiver, party)
        bench.in_service = in_service
        bench.register(bench.user, frozenset(UserRole))
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.dsp.close()


def test_users_the_cpl_and_every_record_are_what_they_were_and_nothing_is_shared(
    make: Callable[..., Restartable],
) -> None:
    bench = make()
    device_id = bench.suspended(before=DeviceStatus.INSTALLED_NOT_COMMISSIONED)
    other = bench.device(responsible_users=frozenset({bench.user.eui}))
    before, entries = bench.dsp.state, bench.dsp.state.cpl.entries
    records = [bench.record(each) for each in (device_id, other)]
    user = before.users.get(bench.user.eui)
    credentials = bench.dsp.credentials

    bench.restart()

    state = bench.dsp.state
    assert state is not before
    assert state.cpl.entries == entries
    assert [bench.record(each) for each in (device_id, other)] == records
    assert records[0].status_before_suspension is DeviceStatus.INSTALLED_NOT_COMMISSIONED
    assert len(records[0].history) == 2
    assert all(
        bench.record(each) is not record for each, record in zip((device_id, other), records, strict=True)
    )
    again = state.users.get(bench.user.eui)
    assert user is not None
    assert again is not None
    assert again is not user
    assert (again.roles, again.receive_response_url) == (user.roles, user.receive_response_url)
    assert again.gbcs_signing_key == user.gbcs_signing_key
    assert bench.dsp.credentials is credentials  # who it is stays the same
    assert state.add_cpl_entry(bench.product(), NEW, CplStatus.ACTIVE).entry_id not in {
        entry.entry_id for entry in entries
    }


def test_a_device_is_restored_to_its_status_before_suspension_after_a_restart(
    make: Callable[..., Restartable],
) -> None:
    bench = make()
    device_id = bench.suspended(before=DeviceStatus.INSTALLED_NOT_COMMISSIONED)

    bench.restart()
    bench.ask(bench.user.read_firmware(device_id))

    bench.receiver.wait()
    assert bench.record(device_id).status is DeviceStatus.INSTALLED_NOT_COMMISSIONED
    assert bench.emulated(device_id).commands()


def test_counters_are_kept_so_that_nothing_sent_before_can_be_replayed(
    make: Callable[..., Restartable],
) -> None:
    bench = make()
    device_id = bench.device()
    request = bench.user.read_firmware(device_id)
    assert bench.ask(request).response_code is ResponseCode.I99

    bench.restart()

    answer = bench.dsp.handle(service_for(request.command_variant), bench.user.octets(request))
    assert not answer.is_duis
    assert bench.ask(bench.user.read_firmware(device_id)).response_code is ResponseCode.I99


def test_a_pre_command_can_be_signed_after_a_restart(make: Callable[..., Restartable]) -> None:
    bench = make()
    device_id = bench.device()
    asked = bench.user.activate(device_id, bytes(32))
    pre_command = bench.pre_command(asked)

    bench.restart()

    assert bench.ask(bench.user.signed(asked, pre_command)).response_code is ResponseCode.I99
    assert len(bench.receiver.wait()) == 1


def test_an_order_that_was_waiting_for_its_time_is_carried_out_once(make: Callable[..., Restartable]) -> None:
    bench = make()
    device_id = bench.device()
    due = datetime.now(UTC) + timedelta(seconds=1.2)
    bench.ask(bench.user.read_firmware(device_id, at=due))

    bench.restart()
    bench.restart()

    assert bench.emulated(device_id).commands() == ()
    (response,) = bench.receiver.wait()
    assert isinstance(response.content, GbcsPayload)
    bench.receiver.silence()
    assert len(bench.emulated(device_id).commands()) == 1


def test_a_device_that_is_to_activate_later_is_heard_after_a_restart(
    make: Callable[..., Restartable],
) -> None:
    bench = make()
    device_id = bench.suspended()
    image = b"image"
    bench.ask(bench.user.update_firmware(image, NEW, device_id))
    due = datetime.now(UTC) + timedelta(seconds=2)
    asked = bench.user.activate(device_id, sha256(image).digest(), at=due)
    bench.ask(bench.user.signed(asked, bench.pre_command(asked)))
    bench.receiver.wait()

    bench.restart()

    _, alert = bench.receiver.wait(2, seconds=5)
    assert isinstance(alert.content, FutureDatedAlert)
    assert bench.record(device_id).status is DeviceStatus.COMMISSIONED


@pytest.mark.parametrize(("no_answer_seconds", "messages"), [(30, 1), (0.02, 1)], ids=["awaited", "given up"])
def test_a_response_that_is_held_back_over_a_restart_is_used(
    make: Callable[..., Restartable], no_answer_seconds: float, messages: int
) -> None:
    bench = make(no_answer_seconds=no_answer_seconds)
    device_id = bench.suspended()
    device = bench.emulated(device_id)
    device.arrange(Fault.RESPONSE_HELD, "11.2", 1)
    bench.ask(bench.user.read_firmware(device_id))
    bench.await_commands(device_id)
    if no_answer_seconds < 1:
        bench.receiver.wait()

    bench.restart()
    assert bench.emulated(device_id) is device
    bench.dsp.traffic.release(device)

    assert len(bench.receiver.wait(messages)) == messages
    bench.receiver.silence()
    assert bench.record(device_id).status is DeviceStatus.COMMISSIONED


def test_a_command_whose_response_never_comes_is_given_up_after_a_restart(
    make: Callable[..., Restartable],
) -> None:
    bench = make(no_answer_seconds=0.5)
    device_id = bench.device()
    bench.emulated(device_id).arrange(Fault.RESPONSE_LOST, "11.2", 1)
    bench.ask(bench.user.read_firmware(device_id))
    bench.await_commands(device_id)

    bench.restart()

    (response,) = bench.receiver.wait()
    assert response.response_code is ResponseCode.E21


def test_what_a_user_did_not_take_is_delivered_after_a_restart(make: Callable[..., Restartable]) -> None:
    bench = make(delivery_pause_seconds=1.0)
    bench.receiver.answers = [503]
    bench.ask(bench.user.read_firmware(bench.device()))
    bench.receiver.wait()
    deadline = time.monotonic() + 3
    while not bench.dsp.traffic.stored(bench.dsp.state.stored()).undelivered:
        assert time.monotonic() < deadline
        time.sleep(0.001)

    bench.restart()

    bench.receiver.wait(2)
    assert bench.receiver.received[0] == bench.receiver.received[1]


def test_what_a_deviation_remembers_is_in_memory_alone(make: Callable[..., Restartable]) -> None:
    bench = make(deviations=("rejected-once",))
    device_id = bench.suspended()

    def code() -> ResponseCode:
        return bench.ask(bench.user.request("4.1.1", device_id)).response_code

    assert [code(), code()] == [ResponseCode.E51, ResponseCode.I99]
    bench.restart()
    assert code() is ResponseCode.E51


def test_the_data_go_through_a_file(make: Callable[..., Restartable], tmp_path: Path) -> None:
    bench = make()
    device_id = bench.suspended()
    path = tmp_path / "data"

    write_data(bench.dsp.stopped(), path)

    assert device_id.octets in path.read_bytes()
    read = read_data(path)
    assert read.inventory.get(device_id) == bench.record(device_id)


def test_requests_wait_while_the_process_restarts_and_none_is_lost(
    stub: StubProcess, party: Party, receiver: Receiver
) -> None:
    device_id = Eui64.parse(stub.control("POST", "/devices", METER).json()["device_id"])
    stopped = threading.Event()

    def ask() -> int:
        asked = 0
        while not stopped.is_set():
            answer = stub.post("serviceS", party.octets(party.read_firmware(device_id)))
            assert answer.status_code == 200, answer.text
            assert b"I99" in answer.content
            asked += 1
        return asked

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        for _ in range(5):
            assert stub.control("POST", "/restart").status_code == 204
            time.sleep(0.05)
        stopped.set()
        asked = asking.result(10)

    assert asked > 5
    responses = receiver.wait(asked, seconds=10)
    assert len({response.request_id for response in responses}) == asked
    receiver.silence()


def test_a_request_that_is_being_answered_comes_before_the_restart(
    start_stub: Callable[..., StubProcess], pki: EphemeralPki, receiver: Receiver
) -> None:
    stub = start_stub(deviations=["slow-answers"])
    dcc_id = Eui64.parse(stub.control("GET", "/capabilities").json()["dsp"]["dcc_id"])
    party = Party(pki.service_user(Eui64.parse("90-B3-D5-1F-30-01-00-00")), dcc_id)
    stub.register(party, receiver.url)
    device_id = Eui64.parse(stub.control("POST", "/devices", METER).json()["device_id"])

    with ThreadPoolExecutor(1) as pool:
        for _ in range(5):
            asking = pool.submit(stub.post, "serviceS", party.octets(party.read_firmware(device_id)))
            time.sleep(0.02)  # it has been handled by then, and not been answered
            assert stub.control("POST", "/restart").status_code == 204
            assert b"I99" in asking.result(10).content

    assert len(receiver.wait(5)) == 5


def test_a_client_that_stopped_half_way_does_not_hold_up_a_restart_for_ever(stub: StubProcess) -> None:
    host, port = stub.duis_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            b"POST /api/v1/serviceS HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\n"
            b"content-length: 10\r\n\r\n<"
        )
        time.sleep(0.1)
        began = time.monotonic()
        answer = requests.post(f"{stub.control_url}/restart", timeout=30)

    assert answer.status_code == 204
    assert time.monotonic() - began < 10
