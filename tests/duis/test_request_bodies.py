from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import ServiceRequest, UnexpectedShape
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.duis.request_bodies import (
    ActivateFirmware,
    ReadFirmwareVersion,
    ReadInventory,
    SignedPreCommand,
    UpdateFirmware,
    dated,
    execution_time_of,
)
from dsp_conformance.duis.terms import CommandVariant

if TYPE_CHECKING:
    from dsp_conformance.duis.schema import DuisSchema

quick = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

_DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
_OTHER = Eui64.parse("FF-00-00-00-00-00-00-01")
_NOON = datetime(2021, 11, 4, 12, tzinfo=UTC)
_HASH = bytes(range(224, 256))


class _Body(Protocol):
    def to_xml(self) -> etree._Element: ...


def _sent(body: _Body) -> etree._Element:
    """The body element as it arrives: in a request, written to octets and parsed again."""
    request_id = RequestID(Eui64.parse("90-B3-D5-1F-30-01-00-00"), _DEVICE, 1)
    request = ServiceRequest(request_id, CommandVariant.NON_DEVICE, "8.2", "8.2", body.to_xml())
    return ServiceRequest.from_xml(xml.parse(xml.serialise(request.to_xml()))).body


_BODIES: list[_Body] = [
    ReadInventory(_DEVICE),
    UpdateFirmware(b"image", " 9001\t", (_DEVICE, _OTHER)),
    UpdateFirmware(b"", "0123ABCD", (_DEVICE,)),
    ReadFirmwareVersion(),
    ReadFirmwareVersion(_NOON),
    ActivateFirmware(_HASH),
    ActivateFirmware(_HASH, _NOON),
    SignedPreCommand(b"\xdf\x09\x01"),
]


@pytest.mark.parametrize("body", _BODIES, ids=repr)
def test_every_body_reads_back_and_is_valid_by_the_published_schema(
    body: ReadInventory, published: DuisSchema
) -> None:
    arrived = _sent(body)
    assert type(body).from_xml(arrived) == body
    assert published.violations(arrived.getroottree().getroot()) == ()


@quick
@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])).filter(
        lambda moment: 1 < moment.year < 9999
    )
)
def test_any_execution_time_reads_back_as_the_same_moment(moment: datetime) -> None:
    assert execution_time_of(_sent(ReadFirmwareVersion(moment))) == moment


def test_the_largest_image_goes_through() -> None:
    body = UpdateFirmware(b"\x5a\xa5" * 5_120_000, "9001", (_DEVICE,))
    assert UpdateFirmware.from_xml(_sent(body)) == body


def _element(text: str) -> etree._Element:
    return etree.fromstring(text.replace(">", f' xmlns="{SR}">', 1))


def test_other_lawful_forms_read_the_same() -> None:
    lower = _element(
        f"<ActivateFirmware><ExecutionDateTime>2021-11-04T13:00:00+01:00</ExecutionDateTime>"
        f"<FirmwareHash>\n {_HASH.hex()[:9]}<!-- c -->{_HASH.hex()[9:]} </FirmwareHash></ActivateFirmware>"
    )
    assert ActivateFirmware.from_xml(lower) == ActivateFirmware(_HASH, _NOON)
    update = _element(
        "<UpdateFirmware><FirmwareImage> aW1h\r\nZ2U=\n</FirmwareImage><FirmwareVersion>1</FirmwareVersion>"
        f"<DeviceIDList>{str(_DEVICE).lower()},{_OTHER}</DeviceIDList></UpdateFirmware>"
    )
    assert UpdateFirmware.from_xml(update) == UpdateFirmware(b"image", "1", (_DEVICE, _OTHER))
    later = _element(
        "<SignedPreCommand><ExecutionDateTime>2021-11-04T12:00:00Z</ExecutionDateTime>"
        "<GBCSPayload>3w==</GBCSPayload></SignedPreCommand>"
    )
    assert SignedPreCommand.from_xml(later) == SignedPreCommand(b"\xdf")


def test_an_inventory_asked_for_by_place_names_no_device() -> None:
    assert ReadInventory.from_xml(_element("<ReadInventory><UPRN>1</UPRN></ReadInventory>")).device_id is None


@pytest.mark.parametrize(
    ("body", "name", "text"),
    [
        (ReadInventory(_DEVICE), "DeviceID", "1"),
        (ReadInventory(_DEVICE), "DeviceID", None),
        (UpdateFirmware(b"i", "1", (_DEVICE,)), "FirmwareImage", "?"),
        (UpdateFirmware(b"i", "1", (_DEVICE,)), "DeviceIDList", f"{_DEVICE};{_DEVICE}"),
        (UpdateFirmware(b"i", "1", (_DEVICE,)), "DeviceIDList", ""),
        (ReadFirmwareVersion(_NOON), "ExecutionDateTime", "noon"),
        (ReadFirmwareVersion(_NOON), "ExecutionDateTime", ""),
        (ActivateFirmware(_HASH), "FirmwareHash", "xy"),
        (ActivateFirmware(_HASH), "FirmwareHash", "123"),
        (ActivateFirmware(_HASH), "FirmwareHash", "12 34"),
        (SignedPreCommand(b"x"), "GBCSPayload", "x"),
    ],
)
def test_a_part_that_is_not_of_its_type_is_refused_with_its_place(
    body: ReadInventory, name: str, text: str | None
) -> None:
    arrived = _sent(body)
    next(arrived.iter(sr(name))).text = text
    with pytest.raises(UnexpectedShape) as caught:
        type(body).from_xml(arrived)
    assert caught.value.where == f"Request/Body/{type(body).__name__}/{name}"
    assert caught.value.found == repr(text or "")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (UpdateFirmware(b"i", "1", (_DEVICE,)), "FirmwareImage"),
        (UpdateFirmware(b"i", "1", (_DEVICE,)), "FirmwareVersion"),
        (UpdateFirmware(b"i", "1", (_DEVICE,)), "DeviceIDList"),
        (ActivateFirmware(_HASH), "FirmwareHash"),
        (SignedPreCommand(b"x"), "GBCSPayload"),
    ],
)
def test_a_missing_part_is_refused_with_its_place(body: UpdateFirmware, name: str) -> None:
    arrived = _sent(body)
    arrived.remove(next(arrived.iter(sr(name))))
    with pytest.raises(UnexpectedShape) as caught:
        type(body).from_xml(arrived)
    assert caught.value.where == f"Request/Body/{type(body).__name__}/{name}"


def test_a_body_is_dated_at_its_beginning_and_stays_what_it_was() -> None:
    body = etree.Element(sr("DisplayMessage"))
    etree.SubElement(body, sr("SupplierMessage")).text = "hello"
    later = dated(body, _NOON)
    assert [etree.QName(child).localname for child in later] == ["ExecutionDateTime", "SupplierMessage"]
    assert execution_time_of(later) == _NOON
    assert execution_time_of(body) is None
    again = dated(later, _NOON.replace(year=_NOON.year + 1))
    assert len(again) == 2
    assert execution_time_of(again) == _NOON.replace(year=_NOON.year + 1)
