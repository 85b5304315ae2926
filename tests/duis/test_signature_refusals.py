from __future__ import annotations

import base64
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import signature_profile as profile
from dsp_conformance.duis import xml
from dsp_conformance.duis.namespaces import DS, ds, sr
from dsp_conformance.duis.signature import (
    KnownSigners,
    SignatureDiagnosis,
    SignatureOutcome,
    verify,
)
from dsp_conformance.duis.signature_outcome import SignatureRefused
from dsp_conformance.smki import CertificateRole, Credential, EphemeralPki

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Issue(Protocol):
        def __call__(self, issuer: str = ..., serial: int = ...) -> Credential: ...

    class Sign(Protocol):
        def __call__(self, root: etree._Element, credential: Credential) -> bytes: ...

    class Judge(Protocol):
        def __call__(
            self, octets: bytes, *credentials: Credential, now: datetime | None = ...
        ) -> SignatureDiagnosis: ...


DSP = Eui64.parse("90-B3-D5-1F-30-00-00-02")
USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")


def _replace(octets: bytes, old: str | bytes, new: str | bytes) -> bytes:
    old, new = (part.encode() if isinstance(part, str) else part for part in (old, new))
    assert octets.count(old) >= 1, old
    return octets.replace(old, new)


def _part(octets: bytes, name: str) -> str:
    """The text of a part of the signature."""
    return xml.parse(octets).findtext(f".//{ds(name)}") or ""


# Not signed, or not in this form


def test_an_unsigned_message_is_told_apart(dsp: Credential, judge: Judge, unsigned: etree._Element) -> None:
    diagnosis = judge(xml.serialise(unsigned), dsp)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.UNSIGNED, None)


def _empty(root: etree._Element) -> None:
    root[-1].clear()


def _move_first(root: etree._Element) -> None:
    root.insert(0, root[-1])


def _double(root: etree._Element) -> None:
    root.append(deepcopy(root[-1]))


def _append_to(name: str, added: str) -> Callable[[etree._Element], None]:
    return lambda root: next(root.iter(ds(name))).append(etree.Element(added))


