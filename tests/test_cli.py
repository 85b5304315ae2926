"""The command line, as a person meets it: real processes, their output and their exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import dsp_conformance
from dsp_conformance.testbed import ControlApiTestbed, TestbedRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "dsp_conformance"]
ROOT = Path(__file__).parents[1]
SECONDS = 300


def _run(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        cwd=cwd,
        env=os.environ | environment,
    )


def _refused(*arguments: object) -> str:
    """What the command says when it cannot use what it was given: one message, exit code 2, no traceback."""
    done = _run(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[str]
    ready: dict[str, object]


@contextmanager
def _serving(*arguments: object) -> Iterator[Serving]:
    process = subprocess.Popen(
        [*COMMAND, "stub", "serve", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield Serving(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def some_file(tmp_path: Path) -> Path:
    file = tmp_path / "some file"
    file.write_text("something\n", encoding="utf-8")
    return file


# -- in general


@pytest.mark.parametrize("arguments", [[], ["run"], ["stub"], ["stub", "serve"]])
def test_every_command_explains_itself(arguments: list[str]) -> None:
    done = _run(*arguments, "--help")

    assert done.returncode == 0
    assert " ".join(["Usage: dsp-conformance", *arguments]) in done.stdout


def test_help_waits_for_none_of_the_large_libraries() -> None:
    large = {"cryptography", "lxml", "pydantic", "pytest", "requests", "rich", "starlette", "uvicorn"}
    program = f"import sys, dsp_conformance.cli; print({large} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "set()"


def test_the_version_is_that_of_the_package() -> None:
    assert _run("--version").stdout == f"dsp-conformance {version('dsp-conformance')}\n"


@pytest.mark.parametrize(
    "arguments", [["walk"], ["run", "--targt", "x"], ["run", "x"], ["stub", "serve", "--port", "x"]]
)
def test_what_no_command_knows_is_refused(arguments: list[str]) -> None:
    assert "Error: " in _refused(*arguments)


# -- run: what it cannot use


def test_a_target_file_that_is_not_there_is_told_before_anything_starts(tmp_path: Path) -> None:
    said = _refused("run", "--target", tmp_path / "none.toml", "--reports", tmp_path / "reports")

    assert str(tmp_path / "none.toml") in said
    assert not (tmp_path / "reports").exists()


def test_everything_wrong_with_a_target_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        '[dsp]\nbase_uri = "x"\n[testbed]\ndriver = "control-ap"\nurl = 7\n[schema]\nfolder = 7\n',
        encoding="utf-8",
    )

    said = _refused("run", "--target", file, "--reports", tmp_path)

    assert "3 problems" in said
    assert "did you mean 'base_url'?" in said
    assert "did you mean 'control-api'?" in said


def test_the_stub_as_it_was_is_no_option_for_another_target(some_file: Path) -> None:
    assert "--before-mp105" in _refused("run", "--target", some_file, "--before-mp105")


@pytest.mark.parametrize("inside", [".", "below"])
def test_a_reports_folder_that_is_a_file_is_told(inside: str, some_file: Path) -> None:
    said = _refused("run", "--reports", some_file / inside)

    assert "--reports" in said
    assert str(some_file) in said


def test_a_receiver_port_that_is_taken_is_told(tmp_path: Path, taken_port: int) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'[receiver]\nbind = "127.0.0.1:{taken_port}"\n'
        '[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:1"\n',
        encoding="utf-8",
    )

    said = _refused("run", "--target", file, "--reports", tmp_path)

    assert "[receiver] bind" in said
    assert str(taken_port) in said


def test_what_neither_target_file_nor_testbed_tells_is_told_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    with _terse_testbed() as url:
        file.write_text(f'[testbed]\ndriver = "control-api"\nurl = "{url}"\n', encoding="utf-8")
        said = _refused("run", "--target", file, "--reports", tmp_path)

    assert "4 problems" in said
    assert all(named in said for named in ("[dsp] base_url", "dcc_id", "signing_certificates", "[users]"))


@contextmanager
def _terse_testbed() -> Iterator[str]:
    """A testbed that tells no more than it has to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"capabilities": ["edit-cpl"], "dsp": {"name": "d", "version": "1"}}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_package_away_from_its_features_says_so(tmp_path: Path) -> None:
    package = Path(dsp_conformance.__file__).parent
    lone = tmp_path / "lib" / "python" / package.name
    shutil.copytree(package, lone)

    done = _run("run", cwd=tmp_path, PYTHONPATH=str(tmp_path / "lib" / "python"))

    assert done.returncode == 2
    assert str(lone / "base" / "bundled") in done.stderr
    assert "Traceback" not in done.stderr


