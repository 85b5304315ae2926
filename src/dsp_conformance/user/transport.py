"""Posting octets to a DSP's three services over HTTP, and telling what went wrong on the way."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import requests

from dsp_conformance.duis.terms import Service
from dsp_conformance.duis.xml import DEFAULT_LIMIT

MEDIA_TYPE: Final = "application/xml"
"""The content type of every DUIS message (``domain.md``, Messages)."""

_CHUNK: Final = 65_536


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

    @classmethod
    def under(cls, base_url: str) -> "Endpoints":
        """Return the endpoints below a base URL, with the paths that DCC Boxed uses (``domain.md``)."""
        base = base_url.rstrip("/")
        return cls(
            *(
                f"{base}/{each.value}"
                for each in (Service.SEND_COMMAND, Service.NON_DEVICE, Service.TRANSFORM)
            )
        )

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
        connect: seconds for a connection.
        answer: seconds for the synchronous answer to begin, and between its parts.
        response: seconds for the asynchronous response.
    """

    connect: float = 3.0
    answer: float = 10.0
    response: float = 20.0


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the DSP answered, as it stood on the wire.

    Attributes:
        status: the HTTP status.
        headers: the HTTP headers, names in lower case.
        octets: the body.
        seconds: from sending to the last octet.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    octets: bytes
    seconds: float

    @property
    def content_type(self) -> str:
        """The media type in lower case without its parameters, or nothing where none came."""
        return media_type(dict(self.headers).get("content-type", ""))


class Obstacle(StrEnum):
    """Why a post brought no HTTP answer."""

    CONNECT = "no connection"
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
        detail: what the HTTP library said.
    """

    obstacle: Obstacle
    url: str
    detail: str

    def __str__(self) -> str:
        return f"{self.obstacle} at {self.url}: {self.detail}"


@dataclass(slots=True)
class DuisTransport:
    """Posts messages, over connections that are kept alive, one set a thread.

    Attributes:
        endpoints: where the services listen.
        timeouts: how long to wait.
        limit: octets of the largest answer accepted.
    """

    endpoints: Endpoints
    timeouts: Timeouts = field(default_factory=Timeouts)
    limit: int = DEFAULT_LIMIT
    _local: threading.local = field(default_factory=threading.local, repr=False)

    def post(self, service: Service, octets: bytes, *, content_type: str = MEDIA_TYPE) -> HttpAnswer:
        """Post one message and return whatever HTTP answer comes; redirects are not followed.

        Raises:
            TargetUnreachable: there was no complete HTTP answer.
        """
        url = self.endpoints.url_of(service)
        begun = time.perf_counter()
        try:
            with self._session().post(
                url,
                data=octets,
                headers={"Content-Type": content_type, "Accept": MEDIA_TYPE},
                timeout=(self.timeouts.connect, self.timeouts.answer),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = self._read(answer, url)
                headers = tuple((name.lower(), value) for name, value in answer.headers.items())
                return HttpAnswer(answer.status_code, headers, body, time.perf_counter() - begun)
        except requests.RequestException as error:
            raise TargetUnreachable(_obstacle(error), url, str(error)) from error

    def _read(self, answer: requests.Response, url: str) -> bytes:
        parts = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            parts += chunk
            if len(parts) > self.limit:
                raise TargetUnreachable(Obstacle.TOO_LARGE, url, f"expected at most {self.limit} octets")
        return bytes(parts)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # the target file alone says how the DSP is reached
            self._local.session = session
        return session


def media_type(content_type: str) -> str:
    """Return a content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def utc_now() -> datetime:
    """Return the present moment with its time zone."""
    return datetime.now(UTC)


def _obstacle(error: requests.RequestException) -> Obstacle:
    match error:
        case requests.ConnectTimeout():
            return Obstacle.CONNECT
        case requests.Timeout():
            return Obstacle.TIMEOUT
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return Obstacle.BROKEN_OFF
        case requests.ConnectionError():
            told = str(error).lower()
            if "timed out" in told:  # while the body was read
                return Obstacle.TIMEOUT
            return Obstacle.BROKEN_OFF if "aborted" in told or "reset" in told else Obstacle.CONNECT
        case _:
            return Obstacle.REQUEST
