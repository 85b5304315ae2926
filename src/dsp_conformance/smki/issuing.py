"""Issues certificates of the shape of the DCC's published sample (an XML signing certificate of a DSP).

Shape: X.509 version 3, ECDSA with SHA-256 on P-256; issuer `OU=07, CN=...`; subject the role (OU) and the EUI
(2.5.4.45, a BIT STRING of 8 octets); critical certificate policy and key usage; subject key identifier of 8
octets. Unlike in the sample, the role is two upper-case hexadecimal digits, the rule of wire.md, and the
authority key identifier is there, which strict TLS stacks ask for.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # callers' tools resolve the fields
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dsp_conformance.smki.credentials import Credential
from dsp_conformance.smki.identity import CertificateRole, KeyUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.base.eui64 import Eui64

__all__ = ["Issuer", "Validity", "root_authority"]

_LARGEST_SERIAL = 2**128 - 1
_POLICY = x509.CertificatePolicies(
    # The sample's policy. That of Devices' certificates is not public: theirs carry the same.
    [x509.PolicyInformation(x509.ObjectIdentifier("1.2.826.0.1.8641679.1.2.1.4"), None)]
)


def _usage(*, sign: bool = False, agree: bool = False, issue: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=agree,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


_USAGES = {KeyUse.SIGNING: _usage(sign=True), KeyUse.KEY_AGREEMENT: _usage(agree=True)}
_ISSUING_USAGE = _usage(issue=True)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate is valid, both with their zone, both inclusive, in whole seconds."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certification authority that issues certificates; safe to share among threads.

    Attributes:
        credential: the authority's own certificate and key.
        validity: the validity of whatever it issues.
        key_identifier: of the authority's key, worked out once because Devices are issued in bulk.
    """

    credential: Credential
    validity: Validity
    key_identifier: x509.AuthorityKeyIdentifier

    @classmethod
    def of(cls, credential: Credential, validity: Validity) -> Issuer:
        """Make an issuer of an authority's credential."""
        own = _subject_key_identifier(credential.private_key.public_key()).digest
        return cls(credential, validity, x509.AuthorityKeyIdentifier(own, None, None))

    def party(self, eui: Eui64, use: KeyUse, role: CertificateRole | None = None) -> Credential:
        """Issue a certificate to whoever has an EUI; a Device has no role."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(party_name(eui, role), key).add_extension(_POLICY, critical=True)
        return self._issue(builder.add_extension(_USAGES[use], critical=True), key)

    def authority(self, name: str) -> Credential:
        """Issue the certificate of an authority that issues to parties, not to further authorities."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _authority_name(CertificateRole.ISSUING_AUTHORITY, name)
        builder = _with_authority_extensions(self._builder(subject, key), path_length=0)
        return self._issue(builder, key)

    def tls_server(self, name: str, hosts: Iterable[str]) -> Credential:
        """Issue a TLS server's certificate; the hosts are DNS names or IP addresses."""
        alternatives = x509.SubjectAlternativeName([_host(host) for host in hosts])
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._tls(name, key, ExtendedKeyUsageOID.SERVER_AUTH)
        return self._issue(builder.add_extension(alternatives, critical=False), key)

    def tls_client(self, name: str) -> Credential:
        """Issue a TLS client's certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._issue(self._tls(name, key, ExtendedKeyUsageOID.CLIENT_AUTH), key)

    def _tls(
        self, name: str, key: ec.EllipticCurvePrivateKey, purpose: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key).add_extension(_USAGES[KeyUse.SIGNING], critical=True)
        return builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        builder = _basis(self.credential.certificate.subject, subject, key, self.validity)
        return builder.add_extension(self.key_identifier, critical=False)

    def _issue(self, builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> Credential:
        return Credential(builder.sign(self.credential.private_key, SHA256()), key)


def root_authority(name: str, validity: Validity) -> Issuer:
    """Make a root: a self-signed authority over one level of issuing authorities."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _authority_name(CertificateRole.ROOT, name)
    builder = _with_authority_extensions(_basis(subject, subject, key, validity), path_length=1)
    return Issuer.of(Credential(builder.sign(key, SHA256()), key), validity)


def party_name(eui: Eui64, role: CertificateRole | None) -> x509.Name:
    """Return the subject of a party's certificate: role (none for a Device), then EUI, as in the sample."""
    # The library hands a BIT STRING over whole: the count of unused bits comes first.
    unique = x509.NameAttribute(
        NameOID.X500_UNIQUE_IDENTIFIER, b"\x00" + eui.octets, _type=_ASN1Type.BitString
    )
    if role is None:
        return x509.Name([unique])
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"{role:02X}"), unique])


def _authority_name(role: CertificateRole, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"{role:02X}"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _basis(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey, validity: Validity
) -> x509.CertificateBuilder:
    public_key = key.public_key()
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public_key,
        serial_number=1 + secrets.randbelow(_LARGEST_SERIAL),
        not_valid_before=validity.begin,
        not_valid_after=validity.end,
    ).add_extension(_subject_key_identifier(public_key), critical=False)


def _with_authority_extensions(
    builder: x509.CertificateBuilder, *, path_length: int
) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True).add_extension(_ISSUING_USAGE, critical=True)


def _subject_key_identifier(public_key: ec.EllipticCurvePublicKey) -> x509.SubjectKeyIdentifier:
    """Method 2 of RFC 5280, 4.2.1.2, as in the sample: 0100 and the last 60 bits of the key's SHA-1."""
    point = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    digest = hashlib.sha1(point, usedforsecurity=False).digest()
    return x509.SubjectKeyIdentifier(bytes([0x40 | digest[-8] & 0x0F]) + digest[-7:])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
