"""The certificates that a message may be signed with, found by what KeyInfo says of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance.smki.certificates import public_key_of
from dsp_conformance.smki.identity import CertificateIdentity, identity_of


@dataclass(frozen=True, slots=True)
class KnownSigner:
    """One certificate, with what verifying asks of it read beforehand.

    Attributes:
        identity: whom it names, and in which role.
        key: its public key, P-256.
        issuer: the parts of its issuer's name.
        not_before: in force from this moment on.
        not_after: in force up to this moment.
    """

    identity: CertificateIdentity
    key: ec.EllipticCurvePublicKey
    issuer: frozenset[str]
    not_before: datetime
    not_after: datetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "KnownSigner":
        """Read a certificate.

        Raises:
            SmkiError: its key is not on P-256, or its subject cannot be decoded.
        """
        return cls(
            identity_of(certificate),
            public_key_of(certificate),
            _name_parts(certificate.issuer.rfc4514_string()),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )


class KnownSigners:
    """The certificates that a message may be signed with, found by serial number and issuer.

    Args:
        certificates: XML signing certificates, P-256.

    Raises:
        SmkiError: a certificate's key is not on P-256.
        SmkiError: a certificate's subject cannot be decoded.
    """

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        self._by_serial: dict[int, list[KnownSigner]] = {}
        for certificate in certificates:
            signer = KnownSigner.of(certificate)
            self._by_serial.setdefault(certificate.serial_number, []).append(signer)

    def __len__(self) -> int:
        return sum(map(len, self._by_serial.values()))

    def find(self, serial: int, issuer: str) -> KnownSigner | None:
        """Return the signer of that serial number (up to 128 bits) and issuer.

        Writers of the issuer's name differ in the order of its parts, in spaces and in case, so the parts are
        compared as a set (``wire.md``, pitfalls).
        """
        candidates = self._by_serial.get(serial)
        if not candidates:
            return None
        parts = _name_parts(issuer)
        return next((each for each in candidates if each.issuer == parts), None)


def _name_parts(text: str) -> frozenset[str]:
    # An escaped comma splits a part in two, here as there: enough for a comparison.
    parts = re.split("[,;]", text)
    return frozenset(re.sub(r"\s*=\s*", "=", part.strip(), count=1).upper() for part in parts)