# -- run: whole runs


def test_features_that_cannot_be_collected_are_the_suites_failure_and_told_why(tmp_path: Path) -> None:
    for name in ("src", "features", "steps", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "features" / "test_features.py").write_text("import no_such_module\n", encoding="utf-8")

    done = _run("run", "--reports", "results", cwd=tmp_path, PYTHONPATH=str(tmp_path / "src"))

    assert done.returncode == 4, done.stdout + done.stderr
    assert "No module named 'no_such_module'" in done.stderr
    assert "this run says nothing about the product" in done.stdout.replace("\n", " ")


def test_a_target_file_leads_to_a_dsp_that_somebody_else_started(tmp_path: Path) -> None:
    token = "not-to-be-seen-anywhere"
    (tmp_path / "token").write_text(token, encoding="ascii")
    with _serving("--token-file", tmp_path / "token", "--rejection-code", "E5") as serving:
        file = tmp_path / "target.toml"
        file.write_text(
            f'[dsp]\nname = "ACME"\nversion = "7"\n'
            f'[testbed]\ndriver = "control-api"\nurl = "{serving.ready["control_url"]}"\n'
            'token_env = "ACME_TOKEN"\n'
            '[profile]\nrejection_code = "E5"\nsilence_seconds = 1\n',
            encoding="utf-8",
        )
        done = _run("run", "--target", "target.toml", "--reports", "out", cwd=tmp_path, ACME_TOKEN=token)

    assert done.returncode == 0, done.stdout + done.stderr
    everything = [done.stdout.encode(), done.stderr.encode()]
    everything += [file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert any(b"ACME" in octets for octets in everything)
    assert all(token.encode() not in octets for octets in everything)
    assert list((tmp_path / "out" / "allure-results").glob("*-result.json"))


# -- stub serve


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_stub_tells_where_it_is_and_stops_cleanly(stop: signal.Signals) -> None:
    with _serving() as serving:
        assert serving.ready["pid"] == serving.process.pid
        with ControlApiTestbed(str(serving.ready["control_url"])) as testbed:
            assert testbed.dsp.duis_url == serving.ready["duis_url"]
        serving.process.send_signal(stop)
        _, said = serving.process.communicate(timeout=SECONDS)

    assert serving.process.returncode == 0
    assert said == ""


def test_the_stubs_options_reach_the_stub(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-enough-letters", encoding="ascii")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with _serving(
        *("--port", port),
        *("--token-file", tmp_path / "token"),
        *("--advertised-url", "http://stub.example:8079"),
    ) as serving:
        assert serving.ready["duis_url"] == "http://stub.example:8079"
        url = f"http://127.0.0.1:{port}/testbed/v1"
        with ControlApiTestbed(url) as stranger, pytest.raises(TestbedRefused) as caught:
            _ = stranger.capabilities
        assert caught.value.status == 401
        with ControlApiTestbed(url, "a-token-of-enough-letters") as testbed:
            assert testbed.dsp.duis_url == "http://stub.example:8079"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "70000"),
        ("--port", "-1"),
        ("--host", "256.0.0.1"),
        ("--host", "0.0.0.0"),
        ("--rejection-code", "E18"),
        ("--schema-folder", "no such folder"),
        ("--token-file", "no such file"),
        ("--max-message-size", "0"),
        ("--delivery-attempts", "0"),
    ],
)
def test_a_setting_that_the_stub_cannot_use_is_told_by_its_name(option: str, value: str) -> None:
    said = _refused("stub", "serve", option, value)

    assert option.removeprefix("--") in said
    assert value in said


def test_a_port_that_is_taken_is_told(taken_port: int) -> None:
    assert str(taken_port) in _refused("stub", "serve", "--port", taken_port)
