"""A complete PKI for tests, made afresh in milliseconds and never meant to be trusted by anything real."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from dsp_conformance.base.eui64 import Eui64  # noqa: TC001  # callers' tools resolve the fields
from dsp_conformance.smki.credentials import Credential  # noqa: TC001  # as above
from dsp_conformance.smki.files import write_file
from dsp_conformance.smki.identity import CertificateRole, KeyUse
from dsp_conformance.smki.issuing import Issuer, Validity, root_authority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "DeviceCredentials",
    "DspCredentials",
    "EphemeralPki",
    "IssuedCredentials",
    "TlsCredentials",
    "UserCredentials",
]

_YEAR = timedelta(days=366)
_CLOCK_DIFFERENCE = timedelta(hours=1)
_file_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}").fullmatch


@dataclass(frozen=True, slots=True)
class UserCredentials:
    """What a ServiceUser holds.

    Attributes:
        eui: whose they are.
        xml_signing: role USER_XML_SIGNING, signs DUIS messages.
        gbcs_signing: the User's GBCS role, signs Pre-Commands.
        gbcs_key_agreement: the User's GBCS role, for the MAC of Devices' responses.
    """

    eui: Eui64
    xml_signing: Credential
    gbcs_signing: Credential
    gbcs_key_agreement: Credential

    def files(self) -> Mapping[str, Credential]:
        """Name the files, without their ending, in the folder of a PKI."""
        stem = f"users/{self.eui}"
        return {
            f"{stem}/xml-signing": self.xml_signing,
            f"{stem}/gbcs-signing": self.gbcs_signing,
            f"{stem}/gbcs-key-agreement": self.gbcs_key_agreement,
        }


@dataclass(frozen=True, slots=True)
class DspCredentials:
    """What a DSP holds.

    Attributes:
        eui: whose they are; in the published samples the access control broker's EUI is the DSP's.
        xml_signing: role DSP_XML_SIGNING, signs DUIS messages.
        gbcs_key_agreement: role ACCESS_CONTROL_BROKER, for the MACs between the DSP and Devices.
    """

    eui: Eui64
    xml_signing: Credential
    gbcs_key_agreement: Credential

    def files(self) -> Mapping[str, Credential]:
        """Name the files, without their ending, in the folder of a PKI."""
        stem = f"dsp/{self.eui}"
        return {
            f"{stem}/xml-signing": self.xml_signing,
            f"{stem}/gbcs-key-agreement": self.gbcs_key_agreement,
        }


@dataclass(frozen=True, slots=True)
class DeviceCredentials:
    """What an emulated Device holds.

    No published certificate of a Device could be read. These have the other parties' shape, without a role.

    Attributes:
        eui: whose they are.
        signing: signs responses and alerts of SR11.3.
        key_agreement: for the MACs of responses to SR11.2.
    """

    eui: Eui64
    signing: Credential
    key_agreement: Credential

    def files(self) -> Mapping[str, Credential]:
        """Name the files, without their ending, in the folder of a PKI."""
        stem = f"devices/{self.eui}"
        return {f"{stem}/signing": self.signing, f"{stem}/key-agreement": self.key_agreement}


@dataclass(frozen=True, slots=True)
class TlsCredentials:
    """What one end of a TLS connection holds.

    Attributes:
        name: the subject's common name and the files' name.
        credential: the end's own certificate and key.
        issuer: the issuing authority, whose certificate is sent along.
    """

    name: str
    credential: Credential
    issuer: Credential

    def files(self) -> Mapping[str, Credential]:
        """Name the files, without their ending, in the folder of a PKI."""
        return {f"tls/{self.name}": self.credential}

    def chain_pem(self) -> bytes:
        """Return the own certificate and then the issuing authority's as PEM, as TLS sends them."""
        return self.credential.certificate_pem() + self.issuer.certificate_pem()


IssuedCredentials: TypeAlias = UserCredentials | DspCredentials | DeviceCredentials | TlsCredentials
"""What an EphemeralPki hands out."""


