"""Calls from one process of a run to another on the same machine, for parallel runs.

Whoever calls must know the secret, and only the functions that are served can be called. Arguments and
results are pickled, so both sides must be processes of this program.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from secrets import token_bytes
from typing import Any, Final

_BACKLOG: Final = 256
_STOP_SECONDS: Final = 5.0


@dataclass(eq=False)
class CallFailed(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A call to another process of the run brought no result.

    Attributes:
        function: what was called.
        found: what came instead.
    """

    function: str
    found: str

    def __str__(self) -> str:
        return (
            f"call of {self.function!r} in the process that started this one: expected a result, "
            f"found: {self.found}. If that process has ended, start the run again."
        )


@dataclass(frozen=True, slots=True)
class CallAddress:
    """Where functions are served.

    Attributes:
        place: a socket of this machine that no other one can reach.
        secret: what a caller must know.
    """

    place: str
    secret: bytes = field(repr=False)


@contextmanager
def served(functions: Mapping[str, Callable[..., object]]) -> Iterator[CallAddress]:
    """Serve functions to other processes for the length of the block, each caller in a thread of its own.

    Args:
        functions: by the names under which they are called; a call that waits holds up no other caller.
    """
    secret = token_bytes(32)
    stopping = threading.Event()
    # Without an address, the listener takes a socket file in a folder that is the user's own.
    with Listener(backlog=_BACKLOG, authkey=secret) as listener:
        thread = threading.Thread(
            target=_accept, args=(listener, functions, stopping), name="calls", daemon=True
        )
        thread.start()
        try:
            yield CallAddress(str(listener.address), secret)
        finally:
            stopping.set()
            if thread.is_alive():
                Client(str(listener.address), authkey=secret).close()  # wakes whoever accepts
            thread.join(_STOP_SECONDS)


class Caller:
    """Calls functions that another process serves; each thread has a connection of its own."""

    def __init__(self, address: CallAddress) -> None:
        self._address = address
        self._own = threading.local()

    def __call__(self, function: str, *arguments: object) -> Any:
        """Call a function and wait for its result.

        Raises:
            CallFailed: the function is not served, it raised something, or the other process has ended.
        """
        try:
            connection = self._connection()
            connection.send((function, arguments))
            done, result = connection.recv()
        except (EOFError, OSError, AuthenticationError) as error:
            raise CallFailed(function, f"{type(error).__name__} {error}".strip()) from None
        if not done:
            raise CallFailed(function, result)
        return result

    def _connection(self) -> Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = Client(self._address.place, authkey=self._address.secret)
        connection: Connection = self._own.connection
        return connection


def _accept(
    listener: Listener, functions: Mapping[str, Callable[..., object]], stopping: threading.Event
) -> None:
    while True:
        try:
            connection = listener.accept()
        except (AuthenticationError, EOFError, ConnectionError):
            continue  # not one of ours, or gone already
        if stopping.is_set():
            connection.close()
            return
        threading.Thread(target=_answer, args=(connection, functions), name="call", daemon=True).start()


def _answer(connection: Connection, functions: Mapping[str, Callable[..., object]]) -> None:
    with connection:
        while True:
            try:
                function, arguments = connection.recv()
                connection.send(_result(functions, function, arguments))
            except (EOFError, OSError):
                return  # the caller has ended


def _result(
    functions: Mapping[str, Callable[..., object]], function: str, arguments: tuple[object, ...]
) -> tuple[bool, object]:
    if function not in functions:
        return False, "no such function"
    try:
        return True, functions[function](*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
        return False, f"{type(error).__name__}: {error}"
