"""The profile schema against the published one, value by value."""

from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from dsp_conformance.duis.schema import DuisSchema

_XS = "http://www.w3.org/2001/XMLSchema"
_SR = "http://www.dccinterface.co.uk/ServiceUserGateway"
_EUI = "90-B3-D5-1F-30-01-00-00"
_ID = f"{_EUI}:00-DB-12-34-56-78-90-a0:1000"
_TIME = "2021-11-04T09:00:00.00Z"

VALUES = (
    # lengths around every limit
    *("x" * length for length in (0, 1, 5, 6, 8, 9, 12, 13, 14, 20, 21, 30, 31, 50, 51)),
    *("é" * length for length in (8, 9, 30, 31)),
    *("x" * length + " " for length in (5, 7, 8, 12, 13, 20, 29, 30)),
    # numbers around every limit
    *("0", "-0", "1", "+1", "01", "9", "10", "-1", "1.0", "17", "0001", "1234", "12345"),
    *("65535", "65536", "4294967295", "4294967296", "1000000000000", "1000000000001"),
    *("999999999999", "0999999999999", "1e3", "NaN"),
    # words, with white space and in other cases
    *("true", "false", "True", "I0", "E5", "E51", "E18", "i0", "N28", "N32", "N65", "N66", "N999", "AD1"),
    *("11.2", "11.20", "11.5", "4.1.1", "8.14.4", "ESME", "CAD", "Esme", "Suspended", "Suspend"),
    *(
        "Active",
        "Cancelled",
        "Removed",
        "AEG",
        "ADEG",
        "H",
        "4G South",
        "SMETS1",
        "Virtual",
        " ",
        " I0",
        "I0\n",
    ),
    # octets
    *("AA==", "AA=", "A A A A", "A*AAA", "8F66", "8f67", "8F68", "8F6", "0A" * 31, "0A" * 32, "0a" * 33),
    # moments
    *("2021-11-04", "2021-02-30", "2021-11-04Z", "24:00:00", _TIME, "2021-11-04T09:00:00"),
    *("2021-11-04T24:00:00Z", "2021-11-04T09:00:00+14:00", "2021-11-04T09:00:00+14:01", "04/11/2021"),
    # identifiers
    *(_EUI, _EUI.lower(), _EUI.replace("-", ""), f" {_EUI} ", _EUI[:-1], f"{_EUI}0", f"{_EUI}-00"),
    *(f"{_EUI},{_EUI}", f"{_EUI},", f",{_EUI}", f"{_EUI}, {_EUI}", f"{_EUI} ", _EUI.replace("9", "G")),
    *(_ID, f" {_ID}\n", f"{_EUI}:1", f"{_EUI}:{_ID}", f"{_EUI}:{_EUI}:", f"{_EUI}-{_EUI}:1"),
    *(f"{_EUI}:{_EUI}:{counter}" for counter in ("0", "00", "01", "-1", "+1", "1.0", "9" * 19, "9" * 20)),
    *(f"{_EUI}:{_EUI}:{counter}" for counter in (2**64 - 1, 2**64, 2**63, 10**19, 18446744073709551599)),
)


def _accepts(schema: DuisSchema, root: etree._Element) -> bool:
    return not schema.violations(root)


@pytest.fixture(scope="session")
def places(exact_documents: dict[str, bytes]) -> dict[str, tuple[bytes, int]]:
    """Every place that holds a value, once: a document with it and the position in that document."""
    found: dict[str, tuple[bytes, int]] = {}
    for document in exact_documents.values():
        root = etree.fromstring(document)
        for position, element in enumerate(root.iter()):
            if len(element) == 0:
                path = root.getroottree().getelementpath(element)
                found.setdefault(f"{etree.QName(root).localname}/{path}", (document, position))
    return found


def test_the_two_agree_on_every_value_in_every_place(
    published: DuisSchema, places: dict[str, tuple[bytes, int]]
) -> None:
    differences: list[str] = []
    answers: set[bool] = set()
    for place, (document, position) in places.items():
        root = etree.fromstring(document)
        leaf = list(root.iter())[position]
        for value in VALUES:
            leaf.text = value
            expected = _accepts(published, root)
            answers.add(expected)
            if _accepts(DuisSchema.bundled(), root) != expected:
                differences.append(f"{place} = {value!r}: published {'accepts' if expected else 'refuses'}")
    assert differences == []
    assert answers == {True, False}


CLOSED_LISTS = {
    # type of the profile: types of the published schema with the same words
    "Reference": ("ServiceReference",),
    "Variant": ("ServiceReferenceVariant",),
    "ResponseCode": ("ResponseCode",),
    "DeviceType": ("DeviceType",),
    "DeviceStatus": ("DeviceStatus",),
    "ListingStatus": ("CPLStatus", "FirmwareVersionStatus"),
    "EsmeVariant": ("ESMEVariant",),
    "Region": ("CSPRegion",),
    "Connectivity": ("Connectivity",),
    "AlertCode": ("DCCAlertMessage",),
    "FutureDatedAlertCode": ("FutureDatedDeviceAlertMessage",),
}


