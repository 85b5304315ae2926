from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import COUNTER_LIMIT
from dsp_conformance.user.counters import Counters, CounterUnusable

if TYPE_CHECKING:
    from pathlib import Path

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
OTHER = Eui64.parse("90-B3-D5-1F-30-02-00-00")

SENDER = """
import sys, time
from pathlib import Path
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.user.counters import Counters

counters = Counters(Path(sys.argv[1]))
user = Eui64.parse(sys.argv[2])
"""
SENDS_MANY = f"""{SENDER}
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    with counters.hold(user) as counter, open(sys.argv[3], "a") as arrivals:
        arrivals.write(f"{{counter}}\\n")
"""
HOLDS = f"""{SENDER}
with counters.hold(user) as counter:
    print(counter, flush=True)
    sys.stdin.read()
"""

DRAWS_ON_A_FULL_DISK = f"""{SENDER}
import resource
from dsp_conformance.user.counters import CounterUnusable

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    with counters.hold(user):
        print("held")
except CounterUnusable as error:
    print(error)
"""


def _process(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _file(folder: Path) -> Path:
    return folder / f"{USER}.counter"


def _draw(counters: Counters, originator: Eui64 = USER) -> int:
    with counters.hold(originator) as counter:
        return counter


def rises_strictly(counters: list[int]) -> bool:
    return all(one < next_one for one, next_one in pairwise(counters))


def test_counters_are_the_time_in_milliseconds_or_more_and_rise(tmp_path: Path) -> None:
    begun = time.time_ns() // 1_000_000
    drawn = [_draw(Counters(tmp_path)) for _ in range(20)]
    assert begun <= drawn[0] < begun + 60_000
    assert rises_strictly(drawn)


def test_requests_of_sixteen_threads_arrive_in_the_order_of_their_counters(tmp_path: Path) -> None:
    counters, arrived, never = Counters(tmp_path), [], threading.Event()

    def send(_: int) -> None:
        for _ in range(5):
            with counters.hold(USER) as counter:
                never.wait(0.0005)  # on the wire
                arrived.append(counter)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, range(16)))
    assert len(arrived) == 80
    assert rises_strictly(arrived)


def test_requests_of_several_processes_arrive_in_the_order_of_their_counters(tmp_path: Path) -> None:
    arrivals = tmp_path / "arrivals"
    processes = [_process(SENDS_MANY, tmp_path / "counters", USER, arrivals) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=30)
        assert process.returncode == 0
    arrived = [int(line) for line in arrivals.read_text().split()]
    assert len(arrived) == 160
    assert rises_strictly(arrived)


def test_the_next_run_goes_on_even_if_the_clock_went_back(tmp_path: Path) -> None:
    _draw(Counters(tmp_path))
    ahead = int(_file(tmp_path).read_text()) + 3_600_000
    _file(tmp_path).write_text(str(ahead))
    assert [_draw(Counters(tmp_path)) for _ in range(2)] == [ahead + 1, ahead + 2]


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another process", "another thread"])
def test_the_counter_is_held_until_the_block_ends(tmp_path: Path, *, elsewhere: bool) -> None:
    counters, drawn, waiting = Counters(tmp_path), [], threading.Event()
    others = Counters(tmp_path) if elsewhere else counters

    def second() -> None:
        waiting.set()
        drawn.append(_draw(others))

    with counters.hold(USER) as first:
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        thread.join(0.05)
        assert drawn == []
    thread.join(5)
    assert drawn[0] > first


def test_another_originator_does_not_wait(tmp_path: Path) -> None:
    counters = Counters(tmp_path, patience=0)
    with counters.hold(USER), counters.hold(OTHER) as counter:
        assert counter > 0


def test_an_exception_in_the_block_lets_go(tmp_path: Path) -> None:
    counters = Counters(tmp_path, patience=0)
    with pytest.raises(OSError, match="wire"), counters.hold(USER):
        raise OSError("wire")
    assert _draw(counters) > 0


def test_a_process_that_dies_in_the_block_blocks_nobody_and_its_counter_stays_used(tmp_path: Path) -> None:
    with _process(HOLDS, tmp_path, USER) as process:
        assert process.stdout is not None
        theirs = int(process.stdout.readline())
        with pytest.raises(CounterUnusable):
            _draw(Counters(tmp_path, patience=0.01))
        process.kill()
    assert _draw(Counters(tmp_path, patience=0.01)) > theirs


