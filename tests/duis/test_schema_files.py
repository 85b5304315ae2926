"""Where a schema comes from: a folder of files, and what is said of one that will not do."""

import re
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from lxml import etree

from dsp_conformance.duis.namespaces import SR
from dsp_conformance.duis.schema import DuisSchema, SchemaFolderError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of schema files that a user may have: a writable copy of the bundled ones."""
    with resources.as_file(resources.files("dsp_conformance.duis") / "data" / "schema") as bundled:
        return Path(shutil.copytree(bundled, tmp_path / "schemas"))


def _codes_at_fault(schema: DuisSchema, sample: bytes) -> list[str]:
    """Where a schema finds fault with the sample, which is valid, once its response code is none."""
    assert schema.violations(etree.fromstring(sample)) == ()
    wrong = etree.fromstring(sample.replace(b">I0<", b">E18<"))
    return [violation.path for violation in schema.violations(wrong)]


def test_the_published_files_are_used_as_they_are(
    published: DuisSchema, shared_data: Path, sample: bytes
) -> None:
    assert published.origin == str(shared_data / "duis-schema-5.4" / "DUIS Schema V5.4.xsd")
    assert _codes_at_fault(published, sample) == ["/Response/Header/ResponseCode"]
    assert _codes_at_fault(DuisSchema.bundled(), sample) == ["/Response/Header/ResponseCode"]


def test_the_published_schema_is_found_whatever_its_version(
    shared_data: Path, tmp_path: Path, sample: bytes
) -> None:
    for file in (shared_data / "duis-schema-5.4").glob("*.xsd"):
        shutil.copyfile(file, tmp_path / file.name.replace("DUIS Schema V5.4", "DUIS V6.0 (draft) 100%"))
    schema = DuisSchema.from_folder(str(tmp_path))
    assert schema.origin.endswith("DUIS V6.0 (draft) 100%.xsd")
    assert _codes_at_fault(schema, sample) == ["/Response/Header/ResponseCode"]


def test_references_with_spaces_are_followed(folder: Path, sample: bytes) -> None:
    (folder / "duis-codes.xsd").rename(folder / "the code lists.xsd")
    for file in folder.glob("*.xsd"):
        file.write_text(file.read_text().replace("duis-codes.xsd", "the code lists.xsd"))
    assert _codes_at_fault(DuisSchema.from_folder(folder), sample) == ["/Response/Header/ResponseCode"]


def test_a_doctype_that_points_elsewhere_is_not_followed(folder: Path, sample: bytes) -> None:
    file = folder / "xml-signature.xsd"
    doctype = '<!DOCTYPE schema SYSTEM "http://schema.invalid/XMLSchema.dtd" [<!ENTITY x "y">]>\n'
    file.write_text(re.sub(r"(?=<xs:schema)", doctype, file.read_text(), count=1))
    assert _codes_at_fault(DuisSchema.from_folder(folder), sample) == ["/Response/Header/ResponseCode"]


def _refusal_of(path: Path) -> SchemaFolderError:
    with pytest.raises(SchemaFolderError) as refused:
        DuisSchema.from_folder(path)
    said = refused.value
    assert str(said) == f"schema {said.path}: expected {said.expected}, found {said.found}; {said.hint}"
    return said


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    said = _refusal_of(tmp_path / "nowhere")
    assert said.path == str(tmp_path / "nowhere")
    assert (said.expected, said.found) == ("a folder", "nothing of that name")


def test_a_file_in_place_of_a_folder_is_refused(folder: Path) -> None:
    said = _refusal_of(folder / "duis-profile.xsd")
    assert (said.found, said.hint) == ("a file", "name the folder that the file is in")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    said = _refusal_of(tmp_path)
    assert (said.path, said.expected, said.found) == (str(tmp_path), "schema files (*.xsd)", "nothing")


def test_a_folder_around_the_right_one_is_refused_with_the_right_one(folder: Path) -> None:
    said = _refusal_of(folder.parent)
    assert (said.found, said.hint) == ("schemas", "name the folder schemas inside it")


@pytest.mark.parametrize(("number", "more"), [(5, ""), (7, " and 2 more")])
def test_a_folder_of_something_else_is_refused_with_five_names_of_what_it_holds(
    tmp_path: Path, number: int, more: str
) -> None:
    for name in range(number):
        (tmp_path / f"{name}.txt").touch()
    assert _refusal_of(tmp_path).found == f"0.txt, 1.txt, 2.txt, 3.txt, 4.txt{more}"


def test_the_right_one_is_told_apart_from_folders_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for beside in ("locked", "notes"):
        (folder.parent / beside).mkdir()
    (folder.parent / "schemas.zip").touch()
    listed = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert _refusal_of(folder.parent).hint == "name the folder schemas inside it"


def test_a_folder_without_the_duis_schema_is_refused_with_what_it_holds(folder: Path) -> None:
    (folder / "duis-profile.xsd").unlink()
    said = _refusal_of(folder)
    assert "declares Request and Response" in said.expected
    assert "duis-codes.xsd, duis-requests.xsd" in said.found


def test_a_schema_of_another_interface_is_not_taken_for_duis(tmp_path: Path) -> None:
    (tmp_path / "other.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:other">'
        '<xs:element name="Request"/><xs:element name="Response"/></xs:schema>'
    )
    assert _refusal_of(tmp_path).found == "only other.xsd"


def test_a_schema_that_declares_no_more_than_request_and_response_is_taken(tmp_path: Path) -> None:
    (tmp_path / "small.xsd").write_text(
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{SR}">'
        '<xs:element name="Request"/><xs:element name="Response"/></xs:schema>'
    )
    assert DuisSchema.from_folder(tmp_path).violations(etree.fromstring(f'<Request xmlns="{SR}"/>')) == ()


def test_a_missing_file_is_refused_even_if_nothing_of_it_is_used(folder: Path) -> None:
    file = folder / "duis-profile.xsd"
    unused = '<xs:import namespace="urn:unused" schemaLocation="unused.xsd"/><xs:import'
    file.write_text(file.read_text().replace("<xs:import", unused, 1))
    assert _refusal_of(folder).path == str(folder / "unused.xsd")


def test_a_folder_with_two_versions_is_refused_with_both_names(folder: Path) -> None:
    shutil.copyfile(folder / "duis-profile.xsd", folder / "older.xsd")
    said = _refusal_of(folder)
    assert (said.expected, said.found) == ("one DUIS schema", "duis-profile.xsd and older.xsd")


def test_a_missing_import_is_refused_by_its_name(folder: Path) -> None:
    (folder / "xml-signature.xsd").unlink()
    said = _refusal_of(folder)
    assert said.path == str(folder / "xml-signature.xsd")
    assert said.found == "nothing of that name"


def test_a_file_that_is_not_xml_is_refused_by_its_name(folder: Path) -> None:
    (folder / "duis-codes.xsd").write_bytes(b"%PDF-1.4")
    said = _refusal_of(folder)
    assert said.path == str(folder / "duis-codes.xsd")
    assert said.found.startswith("text that is not XML")


def test_a_damaged_schema_is_refused_with_the_line(folder: Path) -> None:
    file = folder / "duis-profile.xsd"
    file.write_text(file.read_text().replace("sr:CommandVariant", "sr:CommandVariance"))
    said = _refusal_of(folder)
    assert said.path == str(file)
    assert re.search(r"line \d+: .*CommandVariance", said.found)


@pytest.mark.parametrize(
    "elsewhere", ["http://schema.invalid/xml-signature.xsd", "../xml-signature.xsd", "/xml-signature.xsd"]
)
def test_a_reference_to_outside_the_folder_is_refused(folder: Path, elsewhere: str) -> None:
    (folder / "xml-signature.xsd").rename(folder.parent / "xml-signature.xsd")
    file = folder / "duis-profile.xsd"
    file.write_text(file.read_text().replace('"xml-signature.xsd"', f'"{elsewhere}"'))
    assert "xml-signature.xsd" in _refusal_of(folder).path


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    said = _refusal_of(tmp_path)
    assert (said.found, said.hint) == ("Permission denied", "correct its permissions")


def test_a_file_that_cannot_be_read_is_refused_by_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    said = _refusal_of(folder)
    assert said.path == str(folder / "duis-codes.xsd")
    assert (said.expected, said.found) == ("a file that can be read", "Permission denied")
