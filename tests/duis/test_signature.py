from __future__ import annotations

import base64
import re
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from dsp_conformance.duis import signature_profile as profile
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage
from dsp_conformance.duis.namespaces import DS, SR, ds, sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import (
    KnownSigners,
    SignatureDiagnosis,
    SignatureOutcome,
    verify,
)
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki import CertificateRole, Credential, EphemeralPki, load_certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Protocol

    class Issue(Protocol):
        def __call__(self, issuer: str = ..., serial: int = ...) -> Credential: ...


DSP = Eui64.parse("90-B3-D5-1F-30-00-00-02")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
_REQUEST_ID = RequestID(USER, DEVICE, 1660751141087)


def _message() -> etree._Element:
    body = ResponseMessage("11.2", "11.2", GbcsPayload(bytes(range(90))))
    now = datetime(2021, 11, 4, 12, tzinfo=UTC)
    return Response(_REQUEST_ID, _REQUEST_ID.response_id(), ResponseCode.I0, now, body).to_xml()


def _signed(root: etree._Element, credential: Credential) -> bytes:
    XmlSigner(credential).sign(root)
    return xml.serialise(root)


def _verify(octets: bytes, *credentials: Credential, now: datetime | None = None) -> SignatureDiagnosis:
    """Verify, and see that the document is afterwards what it was."""
    root = xml.parse(octets)
    before = etree.tostring(root.getroottree())
    diagnosis = verify(root, KnownSigners(each.certificate for each in credentials), now=now)
    assert etree.tostring(root.getroottree()) == before
    assert diagnosis.accepted or diagnosis.detail
    return diagnosis


@pytest.fixture(scope="module")
def signed(dsp: Credential) -> bytes:
    return _signed(_message(), dsp)


def _replace(octets: bytes, old: str | bytes, new: str | bytes) -> bytes:
    old, new = (part.encode() if isinstance(part, str) else part for part in (old, new))
    assert octets.count(old) >= 1, old
    return octets.replace(old, new)


def _part(octets: bytes, name: str) -> str:
    """The text of a part of the signature."""
    return xml.parse(octets).findtext(f".//{ds(name)}") or ""


# Valid


def test_a_signed_message_is_valid_and_names_its_signer(signed: bytes, dsp: Credential) -> None:
    assert _verify(signed, dsp) == SignatureDiagnosis(SignatureOutcome.VALID, signer=DSP)


def test_the_signer_is_found_among_many(signed: bytes, dsp: Credential, pki: EphemeralPki) -> None:
    others = [pki.dsp(DSP).xml_signing for _ in range(3)]
    assert _verify(signed, *others, dsp).outcome is SignatureOutcome.VALID


@pytest.fixture(scope="module")
def published_signer(shared_data: Path) -> KnownSigners:
    return KnownSigners([load_certificate(shared_data / "signed-samples" / "dsp-signing-certificate.pem")])


def test_the_published_sample_is_valid_with_a_role_in_decimal(
    sample: bytes, published_signer: KnownSigners
) -> None:
    diagnosis = verify(
        xml.parse(sample), published_signer, roles={CertificateRole.DSP_XML_SIGNING}, originator=DSP
    )
    assert diagnosis.outcome is SignatureOutcome.VALID
    assert diagnosis.signer == DSP
    (note,) = diagnosis.notes
    assert "decimal" in note
    assert note in str(diagnosis)


def test_the_published_bad_sample_fails_at_its_value(
    shared_data: Path, published_signer: KnownSigners
) -> None:
    octets = (shared_data / "signed-samples" / "readfw-response-badsignature.xml").read_bytes()
    diagnosis = verify(xml.parse(octets), published_signer)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.KEY, DSP)
    assert not diagnosis.accepted


def test_the_published_sample_with_another_word_in_it_fails_at_its_digest(
    sample: bytes, published_signer: KnownSigners
) -> None:
    octets = _replace(sample, ">I0<", ">I1<")
    assert verify(xml.parse(octets), published_signer).outcome is SignatureOutcome.DIGEST


