"""The DSP's HTTP face: the three services of DUIS beside the Testbed Control API, on one port."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from dsp_conformance.duis.catalogue import Service
from dsp_conformance.stub.dsp import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from dsp_conformance.stub.in_service import DspInService

__all__ = [
    "CONTROL_PATH",
    "RESTART_PATH",
    "SERVICES_PATH",
    "BodyTooLarge",
    "TooLargeResponse",
    "build_app",
    "read_body",
]

SERVICES_PATH: Final = "/api/v1"
"""The path that DCC Boxed uses (domain.md, "Command Variants and services")."""

CONTROL_PATH: Final = "/testbed/v1"

RESTART_PATH: Final = "/restart"
"""Below the Testbed Control API."""

_XML: Final = "application/xml"
_CHARSETS: Final = frozenset({"", "utf-8", "us-ascii"})
_HANDLED_AT_ONCE: Final = 65_536
"""Octets of the largest message handled on the event loop: for less, a hand-over is not worth it."""

_LINGER_SECONDS: Final = 2.0


class BodyTooLarge(Exception):  # noqa: N818  # named for what it says
    """A body is larger than allowed; not all of it has been read.

    Attributes:
        limit: the largest allowed, in octets.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return f"the message is too large: expected at most {self.limit} octets"


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body, and stop as soon as it is known to be too large.

    Raises:
        BodyTooLarge: the body is larger than the limit.
        ClientDisconnect: the client went away in the middle of it.
    """
    if int(request.headers.get("content-length", "0")) > limit:
        raise BodyTooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)


class TooLargeResponse(Response):
    """Sends a refusal, then throws away a bounded rest of the body before the connection is closed.

    Without that, a client that is still sending gets a reset connection instead of the refusal.

    Args:
        content: the refusal.
        status: 413.
        media_type: of the refusal.
        linger_octets: how much more is read at most.
    """

    def __init__(self, content: bytes, media_type: str, linger_octets: int) -> None:
        headers = {"connection": "close"}
        super().__init__(content, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers, media_type)
        self._linger_octets = linger_octets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the refusal as an ASGI application."""
        del scope
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._discard(receive), _LINGER_SECONDS)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _discard(self, receive: Receive) -> None:
        left = self._linger_octets
        while left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return


def build_app(in_service: DspInService, control: ASGIApp) -> ASGIApp:
    """Return the application that serves a DSP.

    Args:
        in_service: who answers requests.
        control: the application of the Testbed Control API.
    """
    services = [
        Route(f"{SERVICES_PATH}/{service.value}", _endpoint(in_service, service), methods=["POST"])
        for service in Service
    ]
    app = Starlette(
        routes=[*services, Mount(CONTROL_PATH, app=control)],
        exception_handlers={HTTPException: _refuse_path},
    )
    return in_service.served(app, f"{CONTROL_PATH}{RESTART_PATH}")


def _endpoint(in_service: DspInService, service: Service) -> Callable[[Request], Awaitable[Response]]:
    limit = in_service.dsp.options.max_message_size

    async def endpoint(request: Request) -> Response:
        refusal = _refusal_of_headers(request)
        if refusal is not None:
            return refusal
        try:
            octets = await read_body(request, limit)
        except BodyTooLarge as error:
            return TooLargeResponse(f"{error}\n".encode(), "text/plain; charset=utf-8", limit)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
        dsp = in_service.dsp
        if len(octets) <= _HANDLED_AT_ONCE:
            answer = dsp.handle(service, octets)
        else:
            answer = await run_in_threadpool(dsp.handle, service, octets)
        if dsp.options.seams.pause_seconds:
            await asyncio.sleep(dsp.options.seams.pause_seconds)
        return _response(answer, dsp.options.seams.media_type)

    return endpoint


def _refusal_of_headers(request: Request) -> Response | None:
    """Refuse what is not declared to be plain XML in UTF-8, before reading it."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            charset = value.strip('"').lower()
    encoding = request.headers.get("content-encoding", "identity")
    if media_type.strip().lower() == _XML and charset in _CHARSETS and encoding == "identity":
        return None
    found = "; ".join(f"{key}: {value}" for key, value in request.headers.items() if key in _CONTENT_HEADERS)
    reason = f"expected content-type: {_XML} in UTF-8, found {found or 'no content-type'}"
    answer = Answer.refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason)
    return _response(answer)


_CONTENT_HEADERS: Final = frozenset({"content-type", "content-encoding"})


def _response(answer: Answer, media_type: str = _XML) -> Response:
    background = None if answer.afterwards is None else BackgroundTask(_run(answer.afterwards))
    if answer.is_duis:
        return Response(answer.octets, answer.status, media_type=media_type, background=background)
    return PlainTextResponse(answer.octets, answer.status)


def _run(afterwards: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """Wrap a function that only queues work, so that it is not handed to a thread of its own."""

    async def run() -> None:
        afterwards()

    return run


async def _refuse_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for no other"
    paths = ", ".join(f"{SERVICES_PATH}/{service.value}" for service in Service)
    reason = f"{request.method} {request.url.path}: {error.detail}; requests are posted to {paths}\n"
    return PlainTextResponse(reason, error.status_code, headers=error.headers)
