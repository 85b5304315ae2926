"""Certificates: loaded, and checked against what they are configured for."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from dsp_conformance.smki.errors import Defect, SmkiError
from dsp_conformance.smki.files import Contents, bounded, pem_blocks, read_contents
from dsp_conformance.smki.identity import CertificateIdentity, CertificateRole, KeyUse, identity_of, uses_of
from dsp_conformance.smki.keys import describe_key, is_p256

if TYPE_CHECKING:
    from collections.abc import Collection

    from dsp_conformance.base.eui64 import Eui64

__all__ = [
    "CertificateIdentity",
    "CertificateRole",
    "KeyUse",
    "check_certificate",
    "check_validity",
    "identity_of",
    "load_certificate",
    "load_certificates",
    "oddities_of",
    "parse_certificates",
    "public_key_of",
    "unreadable",
]

_WHAT = "certificate"
_EXPECTED = "a certificate in PEM or DER form"
_HINT = "Give the certificate itself; `openssl x509 -in FILE -text` shows what is in it."
_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
_NULL_PARAMETERS = re.compile(rb"\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03[\x01-\x04]\x05\x00")
"""An AlgorithmIdentifier of ecdsa-with-SHA2 and NULL, in DER."""


def load_certificate(
    path: Path | str, *, at: datetime | None = None, in_force: bool = True
) -> x509.Certificate:
    """Load the one certificate in a file.

    Args:
        path: PEM (anything but certificates in it is skipped) or DER.
        at: the time, with its zone, at which the certificate has to be valid; now if left out.
        in_force: whether it has to be valid at all. Where only its key is used, it need not be (wire.md).

    Raises:
        SmkiError: if there is not exactly one, or it is not for a P-256 key, or not valid at the time.
    """
    certificates = load_certificates(path, at=at, in_force=in_force)
    if len(certificates) != 1:
        found = f"{len(certificates)} certificates"
        hint = "Keep the party's own certificate, without its issuers'."
        raise SmkiError(Defect.WRONG_CONTENT, _WHAT, "one certificate", found, hint, Path(path))
    return certificates[0]


def load_certificates(
    path: Path | str, *, at: datetime | None = None, in_force: bool = True
) -> tuple[x509.Certificate, ...]:
    """Load every certificate in a file, one or more, in the file's order; otherwise as `load_certificate`."""
    return _certificates_in(read_contents(Path(path), _WHAT), _moment(at, in_force=in_force))


def parse_certificates(
    octets: bytes, *, at: datetime | None = None, in_force: bool = True
) -> tuple[x509.Certificate, ...]:
    """Read certificates out of octets that came some other way than by a file; as `load_certificates`."""
    return _certificates_in(bounded(Contents(_WHAT, octets)), _moment(at, in_force=in_force))


def oddities_of(certificate: x509.Certificate, *, roles: Collection[int], at: datetime) -> tuple[str, ...]:
    """Tell what is odd about a certificate of which only the key is used (wire.md): its dates, its role.

    Args:
        certificate: the certificate.
        roles: which roles it should have.
        at: the time, with its zone, at which it should be valid.
    """
    odd = []
    if at > (end := certificate.not_valid_after_utc):
        odd.append(f"expired at {end.isoformat()}")
    if at < (begin := certificate.not_valid_before_utc):
        odd.append(f"is valid only from {begin.isoformat()}")
    role = identity_of(certificate).role
    if role not in roles:
        found = "no role" if role is None else f"role {_role_name(role)}"
        odd.append(f"has {found} in its OU instead of {_named(roles)}")
    return tuple(odd)


