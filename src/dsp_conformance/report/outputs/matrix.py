"""The requirement matrix as CSV for spreadsheets: one row for each requirement and scenario about it.

`schemas/matrix.csv-metadata.json` (CSV on the Web) says what each column holds, and lies beside the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.published import schema_text
from dsp_conformance.report.outputs.printable import one_line
from dsp_conformance.report.outputs.reading import (
    Document,
    checks,
    exchanges,
    failures_of,
    instant,
    is_known,
    outcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsp_conformance.record.source import ReportSource

__all__ = ["COLUMNS", "matrix", "write_matrix"]

COLUMNS: Final = (
    "requirement",
    "title",
    "keyword",
    "source",
    "basis",
    "derivation",
    "requirement_verdict",
    "scenario",
    "feature",
    "verdict",
    "scenario_verdict",
    "known_failure",
    "reason",
    "checks_made",
    "checks_failed",
    "exchanges",
    "started",
    "seconds",
    "product",
    "product_version",
    "run_started",
    "run_complete",
)

# What a spreadsheet takes for the beginning of a formula, also where it splits cells at another character.
_FORMULA: Final = re.compile(r"(^|[;,|\t\"']\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def write_matrix(source: ReportSource, folder: Path) -> None:
    """Write `matrix.csv`, and beside it the metadata where readers of CSV on the Web look for them."""
    (folder / "matrix.csv").write_bytes(matrix(source.results))
    (folder / "matrix.csv-metadata.json").write_text(schema_text("matrix"), encoding="utf-8")


def matrix(results: Document) -> bytes:
    """The matrix as CSV (RFC 4180): UTF-8 without a byte order mark, lines end with CR LF.

    Args:
        results: the document `results.json`.
    """
    page = io.StringIO(newline="")
    writer = csv.DictWriter(page, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(results):
        writer.writerow({column: _harmless(one_line(str(value))) for column, value in row.items()})
    return page.getvalue().encode()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what could begin one."""
    return _FORMULA.sub(r"\1'", cell)


def _rows(results: Document) -> Iterator[dict[str, object]]:
    run = results["run"]
    scenarios = {scenario["id"]: scenario for scenario in results["scenarios"]}
    tallies = {identifier: _tally(scenario) for identifier, scenario in scenarios.items()}
    about_run = {
        "product": run["dsp"]["name"],
        "product_version": run["dsp"]["version"],
        "run_started": run["started"],
        "run_complete": "yes" if run["complete"] else "no",
    }
    for requirement in results["requirements"]:
        about = {
            "requirement": requirement["id"],
            "title": requirement["title"],
            "keyword": requirement["keyword"],
            "source": ", ".join(requirement["source"]),
            "basis": requirement["basis"] or "",
            "derivation": requirement["derivation"],
            "requirement_verdict": requirement["verdict"],
        }
        for said in requirement["scenarios"]:
            tally = tallies[said["id"]]
            yield {
                **about,
                **_about_scenario(results, scenarios[said["id"]]),
                "verdict": outcome(said),
                "checks_made": tally[requirement["id"], True] + tally[requirement["id"], False],
                "checks_failed": tally[requirement["id"], False],
                **about_run,
            }
        if not requirement["scenarios"]:
            yield {**about, "verdict": "not assessed", "reason": requirement["not_assessed"], **about_run}


def _tally(scenario: Document) -> Counter[tuple[str, bool]]:
    """How many DUIS checks passed and failed, by requirement."""
    return Counter((check["requirement"], check["passed"]) for check in checks(scenario))


def _about_scenario(results: Document, scenario: Document) -> dict[str, object]:
    reasons = ("; ".join(map(one_line, lines)) for lines in failures_of(scenario))
    return {
        "scenario": scenario["id"],
        "feature": scenario["feature"],
        "scenario_verdict": outcome(scenario),
        "known_failure": "" if results["baseline"] is None else "yes" if is_known(scenario) else "no",
        "reason": " / ".join(reasons),
        "exchanges": sum(1 for _ in exchanges(scenario)),
        "started": instant(scenario["start"]),
        "seconds": f"{max(0, scenario['stop'] - scenario['start']) / 1000:.3f}",
    }
