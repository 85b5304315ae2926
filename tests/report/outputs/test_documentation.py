"""docs/outputs.md tells of every file that a run writes, of every column and of every schema."""

from __future__ import annotations

import re
from pathlib import Path

from dsp_conformance.base.published import schema_files
from dsp_conformance.base.redaction import MARK, SHORTEST
from dsp_conformance.report.outputs.matrix import COLUMNS
from dsp_conformance.report.writers import FILES

PAGE = (Path(__file__).parents[3] / "docs" / "outputs.md").read_text(encoding="utf-8")
SCHEMAS_OF_INPUTS = {"target", "testbed-control"}


def test_every_file_and_every_schema_of_an_output_is_told() -> None:
    named = set(re.findall(r"`([\w.-]+)`", PAGE))
    assert set(FILES) | {"journal.jsonl"} <= named
    assert set(schema_files()) - SCHEMAS_OF_INPUTS <= named


def test_what_is_told_of_columns_and_redaction_is_so() -> None:
    assert {"verdict", "scenario_verdict", "run_complete"} <= set(COLUMNS)
    assert f"`{MARK}`" in PAGE
    assert f"fewer than\n{SHORTEST} characters" in PAGE
