"""Writes `index.html`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from dsp_conformance.ledger.requirements import SOURCES
from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.record.run import ADDED_RULE
from dsp_conformance.report.page import words
from dsp_conformance.report.page.bodies import chosen_bodies
from dsp_conformance.report.page.caveats import assumptions, untested
from dsp_conformance.report.page.front import front_of
from dsp_conformance.report.page.requirements import grouped, obstacles
from dsp_conformance.report.page.scenarios import ScenarioView
from dsp_conformance.report.page.tiles import tiles_of

if TYPE_CHECKING:
    from dsp_conformance.record.source import ReportSource

__all__ = ["OutputFile", "write_page"]

PAGE = "index.html"

_TROUBLED = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)
_BUFFERED = 200
_ID = re.compile(r"([A-Z][A-Z0-9]*-\d{2,})")


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file beside the page.

    Attributes:
        path: relative to the page.
        label: what it is.
    """

    path: str
    label: str


_OTHERS = (
    OutputFile("front-page.pdf", "this front page as PDF"),
    OutputFile("results.json", "all results, for programs"),
    OutputFile("matrix.csv", "the requirements as a table, for spreadsheets"),
    OutputFile("junit.xml", "the scenarios as JUnit XML, for build servers"),
    OutputFile("summary.md", "a summary in Markdown"),
    OutputFile("summary.txt", "the summary as the terminal showed it"),
    OutputFile("journal.jsonl", "the journal: every exchange with its exact octets, in order of time"),
    OutputFile("allure-report/index.html", "the same run as an Allure report, which needs scripts"),
)


def write_page(source: ReportSource, folder: Path) -> None:
    """Write the page into a folder that exists; a former one stays until the new one is whole.

    It links to the other outputs that stand in the folder by then, so it is the last to be written.
    """
    draft = folder / f".{PAGE}.{os.getpid()}"
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            stream = _environment().get_template("page.html").stream(_variables(source, folder))
            stream.enable_buffering(_BUFFERED)
            file.writelines(stream)
        draft.replace(folder / PAGE)
    finally:
        draft.unlink(missing_ok=True)


def _variables(source: ReportSource, folder: Path) -> dict[str, object]:
    run = source.run
    results = run.requirement_results()
    records = run.ordered_records()
    chosen: dict[str, set[int]] = {}
    for identifier, index in chosen_bodies(records):
        chosen.setdefault(identifier, set()).add(index)
    views = {
        record.identity.id: ScenarioView(
            record,
            partial(source.messages, record.identity.id),
            frozenset(chosen.get(record.identity.id, ())),
            run.identity.command,
            tuple(str(entry) for entry in run.known(record)),
        )
        for record in records
    }
    groups = grouped(run, results, views)
    every = [one for group in groups for one in group.requirements]
    common = obstacles(every)
    shared = {one.result.id for each in common for one in each.requirements}
    return {
        "front": front_of(run, results, complete=source.complete),
        "groups": groups,
        "sources": SOURCES.items(),
        "tiles": [(group, tiles_of(group)) for group in groups],
        "attention": sorted(
            (one for one in every if one.result.verdict in _TROUBLED and one.result.id not in shared),
            key=lambda one: _TROUBLED.index(one.result.verdict),
        ),
        "obstacles": common,
        "suite_errors": run.suite_errors,
        "left_out": run.left_out,
        "untagged": [
            views[record.identity.id]
            for record in records
            if not record.identity.requirements and not record.identity.added
        ],
        "added": [views[record.identity.id] for record in run.added()],
        "loose": [view for view in views.values() if not view.requirements and not view.fine],
        "added_features": run.identity.added_features,
        "added_sentence": f"{run.added_sentence()} {ADDED_RULE}",
        "assumptions": list(assumptions(run, results)),
        "untested": list(untested(run, results)),
        "baseline": run.baseline.path.name if run.baseline else "",
        "known_failures": len(run.known_failures()),
        "new_failures": len(run.new_failures()),
        "command": run.identity.command,
        "files": [one for one in _OTHERS if (folder / one.path).is_file()],
        "style": Markup(style()),  # noqa: S704 - a file of this package
        "plural": words.plural,
        "linked": partial(_linked, known=frozenset(one.result.id for one in every)),
    }


def _linked(text: str, *, known: frozenset[str]) -> Markup:
    """A text in which the ids of requirements lead to them."""
    parts = _ID.split(text)
    return Markup("").join(
        Markup('<a class="id" href="#{0}">{0}</a>').format(part) if part in known else part for part in parts
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("dsp_conformance.report.page"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def style() -> str:
    """The style sheet of the page, and of others that look like it."""
    return (Path(__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
