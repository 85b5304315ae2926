from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.base.suite_files import own_request_bodies
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import ServiceRequest
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.request_bodies import ActivateFirmware, ReadInventory, UpdateFirmware
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.terms import DeviceType
from dsp_conformance.scenario.body_folders import FIRST_VARIANT
from dsp_conformance.scenario.body_marks import BodyCertificates, Mark
from dsp_conformance.scenario.request_bodies import RequestBodyUnusable, request_body
from dsp_conformance.smki.certificates import identity_of

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.duis.catalogue import ServiceReferenceVariant

BUNDLED = own_request_bodies()
USER = Eui64.parse("90-B3-D5-1F-30-00-00-01")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
OTHER_DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A1")
NOW = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
CERTIFICATES = BodyCertificates.made_up(USER, DEVICE)

EVERY_REQUEST = [
    pytest.param(variant, device_type, id=f"{variant.variant} {device_type}")
    for variant in catalogue().values()
    for device_type in sorted(variant.device_types or DeviceType)
]
every_request = pytest.mark.parametrize(("variant", "device_type"), EVERY_REQUEST)


def body_of(variant: ServiceReferenceVariant, device_type: DeviceType) -> etree._Element:
    return request_body(
        variant,
        device_type,
        (BUNDLED,),
        device_id=DEVICE,
        other_device_id=OTHER_DEVICE,
        certificates=CERTIFICATES,
        device_response=b"\xdf\x09\x02",
        now=NOW,
    )


def whole_request(variant: ServiceReferenceVariant, device_type: DeviceType) -> etree._Element:
    return ServiceRequest(
        RequestID(USER, DEVICE, 1),
        FIRST_VARIANT[variant.kind],
        variant.reference,
        variant.variant,
        body_of(variant, device_type),
    ).to_xml()


def texts_of(variant: str, device_type: DeviceType = DeviceType.ESME) -> dict[str, str]:
    """The text of every element without children, by its name."""
    body = body_of(catalogue()[variant], device_type)
    return {etree.QName(each).localname: each.text or "" for each in body.iter() if not len(each)}


@pytest.fixture(scope="session")
def published_schema(shared_data: Path) -> DuisSchema:
    return DuisSchema.from_folder(shared_data / "duis-schema-5.4")


# What ships


@every_request
def test_every_request_is_valid_under_the_published_schema(
    variant: ServiceReferenceVariant, device_type: DeviceType, published_schema: DuisSchema
) -> None:
    assert not published_schema.violations(whole_request(variant, device_type))


@every_request
def test_every_request_is_valid_under_the_bundled_profile(
    variant: ServiceReferenceVariant, device_type: DeviceType
) -> None:
    assert not DuisSchema.bundled().violations(whole_request(variant, device_type))


@every_request
def test_every_body_is_sent_compact_and_with_no_mark_left(
    variant: ServiceReferenceVariant, device_type: DeviceType
) -> None:
    body = body_of(variant, device_type)
    octets = xml.serialise(body).partition(b"?>")[2]
    assert not set(octets) & set(b"{}")
    assert not [each for each in body.iter() if each.tail or (len(each) and each.text)]


def test_no_file_is_there_that_no_request_uses() -> None:
    used = {
        next(
            name
            for name in (f"{variant.variant}.{device_type}.xml", f"{variant.variant}.xml")
            if (BUNDLED / name).exists()
        )
        for variant in catalogue().values()
        for device_type in variant.device_types or DeviceType
    }
    assert {path.name for path in BUNDLED.iterdir()} == used


@pytest.mark.parametrize("path", sorted(BUNDLED.iterdir()), ids=lambda path: path.name)
def test_files_are_laid_out_for_readers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    root = xml.parse(text.encode())
    etree.indent(root, space="  ")
    assert etree.tostring(root, encoding="unicode") + "\n" == text
    assert root.nsmap == {None: "http://www.dccinterface.co.uk/ServiceUserGateway"}


