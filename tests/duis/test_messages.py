from __future__ import annotations

import base64
import textwrap
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, TypeVar
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.identifiers import COUNTER_LIMIT, RequestID
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
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.terms import CommandVariant, CplStatus, DeviceStatus, DeviceType
from dsp_conformance.eui64 import Eui64

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hypothesis.strategies import DataObject, SearchStrategy

_T = TypeVar("_T")

quick = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
REQUEST_ID = RequestID(USER, DEVICE, 1660751141087)
NOON = datetime(2021, 11, 4, 12, 0, 0, 790_000, tzinfo=UTC)

# Values of every kind

euis = st.binary(min_size=8, max_size=8).map(Eui64)
payloads = st.binary(max_size=40)
words = st.text(
    st.sampled_from(" \t\r\n") | st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")),
    max_size=8,
)
names = words.filter(bool)
moments = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
shorts = st.integers(0, 65535)
devices = st.builds(
    InventoryDevice,
    device_id=euis,
    device_type=st.sampled_from(DeviceType),
    status=st.none() | st.sampled_from(DeviceStatus),
    manufacturer=words,
    model=words,
    smets_version=st.none() | names,
    firmware_version=st.none() | names,
    firmware_version_status=st.none() | st.sampled_from(CplStatus),
    cpl_status=st.none() | st.sampled_from(CplStatus),
)
lists = st.lists(euis, max_size=3).map(tuple)
contents: SearchStrategy[object] = (
    st.builds(GbcsPayload, payloads)
    | st.builds(LocalCommand, payloads)
    | st.builds(PreCommand, words, payloads)
    | st.builds(FutureDatedAlert, st.sampled_from(["8F66", "8F67"]), payloads, shorts, shorts)
    | st.builds(Inventory, st.lists(devices, min_size=1, max_size=17).map(tuple))
    | st.builds(UpdateFirmwareWarning, lists, lists, lists, lists, lists)
)
entries = st.sampled_from(list(catalogue().values()))
response_messages = st.builds(
    lambda entry, content: ResponseMessage(entry.reference, entry.variant, content),
    entries,
    st.none() | contents,
)
bodies: SearchStrategy[ResponseBody] = (
    response_messages
    | st.builds(DeviceAlert, st.sampled_from(["8F66", "81A0", "ABCD"]), payloads)
    | st.builds(
        DccAlert,
        st.sampled_from(["N28", "N29"]),
        st.just("DeviceStatusChangeEvent"),
        st.sampled_from(["DeviceSuspended", "DeviceRestored"]),
        euis,
    )
)
request_ids = st.builds(RequestID, euis, euis, st.integers(0, COUNTER_LIMIT))
responses = st.builds(
    Response,
    request_id=st.none() | request_ids,
    response_id=st.none() | request_ids.map(RequestID.response_id),
    response_code=st.sampled_from(ResponseCode),
    response_date_time=moments,
    body=bodies,
    schema_version=st.sampled_from(["5.4", "5.1", "6", "-0.5"]),
)


def _response(body: ResponseBody) -> Response:
    return Response(REQUEST_ID, REQUEST_ID.response_id(), ResponseCode.I0, NOON, body)


def _payload_response(octets: bytes = b"payload") -> Response:
    return _response(ResponseMessage("11.2", "11.2", GbcsPayload(octets)))


def _sent(message: Response | ServiceRequest) -> etree._Element:
    """What arrives at the other end: the document written to octets and parsed again."""
    return xml.parse(xml.serialise(message.to_xml()))


def _request(body: etree._Element) -> ServiceRequest:
    return ServiceRequest(REQUEST_ID, CommandVariant.NON_CRITICAL_WAN, "11.2", "11.2", body)


# There and back


@quick
@given(responses)
def test_every_response_reads_back_as_it_was_written(response: Response) -> None:
    assert Response.from_xml(_sent(response)) == response


@quick
@given(request_ids, st.sampled_from(CommandVariant), entries)
def test_every_request_reads_back_as_it_was_written(
    request_id: RequestID, command_variant: CommandVariant, entry: object
) -> None:
    reference, variant = getattr(entry, "reference", ""), getattr(entry, "variant", "")
    request = ServiceRequest(
        request_id, command_variant, reference, variant, ReadFirmwareVersion(NOON).to_xml(), "5.1"
    )
    back = ServiceRequest.from_xml(_sent(request))
    assert back == request
    assert ReadFirmwareVersion.from_xml(back.body) == ReadFirmwareVersion(NOON)


@quick
@given(responses)
def test_every_response_is_valid_by_the_published_schema(published: DuisSchema, response: Response) -> None:
    assert published.violations(_sent(response)) == ()


