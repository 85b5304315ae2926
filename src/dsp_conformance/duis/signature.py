"""Verifying a DUIS signature, with a diagnosis of which step failed rather than a yes or no.

The profile is fixed and why a signature is wrong is what the suite's readers ask, so the verifier is the
project's own on lxml and cryptography (``wire.md``, XML signature profile); xmlsec and signxml cross-check it in
the tests.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from dsp_conformance.duis import signature_profile as profile
from dsp_conformance.duis.namespaces import ds
from dsp_conformance.duis.reading import child_elements, local_name, octets_from_base64
from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki.certificates import CertificateIdentity, identity_of

_ECDSA: Final = ec.ECDSA(SHA256())


class SignatureOutcome(StrEnum):
    """What verifying found; everything but the first two is a refusal that names the failed step."""

    VALID = "valid"
    VALID_AFTER_WHITESPACE_REMOVAL = "verifies only after white space is removed"
    UNSIGNED = "unsigned"
    STRUCTURE = "signature element out of place or incomplete"
    ALGORITHM = "not the algorithms of the profile"
    CERTIFICATE = "signing certificate unknown or not in force"
    VALUE_FORM = "signature value is not raw r and s of 32 octets each"
    KEY = "signature value does not verify with the certificate's key"
    DIGEST = "the document was changed after signing"
    ROLE = "the signing certificate has another role"
    ORIGINATOR = "the signing certificate belongs to somebody else"


@dataclass(frozen=True, slots=True)
class SignatureDiagnosis:
    """The result of verifying one message.

    Attributes:
        outcome: valid, or the step that failed.
        detail: what was expected and what came; empty where valid.
        signer: the EUI-64 in the signing certificate, once the certificate is known.
        notes: lawful oddities worth reporting, such as a role written in decimal.
    """

    outcome: SignatureOutcome
    detail: str = ""
    signer: Eui64 | None = None
    notes: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the signature verifies, if need be after white space removal."""
        return self.outcome in {SignatureOutcome.VALID, SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL}

    def __str__(self) -> str:
        return "; ".join(filter(None, (f"{self.outcome}", self.detail, *self.notes)))


@dataclass(frozen=True, slots=True)
class _Signer:
    certificate: x509.Certificate
    identity: CertificateIdentity
    issuer: frozenset[str]
    key: ec.EllipticCurvePublicKey


class KnownSigners:
    """The certificates that a message may be signed with, found by serial number and issuer.

    Args:
        certificates: XML signing certificates, P-256.

    Raises:
        ValueError: a certificate's key is not an elliptic curve key.
    """

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        by_serial: dict[int, list[_Signer]] = {}
        for certificate in certificates:
            by_serial.setdefault(certificate.serial_number, []).append(_signer(certificate))
        self._by_serial: Mapping[int, Collection[_Signer]] = by_serial

    def __len__(self) -> int:
        return sum(map(len, self._by_serial.values()))

    def find(self, serial: int, issuer: str) -> _Signer | None:
        """Return the signer of that serial number (up to 128 bits) and issuer; its parts in any order."""
        parts = _issuer_parts(issuer)
        return next((each for each in self._by_serial.get(serial, ()) if each.issuer == parts), None)


def verify(
    root: etree._Element,
    signers: KnownSigners,
    *,
    roles: Collection[int] = (),
    originator: Eui64 | None = None,
    now: datetime | None = None,
) -> SignatureDiagnosis:
    """Verify a message's enveloped signature and tell which step failed.

    Args:
        root: the message as parsed; it is left as it was.
        signers: the certificates that may have signed it.
        roles: certificate roles allowed to sign it; empty allows any.
        originator: whom the signing certificate must belong to; None asks for nobody in particular.
        now: the moment at which the certificate must be in force; the present one where left out.
    """
    moment = now or datetime.now(UTC)
    diagnosis = _verify_once(root, signers, moment)
    if diagnosis.outcome in {SignatureOutcome.DIGEST, SignatureOutcome.KEY}:
        without_blanks = _verify_once(_without_blank_text(root), signers, moment)
        if without_blanks.accepted:
            diagnosis = replace(without_blanks, outcome=SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL)
    return _check_identity(root, diagnosis, signers, roles, originator) if diagnosis.accepted else diagnosis


