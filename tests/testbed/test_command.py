"""The driver for programs: what it hands to them, what it takes from them, and what goes wrong with them."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceType
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.testbed import Capability, CplEntry, DeviceSpec, MissingCapability, TestbedRefused
from dsp_conformance.testbed.command import CommandTestbed
from dsp_conformance.testbed.errors import TestbedAnswerUnusable, TestbedError, TestbedProgramFailed
from dsp_conformance.testbed.settings import CommandSettings

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
ENTRY = CplEntry(DeviceType.ESME, "106C", "433100AC", "0123ABCD")
EXAMPLE = Path(__file__).parents[2] / "examples" / "testbed-program" / "testbed.py"
ABLE = f"""
import json, os, sys, time
asked = json.load(sys.stdin)
if asked["operation"] == "capabilities":
    print(json.dumps({{"capabilities": {[each.value for each in Capability if each != "deliver-locally"]},
                       "dsp": {{"name": "paper DSP", "version": "1"}}}}))
    sys.exit(0)
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., CommandTestbed]:
    """Makes a testbed of a program that answers what it can do, and then does as the text says."""

    def make(text: str, *arguments: str, timeout: float = 30, one_at_a_time: bool = False) -> CommandTestbed:
        program = tmp_path / "testbed.py"
        program.write_text(f"#!{sys.executable} -IS\n{ABLE}\n{text}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        command = (str(program), *arguments)
        return CommandTestbed(CommandSettings(command, tmp_path, timeout, one_at_a_time))

    return make


def test_a_program_is_called_in_its_folder_with_its_arguments_and_the_operation(
    make: Callable[..., CommandTestbed], tmp_path: Path
) -> None:
    testbed = make("json.dump([asked, sys.argv[1:]], open('seen.json', 'w'))", "--lab", "no. 3")

    testbed.set_cpl_status("7/a b", CplStatus.WITHDRAWN)

    asked, arguments = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert asked == {"operation": "set-cpl-status", "about": "7/a b", "body": {"status": "Withdrawn"}}
    assert arguments == ["--lab", "no. 3", "set-cpl-status"]


def test_what_a_program_prints_is_read_as_an_answer_of_the_control_api(
    make: Callable[..., CommandTestbed],
) -> None:
    testbed = make(f"print(json.dumps({{'device_id': '{DEVICE}'}}))")

    provided = testbed.provide_device(DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD"))

    assert provided.device_id == DEVICE
    assert testbed.dsp.name == "paper DSP"


def test_a_refusal_carries_its_reason(make: Callable[..., CommandTestbed]) -> None:
    testbed = make("print(json.dumps({'title': 'no such entry', 'detail': '7'})); sys.exit(10)")

    with pytest.raises(TestbedRefused) as caught:
        testbed.remove_cpl_entry("7")

    assert "no such entry: 7" in str(caught.value)
    assert "exit code 10" in str(caught.value)
    assert caught.value.operation == "remove the CPL entry 7"


def test_a_refusal_in_words_is_told_in_these_words(make: Callable[..., CommandTestbed]) -> None:
    with pytest.raises(TestbedRefused, match="not on a Sunday"):
        make("sys.exit(print('not on a Sunday', file=sys.stderr) or 10)").remove_cpl_entry("7")


def test_what_is_not_offered_is_a_missing_capability(make: Callable[..., CommandTestbed]) -> None:
    with pytest.raises(MissingCapability) as caught:
        make("sys.exit(11)").run_firmware(DEVICE, "0000ABCD")

    assert caught.value.capability is Capability.CONTROL_DEVICE


def test_what_it_never_offered_is_not_even_tried(make: Callable[..., CommandTestbed], tmp_path: Path) -> None:
    testbed = make("open('tried', 'w')")

    with pytest.raises(MissingCapability):
        testbed.deliver_locally(DEVICE, b"command")

    assert not (tmp_path / "tried").exists()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("raise RuntimeError('no lab today')", "exit code 1"),
        ("sys.exit(12)", "exit code 12"),
        ("os.kill(os.getpid(), 9)", "signal 9"),
        ("print('x' * 2_000_000)", "more than 1048576 octets"),
    ],
)
def test_a_program_that_breaks_down_is_trouble_with_its_cause(
    make: Callable[..., CommandTestbed], text: str, cause: str
) -> None:
    with pytest.raises(TestbedProgramFailed) as caught:
        make(text).remove_cpl_entry("7")

    assert cause in caught.value.cause
    assert "remove the CPL entry 7" in str(caught.value)
    assert "testbed.py" in str(caught.value)


