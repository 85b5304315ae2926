"""HTTP answers that leave in one piece.

uvicorn hands an answer's headers and its body to the transport one by one, and asyncio sends each at once.
Each sending wakes whoever waits for the answer, which took the stub a quarter of its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["WholeAnswers"]


class WholeAnswers(HttpToolsProtocol):
    """uvicorn's protocol for HTTP/1.1, on a transport that sends at once what is written in one turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Begin with a connection."""
        super().connection_made(cast("asyncio.Transport", _Gathering(transport, self.loop)))


class _Gathering:
    """A transport that passes on what was written when the event loop's turn is over.

    Args:
        transport: where it goes; everything but writing and closing is its affair.
        loop: whose turns count.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, octets: bytes) -> None:
        """Keep octets until the turn is over."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(octets)

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            octets, self._parts = b"".join(self._parts), []
            self._transport.write(octets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
