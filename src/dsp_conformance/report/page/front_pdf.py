"""Writes `front-page.pdf`: verdict, identity, counts and the verdict on each requirement, on one page."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.report.page import words
from dsp_conformance.report.page.front import front_of
from dsp_conformance.report.page.sheet import BOLD, GREY, LINE, WIDTH, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsp_conformance.record.run import RequirementResult
    from dsp_conformance.record.source import ReportSource
    from dsp_conformance.report.page.front import Front

__all__ = ["FILE", "write_front_page"]

FILE = "front-page.pdf"

_INKS = {
    "pass": "#14622f",
    "fail": "#a61b1b",
    "inconclusive": "#6f4a00",
    "error": "#6c2585",
    "none": "#4d5763",
}
_FILLS = {
    "pass": "#e4f3e8",
    "fail": "#fdeaea",
    "inconclusive": "#fdf1d8",
    "error": "#f6e9fa",
    "none": "#eceff2",
}
_TALLEST, _LOWEST = 11.5, 6.5
_FOOT = 24
_FACT = 10.75
_COUNTS = 90
_COLUMN = WIDTH / 2
_VALUE = _COLUMN - 92
_COUNT_COLUMNS = (("Total", 150), ("Met", 205), ("Not met", 260), ("Inconclusive", 320), ("Suite error", 390))
_LAST_COUNT = ("Not assessed", 455)


def write_front_page(source: ReportSource, folder: Path) -> None:
    """Write the page into a folder that exists; a former one stays until the new one is whole."""
    run = source.run
    front = front_of(run, run.requirement_results(), complete=source.complete)
    draft = folder / f".{FILE}.{os.getpid()}"
    try:
        sheet = Sheet(
            draft,
            title=f"MP105 conformance report: {front.product}: {front.verdict.word}",
            subject=front.sentence,
        )
        _draw(sheet, front, _fingerprint(folder / "results.json"))
        sheet.save()
        draft.replace(folder / FILE)
    finally:
        draft.unlink(missing_ok=True)


def _fingerprint(results: Path) -> str:
    """What ties the page to the results it was made with; empty where they are not there."""
    if not results.is_file():
        return ""
    with results.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _draw(sheet: Sheet, front: Front, fingerprint: str) -> None:
    sheet.y -= 8
    sheet.line("MP105 conformance report", 9, ink=GREY)
    sheet.y -= 21
    sheet.line(front.product, 18, font=BOLD)
    sheet.y -= 12
    _verdict(sheet, front)
    _identity(sheet, front)
    _counts(sheet, front)
    _requirements(sheet, front.results)
    _foot(sheet, front, fingerprint)


_SENTENCE = 7
"""Lines of the verdict's sentence at most: what is declared absent, and what to write, is not to be cut."""


def _verdict(sheet: Sheet, front: Front) -> None:
    key, inside = front.verdict.key, WIDTH - 26
    sentence = min(_SENTENCE, len(sheet.split(front.sentence, 9, inside, BOLD)))
    height = 34 + sentence * 12 + 4
    sheet.box(height, _INKS[key], _FILLS[key])
    bottom = sheet.y - height
    sheet.y -= 22
    sheet.mark(key, 15, 16, _INKS[key])
    sheet.line(front.verdict.word, 16, x=36, width=WIDTH - 50, font=BOLD, ink=_INKS[key])
    sheet.y -= 17
    sheet.paragraph(front.sentence, 9, _SENTENCE, x=16, width=inside, font=BOLD)
    sheet.y = bottom - 11
    sheet.y -= sheet.paragraph(f"Decision rule: {front.rule}", 7, 6, ink=GREY)
    if not front.complete:
        sheet.line("Incomplete: the run did not come to its end, or its journal is cut short.", 8, font=BOLD)
        sheet.y -= 11


