"""Fetches messages from a journal when they are asked for, so that they are not all in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from dsp_conformance.record.journal_lines import LINE, Octets
from dsp_conformance.record.journal_reading import JournalError

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.record.replay import Replay


class Messages:
    """Octets by scenario and exchange; see `source.ReportSource.messages`."""

    def __init__(self, path: Path, replay: Replay) -> None:
        self._path = path
        self._kept = replay.kept
        self._exchanges = {
            scenario: [replay.exchanged[id(exchange)] for exchange in record.exchanges()]
            for scenario, record in replay.run.records.items()
        }

    def __call__(self, scenario: str, index: int) -> tuple[bytes | None, bytes | None]:
        """The octets sent and the octets received in one exchange; None where there are none.

        Raises:
            LookupError: there is no such exchange.
            JournalError: the journal cannot be read any more.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._exchanges[scenario][index])
                line = LINE.validate_json(file.readline())
                return self._octets(file, line.request), self._octets(file, line.response)
        except (OSError, ValueError) as error:
            found = f"{type(error).__name__}: {error}"
            raise JournalError(self._path, "it changed after it was read", found=found) from None

    def _octets(self, file: BinaryIO, octets: Octets | None) -> bytes | None:
        if octets is None:
            return None
        found = octets.octets()
        if found is None and octets.sha256 in self._kept:
            file.seek(self._kept[octets.sha256])
            message: Octets = LINE.validate_json(file.readline()).message
            found = message.octets()
        return found
