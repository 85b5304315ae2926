"""An HTTP server that can speak TLS, and that ends when it is told to, whoever is still connected."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    import ssl

__all__ = ["Server", "loop_for", "with_tls"]


def with_tls(configuration: uvicorn.Config, context: ssl.SSLContext | None) -> uvicorn.Config:
    """Have a server speak TLS, or plain HTTP where None; its event loop has to be that of `loop_for`."""
    configuration.load()
    configuration.ssl = context
    return configuration


def loop_for(context: ssl.SSLContext | None) -> str:
    """Name the event loop for a server: uvloop leaves connections open whose TLS handshake it refuses."""
    return "auto" if context is None else "asyncio"


class Server(uvicorn.Server):
    """Ends without waiting for TLS clients to take leave too, which those with idle connections never do."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let what is being answered be answered, and close everything else at once."""
        if self.config.ssl is not None:
            self._abort_idle()
        await super().shutdown(sockets)
        if self.config.ssl is not None:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)  # that is when the loop closes what was aborted
            await asyncio.sleep(0)

    def _abort_idle(self) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()
            if connection.transport.is_closing():
                connection.transport.abort()