def test_no_file_is_for_what_differs_between_gas_and_electricity_only_by_name() -> None:
    """A file for gas meters that says the same as the common one would have to be kept equal by hand."""
    for path in BUNDLED.glob("*.GSME.xml"):
        common = path.with_name(path.name.replace(".GSME", ""))
        assert path.read_bytes() != common.read_bytes(), path.name


@pytest.mark.parametrize(
    ("device_type", "foreign"),
    [(DeviceType.ESME, ("Gas", "GSME", "ImportMPRN")), (DeviceType.GSME, ("Elec", "ESME", "ImportMPAN"))],
)
def test_a_meter_gets_nothing_that_is_meant_for_the_other_kind(
    device_type: DeviceType, foreign: tuple[str, ...]
) -> None:
    bodies = [
        body_of(variant, device_type)
        for variant in catalogue().values()
        if device_type in variant.device_types
    ]
    inside = [child for body in bodies for child in body.iterdescendants()]
    assert len(inside) > 100
    assert not [
        child.tag
        for child in inside
        if etree.QName(child).localname.startswith(foreign) or (child.text or "").startswith(foreign)
    ]


def test_meter_points_have_the_length_of_their_kind() -> None:
    for variant in ("6.23", "8.4", "8.6"):
        assert len(texts_of(variant, DeviceType.ESME)["ImportMPxN"]) == 13
        assert len(texts_of(variant, DeviceType.GSME)["ImportMPxN"]) == 10


def test_the_firmware_that_is_activated_is_the_one_that_was_sent() -> None:
    sent = UpdateFirmware.from_xml(body_of(catalogue()["11.1"], DeviceType.ESME))
    activated = ActivateFirmware.from_xml(body_of(catalogue()["11.3"], DeviceType.ESME))
    assert activated.firmware_hash == hashlib.sha256(sent.image).digest()


# Marks


def test_bodies_name_the_device_that_they_are_about() -> None:
    asked = ReadInventory.from_xml(body_of(catalogue()["8.2"], DeviceType.ESME))
    updated = UpdateFirmware.from_xml(body_of(catalogue()["11.1"], DeviceType.ESME))
    assert asked.device_id == DEVICE
    assert updated.device_ids == (DEVICE,)


@pytest.mark.parametrize("variant", ["8.7.1", "8.7.2", "8.8.1", "8.8.2", "8.14.3"])
def test_bodies_name_the_second_device(variant: str) -> None:
    assert texts_of(variant)["OtherDeviceID"] == str(OTHER_DEVICE)


@pytest.mark.parametrize("variant", ["6.15.1", "6.21", "6.23"])
def test_the_users_own_signing_certificate_is_what_it_hands_over(variant: str) -> None:
    texts = texts_of(variant)
    certificate = x509.load_der_x509_certificate(base64.b64decode(texts["DigitalSigningCertificate"]))
    issuing = x509.load_der_x509_certificate(base64.b64decode(texts["Certificate"]))
    assert certificate == CERTIFICATES.signing
    assert identity_of(certificate).eui == USER
    certificate.verify_directly_issued_by(issuing)


def test_other_certificates_are_of_whom_and_for_what_the_element_says() -> None:
    device = x509.load_der_x509_certificate(base64.b64decode(texts_of("6.15.2")["DeviceCertificate"]))
    agreement = x509.load_der_x509_certificate(base64.b64decode(texts_of("8.5")["KeyAgreementCertificate"]))
    assert identity_of(device).eui == DEVICE
    assert agreement.extensions.get_extension_for_class(x509.KeyUsage).value.key_agreement


def test_certificates_are_made_up_where_none_are_given() -> None:
    body = request_body(catalogue()["6.15.2"], DeviceType.ESME, (BUNDLED,), device_id=DEVICE)
    certificate = x509.load_der_x509_certificate(base64.b64decode(body.findtext(sr("DeviceCertificate"), "")))
    assert identity_of(certificate).eui == DEVICE


