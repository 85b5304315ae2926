from __future__ import annotations

import gzip
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from dsp_conformance.duis.terms import Service
from dsp_conformance.user import transport
from dsp_conformance.user.transport import (
    DuisTransport,
    Endpoints,
    HttpAnswer,
    Obstacle,
    TargetUnreachable,
    Timeouts,
    media_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.user.conftest import PaperDsp, Peer

URL = "http://dsp.example"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
BODY = b"<answer/>" * 5
QUICK = Timeouts(connect=0.3, answer=0.15)


def _transport(url: str, timeouts: Timeouts = QUICK, limit: int = 100_000) -> DuisTransport:
    services = Endpoints(*(f"{url}/{name}" for name in ("serviceS", "serviceD", "serviceT")))
    return DuisTransport(services, timeouts, limit)


def _request(connection: socket.socket) -> bytes:
    """Read one request; nothing where the other end closed."""
    octets = b""
    while b"\r\n\r\n" not in octets:
        if not (piece := connection.recv(65_536)):
            return b""
        octets += piece
    head, _, body = octets.partition(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return body


def _with_length(body: bytes, head: bytes = OK) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_each_service_has_its_own_url() -> None:
    apart = Endpoints("http://a/", "http://b/", "http://c/")
    wanted = [Service.SEND_COMMAND, Service.NON_DEVICE, Service.TRANSFORM]
    assert [apart.url_of(service) for service in wanted] == ["http://a/", "http://b/", "http://c/"]


@pytest.mark.parametrize("service", Service)
def test_a_message_is_posted_to_its_service_as_application_xml(paper_dsp: PaperDsp, service: Service) -> None:
    paper_dsp.answer = lambda _: BODY
    answer = _transport(paper_dsp.url).post(service, b"<request/>")
    assert (answer.status, answer.octets, answer.content_type) == (200, BODY, "application/xml")
    assert answer.seconds > 0
    (post,) = paper_dsp.posts
    assert (post.path, post.octets) == (f"/{service.value}", b"<request/>")
    assert (post.headers["Content-Type"], post.headers["Accept"]) == ("application/xml", "application/xml")
    assert post.headers["User-Agent"].startswith("dsp-conformance/")


def test_each_post_has_its_own_length_and_content_type(paper_dsp: PaperDsp) -> None:
    posting = _transport(paper_dsp.url)
    sizes = [10, 0, 200_000, 3]
    for size in sizes:
        posting.post(Service.TRANSFORM, b"x" * size, content_type=f"text/x{size}")
    assert [(len(post.octets), post.headers["Content-Type"]) for post in paper_dsp.posts] == [
        (size, f"text/x{size}") for size in sizes
    ]


def test_cookies_go_back_to_the_dsp_as_it_last_set_them(paper_dsp: PaperDsp) -> None:
    posting = _transport(paper_dsp.url)
    cookies = ["", "route=a", "route=b", "route=; Max-Age=0", ""]
    for cookie in cookies:
        paper_dsp.headers = {"Set-Cookie": cookie} if cookie else {}
        posting.post(Service.SEND_COMMAND, b"<request/>")
    assert [post.headers.get("Cookie") for post in paper_dsp.posts] == [
        None,
        None,
        "route=a",
        "route=b",
        None,
    ]


def test_connections_are_kept_alive_one_a_thread(paper_dsp: PaperDsp) -> None:
    posting = _transport(paper_dsp.url)
    together = threading.Barrier(3)

    def post_five(_: int) -> None:
        together.wait(5)
        for service in [Service.SEND_COMMAND, Service.TRANSFORM] * 2 + [Service.NON_DEVICE]:
            posting.post(service, b"<request/>")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(post_five, range(3)))
    assert len(paper_dsp.posts) == 15
    assert len({post.connection for post in paper_dsp.posts}) == 3


def test_a_connection_that_idled_for_long_is_not_used_again(
    paper_dsp: PaperDsp, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = _transport(paper_dsp.url)
    posting.post(Service.TRANSFORM, b"<request/>")
    monkeypatch.setattr(transport, "_LONGEST_IDLE_SECONDS", 0.0)
    posting.post(Service.TRANSFORM, b"<request/>")
    assert len({post.connection for post in paper_dsp.posts}) == 2


def test_a_connection_that_the_dsp_closed_while_idle_is_replaced_unnoticed(peer: Peer) -> None:
    received: list[bytes] = []
    closed = threading.Semaphore(0)

    def answer_once(connection: socket.socket) -> None:
        received.append(_request(connection))
        connection.sendall(_with_length(BODY))  # an answer that promises to keep the connection open
        connection.close()
        closed.release()

    with peer(answer_once) as url:
        posting = _transport(url)
        for number in range(5):
            assert posting.post(Service.SEND_COMMAND, b"<r%d/>" % number).octets == BODY
            assert closed.acquire(timeout=5)
    assert received == [b"<r%d/>" % number for number in range(5)]


@pytest.mark.parametrize("farewell", [socket.socket.close, _reset], ids=["closed", "reset"])
@pytest.mark.parametrize("answered_before", [0, 1], ids=["new connection", "kept connection"])
def test_a_message_whose_answer_is_lost_is_never_sent_again(
    peer: Peer, farewell: Callable[[socket.socket], None], answered_before: int
) -> None:
    received: list[bytes] = []

    def break_off(connection: socket.socket) -> None:
        for _ in range(answered_before):
            received.append(_request(connection))
            connection.sendall(_with_length(BODY))
        received.append(_request(connection))
        farewell(connection)

    with peer(break_off) as url:
        posting = _transport(url)
        for _ in range(answered_before):
            posting.post(Service.SEND_COMMAND, b"<answered/>")
        with pytest.raises(TargetUnreachable) as caught:
            posting.post(Service.SEND_COMMAND, b"<lost/>")
    assert caught.value.obstacle is Obstacle.BROKEN_OFF
    assert received == [b"<answered/>"] * answered_before + [b"<lost/>"]


@pytest.mark.parametrize(
    "answer",
    [
        _with_length(BODY),
        OK
        + b"Transfer-Encoding: chunked\r\n\r\n14\r\n"
        + BODY[:20]
        + b"\r\n19\r\n"
        + BODY[20:]
        + b"\r\n0\r\n\r\n",
        _with_length(gzip.compress(BODY), OK + b"Content-Encoding: gzip\r\n"),
        OK + b"Connection: close\r\n\r\n" + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\n" + _with_length(BODY),
    ],
    ids=["length", "chunked", "gzip", "until the end", "continue"],
)
def test_a_body_is_read_whole_however_it_is_framed(peer: Peer, answer: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        for half in (answer[: len(answer) - 30], answer[len(answer) - 30 :]):
            connection.sendall(half)

    with peer(serve) as url:
        assert _transport(url).post(Service.TRANSFORM, b"<request/>").octets == BODY


def _stall(_: socket.socket) -> None:
    """Say nothing more; the connection stays open until the client closes it."""


def _drip(connection: socket.socket) -> None:
    """Send an octet now and then, each well within the time allowed for the next."""
    paused = threading.Event()
    while True:
        connection.sendall(b"1\r\nx\r\n")
        paused.wait(0.02)


@pytest.mark.parametrize(
    ("said", "then", "obstacle"),
    [
        (b"", _stall, Obstacle.TIMEOUT),
        (OK, _stall, Obstacle.TIMEOUT),
        (OK + b"Content-Length: 50\r\n\r\nhalf", _stall, Obstacle.TIMEOUT),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", _drip, Obstacle.TIMEOUT),
        (OK + b"Content-Length: 50\r\n\r\nhalf", socket.socket.close, Obstacle.BROKEN_OFF),
        (OK + b"Content-Length: 50\r\n\r\nhalf", _reset, Obstacle.BROKEN_OFF),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n14\r\nhalf", socket.socket.close, Obstacle.BROKEN_OFF),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nnumber\r\n", socket.socket.close, Obstacle.BROKEN_OFF),
        (_with_length(b"no gzip", OK + b"Content-Encoding: gzip\r\n"), _stall, Obstacle.BROKEN_OFF),
        (b"SSH-2.0-OpenSSH_9.6\r\n", socket.socket.close, Obstacle.BROKEN_OFF),
        (OK + b"X: y\r\n" * 200 + b"\r\n", socket.socket.close, Obstacle.BROKEN_OFF),
    ],
    ids=[
        "silence",
        "stalled head",
        "stalled body",
        "dripping body",
        "cut body",
        "reset body",
        "cut chunk",
        "broken chunk",
        "broken gzip",
        "no HTTP",
        "too many headers",
    ],
)
def test_an_answer_that_does_not_come_whole_is_told_by_its_obstacle(
    peer: Peer, said: bytes, then: Callable[[socket.socket], None], obstacle: Obstacle
) -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(said)
        then(connection)
        if then is _stall:
            connection.recv(1)

    with peer(serve) as url, pytest.raises(TargetUnreachable) as caught:
        _transport(url).post(Service.TRANSFORM, b"<request/>")
    assert caught.value.obstacle is obstacle
    assert caught.value.url == f"{url}/serviceT"
    assert str(obstacle) in str(caught.value)
    assert url in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 30000\r\n\r\n" + b"x" * 30_000,
        OK
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"3e8\r\n"
        + b"x" * 1000
        + b"\r\n3e8\r\n"
        + b"x" * 1000
        + b"\r\n",
        _with_length(gzip.compress(bytes(10_000_000)), OK + b"Content-Encoding: gzip\r\n"),
    ],
    ids=["length", "chunked", "unpacked"],
)
def test_an_answer_beyond_the_limit_is_refused(peer: Peer, answer: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(answer)
        connection.recv(1)

    with peer(serve) as url, pytest.raises(TargetUnreachable, match="at most 1500 octets") as caught:
        _transport(url, limit=1500).post(Service.TRANSFORM, b"<request/>")
    assert caught.value.obstacle is Obstacle.TOO_LARGE


def test_an_answer_of_exactly_the_limit_is_taken(paper_dsp: PaperDsp) -> None:
    paper_dsp.answer = lambda _: b"x" * 1500
    assert len(_transport(paper_dsp.url, limit=1500).post(Service.TRANSFORM, b"<r/>").octets) == 1500


def test_a_long_request_has_time_for_each_part_of_it(peer: Peer) -> None:
    """A socket's time-out holds for all that one call sends, so a long image would need a fast network."""
    received = []
    paused = threading.Event()

    def read_slowly(connection: socket.socket) -> None:
        octets = connection.recv(8192)
        while not octets.endswith(b"</r>"):
            octets += connection.recv(524_288)
            paused.wait(0.03)
        received.append(len(octets.partition(b"\r\n\r\n")[2]))
        connection.sendall(_with_length(BODY))

    image = b"<r>" + b"x" * 8_000_000 + b"</r>"
    with peer(read_slowly) as url:
        posting = _transport(url, Timeouts(connect=0.2, answer=5))
        assert posting.post(Service.NON_DEVICE, image).octets == BODY
    assert received == [len(image)]


def test_nobody_listening_is_no_connection(peer: Peer) -> None:
    with peer(socket.socket.close) as url:
        pass
    with pytest.raises(TargetUnreachable, match="refused") as caught:
        _transport(url).post(Service.TRANSFORM, b"<request/>")
    assert caught.value.obstacle is Obstacle.CONNECT


def test_a_connection_that_is_not_taken_in_time_is_no_connection() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with socket.create_connection(listener.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(listener.getsockname())
            with pytest.raises(TargetUnreachable) as caught:
                _transport(url).post(Service.TRANSFORM, b"<request/>")
    assert caught.value.obstacle is Obstacle.CONNECT


def test_a_url_that_is_none_is_told_without_a_connection() -> None:
    with pytest.raises(TargetUnreachable) as caught:
        DuisTransport(Endpoints("http://[", "", "")).post(Service.SEND_COMMAND, b"<request/>")
    assert caught.value.obstacle is Obstacle.REQUEST


@pytest.mark.parametrize("status", [201, 400, 401, 404, 413, 500, 503])
def test_any_http_status_is_an_answer(status: int) -> None:
    with responses.RequestsMock() as wire:
        wire.post(f"{URL}/serviceS", status=status, body="why not", content_type="text/plain")
        answer = _transport(URL).post(Service.SEND_COMMAND, b"<request/>")
    assert (answer.status, answer.octets, answer.content_type) == (status, b"why not", "text/plain")


def test_a_redirect_is_not_followed() -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        elsewhere = wire.post("http://elsewhere.example/", body="<moved/>")
        headers = {"Location": "http://elsewhere.example/"}
        wire.post(f"{URL}/serviceS", status=307, headers=headers)
        answer = _transport(URL).post(Service.SEND_COMMAND, b"<request/>")
    assert answer.status == 307
    assert elsewhere.call_count == 0


@pytest.mark.parametrize(
    ("fault", "obstacle"),
    [
        (requests.ConnectTimeout("t"), Obstacle.CONNECT),
        (requests.ReadTimeout("t"), Obstacle.TIMEOUT),
        (requests.exceptions.SSLError("certificate"), Obstacle.CONNECT),
        (requests.exceptions.ChunkedEncodingError("c"), Obstacle.BROKEN_OFF),
        (requests.exceptions.InvalidHeader("h"), Obstacle.REQUEST),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_faults_of_the_library_are_told_by_their_obstacle(fault: Exception, obstacle: Obstacle) -> None:
    with responses.RequestsMock() as wire:
        wire.post(f"{URL}/serviceS", body=fault)
        with pytest.raises(TargetUnreachable) as caught:
            _transport(URL).post(Service.SEND_COMMAND, b"<request/>")
    assert caught.value.obstacle is obstacle


def test_proxies_of_the_environment_are_ignored(
    paper_dsp: PaperDsp, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with peer(socket.socket.close) as nobody:
        pass
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert _transport(paper_dsp.url).post(Service.TRANSFORM, b"<request/>").status == 200


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("application/xml", "application/xml"),
        ("Application/XML; charset=utf-8", "application/xml"),
        (" text/html ;q=1", "text/html"),
        ("", ""),
    ],
)
def test_a_media_type_is_told_without_parameters_and_case(header: str, found: str) -> None:
    assert media_type(header) == found
    assert HttpAnswer(200, (("content-type", header),), b"", 0.1).content_type == found


def test_an_answer_without_content_type_has_none() -> None:
    assert HttpAnswer(200, (), b"", 0.1).content_type == ""
