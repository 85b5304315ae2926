import csv
from pathlib import Path

import pytest
from lxml import etree

from dsp_conformance.duis.catalogue import (
    CatalogueError,
    CommandVariant,
    CplStatus,
    DeviceStatus,
    DeviceType,
    FutureDating,
    Kind,
    Service,
    UnknownVariant,
    UserRole,
    catalogue,
    read_catalogue,
    service_for,
)

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ALL_ROLES = frozenset(UserRole)
_HEADER = (
    "variant,reference,name,body_element,kind,on_demand,future_dated,dcc_scheduled,"
    "user_roles,use_cases,device_types,uncertain_types\n"
)
_ROW = "11.2,11.2,Read Firmware Version,ReadFirmwareVersion,non-critical,Yes,DSP,No,IS GS,ECS52,ESME GSME,\n"


@pytest.fixture(scope="module")
def published(shared_data: Path) -> etree._Element:
    """The published schema, as a document."""
    file = shared_data / "duis-schema-5.4" / "DUIS Schema V5.4.xsd"
    return etree.fromstring(file.read_bytes(), etree.XMLParser(remove_comments=True))


def _enumerated(schema: etree._Element, type_name: str) -> list[str]:
    return [
        str(element.get("value"))
        for element in schema.iterfind(f"{_XS}simpleType[@name='{type_name}']//{_XS}enumeration")
    ]


def test_the_catalogue_has_all_129_variants_and_reads_them_once() -> None:
    assert len(catalogue()) == 129
    assert catalogue() is catalogue()


def test_requests_that_only_the_gas_proxy_function_answers_are_for_no_gas_meter() -> None:
    types = {variant: catalogue()[variant].device_types for variant in ("3.2", "4.17", "8.12.2")}
    assert types == {
        "3.2": {DeviceType.ESME, DeviceType.GPF},
        "4.17": {DeviceType.ESME, DeviceType.GPF},
        "8.12.2": {DeviceType.GPF},
    }


def test_types_that_nothing_published_settles_are_marked() -> None:
    marked = {name: entry.uncertain_types for name, entry in catalogue().items() if entry.uncertain_types}
    assert marked == {
        "6.21": {DeviceType.ESME, DeviceType.GSME},
        "8.7.2": {DeviceType.ESME},
        "8.8.1": {DeviceType.GSME},
        "8.8.2": {DeviceType.ESME},
    }


def test_use_cases_are_those_of_the_published_vectors(shared_data: Path) -> None:
    with (shared_data / "use-cases.csv").open(encoding="utf-8", newline="") as file:
        published = {(row["variant"], row["use_case"]) for row in csv.DictReader(file)}
    shipped = {(entry.variant, name) for entry in catalogue().values() for name in entry.use_cases}
    told = {pair for pair in published if pair[0] != "NA"}
    assert told - shipped == set()


def test_variants_and_references_are_those_of_the_published_schema(published: etree._Element) -> None:
    entries = catalogue().values()
    assert [entry.variant for entry in entries] == _enumerated(published, "ServiceReferenceVariant")
    assert {entry.reference for entry in entries} == set(_enumerated(published, "ServiceReference"))


def test_every_variant_belongs_to_the_reference_it_begins_with() -> None:
    for variant, entry in catalogue().items():
        assert entry.variant == variant
        assert variant == entry.reference or variant.rpartition(".")[0] == entry.reference


def test_body_elements_are_those_of_the_published_schema_save_the_signed_pre_command(
    published: etree._Element,
) -> None:
    body = published.find(
        f"{_XS}complexType[@name='Request']/{_XS}sequence/{_XS}element[@name='Body']//{_XS}choice"
    )
    assert body is not None
    names = {str(element.get("name")) for element in body}
    assert {entry.body_element for entry in catalogue().values()} == names - {"SignedPreCommand"}


@pytest.mark.parametrize(
    ("words", "type_name"),
    [
        (DeviceType, "DeviceType"),
        (DeviceStatus, "DeviceStatus"),
        (CplStatus, "CPLStatus"),
        (CplStatus, "FirmwareVersionStatus"),
    ],
    ids=["device-type", "device-status", "cpl-status", "firmware-version-status"],
)
def test_words_are_those_of_the_published_schema(
    published: etree._Element,
    words: type[DeviceType | DeviceStatus | CplStatus],
    type_name: str,
) -> None:
    assert {word.value for word in words} == set(_enumerated(published, type_name))