def test_what_a_program_says_on_its_standard_error_is_shown_within_bounds(
    make: Callable[..., CommandTestbed],
) -> None:
    text = "sys.stderr.write('\\x1b[2J' + 'x' * 500_000 + ' the lab is on fire'); sys.exit(1)"

    with pytest.raises(TestbedProgramFailed) as caught:
        make(text).remove_cpl_entry("7")

    assert str(caught.value).endswith("the lab is on fire")
    assert len(str(caught.value)) < 1500
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("printed", ["", "<html/>", "[]", '{"cpl_entry": "7"}'])
def test_an_answer_that_makes_no_sense_is_told_with_the_program(
    make: Callable[..., CommandTestbed], printed: str
) -> None:
    with pytest.raises(TestbedAnswerUnusable, match=r"testbed\.py"):
        make(f"print({printed!r})").add_cpl_entry(ENTRY)


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(
    make: Callable[..., CommandTestbed], tmp_path: Path
) -> None:
    # The program and its child would go on for ten minutes; the pipe closes when both have been ended.
    os.mkfifo(tmp_path / "open-while-alive")
    text = (
        "import subprocess\n"
        "kept = open('open-while-alive', 'w')\n"
        "subprocess.Popen(['sleep', '600'], pass_fds=[kept.fileno()])\n"
        "print('waiting for the lab', file=sys.stderr, flush=True)\n"
        "time.sleep(600)"
    )
    ended = threading.Event()

    def watch() -> None:
        with (tmp_path / "open-while-alive").open("rb") as reader:
            reader.read()  # until nobody holds the other end
        ended.set()

    testbed = make(text, timeout=3)
    _ = testbed.capabilities
    threading.Thread(target=watch, daemon=True).start()
    with pytest.raises(TestbedProgramFailed) as caught:
        testbed.remove_cpl_entry("7")

    assert "within 3 s" in caught.value.cause
    assert caught.value.said == "waiting for the lab"
    assert ended.wait(30)


def test_a_program_that_reads_nothing_is_not_waited_for(make: Callable[..., CommandTestbed]) -> None:
    make("pass").remove_cpl_entry("x" * 500_000)


@pytest.mark.parametrize("command", ["/nowhere/testbed.py", "/etc/hostname", "/"])
def test_a_program_that_cannot_be_started_is_told(command: str, tmp_path: Path) -> None:
    with pytest.raises(TestbedProgramFailed, match="could not be started"):
        _ = CommandTestbed(CommandSettings((command,), tmp_path)).capabilities


def _in_threads(testbed: CommandTestbed, entries: str) -> list[str]:
    """Remove entries all at once, and return what went wrong."""
    troubles: list[str] = []

    def remove(entry: str) -> None:
        try:
            testbed.remove_cpl_entry(entry)
        except TestbedError as error:
            troubles.append(str(error))

    _ = testbed.capabilities
    threads = [threading.Thread(target=remove, args=(each,)) for each in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return troubles


def test_a_program_may_run_several_times_at_the_same_time(make: Callable[..., CommandTestbed]) -> None:
    # Each call ends when the other one has begun.
    text = (
        "open(asked['about'], 'w').close()\n"
        "while not (os.path.exists('a') and os.path.exists('b')): time.sleep(0.005)"
    )

    assert _in_threads(make(text), "ab") == []


def test_a_program_may_be_kept_from_running_twice_at_the_same_time(
    make: Callable[..., CommandTestbed],
) -> None:
    # Each call takes long enough for another one to fall into it, and fails if it does.
    text = "open('busy', 'x').close(); time.sleep(0.02); os.remove('busy')"

    assert _in_threads(make(text, one_at_a_time=True), "abcd") == []


def test_the_example_program_drives_a_stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StubProcess() as stub:
        monkeypatch.setenv("TESTBED_URL", stub.control_url)
        testbed = CommandTestbed(CommandSettings((str(EXAMPLE),), tmp_path))

        entry = testbed.add_cpl_entry(ENTRY)
        device = testbed.provide_device(DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD"))
        testbed.set_cpl_status(entry, CplStatus.CANCELLED)

        assert device.gbcs_signing_certificate is not None
        assert testbed.commands(device.device_id) == ()
        with pytest.raises(TestbedRefused, match="exit code 10"):
            testbed.remove_cpl_entry("nobody's")
        monkeypatch.setenv("TESTBED_URL", "http://127.0.0.1:1")
        with pytest.raises(TestbedError, match="no answer from"):
            testbed.remove_cpl_entry(entry)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "set the environment variable TESTBED_URL"),
        (
            {"TESTBED_URL": "https://127.0.0.1:1", "TESTBED_CA": "no.pem"},
            "TESTBED_CA, TESTBED_CERT.* relative to",
        ),
    ],
)
def test_the_example_program_says_what_its_environment_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str
) -> None:
    for name in ("TESTBED_URL", "TESTBED_CA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TestbedError, match=told):
        CommandTestbed(CommandSettings((str(EXAMPLE),), tmp_path)).remove_cpl_entry("7")
