"""The stub as a process: it starts, says on one line where it is, and stops cleanly when told to."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import uvicorn

from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.stub.control_api import ControlApi, build_control_app
from dsp_conformance.stub.http_face import CONTROL_PATH, build_app
from dsp_conformance.stub.in_service import DspInService
from dsp_conformance.stub.settings import SettingsError, StubSettings
from dsp_conformance.stub.tls import stub_tls
from dsp_conformance.tls.contexts import server_context
from dsp_conformance.tls.protocols import FastHttp
from dsp_conformance.tls.serving import Server, loop_for, with_tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from typing import TextIO

    from starlette.types import ASGIApp

    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["SettingsError", "StubSettings", "serve"]

EXIT_OK: Final = 0
EXIT_CONFIGURATION: Final = 2

_log = logging.getLogger(__name__)
_ABOUT_TARGET: Final = "stub: test it with `dsp-conformance run --target {}`"
_BACKLOG: Final = 512
_KEEP_ALIVE_SECONDS: Final = 120
_SHUTDOWN_SECONDS: Final = 3
_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def serve(settings: StubSettings, *, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Serve a reference DSP until SIGTERM or SIGINT; call it from the main thread.

    When it is ready to answer, one line of JSON goes out:
    `{"event": "ready", "duis_url": "http://127.0.0.1:PORT", "control_url": ".../testbed/v1", "pid": N}`.

    Args:
        settings: how to start.
        out: where the ready line goes; standard output where left out.
        err: where a message about unusable settings goes; standard error where left out.

    Returns:
        The exit code: 0 after a clean stop, 2 if the settings cannot be used.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        token = settings.token()
        settings.dsp_options()  # what cannot be used is told before anything else
        tls = stub_tls(settings)
        context = None if tls is None else server_context(tls.server, _tell_refused)
        with ExitStack() as stack:
            listener = stack.enter_context(_listen(settings))
            url = settings.advertised_url or _url_of(listener, "http" if tls is None else "https")
            if tls is not None:
                target = tls.write_target(f"{url}{CONTROL_PATH}", settings.token_file)
                print(_ABOUT_TARGET.format(target), file=err or sys.stderr, flush=True)
            stack.pop_all()
    except (SettingsError, SmkiError) as error:
        print(f"stub: {error}", file=err or sys.stderr)  # what the process has to say
        return EXIT_CONFIGURATION

    def options() -> DspOptions:
        made = settings.dsp_options()
        return made if tls is None else replace(made, tls=tls.client)

    with listener, DspInService(options) as in_service:
        app = build_app(in_service, build_control_app(ControlApi(in_service, url), token))
        _Server(_configuration(app, context), ready_line(url), out or sys.stdout).run([listener])
    return EXIT_OK


def _tell_refused(reason: str) -> None:
    _log.warning("a TLS handshake failed: %s", reason)


def ready_line(url: str) -> str:
    """Return the line that tells where the services are; paths below `duis_url` are those of DUIS."""
    ready = {"event": "ready", "duis_url": url, "control_url": f"{url}{CONTROL_PATH}", "pid": os.getpid()}
    return json.dumps(ready)


def _listen(settings: StubSettings) -> socket.socket:
    hint = "Choose an address of this machine and another port, or port 0 for any free one."
    try:
        listener = socket.create_server(
            (settings.host, settings.port),
            family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET,
            backlog=_BACKLOG,
        )
    except OSError as error:
        found = f"{settings.host}:{settings.port} ({error.strerror or error})"
        raise SettingsError("host and port", "an address that can be listened on", found, hint) from None
    # Accepted connections inherit it. asyncio sets it only on sockets that name their protocol; without it
    # every answer that is written in two parts waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url_of(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _configuration(app: ASGIApp, context: ssl.SSLContext | None) -> uvicorn.Config:
    configuration = uvicorn.Config(
        app,
        http=FastHttp,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        loop=loop_for(context),
    )
    return with_tls(configuration, context)


class _Server(Server):
    """Says when it is ready, and takes a signal as the wish to stop, not as a failure.

    Args:
        config: of the server.
        ready: the line to say.
        out: where to say it.
    """

    def __init__(self, config: uvicorn.Config, ready: str, out: TextIO) -> None:
        super().__init__(config)
        self._ready = ready
        self._out = out

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so; where nobody is there to hear it, stop again."""
        await super().startup(sockets)
        try:
            print(self._ready, file=self._out, flush=True)
        except BaseException:
            await self.shutdown(sockets)  # an event loop that still listens does not always close
            raise

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT; the base class would raise the signal again after a clean stop."""
        before = {number: signal.signal(number, self.handle_exit) for number in _STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
