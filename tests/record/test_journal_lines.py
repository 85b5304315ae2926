"""The published form of a journal's lines is that by which they are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dsp_conformance.base.published import schema_text
from dsp_conformance.record.journal_lines import json_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text("journal-line")))


def test_the_published_schema_is_that_of_the_lines() -> None:
    assert json.loads(schema_text("journal-line")) == json_schema()


def test_every_kind_of_line_that_is_written_is_valid(
    validator: Draft202012Validator, made_up: Callable[..., Path], suite: Any
) -> None:
    feature = "Feature: f\n  @CORE-01\n  Scenario: s\n    Given a DSP\n    Then it does not\n"
    run = suite.run(feature)
    octets = made_up(failing=frozenset({1})).read_bytes() + (run.folder / "journal.jsonl").read_bytes()
    lines = [json.loads(line) for line in octets.splitlines()]
    for line in lines:
        assert [error.message for error in validator.iter_errors(line)] == []
    written = {line["type"] for line in lines}
    assert written >= {
        *("header", "plan", "file", "scenario begun", "step begun", "exchange", "observation"),
        *("testbed operation", "step ended", "reason", "scenario ended", "late checks made", "message"),
        "footer",
    }


def test_other_lines_are_not_valid(validator: Draft202012Validator, made_up: Callable[..., Path]) -> None:
    for octets in made_up().read_bytes().splitlines():
        line = json.loads(octets)
        assert not validator.is_valid(line | {"number": 0})
        assert not validator.is_valid(line | {"type": "other"})
        assert not validator.is_valid(line | {"more": 1})
        assert not validator.is_valid({name: value for name, value in line.items() if name != "run"})
