"""Leases: one scenario of a run gets a Device, whichever of many processes asks for it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.testbed.leases import Leases, ListInUse

DEVICES = [Eui64(number.to_bytes(8)) for number in range(200)]


def _take_all(path: str) -> list[Eui64]:
    leases = Leases(Path(path), DEVICES)
    return [device for device in DEVICES if leases.take(device)]


def _take_first_and_die(path: str) -> None:
    Leases(Path(path), DEVICES).take(DEVICES[0])
    os.kill(os.getpid(), signal.SIGKILL)


def test_each_device_goes_to_one_of_many_processes_that_all_want_it(tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    context = multiprocessing.get_context("spawn")

    with Leases(file, DEVICES).held(), ProcessPoolExecutor(4, mp_context=context) as pool:
        taken = list(chain.from_iterable(pool.map(_take_all, [str(file)] * 4)))

    assert sorted(taken) == DEVICES


def test_a_lease_lasts_as_long_as_the_run(tmp_path: Path) -> None:
    leases = Leases(tmp_path / "devices.csv", DEVICES)
    with leases.held():
        assert leases.take(DEVICES[0])
        assert not Leases(tmp_path / "devices.csv", DEVICES).take(DEVICES[0])
    with leases.held():
        assert leases.take(DEVICES[0])


def test_a_lease_outlives_the_process_that_took_it(tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    leases = Leases(file, DEVICES)
    with leases.held():
        taker = multiprocessing.get_context("spawn").Process(target=_take_first_and_die, args=(str(file),))
        taker.start()
        taker.join()

        assert taker.exitcode == -signal.SIGKILL
        assert not leases.take(DEVICES[0])
        assert leases.take(DEVICES[1])


def test_two_runs_cannot_have_one_list(tmp_path: Path) -> None:
    file = tmp_path / "devices.csv"
    with Leases(file, DEVICES).held():
        with pytest.raises(ListInUse) as caught, Leases(file, DEVICES).held():
            pass
        with Leases(tmp_path / "others.csv", DEVICES).held():
            pass

    assert str(file) in str(caught.value)
    assert "another run has it" in str(caught.value)
    with Leases(file, DEVICES).held():
        pass


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".dsp-conformance-leases").write_text("a file where the folder goes", encoding="utf-8")

    with pytest.raises(ListInUse, match="expected a list"), Leases(tmp_path / "devices.csv", DEVICES).held():
        pass


def test_leases_that_cannot_be_written_are_told_and_leave_the_list_free(tmp_path: Path) -> None:
    leases, in_the_way = Leases(tmp_path / "devices.csv", DEVICES), tmp_path / ".dsp-conformance-leases"
    (in_the_way / "devices.csv.taken").mkdir(parents=True)

    with pytest.raises(ListInUse, match="Is a directory"), leases.held():
        pass

    (in_the_way / "devices.csv.taken").rmdir()
    with leases.held():
        assert leases.take(DEVICES[0])
