from __future__ import annotations

import base64
import re
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import Response
from dsp_conformance.duis.namespaces import DS, SR, ds, sr
from dsp_conformance.duis.signature import (
    KnownSigners,
    SignatureDiagnosis,
    SignatureOutcome,
    verify,
)
from dsp_conformance.smki import CertificateRole, Credential, EphemeralPki, load_certificate

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
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
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")


def _replace(octets: bytes, old: str | bytes, new: str | bytes) -> bytes:
    old, new = (part.encode() if isinstance(part, str) else part for part in (old, new))
    assert octets.count(old) >= 1, old
    return octets.replace(old, new)


def _part(octets: bytes, name: str) -> str:
    """The text of a part of the signature."""
    return xml.parse(octets).findtext(f".//{ds(name)}") or ""


# Valid


def test_a_signed_message_is_valid_and_names_its_signer(signed: bytes, dsp: Credential, judge: Judge) -> None:
    assert judge(signed, dsp) == SignatureDiagnosis(SignatureOutcome.VALID, signer=DSP)


def test_the_signer_is_found_among_many(
    signed: bytes, dsp: Credential, pki: EphemeralPki, judge: Judge
) -> None:
    others = [pki.dsp(DSP).xml_signing for _ in range(3)]
    assert judge(signed, *others, dsp).outcome is SignatureOutcome.VALID


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
def test_a_number_that_begins_with_a_zero_octet_keeps_it(
    half: int, dsp: Credential, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    for _ in range(20_000):
        octets = sign(unsigned, dsp)
        value = base64.b64decode(_part(octets, "SignatureValue"))
        assert len(value) == 64
        if value[32 * half] == 0:
            assert judge(octets, dsp).outcome is SignatureOutcome.VALID
            return
    pytest.fail("one value in 256 begins with a zero octet, and not one of 20,000 did")


def test_a_serial_number_of_128_bits_is_matched_whole(
    issue: Issue, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    credential = issue("CN=Z1,OU=07", 2**128 - 1)
    octets = sign(unsigned, credential)
    assert _part(octets, "X509SerialNumber") == "340282366920938463463374607431768211455"
    assert judge(octets, credential).outcome is SignatureOutcome.VALID
    other = issue("CN=Z1,OU=07", 2**128 - 2)
    assert judge(octets, other).outcome is SignatureOutcome.CERTIFICATE


@pytest.mark.parametrize(
    "written", ["CN=Z1, OU=07", "OU=07,CN=Z1", "\n  CN=Z1,OU=07\n", "CN=<!-- c -->Z1,OU=07"]
)
def test_the_issuer_may_be_written_in_several_ways(
    written: str, issue: Issue, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    credential = issue("CN=Z1,OU=07", 50669612984035780968362471400449834504)
    octets = _replace(sign(unsigned, credential), "CN=Z1,OU=07", written)
    assert judge(octets, credential).outcome is SignatureOutcome.VALID


def test_an_issuer_whose_name_cannot_be_read_is_noted_where_number_and_key_are_known(
    issue: Issue, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    credential, namesake, other = issue("CN=Z1,OU=07", 5), issue("CN=Z2,OU=07", 5), issue("CN=Z1,OU=07", 6)
    octets = _replace(sign(unsigned, credential), "CN=Z1,OU=07", "issued by Z1, of course")
    diagnosis = judge(octets, namesake, credential)
    assert diagnosis.outcome is SignatureOutcome.VALID
    (note,) = diagnosis.notes
    assert "issued by Z1, of course" in note
    assert judge(octets, namesake).outcome is SignatureOutcome.KEY
    assert judge(octets, other).outcome is SignatureOutcome.CERTIFICATE


def test_an_issuer_of_another_name_is_no_matter_of_spelling(
    issue: Issue, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    credential = issue("CN=Z1,OU=07", 5)
    octets = _replace(sign(unsigned, credential), "CN=Z1,OU=07", "CN=Z2,OU=07")
    assert judge(octets, credential).outcome is SignatureOutcome.CERTIFICATE


def test_line_breaks_in_the_value_and_white_space_around_the_serial_are_fine(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    value, serial = _part(signed, "SignatureValue"), _part(signed, "X509SerialNumber")
    for broken in (f"{value[:76]}&#13;\n{value[76:]}", f"\r\n{value}\t", f"{value[:3]}<!-- c -->{value[3:]}"):
        octets = _replace(_replace(signed, value, broken), serial, f"\n {serial}\t")
        assert judge(octets, dsp).outcome is SignatureOutcome.VALID


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
def test_a_document_of_any_look_is_valid_oncesign(
    document: str, dsp: Credential, judge: Judge, sign: Sign
) -> None:
    octets = sign(xml.parse(document.encode()), dsp)
    assert judge(octets, dsp).outcome is SignatureOutcome.VALID
    assert judge(_replace(octets, "Response", "Request"), dsp).outcome is SignatureOutcome.DIGEST
    in_utf_16 = xml.parse(octets).getroottree()
    assert judge(etree.tostring(in_utf_16, encoding="UTF-16"), dsp).outcome is SignatureOutcome.VALID


def test_text_behind_the_signature_counts_as_part_of_the_document(
    dsp: Credential, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    for text in ("\n", "\n  behind ", "é"):
        # What a verifier sees once the signature is taken out: its tail joins what stands before it.
        unsigned[-1].tail = "before" + text
        octets = sign(unsigned, dsp)
        moved = _replace(
            _replace(octets, f"before{text}".encode(), b"before"),
            b"</ds:Signature>",
            f"</ds:Signature>{text}".encode(),
        )
        assert judge(moved, dsp).outcome is SignatureOutcome.VALID
        assert judge(_replace(moved, "before", "behind"), dsp).outcome is SignatureOutcome.DIGEST


def test_text_behind_the_signature_of_an_otherwise_empty_message_counts(
    dsp: Credential, judge: Judge, sign: Sign
) -> None:
    octets = sign(xml.parse(b"<r>word</r>"), dsp)
    moved = _replace(_replace(octets, "<r>word", "<r>wo"), "</ds:Signature>", "</ds:Signature>rd")
    assert judge(moved, dsp).outcome is SignatureOutcome.VALID
    assert judge(_replace(moved, ">rd<", "><"), dsp).outcome is SignatureOutcome.DIGEST


def test_comments_are_not_signed_and_processing_instructions_are(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    assert judge(_replace(signed, "<sr:Body>", "<!-- c --><sr:Body>"), dsp).outcome is SignatureOutcome.VALID
    assert judge(signed + b"<!-- c -->", dsp).outcome is SignatureOutcome.VALID
    assert judge(signed + b"<?p i?>", dsp).outcome is SignatureOutcome.DIGEST
    assert judge(_replace(signed, "<sr:Body>", "<?p i?><sr:Body>"), dsp).outcome is SignatureOutcome.DIGEST


def test_a_comment_put_into_a_signed_value_cannot_change_what_is_read(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    octets = _replace(signed, ":1660751141087", ":1<!-- c -->660751141087")
    assert judge(octets, dsp).outcome is SignatureOutcome.VALID
    assert Response.from_xml(xml.parse(octets)) == Response.from_xml(xml.parse(signed))


def test_a_namespace_declared_after_signing_changes_the_document(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    octets = _replace(signed, "<sr:Response ", '<sr:Response xmlns:u="urn:u" ')
    assert judge(octets, dsp).outcome is SignatureOutcome.DIGEST


def test_comments_in_the_signature_are_not_signed_either(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    for place in ("</ds:SignedInfo>", "<ds:DigestMethod", "</ds:DigestValue>", "</ds:Signature>"):
        octets = _replace(signed, place, f"<!-- c -->{place}")
        assert judge(octets, dsp).outcome is SignatureOutcome.VALID


# White space


def test_a_message_indented_after_signing_is_told_apart(signed: bytes, dsp: Credential, judge: Judge) -> None:
    diagnosis = judge(xml.readable(signed).encode(), dsp)
    assert diagnosis.outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL
    assert diagnosis.accepted
    assert diagnosis.signer == DSP


def test_one_line_break_behind_the_header_or_among_comments_is_white_space(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    for old, new in (
        ("</sr:Header>", "</sr:Header>\n"),
        ("</ds:Signature>", "</ds:Signature>\n"),
        ("<sr:Body>", "\n <!-- c -->\n <sr:Body>\n"),
        ("<ds:SignedInfo>", "<ds:SignedInfo>\n"),
    ):
        octets = _replace(signed, old, new)
        assert judge(octets, dsp).outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL


def test_a_message_indented_and_altered_is_refused_for_the_alteration(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    octets = _replace(xml.readable(signed).encode(), ">I0<", ">I99<")
    assert judge(octets, dsp).outcome is SignatureOutcome.DIGEST


def test_a_message_indented_and_signed_by_another_is_refused_for_the_key(
    signed: bytes, dsp: Credential, judge: Judge
) -> None:
    value = base64.b64encode(bytes(range(1, 65))).decode()
    octets = _replace(signed, _part(signed, "SignatureValue"), value)
    assert judge(xml.readable(octets).encode(), dsp).outcome is SignatureOutcome.KEY


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(">11.2<", "> 11.2<", id="in a value"),
        pytest.param("AAEC", "AA\nEC", id="in base64"),
        pytest.param(">I0<", "><!-- c --> I0<", id="beside a comment in a value"),
    ],
)
def test_white_space_in_a_value_is_an_alteration(
    old: str, new: str, signed: bytes, dsp: Credential, judge: Judge
) -> None:
    assert judge(_replace(signed, old, new), dsp).outcome is SignatureOutcome.DIGEST


def test_words_between_elements_are_not_white_space(signed: bytes, dsp: Credential, judge: Judge) -> None:
    for place in ("</sr:Header>", "<sr:Header>", "</ds:Signature>"):
        octets = _replace(signed, place, f"{place} words ")
        assert judge(octets, dsp).outcome is SignatureOutcome.DIGEST


def test_a_blank_value_is_kept_when_white_space_is_removed(
    dsp: Credential, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    etree.SubElement(unsigned, sr("Note")).text = "  "
    octets = sign(unsigned, dsp)
    assert judge(octets, dsp).outcome is SignatureOutcome.VALID
    indented = _replace(octets, "</sr:Header>", "</sr:Header>\n")
    assert judge(indented, dsp).outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL
    emptied = _replace(indented, "<sr:Note>  </sr:Note>", "<sr:Note/>")
    assert judge(emptied, dsp).outcome is SignatureOutcome.DIGEST


# Wrapping


@pytest.fixture
def forged(unsigned: etree._Element) -> etree._Element:
    """What an attacker would like to pass off as signed."""
    root = deepcopy(unsigned)
    next(root.iter(sr("ResponseCode"))).text = "I99"
    return root


def test_a_signed_message_inside_another_signs_nothing(
    signed: bytes, dsp: Credential, judge: Judge, forged: etree._Element
) -> None:
    next(forged.iter(sr("ResponseMessage"))).append(xml.parse(signed))
    diagnosis = judge(xml.serialise(forged), dsp)
    assert diagnosis.outcome is SignatureOutcome.UNSIGNED
    assert "Response/Body/ResponseMessage/Response/Signature" in diagnosis.detail


@pytest.mark.parametrize("keep_inside", [True, False])
def test_a_signature_moved_out_of_the_message_that_it_signs_is_refused(
    *, keep_inside: bool, signed: bytes, dsp: Credential, judge: Judge, forged: etree._Element
) -> None:
    original = xml.parse(signed)
    signature = deepcopy(original[-1])
    if not keep_inside:
        original.remove(original[-1])
    next(forged.iter(sr("ResponseMessage"))).append(original)
    forged.append(signature)
    assert judge(xml.serialise(forged), dsp).outcome is SignatureOutcome.DIGEST


def test_a_signature_reused_on_another_message_is_refused(
    signed: bytes, dsp: Credential, judge: Judge, forged: etree._Element
) -> None:
    forged.append(xml.parse(signed)[-1])
    assert judge(xml.serialise(forged), dsp).outcome is SignatureOutcome.DIGEST


def test_the_message_cannot_hide_in_the_signature(
    signed: bytes, dsp: Credential, judge: Judge, forged: etree._Element
) -> None:
    original = xml.parse(signed)
    forged.append(deepcopy(original[-1]))
    etree.SubElement(forged[-1], ds("Object")).append(original)
    assert judge(xml.serialise(forged), dsp).outcome is SignatureOutcome.STRUCTURE


def test_a_second_signature_deep_inside_is_covered_by_the_first(
    dsp: Credential, judge: Judge, sign: Sign, unsigned: etree._Element
) -> None:
    inner = xml.parse(sign(unsigned, dsp))
    next(unsigned.iter(sr("ResponseMessage"))).append(inner)
    octets = sign(unsigned, dsp)
    assert judge(octets, dsp).outcome is SignatureOutcome.VALID
    tampered = re.sub(rb"<ds:SignatureValue>....", b"<ds:SignatureValue>AAAA", octets, count=1)
    assert judge(tampered, dsp).outcome is SignatureOutcome.DIGEST


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