@pytest.mark.parametrize("half", [0, 1])
def test_a_number_that_begins_with_a_zero_octet_keeps_it(half: int, dsp: Credential) -> None:
    for _ in range(20_000):
        octets = _signed(_message(), dsp)
        value = base64.b64decode(_part(octets, "SignatureValue"))
        assert len(value) == 64
        if value[32 * half] == 0:
            assert _verify(octets, dsp).outcome is SignatureOutcome.VALID
            return
    pytest.fail("one value in 256 begins with a zero octet, and not one of 20,000 did")


def test_a_serial_number_of_128_bits_is_matched_whole(issue: Issue) -> None:
    credential = issue("CN=Z1,OU=07", 2**128 - 1)
    octets = _signed(_message(), credential)
    assert _part(octets, "X509SerialNumber") == "340282366920938463463374607431768211455"
    assert _verify(octets, credential).outcome is SignatureOutcome.VALID
    other = issue("CN=Z1,OU=07", 2**128 - 2)
    assert _verify(octets, other).outcome is SignatureOutcome.CERTIFICATE


@pytest.mark.parametrize(
    "written", ["CN=Z1, OU=07", "OU=07,CN=Z1", "\n  CN=Z1,OU=07\n", "CN=<!-- c -->Z1,OU=07"]
)
def test_the_issuer_may_be_written_in_several_ways(written: str, issue: Issue) -> None:
    credential = issue("CN=Z1,OU=07", 50669612984035780968362471400449834504)
    octets = _replace(_signed(_message(), credential), "CN=Z1,OU=07", written)
    assert _verify(octets, credential).outcome is SignatureOutcome.VALID


def test_line_breaks_in_the_value_and_white_space_around_the_serial_are_fine(
    signed: bytes, dsp: Credential
) -> None:
    value, serial = _part(signed, "SignatureValue"), _part(signed, "X509SerialNumber")
    for broken in (f"{value[:76]}&#13;\n{value[76:]}", f"\r\n{value}\t", f"{value[:3]}<!-- c -->{value[3:]}"):
        octets = _replace(_replace(signed, value, broken), serial, f"\n {serial}\t")
        assert _verify(octets, dsp).outcome is SignatureOutcome.VALID


# Valid, whatever the document looks like


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(f'<Response xmlns="{SR}"><Body/></Response>', id="default namespace"),
        pytest.param(
            f'<s:Response xmlns:s="{SR}" xmlns:u="urn:unused"><s:Body/></s:Response>', id="unused prefix"
        ),
        pytest.param(
            f'<s:Response xmlns:s="{SR}" xmlns:ns3="{DS}"><s:Body/></s:Response>', id="other ds prefix"
        ),
        pytest.param(
            f'<s:Response xmlns:s="{SR}" xmlns:ds="{DS}"><s:Body/></s:Response>', id="same ds prefix"
        ),
        pytest.param(f'<ds:Response xmlns:ds="{SR}"><ds:Body/></ds:Response>', id="ds taken"),
        pytest.param(
            f'<Response xmlns="{SR}"><!-- c --><Body><?p i?></Body><!-- c --></Response>', id="inside"
        ),
        pytest.param(f'<?p 1?><!--2--><Response xmlns="{SR}"><Body/></Response><?p 3?><!--4-->', id="around"),
        pytest.param(f'<Response xmlns="{SR}">\n  <Body>\n  </Body>\n</Response>', id="indented beforehand"),
        pytest.param(
            f'<Response xmlns="{SR}"> a &lt;&amp;&#13;é<Body b="&quot;&#10;"/>\t</Response>', id="escapes"
        ),
        pytest.param(
            f'<Response xmlns="{SR}" xml:lang="en" xml:space="preserve"> <Body/></Response>', id="xml:"
        ),
        pytest.param(f'<Response xmlns="{SR}"/>', id="nothing in it"),
    ],
)
def test_a_document_of_any_look_is_valid_once_signed(document: str, dsp: Credential) -> None:
    octets = _signed(xml.parse(document.encode()), dsp)
    assert _verify(octets, dsp).outcome is SignatureOutcome.VALID
    assert _verify(_replace(octets, "Response", "Request"), dsp).outcome is SignatureOutcome.DIGEST
    in_utf_16 = xml.parse(octets).getroottree()
    assert _verify(etree.tostring(in_utf_16, encoding="UTF-16"), dsp).outcome is SignatureOutcome.VALID


