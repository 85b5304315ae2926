"""Delivery of asynchronous responses and alerts to a Service User's Receive Response Service."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from dsp_conformance.tls.contexts import tls_adapter
from dsp_conformance.tls.settings import ClientTls
from dsp_conformance.tls.troubles import tls_trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.stub.scheduler import Scheduler

__all__ = ["Delivery", "RetryPolicy", "Undelivered"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How stubbornly a message is delivered (transport rules are assumed: domain.md, "Messages").

    Attributes:
        attempts: how often a message is posted at most.
        first_pause_seconds: the pause before the second attempt; each further pause is twice as long.
        connect_seconds: how long to wait for a connection.
        answer_seconds: how long to wait for the answer.
    """

    attempts: int = 5
    first_pause_seconds: float = 0.2
    connect_seconds: float = 3.0
    answer_seconds: float = 5.0

    def pause_before(self, attempt: int) -> float:
        """Return the pause before an attempt, counted from 1, in seconds."""
        return 0.0 if attempt == 1 else self.first_pause_seconds * 2 ** (attempt - 2)


@dataclass(frozen=True, slots=True)
class _Parcel:
    url: str
    octets: bytes
    about: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that a User did not take yet.

    Attributes:
        parcel: the message and where it goes.
        attempts: how often it was posted.
    """

    parcel: _Parcel
    attempts: int


class Delivery:
    """Posts messages and, where the User does not take one, posts it again a bounded number of times.

    204 is the answer of a User that took the message (domain.md, "Messages"); any other 2xx counts as taken
    too. 400, any other status, and no answer at all, lead to the next attempt; redirects are not followed.

    Args:
        scheduler: who does the work; it bounds how much waits.
        policy: how often and how long.
        media_type: what the messages are declared as.
        tls: how to connect to Users whose URLs are https.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        policy: RetryPolicy,
        media_type: str = "application/xml",
        tls: ClientTls | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._policy = policy
        self._headers = {"Content-Type": media_type}
        self._tls = tls or ClientTls()
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()
        self._undelivered: dict[_Parcel, int] = {}

    @property
    def undelivered(self) -> tuple[Undelivered, ...]:
        """What is going to be posted again, with how often it was posted."""
        with self._lock:
            return tuple(Undelivered(*each) for each in self._undelivered.items())

    def resume(self, undelivered: Iterable[Undelivered]) -> None:
        """Go on with what a DSP before this one could not deliver."""
        for each in undelivered:
            self._try_later(each.parcel, each.attempts)

    def post(self, url: str, octets: bytes, *, about: str) -> None:
        """Deliver a message from one of the scheduler's threads; retries come later.

        Args:
            url: the User's Receive Response Service.
            octets: the signed document.
            about: what the message is, for the log.
        """
        self._attempt(_Parcel(url, octets, about), 1)

    def close(self) -> None:
        """Close the connections; call it when the scheduler has stopped."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _try_later(self, parcel: _Parcel, attempts: int) -> None:
        with self._lock:
            self._undelivered[parcel] = attempts
        pause = self._policy.pause_before(attempts + 1)
        self._scheduler.after(pause, lambda: self._attempt(parcel, attempts + 1))

    def _attempt(self, parcel: _Parcel, attempt: int) -> None:
        with self._lock:
            self._undelivered.pop(parcel, None)
        trouble = self._post_once(parcel)
        if trouble is None:
            return
        if attempt >= self._policy.attempts:
            _log.warning(
                "gave up delivering %s to %s after %d attempts: %s",
                parcel.about,
                parcel.url,
                attempt,
                trouble,
            )
            return
        self._try_later(parcel, attempt)

    def _post_once(self, parcel: _Parcel) -> str | None:
        """Post once; return what went wrong, or None."""
        timeout = (self._policy.connect_seconds, self._policy.answer_seconds)
        try:
            answer = self._session(parcel.url).post(
                parcel.url, data=parcel.octets, headers=self._headers, timeout=timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            trouble = tls_trouble(error, parcel.url, self._tls)
            return f"no answer ({type(error).__name__})" if trouble is None else trouble.said
        taken = HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES
        return None if taken else f"HTTP status {answer.status_code}"

    def _session(self, url: str) -> requests.Session:
        """Return this thread's session for a kind of URL."""
        secure = url.startswith("https:")
        kind = "secure" if secure else "plain"
        session: requests.Session | None = getattr(self._local, kind, None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # a proxy of the environment is no way to a Service User
            if secure:
                session.mount("https://", tls_adapter(self._tls))
            setattr(self._local, kind, session)
            with self._lock:
                self._sessions.append(session)
        return session
