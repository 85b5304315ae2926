"""The command line as a person meets it, on a checkout of its own that a test may spoil."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_PARTS = ("conftest.py", "pyproject.toml", "features", "steps", "fixtures", "src")


@dataclass(frozen=True)
class Checkout:
    """A copy of the suite with everything that a run needs."""

    root: Path

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dsp_conformance", *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root / "src")},
        )

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the first `old` in a file by `new`."""
        file = self.root / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for part in _PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    return Checkout(tmp_path)
