"""The tester's signature of a manifest: detached, as OpenSSL makes it.

It is RSA (PKCS #1 v1.5) or ECDSA, with SHA-256. How to check it without this suite:

    openssl x509 -in tester.pem -noout -pubkey > tester.pub
    openssl dgst -sha256 -verify tester.pub -signature MANIFEST.sha256.sig MANIFEST.sha256
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from dsp_conformance.pack.errors import PackError
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.smki.files import read_contents
from dsp_conformance.smki.keys import describe_key, load_any_private_key

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_KINDS = "an RSA key, or an elliptic-curve key"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs packs.

    Attributes:
        key: the tester's private key.
        certificate: the tester's certificate.
    """

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.certificate.subject.rfc4514_string()!r})"

    def sign(self, octets: bytes) -> bytes:
        """Return a detached signature."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), SHA256())
        return self.key.sign(octets, ec.ECDSA(SHA256()))

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)


def load_signer(key: Path, certificate: Path, password: str | None) -> Signer:
    """Load the tester's key and certificate.

    Raises:
        PackError: they cannot be used, or do not belong together.
    """
    try:
        loaded = load_any_private_key(key, password=password)
    except SmkiError as error:
        raise PackError(str(error)) from None
    if not isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise PackError(f"{key} cannot sign a pack", expected=_KINDS, found=describe_key(loaded))
    held = load_pem(certificate)
    if held.public_key() != loaded.public_key():
        raise PackError(
            f"the key {key} does not belong to the certificate {certificate}",
            hint="give the certificate that was issued for this key",
        )
    return Signer(loaded, held)


def load_pem(path: Path) -> x509.Certificate:
    """Load the first certificate of a file, PEM or DER.

    Raises:
        PackError: there is none.
    """
    try:
        return read_certificate(read_contents(path, "certificate").octets, str(path))
    except SmkiError as error:
        raise PackError(str(error)) from None


def read_certificate(octets: bytes, name: str) -> x509.Certificate:
    """Read a certificate with a public key that can check a pack.

    Raises:
        PackError: it is none.
    """
    pem = b"-----BEGIN" in octets
    try:
        load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
        certificate = load(octets)
        key = certificate.public_key()
        certificate.subject.rfc4514_string()
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise PackError(f"{name} holds no certificate that can be read", found=str(error)[:200]) from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise PackError(f"{name} cannot check a pack", expected=_KINDS, found=describe_key(key))
    return certificate


def is_signed_by(certificate: x509.Certificate, signature: bytes, octets: bytes) -> bool:
    """Tell whether a detached signature is that of a certificate's key."""
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, padding.PKCS1v15(), SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, octets, ec.ECDSA(SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def why_not_issued(certificate: x509.Certificate, authority: x509.Certificate, at: datetime | None) -> str:
    """Why a certificate is not one that an authority issued itself, and that lasted; empty if it is.

    When a pack was signed nobody can tell, but it was after its run.

    Args:
        certificate: the tester's.
        authority: the authority's.
        at: the end of the run, at which neither may have expired; None where it is not known.
    """
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return f"it was not issued by {authority.subject.rfc4514_string()}"
    for one in (certificate, authority):
        if at is not None and one.not_valid_after_utc < at:
            return f"that of {one.subject.rfc4514_string()} had expired before the run ended"
    try:
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return "the authority's certificate does not say that it may issue any"
    return "" if constraints.ca else "the authority's certificate says that it may not issue any"