def test_a_devices_response_is_brought_as_it_came() -> None:
    assert base64.b64decode(texts_of("8.13")["DeviceGBCSResponse"]) == b"\xdf\x09\x02"


def test_times_are_told_from_the_moment_of_the_request_in_whole_seconds() -> None:
    assert texts_of("6.11")["CurrentDateTime"] == "2026-02-28T23:59:59Z"
    assert texts_of("5.1")["ScheduleStartDate"] == "2026-03-01"
    assert texts_of("8.5")["ExecutionDateTime"] == "2026-03-01T00:00:01Z"
    period = texts_of("4.10")
    assert period["StartDateTime"] == "2026-02-26T23:59:59Z"
    assert period["EndDateTime"] == "2026-02-27T23:59:59Z"


def test_the_moment_of_the_request_is_the_clocks_where_none_is_given() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    told = request_body(catalogue()["6.11"], DeviceType.ESME, (BUNDLED,)).findtext(sr("CurrentDateTime"), "")
    assert before <= datetime.fromisoformat(told) <= before + timedelta(minutes=1)


def test_every_mark_is_in_some_body() -> None:
    used = {
        mark for path in BUNDLED.iterdir() for mark in Mark if f"{{{mark.value}" in path.read_text("utf-8")
    }
    assert used == set(Mark)


@pytest.mark.parametrize(
    ("variant", "mark", "line"),
    [("8.3", "{device}", 2), ("8.12.1", "{other device}", 2), ("8.13", "{device response}", 2)],
)
def test_a_mark_for_which_nothing_was_given_is_named(variant: str, mark: str, line: int) -> None:
    with pytest.raises(RequestBodyUnusable) as caught:
        request_body(catalogue()[variant], DeviceType.ESME, (BUNDLED,))
    assert caught.value.path == BUNDLED / f"{variant}.xml"
    assert caught.value.line == line
    assert mark in caught.value.found


# Folders of the user's own

READ = '<ReadSupplyStatus xmlns="http://www.dccinterface.co.uk/ServiceUserGateway"/>'
SHOW = (
    '<DisplayMessage xmlns="http://www.dccinterface.co.uk/ServiceUserGateway">\n'
    "  <SupplierMessage>{}</SupplierMessage>\n"
    "</DisplayMessage>\n"
)


def shown(folders: list[Path], device_type: DeviceType) -> str:
    body = request_body(catalogue()["3.1"], device_type, folders)
    return body.findtext(sr("SupplierMessage"), "")


def test_a_file_of_the_users_folder_goes_before_the_bundled_one(tmp_path: Path) -> None:
    bundled = shown([tmp_path, BUNDLED], DeviceType.ESME)
    (tmp_path / "3.1.xml").write_text(SHOW.format("mine"), encoding="utf-8")
    (tmp_path / "3.1.GSME.xml").write_text(SHOW.format("mine for gas"), encoding="utf-8")
    assert bundled == shown([BUNDLED], DeviceType.ESME)
    assert shown([tmp_path, BUNDLED], DeviceType.ESME) == "mine"
    assert shown([tmp_path, BUNDLED], DeviceType.GSME) == "mine for gas"
    assert shown([BUNDLED, tmp_path], DeviceType.GSME) == bundled


def test_the_users_common_file_goes_before_the_bundled_one_for_a_type(tmp_path: Path) -> None:
    mine = (BUNDLED / "6.13.GSME.xml").read_text(encoding="utf-8").replace("GSMEEvent", "GSMESecurity")
    (tmp_path / "6.13.xml").write_text(mine, encoding="utf-8")
    body = request_body(catalogue()["6.13"], DeviceType.GSME, [tmp_path, BUNDLED])
    assert body.findtext(sr("LogToRead")) == "GSMESecurity"


