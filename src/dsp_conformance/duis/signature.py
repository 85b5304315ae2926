"""Verifying a DUIS signature, with a diagnosis of which step failed rather than a yes or no.

The profile is fixed and why a signature is wrong is what the suite's readers ask, so the verifier is the
project's own on lxml and cryptography (``wire.md``, XML signature profile); xmlsec and signxml cross-check it
in the tests.
"""

from collections.abc import Callable, Collection
from copy import deepcopy
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import signature_profile as profile
from dsp_conformance.duis.known_signers import KnownSigner, KnownSigners
from dsp_conformance.duis.namespaces import ds
from dsp_conformance.duis.reading import child_elements, path_of
from dsp_conformance.duis.signature_outcome import SignatureDiagnosis, SignatureOutcome, SignatureRefused
from dsp_conformance.duis.signature_parts import SignatureParts
from dsp_conformance.smki.identity import CertificateIdentity

__all__ = ["KnownSigners", "SignatureDiagnosis", "SignatureOutcome", "verify"]

_SHOWN: Final = 200
_WHITE_SPACE_MATTERS: Final = frozenset({SignatureOutcome.KEY, SignatureOutcome.DIGEST})


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
    try:
        outcome, signer, notes = _verify(root, signers, moment)
        _check_identity(signer.identity, roles, originator)
    except SignatureRefused as refused:
        return SignatureDiagnosis(refused.outcome, refused.detail, refused.signer)
    if signer.identity.role_in_decimal:
        notes = (*notes, "the signing certificate writes its role in decimal")
    return SignatureDiagnosis(outcome, signer=signer.identity.eui, notes=notes)


def _verify(
    root: etree._Element, signers: KnownSigners, moment: datetime
) -> tuple[SignatureOutcome, KnownSigner, tuple[str, ...]]:
    try:
        return SignatureOutcome.VALID, *_signer_of(root, signers, moment)
    except SignatureRefused as refused:
        if refused.outcome not in _WHITE_SPACE_MATTERS:
            raise
        try:
            signer, notes = _signer_of(_without_blank_text(root), signers, moment)
        except SignatureRefused as again:
            # A document that was re-indented and altered fails first for the white space in SignedInfo.
            raise again if again.outcome is SignatureOutcome.DIGEST else refused from None
        return SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL, signer, notes


def _signer_of(
    root: etree._Element, signers: KnownSigners, moment: datetime
) -> tuple[KnownSigner, tuple[str, ...]]:
    """Return who signed the document exactly as it stands, and what is odd about that."""
    parts = SignatureParts.read(_signature_in(root))
    found = signers.find(parts.serial, parts.issuer)
    if not found.signers:
        detail = f"serial {parts.serial} of issuer {parts.issuer!r} is none of the {len(signers)} known"
        raise SignatureRefused(SignatureOutcome.CERTIFICATE, detail)
    signer = next((each for each in found.signers if _made(parts, each)), None)
    first = signer or found.signers[0]
    eui = first.identity.eui
    if not first.not_before <= moment <= first.not_after:
        detail = f"in force from {first.not_before.isoformat()} to {first.not_after.isoformat()}, "
        raise SignatureRefused(SignatureOutcome.CERTIFICATE, f"{detail}not at {moment.isoformat()}", eui)
    if signer is None:
        raise SignatureRefused(SignatureOutcome.KEY, "another key signed, or SignedInfo was changed", eui)
    digest = _canonical(lambda: _digest_without_signature(root), eui)
    if digest != parts.digest:
        detail = f"DigestValue is {parts.digest.hex()}, the document's is {digest.hex()}"
        raise SignatureRefused(SignatureOutcome.DIGEST, detail, eui)
    odd = f"the issuer's name {parts.issuer[:_SHOWN]!r} cannot be read; serial number and key are known"
    return signer, () if found.readable else (odd,)


def _made(parts: SignatureParts, signer: KnownSigner) -> bool:
    """Tell whether the signature value was made with a signer's key."""
    r, s = (int.from_bytes(half) for half in (parts.value[: profile.HALF], parts.value[profile.HALF :]))
    octets = _canonical(lambda: profile.signed_octets(parts.signed_info), signer.identity.eui)
    try:
        signer.key.verify(encode_dss_signature(r, s), octets, profile.ECDSA)
    except InvalidSignature:
        return False
    return True


def _canonical(make: Callable[[], bytes], eui: Eui64 | None) -> bytes:
    try:
        return make()
    except etree.C14NError:
        detail = "it cannot be canonicalised; is a namespace name in it relative?"
        raise SignatureRefused(SignatureOutcome.STRUCTURE, detail, eui) from None


def _signature_in(root: etree._Element) -> etree._Element:
    signatures = root.findall(ds("Signature"))
    if not signatures:
        elsewhere = next(root.iter(ds("Signature")), None)
        found = "none" if elsewhere is None else path_of(elsewhere)
        detail = f"expected ds:Signature as the last child of the root, found {found}"
        raise SignatureRefused(SignatureOutcome.UNSIGNED, detail)
    if child_elements(root)[-1] is not signatures[0]:  # nor is it where there are several
        names = ", ".join(etree.QName(each).localname for each in child_elements(root))
        detail = f"expected exactly one ds:Signature, as the last child of the root, found {names}"
        raise SignatureRefused(SignatureOutcome.STRUCTURE, detail)
    return signatures[0]


def _digest_without_signature(root: etree._Element) -> bytes:
    """Return the document's digest after the enveloped-signature transform: the text behind it stays."""
    document = deepcopy(root.getroottree()).getroot()
    signature = document.findall(ds("Signature"))[0]
    before = signature.getprevious()
    if signature.tail and before is not None:
        before.tail = (before.tail or "") + signature.tail
    elif signature.tail:
        document.text = (document.text or "") + signature.tail
    document.remove(signature)
    return profile.document_digest(document)


def _without_blank_text(root: etree._Element) -> etree._Element:
    """Return a copy without the white space between elements, as a schema-normalising reader sees it."""
    document = deepcopy(root.getroottree()).getroot()
    for element in document.iter(etree.Element):
        if child_elements(element):
            if not (element.text or "").strip():
                element.text = None
            for inside in element:
                if not (inside.tail or "").strip():
                    inside.tail = None
    return document


def _check_identity(identity: CertificateIdentity, roles: Collection[int], originator: Eui64 | None) -> None:
    if roles and identity.role not in roles:
        wanted = " or ".join(f"{role:02X}" for role in roles)
        found = "none" if identity.role is None else f"{identity.role:02X}"
        detail = f"expected role {wanted} (OU, hexadecimal), found {found}"
        raise SignatureRefused(SignatureOutcome.ROLE, detail, identity.eui)
    if originator is not None and identity.eui != originator:
        detail = f"expected a certificate of {originator}, found one of {identity.eui or 'nobody'}"
        raise SignatureRefused(SignatureOutcome.ORIGINATOR, detail, identity.eui)