@dataclass(frozen=True, slots=True)
class EphemeralPki:
    """A root, an issuing authority under it, and whatever that issues; safe to share among threads.

    It keeps nothing of what it issued, so it may issue for as long as a stub runs.

    Example:
        >>> pki = EphemeralPki.create()
        >>> user = pki.service_user(Eui64.parse("90-B3-D5-1F-30-01-00-00"))
        >>> user.xml_signing.identity.role == CertificateRole.USER_XML_SIGNING
        True

    Attributes:
        root: the trust anchor.
        issuer: the issuing authority.
    """

    root: Credential
    issuer: Issuer

    @classmethod
    def create(cls, *, now: datetime | None = None, lifetime: timedelta = _YEAR) -> EphemeralPki:
        """Make a new PKI.

        Args:
            now: the time, with its zone, at which it is made; the clock's if left out.
            lifetime: how long from then on every certificate is valid. Each is valid from an hour before, for
                parties whose clocks differ.
        """
        begin = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        validity = Validity(begin - _CLOCK_DIFFERENCE, begin + lifetime)
        root = root_authority("Test Root", validity)
        return cls(root.credential, Issuer.of(root.authority("Test Issuer"), validity))

    @property
    def issuing(self) -> Credential:
        """The issuing authority's certificate and key."""
        return self.issuer.credential

    def trust_pem(self) -> bytes:
        """Return the certificates of the root and of the issuing authority as PEM."""
        return self.root.certificate_pem() + self.issuing.certificate_pem()

    def service_user(
        self, eui: Eui64, gbcs_role: CertificateRole = CertificateRole.SUPPLIER
    ) -> UserCredentials:
        """Issue a ServiceUser's three certificates; `GBCS_ROLES` tells the GBCS role of a user role."""
        return UserCredentials(
            eui,
            xml_signing=self.issuer.party(eui, KeyUse.SIGNING, CertificateRole.USER_XML_SIGNING),
            gbcs_signing=self.issuer.party(eui, KeyUse.SIGNING, gbcs_role),
            gbcs_key_agreement=self.issuer.party(eui, KeyUse.KEY_AGREEMENT, gbcs_role),
        )

    def dsp(self, eui: Eui64) -> DspCredentials:
        """Issue a DSP's two certificates."""
        return DspCredentials(
            eui,
            xml_signing=self.issuer.party(eui, KeyUse.SIGNING, CertificateRole.DSP_XML_SIGNING),
            gbcs_key_agreement=self.issuer.party(
                eui, KeyUse.KEY_AGREEMENT, CertificateRole.ACCESS_CONTROL_BROKER
            ),
        )

    def device(self, eui: Eui64) -> DeviceCredentials:
        """Issue an emulated Device's two certificates."""
        return DeviceCredentials(
            eui,
            signing=self.issuer.party(eui, KeyUse.SIGNING),
            key_agreement=self.issuer.party(eui, KeyUse.KEY_AGREEMENT),
        )

    def tls_server(self, hosts: Iterable[str], *, name: str = "server") -> TlsCredentials:
        """Issue a TLS server's certificate.

        Args:
            hosts: DNS names and IP addresses under which clients reach it, at least one.
            name: of the files, and common name; letters, digits, '.', '_' and '-'.

        Raises:
            ValueError: if there is no host, or one is not in ASCII, or the name has another form.
        """
        hosts = tuple(hosts)
        if not hosts:
            raise ValueError("a TLS server's certificate needs at least one host")
        return TlsCredentials(_checked(name), self.issuer.tls_server(name, hosts), self.issuing)

    def tls_client(self, name: str = "client") -> TlsCredentials:
        """Issue a TLS client's certificate; the name as for `tls_server`.

        Raises:
            ValueError: if the name has another form.
        """
        return TlsCredentials(_checked(name), self.issuer.tls_client(name), self.issuing)

    def write(self, folder: Path | str, issued: Iterable[IssuedCredentials] = ()) -> tuple[Path, ...]:
        """Write PEM files, in place of those already there.

        ```
        root.pem  issuing.pem           the authorities' certificates; their keys are not written
        users/<EUI>/xml-signing.pem     xml-signing.key.pem   likewise gbcs-signing and gbcs-key-agreement
        dsp/<EUI>/xml-signing.pem       xml-signing.key.pem   likewise gbcs-key-agreement
        devices/<EUI>/signing.pem       signing.key.pem       likewise key-agreement
        tls/<name>.pem                  <name>.key.pem        the issuing authority's certificate comes behind
        ```
        Private keys are not encrypted and can be read by their owner only (mode 0600).

        Args:
            folder: made if it is not there.
            issued: what to write beside the authorities' certificates.

        Returns:
            The files written.

        Raises:
            SmkiError: if a file cannot be written.
        """
        folder = Path(folder)
        written: list[Path] = []

        def put(name: str, octets: bytes, *, private: bool = False) -> None:
            path = folder / name
            write_file(path, octets, private=private, what="private key" if private else "certificate")
            written.append(path)

        put("root.pem", self.root.certificate_pem())
        put("issuing.pem", self.issuing.certificate_pem())
        for party in issued:
            chain = party.chain_pem() if isinstance(party, TlsCredentials) else None
            for name, credential in party.files().items():
                put(f"{name}.pem", chain or credential.certificate_pem())
                put(f"{name}.key.pem", credential.private_key_pem(), private=True)
        return tuple(written)


def _checked(name: str) -> str:
    if _file_name(name) is None:
        raise ValueError(f"{name!r} is no name for a file: use letters, digits, '.', '_' and '-', 64 at most")
    return name
