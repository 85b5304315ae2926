import csv
from importlib import resources
from pathlib import Path

import pytest
from lxml import etree

from dsp_conformance.duis.response_codes import Basis, ResponseCode

_XS = "{http://www.w3.org/2001/XMLSchema}"


def test_there_are_194_codes_each_named_as_it_is_written() -> None:
    assert len(ResponseCode) == 194
    assert all(code.name == code.value for code in ResponseCode)


def test_the_codes_are_exactly_those_of_the_published_schema(shared_data: Path) -> None:
    schema = etree.parse(shared_data / "duis-schema-5.4" / "DUIS Schema V5.4.xsd")
    listed = schema.iterfind(f"{_XS}simpleType[@name='ResponseCode']//{_XS}enumeration")
    assert [code.value for code in ResponseCode] == [element.get("value") for element in listed]


def test_a_code_that_the_schema_does_not_list_is_refused() -> None:
    for unlisted in ("E18", "E", "i0", " I0", ""):
        with pytest.raises(ValueError, match="not a valid ResponseCode"):
            ResponseCode(unlisted)


def test_each_code_is_success_warning_or_error_by_its_letter() -> None:
    assert {code for code in ResponseCode if code.is_success} == {ResponseCode.I0, ResponseCode.I99}
    assert {code.value for code in ResponseCode if code.is_warning} == {
        "W050201",
        "W050301",
        "W081401",
        "W110101",
        "W110401",
    }
    for code in ResponseCode:
        assert [code.is_success, code.is_warning, code.is_error].count(True) == 1


def test_e5_and_e51_are_different_codes_and_only_e5_has_a_published_meaning() -> None:
    assert "status" in (ResponseCode.E5.meaning or "")
    assert ResponseCode.E5.basis is Basis.UNOFFICIAL_TABLE
    assert ResponseCode.E51.meaning is None
    assert ResponseCode.E51.basis is Basis.SCHEMA


def test_every_code_that_the_domain_reference_explains_has_its_meaning() -> None:
    explained = {code.value for code in ResponseCode if code.basis is Basis.UNOFFICIAL_TABLE}
    assert explained == {
        "I0",
        "I99",
        "E1",
        "E2",
        "E3",
        "E4",
        "E5",
        "E11",
        "E12",
        "E13",
        "E17",
        "E19",
        "E20",
        "E21",
        "E30",
    }
    assumed = {code.value for code in ResponseCode if code.basis is Basis.ASSUMED}
    assert assumed == {"E110101", "E110102", "E110103", "E110105", "E110106", "W110101"}


def test_a_code_has_a_meaning_exactly_if_something_states_one() -> None:
    for code in ResponseCode:
        assert (code.meaning is None) == (code.basis is Basis.SCHEMA)
        assert code.meaning is None or code.meaning.strip()


def test_no_code_stands_twice_in_the_table_of_meanings() -> None:
    table = resources.files("dsp_conformance.duis") / "data" / "response-codes.csv"
    codes = [row["code"] for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())]
    assert len(codes) == len(set(codes)) == 21
