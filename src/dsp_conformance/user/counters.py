"""Request counters: strictly rising per Service User, across threads, processes and runs.

The rule is that of ``domain.md``, Messages.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import COUNTER_LIMIT

PATIENCE_SECONDS: Final = 120.0
"""How long one sender waits for another one of the same Service User to get its acknowledgement."""

_POLL_SECONDS: Final = 0.002
_SHOWN: Final = 40
_LONGEST: Final = 256  # far more than a counter takes
_MAKE_WRITABLE: Final = "Make the folder and what is in it writable."
_DELETE: Final = "Delete the file if no other run uses it: counting goes on from the time in milliseconds."


@dataclass(eq=False)
class CounterUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A Service User's counter can be neither read nor kept.

    Attributes:
        path: the counter's file.
        expected: what should have been possible.
        found: what came.
        hint: what to do next.
    """

    path: Path
    expected: str
    found: str
    hint: str = _MAKE_WRITABLE

    def __str__(self) -> str:
        return f"request counter {self.path}: expected {self.expected}, found {self.found}. {self.hint}"


@dataclass(slots=True)
class Counters:
    """Hands out counters from one folder that every process of the Service Users shares.

    Attributes:
        folder: holds two small files a Service User; made where it is missing.
        patience: seconds to wait for another sender of the same Service User, in this process or another.
    """

    folder: Path
    patience: float = PATIENCE_SECONDS
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _locks: dict[Eui64, tuple[threading.Lock, FileLock]] = field(default_factory=dict, repr=False)
    _claimed: dict[Eui64, "_Claimed"] = field(default_factory=dict, repr=False)

    def claim(self, originator: Eui64) -> None:
        """Take it that no other process sends as this Service User, now or later: then no file is needed."""
        with self._guard:
            self._claimed.setdefault(originator, _Claimed())

    @contextmanager
    def hold(self, originator: Eui64) -> Iterator[int]:
        """Draw the next counter, and keep other senders of this Service User waiting until the block ends.

        Requests must reach the DSP in the order of their counters, so the block must last until the
        acknowledgement, and no longer. The counter is the time in milliseconds, or one more than the last
        where that is later. A process that dies in the block lets go; its counter stays used.

        Raises:
            CounterUnusable: the file cannot be read or written, or another sender does not let go.
        """
        claimed = self._claimed.get(originator)
        if claimed is not None:
            with claimed.lock:
                claimed.last = max(time.time_ns() // 1_000_000, claimed.last + 1)
                yield claimed.last
            return
        path = self.folder / f"{originator}.counter"
        thread_lock, file_lock = self._locks_of(originator, path)
        deadline = time.monotonic() + self.patience
        # The file lock polls, so threads of this process queue at a lock of their own first.
        if not thread_lock.acquire(timeout=self.patience):
            raise self._never_free(path)
        try:
            self._acquire(file_lock, path, deadline)
            try:
                yield _next(path)
            finally:
                file_lock.release()
        finally:
            thread_lock.release()

    def _locks_of(self, originator: Eui64, path: Path) -> tuple[threading.Lock, FileLock]:
        with self._guard:
            if originator not in self._locks:
                try:
                    self.folder.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise CounterUnusable(path, "a folder to keep it in", str(error)) from None
                lock = FileLock(path.with_suffix(".lock"), thread_local=False)
                self._locks[originator] = (threading.Lock(), lock)
            return self._locks[originator]

    def _acquire(self, file_lock: FileLock, path: Path, deadline: float) -> None:
        try:
            file_lock.acquire(timeout=max(0.0, deadline - time.monotonic()), poll_interval=_POLL_SECONDS)
        except Timeout:
            raise self._never_free(path) from None
        except OSError as error:
            raise CounterUnusable(path, "a lockable file", str(error)) from None

    def _never_free(self, path: Path) -> CounterUnusable:
        return CounterUnusable(
            path,
            "its turn",
            f"another sender that held it for {self.patience:g} s",
            "Give parallel runs Service Users of their own, or end the other run.",
        )


@dataclass(slots=True)
class _Claimed:
    """The counter of a Service User as whom this process alone sends."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last: int = -1


def _next(path: Path) -> int:
    """Draw from the file, which is changed in place by one short write: nobody dies halfway through it."""
    try:
        path.touch()
        with path.open("r+b", buffering=0) as file:
            counter = _after(file.read(_LONGEST), path)
            file.seek(0)
            file.write(b"%d" % counter)  # never shorter than what stood there
    except OSError as error:
        raise CounterUnusable(path, "a file to read and write", str(error)) from None
    return counter


def _after(content: bytes, path: Path) -> int:
    try:
        last = int(content) if content else -1
    except ValueError:
        raise CounterUnusable(path, "a decimal number", repr(content[:_SHOWN]), _DELETE) from None
    counter = max(time.time_ns() // 1_000_000, last + 1)
    if counter > COUNTER_LIMIT:
        raise CounterUnusable(path, f"a counter up to {COUNTER_LIMIT}", "that all are used up", _DELETE)
    return counter
