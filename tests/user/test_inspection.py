from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import MessageNames, RequestID
from dsp_conformance.duis.messages import (
    DccAlert,
    GbcsPayload,
    Inventory,
    InventoryDevice,
    PreCommand,
    ResponseMessage,
    ServiceRequest,
)
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.terms import CommandVariant, CplStatus, DeviceStatus, DeviceType
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.smki.credentials import Credential
    from dsp_conformance.smki.pki import DspCredentials
    from dsp_conformance.user.inspection import Inspection, Inspector
    from dsp_conformance.user.service_user import ServiceUser
    from tests.user.conftest import Pen

XML = "application/xml"
REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")


def _failed(inspection: Inspection) -> list[str]:
    return [check.requirement for check in inspection.checks if not check.passed]


def _changed(octets: bytes, change: Callable[[etree._Element], None]) -> bytes:
    root = xml.parse(octets)
    change(root)
    return xml.serialise(root)


@pytest.fixture
def good(pen: Pen) -> bytes:
    return pen.answer(REQUEST_ID)


@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_signed_response_passes_and_is_read(
    inspector: Inspector, good: bytes, *, asynchronous: bool
) -> None:
    inspection = inspector.inspect(good, XML, asynchronous=asynchronous)
    assert [check.requirement for check in inspection.checks] == ["DUIS-01", "DUIS-02"]
    assert _failed(inspection) == []
    assert inspection.response is not None
    assert inspection.response.request_id == REQUEST_ID
    assert inspection.response.content == GbcsPayload(b"the Device's answer")
    assert inspection.unknown == ""


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"", "empty"),
        (b"not XML", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
        ("<a>\u00e9</a>".encode("latin-1"), "wrongly encoded"),
        (b"<a>" + b" " * 20_000 + b"</a>", "too large"),
    ],
    ids=["empty", "text", "truncated", "DTD", "encoding", "size"],
)
def test_octets_that_are_no_xml_fail_duis_01_alone(inspector: Inspector, octets: bytes, found: str) -> None:
    inspection = replace(inspector, limit=10_000).inspect(octets, XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-01"]
    assert inspection.response is None
    assert found in inspection.checks[0].found


def test_another_content_type_fails_duis_01_alone(inspector: Inspector, good: bytes) -> None:
    inspection = inspector.inspect(good, "text/xml", asynchronous=True)
    assert _failed(inspection) == ["DUIS-01"]
    assert inspection.response is not None


def test_a_response_that_the_schema_forbids_and_that_can_be_read_is_both(
    inspector: Inspector, pen: Pen
) -> None:
    response = replace(pen.response(REQUEST_ID), schema_version="five")
    inspection = inspector.inspect(pen.signed(response), XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-01"]
    assert "schemaVersion" in inspection.checks[0].found
    assert inspection.response == response


def test_a_response_that_cannot_be_read_names_the_element(inspector: Inspector, good: bytes) -> None:
    octets = good.replace(b"<sr:ResponseCode>I0<", b"<sr:ResponseCode>fine<")
    inspection = inspector.inspect(octets, XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-01", "DUIS-02"]
    assert inspection.response is None
    assert (
        "Response/Header/ResponseCode: expected one of the 194 response codes" in inspection.checks[0].found
    )


def test_a_valid_document_of_another_kind_is_no_response(
    inspector: Inspector, service_user: ServiceUser
) -> None:
    """The schema knows requests as well, so it does not object; the DSP still posts no requests."""
    body = ReadFirmwareVersion().to_xml()
    root = ServiceRequest(REQUEST_ID, CommandVariant.NON_CRITICAL_WAN, "11.2", "11.2", body).to_xml()
    XmlSigner(service_user.xml_signing).sign(root)
    assert inspector.schema.violations(root) == ()
    inspection = inspector.inspect(xml.serialise(root), XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-01", "DUIS-02"]
    assert "expected a DUIS Response" in inspection.checks[0].found
    assert inspection.unknown == ""


@pytest.fixture(params=["bundled", "published"])
def either(request: pytest.FixtureRequest, inspector: Inspector) -> Inspector:
    """Holds messages to the profile that ships with the suite, or to the published schema."""
    if request.param == "bundled":
        return inspector
    folder: Path = request.getfixturevalue("shared_data")
    return replace(inspector, schema=DuisSchema.from_folder(folder / "duis-schema-5.4"))


@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_code_newer_than_the_schema_is_not_judged_and_names_its_request(
    either: Inspector, pen: Pen, *, asynchronous: bool
) -> None:
    octets = pen.drawn(pen.response(REQUEST_ID), lambda root: _text(root, "ResponseCode", "E72"))
    inspection = either.inspect(octets, XML, asynchronous=asynchronous)
    assert _failed(inspection) == []
    assert "ResponseCode: The value 'E72'" in inspection.checks[0].detail
    assert inspection.response is None
    assert "E72" in inspection.unknown
    assert inspection.named == MessageNames(REQUEST_ID, REQUEST_ID.response_id())


@pytest.mark.parametrize("code", ["e1", "i0", "E", "E1234567", "X1", "Accepted", ""])
def test_what_is_no_code_at_all_is_judged(either: Inspector, pen: Pen, code: str) -> None:
    octets = pen.drawn(pen.response(REQUEST_ID), lambda root: _text(root, "ResponseCode", code))
    inspection = either.inspect(octets, XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-01"]
    assert (inspection.response, inspection.unknown) == (None, "")


def test_beside_a_newer_code_everything_else_is_judged(either: Inspector, pen: Pen) -> None:
    def spoil(root: etree._Element) -> None:
        _text(root, "ResponseCode", "E72")
        _text(root, "ResponseDateTime", "yesterday")

    inspection = either.inspect(pen.drawn(pen.response(REQUEST_ID), spoil), XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-01"]
    assert "yesterday" in inspection.checks[0].found


def test_an_alert_with_a_newer_code_is_read(either: Inspector, pen: Pen) -> None:
    alert = DccAlert("N99", "DeviceStatusChangeEvent", "DeviceSuspended", REQUEST_ID.target)
    inspection = either.inspect(
        pen.signed(replace(pen.response(REQUEST_ID), body=alert)), XML, asynchronous=True
    )
    assert _failed(inspection) == []
    assert inspection.response is not None
    assert inspection.response.body == alert


@pytest.mark.parametrize(
    ("name", "value", "judged"),
    [
        ("DeviceType", "SAPC", False),
        ("DeviceStatus", "Frozen", False),
        ("CPLStatus", "Paused", False),
        ("DeviceStatus", "commissioned", True),
        ("DeviceStatus", "??", True),
    ],
)
def test_a_device_shown_with_a_newer_value_hides_no_other(
    either: Inspector, pen: Pen, name: str, value: str, *, judged: bool
) -> None:
    shown = InventoryDevice(
        REQUEST_ID.target,
        DeviceType.ESME,
        DeviceStatus.COMMISSIONED,
        "106C",
        "433100AC",
        cpl_status=CplStatus.ACTIVE,
    )
    newer = replace(shown, device_id=REQUEST_ID.originator)

    def spoil(root: etree._Element) -> None:
        _text(root.findall(f".//{sr('Device')}")[0], name, value)

    body = ResponseMessage("8.2", "8.2", Inventory((newer, shown)))
    response = pen.response(REQUEST_ID, body=body)
    inspection = either.inspect(pen.drawn(response, spoil), XML, asynchronous=False)
    assert _failed(inspection) == (["DUIS-01"] if judged else [])
    assert inspection.response is not None
    content = inspection.response.content
    assert isinstance(content, Inventory)
    assert content.devices == (shown,)
    ((hidden, what),) = content.unread
    assert hidden == REQUEST_ID.originator
    assert value in what


def _spoilt(service_user: ServiceUser, name: str, value: str) -> bytes:
    body = ReadFirmwareVersion().to_xml()
    root = ServiceRequest(REQUEST_ID, CommandVariant.NON_CRITICAL_WAN, "11.2", "11.2", body).to_xml()
    _text(root, name, value)
    XmlSigner(service_user.xml_signing).sign(root)
    return xml.serialise(root)


_NO_NUMBER = str(REQUEST_ID).replace(":1000", ":next")


def test_what_the_answer_to_a_bad_request_repeats_of_what_was_bad_is_not_judged(
    either: Inspector, pen: Pen, service_user: ServiceUser
) -> None:
    def repeat(root: etree._Element) -> None:
        _text(root, "RequestID", _NO_NUMBER)
        _text(root, "ResponseID", str(REQUEST_ID.response_id()).replace(":1000", ":next"))

    rejection = replace(pen.response(REQUEST_ID), response_code=ResponseCode.E2)
    octets = pen.drawn(rejection, repeat)
    bad = _spoilt(service_user, "RequestID", _NO_NUMBER)
    inspection = either.inspect(octets, XML, asynchronous=False, bad_request=bad)
    assert _failed(inspection) == []
    assert "RequestID" in inspection.checks[0].detail
    assert inspection.response is not None
    assert inspection.response.response_code is ResponseCode.E2
    assert inspection.response.request_id is None

    assert "DUIS-01" in _failed(either.inspect(octets, XML, asynchronous=False))
    good = _spoilt(service_user, "RequestID", str(REQUEST_ID))
    assert "DUIS-01" in _failed(either.inspect(octets, XML, asynchronous=False, bad_request=good))

    def more(root: etree._Element) -> None:
        repeat(root)
        _text(root, "ResponseDateTime", "yesterday")

    worse = pen.drawn(rejection, more)
    assert "DUIS-01" in _failed(either.inspect(worse, XML, asynchronous=False, bad_request=bad))


def test_the_answer_to_a_variant_that_does_not_exist_may_repeat_it(
    either: Inspector, pen: Pen, service_user: ServiceUser
) -> None:
    octets = pen.drawn(pen.response(REQUEST_ID), lambda root: _text(root, "ServiceReferenceVariant", "11.99"))
    bad = _spoilt(service_user, "ServiceReferenceVariant", "11.99")
    assert _failed(either.inspect(octets, XML, asynchronous=False, bad_request=bad)) == []
    assert _failed(either.inspect(octets, XML, asynchronous=False)) == ["DUIS-01"]


def _text(root: etree._Element, name: str, value: str) -> None:
    element = root.find(f".//{sr(name)}")
    assert element is not None
    element.text = value


def test_what_a_later_schema_allows_and_the_suite_cannot_read_is_not_blamed_on_the_dsp(
    inspector: Inspector, dsp_credentials: DspCredentials, pen: Pen, lax_schema: DuisSchema
) -> None:
    root = pen.response(REQUEST_ID).to_xml()
    code = root.find(f".//{sr('ResponseCode')}")
    assert code is not None
    code.text = "E72"
    XmlSigner(dsp_credentials.xml_signing).sign(root)
    lax = replace(inspector, schema=lax_schema)
    inspection = lax.inspect(xml.serialise(root), XML, asynchronous=True)
    assert _failed(inspection) == []
    assert inspection.response is None
    assert "E72" in inspection.unknown


_INVENTORY = Inventory((InventoryDevice(REQUEST_ID.target, DeviceType.ESME, None, "106C", "433100AC"),))


@pytest.mark.parametrize(
    ("content", "code", "asynchronous", "failed"),
    [
        (None, ResponseCode.I99, False, []),
        (None, ResponseCode.E51, False, []),
        (PreCommand("4.3", b"c"), ResponseCode.I0, False, ["DUIS-02"]),
        (_INVENTORY, ResponseCode.I0, False, ["DUIS-02"]),
        (GbcsPayload(b"c"), ResponseCode.I0, True, ["DUIS-02"]),
        (None, ResponseCode.E21, True, ["DUIS-02"]),
    ],
    ids=["acknowledgement", "rejection", "Pre-Command", "inventory", "response", "late rejection"],
)
def test_only_acknowledgements_and_rejections_may_go_unsigned(
    inspector: Inspector,
    pen: Pen,
    content: ResponseContent | None,
    code: ResponseCode,
    failed: list[str],
    *,
    asynchronous: bool,
) -> None:
    response = pen.response(REQUEST_ID, code, content)
    assert _failed(inspector.inspect(pen.unsigned(response), XML, asynchronous=asynchronous)) == failed
    assert _failed(inspector.inspect(pen.signed(response), XML, asynchronous=asynchronous)) == []


def _signers(pki: EphemeralPki, user: ServiceUser, dsp: DspCredentials) -> dict[str, Credential]:
    return {
        "another DSP": pki.dsp(dsp.eui).xml_signing,
        "the User": user.xml_signing,
        "the DSP's other key": dsp.gbcs_key_agreement,
        "another authority": EphemeralPki.create().dsp(dsp.eui).xml_signing,
    }


@pytest.mark.parametrize("who", ["another DSP", "the User", "the DSP's other key", "another authority"])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_signature_of_anybody_else_fails_duis_02_even_where_none_is_asked_for(
    inspector: Inspector,
    pen: Pen,
    pki: EphemeralPki,
    service_user: ServiceUser,
    dsp_credentials: DspCredentials,
    who: str,
    *,
    asynchronous: bool,
) -> None:
    signer = _signers(pki, service_user, dsp_credentials)[who]
    octets = replace(pen, credential=signer).signed(pen.response(REQUEST_ID, ResponseCode.I99))
    inspection = inspector.inspect(octets, XML, asynchronous=asynchronous)
    assert _failed(inspection) == ["DUIS-02"]
    assert "unknown" in inspection.checks[1].found


def test_a_known_certificate_of_another_role_fails_duis_02(
    inspector: Inspector, pen: Pen, service_user: ServiceUser
) -> None:
    both = replace(inspector, signers=KnownSigners([service_user.xml_signing.certificate]))
    octets = replace(pen, credential=service_user.xml_signing).signed(pen.response(REQUEST_ID))
    inspection = both.inspect(octets, XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-02"]
    assert "expected role 89 (OU, hexadecimal), found 87" in inspection.checks[1].found


def test_an_expired_certificate_fails_duis_02(inspector: Inspector, pen: Pen) -> None:
    two_years_ago = datetime.now(UTC) - timedelta(days=730)
    expired = EphemeralPki.create(now=two_years_ago).dsp(REQUEST_ID.target).xml_signing
    knowing = replace(inspector, signers=KnownSigners([expired.certificate]))
    octets = replace(pen, credential=expired).signed(pen.response(REQUEST_ID))
    assert _failed(knowing.inspect(octets, XML, asynchronous=True)) == ["DUIS-02"]


def test_a_message_that_was_changed_fails_duis_02(inspector: Inspector, good: bytes) -> None:
    inspection = inspector.inspect(good.replace(b">I0<", b">E21<"), XML, asynchronous=True)
    assert _failed(inspection) == ["DUIS-02"]
    assert "changed after signing" in inspection.checks[1].found


def test_a_message_that_was_indented_after_signing_passes_and_is_noted(
    inspector: Inspector, good: bytes
) -> None:
    inspection = inspector.inspect(_changed(good, etree.indent), XML, asynchronous=True)
    assert _failed(inspection) == []
    assert "white space" in inspection.checks[1].detail
    assert inspection.response is not None