def public_key_of(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The certificate's key, on P-256: the only curve of the interface (wire.md, signature profile).

    Raises:
        SmkiError: if it is of another kind (KEY_TYPE), on another curve (CURVE) or no key at all (DAMAGED).
    """
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        defect, found = Defect.KEY_TYPE, "a key of an unknown kind"
    except (ValueError, TypeError):
        defect, found = Defect.DAMAGED, "octets that cannot be read as a key"
    else:
        if isinstance(key, ec.EllipticCurvePublicKey) and is_p256(key):
            return key
        defect = Defect.CURVE if isinstance(key, ec.EllipticCurvePublicKey) else Defect.KEY_TYPE
        found = describe_key(key)
    raise SmkiError(defect, _WHAT, "a key on P-256 (secp256r1) in it", found, _HINT)


def check_certificate(
    certificate: x509.Certificate,
    *,
    eui: Eui64 | None = None,
    roles: Collection[int] | None = None,
    use: KeyUse | None = None,
    path: Path | None = None,
) -> CertificateIdentity:
    """Check that a certificate names the party that it is configured for; what is None is not checked.

    Args:
        certificate: the certificate.
        eui: whose it should be.
        roles: which roles it may have. A role written in decimal counts as the role it means.
        use: what its key should be for. A certificate that restricts nothing is for everything.
        path: the file it came from, for the error's sake.

    Returns:
        The identity that was found.

    Raises:
        SmkiError: if any of that is not so.
    """
    identity = identity_of(certificate)
    if eui is not None and identity.eui != eui:
        found = "none" if identity.eui is None else str(identity.eui)
        hint = "Configure the certificate of this party, or the EUI that stands in it."
        raise SmkiError(Defect.EUI, _WHAT, f"EUI {eui} in the subject (2.5.4.45)", found, hint, path)
    if roles is not None and identity.role not in roles:
        found = "none" if identity.role is None else _role_name(identity.role)
        expected = f"role {_named(roles)} in the subject (OU)"
        hint = "One party has certificates of several roles: configure the one for this purpose."
        raise SmkiError(Defect.ROLE, _WHAT, expected, found, hint, path)
    if use is not None and use not in uses_of(certificate):
        hint = "A party has certificates for signing and for key agreement: configure the one for this."
        found = "a certificate that is not for that"
        raise SmkiError(Defect.KEY_USE, _WHAT, f"key usage {use.value}", found, hint, path)
    return identity


def _named(roles: Collection[int]) -> str:
    return " or ".join(map(_role_name, sorted(roles)))


def _role_name(role: int) -> str:
    known = role in CertificateRole.__members__.values()
    return f"{role:02X} ({CertificateRole(role).name})" if known else f"{role:02X}"


def _moment(at: datetime | None, *, in_force: bool) -> datetime | None:
    return at or datetime.now(UTC) if in_force else None


def _certificates_in(contents: Contents, when: datetime | None) -> tuple[x509.Certificate, ...]:
    """Return them; they have to be valid then, if a time is given."""
    blocks = pem_blocks(contents)
    if not blocks:
        return (_usable(contents, when),)
    wanted = [block for block in blocks if block.label in _LABELS]
    if not wanted:
        labels = ", ".join(dict.fromkeys(block.label.lower() for block in blocks))
        raise contents.problem(Defect.WRONG_CONTENT, _EXPECTED, f"PEM of: {labels}", _HINT)
    if len(wanted) == 1:
        return (_usable(wanted[0].contents, when),)
    return tuple(
        _usable(replace(block.contents, what=f"{_WHAT} {number} of {len(wanted)} in"), when)
        for number, block in enumerate(wanted, 1)
    )


def _usable(contents: Contents, at: datetime | None) -> x509.Certificate:
    """Decode one certificate and see that everything that is asked of it later can be read."""
    pem = contents.octets.startswith(b"-----BEGIN ")
    load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    try:
        certificate = load(contents.octets)
        # The library decodes each part when it is first asked for: ask now, not in the middle of a run.
        tuple(certificate.issuer)
        identity_of(certificate)
        uses_of(certificate)
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (ValueError, TypeError, x509.InvalidVersion, SmkiError) as error:
        if not pem and _is_private_key(contents):
            raise contents.problem(Defect.WRONG_CONTENT, _EXPECTED, "a private key", _HINT) from None
        raise unreadable(contents, _EXPECTED, error) from None
    try:
        public_key_of(certificate)
    except SmkiError as error:
        raise contents.problem(error.defect, error.expected, error.found, error.hint) from None
    if at is not None:
        check_validity(certificate, contents, at)
    return certificate


def unreadable(contents: Contents, expected: str, reason: Exception) -> SmkiError:
    """Make the error about a certificate that cannot be read, which says what the library says.

    Args:
        contents: those of the certificate.
        expected: what they should be.
        reason: what the library raised.
    """
    said = f"{reason}" or type(reason).__name__
    if _NULL_PARAMETERS.search(_der(contents)) is not None:
        found = f"one whose ECDSA parameters are written as NULL, as old Java does ({said})"
        hint = (
            "Other programs read it, but this one's library does not: have it issued anew without these"
            " parameters, which RFC 5758 wants absent."
        )
        return contents.problem(Defect.DAMAGED, expected, found, hint)
    return contents.problem(Defect.DAMAGED, expected, f"octets that cannot be read as one ({said})", _HINT)


def _der(contents: Contents) -> bytes:
    """The octets of a certificate, out of PEM or as they are; nothing where that does not work."""
    if not contents.octets.startswith(b"-----BEGIN "):
        return contents.octets
    try:
        return base64.b64decode(b"".join(contents.octets.splitlines()[1:-1]))
    except ValueError:
        return b""


def check_validity(certificate: x509.Certificate, contents: Contents, at: datetime) -> None:
    """Check that a certificate is valid at a time; the contents are those it was read from.

    Raises:
        SmkiError: it has expired (EXPIRED), or is not valid yet (NOT_YET_VALID).
    """
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at > end:
        found, hint = f"one that expired at {end.isoformat()}", "Have it renewed, or check the clock."
        raise contents.problem(Defect.EXPIRED, f"one valid at {at.isoformat()}", found, hint)
    if at < begin:
        found, hint = f"one valid only from {begin.isoformat()}", "Wait until then, or check the clock."
        raise contents.problem(Defect.NOT_YET_VALID, f"one valid at {at.isoformat()}", found, hint)


def _is_private_key(contents: Contents) -> bool:
    try:
        load_der_private_key(contents.octets, None)
    except TypeError:
        return True  # that is how the library says that the key is encrypted
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True
