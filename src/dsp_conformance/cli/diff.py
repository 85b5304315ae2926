"""`dsp-conformance diff`: two runs compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from dsp_conformance.cli.usage import Unusable

__all__ = ["diff"]


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page as well."
)
def diff(*, a: Path, b: Path, as_json: bool, html: Path | None) -> None:
    """Compare run A with run B, the later one.

    Each is a reports folder, its results.json or journal.jsonl, or an evidence pack. Told are changed
    verdicts, checks and steps that one run executed and the other did not, changed response codes and times.

    \b
    Exit codes:
      0  no verdict changed
      1  verdicts changed
      2  the command or one of the runs cannot be used
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    from dsp_conformance.diff.comparing import compare  # noqa: PLC0415 - see the package
    from dsp_conformance.diff.sides import SideError, load_side  # noqa: PLC0415 - see the package
    from dsp_conformance.diff.telling import (  # noqa: PLC0415 - see the package
        to_json,
        to_page,
        to_text,
    )

    try:
        found = compare(load_side(a), load_side(b))
    except SideError as error:
        raise Unusable(str(error)) from None
    if as_json:
        click.echo(json.dumps(to_json(found), ensure_ascii=False, indent=1))
    else:
        click.echo(to_text(found), nl=False)
    if html is not None:
        try:
            html.write_text(to_page(found), encoding="utf-8")
        except OSError as error:
            raise Unusable(f"--html: expected a file to write, found {html} ({error.strerror})") from None
    sys.exit(1 if found.verdicts_changed else 0)
