"""HTTP answers leave in one piece, and whole."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dsp_conformance.stub.whole_answers import WholeAnswers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

_LONG = b"x" * 3_000_000


class _Watched:
    """A transport that counts what is handed to it."""

    def __init__(self, transport: asyncio.Transport, pieces: list[bytes]) -> None:
        self._transport, self._pieces = transport, pieces

    def write(self, octets: bytes) -> None:
        self._pieces.append(bytes(octets))
        self._transport.write(octets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def _short(_request: Request) -> Response:
    return Response(b"short")


async def _long(_request: Request) -> Response:
    return Response(_LONG)


async def _streamed(_request: Request) -> Response:
    def parts() -> Iterator[bytes]:
        yield from (b"one ", b"two")

    return StreamingResponse(parts())


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server of this protocol; gives its port, and what it hands to the transport, piece by piece."""
    pieces: list[bytes] = []

    class Protocol(WholeAnswers):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
            super().connection_made(cast("asyncio.Transport", _Watched(transport, pieces)))

    routes = [Route("/short", _short), Route("/long", _long), Route("/streamed", _streamed)]
    configuration = uvicorn.Config(Starlette(routes=routes), http=Protocol, log_config=None, lifespan="off")
    server = uvicorn.Server(configuration)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1], pieces
        finally:
            server.should_exit = True
            await serving


async def _get(port: int, path: str) -> bytes:
    """Ask for it on a connection of its own; return all that comes until the server closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


def test_headers_and_body_are_sent_together() -> None:
    async def ask() -> tuple[bytes, list[bytes]]:
        async with _server() as (port, pieces):
            return await _get(port, "/short"), pieces

    answer, pieces = asyncio.run(ask())

    assert answer.endswith(b"\r\n\r\nshort")
    assert pieces == [answer]


def test_a_long_answer_arrives_whole_before_the_connection_is_closed() -> None:
    async def ask() -> bytes:
        async with _server() as (port, _):
            return await _get(port, "/long")

    assert asyncio.run(ask()).partition(b"\r\n\r\n")[2] == _LONG


def test_one_connection_carries_one_answer_after_another() -> None:
    def ask(port: int) -> list[bytes]:
        connection = HTTPConnection("127.0.0.1", port)
        bodies = []
        for path in ("/short", "/streamed", "/long", "/short"):
            connection.request("GET", path)
            bodies.append(connection.getresponse().read())
        connection.close()
        return bodies

    async def asked() -> list[bytes]:
        async with _server() as (port, _):
            return await asyncio.to_thread(ask, port)

    assert asyncio.run(asked()) == [b"short", b"one two", _LONG, b"short"]
