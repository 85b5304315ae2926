from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.connection import Client
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.ipc import CallAddress, Caller, CallFailed, served

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS_FROM_ELSEWHERE = """
import sys
from dsp_conformance.base.ipc import CallAddress, Caller

print(Caller(CallAddress(sys.argv[1], bytes.fromhex(sys.argv[2])))("add", 2, 3))
"""


@pytest.fixture
def opened() -> threading.Event:
    return threading.Event()


@pytest.fixture
def address(opened: threading.Event) -> Iterator[CallAddress]:
    def fail() -> None:
        raise LookupError("not here")

    with served({"add": int.__add__, "fail": fail, "wait": lambda: opened.wait(10)}) as place:
        yield place


def test_another_process_gets_the_result(address: CallAddress) -> None:
    command = [sys.executable, "-c", CALLS_FROM_ELSEWHERE, address.place, address.secret.hex()]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "5\n"


def test_calls_that_wait_hold_up_nobody_else(address: CallAddress, opened: threading.Event) -> None:
    call = Caller(address)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(call, "wait") for _ in range(8)]
        assert call("add", 1, 1) == 2
        assert not any(each.done() for each in waiting)
        opened.set()
        assert all(each.result(5) for each in waiting)


def test_a_call_is_quick_and_waits_without_working(address: CallAddress, opened: threading.Event) -> None:
    call = Caller(address)
    threading.Timer(0.3, opened.set).start()
    worked = time.process_time()
    assert call("wait") is True
    assert time.process_time() - worked < 0.1  # a waiting loop would have taken 0.3 s


def test_what_goes_wrong_in_a_function_is_told_and_the_next_call_works(address: CallAddress) -> None:
    call = Caller(address)
    for function, arguments, found in (
        ("fail", (), "LookupError: not here"),
        ("add", (1,), "TypeError"),
        ("eval", ("1 + 1",), "no such function"),
    ):
        with pytest.raises(CallFailed) as caught:
            call(function, *arguments)
        assert caught.value.function == function
        assert found in caught.value.found
    assert call("add", 1, 1) == 2


def test_whoever_does_not_know_the_secret_is_turned_away_and_others_are_served(address: CallAddress) -> None:
    with pytest.raises(CallFailed, match="AuthenticationError"):
        Caller(replace(address, secret=bytes(32)))("add", 1, 1)
    Client(address.place).close()  # says nothing at all
    assert Caller(address)("add", 1, 1) == 2


def test_the_secret_is_not_shown_and_differs_each_time(address: CallAddress) -> None:
    assert repr(address.secret) not in repr(address)
    assert address.secret.hex() not in repr(address)
    with served({}) as other:
        assert other.secret != address.secret
        assert other.place != address.place


def test_a_call_to_a_process_that_has_ended_fails_and_says_so() -> None:
    with served({"add": int.__add__}) as address:
        Caller(address)("add", 1, 1)
    with pytest.raises(CallFailed, match="If that process has ended, start the run again"):
        Caller(address)("add", 1, 1)
