from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceType
from dsp_conformance.testbed import (
    ControlApiTestbed,
    CplEntry,
    DeviceSpec,
    TestbedAnswerUnusable,
    TestbedError,
    TestbedRefused,
    TestbedUnreachable,
    Timeouts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL = "http://testbed.example/testbed/v1"
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
ABLE = {
    "capabilities": ["edit-cpl", "provide-device", "observe-device"],
    "dsp": {"name": "d", "version": "1"},
}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get(f"{URL}/capabilities", json=ABLE)
        yield wire


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A peer that does to each connection what `serve` says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_problem_is_told_with_its_title_and_detail(wire: responses.RequestsMock) -> None:
    wire.delete(f"{URL}/cpl-entries/7", status=404, json={"title": "unknown entry", "detail": "no 7"})

    with pytest.raises(TestbedRefused) as caught:
        ControlApiTestbed(URL).remove_cpl_entry("7")

    assert (caught.value.status, caught.value.title, caught.value.detail) == (404, "unknown entry", "no 7")
    assert caught.value.operation in str(caught.value)
    assert "unknown entry: no 7" in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 409, 422, 500, 503])
def test_a_refusal_that_is_no_problem_is_told_by_its_status_and_beginning(
    wire: responses.RequestsMock, status: int
) -> None:
    wire.delete(f"{URL}/cpl-entries/7", status=status, body="<html>" + "x" * 5000)

    with pytest.raises(TestbedRefused) as caught:
        ControlApiTestbed(URL).remove_cpl_entry("7")

    assert caught.value.status == status
    assert caught.value.detail.startswith("<html>xxx")
    assert len(str(caught.value)) < 400


def test_a_redirect_is_not_followed(wire: responses.RequestsMock) -> None:
    elsewhere = wire.delete("http://elsewhere.example/", status=204)
    wire.delete(f"{URL}/cpl-entries/7", status=307, headers={"Location": "http://elsewhere.example/"})

    with pytest.raises(TestbedRefused) as caught:
        ControlApiTestbed(URL, "s3cret").remove_cpl_entry("7")

    assert caught.value.status == 307
    assert elsewhere.call_count == 0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "JSON"),
        ("<html/>", "JSON"),
        ("[]", "object"),
        ("{}", "capabilities"),
        ('{"capabilities": ["edit_cpl"], "dsp": {"name": "d", "version": "1"}}', "edit-cpl"),
        ('{"capabilities": [], "dsp": {"name": "d"}}', "dsp.version"),
        ('{"capabilities": [], "dsp": {"name": "d", "version": "1", "dcc_id": "AB-CD"}}', "dsp.dcc_id"),
        ('{"capabilities": [], "dsp": {"name": "d", "version": "1", "dcc_id": 7}}', "dsp.dcc_id"),
        ('{"capabilities": [], "dsp": {"name": "d", "version": "1", "duis_url": "8079"}}', "dsp.duis_url"),
        (
            '{"capabilities": [], "dsp": {"name": "d", "version": "1", "signing_certificates": ["x"]}}',
            "dsp.signing_certificates.0",
        ),
    ],
)
def test_an_unusable_account_of_itself_is_told_by_its_member(answer: str, told: str) -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{URL}/capabilities", body=answer)
        with pytest.raises(TestbedAnswerUnusable) as caught:
            _ = ControlApiTestbed(URL).capabilities

    assert told in str(caught.value)
    assert caught.value.url == f"{URL}/capabilities"


def test_a_time_without_zone_is_unusable(wire: responses.RequestsMock) -> None:
    told = [{"request_id": "a", "service_reference_variant": "11.2", "received_at": "2026-01-02T03:04:05"}]
    wire.get(f"{URL}/devices/{DEVICE}/commands", json=told)

    with pytest.raises(TestbedAnswerUnusable, match=r"0\.received_at"):
        ControlApiTestbed(URL).commands(DEVICE)


def test_nobody_listening_is_unreachable_with_the_cause() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"

    with pytest.raises(TestbedUnreachable) as caught:
        _ = ControlApiTestbed(url).capabilities

    assert "refused" in caught.value.cause
    assert caught.value.url == f"{url}/capabilities"
    assert "[testbed]" in str(caught.value)


