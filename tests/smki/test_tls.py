from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

from dsp_conformance.smki import EphemeralPki, TlsCredentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Greeter(BaseHTTPRequestHandler):
    """Answers with the common name in the client's certificate."""

    def do_GET(self) -> None:
        assert isinstance(self.connection, ssl.SSLSocket)
        certificate = self.connection.getpeercert()
        assert certificate
        subject = certificate["subject"]
        assert isinstance(subject, tuple)
        body = str(subject[0][0][1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        pass


class QuietServer(HTTPServer):
    """Refused handshakes are what some tests want: not worth a traceback."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        connection, address = super().get_request()
        connection.settimeout(5)
        return self.context.wrap_socket(connection, server_side=True), address

    context: ssl.SSLContext


@contextmanager
def serving(pki: EphemeralPki, folder: Path, hosts: list[str]) -> Iterator[int]:
    pki.write(folder, [pki.tls_server(hosts)])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "root.pem"))
    context.load_cert_chain(folder / "tls" / "server.pem", folder / "tls" / "server.key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    # In TLS 1.3 a client learns of its refusal only when it reads: 1.2 tells it in the handshake.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with QuietServer(("127.0.0.1", 0), Greeter) as server:
        server.context = context
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def client_files(pki: EphemeralPki, folder: Path, client: TlsCredentials) -> tuple[str, str]:
    pki.write(folder, [client])
    return str(folder / "tls" / f"{client.name}.pem"), str(folder / "tls" / f"{client.name}.key.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_both_ends_prove_themselves_by_address_and_by_name(
    pki: EphemeralPki, tmp_path: Path, host: str
) -> None:
    files = client_files(pki, tmp_path, pki.tls_client("user-1"))

    with serving(pki, tmp_path, ["localhost", "127.0.0.1"]) as port:
        answer = requests.get(
            f"https://{host}:{port}/", verify=str(tmp_path / "root.pem"), cert=files, timeout=5
        )

    assert answer.text == "user-1"


def test_a_strict_client_accepts_the_server(pki: EphemeralPki, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=None, cadata=pki.root.certificate_pem().decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(*client_files(pki, tmp_path, pki.tls_client()))

    with serving(pki, tmp_path, ["127.0.0.1"]) as port:
        address = ("127.0.0.1", port)
        with (
            socket.create_connection(address, timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            pass


def test_a_server_reached_under_another_name_is_refused(pki: EphemeralPki, tmp_path: Path) -> None:
    files = client_files(pki, tmp_path, pki.tls_client())

    with (
        serving(pki, tmp_path, ["dsp.example"]) as port,
        pytest.raises(requests.exceptions.SSLError, match=r"(?i)mismatch|doesn't match|not valid for"),
    ):
        requests.get(f"https://127.0.0.1:{port}/", verify=str(tmp_path / "root.pem"), cert=files, timeout=5)


def test_a_server_of_another_pki_is_refused(pki: EphemeralPki, tmp_path: Path) -> None:
    files = client_files(pki, tmp_path, pki.tls_client())
    EphemeralPki.create().write(tmp_path / "other")
    trust = str(tmp_path / "other" / "root.pem")

    with (
        serving(pki, tmp_path, ["127.0.0.1"]) as port,
        pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"),
    ):
        requests.get(f"https://127.0.0.1:{port}/", verify=trust, cert=files, timeout=5)


@pytest.mark.parametrize("who", ["nobody", "stranger", "server"])
def test_a_client_that_is_not_one_of_this_pki_is_refused(pki: EphemeralPki, tmp_path: Path, who: str) -> None:
    other = EphemeralPki.create()
    files = {
        "nobody": None,
        "stranger": client_files(other, tmp_path / "other", other.tls_client()),
        "server": client_files(pki, tmp_path / "server", pki.tls_server(["localhost"])),
    }[who]

    with serving(pki, tmp_path, ["127.0.0.1"]) as port, pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"https://127.0.0.1:{port}/", verify=str(tmp_path / "root.pem"), cert=files, timeout=5)
