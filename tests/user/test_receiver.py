from __future__ import annotations

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import DccAlert
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverSettings, ReceiverUnusable
from dsp_conformance.user.transport import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from dsp_conformance.user.exchange import Delivery
    from dsp_conformance.user.inspection import Inspection
    from tests.user.conftest import Pen

LIMIT = 100_000
XML = {"Content-Type": "application/xml"}
REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
HEAD = b"POST / HTTP/1.1\r\nHost: user\r\nContent-Type: application/xml\r\n"


class _Current(Inbox):
    """Stands for the inbox of the test that runs, so that tests can share a receiver."""

    inbox: Inbox

    def put(self, delivery: Delivery) -> None:
        self.inbox.put(delivery)

    def remark(self, what: str) -> None:
        self.inbox.remark(what)

    def turn_away(self, what: str) -> None:
        self.inbox.turn_away(what)

    def stranger_in(self, delivery: Delivery) -> Eui64 | None:
        return self.inbox.stranger_in(delivery)


@pytest.fixture(scope="module")
def shared_receiver(inspector: Inspector) -> Iterator[tuple[str, _Current]]:
    current = _Current()
    with running_receiver(ReceiverSettings(limit=LIMIT), inspector, current) as url:
        yield url, current


@pytest.fixture
def url(shared_receiver: tuple[str, _Current], inbox: Inbox) -> str:
    """Where the test's inbox is filled."""
    url, current = shared_receiver
    current.inbox = inbox
    return url


@contextmanager
def _connected(url: str) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        yield connection


def _status(connection: socket.socket) -> int:
    response = http.client.HTTPResponse(connection, method="POST")
    response.begin()
    response.read()
    return response.status


def _post(url: str, octets: bytes) -> int:
    return requests.post(url, octets, headers=XML, timeout=5).status_code


def _ids(deliveries: tuple[Delivery, ...]) -> list[int]:
    return [
        each.response.request_id.counter for each in deliveries if each.response and each.response.request_id
    ]


def test_a_good_response_is_taken_with_204_and_kept(url: str, inbox: Inbox, pen: Pen) -> None:
    octets = pen.answer(REQUEST_ID)
    answer = requests.post(url, octets, headers=XML, timeout=5)
    assert (answer.status_code, answer.content) == (204, b"")
    (delivery,) = inbox.answers_to(REQUEST_ID)
    assert (delivery.accepted, delivery.refusal, delivery.unread) == (True, "", "")
    assert (delivery.octets, delivery.size) == (octets, len(octets))
    assert delivery.content_type == "application/xml"
    assert [check.requirement for check in delivery.checks] == ["DUIS-01", "DUIS-02"]
    assert inbox.everything() == (delivery,)


def test_a_signed_alert_is_taken_and_answers_nothing(url: str, inbox: Inbox, pen: Pen) -> None:
    alert = DccAlert("N28", "DeviceStatusChangeEvent", "DeviceSuspended", REQUEST_ID.target)
    response = replace(pen.response(REQUEST_ID, body=alert), request_id=None)
    assert _post(url, pen.signed(response)) == 204
    assert [each.accepted for each in inbox.everything()] == [True]
    assert inbox.answers_to(REQUEST_ID) == ()


@pytest.mark.parametrize(
    ("path", "elsewhere"), [("", False), ("?b=c", False), ("any/path", True), ("%00%ff", True)]
)
def test_messages_are_taken_at_any_path_and_those_at_another_are_counted(
    url: str, inbox: Inbox, pen: Pen, path: str, *, elsewhere: bool
) -> None:
    assert _post(url + path, pen.answer(REQUEST_ID)) == 204
    assert len(inbox.answers_to(REQUEST_ID)) == 1
    remarks = [what for what in inbox.account(20) if "another path than /, and taken" in what]
    assert bool(remarks) is elsewhere


def test_a_path_of_ones_own_is_the_only_one(inspector: Inspector, inbox: Inbox, pen: Pen) -> None:
    with running_receiver(ReceiverSettings(path="/dsp/responses"), inspector, inbox) as url:
        assert url.endswith("/dsp/responses")
        assert _post(url, pen.answer(REQUEST_ID)) == 204
        assert _post(f"{url}/", pen.answer(REQUEST_ID)) == 204
        assert _post(f"{url}/more", pen.answer(REQUEST_ID)) == 404
    assert len(inbox.everything()) == 2
    assert inbox.account(20)["messages posted to another path than /dsp/responses"] == 1
    assert inbox.turned_away_since(utc_now() - timedelta(minutes=1)) != ()
    assert inbox.turned_away_since(utc_now() + timedelta(minutes=1)) == ()


