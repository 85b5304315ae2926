"""Runs pytest on the suite's features, alone and undisturbed, or has it collect them."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsp_conformance.base.suite_files import LEDGER, PYTEST_INI
from dsp_conformance.cli.usage import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.ledger.requirements import Ledger
    from dsp_conformance.running.planner import Planner
    from dsp_conformance.running.recorder import RunRecorder

__all__ = ["collected_features", "load_ledger", "run_features"]

# What the environment or other installed packages add to pytest could deselect scenarios or run them twice.
_PYTEST_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


def load_ledger(root: Path) -> Ledger:
    """The ledger of the suite.

    Raises:
        Unusable: it cannot be used.
    """
    from dsp_conformance.ledger.requirements import Ledger, LedgerError  # noqa: PLC0415 - see the package

    try:
        return Ledger.load(root / LEDGER)
    except LedgerError as error:
        raise Unusable(str(error)) from None


def check_features(root: Path) -> None:
    """See that the suite's feature files can be read: an ejected suite may have been changed.

    Raises:
        Unusable: some cannot.
    """
    from dsp_conformance.collection.feature_files import read_features  # noqa: PLC0415 - see the package
    from dsp_conformance.collection.rules import CollectionError  # noqa: PLC0415 - see the package

    _, problems = read_features(sorted((root / "features").rglob("*.feature")), root)
    if problems:
        raise Unusable(str(CollectionError(problems)))


def added_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option `--features` to a command."""
    return click.option(
        "--features",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="A folder of your own features and step modules, added to the suite's. They are judged apart: no"
        " verdict on the product rests on them.",
    )(command)


def check_added(folder: Path, ledger: Ledger, root: Path) -> None:
    """See that a folder of features can be added to the suite; its step modules are not imported yet.

    Raises:
        Unusable: it cannot.
    """
    from dsp_conformance.collection.added_features import (  # noqa: PLC0415 - see the package
        AddedFeatures,
        AddedFeaturesUnusable,
    )

    try:
        AddedFeatures.read(folder, ledger, root)
    except AddedFeaturesUnusable as error:
        raise Unusable(str(error)) from None


def run_features(
    root: Path, arguments: Sequence[str], nodeids: Sequence[str] = (), *, plugins: Sequence[object] = ()
) -> int:
    """Run the features, or some scenarios by pytest's names, with these options and return the exit code."""
    from dsp_conformance.ledger.verdicts import RunVerdict  # noqa: PLC0415 - see the package

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the stub and the workers have to end too
    shown = ["--progress", "-o", "console_output_style=classic"]  # pytest's own percentages go with its dots
    trouble = _CollectionTrouble()
    try:
        code = _pytest(root, ["-p", "no:cacheprovider", *shown, *arguments], (trouble, *plugins), nodeids)
    except BrokenPipeError:  # whoever read the output went away: click's exit code 1 would be a verdict
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed
        return RunVerdict.SUITE_FAILED.exit_code
    # A session that never began ends with a code of pytest's own, which would say something else of a run.
    return code if trouble.began or code == Unusable.exit_code else RunVerdict.SUITE_FAILED.exit_code


def collected_features(root: Path, added: Path | None = None) -> list[CollectedScenario]:
    """Collect the features, and those that are added to them, without running any and without a word.

    Raises:
        Unusable: they cannot be used.
    """
    check_features(root)
    found = _Collected()
    more = [] if added is None else [f"--added-features={added.absolute()}"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = _pytest(root, ["-p", "no:cacheprovider", "--collect-only", "-q", *more], (found,))
    if found.unusable or code:
        raise Unusable(found.unusable or said.getvalue().strip().removeprefix("Exit: "))
    return found.scenarios


class _CollectionTrouble:
    """Tells why features could not be collected: no scenario's record holds that.

    Attributes:
        began: whether pytest came so far as to begin a session.
    """

    began = False

    def pytest_sessionstart(self) -> None:
        self.began = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            click.echo(report.longreprtext, err=True)


class _Collected(_CollectionTrouble):
    """Takes what was collected out of a session of pytest."""

    def __init__(self) -> None:
        self.scenarios: list[CollectedScenario] = []
        self.unusable = ""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        plugins = session.config.pluginmanager
        planner: Planner | None = plugins.get_plugin("dsp-planner")
        recorder: RunRecorder | None = plugins.get_plugin("dsp-recorder")
        if planner is not None and recorder is not None:
            self.scenarios, self.unusable = planner.scenarios, recorder.run.unusable


def _pytest(
    root: Path, arguments: Sequence[str], plugins: Sequence[object], nodeids: Sequence[str] = ()
) -> int:
    import pytest  # noqa: PLC0415 - see the package

    for variable in _PYTEST_VARIABLES:
        os.environ.pop(variable, None)
    return int(
        pytest.main(
            [
                f"--rootdir={root}",
                f"--confcutdir={root}",
                f"--config-file={PYTEST_INI}",
                *("-o", f"pythonpath={shlex.quote(str(root))}"),
                "--disable-plugin-autoload",
                "--no-header",
                *("--tb=no", "-rN"),  # the suite's own summary tells what failed, results.json where
                *("-p", "pytest-bdd"),
                *arguments,
                *[str(root / one) for one in nodeids or ["features"]],
            ],
            plugins=plugins,
        )
    )
