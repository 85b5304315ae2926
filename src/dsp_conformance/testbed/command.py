"""The driver for testbeds behind a program of the vendor's: one call for each operation.

The program is called with the operation's name as its last argument, and with a JSON object on its standard
input: `operation`, its name again; `about`, the id of what it is about; `body`, its members as the Testbed
Control API names them. It answers with JSON on its standard output as the API would, and by its exit code.
"""

from __future__ import annotations

import json
import shlex
import threading
from contextlib import contextmanager, nullcontext
from enum import IntEnum, unique
from typing import TYPE_CHECKING, Final

from filelock import FileLock
from pydantic import ValidationError

from dsp_conformance.testbed import _wire
from dsp_conformance.testbed._program import Finished, ProgramTrouble, call_program
from dsp_conformance.testbed.by_operations import Answer, OperationsTestbed
from dsp_conformance.testbed.errors import MissingCapability, TestbedProgramFailed, TestbedRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from dsp_conformance.testbed.operations import Operation
    from dsp_conformance.testbed.settings import CommandSettings

__all__ = ["CommandTestbed", "ExitCode"]

_LOCK: Final = ".dsp-conformance-testbed.lock"


@unique
class ExitCode(IntEnum):
    """What a program says by its exit code; any other is trouble of its own, such as 1 for a crash."""

    DONE = 0
    REFUSED = 10
    """It will not, and says why: a JSON object with `title` and `detail`, or words on its standard error."""
    NOT_OFFERED = 11
    """It lacks the capability, whatever it said when it was asked for them."""


class CommandTestbed(OperationsTestbed):
    """A testbed behind a program; may be used from several threads and processes at once.

    Args:
        settings: which program, and how it is to be called.
    """

    def __init__(self, settings: CommandSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._named!r})"

    @property
    def _named(self) -> str:
        return shlex.join(self._settings.command)

    def _carry_out(self, operation: Operation) -> Answer:
        finished = self._called(operation)
        match finished.code:
            case ExitCode.DONE:
                return Answer(finished.output, self._named)
            case ExitCode.REFUSED:
                raise _refusal(finished, operation.sentence)
            case ExitCode.NOT_OFFERED if operation.needs is not None:
                raise MissingCapability(operation.needs, operation.sentence)
            case code:
                cause = f"signal {-code} ended it" if code < 0 else f"it ended with exit code {code}"
                raise TestbedProgramFailed(self._named, cause, finished.said, operation.sentence)

    def _called(self, operation: Operation) -> Finished:
        settings = self._settings
        asked = {"operation": operation.name, "about": operation.about, "body": operation.body or {}}
        command = (*settings.command, operation.name.value)
        turn: AbstractContextManager[object] = self._turn() if settings.one_at_a_time else nullcontext()
        try:
            with turn:
                return call_program(command, json.dumps(asked).encode(), settings.folder, settings.timeout)
        except ProgramTrouble as trouble:
            raise TestbedProgramFailed(self._named, trouble.cause, trouble.said, operation.sentence) from None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other thread or process of this target calls the program."""
        with self._lock, FileLock(self._settings.folder / _LOCK):
            yield


def _refusal(finished: Finished, operation: str) -> TestbedRefused:
    try:
        problem = _wire.PROBLEM.validate_json(finished.output)
    except ValidationError:
        title, detail = finished.said or "no reason given", ""
    else:
        title, detail = problem.title, problem.detail
    return TestbedRefused(finished.code, title, detail, operation, scale="exit code")
