"""Reads a journal's lines and refuses what is no journal, or is not as it was written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dsp_conformance.record.journal_lines import FORMAT, LINE, VERSION, Footer, Header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash as Hash
    from pathlib import Path

LONGEST = 128 << 20
"""Octets of the longest line that is read: several times the largest message that a target file may allow."""

_SHOWN = 200


class JournalError(Exception):
    """A journal cannot be used.

    Attributes:
        path: the file.
        line: number of the line where that shows, from 1; 0 for the file as a whole.
        what: what is wrong.
        expected: what was expected there; may be empty.
        found: what was found; may be empty.
        hint: what to do next; may be empty.
    """

    def __init__(
        self, path: Path, what: str, *, line: int = 0, expected: str = "", found: str = "", hint: str = ""
    ) -> None:
        self.path, self.line, self.what = path, line, what
        self.expected, self.found, self.hint = expected, found, hint
        super().__init__(path, line, what)

    def __str__(self) -> str:
        """File, line and reason in one line, then what was expected and found, and what to do."""
        return f"the journal {self.path} cannot be used: {self.reason}"

    @property
    def reason(self) -> str:
        """The reason without the file's name."""
        what = f"line {self.line}: {self.what}" if self.line else self.what
        parts = (("expected", self.expected), ("found", self.found), ("what to do", self.hint))
        return "\n".join([what, *(f"  {label}: {text[:_SHOWN]}" for label, text in parts if text)])


@dataclass(frozen=True, slots=True)
class Placed:
    """One line, and where its octets are in the file.

    Attributes:
        line: what it says.
        number: which line of the file it is, from 1.
        offset: where it begins.
    """

    line: Any
    number: int
    offset: int


class JournalReader:
    """Reads a journal from its header to its footer, or to where the death of the run cut it off.

    Without a footer, what can be read from the beginning on counts, and the rest does not.

    Attributes:
        footer: the last line, once all are read; None if there is none.
        cut: why reading stopped early, where no footer says that the run came to its end; else empty.
        last: the instant of the last line that tells one.
        key: the run's id.
    """

    def __init__(self, path: Path) -> None:
        self.footer: Footer | None = None
        self.cut = ""
        self.last = 0
        self.key = ""
        self._path = path
        self._numbers: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Placed]:
        """Give the lines one by one, each checked; the footer is not among them.

        Raises:
            JournalError: it is no journal, or not as it was written.
        """
        try:
            with self._path.open("rb") as file:
                ended = _ends_with_footer(file)
                file.seek(0)
                yield from self._lines(file, ended=ended)
        except OSError as error:
            reason = error.strerror or str(error)
            raise self._error("it cannot be read", found=reason) from None

    def _lines(self, file: Any, *, ended: bool) -> Iterator[Placed]:
        whole, offset, number = hashlib.sha256(), 0, 0
        while octets := file.readline(LONGEST + 1):
            number += 1
            line = self._read(octets, number, strict=ended or number == 1)
            if line is None:
                return
            self._place(line, number)
            if isinstance(line, Footer):
                self._close(line, number, whole)
                if file.read(1):
                    raise self._error("something follows its footer", number + 1)
                return
            self._counts[line.type] += 1
            self.last = max(self.last, getattr(line, "at", 0), getattr(line, "started", 0))
            yield Placed(line, number, offset)
            whole.update(octets)
            offset += len(octets)
        if number == 0:
            raise self._error("it is empty", expected="a journal of dsp-conformance")

    def _read(self, octets: bytes, number: int, *, strict: bool) -> Any:
        """One line; None if it cannot be read where a run may have died while it was written."""
        whole = octets.endswith(b"\n")
        if whole:
            try:
                return LINE.validate_json(octets)
            except ValidationError as error:
                why = _explained(error)
        else:
            why = "it is cut off" if len(octets) <= LONGEST else f"it is longer than {LONGEST} octets"
        if strict:
            if number == 1:
                self._refuse_foreign(octets)
            raise self._error("a line is not as it was written", number, found=why)
        self.cut = f"line {number} cannot be read: {why}"
        return None

    def _refuse_foreign(self, octets: bytes) -> None:
        try:
            tree = json.loads(octets)
        except (ValueError, RecursionError):
            tree = None
        form = tree.get("format") if isinstance(tree, dict) else None
        if form != FORMAT:
            raise self._error(
                "it is no journal of dsp-conformance",
                1,
                expected=f'a header with "format": "{FORMAT}"',
                found="another kind of line",
                hint="name the file journal.jsonl of a reports folder",
            )
        if tree.get("version") != VERSION:
            raise self._error(
                "its version is not known",
                1,
                expected=f"version {VERSION}",
                found=f"{tree.get('version')!r}",
                hint="use the version of the suite that wrote it",
            )

    def _place(self, line: Any, number: int) -> None:
        if (number == 1) != isinstance(line, Header):
            what = "it does not begin with a header" if number == 1 else "it has a second header"
            raise self._error(what, number)
        self.key = self.key or line.run
        if line.run != self.key:
            raise self._error(
                "it holds lines of another run", number, expected=f"run {self.key}", found=line.run
            )
        self._numbers[line.process] += 1
        expected = self._numbers[line.process]
        if line.number != expected:
            raise self._error(
                "lines are missing, doubled or in another order",
                number,
                expected=f"line {expected} of process {line.process}",
                found=f"line {line.number}",
            )

    def _close(self, footer: Footer, number: int, before: Hash) -> None:
        digest = footer.digest(before)
        if footer.sha256 != digest:
            raise self._error(
                "it was changed after it was written",
                number,
                expected=f"SHA-256 {footer.sha256} of all that it says",
                found=digest,
            )
        if footer.counts != dict(self._counts):
            found = ", ".join(f"{count} {name}" for name, count in sorted(self._counts.items()))
            raise self._error("its footer counts other lines", number, found=found)
        self.footer = footer

    def _error(self, what: str, line: int = 0, **more: str) -> JournalError:
        return JournalError(self._path, what, line=line, **more)


def _ends_with_footer(file: Any) -> bool:
    """Whether the last whole line is a footer, by its looks."""
    size = file.seek(0, 2)
    tail = b""
    while size and tail.count(b"\n", 0, -1) == 0:
        step = min(size, 1 << 16)
        size -= step
        file.seek(size)
        tail = file.read(step) + tail
        if len(tail) > LONGEST:
            return False
    if not tail.endswith(b"\n"):
        return False
    return b'"type":"footer"' in tail[:-1].rpartition(b"\n")[2]


def _explained(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])
