"""Servers that do real TLS handshakes, and the files of the parties to them."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from dsp_conformance.smki.issuing import Issuer, Validity
from dsp_conformance.smki.pki import EphemeralPki, TlsCredentials
from dsp_conformance.tls.contexts import server_context, tls_adapter
from dsp_conformance.tls.settings import ClientTls, OwnCertificate, ServerTls
from dsp_conformance.tls.troubles import tls_trouble

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dsp_conformance.tls.troubles import TlsTrouble

    Serve = Callable[[ssl.SSLContext | ServerTls | None], AbstractContextManager[int]]
    HangUp = Callable[[ServerTls, bool], AbstractContextManager[int]]
    Troubled = Callable[[str, ClientTls], TlsTrouble | None]

_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Parties:
    """A PKI's files: of its authorities, of a server at 127.0.0.1 and of a client; and more on demand."""

    folder: Path
    pki: EphemeralPki

    @property
    def ca(self) -> Path:
        return self.folder / "root.pem"

    def own(self, name: str) -> OwnCertificate:
        return OwnCertificate(self.folder / "tls" / f"{name}.pem", self.folder / "tls" / f"{name}.key.pem")

    def issue(self, credentials: TlsCredentials) -> OwnCertificate:
        self.pki.write(self.folder, [credentials])
        return self.own(credentials.name)

    def issuer(self, begin: timedelta, end: timedelta) -> Issuer:
        """The same authority, issuing for another time, given from now on."""
        now = datetime.now(UTC).replace(microsecond=0)
        return Issuer.of(self.pki.issuing, Validity(now + begin, now + end))


def _parties(folder: Path) -> Parties:
    parties = Parties(folder, EphemeralPki.create())
    parties.pki.write(folder, [parties.pki.tls_server(["127.0.0.1"]), parties.pki.tls_client()])
    return parties


@pytest.fixture(scope="session")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    return _parties(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    """The same of another PKI."""
    return _parties(tmp_path_factory.mktemp("other-pki"))


@contextmanager
def _listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            with connection, suppress(OSError):  # the other end may go at any time
                talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serving(tls: ssl.SSLContext | ServerTls | None) -> AbstractContextManager[int]:
    context = server_context(tls) if isinstance(tls, ServerTls) else tls

    def talk(connection: socket.socket) -> None:
        with connection if context is None else context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(_ANSWER)

    return _listening(talk)


def _hanging_up(tls: ServerTls, after_handshake: bool) -> AbstractContextManager[int]:  # noqa: FBT001
    context = server_context(tls)

    def talk(connection: socket.socket) -> None:
        if after_handshake:
            connection = context.wrap_socket(connection, server_side=True)
        connection.recv(65536)
        connection.close()

    return _listening(talk)


@pytest.fixture(scope="session")
def hang_up() -> HangUp:
    """A server that hangs up instead of a handshake, or when it has heard the request."""
    return _hanging_up


@pytest.fixture(scope="session")
def serve() -> Serve:
    """A server that answers each request with 204; speaks no TLS at all where it is given None."""
    return _serving


def connect(url: str, tls: ClientTls) -> int:
    """Send one request and return the status of the answer."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", tls_adapter(tls))
        return session.get(url, timeout=10).status_code


@pytest.fixture(scope="session")
def status() -> Callable[[str, ClientTls], int]:
    return connect


@pytest.fixture(scope="session")
def troubled() -> Troubled:
    """Connect where that cannot succeed, and return what was wrong."""

    def troubled(url: str, tls: ClientTls) -> TlsTrouble | None:
        with pytest.raises(requests.RequestException) as caught:
            connect(url, tls)
        return tls_trouble(caught.value, url, tls)

    return troubled