@pytest.mark.parametrize("coding", ["gzip", "Deflate", "identity, br"])
def test_a_message_with_a_content_coding_is_turned_away_and_the_header_named(
    url: str, inbox: Inbox, pen: Pen, coding: str
) -> None:
    before = utc_now()
    headers = {**XML, "Content-Encoding": coding}
    answer = requests.post(url, pen.answer(REQUEST_ID), headers=headers, timeout=5)
    assert answer.status_code == 415
    assert f"Content-Encoding '{coding}'" in answer.text
    assert inbox.everything() == ()
    (why,) = inbox.turned_away_since(before)
    assert f"Content-Encoding '{coding}'" in why


def test_a_message_whose_content_coding_is_none_is_taken(url: str, pen: Pen) -> None:
    for coding in ("identity", "Identity"):
        headers = {**XML, "Content-Encoding": coding}
        assert requests.post(url, pen.answer(REQUEST_ID), headers=headers, timeout=5).status_code == 204


def test_a_message_with_an_offer_of_another_protocol_is_taken(url: str, pen: Pen) -> None:
    headers = {**XML, "Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAA"}
    assert requests.post(url, pen.answer(REQUEST_ID), headers=headers, timeout=5).status_code == 204


def test_more_messages_than_the_rate_are_turned_away_unread(
    inspector: Inspector, inbox: Inbox, pen: Pen
) -> None:
    with running_receiver(ReceiverSettings(rate=2), inspector, inbox) as url:
        octets = pen.answer(REQUEST_ID)
        statuses = [_post(url, octets) for _ in range(12)]
    assert statuses[:2] == [204, 204]
    assert 429 in statuses, "twelve messages took six seconds or more"
    (away,) = inbox.turned_away_since(utc_now() - timedelta(minutes=1))
    assert inbox.account(20)[away] == statuses.count(429)
    assert len(inbox.everything()) == statuses.count(204)


def test_messages_for_somebody_else_are_refused_and_kept(url: str, inbox: Inbox, pen: Pen) -> None:
    elsewhere = replace(REQUEST_ID, originator=Eui64.parse("90-B3-D5-1F-30-01-00-09"))
    assert _post(url, pen.answer(elsewhere)) == 204, "while nobody is known to be ours, nobody is not"
    inbox.take_for(REQUEST_ID.originator)
    assert _post(url, pen.answer(elsewhere)) == 400
    assert _post(url, pen.answer(REQUEST_ID)) == 204
    taken, refused, ours = inbox.everything()
    assert (taken.accepted, refused.accepted, ours.accepted) == (True, False, True)
    assert refused.stranger == elsewhere.originator
    assert str(elsewhere.originator) in refused.refusal
    assert inbox.answers_about(elsewhere.target) == (taken, refused, ours), "who asks gets to know of it"


def test_a_message_that_names_one_of_us_anywhere_is_ours(url: str, inbox: Inbox, pen: Pen) -> None:
    inbox.take_for(REQUEST_ID.originator)
    swapped = RequestID(REQUEST_ID.target, REQUEST_ID.originator, REQUEST_ID.counter)
    misnamed = replace(pen.response(swapped), response_id=REQUEST_ID.response_id())
    assert _post(url, pen.signed(misnamed)) == 204
    alert = DccAlert("N28", "DeviceStatusChangeEvent", "DeviceSuspended", REQUEST_ID.target)
    assert _post(url, pen.signed(replace(pen.response(swapped, body=alert), request_id=None))) == 204


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "empty"),
        (b"no XML", "not well-formed"),
        (b"<a><b></a>", "not well-formed"),
        (b"\xff\xfe\x00", "wrongly encoded"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "wrongly encoded"),
        (b"<a>\xe9</a>", "wrongly encoded"),
        (b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>", "document type"),
        (b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", "document type"),
        (b"<a>&undeclared;</a>", "not well-formed"),
        (b"<Response/>", "DUIS-01"),
        (b"{}", "not well-formed"),
    ],
    ids=[
        "empty",
        "text",
        "not nested",
        "half UTF-16",
        "UTF-7",
        "Latin-1",
        "DTD",
        "entity",
        "undeclared entity",
        "another document",
        "JSON",
    ],
)
def test_what_is_no_duis_message_is_refused_with_400_and_kept_as_refused(
    url: str, inbox: Inbox, octets: bytes, told: str
) -> None:
    answer = requests.post(url, octets, headers=XML, timeout=5)
    assert answer.status_code == 400
    assert told in answer.text
    (delivery,) = inbox.everything()
    assert (delivery.accepted, delivery.octets) == (False, octets)
    assert delivery.refusal.startswith("DUIS-01: ")


