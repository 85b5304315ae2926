"""Who writes what at the end of `dsp-conformance run`, and anew with `dsp-conformance report`: one list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from dsp_conformance.record.results import results_text
from dsp_conformance.record.source import ReportSource

Writer = Callable[[ReportSource, Path], None]
"""Given a run and an existing folder, writes its own files there, replacing those of a former run."""


FILES = (
    "results.json",
    "summary.txt",
    "matrix.csv",
    "matrix.csv-metadata.json",
    "junit.xml",
    "summary.md",
    "index.html",
    "front-page.pdf",
)
"""What they write: a run begins with none of a former run's."""


def writers() -> tuple[Writer, ...]:
    """All writers, in the order in which they are called; imported only now, as some are costly."""
    from dsp_conformance.report.outputs.junit import write_junit  # noqa: PLC0415 - see the docstring
    from dsp_conformance.report.outputs.markdown import write_markdown  # noqa: PLC0415 - see the docstring
    from dsp_conformance.report.outputs.matrix import write_matrix  # noqa: PLC0415 - see the docstring
    from dsp_conformance.report.page.front_pdf import write_front_page  # noqa: PLC0415 - see the docstring
    from dsp_conformance.report.page.writing import write_page  # noqa: PLC0415 - see the docstring
    from dsp_conformance.report.summary import write_summary  # noqa: PLC0415 - see the docstring

    machines = (write_results, write_matrix, write_junit)
    people = (write_summary, write_markdown, write_front_page)
    return (*machines, *people, write_page)  # the page links to what is there: it comes last


def write_results(source: ReportSource, folder: Path) -> None:
    """Write `results.json`."""
    (folder / "results.json").write_text(results_text(source.results), encoding="utf-8")


def write_all(source: ReportSource, folder: Path, chosen: Iterable[Writer] | None = None) -> list[str]:
    """Have all writers write, or those chosen; return what kept any of them from it, one line each.

    One that fails keeps no other from writing: what can be had of a run's evidence must be had.
    """
    troubles = []
    for writer in writers() if chosen is None else chosen:
        try:
            writer(source, folder)
        except Exception as error:  # noqa: BLE001 - see the docstring; told by the caller
            name = getattr(writer, "__name__", repr(writer))
            troubles.append(f"an output could not be written ({name}): {type(error).__name__}: {error}")
    return troubles
