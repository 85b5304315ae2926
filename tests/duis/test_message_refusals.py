from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    FutureDatedAlert,
    GbcsPayload,
    Inventory,
    InventoryDevice,
    LocalCommand,
    PreCommand,
    Response,
    ResponseBody,
    ResponseMessage,
    ServiceRequest,
    UnexpectedShape,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, CplStatus, DeviceType

if TYPE_CHECKING:
    from collections.abc import Callable


USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
REQUEST_ID = RequestID(USER, DEVICE, 1660751141087)
NOON = datetime(2021, 11, 4, 12, 0, 0, 790_000, tzinfo=UTC)


def _response(body: ResponseBody) -> Response:
    return Response(REQUEST_ID, REQUEST_ID.response_id(), ResponseCode.I0, NOON, body)


def _payload_response(octets: bytes = b"payload") -> Response:
    return _response(ResponseMessage("11.2", "11.2", GbcsPayload(octets)))


def _request(body: etree._Element) -> ServiceRequest:
    return ServiceRequest(REQUEST_ID, CommandVariant.NON_CRITICAL_WAN, "11.2", "11.2", body)


def _header_text(name: str, text: str | None) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        next(root.iter(sr(name))).text = text

    return change


def _drop(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = next(root.iter(sr(name)))
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


def _repeat(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        element = next(root.iter(sr(name)))
        element.addnext(deepcopy(element))

    return change


def _nest(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        etree.SubElement(next(root.iter(sr(name))), sr("X"))

    return change


def _make_foreign(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        next(root.iter(sr(name))).tag = "{urn:foreign}X"

    return change


_MESSAGE = "Response/Body/ResponseMessage"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_drop("Header"), "Response/Header"),
        (_drop("Body"), "Response/Body"),
        (_drop("ResponseMessage"), "Response/Body"),
        (_repeat("ResponseMessage"), "Response/Body"),
        (_make_foreign("ResponseMessage"), "Response/Body"),
        (_repeat("Header"), "Response/Header"),
        (_repeat("RequestID"), "Response/Header/RequestID"),
        (_repeat("ResponseCode"), "Response/Header/ResponseCode"),
        (_drop("ResponseCode"), "Response/Header/ResponseCode"),
        (_header_text("ResponseCode", "E18"), "Response/Header/ResponseCode"),
        (_header_text("ResponseCode", None), "Response/Header/ResponseCode"),
        (_nest("ResponseCode"), "Response/Header/ResponseCode"),
        (_header_text("RequestID", "1"), "Response/Header/RequestID"),
        (_header_text("ResponseID", f"{USER}:{DEVICE}:-1"), "Response/Header/ResponseID"),
        (_header_text("ResponseDateTime", "yesterday"), "Response/Header/ResponseDateTime"),
        (_header_text("ResponseDateTime", "2022-08-17"), "Response/Header/ResponseDateTime"),
        (_header_text("ResponseDateTime", "20220817T154542Z"), "Response/Header/ResponseDateTime"),
        (_header_text("ResponseDateTime", "2022-02-30T15:45:42Z"), "Response/Header/ResponseDateTime"),
        (_header_text("ResponseDateTime", "2022-08-17T24:00:01Z"), "Response/Header/ResponseDateTime"),
        (_header_text("ResponseDateTime", "2022-08-17 15:45:42Z"), "Response/Header/ResponseDateTime"),
        (_drop("ServiceReference"), f"{_MESSAGE}/ServiceReference"),
        (_drop("ServiceReferenceVariant"), f"{_MESSAGE}/ServiceReferenceVariant"),
        (_repeat("GBCSPayload"), _MESSAGE),
        (_header_text("GBCSPayload", "AAA"), f"{_MESSAGE}/GBCSPayload"),
        (_header_text("GBCSPayload", "A*AA"), f"{_MESSAGE}/GBCSPayload"),
        (_header_text("GBCSPayload", "AA*AA"), f"{_MESSAGE}/GBCSPayload"),
        (_header_text("GBCSPayload", "AAAÄ"), f"{_MESSAGE}/GBCSPayload"),
    ],
)
def test_a_response_of_another_shape_is_refused_with_its_place(
    change: Callable[[etree._Element], None], where: str
) -> None:
    root = _payload_response().to_xml()
    change(root)
    with pytest.raises(UnexpectedShape) as caught:
        Response.from_xml(root)
    assert caught.value.where == where
    assert str(caught.value) == f"{where}: expected {caught.value.expected}, found {caught.value.found}"


_INVENTORY = Inventory(
    (InventoryDevice(DEVICE, DeviceType.ESME, None, "m", "m", "2", "9001", CplStatus.ACTIVE),)
)


@pytest.mark.parametrize(
    ("content", "change", "where"),
    [
        (LocalCommand(b"x"), _drop("GBCSPayload"), "LocalCommand/GBCSPayload"),
        (PreCommand("4.3", b"x"), _drop("GBCSVersion"), "PreCommand/GBCSVersion"),
        (PreCommand("4.3", b"x"), _nest("GBCSVersion"), "PreCommand/GBCSVersion"),
        (
            FutureDatedAlert("8F66", b"x"),
            _header_text("FutureDatedAlertCode", "8F6"),
            "FutureDatedDeviceAlertMessage/FutureDatedAlertCode",
        ),
        (
            FutureDatedAlert("8F66", b"x"),
            _header_text("InstructionNumber", "1_0"),
            "FutureDatedDeviceAlertMessage/InstructionNumber",
        ),
        (
            FutureDatedAlert("8F66", b"x"),
            _header_text("InstructionNumber", "\u0661"),
            "FutureDatedDeviceAlertMessage/InstructionNumber",
        ),
        (_INVENTORY, _header_text("DeviceID", "1"), "DSPInventory/Device/DeviceID"),
        (_INVENTORY, _drop("DeviceModel"), "DSPInventory/Device/DeviceModel"),
        (_INVENTORY, _repeat("DeviceFirmwareVersion"), "DSPInventory/Device/DeviceFirmwareVersion"),
        (
            UpdateFirmwareWarning(invalid=(DEVICE,)),
            _header_text("InvalidDeviceIDList", f"{DEVICE},"),
            "DSPUpdateFirmwareWarning/InvalidDeviceIDList",
        ),
    ],
)
def test_content_of_another_shape_is_refused_with_its_place(
    content: PreCommand, change: Callable[[etree._Element], None], where: str
) -> None:
    root = _response(ResponseMessage("11.3", "11.3", content)).to_xml()
    change(root)
    with pytest.raises(UnexpectedShape) as caught:
        Response.from_xml(root)
    assert caught.value.where == f"{_MESSAGE}/{where}"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_header_text("CommandVariant", "9"), "Request/Header/CommandVariant"),
        (_header_text("CommandVariant", "0"), "Request/Header/CommandVariant"),
        (_header_text("CommandVariant", "one"), "Request/Header/CommandVariant"),
        (_header_text("RequestID", f"{DEVICE}:{DEVICE}:01"), "Request/Header/RequestID"),
        (_drop("RequestID"), "Request/Header/RequestID"),
        (_drop("ServiceReferenceVariant"), "Request/Header/ServiceReferenceVariant"),
        (_drop("ReadFirmwareVersion"), "Request/Body"),
        (_repeat("ReadFirmwareVersion"), "Request/Body"),
        (_make_foreign("ReadFirmwareVersion"), "Request/Body"),
    ],
)
def test_a_request_of_another_shape_is_refused_with_its_place(
    change: Callable[[etree._Element], None], where: str
) -> None:
    root = _request(ReadFirmwareVersion().to_xml()).to_xml()
    change(root)
    with pytest.raises(UnexpectedShape) as caught:
        ServiceRequest.from_xml(root)
    assert caught.value.where == where


