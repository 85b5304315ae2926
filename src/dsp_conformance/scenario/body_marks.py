"""Marks in request bodies: words in braces that stand for what only the run knows, such as ``{device}``.

A body of the folder says ``<DeviceID>{device}</DeviceID>``, and the request that is sent names the Device it
is about. Every word in braces is a mark: one of `Mark`, or a time. ``{now}``, ``{now-2d}`` and ``{now+5s}``
are the moment of the request, two days before it and five seconds after it (``xs:dateTime``, UTC, whole
seconds); ``{today}`` and ``{today+1d}`` are dates (``xs:date``).
"""

import base64
import difflib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Final, Self, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.pki import EphemeralPki

_MARK: Final = re.compile(r"\{([^{}]*)\}")
_TIME: Final = re.compile(r"(now|today)(?:([+-]\d{1,4})([ds]))?")
_TIMES: Final = ("now", "now+1d", "now-1d", "now+1s", "today", "today+1d", "today-1d")
_UNITS: Final = {"d": timedelta(days=1), "s": timedelta(seconds=1)}
_FORMS: Final = {"now": "%Y-%m-%dT%H:%M:%SZ", "today": "%Y-%m-%d"}
_MADE_UP_PREFIX: Final = bytes.fromhex("90B3D51F30")
_Value = TypeVar("_Value")


class Mark(StrEnum):
    """The words of the marks that stand for Devices, certificates and messages; the value is the word."""

    DEVICE = "device"
    """EUI of the Device that the request is about."""
    OTHER_DEVICE = "other device"
    """EUI of a second Device, such as the one to join with."""
    SIGNING_CERTIFICATE = "signing certificate"
    """The Service User's own certificate for signing Pre-Commands; base64 of DER like the others."""
    KEY_AGREEMENT_CERTIFICATE = "key agreement certificate"
    """The Service User's own certificate for the MAC of Devices' responses."""
    DEVICE_CERTIFICATE = "device certificate"
    """A signing certificate of the Device that the request is about."""
    ISSUING_CERTIFICATE = "issuing certificate"
    """The certificate of the authority that issued the three others."""
    DEVICE_RESPONSE = "device response"
    """Base64 of the GBCS message with which a Device answered a locally delivered command."""


class MarkUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A body asks for something that does not exist or that was not given.

    Attributes:
        expected: what should be there instead.
        found: the mark in its braces.
        nearest: the valid mark that may have been meant; empty where there is none.
    """

    def __init__(self, expected: str, found: str, nearest: str = "") -> None:
        super().__init__(expected, found, nearest)
        self.expected = expected
        self.found = found
        self.nearest = nearest

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        return f"expected {self.expected}, found {self.found}{hint}"


@dataclass(frozen=True, slots=True)
class BodyCertificates:
    """What the marks of certificates stand for.

    Attributes:
        signing: the Service User's, for GBCS signatures.
        key_agreement: the Service User's, for GBCS key agreement.
        device: the Device's, for GBCS signatures.
        issuing: the issuing authority's.
    """

    signing: x509.Certificate
    key_agreement: x509.Certificate
    device: x509.Certificate
    issuing: x509.Certificate

    @classmethod
    def made_up(cls, user: Eui64 | None = None, device: Eui64 | None = None) -> Self:
        """Issue certificates that only a DSP takes which trusts the PKI of this process, or looks at none.

        Args:
            user: the Service User; a made-up one if left out.
            device: the Device; a made-up one if left out.
        """
        pki = _pki()
        held = pki.service_user(user or _made_up_eui())
        return cls(
            signing=held.gbcs_signing.certificate,
            key_agreement=held.gbcs_key_agreement.certificate,
            device=pki.device(device or _made_up_eui()).signing.certificate,
            issuing=pki.issuing.certificate,
        )


@dataclass(frozen=True, slots=True)
class Filling:
    """What the marks of one request stand for; None for what the request is not known to need.

    Attributes:
        device_id: the Device that the request is about.
        other_device_id: a second Device.
        certificates: made up at the first mark that asks for one if left out.
        device_response: the Device's GBCS message.
        now: the moment of the request, with its zone.
    """

    device_id: Eui64 | None = None
    other_device_id: Eui64 | None = None
    certificates: BodyCertificates | None = None
    device_response: bytes | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def fill(self, text: str) -> str:
        """Return a text with what its marks stand for in their places.

        Raises:
            MarkUnusable: a mark is unknown, or stands for something that was not given.
        """
        return _MARK.sub(lambda found: self._value(found[1]), text)

    def _value(self, word: str) -> str:
        if (time := _TIME.fullmatch(word)) is not None:
            later = int(time[2]) * _UNITS[time[3]] if time[2] else timedelta()
            return (self.now.astimezone(UTC) + later).strftime(_FORMS[time[1]])
        match mark_named(word):
            case Mark.DEVICE as mark:
                return str(_given(mark, self.device_id, "a Device that the request is about"))
            case Mark.OTHER_DEVICE as mark:
                return str(_given(mark, self.other_device_id, "a second Device"))
            case Mark.DEVICE_RESPONSE as mark:
                octets = _given(mark, self.device_response, "a message with which the Device answered")
                return base64.b64encode(octets).decode()
            case mark:
                return base64.b64encode(self._certificate(mark).public_bytes(Encoding.DER)).decode()

    def _certificate(self, mark: Mark) -> x509.Certificate:
        certificates = self.certificates or BodyCertificates.made_up(device=self.device_id)
        return {
            Mark.SIGNING_CERTIFICATE: certificates.signing,
            Mark.KEY_AGREEMENT_CERTIFICATE: certificates.key_agreement,
            Mark.DEVICE_CERTIFICATE: certificates.device,
            Mark.ISSUING_CERTIFICATE: certificates.issuing,
        }[mark]


def mark_named(word: str) -> Mark:
    """Return the mark of a word that stood in braces and is no time.

    Raises:
        MarkUnusable: there is no such mark.
    """
    try:
        return Mark(word)
    except ValueError:
        words = [*Mark, *_TIMES]
        close = difflib.get_close_matches(word.strip().lower(), words, n=1)
        nearest = f"{{{close[0]}}}" if close else ""
        listed = ", ".join(f"{{{mark}}}" for mark in Mark)
        raise MarkUnusable(f"{listed}, or a time such as {{now-1d}}", f"{{{word}}}", nearest) from None


def marks_in(text: str) -> Iterator[Mark]:
    """Yield the marks of a text that do not stand for times.

    Raises:
        MarkUnusable: one is unknown.
    """
    for word in _MARK.findall(text):
        if _TIME.fullmatch(word) is None:
            yield mark_named(word)


def _given(mark: Mark, value: _Value | None, expected: str) -> _Value:
    if value is None:
        raise MarkUnusable(expected, f"none to put in the place of {{{mark}}}")
    return value


@cache
def _pki() -> EphemeralPki:
    return EphemeralPki.create()


def _made_up_eui() -> Eui64:
    return Eui64(_MADE_UP_PREFIX + secrets.token_bytes(3))
