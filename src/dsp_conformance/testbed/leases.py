"""Leases on provisioned Devices: one scenario of a run uses each, whichever process carries it out.

A lease is an octet of a file, one for each Device of the list, which is read and written under a lock on that
octet alone: only those who want the same Device at the same moment wait for each other. It lasts as long as
the run: a Device that a scenario has used is in another state than its list says, also where its process was
lost.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.testbed.device_list import DeviceList

__all__ = ["Leases", "ListInUse", "leases_on"]

_LEASED = b"\x01"


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
    """The leases on the Devices of one list, for one thread of each process; POSIX only.

    Args:
        path: the list; leases are kept in a hidden folder beside it.
        device_ids: its Devices, in its order, which is the same for all who lease them.
    """

    def __init__(self, path: Path, device_ids: Iterable[Eui64]) -> None:
        self._path = path
        self._file = path.parent / ".dsp-conformance-leases" / f"{path.name}.taken"
        self._places = {device_id: place for place, device_id in enumerate(device_ids)}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs off the list for the length of the block; leases of earlier runs are forgotten.

        Raises:
            ListInUse: another run has it, or the folder cannot be written.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(f"{self._file}.lock", timeout=0, thread_local=False)
            lock.acquire()
        except Timeout:
            raise ListInUse(self._path, "another run has it: wait until that is over") from None
        except OSError as error:
            raise ListInUse(self._path, f"{error.strerror or error}: {self._file.parent}") from None
        try:
            try:
                self._file.write_bytes(b"")
            except OSError as error:
                raise ListInUse(self._path, f"{error.strerror or error}: {self._file}") from None
            yield
        finally:
            lock.release()

    def take(self, device_id: Eui64) -> bool:
        """Lease a Device for the rest of the run; False if a scenario has it already.

        Raises:
            KeyError: the list has no such Device.
            OSError: the leases cannot be read or written.
        """
        from fcntl import LOCK_EX, lockf  # noqa: PLC0415 - not on every system, where the other drivers work

        place = self._places[device_id]
        # opened each time: such a lock is the process's own, and ends with any of its handles on the file
        leases = os.open(self._file, os.O_RDWR)
        try:
            lockf(leases, LOCK_EX, 1, place)
            if os.pread(leases, 1, place) == _LEASED:
                return False
            os.pwrite(leases, _LEASED, place)
        finally:
            os.close(leases)
        return True


def leases_on(devices: DeviceList) -> Leases:
    """The leases on a list that was read."""
    return Leases(devices.path, (each.device_id for each in devices.devices))
