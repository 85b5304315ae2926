"""Deferred work: order, failure, bounds, and an end."""

from __future__ import annotations

import queue
import threading
import time

import pytest

from dsp_conformance.stub.scheduler import Scheduler, SchedulerFull


def test_work_is_done_in_the_order_it_falls_due() -> None:
    done: queue.Queue[str] = queue.Queue()
    with Scheduler(threads=1) as scheduler:
        scheduler.after(0.06, lambda: done.put("late"))
        scheduler.after(0.03, lambda: done.put("soon"))
        scheduler.after(0, lambda: done.put("first"))
        scheduler.after(0, lambda: done.put("second"))

        assert [done.get(timeout=2) for _ in range(4)] == ["first", "second", "soon", "late"]


def test_work_is_not_done_before_it_is_due() -> None:
    done: queue.Queue[float] = queue.Queue()
    with Scheduler() as scheduler:
        start = time.monotonic()
        scheduler.after(0.05, lambda: done.put(time.monotonic()))

        assert done.get(timeout=2) - start >= 0.05


def test_work_that_fails_is_logged_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()

    def fail() -> None:
        raise RuntimeError("on purpose")

    with Scheduler(threads=1) as scheduler:
        scheduler.after(0, fail)
        scheduler.after(0, done.set)

        assert done.wait(2)
    assert "on purpose" in caplog.text


def test_more_than_the_capacity_is_refused() -> None:
    with Scheduler(threads=1, capacity=2) as scheduler:
        room = []
        for _ in range(2):
            room.append(scheduler.has_room)
            scheduler.after(60, lambda: None)

        assert [*room, scheduler.has_room] == [True, True, False]
        with pytest.raises(SchedulerFull, match="2 pieces"):
            scheduler.after(60, lambda: None)


def test_closing_drops_what_waits_and_stops_the_threads() -> None:
    scheduler = Scheduler(threads=2)
    scheduler.after(0.05, lambda: pytest.fail("this was dropped"))
    scheduler.close()
    scheduler.after(0, lambda: pytest.fail("nothing is taken any more"))

    assert len(scheduler) == 0
    assert not any(thread.is_alive() for thread in scheduler._threads)


def test_work_due_in_a_thousand_years_is_no_trouble() -> None:
    done = threading.Event()
    with Scheduler(threads=1) as scheduler:
        scheduler.after(1000 * 365 * 86400.0, lambda: None)
        scheduler.after(0.02, done.set)

        assert done.wait(2)
