"""The certificates that a message may be signed with, found by what KeyInfo says of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance.smki.certificates import public_key_of
from dsp_conformance.smki.identity import CertificateIdentity, identity_of
from dsp_conformance.smki.names import NameParts, parts_of, read_name

_EVER: Final = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class KnownSigner:
    """One certificate, with what verifying asks of it read beforehand.

    Attributes:
        identity: whom it names, and in which role.
        key: its public key, P-256.
        issuer: what its issuer's name says.
        not_before: in force from this moment on.
        not_after: in force up to this moment.
    """

    identity: CertificateIdentity
    key: ec.EllipticCurvePublicKey
    issuer: NameParts
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
            parts_of(certificate.issuer),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Who may have signed a message, by what it says of that.

    Attributes:
        signers: mostly one, or nobody.
        readable: whether the issuer's name could be read, so that it had a part in this.
    """

    signers: tuple[KnownSigner, ...]
    readable: bool = True


class KnownSigners:
    """The certificates that a message may be signed with, found by serial number and issuer.

    Args:
        certificates: XML signing certificates, P-256.
        dated: whether they have to be in force when a message comes; otherwise only their keys matter.

    Raises:
        SmkiError: a certificate's key is not on P-256.
        SmkiError: a certificate's subject cannot be decoded.
    """

    def __init__(self, certificates: Iterable[x509.Certificate], *, dated: bool = True) -> None:
        self._by_serial: dict[int, list[KnownSigner]] = {}
        for certificate in certificates:
            signer = KnownSigner.of(certificate)
            if not dated:
                signer = replace(signer, not_before=_EVER[0], not_after=_EVER[1])
            self._by_serial.setdefault(certificate.serial_number, []).append(signer)

    def __len__(self) -> int:
        return sum(map(len, self._by_serial.values()))

    def find(self, serial: int, issuer: str) -> Found:
        """Return whoever may have signed as that serial number (up to 128 bits) of that issuer.

        The number decides; names are compared as what they say (``wire.md``, pitfalls). Where the name cannot
        be read, whoever has the number comes into question, and the key tells.
        """
        candidates = tuple(self._by_serial.get(serial, ()))
        name = read_name(issuer) if candidates else None
        if name is None:
            return Found(candidates, readable=not candidates)
        return Found(tuple(each for each in candidates if each.issuer == name))
