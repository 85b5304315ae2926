"""Runs of the whole suite as processes, and stubs for them to test."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
ReadResults = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True)
class FinishedRun:
    """What a run of the suite left behind."""

    exit_code: int
    output: str
    folder: Path
    read_results: ReadResults

    @cached_property
    def results(self) -> dict[str, Any]:
        """The content of results.json, which is as its schema says."""
        return self.read_results(self.folder)

    @property
    def chosen_passed(self) -> bool:
        """Whether all that applies of a selection passed: nothing but the selection keeps a verdict away."""
        applying = [each for each in self.results["scenarios"] if each["exclusion"] != "not applicable"]
        verdicts = {each["verdict"] for each in applying}
        return self.exit_code == 3 and verdicts == {"pass"} and not self.results["suite_errors"]

    def requirements(self, state: str) -> set[str]:
        """The ids of the requirements in that state, such as "pass"."""
        return {each["id"] for each in self.results["requirements"] if each["verdict"] == state}


Run = Callable[..., FinishedRun]


def finished(command: list[str], folder: Path, read_results: ReadResults, **added: str) -> FinishedRun:
    """Run a command of the suite to its end, with variables added to the environment."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    } | added
    process = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    return FinishedRun(process.returncode, process.stdout + process.stderr, folder, read_results)


@pytest.fixture(scope="session")
def run_whole(tmp_path_factory: pytest.TempPathFactory, read_results: ReadResults) -> Run:
    """Run every scenario through the command line."""

    def run(*arguments: str) -> FinishedRun:
        folder = tmp_path_factory.mktemp("run") / "reports"
        command = [sys.executable, "-m", "dsp_conformance", "run", f"--reports={folder}", *arguments]
        # Nothing in the environment can take scenarios out of a run that counts.
        return finished(command, folder, read_results, PYTEST_ADDOPTS="-k no_such_scenario")

    return run


@pytest.fixture(scope="session")
def run_some(tmp_path_factory: pytest.TempPathFactory, read_results: ReadResults) -> Run:
    """Run the scenarios that an expression of pytest's `-k` selects."""

    def run(select: str, *arguments: str) -> FinishedRun:
        folder = tmp_path_factory.mktemp("run") / "reports"
        command = [sys.executable, "-m", "pytest", "features", "-k", select, f"--reports={folder}"]
        return finished([*command, "-p", "no:cacheprovider", *arguments], folder, read_results)

    return run


@contextmanager
def _changed_testbed(control_url: str, change: Callable[[dict[str, Any]], None]) -> Iterator[str]:
    """Serve a testbed that is another one, but for what it says of itself."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_PUT(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def do_PATCH(self) -> None:
            self._pass_on()

        def do_DELETE(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
            url = f"{control_url}{self.path}"
            answer = requests.request(self.command, url, data=body, headers=kind, timeout=30)
            content = answer.content
            if self.path == "/capabilities":
                told = answer.json()
                change(told)
                content = json.dumps(told).encode()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


ChangedTestbed = Callable[[str, Callable[[dict[str, Any]], None]], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def changed_testbed() -> ChangedTestbed:
    """Serve a testbed that is another one, but for what a function makes of its capabilities."""
    return _changed_testbed


@pytest.fixture
def ended(read_results: ReadResults) -> Callable[[int, Path], FinishedRun]:
    """What a run left behind that a test started by itself: by its exit code and its folder."""
    return lambda code, folder: FinishedRun(code, "", folder, read_results)


@pytest.fixture
def serve_stub() -> Iterator[Callable[..., str]]:
    """Start stubs by hand, as somebody with a target file would; gives the control API's URL of each."""
    processes: list[subprocess.Popen[str]] = []

    def serve(*arguments: str) -> str:
        command = [sys.executable, "-m", "dsp_conformance", "stub", "serve", "--port", "0", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        return str(json.loads(process.stdout.readline())["control_url"])

    yield serve
    for process in processes:
        process.terminate()
        process.communicate(timeout=10)