def _identity(sheet: Sheet, front: Front) -> None:
    _heading(sheet, "What was tested, by what, when and by whom")
    long = [fact for fact in front.identity if len(sheet.split(fact[1], 7, _VALUE)) > 1]
    short = [fact for fact in front.identity if fact not in long]
    for number, (name, value) in enumerate(short):
        sheet.line(name, 7, x=number % 2 * _COLUMN, width=82, ink=GREY)
        sheet.line(value, 7, x=number % 2 * _COLUMN + 84, width=_VALUE)
        if number % 2 or number == len(short) - 1:
            sheet.y -= _FACT
    room = sheet.left - _COUNTS - _FOOT - _LOWEST * (len(front.results) + 6)
    lines = max(1, min(4, int(room / _FACT / max(1, len(long)))))
    for name, value in long:
        sheet.line(name, 7, width=82, ink=GREY)
        sheet.y -= sheet.paragraph(value, 7, lines, x=84, width=_VALUE + _COLUMN) + 1.5


def _counts(sheet: Sheet, front: Front) -> None:
    _heading(sheet, "Counts")
    columns = (*_COUNT_COLUMNS, _LAST_COUNT)
    for label, x in columns:
        sheet.line(label, 7, x=x, width=60, ink=GREY)
    sheet.y -= 3
    sheet.rule()
    for row in front.counts:
        sheet.y -= 9.5
        sheet.line(row.label, 7, width=140, font=BOLD)
        numbers = (row.total, row.met, row.failed, row.inconclusive, row.error, row.none)
        for (_, x), number in zip(columns, numbers, strict=True):
            sheet.line(str(number), 7, x=x, width=50)
    sheet.y -= 6


def _heading(sheet: Sheet, text: str) -> None:
    sheet.y -= 9
    sheet.line(text, 9.5, font=BOLD)
    sheet.y -= 11.5


def _requirements(sheet: Sheet, results: Sequence[RequirementResult]) -> None:
    _heading(sheet, "Requirements")
    room = sheet.left - _FOOT
    shown, left_out = list(results), 0
    most = int(room / _LOWEST) - 2
    if len(shown) > most:  # what is not met is what has to be seen
        shown = sorted(shown, key=lambda one: -one.verdict)[:most]
        left_out = len(results) - len(shown)
    height = min(_TALLEST, room / (len(shown) + 2 + bool(left_out)))
    size = height * 0.62
    for label, x in (("Demand", 358), ("Verdict", 405), ("Passed", WIDTH - 38)):
        sheet.line(label, size, x=x, width=44, ink=GREY)
    sheet.y -= height * 0.3
    sheet.rule(LINE, 0.3)
    sheet.y -= height * 0.7
    for one in shown:
        wording = words.of_requirement(one)
        ink = _INKS[wording.key]
        sheet.line(one.id, size, width=52, font=BOLD)
        sheet.line(one.title, size, x=54, width=300)
        sheet.line(one.keyword, size, x=358, width=44, ink=GREY)
        sheet.mark(wording.key, 405, size, ink)
        sheet.line(wording.word, size, x=405 + size * 1.3, width=62, font=BOLD, ink=ink)
        sheet.line(_scenarios(one), size, x=WIDTH - 38, width=38, ink=GREY)
        sheet.y -= height * 0.3
        sheet.rule(LINE, 0.3)
        sheet.y -= height * 0.7
    if left_out:
        sheet.line(f"and {left_out} more, in index.html", size, ink=GREY)


def _scenarios(result: RequirementResult) -> str:
    ran = [verdict for _, verdict in result.scenarios if verdict is not Verdict.NONE]
    return f"{ran.count(Verdict.PASS)} of {len(ran)}" if ran else ""


def _foot(sheet: Sheet, front: Front, fingerprint: str) -> None:
    sheet.y -= sheet.left - 8
    sheet.rule()
    sheet.y -= 8
    tied = f" SHA-256 of results.json: {fingerprint}" if fingerprint else ""
    sheet.line(
        f"Page 1 of 1. The result holds for {front.product} as named above and for no other build.", 6.5
    )
    sheet.y -= 8
    sheet.line(f"Evidence and assumptions: index.html.{tied}", 6.5, ink=GREY)
