import threading
from pathlib import Path

import pytest
from lxml import etree

from dsp_conformance.duis.schema import DuisSchema, SchemaViolation

_SR = "http://www.dccinterface.co.uk/ServiceUserGateway"
_ID = "90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000"
_RESPONSE = (
    f'<sr:Response xmlns:sr="{_SR}" schemaVersion="5.4">\n'
    f"<sr:Header><sr:RequestID>{_ID}</sr:RequestID>\n"
    "<sr:ResponseCode>I0</sr:ResponseCode>\n"
    "<sr:ResponseDateTime>2021-11-04T09:00:00.00Z</sr:ResponseDateTime></sr:Header>\n"
    "<sr:Body><sr:ResponseMessage><sr:ServiceReference>11.2</sr:ServiceReference>"
    "<sr:ServiceReferenceVariant>11.2</sr:ServiceReferenceVariant>"
    "<sr:GBCSPayload>3QAA</sr:GBCSPayload></sr:ResponseMessage></sr:Body></sr:Response>"
)


def _document(before: str = "", after: str = "") -> etree._Element:
    assert not before or _RESPONSE.count(before) == 1
    return etree.fromstring(_RESPONSE.replace(before, after) if before else _RESPONSE)


def _only(schema: DuisSchema, root: etree._Element) -> SchemaViolation:
    (violation,) = schema.violations(root)
    return violation


# What a violation says


def test_a_valid_document_has_no_violations() -> None:
    assert DuisSchema.bundled().violations(_document()) == ()


def test_a_violation_names_line_element_value_and_what_was_allowed() -> None:
    violation = _only(DuisSchema.bundled(), _document(">I0<", ">E18<"))
    assert (violation.line, violation.path) == (3, "/Response/Header/ResponseCode")
    assert violation.message.startswith("The value 'E18' is not one of 'I0', 'I99', 'E1'")
    assert violation.message.endswith("and 182 more.")
    assert str(violation).startswith("line 3, /Response/Header/ResponseCode: The value 'E18'")


def test_paths_are_the_same_however_the_namespace_is_written() -> None:
    unprefixed = etree.fromstring(
        _RESPONSE.replace("sr:", "").replace("xmlns:sr", "xmlns").replace(">I0<", ">E18<")
    )
    assert _only(DuisSchema.bundled(), unprefixed) == _only(DuisSchema.bundled(), _document(">I0<", ">E18<"))


def test_paths_count_elements_that_stand_more_than_once() -> None:
    device = (
        f"<sr:Device><sr:DeviceID>{_ID[:23]}</sr:DeviceID><sr:DeviceType>ESME</sr:DeviceType>"
        "<sr:DeviceManufacturer>0001</sr:DeviceManufacturer><sr:DeviceModel>M</sr:DeviceModel></sr:Device>"
    )
    devices = device + device.replace("ESME", "FRIDGE") + device
    payload = "<sr:GBCSPayload>3QAA</sr:GBCSPayload>"
    inventory = _document(payload, f"<sr:DSPInventory>{devices}</sr:DSPInventory>")
    violation = _only(DuisSchema.bundled(), inventory)
    assert violation.path == "/Response/Body/ResponseMessage/DSPInventory/Device[2]/DeviceType"


def test_missing_and_unknown_parts_are_told_without_namespaces() -> None:
    violations = DuisSchema.bundled().violations(_document('schemaVersion="5.4"', 'version="5.4"'))
    assert [str(violation) for violation in violations] == [
        "line 1, /Response: The attribute 'version' is not allowed.",
        "line 1, /Response: The attribute 'schemaVersion' is required but missing.",
    ]
    swapped = _only(DuisSchema.bundled(), _document("<sr:Body>", "<sr:Foo/><sr:Body>"))
    assert (swapped.path, swapped.message) == (
        "/Response/Foo",
        "This element is not expected. Expected is Body.",
    )
    attribute = _only(DuisSchema.bundled(), _document('"5.4"', '"five"'))
    assert attribute.message.startswith("attribute schemaVersion: 'five' is not a valid value")


