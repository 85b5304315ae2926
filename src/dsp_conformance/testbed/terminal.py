"""The terminal of the person who started the run, whatever the run does with its standard streams."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Self, TextIO

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["NoTerminal", "PersonLeft", "Terminal"]

_PLACE: Final = "/dev/tty"


class NoTerminal(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """There is no terminal at which a person could be told anything.

    Attributes:
        cause: what the system said.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause

    def __str__(self) -> str:
        return (
            f"[testbed] driver: expected a terminal for the driver 'manual', found none ({self.cause}). "
            "Start the run from a terminal, not from a job or a pipeline, or choose another driver."
        )


class PersonLeft(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """The terminal is gone: closed, or its input has ended."""


class Terminal:
    """The controlling terminal of this process; a context manager that lets go of it.

    pytest captures the standard streams, so the terminal is opened by its own name.

    Raises:
        NoTerminal: this process has none.
    """

    def __init__(self) -> None:
        self._input: TextIO
        self._output: TextIO
        try:
            descriptor = os.open(_PLACE, os.O_RDWR)
        except OSError as error:
            raise NoTerminal(error.strerror or str(error)) from None
        self._input = os.fdopen(descriptor, encoding="utf-8", errors="replace")
        self._output = os.fdopen(os.dup(descriptor), "w", encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the terminal."""
        self._input.close()
        self._output.close()

    def say(self, text: str) -> None:
        """Show lines of text.

        Raises:
            PersonLeft: the terminal is gone.
        """
        try:
            self._output.write(f"{text}\n")
            self._output.flush()
        except OSError:
            raise PersonLeft from None

    def ask(self, question: str) -> str:
        """Show a question and wait for a line; return it without white space at its ends.

        Raises:
            PersonLeft: the terminal is gone.
        """
        try:
            self._output.write(f"{question} ")
            self._output.flush()
            line = self._input.readline()
        except OSError:
            raise PersonLeft from None
        if not line:
            raise PersonLeft
        return line.strip()
