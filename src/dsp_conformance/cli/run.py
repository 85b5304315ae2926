"""`dsp-conformance run`: the suite against a DSP."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsp_conformance.cli.usage import Unusable, suite_root

if TYPE_CHECKING:
    import pytest

    from dsp_conformance.target import Target

__all__ = ["run"]

_MOST_WORKERS = 256
# What the environment or other installed packages add to pytest could deselect scenarios or run them twice.
_PYTEST_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


def _workers(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """Read a number of worker processes, or count the cores that this process may use."""
    if value is None:
        return None
    if value == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= _MOST_WORKERS:
        raise click.BadParameter(f"expected a number from 1 to {_MOST_WORKERS} or 'auto', found {value!r}.")
    return int(value)


@click.command()
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The target file: which DSP is tested, as whom, through which testbed. Without it the bundled stub"
    " is started and tested.",
)
@click.option("--before-mp105", is_flag=True, help="Start the bundled stub as a DSP was before the change.")
@click.option(
    "--reports",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("reports/latest"),
    show_default=True,
    help="Where the results go.",
)
@click.option(
    "-n",
    "--workers",
    callback=_workers,
    metavar="N",
    help="Run scenarios on that many worker processes; auto: one for each core. Without it, one process"
    " runs them all.",
)
def run(target: Path | None, reports: Path, workers: int | None, *, before_mp105: bool) -> None:
    """Run the suite against a DSP.

    \b
    Exit codes:
      0  conformant
      1  non-conformant
      2  the command or the target file cannot be used
      3  inconclusive
      4  the suite itself failed
      5  nothing ran
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    if target is not None and before_mp105:
        raise click.UsageError("--before-mp105 is about the bundled stub: leave it or --target out.")
    root = suite_root()
    _check_target(target, before_mp105=before_mp105)
    _check_folder(reports)
    arguments = [f"--reports={reports.absolute()}"]
    if target is not None:
        arguments.append(f"--target={target.absolute()}")
    if before_mp105:
        arguments.append("--before-mp105")
    if workers is not None:
        arguments += ["-p", "xdist", "-n", str(workers)]
    sys.exit(_run_features(root, arguments))


def _check_target(path: Path | None, *, before_mp105: bool) -> None:
    from dsp_conformance.target import Target, TargetError, load_target  # noqa: PLC0415 - see the package

    try:
        target = Target.bundled_stub(before_mp105=before_mp105) if path is None else load_target(path)
        _check_told(target)
    except TargetError as error:
        raise Unusable(str(error)) from None
    _check_receiver(target)


def _check_told(target: Target) -> None:
    """See that target file and testbed together tell all that is needed.

    A testbed that does not answer is left to the run, which is then inconclusive and says why.

    Raises:
        TargetError: they do not.
    """
    from dsp_conformance.testbed import ControlApiTestbed, TestbedError  # noqa: PLC0415 - see the package

    if target.testbed is None:
        return
    with ControlApiTestbed(target.testbed.url, target.testbed.token) as testbed:
        try:
            told, capabilities = testbed.dsp, testbed.capabilities
        except TestbedError:
            return
    target.completed_by(told, capabilities)


def _check_receiver(target: Target) -> None:
    """See that the receiver can listen where it is to, before anything else is started."""
    import socket  # noqa: PLC0415 - see the package

    host, port = target.receiver.host, target.receiver.port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Unusable(
            f"[receiver] bind: expected an address and port that can be listened on, found {host}:{port} "
            f"({error.strerror or error}). Choose an address of this machine, and port 0 for any free one."
        ) from None


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
        trouble = "" if writable else "no permission to write"
    except OSError as error:
        trouble = error.strerror or str(error)
    if trouble:
        raise Unusable(
            f"--reports: expected a folder to write to, found {folder} ({trouble}). Choose another."
        )


class _CollectionTrouble:
    """Tells why features could not be collected: no scenario's record holds that."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            click.echo(report.longreprtext, err=True)


def _run_features(root: Path, arguments: list[str]) -> int:
    import pytest  # noqa: PLC0415 - see the package

    for variable in _PYTEST_VARIABLES:
        os.environ.pop(variable, None)
    return int(
        pytest.main(
            [
                f"--rootdir={root}",
                f"--config-file={root / 'pyproject.toml'}",
                "--disable-plugin-autoload",
                "--no-header",
                *("--tb=no", "-rN"),  # the suite's own summary tells what failed, results.json where
                *("-p", "pytest-bdd"),
                *("-p", "no:cacheprovider"),
                *("-W", "default"),  # a warning of a newer library is no verdict
                *arguments,
                str(root / "features"),
            ],
            plugins=[_CollectionTrouble()],
        )
    )
