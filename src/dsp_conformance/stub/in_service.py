"""The DSP that is in service: one after another where it is restarted, with the data of the one before."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from starlette.concurrency import run_in_threadpool

from dsp_conformance.stub.dsp import ReferenceDsp
from dsp_conformance.stub.storage import read_data, write_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["DspInService"]

_LEAVING_SECONDS: Final = 5.0
"""How long a restart waits for requests that are being served; a client may have stopped half-way."""


class DspInService:
    """A reference DSP that can be restarted. A context manager, closed at its end.

    Args:
        make_options: makes the options of each DSP. What they remember is made with them, so that a restart
            forgets it.
    """

    def __init__(self, make_options: Callable[[], DspOptions]) -> None:
        self._make_options = make_options
        self.dsp = ReferenceDsp(make_options())
        self._inside = 0
        self._open = asyncio.Event()
        self._open.set()
        self._left = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.dsp.close()

    def served(self, app: ASGIApp, restart_path: str) -> ASGIApp:
        """Return an application whose requests wait while the DSP restarts.

        Args:
            app: the application.
            restart_path: of the request that restarts it, and cannot wait for itself.
        """

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("path") == restart_path:
                await app(scope, receive, send)
                return
            while not self._open.is_set():
                await self._open.wait()
            self._inside += 1
            try:
                await app(scope, receive, send)
            finally:
                self._inside -= 1
                self._left.set()

        return serve

    async def restart(self) -> None:
        """Stop the DSP, write its data out, and start another that reads them; requests wait meanwhile.

        Emulated Devices are no part of the DSP: they go on, and so do the responses that they hold back.
        """
        while not self._open.is_set():
            await self._open.wait()
        self._open.clear()
        try:
            await self._wait_until_empty()
            await run_in_threadpool(self.restart_now)
        finally:
            self._open.set()

    def restart_now(self) -> None:
        """Restart, where nothing is being served."""
        before = self.dsp
        with tempfile.TemporaryDirectory(prefix="dsp-") as folder:
            path = Path(folder, "data")
            write_data(before.stopped(), path)
            self.dsp = ReferenceDsp(self._make_options(), before.identity, read_data(path), before.devices)

    async def _wait_until_empty(self) -> None:
        deadline = asyncio.get_running_loop().time() + _LEAVING_SECONDS
        while self._inside and (left := deadline - asyncio.get_running_loop().time()) > 0:
            self._left.clear()
            try:
                await asyncio.wait_for(self._left.wait(), left)
            except TimeoutError:
                return
