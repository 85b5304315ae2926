from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    DccAlert,
    DeviceAlert,
    FutureDatedAlert,
    GbcsPayload,
    Inventory,
    InventoryDevice,
    LocalCommand,
    OtherBody,
    OtherContent,
    PreCommand,
    Response,
    ResponseBody,
    ResponseMessage,
    ServiceRequest,
    UnexpectedShape,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceType

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.duis.schema import DuisSchema


USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
REQUEST_ID = RequestID(USER, DEVICE, 1660751141087)
NOON = datetime(2021, 11, 4, 12, 0, 0, 790_000, tzinfo=UTC)


def _response(body: ResponseBody) -> Response:
    return Response(REQUEST_ID, REQUEST_ID.response_id(), ResponseCode.I0, NOON, body)


def _payload_response(octets: bytes = b"payload") -> Response:
    return _response(ResponseMessage("11.2", "11.2", GbcsPayload(octets)))


def _sent(message: Response | ServiceRequest) -> etree._Element:
    """What arrives at the other end: the document written to octets and parsed again."""
    return xml.parse(xml.serialise(message.to_xml()))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-08-17T15:45:42Z", datetime(2022, 8, 17, 15, 45, 42, tzinfo=UTC)),
        ("2022-08-17T15:45:42", datetime(2022, 8, 17, 15, 45, 42, tzinfo=UTC)),
        ("2022-08-17T15:45:42.7Z", datetime(2022, 8, 17, 15, 45, 42, 700_000, tzinfo=UTC)),
        ("2022-08-17T15:45:42.123456789012Z", datetime(2022, 8, 17, 15, 45, 42, 123_456, tzinfo=UTC)),
        ("2022-08-17T15:45:42+01:00", datetime(2022, 8, 17, 14, 45, 42, tzinfo=UTC)),
        ("2022-08-17T15:45:42-14:00", datetime(2022, 8, 18, 5, 45, 42, tzinfo=UTC)),
        ("2022-12-31T24:00:00Z", datetime(2023, 1, 1, tzinfo=UTC)),
        ("2022-12-31T24:00:00.000Z", datetime(2023, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
    ],
)
def test_every_lawful_form_of_a_date_and_time_is_read(
    text: str, moment: datetime, published: DuisSchema
) -> None:
    root = _payload_response().to_xml()
    root[0][3].text = text
    assert published.violations(root) == ()
    assert Response.from_xml(root).response_date_time == moment


def test_white_space_around_a_date_and_time_is_lawful() -> None:
    root = _payload_response().to_xml()
    root[0][3].text = " \n2021-11-04T12:00:00.790Z\t"
    assert Response.from_xml(root).response_date_time == NOON


@pytest.mark.parametrize("text", ["12022-08-17T15:45:42Z", "-0044-03-15T12:00:00Z", "9999-12-31T24:00:00Z"])
def test_a_lawful_year_that_no_clock_shows_is_refused_with_its_place(
    text: str, published: DuisSchema
) -> None:
    root = _payload_response().to_xml()
    root[0][3].text = text
    assert published.violations(root) == ()
    with pytest.raises(UnexpectedShape) as caught:
        Response.from_xml(root)
    assert caught.value.where == "Response/Header/ResponseDateTime"


def test_white_space_in_free_text_is_kept() -> None:
    device = InventoryDevice(DEVICE, DeviceType.ESME, None, " maker\n", "", "\t2", " 9001 ")
    response = _response(ResponseMessage("8.2", "8.2", Inventory((device,))))
    assert Response.from_xml(_sent(response)) == response


def test_base64_in_lines_and_an_empty_payload_are_read() -> None:
    octets = bytes(range(200))
    root = _payload_response().to_xml()
    payload = next(root.iter(sr("GBCSPayload")))
    payload.text = base64.encodebytes(octets).decode().replace("\n", "\r\n ")
    assert Response.from_xml(root).content == GbcsPayload(octets)
    payload.text = None
    assert Response.from_xml(root).content == GbcsPayload(b"")


def test_comments_and_processing_instructions_do_not_end_a_text() -> None:
    for inside in ("<!-- c -->AA==", "A<!-- c -->A<?pi?>==", "AA==<?pi?>"):
        payload = (
            f"<sr:ResponseMessage>{_REFERENCES}<sr:GBCSPayload>{inside}</sr:GBCSPayload></sr:ResponseMessage>"
        )
        assert Response.from_xml(_from_text(payload)).content == GbcsPayload(b"\0")


_ALERT = b"a Device's alert"


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (
            DeviceAlert("81A0", _ALERT),
            {"AlertCode": "81A0", "GBCSPayload": base64.b64encode(_ALERT).decode()},
        ),
        (
            DccAlert("N28", "DeviceStatusChangeEvent", "DeviceSuspended", DEVICE),
            {"DCCAlertCode": "N28", "DeviceID": str(DEVICE), "DeviceSuspended": None},
        ),
        (
            ResponseMessage("11.3", "11.3", FutureDatedAlert("8F66", _ALERT)),
            {"FutureDatedAlertCode": "8F66", "InstructionNumber": "1", "TotalCommandInstructions": "1"},
        ),
        (ResponseMessage("11.3", "11.3", FutureDatedAlert("8F67", _ALERT, 2, 3)), {"InstructionNumber": "2"}),
        (
            ResponseMessage("11.2", "11.2", LocalCommand(_ALERT)),
            {"GBCSPayload": base64.b64encode(_ALERT).decode()},
        ),
        (ResponseMessage("11.3", "11.3", PreCommand("4.3", _ALERT)), {"GBCSVersion": "4.3"}),
        (
            ResponseMessage(
                "11.1", "11.1", UpdateFirmwareWarning((DEVICE,), (), (USER, DEVICE), (), (USER,))
            ),
            {"InvalidDeviceIDList": str(DEVICE), "NotApplicableFirmwareDeviceIDList": f"{USER},{DEVICE}"},
        ),
    ],
    ids=lambda value: type(getattr(value, "content", value)).__name__,
)
def test_what_a_dsp_says_is_written_as_the_schema_has_it_and_read_back(
    body: ResponseBody, values: dict[str, str | None], published: DuisSchema
) -> None:
    root = _sent(_response(body))
    assert published.violations(root) == ()
    for name, value in values.items():
        assert next(root.iter(sr(name))).text == value
    assert Response.from_xml(root).body == body


