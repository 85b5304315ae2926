"""Clients that offer another protocol: the offer is ignored, and the request answered like any other."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stub.conftest import StubProcess

_OFFER = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\n"
_ENTRY = {"device_type": "ESME", "manufacturer": "106C", "model": "m", "firmware_version": "0123ABCD"}


@contextmanager
def _connected(stub: StubProcess) -> Iterator[socket.socket]:
    parts = urlsplit(stub.control_url)
    assert parts.hostname is not None
    assert parts.port is not None
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _post(body: bytes, offer: str = _OFFER) -> bytes:
    head = (
        "POST /testbed/v1/cpl-entries HTTP/1.1\r\nHost: stub\r\nContent-Type: application/json\r\n"
        f"{offer}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """The status line, and the body."""
    received = b""
    while True:
        head, blank, body = received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if blank and length and len(body) >= int(length):
            return head.partition(b"\r\n")[0], body
        chunk = connection.recv(65536)
        assert chunk, "an answer, not the end of the connection"
        received += chunk


@pytest.mark.parametrize("cut", [None, 1, 60, -60, -5], ids=["whole", "1", "60", "-60", "-5"])
def test_the_body_of_a_request_with_an_offer_is_read_however_it_comes(
    stub: StubProcess, cut: int | None
) -> None:
    octets = _post(json.dumps(_ENTRY).encode())
    with _connected(stub) as connection:
        connection.sendall(octets[:cut])
        if cut is not None:
            connection.settimeout(0.1)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(5)
            connection.sendall(octets[cut:])
        status, body = _answer(connection)
    assert status == b"HTTP/1.1 201 Created"
    assert "cpl_entry_id" in json.loads(body)


def test_a_connection_goes_on_with_and_without_offers(stub: StubProcess) -> None:
    entry = json.dumps(_ENTRY).encode()
    with _connected(stub) as connection:
        for offer in ("", _OFFER, "", _OFFER, _OFFER):
            connection.sendall(_post(entry, offer))
            assert _answer(connection)[0] == b"HTTP/1.1 201 Created"


def test_what_is_wrong_with_a_body_is_told_beside_an_offer_too(stub: StubProcess) -> None:
    with _connected(stub) as connection:
        connection.sendall(_post(b"{}"))
        status, body = _answer(connection)
    assert status.startswith(b"HTTP/1.1 422")
    assert b"device_type" in body


def test_the_jdks_own_client_is_answered(stub: StubProcess, shared_data: Path) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs Java 11 or newer: no program 'java' on the path")
    source = shared_data.parent / "cases" / "java" / "Post.java"
    body = json.dumps(_ENTRY)
    said = subprocess.run(
        [java, source, f"{stub.control_url}/cpl-entries", "application/json", body],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout.splitlines()
    assert [line.partition(": ")[0] for line in said] == ["HTTP_2", "HTTP_1_1"]
    assert all(": 201 " in line for line in said), said
