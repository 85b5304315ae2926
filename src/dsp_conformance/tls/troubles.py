"""Why a TLS connection failed: what the library or the other end said, in the words of the target file.

A client finds out here why it could not connect. It is an environment trouble, whatever it is: a DSP whose
certificate nobody configured has not been shown to do anything wrong.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dsp_conformance.tls.contexts import HungUp, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.tls.settings import ClientTls

__all__ = ["TlsFlaw", "TlsTrouble", "tls_trouble"]

_LONGEST: Final = 200


class TlsFlaw(StrEnum):
    """What is wrong: a member for each thing that is mended differently."""

    WRONG_AUTHORITY = "the server's certificate is of an authority that is not trusted"
    EXPIRED = "the server's certificate has expired"
    NOT_YET_VALID = "the server's certificate is not valid yet"
    WRONG_HOST = "the server's certificate is for another host"
    NOT_A_SERVER = "the server's certificate is not for servers"
    UNVERIFIABLE = "the server's certificate does not verify"
    NO_CLIENT_CERTIFICATE = "the server demands a client certificate"
    CLIENT_REFUSED = "the server refuses the client certificate"
    NO_TLS = "the server does not speak TLS"
    NO_COMMON_VERSION = "the two ends have no TLS version or cipher in common"
    HUNG_UP = "the server hung up on the TLS connection without a word"
    HANDSHAKE = "the TLS handshake failed"


@dataclass(frozen=True, slots=True)
class TlsTrouble:
    """Why a TLS connection failed. Never holds a secret.

    Attributes:
        flaw: what is wrong.
        expected: what would have been right.
        found: what came, in the words of the TLS library.
        key: the section and key of the target file to look at, such as "[tls] ca".
        hint: what to do next, a sentence.
    """

    flaw: TlsFlaw
    expected: str
    found: str
    key: str
    hint: str

    @property
    def said(self) -> str:
        """What is wrong, without what to do about it."""
        return f"{self.flaw}: expected {self.expected}, found {self.found}"

    def __str__(self) -> str:
        return f"{self.said}. {self.hint}"


def tls_trouble(
    error: BaseException, url: str, tls: ClientTls, url_key: str = "[dsp] base_url"
) -> TlsTrouble | None:
    """Tell what was wrong with a TLS connection.

    Args:
        error: what the HTTP library raised.
        url: where the request went.
        tls: what the client was given.
        url_key: the section and key of the target file that says where the request goes.

    Returns:
        None where it was not TLS that failed.
    """
    cause = next((each for each in _causes(error) if isinstance(each, ssl.SSLError | HungUp)), None)
    if cause is None or urlsplit(url).scheme != "https":
        return None
    if isinstance(cause, HungUp):
        return _hung_up(url, tls)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _unverified(cause, url, tls, url_key)
    return _alert(cause, url, tls, url_key)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Go from an error to what is behind it; `requests` and `urllib3` wrap in three ways."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]


# X509_V_ERR_*, as OpenSSL numbers them (x509_vfy.h).
_DATES: Final = {9: TlsFlaw.NOT_YET_VALID, 10: TlsFlaw.EXPIRED}
_PURPOSE: Final = 26
_OTHER_HOST: Final = frozenset({62, 64})
_OTHER_AUTHORITY: Final = frozenset({2, 18, 19, 20, 21, 24, 27, 30})


def _unverified(error: ssl.SSLCertVerificationError, url: str, tls: ClientTls, url_key: str) -> TlsTrouble:
    host = urlsplit(url).hostname or url
    found = str(error.verify_message).rstrip(".")[:_LONGEST]
    key = f"[{tls.section}] ca"
    code = error.verify_code
    if code in _DATES:
        flaw = _DATES[code]
        expected = f"a certificate of {host} that is valid now"
        hint = "Have the server's certificate, or its authority's, renewed; or set this machine's clock."
        return TlsTrouble(flaw, expected, found, key, hint)
    if code in _OTHER_HOST:
        expected = f"a certificate for {host}, the host in {url}"
        hint = (
            f"Use the name that stands in the certificate in {url_key} of the target file, or have a "
            "certificate issued for this one."
        )
        return TlsTrouble(TlsFlaw.WRONG_HOST, expected, found, url_key, hint)
    if code in _OTHER_AUTHORITY:
        trusted = "this machine trusts" if tls.ca is None else f"stands in {tls.ca}"
        expected = f"a certificate of {host} from an authority that {trusted}"
        hint = f"Give the authority that issued the server's certificate as {key}."
        return TlsTrouble(TlsFlaw.WRONG_AUTHORITY, expected, found, key, hint)
    if code == _PURPOSE:
        expected = f"a certificate of {host} for servers"
        hint = "Have one issued with the extended key usage serverAuth."
        return TlsTrouble(TlsFlaw.NOT_A_SERVER, expected, found, key, hint)
    expected = f"a certificate of {host} that verifies"
    hint = "Look at it with `openssl s_client -showcerts -connect HOST:PORT`."
    return TlsTrouble(TlsFlaw.UNVERIFIABLE, expected, found, key, hint)


# Reasons of OpenSSL: alerts of the other end carry ALERT in their names.
_NO_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_TOO_SMALL"}
)
_VERSIONS: Final = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_SHARED_CIPHER", "INSUFFICIENT_SECURITY")
_REFUSALS: Final = ("UNKNOWN_CA", "CERTIFICATE", "ACCESS_DENIED", "DECRYPT_ERROR", "HANDSHAKE_FAILURE")


def _alert(error: ssl.SSLError, url: str, tls: ClientTls, url_key: str) -> TlsTrouble:
    reason = error.reason or type(error).__name__
    found = words_of(error)[:_LONGEST]
    if reason in _NO_TLS:
        hint = f"Use http in {url_key} of the target file, or the port at which the server speaks https."
        return TlsTrouble(TlsFlaw.NO_TLS, f"TLS at {url}", found, url_key, hint)
    if any(part in reason for part in _VERSIONS):
        hint = "The suite speaks TLS 1.2 and 1.3: let the server offer one of them."
        return TlsTrouble(TlsFlaw.NO_COMMON_VERSION, "TLS 1.2 or 1.3", found, f"[{tls.section}]", hint)
    if "ALERT" in reason and any(part in reason for part in _REFUSALS):
        return _client_refused(found, url, tls)
    hint = "Look at the server's own log, and try `openssl s_client -connect HOST:PORT`."
    expected = f"a TLS connection to {url}"
    return TlsTrouble(TlsFlaw.HANDSHAKE, expected, found, f"[{tls.section}]", hint)


def _hung_up(url: str, tls: ClientTls) -> TlsTrouble:
    """Say what a server may have meant: many do so where they want a client certificate, or another one."""
    expected = f"an answer from {url}, or a TLS alert that says why there is none"
    found = "a new connection that was closed"
    if tls.own is None:
        found += "; the suite showed no client certificate"
        hint = (
            f"If the server demands a client certificate, give it as [{tls.section}] certificate, with its "
            "private key as key. If not, see the server's own log."
        )
    else:
        found += f"; the suite showed the client certificate {tls.own.certificate}"
        hint = "See that the server trusts the authority that issued it, and the server's own log."
    return TlsTrouble(TlsFlaw.HUNG_UP, expected, found, f"[{tls.section}] certificate", hint)


def _client_refused(found: str, url: str, tls: ClientTls) -> TlsTrouble:
    key = f"[{tls.section}] certificate"
    host = urlsplit(url).hostname
    if tls.own is None:
        expected = f"{host} to take a client without a certificate, or a certificate to show it"
        hint = f"Give a client certificate that the server trusts as {key}, and its private key as key."
        return TlsTrouble(TlsFlaw.NO_CLIENT_CERTIFICATE, expected, found, key, hint)
    expected = f"{host} to take the client certificate {tls.own.certificate}"
    hint = (
        "Have the server trust the authority that issued it, and put the certificates of intermediate "
        "authorities behind it in the file; see that it is for TLS clients and has not expired."
    )
    return TlsTrouble(TlsFlaw.CLIENT_REFUSED, expected, found, key, hint)