def test_a_long_list_of_expected_elements_says_that_it_is_not_complete() -> None:
    payload = "<sr:GBCSPayload>3QAA</sr:GBCSPayload>"
    violation = _only(DuisSchema.bundled(), _document(payload, "<sr:Foo/>"))
    assert "Expected is one of GBCSPayload, LocalCommand, PreCommand, " in violation.message
    assert violation.message.endswith(" and others.")


def test_long_values_and_patterns_are_cut_short() -> None:
    violation = _only(DuisSchema.bundled(), _document(_ID, "90-B3" * 1_000))
    assert violation.path == "/Response/Header/RequestID"
    assert "does not have the form" in violation.message
    assert "(5000 characters)" in violation.message
    assert len(violation.message) < 500


@pytest.mark.parametrize(("length", "shown"), [(120, "x" * 120), (121, "x" * 120 + "... (121 characters)")])
def test_a_value_is_shown_whole_up_to_120_characters(length: int, shown: str) -> None:
    violation = _only(DuisSchema.bundled(), _document(">I0<", f">{'x' * length}<"))
    assert violation.message.startswith(f"The value '{shown}' is not one of 'I0'")


@pytest.mark.parametrize(("number", "more"), [(8, ""), (12, ""), (13, " and 1 more")])
def test_what_is_allowed_is_listed_whole_up_to_twelve_values(number: int, more: str) -> None:
    values = "".join(f'<xs:enumeration value="{value}"/>' for value in range(number))
    schema = etree.fromstring(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:simpleType>'
        f'<xs:restriction base="xs:string">{values}</xs:restriction></xs:simpleType></xs:element></xs:schema>'
    )
    listed = ", ".join(f"'{value}'" for value in range(min(number, 12)))
    violation = _only(DuisSchema(etree.XMLSchema(schema), "an example"), etree.fromstring("<r>x</r>"))
    assert violation.message == f"The value 'x' is not one of {listed}{more}."


def test_a_value_too_long_to_be_quoted_still_shows_its_beginning() -> None:
    violation = _only(DuisSchema.bundled(), _document(_ID, "90-B3" * 100_000))
    assert violation.message.startswith("The value '90-B390-B3")
    assert violation.message.endswith("... is not valid here.")
    assert len(violation.message) < 500


def test_a_document_of_another_kind_is_told_as_such() -> None:
    violation = _only(DuisSchema.bundled(), etree.fromstring("<a:Foo xmlns:a='urn:a'/>"))
    assert violation.path == "/Foo"
    assert "No matching global declaration" in violation.message


def test_an_element_made_in_memory_has_no_line() -> None:
    assert _only(DuisSchema.bundled(), etree.Element("Foo")).line == 0
    flooded = etree.Element("Foo", {f"a{number}": "" for number in range(20_001)})
    assert _only(DuisSchema.bundled(), flooded).line == 0
    document = _document()
    payload = document[1][0][2]
    document[1][0].replace(payload, etree.Element(payload.tag))
    document[1][0][2].text = "3Q*AA"
    assert _only(DuisSchema.bundled(), document).line == 0


def test_characters_foreign_to_base64_are_refused_though_libxml2_skips_them() -> None:
    for text in ("3Q*AA", "3QAA-", "3QAA\xa0", "3Q<!-- -->*AA"):
        violation = _only(DuisSchema.bundled(), _document("3QAA", text))
        assert (violation.line, violation.path) == (5, "/Response/Body/ResponseMessage/GBCSPayload")
        assert "is foreign to base64" in violation.message
    for text in ("3Q\nA A", "\t3QAA ", "3Q<!-- * -->AA", ""):
        assert DuisSchema.bundled().violations(_document("3QAA", text)) == ()


_DATE = "2021-11-04T09:00:00.00Z"


