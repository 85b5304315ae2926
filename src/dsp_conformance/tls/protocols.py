"""HTTP/1.1 on a connection, where a client may offer another protocol: the offer is ignored, the body read.

The JDK's own client offers HTTP/2 with its first request. A server that does not take that up answers as if
nothing had been offered (RFC 9110, 7.8); the faster of the two parsers takes what follows the headers for the
other protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from typing import Any

    import uvicorn
    from uvicorn.server import ServerState

__all__ = ["BoundedHttp", "FastHttp"]


class BoundedHttp(H11Protocol):
    """Bounds what a client may send as headers."""

    def _should_upgrade(self) -> bool:
        return False


class FastHttp(HttpToolsProtocol):
    """Parses fast; a connection on which another protocol is offered is left to `BoundedHttp` for good."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head = b""
        self._in_head = True

    def data_received(self, data: bytes) -> None:
        """Keep what came until the headers are complete: whoever takes over has to begin with it."""
        if self._in_head:
            self._head += data
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Tell whether the connection has to be left to the other one."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Begin anew, unless another protocol was offered."""
        super().on_message_complete()
        if not self.parser.should_upgrade():
            self._in_head, self._head = True, b""

    def _should_upgrade(self) -> bool:
        return self._get_upgrade() is not None

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the other one, with everything that came since the request began."""
        self.connections.discard(self)
        heir = BoundedHttp(self.config, self.server_state, self.app_state, self.loop)
        self.transport.set_protocol(heir)
        heir.connection_made(self.transport)
        heir.data_received(self._head)