def test_the_firmware_requests_are_catalogued_as_mp105_needs_them() -> None:
    read, update, activate = (catalogue()[variant] for variant in ("11.2", "11.1", "11.3"))
    assert (read.kind, update.kind, activate.kind) == (Kind.NON_CRITICAL, Kind.NON_DEVICE, Kind.CRITICAL)
    assert read.user_roles == _ALL_ROLES
    assert update.user_roles == activate.user_roles == {UserRole.IS, UserRole.GS}
    assert read.device_types == activate.device_types == {DeviceType.ESME, DeviceType.GSME}
    assert read.use_cases == ("CS08", "ECS52", "GCS38")
    assert (read.on_demand, read.future_dated) == (True, FutureDating.DSP)
    assert (read.body_element, activate.body_element) == ("ReadFirmwareVersion", "ActivateFirmware")


def test_whether_a_request_may_be_made_at_once_or_by_a_schedule_is_yes_or_no() -> None:
    daily, read, inventory = (catalogue()[variant] for variant in ("4.6.1", "11.2", "8.2"))
    assert [(one.on_demand, one.dcc_scheduled) for one in (daily, read, inventory)] == [
        (True, True),
        (True, False),
        (False, False),
    ]
    (row,) = read_catalogue(_HEADER + _ROW, origin="a file").values()
    assert (row.on_demand, row.dcc_scheduled) == (True, False)


def test_command_variants_follow_from_the_kind() -> None:
    expected = {Kind.NON_CRITICAL: {1, 2, 3}, Kind.CRITICAL: {4, 5, 6, 7}, Kind.NON_DEVICE: {8}}
    for entry in catalogue().values():
        assert entry.command_variants == expected[entry.kind]


def test_each_command_variant_goes_to_the_service_that_takes_it() -> None:
    paths = [service_for(variant).value for variant in CommandVariant]
    assert paths == [
        "serviceS",
        "serviceD",
        "serviceS",
        "serviceT",
        "serviceS",
        "serviceD",
        "serviceS",
        "serviceD",
    ]
    assert service_for(CommandVariant.PRE_COMMAND) is Service.TRANSFORM


def test_three_variants_have_no_roles_because_no_source_names_any() -> None:
    assert {entry.variant for entry in catalogue().values() if not entry.user_roles} == {"7.16", "8.5", "8.6"}


def test_variants_are_found_by_their_body_element() -> None:
    for entry in catalogue().values():
        assert catalogue().with_body_element(entry.body_element) is entry
    assert catalogue().with_body_element("SignedPreCommand") is None


def test_an_unknown_variant_is_refused_with_those_that_may_be_meant() -> None:
    with pytest.raises(UnknownVariant) as refused:
        catalogue()["4.1"]
    assert refused.value.candidates == ("4.1.1", "4.1.2", "4.1.3", "4.1.4")
    assert "4.1.1 or 4.1.2" in str(refused.value)
    assert "4.1" not in catalogue()
    with pytest.raises(KeyError, match=r"99\.9.*one such as 11\.2"):
        catalogue()["99.9"]


@pytest.mark.parametrize(
    ("before", "after", "column", "found"),
    [
        ("non-critical", "uncritical", "kind", "uncritical"),
        ("IS GS", "IS XX", "user_roles", "XX"),
        ("ESME GSME", "ESME FRIDGE", "device_types", "FRIDGE"),
        ("ESME GSME,", "ESME,GSME", "uncertain_types", "GSME"),
        (",Yes,", ",yes,", "on_demand", "yes"),
        (",DSP,", ",Later,", "future_dated", "Later"),
        (",ReadFirmwareVersion,", ", ,", "body_element", " "),
        (",ECS52", "", "row", "11.2,11.2"),
    ],
)
def test_a_damaged_row_is_refused_with_line_and_column(
    before: str, after: str, column: str, found: str
) -> None:
    assert _ROW.count(before) == 1
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(_HEADER + _ROW.replace(before, after), origin="table.csv")
    assert (refused.value.line, refused.value.column) == (2, column)
    assert refused.value.found.startswith(found)
    assert f"table.csv, line 2, {column}: expected " in str(refused.value)


def test_a_row_that_stands_twice_is_refused_with_both_lines() -> None:
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(_HEADER + _ROW + _ROW, origin="table.csv")
    assert (refused.value.line, refused.value.column, refused.value.found) == (3, "variant", "11.2")
    assert "line 2 has the same" in str(refused.value)


def test_two_variants_may_not_share_a_body_element() -> None:
    other = _ROW.replace("11.2", "11.5", 1)
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(_HEADER + _ROW + other, origin="table.csv")
    assert refused.value.column == "body_element"


@pytest.mark.parametrize("text", ["", "variant,reference\n", _HEADER.upper()])
def test_a_table_with_other_columns_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(text, origin="table.csv")
    assert (refused.value.line, refused.value.column) == (1, "header")


def test_names_with_commas_are_read_whole() -> None:
    quoted = _ROW.replace("Read Firmware Version", '"Read, then report"')
    assert next(csv.reader([quoted]))[2] == "Read, then report"
    assert read_catalogue(_HEADER + quoted, origin="table.csv")["11.2"].name == "Read, then report"
