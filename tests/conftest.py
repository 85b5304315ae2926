from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dsp_conformance.base.published import schema_text
from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.record.run import Run
from dsp_conformance.record.scenario_record import ScenarioIdentity, ScenarioRecord
from dsp_conformance.running.opening import Opener
from dsp_conformance.running.session import identity_of
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsp_conformance.scenario.conformance_run import ConformanceRun

pytest_plugins = ["pytester", "tests.small_suite"]

_REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published schemas, vectors and samples, which stands beside the repository, not in it."""
    folder = _REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            "needs the published samples, which are not part of the project: no folder ../shared/data"
        )
    return folder


@pytest.fixture(scope="session")
def stub_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConformanceRun]:
    """A run against the bundled stub, in a process of its own."""
    target = Target.bundled_stub()
    run = Run(
        identity_of(target, None, root=_REPOSITORY),
        Ledger.load(_REPOSITORY / "features" / "requirements.toml"),
    )
    with StubProcess() as stub, Opener(target, run, tmp_path_factory.mktemp("run")).opened(stub) as opened:
        yield opened


@pytest.fixture
def stage(stub_run: ConformanceRun) -> Stage:
    """A stage as scenarios get it, with nothing on it yet and the bundled stub behind it."""
    identity = ScenarioIdentity("a", "a", "a.feature", "A feature", "", "A scenario", {}, ())
    return Stage(stub_run, Traffic(stub_run, ScenarioRecord(identity, "a.py::a", [])))


@pytest.fixture(scope="session")
def read_results() -> Callable[[Path], dict[str, Any]]:
    """Reads the results.json of a folder, which has to be as the published schema says."""
    validator = Draft202012Validator(json.loads(schema_text("results")))

    def read(folder: Path) -> dict[str, Any]:
        results: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        flaws = [f"{flaw.json_path}: {flaw.message[:300]}" for flaw in validator.iter_errors(results)]
        assert not flaws, flaws
        return results

    return read


_LAUNCHER = (
    "import fcntl, os, sys, termios; "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class OnTerminal:
    """A program at a terminal of its own, and the person in front of it.

    What the program prints on its standard output goes elsewhere, as under a captured run: what the person
    reads was written to the terminal itself.
    """

    def __init__(self, command: list[str], output: Path, **variables: str) -> None:
        self._master, slave = pty.openpty()
        with output.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _LAUNCHER, *command],
                stdin=slave,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                cwd=_REPOSITORY,
                env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | variables,
            )
        os.close(slave)
        self.read = ""
        self._shown = 0

    def until(self, ending: str) -> str:
        """Read up to these words, or to the end of the program, and return what came since the last."""
        while (place := self.read.find(ending, self._shown)) < 0:
            try:
                chunk = os.read(self._master, 65_536)
            except OSError:  # nobody holds the other end any more
                chunk = b""
            if not chunk:
                rest, self._shown = self.read[self._shown :], len(self.read)
                return rest
            self.read += chunk.decode().replace("\r\n", "\n")
        new, self._shown = self.read[self._shown : place + len(ending)], place + len(ending)
        return new

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def hang_up(self) -> None:
        os.close(self._master)
        self._master = -1

    def ends(self) -> int:
        """Wait for the program to end and return its exit code."""
        if self._master >= 0:
            self.until("\0")
        return self.process.wait(60)

    def close(self) -> None:
        if self._master >= 0:
            os.close(self._master)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def at_terminal(tmp_path: Path) -> Iterator[Callable[..., OnTerminal]]:
    """Start programs at terminals of their own."""
    started: list[OnTerminal] = []

    def start(*command: str, **variables: str) -> OnTerminal:
        output = tmp_path / f"terminal-{len(started)}.out"
        started.append(OnTerminal([sys.executable, *command], output, **variables))
        return started[-1]

    yield start
    for each in started:
        each.close()