def test_content_is_at_hand_where_there_is_some() -> None:
    assert _payload_response().content == GbcsPayload(b"payload")
    assert _response(ResponseMessage("11.2", "11.2")).content is None
    assert _response(DeviceAlert("8F66", b"")).content is None


def test_a_warning_knows_every_device_in_it() -> None:
    other = Eui64(b"12345678")
    assert UpdateFirmwareWarning(invalid=(DEVICE,), not_applicable=(other, DEVICE)).devices() == {
        DEVICE,
        other,
    }


def test_a_request_takes_its_own_copy_of_the_body_without_what_stands_behind_it() -> None:
    parsed = etree.fromstring(f'<b xmlns="{SR}"><ReadFirmwareVersion/>\n</b>')
    request = _request(parsed[0])
    first, second = request.to_xml(), request.to_xml()
    assert parsed[0].tail == "\n"
    assert xml.serialise(first) == xml.serialise(second)
    assert b"\n</" not in xml.serialise(first)


def test_moments_are_written_in_utc_and_only_with_a_zone() -> None:
    summer = datetime(2021, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    response = Response(None, None, ResponseCode.I0, summer, DeviceAlert("8F66", b""))
    assert response.to_xml().findtext(f".//{sr('ResponseDateTime')}") == "2021-06-30T23:30:00.000Z"
    early = Response(None, None, ResponseCode.I0, datetime(33, 1, 2, tzinfo=UTC), DeviceAlert("8F66", b""))
    assert early.to_xml().findtext(f".//{sr('ResponseDateTime')}") == "0033-01-02T00:00:00.000Z"
    naive = Response(
        None,
        None,
        ResponseCode.I0,
        datetime(2021, 7, 1),  # noqa: DTZ001 - the mistake itself
        DeviceAlert("8F66", b""),
    )
    with pytest.raises(ValueError, match="no time zone"):
        naive.to_xml()


@pytest.mark.parametrize(
    "body",
    [
        OtherBody("SMETS1ResponseMessage"),
        ResponseMessage("1.1", "1.1.1", OtherContent("DSPScheduleID")),
        DccAlert("N1", "PowerOutageEvent"),
        DccAlert("N28", "DeviceStatusChangeEvent", "DeviceSuspended", None),
    ],
)
def test_what_is_only_ever_read_cannot_be_written(body: ResponseBody) -> None:
    with pytest.raises(TypeError, match="is read, never written"):
        _response(body).to_xml()


# The same message in other clothes

_TRIMMED = frozenset(
    {
        "RequestID",
        "ResponseID",
        "CommandVariant",
        "DeviceID",
        "AlertCode",
        "FutureDatedAlertCode",
        "InstructionNumber",
        "TotalCommandInstructions",
        "GBCSPayload",
    }
)
"""Elements around whose value white space means nothing. Of moments libxml2's validator does not know it."""

_EITHER_CASE = frozenset({"RequestID", "ResponseID", "DeviceID", "AlertCode", "FutureDatedAlertCode"})
_EITHER_CASE_LISTS = frozenset(
    {
        "InvalidDeviceIDList",
        "NotCommissionedDeviceIDList",
        "NotApplicableFirmwareDeviceIDList",
        "OtherRequestInProgressList",
        "InvalidGBCSVersionList",
    }
)
_NUMBERS = frozenset({"CommandVariant", "InstructionNumber", "TotalCommandInstructions"})


class _Clothes:
    """Writes a message as another party's XML library might, which changes nothing that the schema sees."""

    def __init__(self, seed: int, prefix: str) -> None:
        self._random = Random(seed)
        self._prefix = f"{prefix}:" if prefix else ""
        self._declaration = f"xmlns:{prefix}" if prefix else "xmlns"

    def _choose(self, among: Sequence[_T]) -> _T:
        return self._random.choice(among)

    def document(self, root: etree._Element) -> bytes:
        attributes = [f'{self._declaration}="{SR}"', f"schemaVersion=' {root.get('schemaVersion')} '"]
        if self._choose([False, True]):
            attributes.append('xmlns:unused="urn:unused"')
        self._random.shuffle(attributes)
        before, behind = self._choose([("", ""), ("<!-- b -->\n", "\n<?end?>\n")])
        return f"{before}{self._element(root, ' '.join(attributes))}{behind}".encode(
            self._choose(["utf-8", "utf-8-sig", "utf-16"])
        )

    def _element(self, element: etree._Element, attributes: str = "") -> str:
        local = etree.QName(element).localname
        name = f"{self._prefix}{local}"
        start = f"<{name} {attributes}>" if attributes else f"<{name}>"
        gap = self._choose(["", "\n  ", "<!-- <between/> -->", "<?pi?>"])
        if len(element):
            return start + gap + "".join(self._element(child) + gap for child in element) + f"</{name}>"
        return f"{start}{self._value(local, element.text or '')}</{name}>"

    def _value(self, name: str, text: str) -> str:
        if name in _EITHER_CASE | _EITHER_CASE_LISTS and self._choose([False, True]):
            text = text.lower()
        if name in _NUMBERS:
            text = self._choose(["", "+", "0", "000"]) + text
        if name == "GBCSPayload" and self._choose([False, True]):
            text = "\r\n\t ".join(textwrap.wrap(text, 4))
        if name in _TRIMMED:
            text = self._choose(["", " ", "\n\t\t"]) + text + self._choose(["", " "])
        cut = self._random.randint(0, len(text))
        inside = self._choose(["", "<!-- c -->", "<?pi?>", *(["<![CDATA[]]>"] if text else [])])
        return _escaped(text[:cut]) + inside + _escaped(text[cut:])


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


@quick
@given(responses, st.integers(), st.sampled_from(["", "sr", "ns2", "ds"]))
def test_a_response_reads_the_same_in_any_clothes(response: Response, seed: int, prefix: str) -> None:
    root = xml.parse(_Clothes(seed, prefix).document(response.to_xml()))
    assert DuisSchema.bundled().violations(root) == ()
    assert Response.from_xml(root) == response


@quick
@given(request_ids, st.sampled_from(CommandVariant), st.integers(), st.sampled_from(["", "ns2"]))
def test_a_request_reads_the_same_in_any_clothes(
    request_id: RequestID, command_variant: CommandVariant, seed: int, prefix: str
) -> None:
    body = ReadFirmwareVersion(NOON)
    request = ServiceRequest(request_id, command_variant, "11.2", "11.2", body.to_xml())
    root = xml.parse(_Clothes(seed, prefix).document(request.to_xml()))
    assert DuisSchema.bundled().violations(root) == ()
    back = ServiceRequest.from_xml(root)
    assert back == request
    assert ReadFirmwareVersion.from_xml(back.body) == body


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


# What is no message


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
        (_INVENTORY, _header_text("DeviceType", "TOASTER"), "DSPInventory/Device/DeviceType"),
        (_INVENTORY, _drop("DeviceModel"), "DSPInventory/Device/DeviceModel"),
        (_INVENTORY, _repeat("DeviceFirmwareVersion"), "DSPInventory/Device/DeviceFirmwareVersion"),
        (
            _INVENTORY,
            _header_text("DeviceFirmwareVersionStatus", "active"),
            "DSPInventory/Device/DeviceFirmwareVersionStatus",
        ),
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


def test_a_huge_value_is_cut_short_in_the_error() -> None:
    root = _payload_response().to_xml()
    next(root.iter(sr("GBCSPayload"))).text = "A" * 1_000_001
    with pytest.raises(UnexpectedShape) as caught:
        Response.from_xml(root)
    assert len(str(caught.value)) < 200


_CHANGES = st.sampled_from(["drop", "repeat", "empty", "rename", "text", "nest", "move", "foreign"])


@quick
@given(responses, st.data(), st.lists(_CHANGES, min_size=1, max_size=3))
def test_a_damaged_response_is_read_or_refused_but_never_breaks_the_reader(
    response: Response, data: DataObject, changes: list[str]
) -> None:
    root = response.to_xml()
    for change in changes:
        inner = [each for each in root.iter(etree.Element) if each is not root]
        if not inner:
            break
        _damage(data.draw(st.sampled_from(inner)), change, data.draw(words | st.sampled_from(["-1", "999"])))
    try:
        Response.from_xml(root)
    except UnexpectedShape as error:
        assert error.where.startswith("Response")  # noqa: PT017 - being read is right as well


def _damage(element: etree._Element, change: str, text: str) -> None:
    parent = element.getparent()
    assert parent is not None
    match change:
        case "drop":
            parent.remove(element)
        case "repeat":
            parent.append(deepcopy(element))
        case "empty":
            element.clear()
        case "rename":
            element.tag = sr("DeviceID")
        case "text":
            element.text = text
        case "nest":
            etree.SubElement(element, sr("GBCSPayload"))
        case "move":
            parent.insert(0, element)
        case _:
            element.tag = "{urn:foreign}Body"


def _read_as_what_it_is(document: Path) -> None:
    """Read a schema-valid document; the schema also knows root elements that are no messages by themselves."""
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