def test_a_good_message_is_taken_after_any_number_of_bad_ones(url: str, inbox: Inbox, pen: Pen) -> None:
    with requests.Session() as dsp:
        for octets in (b"", b"<", b"<a/>" * 2, bytes(1000)):
            assert dsp.post(url, octets, headers=XML, timeout=5).status_code == 400
        assert dsp.post(url, pen.answer(REQUEST_ID), headers=XML, timeout=5).status_code == 204
    assert [each.accepted for each in inbox.everything()] == [False] * 4 + [True]


def test_unsigned_and_changed_messages_are_refused_and_still_name_their_request(
    url: str, inbox: Inbox, pen: Pen
) -> None:
    good = pen.answer(REQUEST_ID)
    assert _post(url, pen.unsigned(pen.response(REQUEST_ID))) == 400
    assert _post(url, good.replace(b">I0<", b">E21<")) == 400
    first, second = inbox.answers_to(REQUEST_ID)
    assert first.refusal.startswith("DUIS-02: unsigned")
    assert second.refusal.startswith("DUIS-02: the document was changed after signing")
    assert first.title == "refused asynchronous I0"


@pytest.mark.parametrize("content_type", ["text/xml", "application/json", "text/html; charset=utf-8", ""])
def test_another_content_type_is_refused_with_415(
    url: str, inbox: Inbox, pen: Pen, content_type: str
) -> None:
    answer = requests.post(url, pen.answer(REQUEST_ID), headers={"Content-Type": content_type}, timeout=5)
    assert answer.status_code == 415
    assert f"Content-Type {content_type!r}" in answer.text
    assert [each.accepted for each in inbox.answers_to(REQUEST_ID)] == [False]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "BREW"])
def test_other_methods_are_refused_and_leave_nothing(url: str, inbox: Inbox, pen: Pen, method: str) -> None:
    answer = requests.request(method, url, data=pen.answer(REQUEST_ID), headers=XML, timeout=5)
    assert answer.status_code == 405
    assert inbox.everything() == ()


def test_a_message_announced_beyond_the_limit_is_refused_at_once(url: str, inbox: Inbox) -> None:
    with _connected(url) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1))
        assert _status(connection) == 413
    (delivery,) = inbox.everything()
    assert (delivery.octets, delivery.size) == (b"", LIMIT + 1)
    assert delivery.refusal == f"DUIS-01: expected at most {LIMIT} octets, found {LIMIT + 1} announced"


