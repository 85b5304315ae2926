"""`dsp-conformance doctor`: whether everything that a run needs is there, before any verdict."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from dsp_conformance.cli.features import collected_features, load_ledger
from dsp_conformance.cli.usage import importable_suite_root, suite_option

__all__ = ["doctor"]

_ERRORS = 2


@click.command()
@suite_option
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The target file to examine. Without it the bundled stub is started and examined.",
)
@click.option(
    "--rejection-code",
    metavar="CODE",
    help="The code with which the product rejects a request for its Device's status, instead of what the"
    " target file's [profile] says.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def doctor(*, target: Path | None, rejection_code: str | None, as_json: bool) -> None:
    """See whether everything that a run needs is there, before any verdict.

    Each check ends ok, with a warning or with an error, and says what to do. What builds upon something
    that failed is skipped. Nothing of it is a verdict on the product.

    \b
    Exit codes:
      0  a run can start: no errors, perhaps warnings
      2  there are errors, or the command cannot be used
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    root = importable_suite_root()
    from dsp_conformance.running.stub_process import StubProcess  # noqa: PLC0415 - see the package

    with ExitStack() as stack:
        stub = stack.enter_context(StubProcess()) if target is None else None  # gets ready meanwhile
        from dsp_conformance.doctor import writing  # noqa: PLC0415 - see the package
        from dsp_conformance.doctor.examination import Examination, Given  # noqa: PLC0415
        from dsp_conformance.doctor.examining import examine  # noqa: PLC0415
        from dsp_conformance.doctor.order import CHECKS  # noqa: PLC0415

        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dsp-conformance-doctor-"))
        given = Given(
            path=target,
            rejection_code=rejection_code,
            stub_control_url=lambda: "" if stub is None else stub.control_url,
            scenarios=partial(collected_features, root),
            ledger=load_ledger(root),
            temporary=Path(folder),
        )
        with Examination(given) as examination:
            found = []
            for examined in examine(CHECKS, examination):
                found.append(examined)
                if not as_json:
                    click.echo("\n".join(writing.lines(examined)))
    if as_json:
        click.echo(json.dumps(writing.to_json(found, target), ensure_ascii=False, indent=1))
    else:
        click.echo(writing.summary(found))
    sys.exit(_ERRORS if writing.has_errors(found) else 0)
