"""Posting octets to a DSP's three services over HTTP, and telling what went wrong on the way.

No message is ever sent twice: its counter would be a replay (``domain.md``, Messages), and a DSP may have
acted on a message whose answer was lost. So what breaks on the way stays broken, and connections are chosen
such that little breaks: one that the DSP has closed is replaced before anything is sent, and one that idled
for long, which the DSP may be closing at this moment, is not used again.
"""

import io
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3

from dsp_conformance import __version__
from dsp_conformance.base.backoff import Patience
from dsp_conformance.duis.terms import Service
from dsp_conformance.duis.xml import DEFAULT_LIMIT
from dsp_conformance.tls.contexts import tls_adapter
from dsp_conformance.tls.settings import ClientTls
from dsp_conformance.tls.troubles import TlsTrouble, tls_trouble

MEDIA_TYPE: Final = "application/xml"
"""The content type of every DUIS message (``domain.md``, Messages)."""

_CHUNK: Final = 65_536
_LONGEST_IDLE_SECONDS: Final = 4.0  # common servers close idle connections after 5 s or more
_HEADERS: Final = {
    "Accept": MEDIA_TYPE,
    "Accept-Encoding": "identity",  # evidence is what stood on the wire
    "User-Agent": f"dsp-conformance/{__version__}",
}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the DSP's three services listen.

    Attributes:
        send_command: URL for Command Variants 1, 3, 5 and 7.
        non_device: URL for Command Variants 2, 6 and 8.
        transform: URL for Command Variant 4.
    """

    send_command: str
    non_device: str
    transform: str

    @property
    def any_https(self) -> bool:
        """Whether any of them is reached through TLS."""
        return any(url.startswith("https://") for url in (self.send_command, self.non_device, self.transform))

    def url_of(self, service: Service) -> str:
        """Return the URL of one service."""
        match service:
            case Service.SEND_COMMAND:
                return self.send_command
            case Service.NON_DEVICE:
                return self.non_device
            case Service.TRANSFORM:
                return self.transform


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the Service User waits.

    Attributes:
        connect: seconds for a connection, and for each part of a long request to be taken.
        answer: seconds for the synchronous answer to begin, and then again for all of it to have come.
        response: seconds for the asynchronous response.
    """

    connect: float = 3.0
    answer: float = 10.0
    response: float = 20.0


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the DSP answered.

    Attributes:
        status: the HTTP status.
        headers: the HTTP headers, names in lower case.
        octets: the body as it stood on the wire, but for transfer and content codings.
        seconds: from sending to the last octet.
        sent_headers: the HTTP headers of the request, names in lower case.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    octets: bytes
    seconds: float
    sent_headers: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> str:
        """The media type in lower case without its parameters, or nothing where none came."""
        return media_type(dict(self.headers).get("content-type", ""))


class Obstacle(StrEnum):
    """Why a post brought no HTTP answer."""

    CONNECT = "no connection"
    TLS = "no TLS connection"
    TIMEOUT = "no answer in time"
    BROKEN_OFF = "the connection broke"
    TOO_LARGE = "the answer is too large"
    REQUEST = "the request could not be made"


@dataclass(eq=False)
class TargetUnreachable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """The DSP gave no HTTP answer; says nothing about its conformance.

    Attributes:
        obstacle: what stood in the way.
        url: where the request went.
        detail: what the system or the HTTP library said.
        tls: what was wrong with TLS, where it was that.
    """

    obstacle: Obstacle
    url: str
    detail: str
    tls: TlsTrouble | None = None

    def __str__(self) -> str:
        return f"{self.obstacle} at {self.url}: {self.detail}"


