"""Makes the sample reports anew: `python docs/sample/make.py`."""  # noqa: INP001 - a program, no package

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from dsp_conformance.record import journal
from dsp_conformance.report.page.writing import write_page

_HERE = Path(__file__).parent
_KINDS = {"stub": (), "before-mp105": ("--before-mp105",)}


def main() -> None:
    """Run the suite against the reference DSP as it is and as it was, as a whole and in a selection."""
    for name, options in _KINDS.items():
        with tempfile.TemporaryDirectory() as made:
            whole, part = Path(made, "whole"), Path(made, "part")
            _run(whole, *options)
            results = json.loads((whole / "results.json").read_text(encoding="utf-8"))
            _run(part, *options, *(f"--scenario={one}" for one in _one_for_each_requirement(results)))
            shutil.copy(whole / "front-page.pdf", _HERE / f"{name}-front-page.pdf")
            alone = Path(made, "alone")  # a page links to the outputs beside it, which are not kept here
            alone.mkdir()
            write_page(journal.read(part / journal.NAME), alone)
            shutil.copy(alone / "index.html", _HERE / f"{name}-selection.html")


def _run(folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "dsp_conformance", "run", "--reports", str(folder), *options]
    subprocess.run([*command, "--operator", "Sample"], check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - ours


def _one_for_each_requirement(results: dict[str, Any]) -> list[str]:
    """The scenarios with the fewest exchanges that between them are about every requirement."""
    chosen: list[str] = []
    covered: set[str] = set()
    for one in sorted(results["scenarios"], key=lambda one: (_exchanges(one), one["id"])):
        if not covered.issuperset(one["requirements"]):
            covered.update(one["requirements"])
            chosen.append(one["id"])
    return chosen


def _exchanges(scenario: dict[str, Any]) -> int:
    return sum(len(step["exchanges"]) for step in scenario["steps"])


if __name__ == "__main__":
    main()