def _verify_once(root: etree._Element, signers: KnownSigners, moment: datetime) -> SignatureDiagnosis:
    document = deepcopy(root.getroottree()).getroot()
    signatures = document.findall(ds("Signature"))
    if not signatures:
        return SignatureDiagnosis(
            SignatureOutcome.UNSIGNED, "expected ds:Signature as the last child of the root"
        )
    if len(signatures) > 1 or child_elements(document)[-1] is not signatures[0]:
        return SignatureDiagnosis(
            SignatureOutcome.STRUCTURE, "expected exactly one ds:Signature, as the last child of the root"
        )
    signature = signatures[0]
    try:
        parts = _SignatureParts.read(signature)
    except _Flaw as flaw:
        return SignatureDiagnosis(flaw.outcome, flaw.detail)
    signer = signers.find(parts.serial, parts.issuer)
    if signer is None:
        return SignatureDiagnosis(
            SignatureOutcome.CERTIFICATE,
            f"serial {parts.serial} of issuer {parts.issuer!r} is none of the {len(signers)} known",
        )
    eui = signer.identity.eui
    if not signer.certificate.not_valid_before_utc <= moment <= signer.certificate.not_valid_after_utc:
        span = f"{signer.certificate.not_valid_before_utc:%F} to {signer.certificate.not_valid_after_utc:%F}"
        return SignatureDiagnosis(SignatureOutcome.CERTIFICATE, f"in force from {span}, not now", eui)
    half = profile.HALF
    r, s = int.from_bytes(parts.value[:half]), int.from_bytes(parts.value[half:])
    try:
        signer.key.verify(encode_dss_signature(r, s), profile.signed_octets(parts.signed_info), _ECDSA)
    except InvalidSignature:
        return SignatureDiagnosis(SignatureOutcome.KEY, "another key signed, or SignedInfo was changed", eui)
    _take_out(signature)
    if (found := profile.document_digest(document)) != parts.digest:
        return SignatureDiagnosis(
            SignatureOutcome.DIGEST,
            f"DigestValue is {parts.digest.hex()}, the document's is {found.hex()}",
            eui,
        )
    return SignatureDiagnosis(SignatureOutcome.VALID, signer=eui)


def _check_identity(
    root: etree._Element,
    diagnosis: SignatureDiagnosis,
    signers: KnownSigners,
    roles: Collection[int],
    originator: Eui64 | None,
) -> SignatureDiagnosis:
    signature = root.findall(ds("Signature"))[0]
    parts = _SignatureParts.read(signature)
    signer = signers.find(parts.serial, parts.issuer)
    assert signer is not None, "an accepted signature has a known signer"
    identity = signer.identity
    if roles and identity.role not in roles:
        wanted = " or ".join(f"{role:02X}" for role in roles)
        found = "none" if identity.role is None else f"{identity.role:02X}"
        return replace(
            diagnosis,
            outcome=SignatureOutcome.ROLE,
            detail=f"expected role {wanted} (OU, hexadecimal), found {found}",
        )
    if originator is not None and identity.eui != originator:
        return replace(
            diagnosis,
            outcome=SignatureOutcome.ORIGINATOR,
            detail=f"expected a certificate of {originator}, found one of {identity.eui or 'nobody'}",
        )
    notes = ("the signing certificate writes its role in decimal",) if identity.role_in_decimal else ()
    return replace(diagnosis, notes=notes)


@dataclass(eq=False)
class _Flaw(Exception):  # noqa: N818 - a step's finding, never seen outside this module
    outcome: SignatureOutcome
    detail: str


@dataclass(frozen=True, slots=True)
class _SignatureParts:
    """A signature element that has the profile's shape."""

    signed_info: etree._Element
    digest: bytes
    value: bytes
    issuer: str
    serial: int

    @classmethod
    def read(cls, signature: etree._Element) -> "_SignatureParts":
        signed_info, value, key_info = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
        canonicalization, method, reference = _children(
            signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
        )
        _expect_algorithm(canonicalization, profile.EXCLUSIVE_C14N)
        _expect_algorithm(method, profile.ECDSA_SHA256)
        if (uri := reference.get("URI")) != "":
            raise _Flaw(SignatureOutcome.ALGORITHM, f'Reference: expected URI="", found {uri!r}')
        transforms, digest_method, digest_value = _children(
            reference, "Transforms", "DigestMethod", "DigestValue"
        )
        found = [local_name(each) for each in child_elements(transforms)]
        if found != ["Transform"]:
            raise _Flaw(SignatureOutcome.ALGORITHM, f"Transforms: expected one Transform, found {found}")
        _expect_algorithm(child_elements(transforms)[0], profile.ENVELOPED)
        _expect_algorithm(digest_method, profile.SHA256)
        issuer, serial = _issuer_serial(key_info)
        return cls(signed_info, _octets(digest_value), _raw_value(value), issuer, serial)


