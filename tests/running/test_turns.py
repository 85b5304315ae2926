"""Scenarios of several processes run beside each other, and whoever restarts the DSP runs alone."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.running.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
_LONG = 10.0
_A_MOMENT = 0.1
_HOLDS_A_SHARE = """
import sys, time
from pathlib import Path
from dsp_conformance.running.turns import Turns
with Turns(Path(sys.argv[1])).shared():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[], Turns]]:
    """Makes the turns of one more worker; each opens the files anew, as a process of its own would."""
    made: list[Turns] = []

    def make() -> Turns:
        made.append(Turns(tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_scenarios_of_several_workers_overlap(make: Callable[[], Turns]) -> None:
    with make().shared(), make().shared(), make().shared():
        pass


def test_whoever_is_alone_waits_for_those_under_way_and_lets_none_begin(make: Callable[[], Turns]) -> None:
    restarts, runs, begins = make(), make(), make()
    seen: list[str] = []
    under_way = threading.Event()

    def restart() -> None:
        with restarts.shared():
            under_way.set()
            with restarts.alone():
                seen.append("alone")
                time.sleep(_A_MOMENT)
                seen.append("alone no more")

    def begin() -> None:
        with begins.shared():
            seen.append("begun")

    with ThreadPoolExecutor(2) as pool:
        with runs.shared():
            restarting = pool.submit(restart)
            assert under_way.wait(_LONG)
            time.sleep(_A_MOMENT)  # it waits by then
            beginning = pool.submit(begin)
            time.sleep(_A_MOMENT)
            seen.append("ended")
        restarting.result(_LONG)
        beginning.result(_LONG)

    assert seen == ["ended", "alone", "alone no more", "begun"]


def test_of_many_who_want_to_be_alone_at_once_each_is_in_the_end(make: Callable[[], Turns]) -> None:
    workers, inside, most, times = [make() for _ in range(4)], 0, 0, 0

    def scenarios(own: Turns) -> None:
        nonlocal inside, most, times
        for _ in range(25):
            with own.shared(), own.alone():
                inside += 1
                most, times = max(most, inside), times + 1
                inside -= 1

    with ThreadPoolExecutor(len(workers)) as pool:
        for done in [pool.submit(scenarios, each) for each in workers]:
            done.result(_LONG)

    assert (most, times) == (1, 100)


def test_a_share_goes_on_after_having_been_alone(make: Callable[[], Turns]) -> None:
    first, second = make(), make()
    alone = threading.Event()

    def restart() -> None:
        with second.shared(), second.alone():
            alone.set()

    with ThreadPoolExecutor(1) as pool:
        with first.shared():
            with first.alone():
                pass
            restarting = pool.submit(restart)
            assert not alone.wait(_A_MOMENT)  # the first one's scenario goes on
        restarting.result(_LONG)


def test_a_process_that_is_lost_keeps_nobody_waiting(make: Callable[[], Turns], tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDS_A_SHARE, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.kill()

    own = make()
    with own.shared(), own.alone():
        pass