def test_text_behind_the_signature_counts_as_part_of_the_document(dsp: Credential) -> None:
    for text in ("\n", "\n  behind ", "é"):
        root = _message()
        # What a verifier sees once the signature is taken out: its tail joins what stands before it.
        root[-1].tail = "before" + text
        octets = _signed(root, dsp)
        moved = _replace(
            _replace(octets, f"before{text}".encode(), b"before"),
            b"</ds:Signature>",
            f"</ds:Signature>{text}".encode(),
        )
        assert _verify(moved, dsp).outcome is SignatureOutcome.VALID
        assert _verify(_replace(moved, "before", "behind"), dsp).outcome is SignatureOutcome.DIGEST


def test_text_behind_the_signature_of_an_otherwise_empty_message_counts(dsp: Credential) -> None:
    octets = _signed(xml.parse(b"<r>word</r>"), dsp)
    moved = _replace(_replace(octets, "<r>word", "<r>wo"), "</ds:Signature>", "</ds:Signature>rd")
    assert _verify(moved, dsp).outcome is SignatureOutcome.VALID
    assert _verify(_replace(moved, ">rd<", "><"), dsp).outcome is SignatureOutcome.DIGEST


def test_comments_are_not_signed_and_processing_instructions_are(signed: bytes, dsp: Credential) -> None:
    assert (
        _verify(_replace(signed, "<sr:Body>", "<!-- c --><sr:Body>"), dsp).outcome is SignatureOutcome.VALID
    )
    assert _verify(signed + b"<!-- c -->", dsp).outcome is SignatureOutcome.VALID
    assert _verify(signed + b"<?p i?>", dsp).outcome is SignatureOutcome.DIGEST
    assert _verify(_replace(signed, "<sr:Body>", "<?p i?><sr:Body>"), dsp).outcome is SignatureOutcome.DIGEST


def test_a_comment_put_into_a_signed_value_cannot_change_what_is_read(signed: bytes, dsp: Credential) -> None:
    octets = _replace(signed, ":1660751141087", ":1<!-- c -->660751141087")
    assert _verify(octets, dsp).outcome is SignatureOutcome.VALID
    assert Response.from_xml(xml.parse(octets)).request_id == _REQUEST_ID


def test_a_namespace_declared_after_signing_changes_the_document(signed: bytes, dsp: Credential) -> None:
    octets = _replace(signed, "<sr:Response ", '<sr:Response xmlns:u="urn:u" ')
    assert _verify(octets, dsp).outcome is SignatureOutcome.DIGEST


def test_comments_in_the_signature_are_not_signed_either(signed: bytes, dsp: Credential) -> None:
    for place in ("</ds:SignedInfo>", "<ds:DigestMethod", "</ds:DigestValue>", "</ds:Signature>"):
        octets = _replace(signed, place, f"<!-- c -->{place}")
        assert _verify(octets, dsp).outcome is SignatureOutcome.VALID


# White space


def test_a_message_indented_after_signing_is_told_apart(signed: bytes, dsp: Credential) -> None:
    diagnosis = _verify(xml.readable(signed).encode(), dsp)
    assert diagnosis.outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL
    assert diagnosis.accepted
    assert diagnosis.signer == DSP


