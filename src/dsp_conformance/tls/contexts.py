"""TLS contexts made of what is configured, and the way in which HTTP clients use them."""

from __future__ import annotations

import contextlib
import errno
import ssl
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from dsp_conformance.smki.errors import Defect, SmkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import requests
    from urllib3.util import Retry

    from dsp_conformance.tls.settings import ClientTls, OwnCertificate, ServerTls

__all__ = ["HungUp", "client_context", "server_context", "tls_adapter", "words_of"]

_REFUSAL_SECONDS = 0.5
_NO_WORD = "the connection was closed without a word"
_HUNG_UP = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_MISMATCH = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"})


def client_context(tls: ClientTls) -> ssl.SSLContext:
    """Make the context of a client: TLS 1.2 or newer, the server checked unless that is turned off.

    An intermediate authority that is given as trusted is an anchor like a root: some PKIs hand out no root.

    Raises:
        SmkiError: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca is None:
        context.load_default_certs()
    else:
        _trust(context, tls.ca)
    if tls.own is not None:
        _show(context, tls.own)
    return context


def server_context(tls: ServerTls, failed: Callable[[str], None] | None = None) -> ssl.SSLContext:
    """Make the context of a server: TLS 1.2 or newer; authorities of clients make it demand certificates.

    Args:
        tls: what the server needs.
        failed: told why, of every handshake that fails in a server on asyncio.

    Raises:
        SmkiError: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.client_ca is not None:
        _trust(context, tls.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    _show(context, tls.own)
    if failed is not None:
        context.sslobject_class = _telling(failed)
    return context


def _telling(failed: Callable[[str], None]) -> type[ssl.SSLObject]:
    class Telling(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                failed(words_of(error))
                raise

    return Telling


def words_of(error: ssl.SSLError) -> str:
    """Return what OpenSSL gives as the reason, in small letters and words."""
    return (error.reason or type(error).__name__).replace("_", " ").lower()


def tls_adapter(tls: ClientTls, *, retries: Retry | int = 0, pool: int = 10) -> HTTPAdapter:
    """Make what a session of `requests` is to mount for https: it connects by this context and no other.

    Args:
        tls: what the client needs.
        retries: what is tried again.
        pool: how many connections are kept.

    Raises:
        SmkiError: a file cannot be used.
    """
    return _Adapter(client_context(tls), max_retries=retries, pool_connections=pool, pool_maxsize=pool)


class HungUp(ConnectionResetError):  # noqa: N818 - said of the server
    """A server closed a new connection without an answer, and without a TLS alert that says why."""


class _Connection(HTTPSConnection):
    """A connection that tells a server that hung up at once from one that broke off later.

    In TLS 1.3 a server looks at the client's certificate when the client takes the handshake for done. So a
    refusal comes while the client sends or waits, and many servers close the connection without the alert.
    """

    answered = False

    def connect(self) -> None:
        with _hanging_up_told():
            super().connect()
        # Nothing is warned of: that no certificate is checked is told once, in the report.
        self.is_verified = True

    def send(self, data: Any) -> None:
        try:
            super().send(data)
        except _HUNG_UP as error:
            if self.answered or self.sock is None:
                raise
            self.sock.settimeout(_REFUSAL_SECONDS)
            with _hanging_up_told(), contextlib.suppress(TimeoutError):
                self.sock.recv(1)  # raises the alert, if that stands there unread
            raise HungUp(errno.ECONNRESET, _NO_WORD) from error

    def getresponse(self) -> Any:
        if self.answered:
            return super().getresponse()
        with _hanging_up_told():
            response = super().getresponse()
        self.answered = True
        return response


@contextlib.contextmanager
def _hanging_up_told() -> Iterator[None]:
    try:
        yield
    except _HUNG_UP as error:
        raise HungUp(errno.ECONNRESET, _NO_WORD) from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    """Leaves all that is said of certificates to a context, instead of adding what `requests` trusts."""

    def __init__(self, context: ssl.SSLContext, **kept: Any) -> None:
        self._context = context
        super().__init__(**kept)

    def init_poolmanager(self, *args: Any, **kept: Any) -> None:
        super().init_poolmanager(*args, **kept, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the connection as the context has it."""


def _trust(context: ssl.SSLContext, path: Path) -> None:
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise _unusable("certificate", "certificates of authorities in PEM form", error, path) from None


def _show(context: ssl.SSLContext, own: OwnCertificate) -> None:
    try:
        # Without a password the library would ask for one in the terminal.
        context.load_cert_chain(own.certificate, own.key, own.password or (lambda: ""))
    except (OSError, ValueError) as error:
        if getattr(error, "reason", None) in _MISMATCH:
            expected, hint = f"the key of {own.certificate}", "Configure the key of this certificate."
            raise SmkiError(Defect.PAIR, "private key", expected, "another key", hint, own.key) from None
        what = "a certificate and key that this machine's TLS library takes"
        raise _unusable("certificate", what, error, own.certificate) from None


def _unusable(what: str, expected: str, error: Exception, path: Path) -> SmkiError:
    found = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
    hint = "See that it can be read, and that its key is strong enough (RSA of 2048 bits, or P-256)."
    return SmkiError(Defect.UNREADABLE, what, expected, str(found), hint, path)