def _words(files: Iterable[Traversable]) -> dict[str, list[str]]:
    """The words of every named type that lists some."""
    words: dict[str, list[str]] = {}
    for file in files:
        for definition in etree.fromstring(file.read_bytes()):
            listed = [str(word.get("value")) for word in definition.iterfind(f".//{{{_XS}}}enumeration")]
            if listed:
                words[str(definition.get("name"))] = listed
    return words


def test_the_closed_lists_are_the_published_ones(shared_data: Path) -> None:
    published = _words([shared_data / "duis-schema-5.4" / "DUIS Schema V5.4.xsd"])
    profile = _words((resources.files("dsp_conformance.duis") / "data" / "schema").iterdir())
    assert profile.keys() == CLOSED_LISTS.keys()
    for own, names in CLOSED_LISTS.items():
        for name in names:
            assert profile[own] == published[name]


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    value=st.one_of(
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=40),
        st.integers(min_value=-(10**20), max_value=10**20).map(str),
        st.integers(min_value=0, max_value=2**65).map(lambda counter: f"{_EUI}:{_EUI}:{counter}"),
        st.from_regex(
            r"[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){6,8}(,[0-9A-F]{2}(-[0-9A-F]{2}){7})?", fullmatch=True
        ),
        st.datetimes().map(lambda moment: moment.isoformat()),
        st.binary(max_size=40).map(bytes.hex),
    ),
)
def test_the_two_agree_on_values_that_nobody_thought_of(
    published: DuisSchema, places: dict[str, tuple[bytes, int]], data: st.DataObject, value: str
) -> None:
    document, position = places[data.draw(st.sampled_from(sorted(places)))]
    root = etree.fromstring(document)
    list(root.iter())[position].text = value
    assert _accepts(DuisSchema.bundled(), root) == _accepts(published, root)


@pytest.mark.parametrize(
    "version", ["5", "5.4", " 5.4 ", "-1", "+1.5", ".5", "5.", "5.4.1", "V5.4", "", "1e1"]
)
def test_the_two_agree_on_what_is_a_schema_version(
    published: DuisSchema, exact_documents: dict[str, bytes], version: str
) -> None:
    for name in ("payload", "read-firmware-version"):
        root = etree.fromstring(exact_documents[name])
        root.set("schemaVersion", version)
        assert _accepts(DuisSchema.bundled(), root) == _accepts(published, root)


_NEAR_THE_LIMIT = st.integers(1, 19).flatmap(
    lambda digits: st.integers(2**64 - 10**digits, 2**64 + 10**digits)
)


@settings(max_examples=150, deadline=None)
@given(counter=st.one_of(st.integers(0, 2**66), _NEAR_THE_LIMIT))
def test_a_counter_is_what_fits_in_64_bits(counter: int) -> None:
    root = etree.Element(f"{{{_SR}}}RequestID")
    root.text = f"{_EUI}:{_EUI}:{counter}"
    assert _accepts(DuisSchema.bundled(), root) == (counter < 2**64)


def _the(name: str, root: etree._Element) -> etree._Element:
    found = root.find(f".//{{{_SR}}}{name}")
    assert found is not None
    return found


@pytest.mark.parametrize("count", [1, 17, 18])
def test_an_inventory_holds_one_to_seventeen_devices(
    published: DuisSchema, exact_documents: dict[str, bytes], count: int
) -> None:
    root = etree.fromstring(exact_documents["inventory"])
    for _ in range(count - 1):
        _the("DSPInventory", root).append(etree.fromstring(etree.tostring(_the("Device", root))))
    assert _accepts(published, root) == _accepts(DuisSchema.bundled(), root) == (count <= 17)


@pytest.mark.parametrize("octets", [10_240_000, 10_240_001])
def test_a_firmware_image_has_at_most_10_240_000_octets(
    published: DuisSchema, exact_documents: dict[str, bytes], octets: int
) -> None:
    root = etree.fromstring(exact_documents["update-firmware"])
    groups, rest = divmod(octets, 3)
    _the("FirmwareImage", root).text = "AAAA" * groups + ("", "AA==", "AAA=")[rest]
    expected = octets <= 10_240_000
    assert _accepts(published, root) == _accepts(DuisSchema.bundled(), root) == expected


@pytest.mark.parametrize("devices", [50_000, 50_001])
def test_an_update_lists_at_most_50_000_devices(
    published: DuisSchema, exact_documents: dict[str, bytes], devices: int
) -> None:
    root = etree.fromstring(exact_documents["update-firmware"])
    _the("DeviceIDList", root).text = ",".join([_EUI] * devices)
    expected = devices <= 50_000
    assert _accepts(published, root) == _accepts(DuisSchema.bundled(), root) == expected
