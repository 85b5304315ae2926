"""What the suite says where something else than a DSP answers: nothing about the product."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from dsp_conformance.record import journal

Start = Callable[..., Any]

SIGNED_ANSWERS = "suspended_electricity_meter_tells"


@contextmanager
def answering(status: int, content_type: str, body: bytes, *, location: str = "") -> Iterator[str]:
    """Serve one answer to every POST; gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def target_file(folder: Path, control_url: str, base_url: str) -> Path:
    path = folder / "target.toml"
    path.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n[dsp]\nbase_url = "{base_url}"\n'
        "[profile]\nsilence_seconds = 0.2\nsettle_seconds = 0.2\n[timeouts]\nconnect = 1\nanswer = 1\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("status", "content_type", "body", "location", "said"),
    [
        (200, "text/html", b"<html><body>Welcome</body></html>", "", "a web page instead of application/xml"),
        (503, "text/plain", b"try again later", "", "HTTP 503: try again later"),
        (
            302,
            "text/plain",
            b"",
            "http://127.0.0.1:9/",
            "HTTP 302 to http://127.0.0.1:9/, and redirects are not followed",
        ),
    ],
    ids=["web page", "unavailable", "redirect"],
)
def test_an_answer_of_something_else_is_inconclusive(
    run_some: Start,
    serve_stub: Start,
    tmp_path: Path,
    *,
    status: int,
    content_type: str,
    body: bytes,
    location: str,
    said: str,
) -> None:
    with answering(status, content_type, body, location=location) as base_url:
        target = target_file(tmp_path, serve_stub(), base_url)
        run = run_some(SIGNED_ANSWERS, f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("inconclusive") == {"MP105-01"}
    assert run.requirements("fail") == set()
    assert said in " ".join(run.output.split())


def reset(connection: socket.socket) -> None:
    """Break a connection such that the other end is told so at once."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_nothing(connection: socket.socket) -> None:
    """Keep a connection open until the other end has had enough of it."""
    while connection.recv(65536):
        pass


@contextmanager
def doing(what: Callable[[socket.socket], None]) -> Iterator[str]:
    """Do one thing to every connection; gives the base URL."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            with connection, suppress(OSError):
                what(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (reset, "the connection broke"),
        (say_nothing, "nothing came for 1 s at http://127.0.0.1"),
    ],
)
def test_a_peer_that_gives_no_answer_is_inconclusive_and_the_whole_journal_is_kept(
    run_some: Start, serve_stub: Start, tmp_path: Path, what: Callable[[socket.socket], None], said: str
) -> None:
    with doing(what) as base_url:
        target = target_file(tmp_path, serve_stub(), base_url)
        run = run_some(SIGNED_ANSWERS, f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("inconclusive") == {"MP105-01"}
    assert run.requirements("fail") == set()
    assert said in " ".join(run.output.split())
    source = journal.read(run.folder / journal.NAME)
    assert source.complete
    assert source.results == run.results


def test_a_port_at_which_nobody_listens_is_inconclusive(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    target = target_file(tmp_path, serve_stub(), "http://127.0.0.1:9")
    run = run_some(SIGNED_ANSWERS, f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("inconclusive") == {"MP105-01"}
    assert "check the service URLs in the target file" in " ".join(run.output.split())


def test_an_unreadable_duis_answer_is_the_products_defect_and_proves_nothing_else(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    with answering(200, "application/xml", b"<Response>half") as base_url:
        target = target_file(tmp_path, serve_stub(), base_url)
        run = run_some(SIGNED_ANSWERS, f"--target={target}")
    assert run.exit_code == 1, run.output
    assert run.requirements("fail") == {"DUIS-01"}
    assert run.requirements("inconclusive") == {"MP105-01"}


@contextmanager
def registering_nobody(control_url: str) -> Iterator[str]:
    """Pass everything on to a testbed but the registration of Service Users; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def handle_call(self) -> None:
            octets = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.command == "PUT":
                status, answer = 204, b""
            else:
                headers = {"Content-Type": "application/json"}
                passed = requests.request(
                    self.command, control_url + self.path, data=octets, headers=headers, timeout=10
                )
                status, answer = passed.status_code, passed.content
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_call  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_dsp_that_does_not_know_the_service_users_is_inconclusive(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    control_url = serve_stub()
    with registering_nobody(control_url) as testbed:
        target = target_file(tmp_path, testbed, control_url.removesuffix("/testbed/v1"))
        run = run_some(SIGNED_ANSWERS, f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("inconclusive") == {"MP105-01"}
    assert run.requirements("fail") == set()
    assert "does not let the Service User" in run.output
    assert "found: E1 (" in run.output


def test_a_whole_run_against_nobody_tells_the_reason_once(
    run_whole: Start, serve_stub: Start, tmp_path: Path
) -> None:
    target = target_file(tmp_path, serve_stub(), "http://127.0.0.1:9")
    run = run_whole(f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set()
    assert "ERROR     TCP connections: [dsp] Send Command service (http://127.0.0.1:9/" in run.output
    assert run.output.count("target unreachable: no connection") == 1
    assert "more scenarios for the same reason" in run.output