def test_a_message_that_grows_beyond_the_limit_is_refused(url: str, inbox: Inbox) -> None:
    with _connected(url) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(LIMIT // 10_000 + 1):
            connection.sendall(b"2710\r\n" + bytes(10_000) + b"\r\n")
        assert _status(connection) == 413
    (delivery,) = inbox.everything()
    assert not delivery.accepted
    assert len(delivery.octets) < LIMIT < delivery.size


def test_a_sender_of_far_too_much_gets_its_answer(url: str) -> None:
    assert _post(url, bytes(5_000_000)) == 413


def test_a_message_of_exactly_the_limit_is_taken(inspector: Inspector, inbox: Inbox, pen: Pen) -> None:
    octets = pen.answer(REQUEST_ID)
    with running_receiver(ReceiverSettings(limit=len(octets)), inspector, inbox) as url:
        assert _post(url, octets) == 204
        assert _post(url, octets + b" ") == 413


@pytest.mark.parametrize(
    "sent",
    [HEAD + b"Content-Length: 500\r\n\r\n<half", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<half\r\n"],
    ids=["length", "chunked"],
)
def test_a_message_whose_connection_breaks_is_kept_as_refused(
    url: str, inbox: Inbox, pen: Pen, sent: bytes
) -> None:
    with _connected(url) as connection:
        connection.sendall(sent)
    assert inbox.wait_until(lambda: len(inbox.everything()) == 1, 5)
    (delivery,) = inbox.everything()
    assert (delivery.accepted, delivery.octets) == (False, b"<half")
    assert "the connection broke after 5 of" in delivery.refusal
    assert _post(url, pen.answer(REQUEST_ID)) == 204


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # the beginning of TLS
        b"POST / HTTP/1.1\r\nHost: u\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: u\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<a/>",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nnumber\r\n",
        b"POST / HTTP/1.1\r\nHost: u\r\nX-Long: " + b"x" * 500_000,
    ],
    ids=["TLS", "negative length", "two lengths", "broken chunk", "endless header"],
)
def test_what_is_no_http_gets_400_and_harms_nobody(inspector: Inspector, pen: Pen, sent: bytes) -> None:
    inbox = Inbox()  # and a receiver of its own: what is left of such a request may come in late
    with running_receiver(ReceiverSettings(), inspector, inbox) as url:
        with _connected(url) as connection:
            try:
                connection.sendall(sent)
                assert _status(connection) == 400
            except ConnectionError:
                pass  # refused before everything was said
        assert _post(url, pen.answer(REQUEST_ID)) == 204
    assert len(inbox.answers_to(REQUEST_ID)) == 1


def test_messages_on_one_connection_are_each_answered_also_when_pipelined(
    url: str, inbox: Inbox, pen: Pen
) -> None:
    ids = [replace(REQUEST_ID, counter=number) for number in range(5)]
    with _connected(url) as connection:
        for request_id in ids[:2]:
            octets = pen.answer(request_id)
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(octets) + octets)
            assert _status(connection) == 204
        octets = b"".join(
            HEAD + b"Content-Length: %d\r\n\r\n" % len(each) + each for each in map(pen.answer, ids[2:])
        )
        connection.sendall(octets)
        assert inbox.wait_until(lambda: len(inbox.everything()) == 5, 5)
    assert _ids(inbox.everything()) == [0, 1, 2, 3, 4]


def test_clients_that_dawdle_block_nobody(url: str, inbox: Inbox, pen: Pen) -> None:
    with _connected(url) as silent, _connected(url) as half_head, _connected(url) as half_body:
        half_head.sendall(b"POST / HTT")
        half_body.sendall(HEAD + b"Content-Length: 500\r\n\r\n<half")
        assert [_post(url, pen.answer(REQUEST_ID)) for _ in range(3)] == [204] * 3
        assert silent.fileno() > 0
    assert inbox.wait_until(lambda: len(inbox.everything()) == 4, 5)
    assert [each.accepted for each in inbox.everything()] == [True] * 3 + [False]


def test_hundreds_of_messages_at_once_all_arrive(url: str, inbox: Inbox, pen: Pen) -> None:
    answers = {number: pen.answer(replace(REQUEST_ID, counter=number)) for number in range(300)}
    barrier = threading.Barrier(30)

    def post(first: int) -> list[int]:
        with requests.Session() as dsp:
            barrier.wait(5)
            return [
                dsp.post(url, answers[number], headers=XML, timeout=10).status_code
                for number in range(first, 300, 30)
            ]

    with ThreadPoolExecutor(30) as pool:
        statuses = [status for each in pool.map(post, range(30)) for status in each]
    assert statuses == [204] * 300
    assert sorted(_ids(inbox.everything())) == list(range(300))


def test_the_waiting_thread_is_woken_by_the_post(url: str, inbox: Inbox, pen: Pen) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(inbox.wait_for_answers, REQUEST_ID, 10)
        begun = time.monotonic()
        assert _post(url, pen.answer(REQUEST_ID)) == 204
        assert len(waiting.result(5)) == 1
    assert time.monotonic() - begun < 5


class _BrokenInspector(Inspector):
    def inspect(
        self, octets: bytes, content_type: str, *, asynchronous: bool, bad_request: bytes | None = None
    ) -> Inspection:
        raise ZeroDivisionError(octets, content_type, asynchronous, bad_request)


