"""The signer and the verifier against others: xmlsec, signxml and, where installed, the DCC's own tool."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import xmlsec
from lxml import etree
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier
from xmlsec import constants

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    DeviceAlert,
    GbcsPayload,
    Inventory,
    InventoryDevice,
    Response,
    ResponseMessage,
    ServiceRequest,
)
from dsp_conformance.duis.namespaces import ds
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion, UpdateFirmware
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import KnownSigners, SignatureOutcome, verify
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.terms import CommandVariant, CplStatus, DeviceStatus, DeviceType

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.smki import Credential

_USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
_DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
_REQUEST_ID = RequestID(_USER, _DEVICE, 1660751141087)
_NOW = datetime(2021, 11, 4, 12, tzinfo=UTC)
_INVENTORY = Inventory(
    (
        InventoryDevice(
            _DEVICE,
            DeviceType.ESME,
            DeviceStatus.SUSPENDED,
            "Maker & Söhne",
            "m",
            "5.1",
            "9001",
            CplStatus.EXPIRED,
        ),
    )
    * 17
)


def _request(variant: str, command_variant: int, body: etree._Element) -> etree._Element:
    request = ServiceRequest(_REQUEST_ID, CommandVariant(command_variant), variant, variant, body, "5.1")
    return request.to_xml()


def _response(body: ResponseMessage | DeviceAlert) -> etree._Element:
    answer = _REQUEST_ID.response_id()
    return Response(_REQUEST_ID, answer, ResponseCode.I0, _NOW, body, "5.1").to_xml()


# Without values that only V5.4 knows, so that a tool with the schema of V5.1 can judge them.
_MESSAGES: dict[str, Callable[[], etree._Element]] = {
    "request": lambda: _request("11.2", 1, ReadFirmwareVersion(_NOW).to_xml()),
    "large request": lambda: _request(
        "11.1", 8, UpdateFirmware(bytes(200_000), "9001", (_DEVICE,) * 9).to_xml()
    ),
    "response": lambda: _response(ResponseMessage("11.2", "11.2", GbcsPayload(bytes(range(90))))),
    "acknowledgement": lambda: _response(ResponseMessage("11.2", "11.2")),
    "inventory": lambda: _response(ResponseMessage("8.2", "8.2", _INVENTORY)),
    "alert": lambda: _response(DeviceAlert("8F66", b"\x00")),
}


def _with_unused_namespaces(root: etree._Element) -> etree._Element:
    octets = xml.serialise(root).replace(
        b"schemaVersion", b"xmlns:ns3='http://www.w3.org/2000/09/xmldsig#' xmlns:u='urn:u' schemaVersion", 1
    )
    return xml.parse(octets)


@pytest.fixture(params=[False, True], ids=["plain", "unused namespaces"])
def dress(request: pytest.FixtureRequest) -> Callable[[etree._Element], etree._Element]:
    return _with_unused_namespaces if request.param else lambda root: root


@pytest.fixture(params=list(_MESSAGES))
def message(
    request: pytest.FixtureRequest, dress: Callable[[etree._Element], etree._Element]
) -> etree._Element:
    return dress(_MESSAGES[request.param]())


def _public(credential: Credential) -> xmlsec.Key:
    return xmlsec.Key.from_memory(credential.certificate_pem(), constants.KeyDataFormatCertPem)


# What we sign


def test_a_signed_message_is_compact_and_has_the_shape_of_the_profile(dsp: Credential) -> None:
    root = _MESSAGES["response"]()
    XmlSigner(dsp).sign(root)
    octets = xml.serialise(root)
    assert b">\n<" not in octets.partition(b"?>\n")[2]
    signature = xml.parse(octets)[-1]
    assert [etree.QName(each).localname for each in signature.iter(etree.Element)] == [
        "Signature",
        "SignedInfo",
        "CanonicalizationMethod",
        "SignatureMethod",
        "Reference",
        "Transforms",
        "Transform",
        "DigestMethod",
        "DigestValue",
        "SignatureValue",
        "KeyInfo",
        "X509Data",
        "X509IssuerSerial",
        "X509IssuerName",
        "X509SerialNumber",
    ]
    assert len(base64.b64decode(signature.findtext(ds("SignatureValue")) or "")) == 64
    assert signature.findtext(f".//{ds('X509IssuerName')}") == "CN=Test Issuer,OU=07"
    assert signature.findtext(f".//{ds('X509SerialNumber')}") == str(dsp.certificate.serial_number)


def test_every_signed_message_is_valid_by_the_published_schema(
    message: etree._Element, dsp: Credential, published: DuisSchema
) -> None:
    XmlSigner(dsp).sign(message)
    assert published.violations(xml.parse(xml.serialise(message))) == ()


def test_a_message_is_not_signed_twice(dsp: Credential) -> None:
    root = _MESSAGES["response"]()
    XmlSigner(dsp).sign(root)
    before = xml.serialise(root)
    with pytest.raises(ValueError, match="signed already"):
        XmlSigner(dsp).sign(root)
    assert xml.serialise(root) == before


def test_xmlsec_verifies_what_we_sign_and_refuses_it_altered(
    message: etree._Element, dsp: Credential
) -> None:
    XmlSigner(dsp).sign(message)
    arrived = xml.parse(xml.serialise(message))
    context = xmlsec.SignatureContext()
    context.key = _public(dsp)
    context.verify(arrived[-1])
    arrived.set("schemaVersion", "5.2")
    context = xmlsec.SignatureContext()
    context.key = _public(dsp)
    with pytest.raises(xmlsec.VerificationError):
        context.verify(arrived[-1])


def test_signxml_verifies_what_we_sign_and_finds_the_whole_message_signed(
    message: etree._Element, dsp: Credential
) -> None:
    unsigned = etree.tostring(message, method="c14n")
    XmlSigner(dsp).sign(message)
    result = XMLVerifier().verify(
        xml.serialise(message),
        x509_cert=dsp.certificate,
        expect_config=SignatureConfiguration(expect_references=1),
    )
    assert isinstance(result, VerifyResult)
    assert result.signed_data == unsigned


# What others sign


def _xmlsec_sign(root: etree._Element, credential: Credential, prefix: str | None) -> None:
    signature = xmlsec.template.create(
        root, constants.TransformExclC14N, constants.TransformEcdsaSha256, ns=prefix
    )
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, constants.TransformSha256, uri="")
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    data = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    name = xmlsec.template.x509_data_add_issuer_serial(data)
    issuer = xmlsec.template.x509_issuer_serial_add_issuer_name(name)
    issuer.text = credential.certificate.issuer.rfc4514_string()
    serial = xmlsec.template.x509_issuer_serial_add_serial_number(name)
    serial.text = str(credential.certificate.serial_number)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(credential.private_key_pem(), constants.KeyDataFormatPem)
    context.sign(signature)


@pytest.mark.parametrize("prefix", [None, "ds", "other"])
def test_we_verify_what_xmlsec_signs_and_refuse_it_altered(
    prefix: str | None, message: etree._Element, dsp: Credential
) -> None:
    _xmlsec_sign(message, dsp, prefix)
    signers = KnownSigners([dsp.certificate])
    arrived = xml.parse(xml.serialise(message))
    assert verify(arrived, signers).outcome is SignatureOutcome.VALID
    arrived.set("schemaVersion", "5.2")
    assert verify(arrived, signers).outcome is SignatureOutcome.DIGEST


# The DCC's own tool


@pytest.fixture(scope="module")
def dcc_tool() -> list[str]:
    """The start of a command line for the signing tool that the DCC publishes on npm."""
    folder = os.environ.get("DUIS_SIGN_WRAP")
    if not folder:
        pytest.skip("needs the folder of an installed @smartdcc/duis-sign-wrap in DUIS_SIGN_WRAP")
    jar = Path(folder) / "dist" / "tool.jar"
    if not jar.is_file():
        pytest.skip(f"DUIS_SIGN_WRAP names a folder without {jar.relative_to(folder)}")
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs a Java runtime, 11 or later, for the tool in DUIS_SIGN_WRAP")
    return [java, "-cp", str(jar)]


@pytest.fixture
def certificate(dsp: Credential, tmp_path: Path) -> Path:
    path = tmp_path / "certificate.pem"
    path.write_bytes(dsp.certificate_pem())
    return path


def _dcc_verdict(dcc_tool: list[str], octets: bytes, certificate: Path) -> int:
    message = certificate.with_name("message.xml")
    message.write_bytes(octets)
    command = [*dcc_tool, "uk.co.smartdcc.boxed.xmldsig.Validate", str(message), str(certificate)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode


_REFUSED = 10


@pytest.mark.parametrize("name", list(_MESSAGES))
def test_the_dccs_tool_verifies_what_we_sign(
    name: str, dcc_tool: list[str], dsp: Credential, certificate: Path
) -> None:
    XmlSigner(dsp).sign(root := _MESSAGES[name]())
    assert _dcc_verdict(dcc_tool, xml.serialise(root), certificate) == 0


def test_the_dccs_tool_refuses_what_we_refuse_and_normalises_white_space(
    dcc_tool: list[str], dsp: Credential, certificate: Path
) -> None:
    XmlSigner(dsp).sign(root := _MESSAGES["response"]())
    octets = xml.serialise(root)
    assert (
        _dcc_verdict(dcc_tool, octets.replace(b":1660751141087", b":1660751141088"), certificate) == _REFUSED
    )
    assert _dcc_verdict(dcc_tool, xml.readable(octets).encode(), certificate) == 0
    XmlSigner(dsp).sign(indented := xml.parse(xml.readable(xml.serialise(_MESSAGES["response"]())).encode()))
    assert verify(indented, KnownSigners([dsp.certificate])).outcome is SignatureOutcome.VALID
    assert _dcc_verdict(dcc_tool, xml.serialise(indented), certificate) == _REFUSED


def test_we_verify_what_the_dccs_tool_signs(dcc_tool: list[str], dsp: Credential, certificate: Path) -> None:
    message, key = certificate.with_name("unsigned.xml"), certificate.with_name("key.pem")
    message.write_bytes(xml.serialise(_MESSAGES["request"]()))
    key.write_bytes(dsp.private_key_pem())
    command = [*dcc_tool, "uk.co.smartdcc.boxed.xmldsig.Sign", str(message), "--preserveCounter"]
    run = subprocess.run([*command, str(certificate), str(key)], capture_output=True, check=True, timeout=60)
    root = xml.parse(run.stdout)
    assert ServiceRequest.from_xml(root).request_id == _REQUEST_ID
    assert verify(root, KnownSigners([dsp.certificate])).outcome is SignatureOutcome.VALID
