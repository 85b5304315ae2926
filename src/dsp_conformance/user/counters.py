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

from dsp_conformance.eui64 import Eui64

PATIENCE_SECONDS: Final = 120.0
"""How long one sender waits for another one of the same Service User to get its acknowledgement."""

_POLL_SECONDS: Final = 0.002


@dataclass(eq=False)
class CounterUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A Service User's counter can be neither read nor kept.

    Attributes:
        path: the counter's file.
        expected: what should have been possible.
        found: what came.
    """

    path: Path
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"request counter {self.path}: expected {self.expected}, found {self.found}. "
            "Make the folder writable, or delete the file if nothing else uses it."
        )


@dataclass(slots=True)
class Counters:
    """Hands out counters from one folder that every process of the Service Users shares.

    Attributes:
        folder: holds one small file a Service User; made where it is missing.
    """

    folder: Path
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _locks: dict[Eui64, tuple[threading.Lock, FileLock]] = field(default_factory=dict, repr=False)

    @contextmanager
    def hold(self, originator: Eui64) -> Iterator[int]:
        """Draw the next counter, and keep other senders of this Service User waiting until the block ends.

        Requests must reach the DSP in the order of their counters, so the block must last until the
        acknowledgement, and no longer. The counter is the time in milliseconds, or one more than the last
        where that is later.

        Raises:
            CounterUnusable: the file cannot be read or written, or another sender does not let go.
        """
        path = self.folder / f"{originator}.counter"
        thread_lock, file_lock = self._locks_of(originator, path)
        with thread_lock:
            try:
                file_lock.acquire(timeout=PATIENCE_SECONDS, poll_interval=_POLL_SECONDS)
            except Timeout:
                found = f"another sender that held it for {PATIENCE_SECONDS:g} s"
                raise CounterUnusable(path, "its turn", found) from None
            except OSError as error:
                raise CounterUnusable(path, "a lockable file", str(error)) from None
            try:
                yield _next(path)
            finally:
                file_lock.release()

    def _locks_of(self, originator: Eui64, path: Path) -> tuple[threading.Lock, FileLock]:
        with self._guard:
            if originator not in self._locks:
                try:
                    self.folder.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise CounterUnusable(path, "a folder to keep it in", str(error)) from None
                # The file lock polls, so threads of this process queue at a lock of their own first.
                lock = FileLock(path.with_suffix(".lock"), thread_local=False)
                self._locks[originator] = (threading.Lock(), lock)
            return self._locks[originator]


def _next(path: Path) -> int:
    try:
        last = int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        last = -1
    except (OSError, ValueError) as error:
        raise CounterUnusable(path, "a decimal number", str(error)) from None
    counter = max(time.time_ns() // 1_000_000, last + 1)
    try:
        path.write_text(str(counter), encoding="ascii")
    except OSError as error:
        raise CounterUnusable(path, "a writable file", str(error)) from None
    return counter