def test_comments_and_instructions_are_for_readers_only(tmp_path: Path) -> None:
    text = SHOW.format("one<!-- <!-- two").replace("<!-- <!--", "<!-- note -->")
    text = text.replace("  <S", "  <!-- as agreed --><?editor wrap?>\n  <S")
    (tmp_path / "3.1.xml").write_text(text, encoding="utf-8")
    body = request_body(catalogue()["3.1"], DeviceType.ESME, [tmp_path])
    assert etree.tostring(body, encoding="unicode") == SHOW.format("one two").replace("\n", "").replace(
        "  ", ""
    )


@pytest.mark.parametrize(
    ("content", "line", "expected", "found"),
    [
        (READ[:-2], 1, "the element ReadSupplyStatus", "not well-formed"),
        ("<a>\n<b>\n</a>", 3, "the element ReadSupplyStatus", "not well-formed"),
        ("", 0, "the element ReadSupplyStatus", "empty"),
        ("\n" + READ.replace("Status", "State"), 2, "the element ReadSupplyStatus", "ReadSupplyState"),
        ("<ReadSupplyStatus/>", 1, "the element ReadSupplyStatus", "the element ReadSupplyStatus"),
        (f"\n\n<!DOCTYPE x>\n{READ}", 3, "the element ReadSupplyStatus", "document type"),
        (f'<!DOCTYPE x [<!ENTITY a "b">]>{READ}', 1, "the element ReadSupplyStatus", "document type"),
        (
            READ.replace("/>", '>\n<x xmlns="urn:example"/></ReadSupplyStatus>'),
            2,
            "elements of the namespace http://www.dccinterface.co.uk/ServiceUserGateway only",
            "x of urn:example",
        ),
        (READ.replace("/>", ">\n<x/>stray</ReadSupplyStatus>"), 2, "no text between elements", "'stray'"),
        (READ.replace("/>", ">stray<x/></ReadSupplyStatus>"), 1, "no text between elements", "'stray'"),
    ],
    ids=[
        "cut off",
        "unbalanced",
        "empty",
        "wrong element",
        "no namespace",
        "document type",
        "entity",
        "foreign namespace",
        "text behind an element",
        "text before an element",
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    tmp_path: Path, content: str, line: int, expected: str, found: str
) -> None:
    path = tmp_path / "7.4.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RequestBodyUnusable) as caught:
        request_body(catalogue()["7.4"], DeviceType.ESME, [tmp_path, BUNDLED])
    assert (caught.value.path, caught.value.line) == (path, line)
    assert expected in caught.value.expected
    assert found in caught.value.found
    assert str(path) in str(caught.value)
    assert not line or f"line {line}" in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "7.4.xml").mkdir()
    with pytest.raises(RequestBodyUnusable, match=r"7\.4\.xml.*Is a directory"):
        request_body(catalogue()["7.4"], DeviceType.ESME, [tmp_path, BUNDLED])


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("{devise}", "{device}"),
        ("{Other Device}", "{other device}"),
        ("{now-1}", "{now-1d}"),
        ("{}", ""),
        ("{today+1h}", "{today+1d}"),
    ],
)
def test_an_unknown_mark_is_refused_with_the_nearest(tmp_path: Path, written: str, nearest: str) -> None:
    (tmp_path / "3.1.xml").write_text(SHOW.format(written), encoding="utf-8")
    with pytest.raises(RequestBodyUnusable) as caught:
        request_body(catalogue()["3.1"], DeviceType.ESME, [tmp_path])
    assert (caught.value.line, caught.value.found) == (2, written)
    assert caught.value.nearest == nearest
    assert (f"did you mean {nearest}?" in str(caught.value)) == bool(nearest)


def test_a_missing_file_is_told_with_the_folders_and_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "7_4.xml").write_text(READ, encoding="utf-8")
    with pytest.raises(RequestBodyUnusable) as caught:
        request_body(catalogue()["7.4"], DeviceType.ESME, [tmp_path])
    assert str(tmp_path) in caught.value.expected
    assert caught.value.nearest == "7_4.xml"
