"""The core story through each testbed driver: a Suspended meter is restored by reading its firmware."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.testbed import ControlApiTestbed, CplEntry, DeviceSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.conftest import OnTerminal
    from tests.suite.conftest import FinishedRun
    from tests.suite.drivers.conftest import CoreStory, Site

EXAMPLE = Path(__file__).parents[3] / "examples" / "testbed-program" / "testbed.py"


def test_through_the_control_api(
    core_story: CoreStory,
    run_some: Callable[..., FinishedRun],
    serve_stub: Callable[..., str],
    tmp_path: Path,
) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{serve_stub()}"\n[profile]\nsilence_seconds = 0.5\n',
        encoding="utf-8",
    )

    assert core_story.passed(run_some(core_story.select, f"--target={file}"))


def test_through_a_program_that_two_workers_call(
    core_story: CoreStory,
    run_some: Callable[..., FinishedRun],
    serve_stub: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TESTBED_URL", serve_stub())
    file = tmp_path / "target.toml"
    file.write_text(
        f'[testbed]\ndriver = "command"\ncommand = ["{sys.executable}", "{EXAMPLE}"]\n'
        "[profile]\nsilence_seconds = 0.5\n",
        encoding="utf-8",
    )

    assert core_story.passed(run_some(core_story.select, f"--target={file}", "-n2"))


def test_through_the_example_program_over_tls_with_client_certificates(
    core_story: CoreStory,
    run_some: Callable[..., FinishedRun],
    serve_stub: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TESTBED_URL", serve_stub("--tls", str(tmp_path), "--mutual-tls"))
    files = {"CA": "root.pem", "CERTIFICATE": "tls/suite.pem", "KEY": "tls/suite.key.pem"}
    for name, file in files.items():
        monkeypatch.setenv(f"TESTBED_{name}", str(tmp_path / file))
    made = (tmp_path / "target.toml").read_text(encoding="utf-8")
    own = made.partition("[testbed]")[2].partition("[tls]")[2]
    target = tmp_path / "program.toml"
    command = f'["{sys.executable}", "{EXAMPLE}"]'
    target.write_text(f'[testbed]\ndriver = "command"\ncommand = {command}\n[tls]{own}', encoding="utf-8")

    assert core_story.passed(run_some(core_story.select, f"--target={target}"))


def test_a_program_that_fails_leaves_the_run_inconclusive_with_what_it_said(
    core_story: CoreStory,
    run_some: Callable[..., FinishedRun],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TESTBED_URL", "http://127.0.0.1:1")
    file = tmp_path / "target.toml"
    command = f'["{sys.executable}", "{EXAMPLE}"]'
    file.write_text(f'[testbed]\ndriver = "command"\ncommand = {command}\n', encoding="utf-8")

    finished = run_some(core_story.select, f"--target={file}")

    assert finished.exit_code == 3, finished.output
    for scenario in finished.results["scenarios"]:
        (reason,) = scenario["reasons"]
        assert "no answer from http://127.0.0.1:1" in reason["found"]
        assert scenario["attribution"] == "precondition or testbed"


@dataclass
class Person:
    """Does at a stub's testbed what the terminal says, and goes on until nothing more is asked."""

    testbed: ControlApiTestbed
    entries: dict[str, str] = field(default_factory=dict)

    def work(self, terminal: OnTerminal) -> int:
        while "'stop':" in (asked := terminal.until("'stop':")):
            terminal.type(self._do(" ".join(asked.split())))
        return terminal.ends()

    def _do(self, asked: str) -> str:
        named = r"ESME, manufacturer (\w+), model (\w+), firmware version (\w+)\."
        if found := re.search(rf"Add an entry to the CPL, with status Active: ({named})", asked):
            entry = CplEntry(DeviceType.ESME, found[2], found[3], found[4])
            self.entries[found[1]] = self.testbed.add_cpl_entry(entry)
        elif found := re.search(rf"Remove this entry from the CPL: ({named})", asked):
            self.testbed.remove_cpl_entry(self.entries[found[1]])
        elif found := re.search(r"Make the ESME (\S+) run firmware (\w+) itself", asked):
            self.testbed.run_firmware(Eui64.parse(found[1]), found[2])
        else:
            found = re.search(
                r"manufacturer (\w+) model with hardware version (\w+) firmware version (\w+) "
                r"firmware that the Device itself runs (\w+)",
                asked,
            )
            assert found, asked
            # What the inventory records and what the Device runs are the same to begin with.
            status = DeviceStatus(re.findall(r"status (\w+) manufacturer", asked)[0])
            spec = DeviceSpec(DeviceType.ESME, found[1], found[2], found[3], found[4], status)
            return str(self.testbed.provide_device(spec).device_id)
        return ""


def test_through_a_person_at_the_terminal(
    core_story: CoreStory,
    site: Site,
    at_terminal: Callable[..., OnTerminal],
    ended: Callable[[int, Path], FinishedRun],
    tmp_path: Path,
) -> None:
    target = site.target('driver = "manual"')
    reports = tmp_path / "reports"
    options = [f"--scenario={core_story.id}", f"--target={target}", f"--reports={reports}"]

    code = Person(site.testbed).work(terminal := at_terminal("-m", "dsp_conformance", "run", *options))

    assert "[10] " in terminal.read
    assert f"== {core_story.id}" in terminal.read
    assert "What was made for it and may go now" in terminal.read
    assert core_story.passed(ended(code, reports))


def test_a_person_who_stops_leaves_the_run_inconclusive(
    site: Site, at_terminal: Callable[..., OnTerminal], tmp_path: Path
) -> None:
    target = site.target('driver = "manual"')
    options = ["-k", "gas_meter_returns", f"--target={target}", f"--reports={tmp_path / 'reports'}"]
    terminal = at_terminal("-m", "pytest", "features", "-p", "no:cacheprovider", *options)

    terminal.until("'stop':")
    terminal.type("cannot: no lab today")
    terminal.until("'stop':")
    terminal.type("stop")

    assert terminal.ends() == 3


def test_a_person_is_not_asked_by_several_workers(site: Site, run_whole: Callable[..., FinishedRun]) -> None:
    target = site.target('driver = "manual"')

    finished = run_whole(f"--target={target}", "-n2")

    assert finished.exit_code == 2
    assert "a driver that several workers can share" in finished.output
    assert "Run without -n" in finished.output


def test_without_a_terminal_a_person_cannot_be_asked(site: Site, tmp_path: Path) -> None:
    target = site.target('driver = "manual"')

    done = subprocess.run(
        [sys.executable, "-m", "dsp_conformance", "run", f"--target={target}", f"--reports={tmp_path / 'r'}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )

    assert done.returncode == 2
    assert "expected a terminal for the driver 'manual'" in done.stderr
    assert "Traceback" not in done.stderr
