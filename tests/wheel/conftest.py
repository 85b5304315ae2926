"""The wheel, built for real, and an environment that holds it and what it declares to need, nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Installed:
    """An environment into which the wheel was installed.

    Attributes:
        program: the command `dsp-conformance` there.
        packages: its site-packages.
    """

    program: Path
    packages: Path

    @property
    def python(self) -> Path:
        return self.program.with_name("python")

    def run(self, *arguments: object, cwd: Path, **added: str) -> subprocess.CompletedProcess[str]:
        """Run the program in a folder, with nothing of the checkout in reach."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))
        }
        return subprocess.run(
            [self.program, *map(str, arguments)],
            cwd=cwd,
            env=kept | added,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built("wheel", tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built("sdist", tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What is declared to be needed is linked to, not downloaded; what only tests need is not there."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        requires = _metadata(archive)
    for found in _needed(requires):
        _link(found, packages)
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
    )
    return Installed(folder / "bin" / "dsp-conformance", packages)


def _built(target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.iterdir()
    return built


def _metadata(archive: zipfile.ZipFile) -> list[str]:
    (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
    lines = archive.read(name).decode().splitlines()
    return [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]


def _needed(requires: list[str]) -> Iterator[Distribution]:
    """What these requirements lead to, extras left out; what is for other platforms is not installed here."""
    waiting, seen = list(requires), set[str]()
    while waiting:
        requirement = waiting.pop()
        named = _NAME.match(requirement)
        if named is None or "extra ==" in requirement or named[0].lower() in seen:
            continue
        seen.add(named[0].lower())
        try:
            found = distribution(named[0])
        except PackageNotFoundError:
            continue
        yield found
        waiting += found.requires or []


def _link(found: Distribution, packages: Path) -> None:
    tops = {Path(file).parts[0] for file in found.files or () if not Path(file).is_absolute()}
    for top in tops - {"..", "__pycache__"}:
        link = packages / top
        if not link.exists():
            link.symlink_to(Path(str(found.locate_file(top))))
