"""Every key of every section: explained, wrong in turn, and judged alike by form and JSON Schema."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dsp_conformance.base.published import schema_text as published_text
from dsp_conformance.target.explained import EXPLAINED, forms
from dsp_conformance.target.form import SECTIONS
from dsp_conformance.target.json_schema import SCHEMA_FILE, schema_text, target_schema
from dsp_conformance.target.presets import PRESETS
from dsp_conformance.target.reading import form_problems
from dsp_conformance.target.reference import reference
from dsp_conformance.target.template import about, template, toml_value
from dsp_conformance.target.testbed_form import DRIVERS

ROOT = Path(__file__).parents[2]
KEYS = [(name, key) for name, form in forms().items() for key in form.model_fields]
TEXTS = ("", " ", "x", "x y", "http://", "a:70000", "é")
WRONG: tuple[object, ...] = (*TEXTS, 7, -1, 0, 1.5, True, [], [""], [7], {}, {"x": 1})
"""Values of every type; each is right for some key and wrong for most."""


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(target_schema())
    return Draft202012Validator(target_schema())


def _whole(driver: str) -> dict[str, Any]:
    """A file in which every key stands, each as in its example."""
    return tomllib.loads(_uncommented(driver))


@cache
def _uncommented(driver: str) -> str:
    text = template({"testbed": {"driver": driver}})
    return re.sub(r"^# (\[+[a-z_.]+\]+|[a-z0-9_]+ = .*)$", r"\1", text, flags=re.MULTILINE)


def _section_of(tree: dict[str, Any], name: str) -> dict[str, Any]:
    section = name.partition(" ")[0]
    outer, _, inner = section.partition(".")
    found: dict[str, Any] = tree["users"][0] if section == "users" else tree[outer]
    if inner:
        found = found[inner]
    return found


def _driver_in(name: str) -> str:
    return name.partition("(")[2].rstrip(")") or "control-api"


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_key_is_explained_and_its_example_is_right(
    driver: str, validator: Draft202012Validator
) -> None:
    tree = _whole(driver)

    assert form_problems(tree) == ()
    assert list(validator.iter_errors(tree)) == []
    for name, form in forms().items():
        if "(" in name and _driver_in(name) != driver:
            continue
        if name == "testbed.tls" and driver != "control-api":
            continue
        assert set(_section_of(tree, name)) == set(form.model_fields), name


def test_what_is_explained_is_what_there_is() -> None:
    assert {form: set(keys) for form, keys in EXPLAINED.items()} == {
        form: set(form.model_fields) for form in forms().values()
    }


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_each_key_wrong_in_turn_is_told_and_the_schema_agrees(
    name: str, key: str, validator: Draft202012Validator
) -> None:
    section = name.partition(" ")[0]
    refused = 0
    for value in WRONG:
        tree = _whole(_driver_in(name))
        _section_of(tree, name)[key] = value

        problems = form_problems(tree)

        schema_refuses = any(validator.iter_errors(tree))
        assert bool(problems) is schema_refuses, f"{value!r}: {problems}"
        refused += bool(problems)
        for problem in problems:
            assert problem.expected
            inner = f"{section}.{key}"
            if inner in SECTIONS:
                assert problem.section in {section, inner}
            else:
                assert problem.section == ("users[1]" if section == "users" else section)
                assert problem.key.partition("[")[0] == key
    assert refused >= len(WRONG) - len(TEXTS)  # a text may be nearly anything


@pytest.mark.parametrize(
    ("name", "key"), [one for one in KEYS if forms()[one[0]].model_fields[one[1]].is_required()]
)
def test_each_key_that_has_to_be_there_is_missed(
    name: str, key: str, validator: Draft202012Validator
) -> None:
    tree = _whole(_driver_in(name))
    del _section_of(tree, name)[key]

    (problem,) = form_problems(tree)

    assert (problem.key, problem.found) == (key, "nothing")
    assert any(validator.iter_errors(tree))


@pytest.mark.parametrize("name", forms())
def test_an_unknown_key_in_each_section_is_told_with_the_nearest(
    name: str, validator: Draft202012Validator
) -> None:
    tree = _whole(_driver_in(name))
    known = next(reversed(forms()[name].model_fields))
    _section_of(tree, name)[f"{known}x"] = "x"

    (problem,) = form_problems(tree)

    assert (problem.key, problem.nearest) == (f"{known}x", known)
    assert any(validator.iter_errors(tree))


@pytest.mark.parametrize("section", ["dps", "profil", "user"])
def test_an_unknown_section_is_told_with_the_nearest(section: str, validator: Draft202012Validator) -> None:
    tree = _whole("manual") | {section: {}}

    (problem,) = form_problems(tree)

    assert problem.nearest in {"dsp", "profile", "users"}
    assert any(validator.iter_errors(tree))


def test_no_two_sections_are_said_to_be_for_the_same() -> None:
    said = [about(name.partition(" ")[0], form) for name, form in forms().items()]

    assert len(set(said)) == len(said), said


def test_the_published_schema_is_that_of_the_form() -> None:
    assert published_text("target") == schema_text(), "run 'make docs'"


def test_the_reference_is_that_of_the_form() -> None:
    assert (ROOT / "docs" / "target-file.md").read_text(encoding="utf-8") == reference(), "run 'make docs'"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_for_and_points_editors_at_the_schema(name: str) -> None:
    preset = PRESETS[name]

    text = template(preset.answers, preset.remarks)

    assert text.startswith(f"#:schema ./{SCHEMA_FILE}\n")
    assert form_problems(tomllib.loads(text)) == ()
    for section, keys in preset.answers.items():
        assert tomllib.loads(text)[section] == keys


def test_the_preset_of_dcc_boxed_has_its_port_paths_and_content_type() -> None:
    preset = PRESETS["dcc-boxed"]

    text = template(preset.answers, preset.remarks)

    told = tomllib.loads(text)["dsp"]
    assert told["send_command_url"] == "http://127.0.0.1:8079/api/v1/serviceS"
    assert told["non_device_url"] == "http://127.0.0.1:8079/api/v1/serviceD"
    assert told["transform_url"] == "http://127.0.0.1:8079/api/v1/serviceT"
    assert "application/xml" in text


@pytest.mark.parametrize(
    "value", ["plain", 'a "quote"', "back\\slash", "tab\t", "\x7f", "\x01", "é 😀", True, 7, 0.5, ["a", 'b"']]
)
def test_values_are_written_as_toml_reads_them(value: object) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value
