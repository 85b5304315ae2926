"""The kill matrix as text for a terminal and as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from dsp_conformance.selfcheck.page import page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsp_conformance.selfcheck.findings import Finding
    from dsp_conformance.selfcheck.matrix import Matrix

__all__ = ["evidence", "line", "summary", "write"]

FORMAT: Final = 1
"""Version of `matrix.json`; rises when a reader of the former one would go wrong."""

_SHOWN: Final = 10


def write(matrix: Matrix, folder: Path) -> tuple[Path, Path]:
    """Write `matrix.json` and `matrix.html`, and return their paths."""
    as_json, as_page = folder / "matrix.json", folder / "matrix.html"
    as_json.write_text(json.dumps(to_json(matrix), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    as_page.write_text(page(matrix), encoding="utf-8")
    return as_json, as_page


def to_json(matrix: Matrix) -> dict[str, Any]:
    """Return the matrix as plain JSON values."""
    return {
        "format": FORMAT,
        "proof": matrix.is_proof,
        "counts": {judgement.value: count for judgement, count in matrix.counts().items()},
        "requirements_not_violated": list(matrix.unbroken_requirements),
        "complete": matrix.complete,
        "scenarios_that_kill_nothing": [one.id for one in matrix.idle_scenarios],
        "deviations": [_to_json(finding, matrix) for finding in matrix.findings],
    }


def _to_json(finding: Finding, matrix: Matrix) -> dict[str, Any]:
    tried = finding.experiment
    return {
        "id": tried.id,
        "together": [deviation.id for deviation in tried.deviations],
        "sentence": tried.sentence,
        "lawful": tried.is_lawful,
        "violates": sorted(tried.violates),
        "judgement": finding.judgement.value,
        "verdicts": dict(finding.verdicts),
        "trouble": finding.trouble,
        "scenarios_run": len(finding.ran),
        "killed_by": sorted(matrix.killers(finding)),
        "failures": [
            {"id": each.id, "verdict": each.verdict, "requirements": list(each.requirements)}
            for each in finding.failures
        ],
        "seconds": round(finding.seconds, 2),
    }


def line(finding: Finding, number: int, total: int) -> str:
    """Return one line of progress."""
    tried = finding.experiment
    said = finding.trouble
    if not said and finding.killed_by:
        said = " ".join(sorted(finding.killed_by, key=lambda name: (name not in tried.violates, name)))
    if not said and not finding.judgement.is_right:
        said = f"expected {' '.join(sorted(tried.violates))}" if tried.violates else "inconclusive"
    mark = " " if finding.judgement.is_right else "!"
    count = f"{number:>{len(str(total))}}/{total}"
    return f"{mark} {count} {tried.id}: {finding.judgement}{f' ({said})' if said else ''}"


def evidence(finding: Finding) -> Iterator[str]:
    """Tell what a run found, scenario by scenario."""
    tried = finding.experiment
    yield f"{tried.id}: {tried.sentence}"
    yield f"  violates: {' '.join(sorted(tried.violates)) or 'nothing, it is a lawful variation'}"
    yield f"  {finding.judgement}; {len(finding.ran)} scenarios ran, {len(finding.failures)} did not pass"
    for failure in finding.failures[:_SHOWN]:
        yield f"  {failure.verdict} {' '.join(failure.requirements)} {failure.id}"
        for reason in failure.reasons:
            yield f"    {reason}"
    if len(finding.failures) > _SHOWN:
        yield f"  ... and {len(finding.failures) - _SHOWN} more in matrix.json"


def summary(matrix: Matrix) -> Iterator[str]:
    """Tell what all runs together found."""
    for judgement, count in matrix.counts().items():
        if count:
            yield f"{count:4} {judgement}"
    for finding in matrix.findings:
        if not finding.judgement.is_right:
            yield line(finding, 1, 1).replace("1/1 ", "", 1)
    if not matrix.complete:
        return
    for title, names in (
        ("requirements that no deviation violates", matrix.unbroken_requirements),
        ("scenarios that killed nothing", tuple(one.id for one in matrix.idle_scenarios)),
    ):
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield f"{len(names):4} {title}{': ' if names else ''}{', '.join(names[:_SHOWN])}{more}"
