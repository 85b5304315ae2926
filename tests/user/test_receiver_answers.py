"""What the receiver answers, and what it keeps of who posted and how that was answered."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.user.exchange import Delivery
    from dsp_conformance.user.inbox import Inbox
    from dsp_conformance.user.inspection import Inspection
    from tests.user.conftest import Pen

LIMIT = 100_000
REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
XML = {"Content-Type": "application/xml"}
HEAD = b"POST / HTTP/1.1\r\nHost: user\r\nContent-Type: application/xml\r\nX-Sent-By: DSP\r\n"


class _BrokenInspector(Inspector):
    def inspect(
        self, octets: bytes, content_type: str, *, asynchronous: bool, bad_request: bytes | None = None
    ) -> Inspection:
        raise ZeroDivisionError(octets, content_type, asynchronous, bad_request)


@pytest.fixture
def url(inspector: Inspector, inbox: Inbox) -> Iterator[str]:
    with running_receiver(ReceiverSettings(limit=LIMIT), inspector, inbox) as url:
        yield url


def _send(url: str, octets: bytes) -> int:
    """Send octets over a connection of their own, close it, and return its port."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(octets)
        return int(connection.getsockname()[1])


def _kept(inbox: Inbox) -> Delivery:
    assert inbox.wait_until(lambda: bool(inbox.everything()), 5)
    (delivery,) = inbox.everything()
    return delivery


def test_a_message_that_is_taken_is_answered_without_content(url: str, inbox: Inbox, pen: Pen) -> None:
    answer = requests.post(url, pen.answer(REQUEST_ID), headers=XML, timeout=5)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not {"content-length", "content-type", "transfer-encoding"} & set(answer.headers)
    assert _kept(inbox).status == 204


def test_who_posted_a_message_and_its_headers_are_kept(url: str, inbox: Inbox, pen: Pen) -> None:
    octets = pen.answer(REQUEST_ID)
    port = _send(url, HEAD + b"Content-Length: %d\r\n\r\n" % len(octets) + octets)
    delivery = _kept(inbox)
    assert delivery.peer == f"127.0.0.1:{port}"
    assert {"content-type": "application/xml", "x-sent-by": "DSP"}.items() <= dict(delivery.headers).items()


def test_a_header_does_not_change_who_posted_a_message(url: str, inbox: Inbox, pen: Pen) -> None:
    octets = pen.answer(REQUEST_ID)
    claims = b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
    port = _send(url, HEAD + claims + b"Content-Length: %d\r\n\r\n" % len(octets) + octets)
    delivery = _kept(inbox)
    assert delivery.peer == f"127.0.0.1:{port}"
    assert dict(delivery.headers)["x-forwarded-for"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("octets", "content_type", "status"),
    [
        (b"<junk/>", "application/xml", 400),
        (b"<junk/>", "text/xml", 415),
        (bytes(LIMIT + 1), "application/xml", 413),
    ],
)
def test_the_status_of_a_refusal_is_kept(
    url: str, inbox: Inbox, octets: bytes, content_type: str, status: int
) -> None:
    answer = requests.post(url, octets, headers={"Content-Type": content_type}, timeout=5)
    assert answer.status_code == _kept(inbox).status == status


def test_of_a_content_type_200_characters_are_kept(url: str, inbox: Inbox) -> None:
    requests.post(url, b"<junk/>", headers={"Content-Type": "x" * 300}, timeout=5)
    assert _kept(inbox).content_type == "x" * 200


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"Content-Length: 500\r\n\r\n<half", "the connection broke after 5 of 500 octets"),
        (
            b"Transfer-Encoding: chunked\r\n\r\n5\r\n<half\r\n",
            "the connection broke after 5 of unknown octets",
        ),
    ],
    ids=["length", "chunked"],
)
def test_a_broken_connection_is_told_with_how_much_was_announced(
    url: str, inbox: Inbox, sent: bytes, told: str
) -> None:
    _send(url, HEAD + sent)
    delivery = _kept(inbox)
    assert delivery.refusal == f"DUIS-01: {told}"
    assert delivery.status == 400


def test_a_fault_of_the_suites_own_is_told_as_such(inspector: Inspector, inbox: Inbox, pen: Pen) -> None:
    broken = _BrokenInspector(inspector.schema, inspector.signers)
    with running_receiver(ReceiverSettings(), broken, inbox) as url:
        answer = requests.post(url, pen.answer(REQUEST_ID), headers=XML, timeout=5)
    assert (answer.status_code, answer.text) == (500, "the receiver failed\n")
    assert _kept(inbox).status == 500


def test_messages_are_not_logged_one_by_one(
    inspector: Inspector,
    inbox: Inbox,
    pen: Pen,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)  # its own records tell nothing: it makes servers log that would not
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.name)  # type: ignore[method-assign]
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [*root.handlers, handler])
    # an earlier server may have left it so that nothing comes through
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "propagate", True)
    with running_receiver(ReceiverSettings(), inspector, inbox) as url:
        requests.post(url, pen.answer(REQUEST_ID), headers=XML, timeout=5)
    assert "uvicorn.access" not in logged
    assert "uvicorn.error" in logged, "that it was started is logged"