def test_the_published_sample_is_read(sample: bytes) -> None:
    response = Response.from_xml(xml.parse(sample))
    assert str(response.request_id) == "90-B3-D5-1F-30-01-00-00:88-73-84-57-00-2F-96-1E:1660751141087"
    assert response.request_id is not None
    assert response.response_id is not None
    assert response.response_id.mirrors(response.request_id)
    assert response.response_code is ResponseCode.I0
    assert response.response_date_time == datetime(2022, 8, 17, 15, 45, 42, 790_000, tzinfo=UTC)
    assert isinstance(response.body, ResponseMessage)
    assert (response.body.reference, response.body.variant) == ("11.2", "11.2")
    assert isinstance(response.content, GbcsPayload)
    assert response.content.octets[:3] == bytes.fromhex("DD0000")
    assert response.schema_version == "5.1"


# What nobody looks into

_HEADER = (
    "<sr:Header><sr:ResponseCode>I0</sr:ResponseCode>"
    "<sr:ResponseDateTime>2021-11-04T09:00:00.00Z</sr:ResponseDateTime></sr:Header>"
)


def _from_text(body: str) -> etree._Element:
    return etree.fromstring(
        f'<sr:Response xmlns:sr="{SR}" schemaVersion="5.4">{_HEADER}<sr:Body>{body}</sr:Body></sr:Response>'
    )


_REFERENCES = (
    "<sr:ServiceReference>5.1</sr:ServiceReference>"
    "<sr:ServiceReferenceVariant>5.1</sr:ServiceReferenceVariant>"
)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (
            f"<sr:ResponseMessage>{_REFERENCES}<sr:DSPScheduleID>7</sr:DSPScheduleID></sr:ResponseMessage>",
            ResponseMessage("5.1", "5.1", OtherContent("DSPScheduleID")),
        ),
        (
            (
                "<sr:DCCAlertMessage><sr:DCCAlertCode>N1</sr:DCCAlertCode><sr:DCCAlert><sr:DSPScheduleRemoval>"
                f"<sr:DeviceID>{DEVICE}</sr:DeviceID><sr:DSPScheduleID>7</sr:DSPScheduleID>"
                "</sr:DSPScheduleRemoval></sr:DCCAlert></sr:DCCAlertMessage>"
            ),
            DccAlert("N1", "DSPScheduleRemoval", None, DEVICE),
        ),
        (
            (
                "<sr:DCCAlertMessage><sr:DCCAlertCode>N2</sr:DCCAlertCode>"
                "<sr:ThrottledAlertSequenceId>1</sr:ThrottledAlertSequenceId>"
                "<sr:DCCAlert><sr:PPMIDRemoval>"
                f"<sr:PPMIDDeviceID>{DEVICE}</sr:PPMIDDeviceID><sr:CHFDeviceID>{DEVICE}</sr:CHFDeviceID>"
                "</sr:PPMIDRemoval></sr:DCCAlert></sr:DCCAlertMessage>"
            ),
            DccAlert("N2", "PPMIDRemoval", None, None),
        ),
        (
            (
                "<sr:DeviceAlertMessage><sr:AlertCode>81a0</sr:AlertCode>"
                "<sr:ThrottledAlertSequenceId>1</sr:ThrottledAlertSequenceId>"
                "<sr:GBCSPayload>AA==</sr:GBCSPayload></sr:DeviceAlertMessage>"
            ),
            DeviceAlert("81A0", b"\0"),
        ),
    ],
)
def test_what_no_requirement_looks_into_is_read_by_name(
    text: str, body: ResponseBody, published: DuisSchema
) -> None:
    root = _from_text(text)
    assert published.violations(root) == ()
    assert Response.from_xml(root).body == body


def test_a_smets1_response_is_read_by_name() -> None:
    root = _from_text("<sr:SMETS1ResponseMessage><sr:SMETS1SignedResponse/></sr:SMETS1ResponseMessage>")
    assert Response.from_xml(root).body == OtherBody("SMETS1ResponseMessage")


def test_every_code_of_the_schema_is_read() -> None:
    root = _payload_response().to_xml()
    for code in ResponseCode:
        root[0][2].text = code.value
        assert Response.from_xml(root).response_code is code


def _read_as_what_it_is(document: Path) -> None:
    """Read a schema-valid document; the schema also knows root elements that are no messages."""
    root = xml.parse(document.read_bytes())
    if root.tag == sr("Response"):
        Response.from_xml(root)
    elif root.tag == sr("Request"):
        ServiceRequest.from_xml(root)
    else:
        with pytest.raises(UnexpectedShape):
            ServiceRequest.from_xml(root)


def test_every_valid_document_of_the_schema_tests_is_read(exact_document: Path) -> None:
    _read_as_what_it_is(exact_document)


def test_every_document_with_parts_left_open_is_read(open_document: Path) -> None:
    _read_as_what_it_is(open_document)
