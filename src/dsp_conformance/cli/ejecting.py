"""Copies the suite's files out, for somebody who wants to extend them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.suite_files import MARKER, PARTS, PYTEST_INI, TESTING_EDITION
from dsp_conformance.base.suite_state import digests_of, files_of, fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.base.suite_files import Suite

__all__ = ["CannotEject", "eject"]

_README: Final = """\
# DSP conformance suite, ejected

Features, steps and fixtures of dsp-conformance {version}, copied by `dsp-conformance eject`. Run them with

    dsp-conformance run --suite {folder}

`dsp-conformance run` without `--suite` goes on using the program's own. Reports name every file that
differs from those of the program that runs them: a verdict of a changed suite is not one of that version.
Later versions of the program run this folder too, as long as they keep what `dsp_conformance.testing`
promises.
"""
_MARKER: Final = """\
# Shows dsp-conformance that this folder holds an ejected suite, and which edition of dsp_conformance.testing
# its steps are written for.
version = "{version}"
testing = {edition}
fingerprint = "{fingerprint}"
"""


class CannotEject(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """The files cannot be copied to where they were asked for.

    Attributes:
        folder: where that is.
        found: what is in the way.
    """

    def __init__(self, folder: Path, found: str) -> None:
        self.folder, self.found = folder, found
        super().__init__(folder, found)

    def __str__(self) -> str:
        return (
            f"{self.folder}: expected a folder that is empty or does not exist yet, found {self.found}. "
            "Name another one: what is there is never overwritten."
        )


def eject(suite: Suite, folder: Path, version: str) -> None:
    """Copy a suite into an empty folder, with a pytest configuration and a note on how it is run.

    The marker, by which the folder is known for an ejected suite, is written last.

    Args:
        suite: what is copied.
        folder: where to; made if missing.
        version: of the program.

    Raises:
        CannotEject: the folder holds something, or cannot be written to.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise CannotEject(folder, f"one that holds {next(folder.iterdir()).name}")
        for source in files_of(suite.root, PARTS):
            copy = folder / source.relative_to(suite.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        own_folder = "pythonpath = .\n"  # for `pytest features`, in the folder itself
        ini = PYTEST_INI.read_text(encoding="utf-8")
        settings = "".join(line for line in ini.splitlines(keepends=True) if not line.startswith("#"))
        (folder / "pytest.ini").write_text(settings + own_folder, encoding="utf-8")
        (folder / "README.md").write_text(
            _README.format(version=version, folder=folder.name), encoding="utf-8"
        )
        marker = _MARKER.format(
            version=version, edition=TESTING_EDITION, fingerprint=fingerprint(digests_of(folder, PARTS))
        )
        (folder / MARKER).write_text(marker, encoding="utf-8")
    except OSError as error:
        raise CannotEject(folder, error.strerror or str(error)) from None
