"""The kill matrix for people with a browser: one page, without scripts, that fetches nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from dsp_conformance.selfcheck.findings import Finding, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsp_conformance.selfcheck.matrix import Matrix

__all__ = ["page"]

_STYLE: Final = """\
body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222;background:#fff}
table{border-collapse:collapse}th,td{border:1px solid #ccc;padding:2px 6px;text-align:left}
thead th{position:sticky;top:0;background:#eee}thead th.r{writing-mode:vertical-rl}
td.m{text-align:center}.right{background:#9d9}.other{background:#dde9dd}.missed{background:#f99}
.inconclusive{background:#fd8}.good{color:#060}.bad{color:#a00;font-weight:bold}small{color:#666;font-weight:normal}
"""


def page(matrix: Matrix) -> str:
    """Return the page."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Kill matrix</title>'
    yield f"<style>{_STYLE}</style></head><body><h1>Kill matrix</h1>"
    outcome = "proven" if matrix.is_proof else "not proven"
    css = "good" if matrix.is_proof else "bad"
    yield f'<p class="{css}">That the suite can fail, and fails nobody wrongly, is {outcome}.</p><ul>'
    for judgement, count in matrix.counts().items():
        yield f"<li>{escape(judgement)}: {count}</li>"
    yield "</ul>"
    yield (
        "<p>&#10007; found not met, rightly (dark) or besides (light); &#9675; violated and not found; "
        "? nothing could be said. Where nothing stands, it was met, or the run ended before it was asked.</p>"
    )
    yield '<table><thead><tr><th scope="col">deviation</th><th scope="col">outcome</th>'
    for name in matrix.requirements:
        yield f'<th scope="col" class="r">{escape(name)}</th>'
    yield "</tr></thead><tbody>"
    for finding in matrix.findings:
        yield _row(finding, matrix.requirements)
    yield "</tbody></table>"
    if matrix.complete:
        yield from _list("Requirements that no deviation violates", matrix.unbroken_requirements)
        yield from _list("Scenarios that killed nothing", tuple(one.id for one in matrix.idle_scenarios))
    yield "</body></html>"


def _row(finding: Finding, requirements: Iterable[str]) -> str:
    tried, judgement = finding.experiment, finding.judgement
    cells = "".join(_cell(finding, name) for name in requirements)
    css = "good" if judgement.is_right else "bad"
    trouble = f"<br><small>{escape(finding.trouble)}</small>" if finding.trouble else ""
    return (
        f'<tr><th scope="row">{escape(tried.id)}<br><small>{escape(tried.sentence)}</small></th>'
        f'<td class="{css}">{escape(judgement)}{trouble}</td>{cells}</tr>'
    )


def _cell(finding: Finding, name: str) -> str:
    violated = name in finding.experiment.violates
    if name in finding.killed_by:
        lawful = finding.judgement is Judgement.WRONGLY_FAILED
        css = "missed" if lawful else "right" if violated else "other"
        return f'<td class="m {css}">&#10007;</td>'
    if violated:
        return '<td class="m missed">&#9675;</td>'
    if name in finding.inconclusive:
        return '<td class="m inconclusive">?</td>'
    return "<td></td>"


def _list(title: str, names: tuple[str, ...]) -> Iterator[str]:
    yield f"<h2>{escape(title)}: {len(names)}</h2><ul>"
    for name in names:
        yield f"<li>{escape(name)}</li>"
    yield "</ul>"
