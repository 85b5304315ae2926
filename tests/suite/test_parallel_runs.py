"""Runs on several workers against one stub with one receiver: the same verdicts, and nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.pki import EphemeralPki

Start = Callable[..., Any]

ROOT = Path(__file__).parents[2]
MIXED = "meter_tells or 4.1 or sr8.2 or read_about"
USER = "90-B3-D5-1F-30-01-00-00"
ROUNDING = 2
"""Milliseconds by which times in a journal may be off."""
SHUFFLES = """
import os, random

def pytest_collection_modifyitems(items):
    random.Random(int(os.environ["SHUFFLED_WITH"])).shuffle(items)
"""
DIES = """
import os

def pytest_runtest_call(item):
    if "esme-4.1.1" in item.nodeid and hasattr(item.config, "workerinput"):
        os._exit(9)
"""


def target_file(folder: Path, control_url: str, more: str = "") -> Path:
    path = folder / "target.toml"
    path.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n'
        f"[profile]\nsilence_seconds = 0.2\n{more}\n",
        encoding="utf-8",
    )
    return path


def plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Write a plugin of pytest that a run is given with `-p extra`."""
    (folder / "extra.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")


def verdicts(run: Any) -> dict[str, tuple[str, dict[str, str]]]:
    """What each scenario says, by its id."""
    return {one["id"]: (one["verdict"], one["requirement_verdicts"]) for one in run.results["scenarios"]}


def histories(run: Any) -> set[tuple[str, str, str]]:
    """Name, history id and status of each Allure result."""
    files = (run.folder / "allure-results").glob("*-result.json")
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    assert len(found) == len(run.results["scenarios"])
    return {(one["fullName"], one["historyId"], one["status"]) for one in found}


