"""Takes secrets out of whatever a run keeps: the one place where that is done.

Two kinds of secrets are known: those of the target file, by their values, and those that show what they are,
by patterns: private keys in PEM, the values of HTTP headers that carry credentials, bearer tokens, user and
password in an address.

Rules of this module:

- A secret is replaced by `MARK`, in texts and in the octets of messages alike. Octets are evidence, yet a
  token that a DSP echoes must not travel with a report: what is kept is then no longer what stood on the
  wire, so whoever redacts octets says so beside them, and size and hash are those of what is kept.
- A secret that is found in disguise alone (character references, UTF-16) takes the whole message with it.
- A value of fewer than `SHORTEST` characters cannot be told from ordinary text and is not looked for; one
  shorter than `_CERTAIN` is a secret only where it stands as a word.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MARK", "SHORTEST", "Redactor"]

MARK: Final = "[redacted]"
"""Stands where a secret stood."""

SHORTEST: Final = 4
"""Characters of the shortest value that is looked for."""

_CERTAIN: Final = 8
_CREDENTIAL_HEADERS: Final = (
    "authorization",
    "proxy-authorization",
    "authentication-info",
    "proxy-authentication-info",
    "cookie",
    "set-cookie",
    "set-cookie2",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-amz-security-token",
)
_HINTS: Final = ("private key", "bearer", "basic", "eyj", *_CREDENTIAL_HEADERS)

_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_HEADER: Final = re.compile(
    rf"(?i)(?:(?<![\w-])|(?<=\\[nrt]))({'|'.join(_CREDENTIAL_HEADERS)})"
    r"((?:&quot;|[\"'])?[ \t]*[:=][ \t]*)"
    r"(&quot;.*?&quot;|\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\r\n<\"']+)"
)
_CREDENTIALS: Final = re.compile(r"(?i)\b(bearer|basic)([ \t]+)(?=[^\s]*[0-9=])[A-Za-z0-9\-._~+/]{8,}=*")
_JSON_WEB_TOKEN: Final = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_USER_INFO: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/?#\s@<>\"']+@")


@dataclass(frozen=True, slots=True)
class _Form:
    """One way in which a secret may be written."""

    octets: bytes
    pattern: re.Pattern[bytes] | None


class Redactor:
    """Knows a run's secrets; holds no other state, and shows none of them.

    Args:
        secrets: tokens and passwords; looked for in every way in which they may be written.
        key_lines: lines of key files; looked for as they stand.
    """

    def __init__(self, secrets: Iterable[str] = (), key_lines: Iterable[str] = ()) -> None:
        values = sorted({one for one in secrets if len(one) >= SHORTEST}, key=len, reverse=True)
        lines = (_Form(one.encode(), None) for one in sorted(set(key_lines)) if len(one) >= _CERTAIN)
        self._forms = (*(form for value in values for form in _forms(value)), *lines)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._forms)} forms)"

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        found = text.encode("utf-8", "surrogatepass")
        cleared = self._without_known(found)
        if cleared is not found:
            text = cleared.decode("utf-8", "surrogatepass")
        return _without_shown(text)

    def octets(self, octets: bytes) -> bytes:
        """Return a message without secrets; the same object where it holds none."""
        cleared = self._without_known(octets)
        if self._disguised(cleared):
            return MARK.encode()
        # Every octet is one character of this coding, and comes back as it was.
        text = cleared.decode("latin-1")
        shown = _without_shown(text)
        return cleared if shown == text else shown.encode("latin-1")

    def headers(self, headers: Iterable[tuple[str, str]] | Mapping[str, str]) -> dict[str, str]:
        """Return HTTP headers, names in lower case, without the values that carry credentials."""
        pairs = headers.items() if hasattr(headers, "items") else headers
        return {
            name.lower(): MARK if name.lower() in _CREDENTIAL_HEADERS else self.text(value)
            for name, value in pairs
        }

    def _without_known(self, octets: bytes) -> bytes:
        for form in self._forms:
            if form.octets in octets:
                if form.pattern is None:
                    octets = octets.replace(form.octets, MARK.encode())
                else:
                    octets = form.pattern.sub(MARK.encode(), octets)
        return octets

    def _disguised(self, octets: bytes) -> bool:
        """Whether a secret shows in octets once they are read as XML reads them."""
        texts = []
        if b"\x00" in octets:
            shifted = (octets, octets[1:])
            texts += [
                one.decode(coding, "ignore") for one in shifted for coding in ("utf-16-le", "utf-16-be")
            ]
        if b"&#" in octets:
            texts.append(octets.decode("utf-8", "replace"))
        for text in texts:
            plain = html.unescape(text).encode("utf-8", "surrogatepass")
            if self._without_known(plain) != plain:
                return True
        return False


def _forms(value: str) -> Iterator[_Form]:
    """The ways in which a value may be written, plain ones first."""
    written = [value, escape(value), escape(value, {'"': "&quot;", "'": "&apos;"}), quote(value, safe="")]
    written += [json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    certain = len(value) >= _CERTAIN
    for text in dict.fromkeys(written):
        octets = text.encode("utf-8", "surrogatepass")
        bounded = rb"(?<![A-Za-z0-9])%b(?![A-Za-z0-9])" % re.escape(octets)
        yield _Form(octets, None if certain else re.compile(bounded))
    if certain:
        for core in dict.fromkeys(_base64_cores(value.encode("utf-8", "surrogatepass"))):
            yield _Form(core, None)


def _base64_cores(octets: bytes) -> Iterator[bytes]:
    """What base64 makes of a secret wherever it stands in what was encoded, in both alphabets.

    A character of base64 holds 6 bits: only those that hold nothing but bits of the secret are its own.
    """
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + octets)
        first = (before * 8 + 5) // 6
        last = (before + len(octets)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def _without_shown(text: str) -> str:
    """Take out what shows by itself that it is a secret."""
    lowered = text.lower()
    if any(hint in lowered for hint in _HINTS):
        text = _PRIVATE_KEY.sub(MARK, text)
        text = _HEADER.sub(rf"\1\2{MARK}", text)
        text = _CREDENTIALS.sub(rf"\1\2{MARK}", text)
        text = _JSON_WEB_TOKEN.sub(MARK, text)
    if "@" in text:
        text = _USER_INFO.sub(rf"\1{MARK}@", text)
    return text