def test_silence_is_unreachable_after_the_time_allowed() -> None:
    released = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        released.wait(10)

    with _listening(say_nothing) as url:
        testbed = ControlApiTestbed(url, timeouts=Timeouts(connect=1, answer=0.05))
        with pytest.raises(TestbedUnreachable, match="timed out"):
            _ = testbed.capabilities
        released.set()


def test_a_testbed_that_fell_silent_is_waited_for_shortly_after_three_calls_in_vain() -> None:
    released = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        released.wait(30)

    told = []
    with _listening(say_nothing) as url:
        testbed = ControlApiTestbed(url, timeouts=Timeouts(connect=1.2, answer=1.2))
        for _ in range(4):
            with pytest.raises(TestbedUnreachable) as caught:
                _ = testbed.capabilities
            told.append(caught.value.cause.partition("it was given ")[2])
        released.set()

    assert told == ["1.2 s"] * 3 + ["1 s, and no longer, as 3 calls before it were in vain"]


def _breaking_off(connections: list[bytes], *, lasting: bool) -> Callable[[socket.socket], None]:
    """Tell what it can do, and break off in every other call; if not lasting, in the first alone."""

    def serve(connection: socket.socket) -> None:
        octets = connection.recv(65536)
        told = octets.startswith(b"GET /capabilities ")
        if not told:
            connections.append(octets)
        if told or (len(connections) > 1 and not lasting):
            body = json.dumps(ABLE if told else []).encode()
            head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(head + body)

    return serve


def test_a_call_that_broke_off_is_tried_once_more_where_twice_is_the_same_as_once() -> None:
    connections: list[bytes] = []

    with (
        _listening(_breaking_off(connections, lasting=False)) as url,
        ControlApiTestbed(url) as testbed,
    ):
        assert testbed.commands(DEVICE) == ()

    assert len(connections) == 2
    assert connections[0] == connections[1]


def test_a_call_that_breaks_off_again_and_again_is_unreachable() -> None:
    connections: list[bytes] = []

    with (
        _listening(_breaking_off(connections, lasting=True)) as url,
        ControlApiTestbed(url) as testbed,
        pytest.raises(TestbedUnreachable),
    ):
        testbed.set_cpl_status("7", CplStatus.EXPIRED)

    assert len(connections) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda testbed: testbed.add_cpl_entry(CplEntry(DeviceType.ESME, "106C", "433100AC", "0123ABCD")),
        lambda testbed: testbed.provide_device(DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD")),
        lambda testbed: testbed.remove_cpl_entry("7"),
    ],
    ids=["entry", "device", "removal"],
)
def test_a_call_that_broke_off_is_not_tried_again_where_that_would_make_something_twice(
    call: Callable[[ControlApiTestbed], object],
) -> None:
    connections: list[bytes] = []

    with (
        _listening(_breaking_off(connections, lasting=False)) as url,
        ControlApiTestbed(url) as testbed,
        pytest.raises(TestbedUnreachable),
    ):
        call(testbed)

    assert len(connections) == 1


def test_a_connection_that_breaks_within_the_answer_is_unreachable() -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    with _listening(cut) as url, pytest.raises(TestbedUnreachable):
        _ = ControlApiTestbed(url).capabilities


def test_setting_up_a_connection_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[object] = []
    really = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        attempts.append(address)
        if len(attempts) == 1:
            raise ConnectionRefusedError(111, "Connection refused")
        really(self, address)

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        body = b'{"capabilities": [], "dsp": {"name": "d", "version": "1"}}'
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with _listening(answer) as url, ControlApiTestbed(url) as testbed:
        monkeypatch.setattr(socket.socket, "connect", connect)
        assert testbed.capabilities == frozenset()

    assert len(attempts) == 2


def test_proxies_of_the_environment_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, wire: responses.RequestsMock
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    wire.delete(f"{URL}/cpl-entries/7", status=204)
    seen: list[object] = []
    really = requests.Session.send

    def send(
        self: requests.Session, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        seen.append(options["proxies"])
        return really(self, request, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "send", send)
    ControlApiTestbed(URL).remove_cpl_entry("7")

    assert seen == [{}, {}]


def test_every_error_says_what_was_being_done(wire: responses.RequestsMock) -> None:
    wire.delete(f"{URL}/devices/{DEVICE}", status=404, json={"title": "unknown"})

    with pytest.raises(TestbedError) as caught:
        ControlApiTestbed(URL).forget_device(DEVICE)

    assert caught.value.operation == f"forget the Device {DEVICE}"