def _children(parent: etree._Element, *names: str) -> list[etree._Element]:
    elements = child_elements(parent)
    if [each.tag for each in elements] != [ds(name) for name in names]:
        found = ", ".join(map(local_name, elements)) or "nothing"
        raise _Flaw(
            SignatureOutcome.STRUCTURE, f"{local_name(parent)}: expected {', '.join(names)}, found {found}"
        )
    return elements


def _expect_algorithm(element: etree._Element, algorithm: str) -> None:
    if (found := element.get("Algorithm")) != algorithm:
        raise _Flaw(
            SignatureOutcome.ALGORITHM,
            f"{local_name(element)}: expected {algorithm}, found {found or 'none'}",
        )
    if parameters := child_elements(element):
        names = ", ".join(map(local_name, parameters))
        raise _Flaw(
            SignatureOutcome.ALGORITHM, f"{local_name(element)}: expected no parameters, found {names}"
        )


def _issuer_serial(key_info: etree._Element) -> tuple[str, int]:
    (data,) = _children(key_info, "X509Data")
    (issuer_serial,) = _children(data, "X509IssuerSerial")
    issuer, serial = _children(issuer_serial, "X509IssuerName", "X509SerialNumber")
    digits = (serial.text or "").strip()
    if re.fullmatch(r"[0-9]{1,48}", digits) is None:
        raise _Flaw(
            SignatureOutcome.STRUCTURE, f"X509SerialNumber: expected decimal digits, found {digits!r}"
        )
    return (issuer.text or "").strip(), int(digits)


def _octets(element: etree._Element) -> bytes:
    try:
        return octets_from_base64(element.text or "")
    except ValueError as error:
        raise _Flaw(SignatureOutcome.STRUCTURE, f"{local_name(element)}: expected base64: {error}") from None


def _raw_value(element: etree._Element) -> bytes:
    value = _octets(element)
    if len(value) != 2 * profile.HALF:
        form = ", which looks like DER" if value[:1] == b"\x30" else ""
        raise _Flaw(
            SignatureOutcome.VALUE_FORM, f"expected {2 * profile.HALF} octets, found {len(value)}{form}"
        )
    return value


def _take_out(signature: etree._Element) -> None:
    """Remove the signature as the enveloped transform does: the text behind it stays."""
    parent = signature.getparent()
    assert parent is not None, "a signature stands inside the root"
    before = signature.getprevious()
    if signature.tail:
        if before is None:
            parent.text = (parent.text or "") + signature.tail
        else:
            before.tail = (before.tail or "") + signature.tail
    parent.remove(signature)


def _without_blank_text(root: etree._Element) -> etree._Element:
    """Return a copy without the white space between elements, as a schema-normalising reader sees it."""
    document = deepcopy(root.getroottree()).getroot()
    for element in document.iter(etree.Element):
        if len(element) and not (element.text or "").strip():
            element.text = None
        if element is not document and not (element.tail or "").strip():
            element.tail = None
    return document


def _signer(certificate: x509.Certificate) -> _Signer:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError(f"an XML signing certificate has a P-256 key, found {type(key).__name__}")  # noqa: TRY004 - the value is wrong, not its type
    issuer = _issuer_parts(certificate.issuer.rfc4514_string())
    return _Signer(certificate, identity_of(certificate), issuer, key)


def _issuer_parts(text: str) -> frozenset[str]:
    """Return a distinguished name's parts as a set: writers differ in order and in spaces."""
    return frozenset(re.sub(r"\s*=\s*", "=", part.strip()).upper() for part in re.split(r"(?<!\\)[,;]", text))
