"""What the commands share: where the suite is, and how something unusable ends a command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.suite_files import Suite

__all__ = ["Unusable", "importable_suite_root", "suite", "suite_option", "suite_root"]

_CONFIGURATION = 2


class Unusable(click.ClickException):
    """Something that the command was given cannot be used: one message, exit code 2."""

    exit_code = _CONFIGURATION


def suite() -> Suite:
    """The suite that the command works on: the one it was told, or the program's own.

    Raises:
        Unusable: there is none, or it cannot be used.
    """
    from dsp_conformance.base.suite_files import SuiteUnusable, chosen_suite  # noqa: PLC0415 - see the package

    try:
        return chosen_suite()
    except SuiteUnusable as error:
        raise Unusable(str(error)) from None


def suite_root() -> Path:
    """The folder of the suite's features, steps and fixtures; see `suite`."""
    return suite().root


def importable_suite_root() -> Path:
    """The suite's folder, for a command that imports `fixtures` or `steps`, which are packages in it."""
    root = suite_root()
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return root


def _choose(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    """Tell everything that the command does, in whichever process, which suite is meant."""
    if folder is not None:
        from dsp_conformance.base.suite_files import SUITE_VARIABLE  # noqa: PLC0415 - see the package

        os.environ[SUITE_VARIABLE] = str(folder.absolute())


def suite_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--suite` to a command."""
    return click.option(
        "--suite",
        type=click.Path(path_type=Path),
        metavar="DIR",
        expose_value=False,
        callback=_choose,
        help="A folder that 'dsp-conformance eject' made, instead of the program's own features, steps and"
        " fixtures.",
    )(command)
