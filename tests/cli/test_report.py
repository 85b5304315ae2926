"""`report --allure`: Allure's HTML beside the other outputs, where Allure 3 is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from benchmarks.synthetic import Shape, write_journal
from dsp_conformance.cli import main

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "<html><head></head><body><p>made</p></body></html>"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    write_journal(folder / "journal.jsonl", Shape(scenarios=2, exchanges=2))
    return folder


def allure(folder: Path, code: int = 0) -> Path:
    file = folder / "allure"
    file.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo 3.18.0; exit 0; fi\n'
        f'mkdir -p "$5" && echo "{PAGE}" > "$5/index.html"\nexit {code}\n'
    )
    file.chmod(0o755)
    return file


def test_the_summary_page_and_allures_lead_to_each_other(tmp_path: Path, reports: Path) -> None:
    program = allure(tmp_path)
    done = CliRunner().invoke(main, ["report", "--reports", str(reports), "--allure-program", str(program)])

    assert done.exit_code == 0, done.output
    assert '<a href="allure-report/index.html">' in (reports / "index.html").read_text(encoding="utf-8")
    assert '<a href="../index.html"' in (reports / "allure-report" / "index.html").read_text(encoding="utf-8")


def test_without_allure_the_other_outputs_are_made_and_one_line_tells_how_to_get_it(
    tmp_path: Path, reports: Path
) -> None:
    done = CliRunner().invoke(
        main, ["report", "--reports", str(reports), "--allure"], env={"PATH": str(tmp_path)}
    )

    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        (
            "--allure: expected Allure 3 for Node.js, found no program 'allure' on the path. "
            "Get it with: npm install --global allure@3"
        )
    ]
    assert (reports / "index.html").is_file()
    assert (reports / "front-page.pdf").is_file()
    assert not (reports / "allure-report").exists()


def test_an_allure_that_fails_is_told_and_keeps_no_other_output_away(tmp_path: Path, reports: Path) -> None:
    program = allure(tmp_path, code=7)
    done = CliRunner().invoke(main, ["report", "--reports", str(reports), "--allure-program", str(program)])

    assert done.exit_code == 4
    assert "Allure's HTML" in done.stderr
    assert "exit code 7" in done.stderr
    assert (reports / "index.html").is_file()
