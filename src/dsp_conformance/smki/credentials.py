"""A certificate together with its private key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509  # noqa: TC002  # type checkers of callers, and pydantic, resolve the fields
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: TC002  # as above
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from dsp_conformance.smki.certificates import check_certificate, load_certificate
from dsp_conformance.smki.errors import Defect, SmkiError
from dsp_conformance.smki.identity import CertificateIdentity, KeyUse, identity_of
from dsp_conformance.smki.keys import load_private_key

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from dsp_conformance.base.eui64 import Eui64

__all__ = ["Credential", "load_credential"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and the private key that belongs to it. Two are equal if their certificates are.

    Attributes:
        certificate: for a P-256 key.
        private_key: left out of every rendering.
    """

    certificate: x509.Certificate
    private_key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)

    @property
    def identity(self) -> CertificateIdentity:
        """Whom the certificate names, read anew each time."""
        return identity_of(self.certificate)

    def certificate_pem(self) -> bytes:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def private_key_pem(self, *, password: str | None = None) -> bytes:
        """Return the private key as PEM (PKCS #8), encrypted if there is a password. Not for logs."""
        protection = NoEncryption() if password is None else BestAvailableEncryption(password.encode())
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


def load_credential(
    certificate_path: Path | str,
    key_path: Path | str,
    *,
    password: str | None = None,
    eui: Eui64 | None = None,
    roles: Collection[int] | None = None,
    use: KeyUse | None = None,
    now: datetime | None = None,
    in_force: bool = True,
) -> Credential:
    """Load a certificate and its private key, and check that they are what they are configured for.

    Args:
        certificate_path: the party's one certificate, PEM or DER.
        key_path: its private key, PEM or DER; may be the same PEM file.
        password: opens an encrypted key; not used for one that is not encrypted.
        eui: whom the certificate has to name; None takes any.
        roles: roles that the certificate may have; None takes any.
        use: what the certificate's key has to be for; None takes any.
        now: the time, with its zone, at which the certificate has to be valid; the clock's if left out.
        in_force: whether it has to be valid at all.

    Raises:
        SmkiError: for the first thing that is wrong, with its `defect` and the path of the file to look at.
    """
    certificate_path, key_path = Path(certificate_path), Path(key_path)
    certificate = load_certificate(certificate_path, at=now, in_force=in_force)
    check_certificate(certificate, eui=eui, roles=roles, use=use, path=certificate_path)
    private_key = load_private_key(key_path, password=password)
    if private_key.public_key() != certificate.public_key():
        expected, found = f"the key of the certificate {certificate_path}", "another key"
        hint = "Configure the key and the certificate of the same party and purpose."
        raise SmkiError(Defect.PAIR, "private key", expected, found, hint, key_path)
    return Credential(certificate, private_key)