def test_the_file_never_shows_half_a_counter(tmp_path: Path) -> None:
    counters, seen, done = Counters(tmp_path), set(), threading.Event()
    _draw(counters)

    def watch() -> None:
        while not done.is_set():
            seen.add(_file(tmp_path).read_text())

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        for _ in range(300):
            _draw(counters)
        done.set()
        watching.result()
    assert {len(each) for each in seen} == {13}


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another process", "another thread"])
def test_a_sender_that_does_not_let_go_is_reported_after_the_patience(
    tmp_path: Path, *, elsewhere: bool
) -> None:
    holder = Counters(tmp_path)
    waiter = Counters(tmp_path, patience=0.05) if elsewhere else holder
    holder.patience = 0.05
    with holder.hold(USER), pytest.raises(CounterUnusable) as caught:
        _draw(waiter)
    assert caught.value.expected == "its turn"
    assert "held it for 0.05 s" in str(caught.value)
    assert "Service Users of their own" in str(caught.value)
    assert _draw(waiter) > 0


@pytest.mark.parametrize(
    ("content", "found"),
    [("abc", "b'abc'"), ("17\x00", "b'17"), ("1.5", "1.5"), ("x" * 300, f"b'{'x' * 40}'")],
    ids=["letters", "zero octet", "a fraction", "another file"],
)
def test_a_file_that_holds_no_counter_is_reported_and_left_alone(
    tmp_path: Path, content: str, found: str
) -> None:
    _file(tmp_path).write_text(content)
    with pytest.raises(CounterUnusable) as caught:
        _draw(Counters(tmp_path))
    assert caught.value.path == _file(tmp_path)
    assert caught.value.expected == "a decimal number"
    assert found in caught.value.found
    assert len(str(caught.value)) < 400
    assert "Delete the file" in str(caught.value)
    assert _file(tmp_path).read_text() == content


def test_used_up_counters_are_reported(tmp_path: Path) -> None:
    _file(tmp_path).write_text(str(COUNTER_LIMIT - 1))
    assert _draw(Counters(tmp_path)) == COUNTER_LIMIT
    for content in (str(COUNTER_LIMIT), "9" * 100):
        _file(tmp_path).write_text(content)
        with pytest.raises(CounterUnusable, match=f"a counter up to {COUNTER_LIMIT}"):
            _draw(Counters(tmp_path))
        assert _file(tmp_path).read_text() == content


def test_a_counter_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    _file(tmp_path).mkdir()
    with pytest.raises(CounterUnusable, match=r"a file to read and write.*directory"):
        _draw(Counters(tmp_path))


def test_a_counter_that_cannot_be_written_is_reported_and_not_used(tmp_path: Path) -> None:
    with _process(DRAWS_ON_A_FULL_DISK, tmp_path, USER) as process:
        said, _ = process.communicate(timeout=10)
    assert "expected a file to read and write, found [Errno 27] File too large" in said
    assert str(_file(tmp_path)) in said
    assert _file(tmp_path).read_text() == ""


def test_a_file_that_was_made_and_never_written_is_a_beginning(tmp_path: Path) -> None:
    _file(tmp_path).touch()
    assert _draw(Counters(tmp_path)) > 0


def test_a_folder_is_made_with_those_around_it(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "counters"
    assert _draw(Counters(folder)) > 0
    assert _file(folder).is_file()


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CounterUnusable, match="a folder to keep it in") as caught:
        _draw(Counters(tmp_path / "file" / "counters"))
    assert str(tmp_path / "file" / "counters") in str(caught.value)


def test_a_lock_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    _file(tmp_path).with_suffix(".lock").mkdir()
    with pytest.raises(CounterUnusable, match="a lockable file"):
        _draw(Counters(tmp_path))


def test_a_claimed_service_user_needs_no_file_and_rises_all_the_same(tmp_path: Path) -> None:
    counters = Counters(tmp_path / "counters")
    counters.claim(USER)
    counters.claim(USER)  # again, which must not start anew
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: _draw(counters), range(200)))
    assert len(set(drawn)) == 200
    assert drawn[0] >= time.time_ns() // 1_000_000 - 60_000
    assert not (tmp_path / "counters").exists()
    counters.claim(USER)
    assert _draw(counters) > max(drawn)


def test_a_claimed_service_user_goes_on_by_one_while_the_clock_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = Counters(tmp_path)
    counters.claim(USER)
    monkeypatch.setattr(time, "time_ns", lambda: 1_795_000_000_000_999_999)
    first = _draw(counters)
    assert (first, _draw(counters), _draw(counters)) == (1_795_000_000_000, first + 1, first + 2)


def test_senders_of_a_claimed_service_user_wait_for_each_other(tmp_path: Path) -> None:
    counters = Counters(tmp_path)
    counters.claim(USER)
    with ThreadPoolExecutor(1) as pool:
        with counters.hold(USER) as first:
            other = pool.submit(_draw, counters)
            with pytest.raises(TimeoutError):
                other.result(0.05)
        assert other.result(5) > first


def test_what_is_claimed_leaves_other_service_users_in_their_files(tmp_path: Path) -> None:
    counters = Counters(tmp_path)
    counters.claim(USER)
    assert _draw(counters, OTHER) > 0
    assert (tmp_path / f"{OTHER}.counter").is_file()