def test_one_line_break_behind_the_header_or_among_comments_is_white_space(
    signed: bytes, dsp: Credential
) -> None:
    for old, new in (
        ("</sr:Header>", "</sr:Header>\n"),
        ("</ds:Signature>", "</ds:Signature>\n"),
        ("<sr:Body>", "\n <!-- c -->\n <sr:Body>\n"),
        ("<ds:SignedInfo>", "<ds:SignedInfo>\n"),
    ):
        octets = _replace(signed, old, new)
        assert _verify(octets, dsp).outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL


def test_a_message_indented_and_altered_is_refused_for_the_alteration(signed: bytes, dsp: Credential) -> None:
    octets = _replace(xml.readable(signed).encode(), ">I0<", ">I99<")
    assert _verify(octets, dsp).outcome is SignatureOutcome.DIGEST


def test_a_message_indented_and_signed_by_another_is_refused_for_the_key(
    signed: bytes, dsp: Credential
) -> None:
    value = base64.b64encode(bytes(range(1, 65))).decode()
    octets = _replace(signed, _part(signed, "SignatureValue"), value)
    assert _verify(xml.readable(octets).encode(), dsp).outcome is SignatureOutcome.KEY


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(">11.2<", "> 11.2<", id="in a value"),
        pytest.param("AAEC", "AA\nEC", id="in base64"),
        pytest.param(">I0<", "><!-- c --> I0<", id="beside a comment in a value"),
    ],
)
def test_white_space_in_a_value_is_an_alteration(old: str, new: str, signed: bytes, dsp: Credential) -> None:
    assert _verify(_replace(signed, old, new), dsp).outcome is SignatureOutcome.DIGEST


def test_words_between_elements_are_not_white_space(signed: bytes, dsp: Credential) -> None:
    for place in ("</sr:Header>", "<sr:Header>", "</ds:Signature>"):
        octets = _replace(signed, place, f"{place} words ")
        assert _verify(octets, dsp).outcome is SignatureOutcome.DIGEST


def test_a_blank_value_is_kept_when_white_space_is_removed(dsp: Credential) -> None:
    root = _message()
    etree.SubElement(root, sr("Note")).text = "  "
    octets = _signed(root, dsp)
    assert _verify(octets, dsp).outcome is SignatureOutcome.VALID
    indented = _replace(octets, "</sr:Header>", "</sr:Header>\n")
    assert _verify(indented, dsp).outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL
    emptied = _replace(indented, "<sr:Note>  </sr:Note>", "<sr:Note/>")
    assert _verify(emptied, dsp).outcome is SignatureOutcome.DIGEST


# Not signed, or not in this form


def test_an_unsigned_message_is_told_apart(dsp: Credential) -> None:
    diagnosis = _verify(xml.serialise(_message()), dsp)
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
    change: Callable[[etree._Element], None], signed: bytes, dsp: Credential
) -> None:
    root = xml.parse(signed)
    change(root)
    assert _verify(xml.serialise(root), dsp).outcome is SignatureOutcome.STRUCTURE


def test_a_document_that_cannot_be_canonicalised_is_refused(signed: bytes, dsp: Credential) -> None:
    octets = _replace(signed, "<sr:Body>", '<sr:Body xmlns:u="relative">')
    diagnosis = _verify(octets, dsp)
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
    change: Callable[[etree._Element], None], named: str, signed: bytes, dsp: Credential
) -> None:
    root = xml.parse(signed)
    change(root)
    diagnosis = _verify(xml.serialise(root), dsp)
    assert diagnosis.outcome is SignatureOutcome.ALGORITHM
    assert named in diagnosis.detail


def test_a_value_in_der_is_recognised_and_refused(signed: bytes, dsp: Credential) -> None:
    value = base64.b64decode(_part(signed, "SignatureValue"))
    der = encode_dss_signature(int.from_bytes(value[:32]), int.from_bytes(value[32:]))
    octets = _replace(signed, _part(signed, "SignatureValue"), base64.b64encode(der))
    diagnosis = _verify(octets, dsp)
    assert diagnosis.outcome is SignatureOutcome.VALUE_FORM
    assert diagnosis.detail == f"expected 64 octets, found {len(der)}, which looks like DER"


