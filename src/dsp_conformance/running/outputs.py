"""The sink that has all outputs of a run written, from its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.record import journal
from dsp_conformance.record.results import results, results_text
from dsp_conformance.record.source import ReportSource
from dsp_conformance.report.writers import FILES, write_all, write_results

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.record.journal_writer import JournalWriter
    from dsp_conformance.record.run import Run
    from dsp_conformance.record.scenario_record import ScenarioRecord


class Outputs:
    """A sink of the recorder that ends the journal and has everything written from it (`writers`).

    Args:
        folder: where it goes; made if missing.
        journal: the run's journal.
        results_only: write `results.json` and nothing else.
    """

    def __init__(self, folder: Path, journal: JournalWriter, *, results_only: bool = False) -> None:
        self._folder = folder
        self._journal = journal
        self._results_only = results_only

    def run_started(self, run: Run) -> None:  # noqa: ARG002 - a sink is told everything
        """Remove a former run's files, so that a run that dies leaves none that look current."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (self._folder / name).unlink(missing_ok=True)
        self._journal.begin()

    def scenario_finished(self, record: ScenarioRecord) -> None:
        """Nothing is written before the end."""

    def run_finished(self, run: Run) -> None:
        """Write everything; what cannot be written is an error of the suite."""
        tree = results(run)
        self._journal.finish(tree, results_text(tree).encode())
        if self._results_only:
            run.suite_errors += write_all(_in_memory(run), self._folder, (write_results,))
        else:
            run.suite_errors += write_all(self._source(run), self._folder)

    def _source(self, run: Run) -> ReportSource:
        """The run as its journal has it; from memory, without its messages, if that cannot be read."""
        try:
            return journal.read(self._journal.path)
        except journal.JournalError as error:
            run.suite_errors.append(str(error))
            return _in_memory(run)


def _in_memory(run: Run) -> ReportSource:
    """The run without its messages, which are in the journal alone."""
    return ReportSource(run, results(run), lambda _scenario, _index: (None, None))