def processes_of(session: int) -> list[str]:
    """The command lines of all processes that still run in a session of the operating system."""
    command = ["ps", "-o", "args=", "--sid", str(session)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def test_verdicts_and_history_do_not_depend_on_workers_or_order(
    run_some: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(tmp_path, monkeypatch, SHUFFLES)
    monkeypatch.setenv("SHUFFLED_WITH", "1")
    alone = run_some(MIXED, "--before-mp105")
    together = run_some(MIXED, "--before-mp105", "-n2")
    shuffled = run_some(MIXED, "--before-mp105", "-n2", "-p", "extra")
    assert alone.exit_code == together.exit_code == shuffled.exit_code == 1
    assert {verdict for verdict, _ in verdicts(alone).values()} >= {"pass", "fail"}
    assert verdicts(together) == verdicts(alone)
    assert verdicts(shuffled) == verdicts(alone)
    assert histories(together) == histories(shuffled) == histories(alone)
    assert together.results["run"]["dsp"] == alone.results["run"]["dsp"]


def test_the_whole_suite_on_two_workers_finds_the_reference_dsp_conformant(run_whole: Start) -> None:
    run = run_whole("-n", "2")
    assert run.exit_code == 0, run.output
    assert run.requirements("pass") == {each["id"] for each in run.results["requirements"]}


def test_no_scenario_of_another_worker_is_under_way_while_one_restarts_the_dsp(run_some: Start) -> None:
    run = run_some("restart or meter_that_reports", "-n2")
    assert run.chosen_passed, run.output

    lines = [json.loads(line) for line in (run.folder / "journal.jsonl").read_text().splitlines()]
    restarts = [
        (line["process"], line["operation"]["at"], line["operation"]["milliseconds"])
        for line in lines
        if line["type"] == "testbed operation" and line["operation"]["name"] == "restart"
    ]
    begun = {line["scenario"]: line for line in lines if line["type"] == "scenario begun"}
    times = [
        (line["process"], begun[line["scenario"]]["at"], line["at"])
        for line in lines
        if line["type"] == "scenario ended"
    ]
    assert len(restarts) == 2
    under_way, before = [], 0
    for process, at, milliseconds in restarts:
        for other, begin, end in times:
            before += other != process and end <= at
            if other != process and begin + ROUNDING < at + milliseconds and at + ROUNDING < end:
                under_way.append((other, begin - at, end - at))
    assert before  # both workers had work to do
    assert under_way == []


def test_workers_share_the_service_users_of_a_target_file(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    pki = EphemeralPki.create()
    pki.write(tmp_path / "pki", [pki.service_user(Eui64.parse(USER))])
    files = {
        "certificate": "xml-signing.pem",
        "key": "xml-signing.key.pem",
        "gbcs_signing_certificate": "gbcs-signing.pem",
        "gbcs_signing_key": "gbcs-signing.key.pem",
        "gbcs_key_agreement_certificate": "gbcs-key-agreement.pem",
        "gbcs_key_agreement_key": "gbcs-key-agreement.key.pem",
    }
    lines = [f'{field} = "pki/users/{USER}/{name}"' for field, name in files.items()]
    users = "\n".join(["[[users]]", f'eui = "{USER}"', 'roles = ["IS", "GS"]', *lines])
    target = target_file(tmp_path, serve_stub(), users)
    run = run_some("rejected and esme or restore", f"--target={target}", "-n3")
    assert run.chosen_passed, run.output
    counters = list((tmp_path / ".dsp-conformance-counters").glob("*.counter"))
    assert [path.stem for path in counters] == [USER]


def test_a_lost_worker_voids_the_run_and_its_scenario_is_no_pass(
    run_some: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(tmp_path, monkeypatch, DIES)
    run = run_some("rejected and 4.1", "-n2", "-p", "extra")
    assert run.exit_code == 4, run.output
    assert any("was lost" in error for error in run.results["suite_errors"])
    lost = [one for one in run.results["scenarios"] if one["row"]["id"] == "esme-4.1.1"]
    assert {one["verdict"] for one in lost} == {"error"}
    assert all("its worker process was lost" in one["reasons"][0]["what"] for one in lost)
    assert {status for name, _, status in histories(run) if name.endswith("esme-4.1.1")} == {"broken"}


def test_a_receiver_that_cannot_listen_ends_the_run_before_any_verdict(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        target = target_file(tmp_path, serve_stub(), f'[receiver]\nbind = "{bind}"')
        run = run_some("4.1.1", f"--target={target}", "-n2")
    assert run.exit_code == 2, run.output
    assert run.results["verdict"]["verdict"] == "could not start"
    assert run.results["scenarios"] == []
    assert f"receiver.bind = '{bind}'" in run.output


def test_a_testbed_that_does_not_answer_leaves_the_run_inconclusive(run_some: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    target = target_file(tmp_path, f"http://127.0.0.1:{port}/testbed/v1")
    run = run_some("suspended_electricity_meter_tells", f"--target={target}", "-n2")
    assert run.exit_code == 3, run.output
    assert run.requirements("inconclusive") == {"MP105-01"}
    assert "[testbed] url" in run.output


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes as Linux shows them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminated"])
def test_an_interrupted_run_leaves_no_process_and_no_pass_for_what_did_not_run(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "dsp_conformance", "run", "-n2", f"--reports={tmp_path}"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in jobs in the background
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    first = time.monotonic() + 60
    while not list(tmp_path.glob("allure-results/*-attachment.*")):  # until scenarios run
        assert time.monotonic() < first
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02)
    if number is signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    assert process.wait(30) == 4
    assert processes_of(process.pid) == []
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["verdict"]["verdict"] == "suite failed"
    assert any(error.startswith("not run: ") for error in results["suite_errors"])


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5", "257", ""])
def test_a_number_of_workers_that_cannot_be_is_refused(workers: str) -> None:
    command = [sys.executable, "-m", "dsp_conformance", "run", f"-n={workers}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "expected a number from 1 to 256 or 'auto'" in done.stderr
