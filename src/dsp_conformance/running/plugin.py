"""Puts recorder, results and Allure's bridge together for the suite's conftest."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from dsp_conformance.base.display_path import as_seen_from_here
from dsp_conformance.base.redaction import Redactor
from dsp_conformance.collection.added_features import ADDED
from dsp_conformance.collection.planning import Circumstances
from dsp_conformance.collection.step_lookup import StepLookup
from dsp_conformance.record.journal import NAME as JOURNAL
from dsp_conformance.record.journal_writer import MAIN, JournalWriter
from dsp_conformance.record.run import Run, RunIdentity
from dsp_conformance.report.allure_bridge import AllureBridge, refuse_second_writer
from dsp_conformance.running.outputs import Outputs
from dsp_conformance.running.planner import Planner
from dsp_conformance.running.progress import Progress
from dsp_conformance.running.recorder import RunRecorder, Sink
from dsp_conformance.running.workers import ControllerRecorder, Role, WorkerRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    import pytest

    from dsp_conformance.ledger.requirements import Ledger
    from dsp_conformance.record.baseline import Baseline

_RECORDERS = {
    Role.ALONE: RunRecorder,
    Role.CONTROLLER: ControllerRecorder,
    Role.WORKER: WorkerRecorder,
}


class TerminalSummary:
    """Prints the run's summary at the end of pytest's own, and where its results are.

    Args:
        run: whose.
        folder: what its outputs were written to.
    """

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._folder = folder

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print it, unless nothing was to be run."""
        from dsp_conformance.report.summary import render  # noqa: PLC0415 - costly, and not for workers

        if self._run.finished:
            terminalreporter.write_sep("=", "DSP conformance")
            width = shutil.get_terminal_size((110, 24)).columns
            terminalreporter.write(render(self._run, colour=terminalreporter.hasmarkup, width=width))
            place = as_seen_from_here(self._folder) or self._folder
            if (self._folder / "index.html").is_file():
                terminalreporter.write_line(f"\nThe report: {place / 'index.html'}")


def register(
    config: pytest.Config,
    *,
    ledger: Ledger,
    identity: RunIdentity,
    folder: Path,
    enforce_assumed: bool = False,
    key: str | None = None,
    circumstances: Callable[[], Circumstances] = Circumstances,
    whole: bool = False,
    baseline: Baseline | None = None,
    progress: bool = False,
    results_only: bool = False,
    chosen: Collection[str] = (),
    redactor: Redactor | None = None,
    added_fixtures: Collection[str] = (),
    files: Mapping[str, Path | None] | None = None,
) -> RunRecorder:
    """Have a pytest session recorded; call it from `pytest_configure`.

    Args:
        config: the session's configuration.
        ledger: what the product is held to.
        identity: what is tested.
        folder: takes the journal, what `writers` write, and the folder `allure-results`.
        enforce_assumed: the target profile says `assumed = "enforce"`.
        key: where several processes make one run, the same in all of them and different in every run.
        circumstances: tells what the target declares and offers; asked once, when the features are known.
        whole: all features are to be collected, so that each requirement must have a scenario.
        baseline: the vendor's own list of known failures.
        progress: show how far the run is, instead of pytest's dots.
        results_only: write nothing but journal and `results.json`: for whoever runs the suite very often.
        chosen: ids of the scenarios to run; empty for all.
        redactor: knows the secrets that the target file tells; the run keeps none of them.
        added_fixtures: the names of the fixtures and steps that come along with added features.
        files: what else the run rests on, besides the features: put into the journal, without secrets.

    Returns:
        The recorder; steps attach evidence to its `current` record.

    Raises:
        pytest.UsageError: allure-pytest's own writer was asked for too.
    """
    refuse_second_writer(config)
    run = Run(
        identity,
        ledger,
        enforce_assumed=enforce_assumed,
        baseline=baseline,
        redactor=redactor or Redactor(),
    )
    role = Role.of(config)
    worker = role is Role.WORKER
    process = str(getattr(config, "workerinput", {}).get("workerid", MAIN))
    journal = JournalWriter(folder / JOURNAL, run, key=key or secrets.token_hex(16), process=process)
    config.add_cleanup(journal.close)
    sinks: list[Sink] = [] if worker else [Outputs(folder, journal, results_only=results_only)]
    if not results_only:
        sinks.insert(0, AllureBridge(folder / "allure-results", controller=not worker, key=key))
    recorder = _RECORDERS[role](run, journal, tuple(sinks))
    recorder.files |= {name: path for name, path in (files or {}).items() if path is not None}
    config.pluginmanager.register(recorder, "dsp-recorder")
    StepLookup().install(config)
    planner = Planner(
        run,
        circumstances,
        whole=whole,
        chosen=chosen,
        added=config.stash.get(ADDED, None),
        added_fixtures=added_fixtures,
    )
    config.pluginmanager.register(planner, "dsp-planner")
    if progress and not worker:
        config.pluginmanager.register(Progress(run, planner.scenarios), "dsp-progress")
    if not results_only:
        config.pluginmanager.register(TerminalSummary(run, folder), "dsp-summary")
    return recorder
