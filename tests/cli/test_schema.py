"""`schema`: the published schemas, for programs that read what the suite writes."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from dsp_conformance.base.published import schema_files
from dsp_conformance.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["schema", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_every_published_schema_is_named_and_printed_as_it_stands_in_its_file() -> None:
    named = [line.split() for line in printed().splitlines()]
    folder = files("dsp_conformance.base") / "schemas"
    published = {each.name: each for each in (*folder.iterdir(), DOCS / "testbed-control.openapi.yaml")}
    assert {file for _, file in named} == published.keys()
    for name, file in named:
        assert printed(name) == published[file].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [n for n, f in schema_files().items() if f.name.endswith("schema.json")])
def test_a_json_schema_is_one_of_the_2020_12_draft_and_closed(name: str) -> None:
    schema = json.loads(printed(name))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert "oneOf" in schema or schema["additionalProperties"] is False
    assert list(open_objects(schema)) == []


def open_objects(schema: object, place: str = "") -> list[str]:
    """The places in a schema whose objects may hold anything."""
    match schema:
        case dict():
            here = [place] if "properties" in schema and schema.get("type") == "object" else []
            found = [one for one in here if schema.get("additionalProperties") is not False]
            return found + [
                one for key, value in schema.items() for one in open_objects(value, f"{place}/{key}")
            ]
        case list():
            return [
                one for number, value in enumerate(schema) for one in open_objects(value, f"{place}/{number}")
            ]
    return []


def test_an_unknown_name_ends_with_exit_code_2_and_the_names_there_are() -> None:
    done = CliRunner().invoke(main, ["schema", "result"])
    assert done.exit_code == 2
    assert "found 'result'" in done.output
    assert "results" in done.output