@pytest.mark.parametrize("written", [f"\n  {_DATE}\n", f" {_DATE}", f"{_DATE}\t", f"{_DATE} "])
def test_white_space_around_a_date_is_no_violation_though_libxml2_says_so(written: str) -> None:
    assert DuisSchema.bundled().violations(_document(f">{_DATE}<", f">{written}<")) == ()


@pytest.mark.parametrize(
    "written",
    [" 2021-13-04T09:00:00Z ", "2021-11-04 T09:00:00Z", " ", " today", "\u00a02021-11-04T09:00:00Z"],
)
def test_white_space_makes_no_wrong_date_right(written: str) -> None:
    violation = _only(DuisSchema.bundled(), _document(f">{_DATE}<", f">{written}<"))
    assert (violation.line, violation.path) == (4, "/Response/Header/ResponseDateTime")


def test_white_space_around_a_date_leaves_every_other_violation() -> None:
    padded = _RESPONSE.replace(_DATE, f" {_DATE}").replace(">I0<", "> 2021 <")
    violation = _only(DuisSchema.bundled(), etree.fromstring(padded))
    assert (violation.line, violation.path) == (3, "/Response/Header/ResponseCode")
    assert "' 2021 '" in violation.message


def test_white_space_stays_what_it_is_where_the_schema_keeps_it() -> None:
    schema = etree.XMLSchema(
        etree.fromstring(
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="r"><xs:complexType>'
            '<xs:sequence><xs:element name="d" type="xs:date"/><xs:element name="s"><xs:simpleType>'
            '<xs:restriction base="xs:string"><xs:enumeration value="2021"/></xs:restriction>'
            "</xs:simpleType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"
        )
    )
    document = etree.fromstring("<r><d> 2021-11-04 </d><s> 2021 </s></r>")
    violation = _only(DuisSchema(schema, "an example"), document)
    assert violation.path == "/r/s"


def test_no_more_than_fifty_violations_are_told() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(200))
    assert len(DuisSchema.bundled().violations(_document("<sr:Body>", f"<sr:Body {attributes}>"))) == 50


def test_a_flood_of_attributes_is_refused_before_each_becomes_an_error() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(20_001))
    violation = _only(DuisSchema.bundled(), _document("<sr:Body>", f"<sr:Body {attributes}>"))
    assert str(violation) == "line 1, /Response: 20002 attributes in one message: expected at most 20000."
    attributes = " ".join(f'a{number}="1"' for number in range(19_999))
    assert len(DuisSchema.bundled().violations(_document("<sr:Body>", f"<sr:Body {attributes}>"))) == 50


def test_a_document_cannot_bring_its_own_schema(tmp_path: Path) -> None:
    own = tmp_path / "own.xsd"
    own.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:own">'
        '<xs:element name="Foo"/></xs:schema>'
    )
    document = etree.fromstring(
        '<o:Foo xmlns:o="urn:own" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:own {own.as_uri()}"/>'
    )
    assert DuisSchema.bundled().violations(document)


def test_validation_leaves_the_document_as_it_was() -> None:
    document = _document(">I0<", ">E18<")
    before = etree.tostring(document)
    DuisSchema.bundled().violations(document)
    assert etree.tostring(document) == before


def test_threads_sharing_one_schema_each_get_the_violations_of_their_own_document() -> None:
    schema = DuisSchema.bundled()
    wrong: list[str] = []
    start = threading.Barrier(4)

    def validate(code: str) -> None:
        start.wait()
        for _ in range(300):
            document = _document(">I0<", f">{code}<")
            messages = [violation.message for violation in schema.violations(document)]
            if len(messages) != 1 or f"'{code}'" not in messages[0]:
                wrong.append(f"{code}: {messages}")

    threads = [threading.Thread(target=validate, args=(f"X{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert wrong == []


def test_the_bundled_schema_is_compiled_once_and_says_what_it_is() -> None:
    assert DuisSchema.bundled() is DuisSchema.bundled()
    assert DuisSchema.bundled().origin == "bundled profile (duis-profile.xsd)"
    assert "bundled profile" in repr(DuisSchema.bundled())