@pytest.mark.parametrize("length", [0, 1, 63, 65, 96])
def test_a_value_of_another_length_is_refused(length: int, signed: bytes, dsp: Credential) -> None:
    octets = _replace(signed, _part(signed, "SignatureValue"), base64.b64encode(b"\x01" * length))
    diagnosis = _verify(octets, dsp)
    assert diagnosis.outcome is SignatureOutcome.VALUE_FORM
    assert diagnosis.detail == f"expected 64 octets, found {length}"


# Signed wrongly, or by the wrong party


@pytest.mark.parametrize(
    "value", [bytes(64), b"\xff" * 64, bytes(32) + b"\x01" * 32, b"\x01" * 32 + bytes(32)]
)
def test_numbers_that_no_signature_has_fail_at_the_value(
    value: bytes, signed: bytes, dsp: Credential
) -> None:
    octets = _replace(signed, _part(signed, "SignatureValue"), base64.b64encode(value))
    assert _verify(octets, dsp).outcome is SignatureOutcome.KEY


def test_another_key_with_the_same_name_fails_at_the_value(issue: Issue) -> None:
    octets = _signed(_message(), issue("CN=Z1,OU=07", 5))
    assert _verify(octets, issue("CN=Z1,OU=07", 5)).outcome is SignatureOutcome.KEY


def test_a_changed_digest_value_fails_at_the_value(signed: bytes, dsp: Credential) -> None:
    octets = _replace(signed, _part(signed, "DigestValue"), base64.b64encode(bytes(32)))
    assert _verify(octets, dsp).outcome is SignatureOutcome.KEY


def test_a_digest_of_another_length_that_was_signed_fails_at_the_digest(
    dsp: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(profile, "document_digest", lambda _root: b"")
        octets = _signed(_message(), dsp)
    diagnosis = _verify(octets, dsp)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.DIGEST, DSP)


def test_an_altered_message_fails_at_the_digest(signed: bytes, dsp: Credential) -> None:
    diagnosis = _verify(_replace(signed, ">I0<", ">I99<"), dsp)
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.DIGEST, DSP)


def test_an_unknown_certificate_is_refused_by_serial_and_issuer(signed: bytes, pki: EphemeralPki) -> None:
    for known in ((), (pki.dsp(DSP).xml_signing,)):
        diagnosis = _verify(signed, *known)
        assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.CERTIFICATE, None)
        assert _part(signed, "X509SerialNumber") in diagnosis.detail
        assert f"none of the {len(known)} known" in diagnosis.detail


@pytest.mark.parametrize("days", [-2, 800])
def test_a_certificate_that_is_not_in_force_is_refused(days: int, signed: bytes, dsp: Credential) -> None:
    diagnosis = _verify(signed, dsp, now=datetime.now(UTC) + timedelta(days=days))
    assert (diagnosis.outcome, diagnosis.signer) == (SignatureOutcome.CERTIFICATE, DSP)
    assert "in force from" in diagnosis.detail


def test_a_certificate_is_in_force_from_its_first_to_its_last_moment(signed: bytes, dsp: Credential) -> None:
    begin, end = dsp.certificate.not_valid_before_utc, dsp.certificate.not_valid_after_utc
    second = timedelta(seconds=1)
    outcomes = [_verify(signed, dsp, now=now).accepted for now in (begin - second, begin, end, end + second)]
    assert outcomes == [False, True, True, False]


def test_the_role_of_the_signer_is_judged_where_it_is_asked_for(pki: EphemeralPki) -> None:
    user = pki.service_user(USER).xml_signing
    root = xml.parse(_signed(_message(), user))
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


