"""Timing in interleaved rounds, so that whatever else the machine does falls on all subjects alike."""

import statistics
import time
from collections.abc import Callable, Mapping


def medians(
    subjects: Mapping[str, Callable[[], object]], *, rounds: int = 300, warm_up: int = 20
) -> dict[str, float]:
    """Time each subject once a round and return each one's median in seconds."""
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(warm_up + rounds):
        for name, subject in subjects.items():
            begun = time.perf_counter()
            subject()
            if number >= warm_up:
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(taken) for name, taken in times.items()}


def line(what: str, seconds: float, ratio: float | None = None) -> str:
    """Return one line of a report: what, milliseconds, and the ratio to the run's yardstick."""
    tail = "" if ratio is None else f"   {ratio:5.2f} x"
    return f"  {what:<58}{seconds * 1000:9.3f} ms{tail}"
