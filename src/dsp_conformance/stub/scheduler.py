"""Work to be done later, by a few threads, in the order it falls due."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Scheduler", "SchedulerFull"]

_log = logging.getLogger(__name__)
_CAPACITY: Final = 20_000
_THREADS: Final = 8  # they mostly wait for receivers


class SchedulerFull(RuntimeError):  # noqa: N818  # named for what it says
    """No more work can be taken before some is done.

    Attributes:
        capacity: how many pieces of work wait at most.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.capacity = capacity

    def __str__(self) -> str:
        return f"{self.capacity} pieces of work are waiting already: send fewer requests at a time"


@dataclass(order=True, slots=True)
class _Work:
    due: float
    number: int
    job: Callable[[], None] = field(compare=False)


class Scheduler:
    """A bounded queue ordered by due time, and the threads that work it off.

    A job that raises is logged and forgotten; it harms no other job. A context manager, closed at its end.

    Args:
        threads: how many jobs run at the same time.
        capacity: how many jobs may wait.
    """

    def __init__(self, *, threads: int = _THREADS, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._changed = threading.Condition()
        self._waiting: list[_Work] = []
        self._drawn = 0
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"dsp-worker-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Return how many jobs wait."""
        with self._changed:
            return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether another job would be taken now."""
        return len(self) < self._capacity

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """Do a job in so many seconds, 0 for as soon as possible. A closed scheduler takes no notice.

        Raises:
            SchedulerFull: too many jobs wait already.
        """
        with self._changed:
            if self._closed:
                return
            if len(self._waiting) >= self._capacity:
                raise SchedulerFull(self._capacity)
            self._drawn += 1
            heapq.heappush(self._waiting, _Work(time.monotonic() + seconds, self._drawn, job))
            self._changed.notify()

    def close(self, seconds: float = 5.0) -> None:
        """Drop what waits, let what runs finish for so many seconds at most, and stop the threads."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                work.job()
            except Exception:  # noqa: BLE001  # one User's trouble must not stop the work of all others
                _log.exception("a piece of deferred work failed")

    def _next(self) -> _Work | None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due <= now:
                    return heapq.heappop(self._waiting)
                wait = min(self._waiting[0].due - now, threading.TIMEOUT_MAX) if self._waiting else None
                self._changed.wait(wait)
            return None
