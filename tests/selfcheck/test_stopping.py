"""A run against a violation ends when the violation is killed, and says so to nobody as a fault."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import sys
from dsp_conformance.cli.features import run_features
from dsp_conformance.cli.usage import suite_root
from dsp_conformance.selfcheck.stopping import Enough
sys.exit(run_features(
    suite_root(),
    [
        "--before-mp105",
        "--results-only",
        "--reports=" + sys.argv[1],
        "-k",
        "tells_its_firmware and not however",
    ],
    plugins=[Enough(sys.argv[2:])],
))
"""


def _run(folder: Path, *sought: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(folder), *sought],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        cwd=ROOT,
    )
    results: dict[str, object] = json.loads((folder / "results.json").read_text())
    assert not results["suite_errors"], done.stdout + done.stderr
    return results


def _requirements(results: dict[str, object]) -> list[str]:
    assert isinstance(results["scenarios"], list)
    return [name for one in results["scenarios"] for name in one["requirements"]]


def test_what_is_found_ends_the_run_and_what_is_not_does_not(tmp_path: Path) -> None:
    # Before MP105, neither an ESME (MP105-01) nor a GSME (MP105-02) could be read while Suspended.
    assert _requirements(_run(tmp_path, "MP105-01")) == ["MP105-01"]
    assert _requirements(_run(tmp_path, "MP105-01", "MP105-02")) == ["MP105-01", "MP105-02"]
    assert _requirements(_run(tmp_path, "BASE-01")) == ["MP105-01", "MP105-02"]
