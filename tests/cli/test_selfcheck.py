"""`selfcheck`: a handful of deviations from end to end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _selfcheck(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dsp_conformance", "selfcheck", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        cwd=ROOT,
    )


def test_violations_are_killed_and_two_at_once_too(tmp_path: Path) -> None:
    names = ("read-esme-kept-back", "unsigned-taken", "credentials-kept-back+top-up-kept-back")
    done = _selfcheck("--output", tmp_path, *(part for name in names for part in ("--deviation", name)))
    assert done.returncode == 0, done.stdout + done.stderr
    matrix = json.loads((tmp_path / "matrix.json").read_text())
    assert [one["id"] for one in matrix["deviations"]] == [*names]
    assert {one["judgement"] for one in matrix["deviations"]} == {"killed for the right requirement"}
    assert matrix["deviations"][2]["together"] == ["credentials-kept-back", "top-up-kept-back"]
    assert "expected: the request accepted, I0 or I99; found: E51" in done.stdout
    assert (tmp_path / "matrix.html").read_text().startswith("<!DOCTYPE html>")


def test_an_unknown_deviation_is_refused_with_the_nearest_spelling() -> None:
    done = _selfcheck("--deviation", "read-esme-kept-bak")
    assert done.returncode == 2
    assert "Did you mean read-esme-kept-back" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_stub_refuses_an_unknown_deviation() -> None:
    command = [sys.executable, "-m", "dsp_conformance", "stub", "serve", "--deviation", "unsigned-takn"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "unsigned-taken" in done.stderr
