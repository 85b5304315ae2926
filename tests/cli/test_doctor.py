"""`doctor`: what it prints and with which exit code it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def _doctor(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dsp_conformance", "doctor", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        cwd=cwd,
    )


def test_the_bundled_stub_is_in_good_health(tmp_path: Path) -> None:
    done = _doctor("--json", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ready"] is True
    assert {one["id"]: one["status"] for one in told["checks"]} == dict.fromkeys(
        (one["id"] for one in told["checks"]), "ok"
    )
    assert [one["id"] for one in told["checks"]][:3] == ["target-file", "schema", "keys"]
    assert " 0 not testable" in told["checks"][-1]["found"]
    assert list(tmp_path.iterdir()) == []


def test_errors_end_it_with_2_and_say_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text('[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:9"\n', encoding="utf-8")

    done = _doctor("--target", file, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == ""
    _, *rest = done.stdout.splitlines()
    unbroken = "".join(done.stdout.split())  # a long path goes over several lines
    assert unbroken.startswith(f"oktargetfile:{file}")
    assert any(
        line.startswith("ERROR     TCP connections: [testbed] url (http://127.0.0.1:9)") for line in rest
    )
    assert any("-> See that the program runs there" in line for line in rest)
    assert any(line.startswith("skipped   SR8.2 round trip: not looked at: it builds upon") for line in rest)
    assert rest[-1].startswith("doctor: ")
    assert "1 error" in rest[-1]


def test_a_rejection_code_that_is_none_is_an_error_of_the_target(tmp_path: Path) -> None:
    done = _doctor("--rejection-code", "E052", cwd=tmp_path)

    assert done.returncode == 2
    assert "ERROR     target file: --rejection-code: expected a DUIS response code" in done.stdout
    assert "did you mean 'E52'?" in done.stdout