def _drop(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = next(root.iter(ds(name)))
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


def _repeat(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = next(root.iter(ds(name)))
        element.addnext(deepcopy(element))

    return change


def _text(name: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        next(root.iter(ds(name))).text = text

    return change


_STRUCTURES: list[tuple[str, Callable[[etree._Element], None]]] = [
    ("not last", _move_first),
    ("twice", _double),
    ("something behind it", lambda root: root.append(etree.Element(sr("Extra")))),
    ("empty", _empty),
    *((f"no {name}", _drop(name)) for name in ("SignedInfo", "SignatureValue", "KeyInfo", "X509Data")),
    *((f"no {name}", _drop(name)) for name in ("X509IssuerSerial", "X509IssuerName", "X509SerialNumber")),
    *((f"no {name}", _drop(name)) for name in ("CanonicalizationMethod", "SignatureMethod", "Reference")),
    *((f"no {name}", _drop(name)) for name in ("Transforms", "DigestMethod", "DigestValue")),
    *((f"{name} twice", _repeat(name)) for name in ("SignedInfo", "SignatureValue", "KeyInfo", "X509Data")),
    *((f"{name} twice", _repeat(name)) for name in ("Reference", "DigestValue", "X509IssuerSerial")),
    ("an Object", _append_to("Signature", ds("Object"))),
    ("a whole certificate", _append_to("X509Data", ds("X509Certificate"))),
    ("a key name", _append_to("KeyInfo", ds("KeyName"))),
    ("a foreign element", _append_to("SignedInfo", "{urn:x}Reference")),
    ("digest no base64", _text("DigestValue", "*")),
    ("value no base64", _text("SignatureValue", "AAA")),
    ("an element in the digest", _append_to("DigestValue", ds("X"))),
    ("an element in the issuer", _append_to("X509IssuerName", ds("X"))),
    ("serial in hexadecimal", _text("X509SerialNumber", "0xFF")),
    ("serial negative", _text("X509SerialNumber", "-1")),
    ("serial in digits of another script", _text("X509SerialNumber", "\u0661")),
    ("serial absent", _text("X509SerialNumber", "")),
    ("serial endless", _text("X509SerialNumber", "9" * 10_000)),
]


@pytest.mark.parametrize(
    "change", [change for _, change in _STRUCTURES], ids=[name for name, _ in _STRUCTURES]
)
def test_a_signature_of_another_structure_is_refused(
    change: Callable[[etree._Element], None], signed: bytes, dsp: Credential, judge: Judge
) -> None:
    root = xml.parse(signed)
    change(root)
    assert judge(xml.serialise(root), dsp).outcome is SignatureOutcome.STRUCTURE


def test_a_part_that_is_empty_is_said_to_hold_nothing(signed: bytes, dsp: Credential, judge: Judge) -> None:
    root = xml.parse(signed)
    (data,) = root.iter(ds("X509Data"))
    data.clear()
    diagnosis = judge(xml.serialise(root), dsp)
    assert diagnosis.detail == "X509Data: expected X509IssuerSerial, found nothing"


def test_a_refused_signature_says_at_which_step_and_why() -> None:
    assert str(SignatureRefused(SignatureOutcome.DIGEST, "another digest")) == (
        f"{SignatureOutcome.DIGEST}: another digest"
    )


def test_a_document_that_cannot_be_canonicalised_is_refused(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    octets = _replace(signed, "<sr:Body>", '<sr:Body xmlns:u="relative">')
    diagnosis = judge(octets, dsp)
    assert diagnosis.outcome is SignatureOutcome.STRUCTURE
    assert "namespace" in diagnosis.detail


_INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"


def _algorithm(name: str, value: str | None) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = next(root.iter(ds(name)))
        element.attrib.clear()
        if value is not None:
            element.set("Algorithm", value)

    return change


def _uri(value: str | None) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        root.set("Id", "whole")
        reference = next(root.iter(ds("Reference")))
        reference.attrib.clear()
        if value is not None:
            reference.set("URI", value)

    return change


def _second_transform(root: etree._Element) -> None:
    etree.SubElement(next(root.iter(ds("Transforms"))), ds("Transform"), Algorithm=profile.EXCLUSIVE_C14N)


_ALGORITHMS: list[tuple[str, Callable[[etree._Element], None], str]] = [
    ("inclusive SignedInfo", _algorithm("CanonicalizationMethod", _INCLUSIVE), _INCLUSIVE),
    (
        "with comments",
        _algorithm("CanonicalizationMethod", f"{profile.EXCLUSIVE_C14N}WithComments"),
        "WithComments",
    ),
    ("canonicalization not named", _algorithm("CanonicalizationMethod", None), "none"),
    (
        "prefix list",
        _append_to("CanonicalizationMethod", f"{{{profile.EXCLUSIVE_C14N}}}InclusiveNamespaces"),
        "Incl",
    ),
    (
        "ECDSA with SHA-1",
        _algorithm("SignatureMethod", profile.ECDSA_SHA256.replace("256", "1")),
        "ecdsa-sha1",
    ),
    ("RSA", _algorithm("SignatureMethod", profile.ECDSA_SHA256.replace("ecdsa", "rsa")), "rsa-sha256"),
    ("HMAC", _algorithm("SignatureMethod", f"{DS}hmac-sha1"), "hmac-sha1"),
    ("truncated", _append_to("SignatureMethod", ds("HMACOutputLength")), "HMACOutputLength"),
    ("another digest", _algorithm("DigestMethod", _SHA512), _SHA512),
    ("no transform", _drop("Transform"), "none"),
    ("exclusive transform", _algorithm("Transform", profile.EXCLUSIVE_C14N), profile.EXCLUSIVE_C14N),
    ("second transform", _second_transform, profile.EXCLUSIVE_C14N),
    ("parameters of a transform", _append_to("Transform", ds("XPath")), "XPath"),
    ("reference by Id", _uri("#whole"), "'#whole'"),
    ("reference by XPointer", _uri("#xpointer(/)"), "'#xpointer(/)'"),
    ("reference elsewhere", _uri("file:///etc/passwd"), "passwd"),
    ("reference to nothing", _uri(None), "None"),
]


@pytest.mark.parametrize(
    ("change", "named"), [case[1:] for case in _ALGORITHMS], ids=[case[0] for case in _ALGORITHMS]
)
def test_other_algorithms_are_refused_by_name_at_each_place(
    change: Callable[[etree._Element], None], named: str, signed: bytes, dsp: Credential, judge: Judge
) -> None:
    root = xml.parse(signed)
    change(root)
    diagnosis = judge(xml.serialise(root), dsp)
    assert diagnosis.outcome is SignatureOutcome.ALGORITHM
    assert named in diagnosis.detail


def test_a_value_in_der_is_recognised_and_refused(signed: bytes, dsp: Credential, judge: Judge) -> None:
    value = base64.b64decode(_part(signed, "SignatureValue"))
    der = encode_dss_signature(int.from_bytes(value[:32]), int.from_bytes(value[32:]))
    octets = _replace(signed, _part(signed, "SignatureValue"), base64.b64encode(der))
    diagnosis = judge(octets, dsp)
    assert diagnosis.outcome is SignatureOutcome.VALUE_FORM
    assert diagnosis.detail == f"expected 64 octets, found {len(der)}, which looks like DER"


@pytest.mark.parametrize("length", [0, 1, 63, 65, 96])
def test_a_value_of_another_length_is_refused(
    length: int, signed: bytes, dsp: Credential, judge: Judge
) -> None:
    octets = _replace(signed, _part(signed, "SignatureValue"), base64.b64encode(b"\x01" * length))
    diagnosis = judge(octets, dsp)
    assert diagnosis.outcome is SignatureOutcome.VALUE_FORM
    assert diagnosis.detail == f"expected 64 octets, found {length}"


# Signed wrongly, or by the wrong party


@pytest.mark.parametrize(
    "value", [bytes(64), b"\xff" * 64, bytes(32) + b"\x01" * 32, b"\x01" * 32 + bytes(32)]
)
def test_numbers_that_no_signature_has_fail_at_the_value(
    value: bytes, signed: bytes, dsp: Credential, judge: Judge
) -> None:
    octets = _replace(signed, _part(signed, "SignatureValue"), base64.b64encode(value))
    assert judge(octets, dsp).outcome is SignatureOutcome.KEY


def test_another_key_with_the_same_name_fails_at_the_value(
    issue: Issue, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    octets = sign(unsigned, issue("CN=Z1,OU=07", 5))
    assert judge(octets, issue("CN=Z1,OU=07", 5)).outcome is SignatureOutcome.KEY


def test_a_changed_digest_value_fails_at_the_value(signed: bytes, dsp: Credential, judge: Judge) -> None:
    octets = _replace(signed, _part(signed, "DigestValue"), base64.b64encode(bytes(32)))
    assert judge(octets, dsp).outcome is SignatureOutcome.KEY


def test_a_digest_of_another_length_that_was_signed_fails_at_the_digest(
    dsp: Credential, monkeypatch: pytest.MonkeyPatch, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(profile, "document_digest", lambda _root: b"")
        octets = sign(unsigned, dsp)
    diagnosis = judge(octets, dsp)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.DIGEST, DSP)


def test_an_altered_message_fails_at_the_digest(signed: bytes, dsp: Credential, judge: Judge) -> None:
    diagnosis = judge(_replace(signed, ">I0<", ">I99<"), dsp)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.DIGEST, DSP)


def test_an_unknown_certificate_is_refused_by_serial_and_issuer(
    signed: bytes, pki: EphemeralPki, judge: Judge
) -> None:
    for known in ((), (pki.dsp(DSP).xml_signing,)):
        diagnosis = judge(signed, *known)
        assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.CERTIFICATE, None)
        assert _part(signed, "X509SerialNumber") in diagnosis.detail
        assert f"none of the {len(known)} known" in diagnosis.detail


@pytest.mark.parametrize("days", [-2, 800])
def test_a_certificate_that_is_not_in_force_is_refused(
    days: int, signed: bytes, dsp: Credential, judge: Judge
) -> None:
    diagnosis = judge(signed, dsp, now=datetime.now(UTC) + timedelta(days=days))
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.CERTIFICATE, DSP)
    assert "in force from" in diagnosis.detail


def test_a_certificate_is_in_force_from_its_first_to_its_last_moment(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    begin, end = dsp.certificate.not_valid_before_utc, dsp.certificate.not_valid_after_utc
    second = timedelta(seconds=1)
    outcomes = [judge(signed, dsp, now=now).accepted for now in (begin - second, begin, end, end + second)]
    assert outcomes == [False, True, True, False]


def test_the_role_of_the_signer_is_judged_where_it_is_asked_for(
    pki: EphemeralPki, sign: Sign, unsigned: etree._Element
) -> None:
    user = pki.service_user(USER).xml_signing
    root = xml.parse(sign(unsigned, user))
    signers = KnownSigners([user.certificate])
    roles = {CertificateRole.DSP_XML_SIGNING, CertificateRole.USER_XML_SIGNING}
    assert verify(root, signers, roles=roles).outcome is SignatureOutcome.VALID
    diagnosis = verify(root, signers, roles=[CertificateRole.DSP_XML_SIGNING])
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.ROLE, USER)
    assert diagnosis.detail == "expected role 89 (OU, hexadecimal), found 87"


def test_the_signer_is_judged_where_somebody_is_expected(signed: bytes, dsp: Credential) -> None:
    root, signers = xml.parse(signed), KnownSigners([dsp.certificate])
    assert verify(root, signers, originator=DSP).outcome is SignatureOutcome.VALID
    diagnosis = verify(root, signers, originator=USER)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.ORIGINATOR, DSP)
    assert diagnosis.detail == f"expected a certificate of {USER}, found one of {DSP}"


def test_a_certificate_that_names_nobody_fits_no_role_and_no_originator(
    issue: Issue, sign: Sign, unsigned: etree._Element
) -> None:
    nobody = issue("CN=Z1,OU=07", 9)
    root, signers = xml.parse(sign(unsigned, nobody)), KnownSigners([nobody.certificate])
    assert verify(root, signers) == SignatureDiagnosis(SignatureOutcome.VALID)
    assert verify(root, signers, roles=[0x89]).detail == "expected role 89 (OU, hexadecimal), found none"
    assert verify(root, signers, originator=DSP).outcome is SignatureOutcome.ORIGINATOR


def test_a_role_is_judged_even_if_white_space_had_to_be_removed(signed: bytes, dsp: Credential) -> None:
    root = xml.parse(xml.readable(signed).encode())
    diagnosis = verify(root, KnownSigners([dsp.certificate]), roles=[CertificateRole.USER_XML_SIGNING])
    assert diagnosis.outcome is SignatureOutcome.ROLE