def test_a_certificate_that_names_nobody_fits_no_role_and_no_originator(issue: Issue) -> None:
    nobody = issue("CN=Z1,OU=07", 9)
    root, signers = xml.parse(_signed(_message(), nobody)), KnownSigners([nobody.certificate])
    assert verify(root, signers) == SignatureDiagnosis(SignatureOutcome.VALID)
    assert verify(root, signers, roles=[0x89]).detail == "expected role 89 (OU, hexadecimal), found none"
    assert verify(root, signers, originator=DSP).outcome is SignatureOutcome.ORIGINATOR


def test_a_role_is_judged_even_if_white_space_had_to_be_removed(signed: bytes, dsp: Credential) -> None:
    root = xml.parse(xml.readable(signed).encode())
    diagnosis = verify(root, KnownSigners([dsp.certificate]), roles=[CertificateRole.USER_XML_SIGNING])
    assert diagnosis.outcome is SignatureOutcome.ROLE


# Wrapping


def _forged() -> etree._Element:
    root = _message()
    next(root.iter(sr("ResponseCode"))).text = "I99"
    return root


def test_a_signed_message_inside_another_signs_nothing(signed: bytes, dsp: Credential) -> None:
    root = _forged()
    next(root.iter(sr("ResponseMessage"))).append(xml.parse(signed))
    diagnosis = _verify(xml.serialise(root), dsp)
    assert diagnosis.outcome is SignatureOutcome.UNSIGNED
    assert "Response/Body/ResponseMessage/Response/Signature" in diagnosis.detail


def test_a_signature_moved_out_of_the_message_that_it_signs_is_refused(
    signed: bytes, dsp: Credential
) -> None:
    for keep_inside in (True, False):
        original, root = xml.parse(signed), _forged()
        signature = deepcopy(original[-1])
        if not keep_inside:
            original.remove(original[-1])
        next(root.iter(sr("ResponseMessage"))).append(original)
        root.append(signature)
        assert _verify(xml.serialise(root), dsp).outcome is SignatureOutcome.DIGEST


def test_a_signature_reused_on_another_message_is_refused(signed: bytes, dsp: Credential) -> None:
    root = _forged()
    root.append(xml.parse(signed)[-1])
    assert _verify(xml.serialise(root), dsp).outcome is SignatureOutcome.DIGEST


def test_the_message_cannot_hide_in_the_signature(signed: bytes, dsp: Credential) -> None:
    original = xml.parse(signed)
    root = _forged()
    root.append(deepcopy(original[-1]))
    etree.SubElement(root[-1], ds("Object")).append(original)
    assert _verify(xml.serialise(root), dsp).outcome is SignatureOutcome.STRUCTURE


def test_a_second_signature_deep_inside_is_covered_by_the_first(dsp: Credential) -> None:
    root = _message()
    XmlSigner(dsp).sign(inner := _message())
    next(root.iter(sr("ResponseMessage"))).append(inner)
    octets = _signed(root, dsp)
    assert _verify(octets, dsp).outcome is SignatureOutcome.VALID
    tampered = re.sub(rb"<ds:SignatureValue>....", b"<ds:SignatureValue>AAAA", octets, count=1)
    assert _verify(tampered, dsp).outcome is SignatureOutcome.DIGEST


def test_no_single_changed_octet_gets_through(signed: bytes, dsp: Credential) -> None:
    """Whatever is still accepted says the same: only the signature's own spelling, or XML 1.1, may differ."""
    signers = KnownSigners([dsp.certificate])
    content = _content(xml.parse(signed))
    accepted = 0
    for position in range(len(signed)):
        octets = bytearray(signed)
        octets[position] ^= 1
        try:
            root = xml.parse(bytes(octets))
        except xml.MalformedXml:
            continue
        if verify(root, signers).accepted:
            accepted += 1
            assert _content(root) == content, position
    assert accepted < 10


def _content(root: etree._Element) -> bytes:
    copy = deepcopy(root.getroottree()).getroot()
    copy.remove(copy[-1])
    return etree.tostring(copy, method="c14n")
