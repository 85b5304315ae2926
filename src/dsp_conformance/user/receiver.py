"""The Receive Response Service: the HTTP server to which the DSP posts asynchronous responses and alerts.

It checks, keeps and then answers 204, or 400 if the message fails schema or signature (``domain.md``).
"""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dsp_conformance.duis import messages as duis
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.tls.contexts import server_context
from dsp_conformance.tls.protocols import BoundedHttp
from dsp_conformance.tls.serving import Server, loop_for, with_tls
from dsp_conformance.user.admission import Admission, is_below
from dsp_conformance.user.checks import CheckOutcome, check_form
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver_settings import ReceiverSettings, ReceiverUnusable
from dsp_conformance.user.transport import MEDIA_TYPE, media_type, utc_now

_log = logging.getLogger(__name__)

_BACKLOG: Final = 256
_SHOWN: Final = 200
_STOP_SECONDS: Final = 5.0


@contextmanager
def running_receiver(settings: ReceiverSettings, inspector: Inspector, inbox: Inbox) -> Iterator[str]:
    """Run the receiver in a thread for the length of the block, and give the URL to register at the DSP.

    Raises:
        ReceiverUnusable: the address cannot be bound, or the files for TLS cannot be used.
    """
    context = _context(settings, inbox)
    listener = _listen(settings.host, settings.port)
    scheme = "http" if context is None else "https"
    own_url = f"{scheme}://{_in_url(settings.host)}:{listener.getsockname()[1]}{settings.own_path}"
    configuration = uvicorn.Config(
        _application(settings, inspector, inbox),
        loop=loop_for(context),
        http=BoundedHttp,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a peer is who connected, whatever a header says
        lifespan="off",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    server = Server(with_tls(configuration, context))
    # The socket listens already, so a message that comes before the server's first turn waits in its queue.
    thread = threading.Thread(target=server.run, args=([listener],), name="receiver", daemon=True)
    thread.start()
    try:
        yield settings.public_url or own_url
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        listener.close()


def _application(settings: ReceiverSettings, inspector: Inspector, inbox: Inbox) -> Starlette:
    limit = settings.limit
    admission = Admission(settings.rate, settings.path, settings.further_paths)
    elsewhere = f"messages posted to another path than {settings.own_path}, and taken"

    async def receive(request: Request) -> Response:
        path = request.scope["path"]
        if (away := admission.refusal(path)) is not None:
            inbox.turn_away(away.what)
            headers = {"Connection": "close", "Retry-After": "1"}
            return PlainTextResponse(f"{away.what}\n", away.status, headers)
        if (coding := request.headers.get("content-encoding", "identity")).strip().lower() != "identity":
            coded = f"messages with Content-Encoding {coding[:_SHOWN]!r}, which are not read"
            inbox.turn_away(coded)
            return PlainTextResponse(
                f"{coded}\n", 415, {"Connection": "close", "Accept-Encoding": "identity"}
            )
        if not is_below((settings.own_path, *settings.further_paths), path):
            inbox.remark(elsewhere)
        content_type = request.headers.get("content-type", "")[:_SHOWN]
        peer = "" if request.client is None else f"{_in_url(request.client.host)}:{request.client.port}"
        came = partial(replace, peer=peer, path=path, headers=tuple(request.headers.items()))
        try:
            octets = await _body(request, limit)
        except _Unusable as flaw:
            refused = check_form(content_type, flaw.what, ())
            unusable = _delivery(content_type, flaw.octets, None, (refused,), size=flaw.size)
            inbox.put(came(unusable, status=flaw.status))
            return PlainTextResponse(f"{flaw.what}\n", flaw.status)
        delivery = await run_in_threadpool(_inspect, inspector, octets, content_type)
        if (stranger := inbox.stranger_in(delivery)) is not None:
            delivery = replace(delivery, accepted=False, stranger=stranger)
        status = _status(delivery)
        inbox.put(came(delivery, status=status))
        if delivery.accepted:
            return Response(status_code=status)
        told = "the receiver failed" if delivery.unread else delivery.refusal
        return PlainTextResponse(f"{told}\n", status)

    return Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])


def _status(delivery: Delivery) -> int:
    """The HTTP status with which a message that came in whole is answered."""
    if delivery.accepted:
        return 204
    if delivery.unread:
        return 500
    return 400 if media_type(delivery.content_type) == MEDIA_TYPE else 415


@dataclass(eq=False)
class _Unusable(Exception):  # noqa: N818 - carries a finding over two functions, no further
    """A body that cannot be inspected, and the HTTP status that says so."""

    what: str
    octets: bytes
    size: int
    status: int


async def _body(request: Request, limit: int) -> bytes:
    """Return the body.

    Raises:
        _Unusable: it is larger than the limit, or broke off.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        what = f"expected at most {limit} octets, found {announced} announced"
        raise _Unusable(what, b"", int(announced), 413)
    parts = bytearray()
    try:
        async for chunk in request.stream():
            parts += chunk
            if len(parts) > limit:
                found = f"expected at most {limit} octets, found more"
                raise _Unusable(found, bytes(parts[:limit]), len(parts), 413)
    except ClientDisconnect:
        what = f"the connection broke after {len(parts)} of {announced or 'unknown'} octets"
        raise _Unusable(what, bytes(parts), len(parts), 400) from None
    return bytes(parts)


def _inspect(inspector: Inspector, octets: bytes, content_type: str) -> Delivery:
    try:
        inspection = inspector.inspect(octets, content_type, asynchronous=True)
    except Exception as error:  # noqa: BLE001 - the DSP must not be blamed for a message that is lost here
        _log.exception("a message of %d octets could not be inspected", len(octets))
        return _delivery(content_type, octets, None, (), unread=f"{type(error).__name__}: {error}")
    delivery = _delivery(content_type, octets, inspection.response, inspection.checks)
    return replace(delivery, unknown=inspection.unknown, named=inspection.named)


def _delivery(
    content_type: str,
    octets: bytes,
    response: duis.Response | None,
    checks: tuple[CheckOutcome, ...],
    *,
    size: int | None = None,
    unread: str = "",
) -> Delivery:
    return Delivery(
        received_at=utc_now(),
        content_type=content_type,
        octets=octets,
        size=len(octets) if size is None else size,
        response=response,
        checks=checks,
        accepted=bool(checks) and all(check.passed for check in checks),
        unread=unread,
    )


def _context(settings: ReceiverSettings, inbox: Inbox) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None

    def failed(reason: str) -> None:
        inbox.turn_away(f"TLS handshakes with the receiver that failed: {reason}")

    try:
        return server_context(settings.tls, failed)
    except SmkiError as error:
        raise ReceiverUnusable(f"{settings.host}:{settings.port}", "", str(error)) from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=_BACKLOG
        )
    except OSError as error:
        raise ReceiverUnusable(f"{host}:{port}", str(error)) from None
    # Accepted connections inherit it. asyncio sets it only on sockets that name their protocol; without it
    # every answer that is written in two parts waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
