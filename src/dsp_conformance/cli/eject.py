"""`dsp-conformance eject`: the suite's files, to be extended."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from dsp_conformance.cli.usage import Unusable

__all__ = ["eject"]


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def eject(*, folder: Path) -> None:
    """Copy features, steps and fixtures into DIR, to be changed and run with 'run --suite DIR'.

    DIR must be empty or not exist. To add scenarios and change none, 'run --features' is enough.
    """
    from dsp_conformance import __version__  # noqa: PLC0415 - see the package
    from dsp_conformance.base.suite_files import SuiteUnusable, own_suite  # noqa: PLC0415 - see the package
    from dsp_conformance.cli.ejecting import CannotEject  # noqa: PLC0415 - see the package
    from dsp_conformance.cli.ejecting import eject as ejected  # noqa: PLC0415 - see the package

    try:
        ejected(own_suite(), folder, __version__)
    except (CannotEject, SuiteUnusable) as error:
        raise Unusable(str(error)) from None
    command = shlex.join(["dsp-conformance", "run", "--suite", str(folder)])
    click.echo(f"The suite of version {__version__} is in {folder}. Run it: {command}")
