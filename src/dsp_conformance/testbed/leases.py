"""Leases on provisioned Devices: one scenario of a run uses each, whichever process carries it out.

A lease is a file that only one process can make, so nobody waits for anybody. It lasts as long as the run: a
Device that a scenario has used is in another state than its list says, also where its process was lost.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dsp_conformance.eui64 import Eui64

__all__ = ["Leases", "ListInUse"]


class ListInUse(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A list of Devices cannot be used now.

    Attributes:
        path: the list.
        cause: what keeps it.
    """

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(path, cause)
        self.path, self.cause = path, cause

    def __str__(self) -> str:
        return f"[testbed] devices: expected a list that no other run uses, found {self.path} ({self.cause})"


class Leases:
    """The leases on the Devices of one list.

    Args:
        path: the list; leases are kept in a hidden folder beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.parent / ".dsp-conformance-leases" / path.name

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs off the list for the length of the block; leases of earlier runs are forgotten.

        Raises:
            ListInUse: another run has it, or the folder cannot be written.
        """
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(f"{self._folder}.lock", timeout=0, thread_local=False)
            lock.acquire()
        except Timeout:
            raise ListInUse(self._path, "another run has it: wait until that is over") from None
        except OSError as error:
            raise ListInUse(self._path, f"{error.strerror or error}: {self._folder.parent}") from None
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(exist_ok=True)
            yield
        finally:
            lock.release()

    def take(self, device_id: Eui64) -> bool:
        """Lease a Device for the rest of the run; False if a scenario has it already."""
        try:
            os.close(os.open(self._folder / str(device_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        return True
