from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.suite_files import own_request_bodies
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.scenario.body_folders import unusable_bodies

if TYPE_CHECKING:
    from pathlib import Path

NAME = (
    '<UpdateSupplierName xmlns="http://www.dccinterface.co.uk/ServiceUserGateway">\n'
    "  <SupplierName>Example Energy</SupplierName>\n"
    "  <SupplierTelephoneNumber>0808 157 0100</SupplierTelephoneNumber>\n"
    "</UpdateSupplierName>\n"
)
ISSUE = (
    '<IssueSecurityCredentials xmlns="http://www.dccinterface.co.uk/ServiceUserGateway">\n'
    "  <CredentialType>Digital Signature</CredentialType>\n"
    "</IssueSecurityCredentials>\n"
)


@pytest.fixture(scope="session")
def published_schema(shared_data: Path) -> DuisSchema:
    return DuisSchema.from_folder(shared_data / "duis-schema-5.4")


def test_nothing_is_wrong_with_the_bundled_folder(published_schema: DuisSchema) -> None:
    assert unusable_bodies(own_request_bodies(), published_schema) == ()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("3.4xml", "3.4.xml"),
        ("3.4.gsme.xml", "3.4.GSME.xml"),
        ("3.4.GMSE.xml", "3.4.GSME.xml"),
        ("6.13.txt", "6.13.xml"),
        ("1.7.GSME.xml", "1.7.ESME.xml"),
        ("notes", ""),
    ],
)
def test_a_misnamed_file_is_told_with_the_nearest_name(tmp_path: Path, name: str, nearest: str) -> None:
    (tmp_path / name).write_text(NAME, encoding="utf-8")
    (flaw,) = unusable_bodies(tmp_path, DuisSchema.bundled())
    assert (flaw.path, flaw.line, flaw.found) == (tmp_path / name, 0, name)
    assert flaw.nearest == nearest


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*", encoding="utf-8")
    (tmp_path / "3.4.xml").write_text(NAME, encoding="utf-8")
    assert unusable_bodies(tmp_path, DuisSchema.bundled()) == ()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (flaw,) = unusable_bodies(tmp_path / "bodies", DuisSchema.bundled())
    assert (flaw.path, flaw.expected, flaw.found) == (
        tmp_path / "bodies",
        "a folder of request bodies",
        "none",
    )


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "3.4.xml").write_text(NAME, encoding="utf-8")
    (flaw,) = unusable_bodies(tmp_path / "3.4.xml", DuisSchema.bundled())
    assert (flaw.path, flaw.found) == (tmp_path / "3.4.xml", "a file")


def test_a_folder_without_any_body_overrides_nothing_and_is_told(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*", encoding="utf-8")
    (flaw,) = unusable_bodies(tmp_path, DuisSchema.bundled())
    assert (flaw.path, flaw.found) == (tmp_path, "an empty one")


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "line", "found", "nearest"),
    [
        (
            "3.4.xml",
            NAME,
            "SupplierName>Example Energy</SupplierName",
            "SuplierName>Example</SuplierName",
            2,
            "SuplierName",
            "SupplierName",
        ),
        ("3.4.xml", NAME, "TelephoneNumber", "PhoneNumber", 3, "PhoneNumber", "SupplierTelephoneNumber"),
        ("6.17.xml", ISSUE, "Digital S", "Digital s", 2, "'Digital signature'", "Digital Signature"),
        ("3.4.xml", NAME, "Example", "An Example", 2, "length of '17'", ""),
        ("3.4.xml", NAME, "  <SupplierName>Example Energy</SupplierName>\n", "", 2, "not expected", ""),
    ],
    ids=["misspelt element", "other element", "misspelt value", "too long", "element left out"],
)
def test_a_body_that_the_schema_refuses_is_told_with_its_line_and_what_was_meant(
    tmp_path: Path,
    published_schema: DuisSchema,
    name: str,
    text: str,
    old: str,
    new: str,
    line: int,
    found: str,
    nearest: str,
) -> None:
    changed = text.replace(old, new)
    assert changed != text
    (tmp_path / name).write_text(changed, encoding="utf-8")
    flaw = unusable_bodies(tmp_path, published_schema)[0]
    assert (flaw.path, flaw.line) == (tmp_path / name, line)
    assert found in flaw.found
    assert published_schema.origin in flaw.expected
    if nearest:
        assert flaw.nearest == nearest


def test_every_unusable_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "3.4.xml").write_text(NAME[:-5], encoding="utf-8")
    (tmp_path / "6.17.xml").write_text(NAME, encoding="utf-8")
    (tmp_path / "8.2.xml").write_text(
        '<ReadInventory xmlns="http://www.dccinterface.co.uk/ServiceUserGateway"/>', encoding="utf-8"
    )
    flaws = unusable_bodies(tmp_path, DuisSchema.bundled())
    assert [flaw.path.name for flaw in flaws] == ["3.4.xml", "6.17.xml", "8.2.xml"]