@pytest.mark.parametrize("document", ["<Response/>", '<Response xmlns="urn:x"/>', f'<Header xmlns="{SR}"/>'])
def test_another_root_element_is_refused(document: str) -> None:
    for kind in (Response, ServiceRequest):
        with pytest.raises(UnexpectedShape, match="expected a DUIS Re"):
            kind.from_xml(etree.fromstring(document))


def test_a_request_is_no_response_and_the_reverse() -> None:
    with pytest.raises(UnexpectedShape, match=r"found \{.*\}Request"):
        Response.from_xml(_request(ReadFirmwareVersion().to_xml()).to_xml())
    with pytest.raises(UnexpectedShape, match=r"found \{.*\}Response"):
        ServiceRequest.from_xml(_payload_response().to_xml())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, "''"),
        ("*" * 80, repr("*" * 80)),
        ("*" * 81, repr("*" * 80) + "..."),
        ("A" * 1_000_001, repr("A" * 80) + "..."),
    ],
    ids=["nothing", "80 characters", "81 characters", "a megabyte"],
)
def test_a_value_is_shown_in_the_error_up_to_80_characters(text: str | None, found: str) -> None:
    root = _payload_response().to_xml()
    next(root.iter(sr("ResponseCode"))).text = text
    with pytest.raises(UnexpectedShape) as caught:
        Response.from_xml(root)
    assert caught.value.found == found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_drop("ServiceReference"), "ServiceReferenceVariant, GBCSPayload"),
        (_drop("ResponseMessage"), "no elements"),
        (_repeat("Header"), "2 of it"),
        (_repeat("ResponseMessage"), "ResponseMessage, ResponseMessage"),
        (_nest("ServiceReference"), "X"),
        (_make_foreign("ResponseMessage"), "{urn:foreign}X"),
    ],
)
def test_an_error_names_the_elements_that_stand_there(
    change: Callable[[etree._Element], None], found: str
) -> None:
    root = _payload_response().to_xml()
    change(root)
    with pytest.raises(UnexpectedShape) as caught:
        Response.from_xml(root)
    assert caught.value.found == found
