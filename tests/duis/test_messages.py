from __future__ import annotations

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

from dsp_conformance.base.eui64 import Eui64
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

if TYPE_CHECKING:
    from collections.abc import Sequence

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
