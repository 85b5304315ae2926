"""The driver for people: what is asked of them at a real terminal, and what their answers lead to."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OnTerminal

PROMPT = "'stop':"
DEVICE = "00-DB-12-34-56-78-90-A0"
SETUP = """
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.testbed import Capability, CplEntry, DeviceSpec, Fault
from dsp_conformance.testbed.errors import MissingCapability, NotDoneByHand, StoppedByHand
from dsp_conformance.testbed.manual import ManualTestbed
from dsp_conformance.testbed.settings import ManualSettings
ENTRY = CplEntry(DeviceType.ESME, "106C", "433100AC", "0123ABCD")
ESME = DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD", "0123ABCD")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
CAPABLE = frozenset({Capability.EDIT_CPL, Capability.PROVIDE_DEVICE, Capability.CONTROL_DEVICE,
                     Capability.INJECT_FAULT, Capability.SET_STATUS, Capability.HOLD_RESPONSE,
                     Capability.RESTART})
def expect(error, call):
    try:
        call()
    except error as caught:
        testbed._terminal.say(f"<{type(caught).__name__}: {caught}>")
    else:
        raise AssertionError("done")
with ManualTestbed(ManualSettings(CAPABLE)) as testbed:
"""


@pytest.fixture
def person(at_terminal: Callable[..., OnTerminal]) -> Callable[[str], OnTerminal]:
    def start(*lines: str) -> OnTerminal:
        return at_terminal("-c", SETUP + "\n".join(f"    {line}" for line in lines))

    return start


def test_every_operation_is_one_numbered_instruction(person: Callable[..., OnTerminal]) -> None:
    terminal = person(
        "entry = testbed.add_cpl_entry(ENTRY)",
        "device = testbed.provide_device(ESME).device_id",
        "testbed.run_firmware(device, '0000ABCD')",
        "testbed.inject_fault(device, '11.3', Fault.RESPONSE_LOST)",
        "testbed.inject_fault(device, '11.2', Fault.RESPONSE_HELD)",
        "testbed.release_responses(device)",
        "testbed.restart()",
        "testbed.set_reachable(device, reachable=False)",
        "testbed.set_status(device, DeviceStatus.DECOMMISSIONED)",
        "testbed.set_cpl_status(entry, CplStatus.WITHDRAWN)",
        "testbed.remove_cpl_entry(entry)",
    )
    wanted = [
        ("", ["Add an entry to the CPL, with status Active", "106C", "433100AC", "0123ABCD"]),
        (DEVICE.lower(), ["Smart Metering Inventory", "Commissioned", "SMETS2", "Type its Device ID"]),
        ("done", [f"ESME {DEVICE} run firmware 0000ABCD"]),
        ("", [f"next command of SR11.3 to the ESME {DEVICE}", "never reach the DSP"]),
        ("", [f"next command of SR11.2 to the ESME {DEVICE}", "hold its response back"]),
        ("", [f"responses of the ESME {DEVICE} that were held back"]),
        ("", ["Restart the DSP", "data kept", "answers again"]),
        ("", [f"no longer reach the ESME {DEVICE}"]),
        ("", [f"ESME {DEVICE} Decommissioned"]),
        ("", ["Withdrawn: ESME, manufacturer 106C", "suspensions"]),
        ("", ["Remove this entry from the CPL: ESME, manufacturer 106C"]),
    ]
    for number, (answer, words) in enumerate(wanted, 1):
        asked = terminal.until(PROMPT)
        assert f"[{number}] " in asked
        assert all(word in asked for word in words), asked
        terminal.type(answer)

    assert terminal.ends() == 0
    assert f"What was made for it and may go now:\n      ESME {DEVICE}\n" in terminal.read
    assert "CPL entry" not in terminal.read.partition("may go now")[2]  # that was removed


def test_what_instructions_are_for_heads_the_first_of_them(person: Callable[..., OnTerminal]) -> None:
    terminal = person(
        "testbed.announce('a scenario that asks for nothing')",
        "testbed.announce('features/a.feature::b::esme')",
        "testbed.add_cpl_entry(ENTRY)",
        "testbed.provide_device(ESME)",
        "testbed.announce('features/a.feature::b::gsme')",
        "testbed.run_firmware(DEVICE, '0000ABCD')",
    )
    headed = []
    for answer in ("", DEVICE, ""):
        headed.append(terminal.until(PROMPT))
        terminal.type(answer)

    assert terminal.ends() == 0
    assert "nothing" not in terminal.read
    assert "== features/a.feature::b::esme\n\n[1] Add" in headed[0].replace("\r", "")
    assert "==" not in headed[1]
    assert "== features/a.feature::b::gsme\n\n[3] Make" in headed[2].replace("\r", "")


def test_an_answer_that_makes_no_sense_is_asked_again(person: Callable[..., OnTerminal]) -> None:
    terminal = person(
        "assert testbed.provide_device(ESME).device_id == DEVICE", "testbed.run_firmware(DEVICE, '0000ABCD')"
    )
    terminal.until(PROMPT)
    terminal.type("00-DB-12")
    assert "not an EUI-64" in terminal.until(PROMPT)
    terminal.type(DEVICE)
    terminal.until(PROMPT)
    terminal.type("canot")
    again = terminal.until(PROMPT)
    terminal.type("")

    assert "expected Enter alone, 'cannot' or 'stop', got 'canot'" in again
    assert "[3]" not in again
    assert terminal.ends() == 0


def test_what_cannot_be_done_is_told_with_the_reason_and_the_run_goes_on(
    person: Callable[..., OnTerminal],
) -> None:
    terminal = person(
        "expect(NotDoneByHand, lambda: testbed.run_firmware(DEVICE, '0000ABCD'))",
        "testbed.add_cpl_entry(ENTRY)",
    )
    terminal.until(PROMPT)
    terminal.type("Cannot: the emulator has no such image")
    told = terminal.until(PROMPT)
    terminal.type("")

    assert "run firmware 0000ABCD: the emulator has no such image" in told
    assert terminal.ends() == 0


def test_after_stop_nothing_more_is_asked(person: Callable[..., OnTerminal]) -> None:
    terminal = person(
        "expect(StoppedByHand, lambda: testbed.add_cpl_entry(ENTRY))",
        "expect(StoppedByHand, lambda: testbed.provide_device(ESME))",
    )
    terminal.until(PROMPT)
    terminal.type("stop")

    assert terminal.ends() == 0
    assert terminal.read.count("[") == 1
    assert terminal.read.count("<StoppedByHand") == 2


def test_a_person_who_goes_away_has_stopped(person: Callable[..., OnTerminal]) -> None:
    terminal = person(
        "import signal, os; signal.signal(signal.SIGHUP, signal.SIG_IGN)",
        "try: testbed.add_cpl_entry(ENTRY)",
        "except StoppedByHand: os._exit(7)",
    )
    terminal.until(PROMPT)
    terminal.hang_up()

    assert terminal.ends() == 7


def test_what_a_person_does_not_do_is_not_even_asked(person: Callable[..., OnTerminal]) -> None:
    terminal = person("expect(MissingCapability, lambda: testbed.commands(DEVICE))")

    assert terminal.ends() == 0
    assert "<MissingCapability: " in terminal.read
    assert "[1]" not in terminal.read


def test_instructions_of_several_threads_come_one_after_the_other(
    person: Callable[..., OnTerminal],
) -> None:
    terminal = person(
        "from concurrent.futures import ThreadPoolExecutor",
        "with ThreadPoolExecutor(4) as pool:",
        "    list(pool.map(lambda _: testbed.add_cpl_entry(ENTRY), range(4)))",
    )
    for number in range(1, 5):
        asked = terminal.until(PROMPT)
        assert asked.count("Press Enter") == 1
        assert f"[{number}]" in asked
        terminal.type("")

    assert terminal.ends() == 0


def test_without_a_terminal_the_configuration_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SETUP + "    pass"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )

    assert "expected a terminal for the driver 'manual', found none" in done.stderr
