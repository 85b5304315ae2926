"""1,000 provisioned Devices leased by 16 workers: what leasing takes of their wall time.

Aim: at most 1 %. The suite allots Devices to scenarios beforehand, so workers compete for spares alone. As
the worst case, all compete for every Device in the same order. A scenario's own work is a pause of 50 ms
here, less than a scenario with two Devices takes on the stub.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.timing import line
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.testbed.leases import Leases

_DEVICES: Final = 1000
_WORKERS: Final = 16
_IDS: Final = [Eui64(number.to_bytes(8)) for number in range(_DEVICES)]
_WORK: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Told:
    """What a worker tells.

    Attributes:
        leased: how many Devices it got.
        lost: how often another one had been faster.
        leasing: seconds that all its attempts took.
        wall: seconds from its start to its end.
    """

    leased: int
    lost: int
    leasing: float
    wall: float


def _allotted(worker: int) -> range:
    return range(worker, _DEVICES, _WORKERS)


def _competing(_worker: int) -> range:
    return range(_DEVICES)


def _work(path: Path, wants: Callable[[int], range], worker: int) -> _Told:
    leases = Leases(path, _IDS)
    leased, lost, leasing = 0, 0, 0.0
    started = time.perf_counter()
    for number in wants(worker):
        begun = time.perf_counter()
        mine = leases.take(_IDS[number])
        leasing += time.perf_counter() - begun
        if mine:
            leased += 1
            time.sleep(_WORK)  # stands for the scenario
        else:
            lost += 1
    return _Told(leased, lost, leasing, time.perf_counter() - started)


def measure_leases() -> None:
    """Measure, and print the share of leasing in the workers' time."""
    print(f"{_DEVICES} Devices leased by {_WORKERS} workers (aim: 1 % of their wall time)")
    for what, wants in (("each its own, as the suite allots them", _allotted), ("all want each", _competing)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "devices.csv"
            context = multiprocessing.get_context("spawn")
            with Leases(path, _IDS).held(), context.Pool(_WORKERS) as pool:
                told = pool.map(partial(_work, path, wants), range(_WORKERS), chunksize=1)
        leased, lost = sum(each.leased for each in told), sum(each.lost for each in told)
        leasing, wall = sum(each.leasing for each in told), sum(each.wall for each in told)
        assert leased == _DEVICES, f"{leased} leases on {_DEVICES} Devices"
        attempt = leasing / (leased + lost)
        print(line(f"  an attempt, {what}; {lost} lost", attempt) + f"   {leasing / wall:.2%} of wall time")


if __name__ == "__main__":
    measure_leases()
