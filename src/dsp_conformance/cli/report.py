"""`dsp-conformance report`: all outputs of a run made anew from its journal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsp_conformance.cli.checking import check_folder
from dsp_conformance.cli.usage import Unusable

if TYPE_CHECKING:
    from dsp_conformance.record.source import ReportSource
    from dsp_conformance.report.writers import Writer

__all__ = ["read_journal", "report"]

_SUITE_FAILED = 4


@click.command()
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The journal of the run, instead of journal.jsonl in the reports folder.",
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("reports/latest"),
    show_default=True,
    help="Where the outputs go; with --journal alone, the journal's own folder.",
)
@click.option(
    "--allure",
    is_flag=True,
    help="Make Allure's HTML report too, in allure-report, with Allure 3 for Node.js. It remembers the runs"
    " of its folder.",
)
@click.option(
    "--allure-program",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="That program, instead of 'allure' on the path; stands for --allure as well.",
)
@click.pass_context
def report(
    context: click.Context,
    *,
    journal: Path | None,
    reports: Path,
    allure: bool,
    allure_program: Path | None,
) -> None:
    """Make all outputs of a run anew, from its journal alone.

    Verdicts are computed anew from the evidence. The journal of a run that was killed serves as well: its
    run is reported as incomplete, and says nothing good about the product.

    \b
    Exit codes, whatever the verdict:
      0  the outputs are written
      2  the command, the journal or the folder cannot be used, or there is no Allure for --allure
      4  the suite itself failed: an output could not be written
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    from dsp_conformance.record.journal import NAME  # noqa: PLC0415 - see the package
    from dsp_conformance.report.allure_bridge import write_allure  # noqa: PLC0415 - see the package
    from dsp_conformance.report.writers import write_all, writers  # noqa: PLC0415 - see the package

    told = context.get_parameter_source("reports") is not click.core.ParameterSource.DEFAULT
    folder = journal.parent if journal is not None and not told else reports
    source = read_journal(journal or reports / NAME)
    check_folder(folder)
    html, missing = _html_writers(allure_program) if allure or allure_program else ((), "")
    troubles = write_all(source, folder, (write_allure, *html, *writers()))
    click.echo(source.results["verdict"]["sentence"])
    if not source.complete:
        click.echo(source.run.suite_errors[0])
    click.echo(f"The outputs are in {folder}.")
    for trouble in troubles:
        click.echo(trouble, err=True)
    if missing:
        click.echo(missing, err=True)
    sys.exit(_SUITE_FAILED if troubles else Unusable.exit_code if missing else 0)


def _html_writers(program: Path | None) -> tuple[tuple[Writer, ...], str]:
    """What makes Allure's HTML; or nothing, and a line that says how to get it."""
    from dsp_conformance.report.allure_html import (  # noqa: PLC0415 - see the package
        AllureMissing,
        find_allure,
        html_writer,
    )

    try:
        return (html_writer(find_allure(program)),), ""
    except AllureMissing as missing:
        return (), str(missing)


def read_journal(path: Path) -> ReportSource:
    """Read a journal for a command.

    Raises:
        Unusable: it cannot be used.
    """
    from dsp_conformance.record.journal import JournalError, read  # noqa: PLC0415 - see the package

    try:
        return read(path)
    except JournalError as error:
        raise Unusable(str(error)) from None