def test_a_fault_of_the_suites_own_is_kept_as_such_and_answered_with_500(
    inspector: Inspector, inbox: Inbox, pen: Pen, caplog: pytest.LogCaptureFixture
) -> None:
    broken = _BrokenInspector(inspector.schema, inspector.signers)
    with running_receiver(ReceiverSettings(), broken, inbox) as url:
        assert [_post(url, pen.answer(REQUEST_ID)) for _ in range(2)] == [500, 500]
    delivery, _ = inbox.everything()
    assert (delivery.accepted, delivery.checks, delivery.refusal) == (False, (), "")
    assert delivery.unread.startswith("ZeroDivisionError")
    assert "could not be inspected" in caplog.text


def test_a_message_with_a_newer_code_is_taken_and_kept_with_the_request_it_names(
    url: str, inbox: Inbox, pen: Pen
) -> None:
    inbox.take_for(REQUEST_ID.originator)

    def newer(root: etree._Element) -> None:
        code = root.find(f".//{sr('ResponseCode')}")
        assert code is not None
        code.text = "E72"

    assert _post(url, pen.drawn(pen.response(REQUEST_ID), newer)) == 204
    (delivery,) = inbox.wait_for_answers(REQUEST_ID, 5)
    assert (delivery.accepted, delivery.status, delivery.response) == (True, 204, None)
    assert "E72" in delivery.unknown
    assert delivery.unread == delivery.refusal == ""

    stranger = replace(REQUEST_ID, originator=REQUEST_ID.target)
    assert _post(url, pen.drawn(pen.response(stranger), newer)) == 400


def test_the_receiver_stops_at_once_although_connections_are_open(
    inspector: Inspector, inbox: Inbox, pen: Pen
) -> None:
    before = set(threading.enumerate())
    with requests.Session() as dsp:
        with running_receiver(ReceiverSettings(), inspector, inbox) as url:
            dsp.post(url, pen.answer(REQUEST_ID), headers=XML, timeout=5)
            begun = time.monotonic()
        assert time.monotonic() - begun < 2  # 0.15 s on a quiet machine; 60 s if it waited for the client
        with pytest.raises(requests.ConnectionError):
            dsp.post(url, b"", timeout=1)
    assert "receiver" not in {thread.name for thread in set(threading.enumerate()) - before}


def test_the_receiver_starts_again_on_the_same_port(inspector: Inspector, inbox: Inbox, pen: Pen) -> None:
    with running_receiver(ReceiverSettings(), inspector, inbox) as url:
        assert _post(url, pen.answer(REQUEST_ID)) == 204
    port = urlsplit(url).port or 0
    with running_receiver(ReceiverSettings(port=port), inspector, inbox) as again:
        assert again == url
        assert _post(again, pen.answer(REQUEST_ID)) == 204


def test_a_port_in_use_is_reported_with_the_field_to_change(inspector: Inspector, inbox: Inbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ReceiverUnusable) as caught:
            running_receiver(ReceiverSettings(port=port), inspector, inbox).__enter__()
    assert caught.value.address == f"127.0.0.1:{port}"
    assert f"receiver.bind = '127.0.0.1:{port}'" in str(caught.value)
    assert "in use" in str(caught.value)


@pytest.mark.parametrize("host", ["192.0.2.1", "no host"])
def test_an_address_that_is_none_of_this_machine_is_reported(
    inspector: Inspector, inbox: Inbox, host: str
) -> None:
    with pytest.raises(ReceiverUnusable, match=host):
        running_receiver(ReceiverSettings(host), inspector, inbox).__enter__()


def test_the_public_url_is_given_out_as_it_is(inspector: Inspector, inbox: Inbox, pen: Pen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = ReceiverSettings(port=port, public_url="https://user.example/Receive?x=1")
    with running_receiver(settings, inspector, inbox) as url:
        assert url == "https://user.example/Receive?x=1"
        assert _post(f"http://127.0.0.1:{port}/Receive?x=1", pen.answer(REQUEST_ID)) == 204


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback")
def test_the_receiver_listens_on_ipv6(inspector: Inspector, inbox: Inbox, pen: Pen) -> None:
    with running_receiver(ReceiverSettings("::1"), inspector, inbox) as url:
        assert url.startswith("http://[::1]:")
        assert _post(url, pen.answer(REQUEST_ID)) == 204
