"""One call of a program: JSON in, octets out, within a time and within bounds of memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Finished", "ProgramTrouble", "call_program"]

_CHUNK = 65_536
_MOST_OUTPUT = 1 << 20
_MOST_ERRORS = 1 << 16


class ProgramTrouble(Exception):  # noqa: N818 - caught and retold by the driver
    """A program did not come to an orderly end.

    Attributes:
        cause: what went wrong.
        said: what it wrote to its standard error so far.
    """

    def __init__(self, cause: str, said: str = "") -> None:
        super().__init__(cause)
        self.cause, self.said = cause, said


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that came to its end by itself.

    Attributes:
        code: its exit code; below 0 the number of the signal that ended it.
        output: its standard output.
        said: its standard error, the end of it where it was long.
    """

    code: int
    output: bytes
    said: str


class _Drain(threading.Thread):
    """Takes in what a program writes, and keeps the last of it: a talkative program is not held up."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._stream, self._limit = stream, limit
        self._kept = bytearray()
        self.count = 0
        self.start()

    def run(self) -> None:
        """Read to the end."""
        with self._stream:
            while chunk := os.read(self._stream.fileno(), _CHUNK):
                self.count += len(chunk)
                self._kept += chunk
                del self._kept[: -self._limit]

    @property
    def kept(self) -> bytes:
        """What was kept."""
        return bytes(self._kept)


def call_program(command: Sequence[str], content: bytes, folder: Path, timeout: float) -> Finished:
    """Run a program once, with `content` on its standard input.

    It gets a process group of its own, which is killed when its time is up or this call is interrupted.

    Raises:
        ProgramTrouble: it cannot be started, is not done in time, or writes too much.
    """
    deadline = time.monotonic() + timeout
    with tempfile.TemporaryFile() as stdin:  # never fills up, as a pipe to a program that does not read would
        stdin.write(content)
        stdin.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - running the vendor's program is what this is for
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramTrouble(f"it could not be started: {error.strerror or error}") from None
    assert process.stdout is not None, "asked for a pipe"
    assert process.stderr is not None, "asked for a pipe"
    output, errors = _Drain(process.stdout, _MOST_OUTPUT), _Drain(process.stderr, _MOST_ERRORS)
    try:
        process.wait(timeout)
        for drain in (output, errors):
            drain.join(max(0.0, deadline - time.monotonic()))
        if output.is_alive() or errors.is_alive():
            raise ProgramTrouble("it ended, but something that it started keeps its output open")
    except subprocess.TimeoutExpired:
        raise ProgramTrouble(f"it was not done within {timeout:g} s", _text(errors.kept)) from None
    finally:
        _end(process)
    if output.count > _MOST_OUTPUT:
        raise ProgramTrouble(f"it wrote more than {_MOST_OUTPUT} octets", _text(errors.kept))
    return Finished(process.returncode, output.kept, _text(errors.kept))


def _end(process: subprocess.Popen[bytes]) -> None:
    # Raised where all of the group have ended, or nobody but zombies is left in it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", errors="replace").strip()
