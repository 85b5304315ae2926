"""The files of a TLS end, checked before anything connects: so that what is wrong is told by file and reason.

TLS certificates need no EUI, role or curve of the interface: they are whatever both ends agree upon.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from dsp_conformance.smki.certificates import check_validity, unreadable
from dsp_conformance.smki.errors import Defect, SmkiError
from dsp_conformance.smki.files import PemBlock, pem_blocks, read_contents
from dsp_conformance.smki.keys import load_any_private_key

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.smki.files import Contents
    from dsp_conformance.tls.settings import OwnCertificate

__all__ = ["Purpose", "check_authorities", "check_own"]

_WHAT = "certificate"
_EXPECTED = "certificates in PEM form"
_CONVERT = "Convert DER with `openssl x509 -inform DER -in FILE`, a PKCS #12 file with `openssl pkcs12`."
_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})


class Purpose(Enum):
    """What an end's own certificate is for, as extended key usage (RFC 5280, 4.2.1.12)."""

    CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
    SERVER = ExtendedKeyUsageOID.SERVER_AUTH


def check_own(own: OwnCertificate, purpose: Purpose, *, now: datetime | None = None) -> x509.Certificate:
    """Check that an end's own certificate and key can be read, are valid, fit each other and their purpose.

    Args:
        own: the files.
        purpose: which end it is.
        now: the time, with its zone, at which the certificates have to be valid; the clock's if left out.

    Returns:
        The end's own certificate.

    Raises:
        SmkiError: for the first thing that is wrong; `what` is "private key" where it is the key.
    """
    certificate, *_ = _certificates(own.certificate, now)
    _check_purpose(certificate, purpose, own.certificate)
    key = load_any_private_key(own.key, password=own.password)
    if key.public_key() != certificate.public_key():
        expected, found = f"the key of the first certificate in {own.certificate}", "another key"
        hint = "Configure the key that the certificate was made for, and its own certificate first."
        raise SmkiError(Defect.PAIR, "private key", expected, found, hint, own.key)
    return certificate


def check_authorities(path: Path, *, now: datetime | None = None) -> tuple[x509.Certificate, ...]:
    """Check that a file holds certificates of authorities that can be trusted, one or more.

    Raises:
        SmkiError: it does not, or one of them is not valid now.
    """
    return _certificates(path, now)


def _certificates(path: Path, now: datetime | None) -> tuple[x509.Certificate, ...]:
    contents = read_contents(path, _WHAT)
    blocks = [block for block in pem_blocks(contents) if block.label in _LABELS]
    if not blocks:
        raise contents.problem(Defect.WRONG_CONTENT, _EXPECTED, "none", _CONVERT)
    when = now or datetime.now(UTC)
    return tuple(_certificate(block, contents, when) for block in blocks)


def _certificate(block: PemBlock, contents: Contents, when: datetime) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(block.contents.octets)
        tuple(certificate.subject)
        certificate.public_key()
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise unreadable(replace(contents, octets=block.contents.octets), _EXPECTED, error) from None
    check_validity(certificate, contents, when)
    return certificate


def _check_purpose(certificate: x509.Certificate, purpose: Purpose, path: Path) -> None:
    try:
        allowed = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return  # a certificate that restricts nothing is for everything
    if purpose.value in allowed or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in allowed:
        return
    end = purpose.name.lower()
    other = "server" if purpose is Purpose.CLIENT else "client"
    usages = ", ".join(each.dotted_string for each in allowed)
    found = f"one that is not for it (extended key usage {usages})"
    hint = f"A TLS {other}'s certificate does not serve a TLS {end}: have one issued for both, or another."
    raise SmkiError(Defect.KEY_USE, _WHAT, f"a certificate for a TLS {end}", found, hint, path)