@dataclass(slots=True)
class DuisTransport:
    """Posts messages, over connections that are kept alive, one set a thread.

    Attributes:
        endpoints: where the services listen.
        timeouts: how long to wait.
        limit: octets of the largest answer accepted.
        tls: how to connect to services whose URLs are https.
        patience: has a DSP that no longer answers waited for shortly.
    """

    endpoints: Endpoints
    timeouts: Timeouts = field(default_factory=Timeouts)
    limit: int = DEFAULT_LIMIT
    tls: ClientTls = field(default_factory=ClientTls)
    patience: Patience = field(default_factory=Patience, repr=False)
    _local: threading.local = field(default_factory=threading.local, repr=False)

    def post(self, service: Service, octets: bytes, *, content_type: str = MEDIA_TYPE) -> HttpAnswer:
        """Post one message and return whatever HTTP answer comes; redirects are not followed.

        Raises:
            TargetUnreachable: there was no complete HTTP answer.
        """
        url = self.endpoints.url_of(service)
        begun = time.perf_counter()
        connect, wait = map(self.patience.seconds, (self.timeouts.connect, self.timeouts.answer))
        try:
            session = self._session()
            request = self._request(session, url, octets, content_type)
            with session.send(
                request,
                timeout=(connect, wait),
                allow_redirects=False,
                stream=True,
                proxies={},
            ) as answer:
                body = self._read(answer, url)
                seconds = time.perf_counter() - begun
                self.patience.answered(seconds)
                return HttpAnswer(
                    answer.status_code, _lowered(answer.headers), body, seconds, _lowered(request.headers)
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            trouble = tls_trouble(error, url, self.tls)
            obstacle = _obstacle(error) if trouble is None else Obstacle.TLS
            detail = self._said(obstacle, error, (connect, wait)) if trouble is None else trouble.said
            raise TargetUnreachable(obstacle, url, detail, trouble) from error
        finally:
            self._local.used_at = time.monotonic()

    def _said(self, obstacle: Obstacle, error: Exception, timeouts: tuple[float, float]) -> str:
        """What stood in the way in words for people, without the names of a library's objects."""
        if isinstance(error, _WAITED_IN_VAIN):
            connecting = obstacle is Obstacle.CONNECT
            said = self.patience.waited_in_vain(timeouts[0] if connecting else timeouts[1])
            return f"{'nobody took the connection' if connecting else 'nothing came'} for {said}"
        causes: BaseException | None = error
        while causes is not None:
            if isinstance(causes, OSError) and causes.strerror:
                return causes.strerror
            causes = causes.__cause__ or causes.__context__
        return str(error)

    def unreachable(self, service: Service) -> TargetUnreachable | None:
        """Look whether anybody listens where a service is, without asking anything; None where so."""
        url = self.endpoints.url_of(service)
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname or "", port), self.timeouts.connect).close()
        except OSError as error:
            return TargetUnreachable(Obstacle.CONNECT, url, str(error))
        return None

    def _request(
        self, session: requests.Session, url: str, octets: bytes, content_type: str
    ) -> requests.PreparedRequest:
        """Fill the form that was prepared for a service: preparing takes as long as all the rest."""
        forms: dict[str, requests.PreparedRequest] = self._local.forms
        form = forms.get(url)
        if form is None or session.cookies:
            form = session.prepare_request(requests.Request("POST", url))
        if not session.cookies:  # they may change with every answer
            forms[url] = form
        request = form.copy()
        request.headers["Content-Type"] = content_type
        # The library has a short time to hand over each part of what it is given: cut long ones up.
        request.prepare_body(io.BytesIO(octets) if len(octets) > _CHUNK else octets, None)
        return request

    def _read(self, answer: requests.Response, url: str) -> bytes:
        """Read a body piece by piece as it comes, so that neither its size nor its slowness is unbounded."""
        deadline = time.monotonic() + self.timeouts.answer
        parts = bytearray()
        raw: Any = answer.raw  # requests does not say what it is: a response of urllib3
        while piece := raw.read1(_CHUNK, decode_content=True):
            parts += piece
            if len(parts) > self.limit:
                raise TargetUnreachable(Obstacle.TOO_LARGE, url, f"expected at most {self.limit} octets")
            if time.monotonic() > deadline:
                found = f"expected all of it within {self.timeouts.answer:g} s, found {len(parts)} octets"
                raise TargetUnreachable(Obstacle.TIMEOUT, url, found)
        return bytes(parts)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # the target file alone says how the DSP is reached
            session.headers.update(_HEADERS)
            if self.endpoints.any_https:
                session.mount("https://", tls_adapter(self.tls))
            self._local.session, self._local.forms = session, {}
        elif time.monotonic() - self._local.used_at > _LONGEST_IDLE_SECONDS:
            session.close()  # its connections only; the next post opens a new one
        return session


def media_type(content_type: str) -> str:
    """Return a content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def utc_now() -> datetime:
    """Return the present moment with its time zone."""
    return datetime.now(UTC)


def _lowered(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in headers.items())


_WAITED_IN_VAIN: Final = (requests.Timeout, urllib3.exceptions.TimeoutError)
_OBSTACLES: Final[tuple[tuple[type[Exception], Obstacle], ...]] = (
    (requests.ConnectTimeout, Obstacle.CONNECT),
    (urllib3.exceptions.ConnectTimeoutError, Obstacle.CONNECT),
    (requests.Timeout, Obstacle.TIMEOUT),
    (urllib3.exceptions.TimeoutError, Obstacle.TIMEOUT),
    (requests.exceptions.ChunkedEncodingError, Obstacle.BROKEN_OFF),
    (requests.exceptions.ContentDecodingError, Obstacle.BROKEN_OFF),
    (urllib3.exceptions.ProtocolError, Obstacle.BROKEN_OFF),
    (urllib3.exceptions.DecodeError, Obstacle.BROKEN_OFF),
    (requests.ConnectionError, Obstacle.CONNECT),
    (urllib3.exceptions.HTTPError, Obstacle.CONNECT),
)
"""What each exception means; the first that fits."""


def _obstacle(error: Exception) -> Obstacle:
    """Tell what stood in the way; requests wraps what urllib3 says, which says it more exactly."""
    match error:
        case urllib3.exceptions.MaxRetryError(reason=Exception() as cause):
            return _obstacle(cause)
        case requests.ConnectionError(args=(urllib3.exceptions.HTTPError() as cause, *_)):
            return _obstacle(cause)
    return next((found for kind, found in _OBSTACLES if isinstance(error, kind)), Obstacle.REQUEST)
