"""The journal of a run: everything that happened, appended as it happened, and read back.

`JournalWriter` writes it, `read` makes the source of all reports from it, `lines` has its form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.record.journal_digests import verdicts_digest
from dsp_conformance.record.journal_messages import Messages
from dsp_conformance.record.journal_reading import JournalError
from dsp_conformance.record.replay import Replay
from dsp_conformance.record.source import ReportSource

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.record.scenario_record import ScenarioRecord

__all__ = ["NAME", "JournalError", "read", "records"]

NAME = "journal.jsonl"
"""The journal's name in a reports folder."""


def read(path: Path) -> ReportSource:
    """Read a journal, and compute the run's verdicts anew from its evidence.

    Raises:
        JournalError: it is no journal, was changed after it was written, or says another verdict than its
            evidence. A journal that merely ends early is no error: its run is incomplete, which voids it.
    """
    from dsp_conformance.record.results import results  # noqa: PLC0415 - which imports this package

    replay = Replay.of(path)
    replay.end()
    tree = results(replay.run)
    footer = replay.reader.footer
    told = (tree["verdict"]["verdict"], tree["verdict"]["exit_code"], verdicts_digest(tree))
    if footer is not None and (footer.verdict, footer.exit_code, footer.verdicts_sha256) != told:
        raise JournalError(
            path,
            "its evidence leads to other verdicts than its footer says",
            expected=f"{footer.verdict}, and verdicts of digest {footer.verdicts_sha256}",
            found=f"{tree['verdict']['verdict']}",
            hint="if another version of the suite wrote it, use that version",
        )
    return ReportSource(
        replay.run,
        tree,
        Messages(path, replay),
        replay.run.complete,
        replay.arrivals(),
        tuple(replay.operations),
        path,
        replay.reader.key,
        replay.files,
    )


def records(path: Path) -> list[ScenarioRecord]:
    """The records of a run that is still going on, as far as its journal tells.

    Raises:
        JournalError: it is no journal, or not as it was written.
    """
    return list(Replay.of(path).run.records.values())
