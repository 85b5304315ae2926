"""The folder of Allure's results: cleared before a run, filled while it goes on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OWN_FILES = (
    "*-result.json",
    "*-container.json",
    "*-attachment.*",
    "categories.json",
    "environment.properties",
    "executor.json",
    "allurerc.json",
)


class AllureFolder:
    """A folder that holds one run's results for Allure, beside what others keep in it.

    Args:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()  # where somebody put a link, it stays
        self._former = self._path.with_name(f".{path.name}-former")

    def prepare(self) -> None:
        """Make the folder if it is missing."""
        self._path.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Have none of Allure's files of a former run in the folder; what else is there stays.

        They are put aside, not removed: ext4 makes new files many times slower for a minute after thousands
        were removed, which took a sixth of a run.
        """
        shutil.rmtree(self._former, ignore_errors=True)  # of a run that was killed
        own = {file.name for pattern in _OWN_FILES for file in self._path.glob(pattern)}
        if not own:
            return
        try:
            self._path.rename(self._former)
        except OSError:  # a mount point, say
            for name in own:
                (self._path / name).unlink()
            return
        self.prepare()
        for kept in list(self._former.iterdir()):
            if kept.name not in own:
                kept.rename(self._path / kept.name)

    def drop_former(self) -> None:
        """Remove what `clear` put aside."""
        shutil.rmtree(self._former, ignore_errors=True)

    def write(self, name: str, octets: bytes) -> None:
        """Write a file of the results.

        Raises:
            OSError: it cannot be written.
        """
        (self._path / name).write_bytes(octets)
