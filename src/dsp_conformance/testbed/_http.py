"""Calls to a Testbed Control API: connections, timeouts, and what is tried again."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from dsp_conformance.base.backoff import Patience
from dsp_conformance.testbed.errors import TestbedUnreachable
from dsp_conformance.tls.contexts import tls_adapter
from dsp_conformance.tls.troubles import tls_trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsp_conformance.tls.settings import ClientTls

__all__ = ["ControlApiClient", "Timeouts"]

# The set-up of a connection is tried again: until it stands, nothing has reached the testbed. A call that
# broke off later may have been carried out. It is tried once more where twice is the same as once (RFC 9110,
# 9.2.2, and the API's PATCH, which states what is to be), and not where a second CPL entry, Device or fault
# would falsify the scenario. A DELETE that was carried out would be refused the second time.
_SAME_TWICE: Final = frozenset({"GET", "PUT", "PATCH"})
_RETRY: Final = Retry(
    total=2, connect=2, read=1, redirect=0, status=0, other=0, backoff_factor=0.1, allowed_methods=_SAME_TWICE
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may take.

    Attributes:
        connect: seconds until the connection stands.
        answer: seconds without any octet of the answer. A CPL change answers only when its suspensions
            are done.
    """

    connect: float = 5.0
    answer: float = 30.0


class ControlApiClient:
    """Does calls, over one kept-alive connection per thread.

    Settings of the environment (proxies, `.netrc`) are passed over, so that a run depends on its target file
    alone. Redirects are not followed: the token goes to the configured address and nowhere else.
    """

    def __init__(self, url: str, token: str | None, timeouts: Timeouts, tls: ClientTls) -> None:
        """Make a client; nothing is sent yet. Arguments and errors as for `ControlApiTestbed`."""
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if token is not None:
            if not token or not token.isascii() or not token.isprintable() or " " in token:
                raise ValueError("a bearer token is one or more printable ASCII characters without spaces")
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeouts = timeouts
        self._tls = tls
        self._patience = Patience()
        self._of_thread = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections of all threads; a later call opens new ones."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._of_thread = threading.local()
        for session in sessions:
            session.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        operation: str,
        *,
        at_least: float = 0.0,
    ) -> requests.Response:
        """Do one call and return whatever answer comes.

        Args:
            method: the HTTP method.
            path: the path below the API's base, without a leading slash.
            body: sent as JSON; no body where None.
            operation: what is being done, for the error's sake.
            at_least: seconds that the answer may take, where it may take longer than those of others.

        Raises:
            TestbedUnreachable: if no answer comes.
        """
        url = f"{self.url}/{path}"
        begun = time.monotonic()
        given = (self._timeouts.connect, max(self._timeouts.answer, at_least))
        connect, wait = map(self._patience.seconds, given)
        try:
            session = self._session()
            # Sent as prepared here: what a session would merge into it from elsewhere is not wanted.
            cookies = session.cookies or None
            request = requests.Request(method, url, json=body, headers=self._headers, cookies=cookies)
            answer = session.send(
                request.prepare(), timeout=(connect, wait), allow_redirects=False, proxies={}
            )
        except requests.RequestException as error:
            cause = _innermost(error)
            if time.monotonic() - begun >= min(connect, wait):  # the library tells it by many names
                cause += f"; it was given {self._patience.waited_in_vain(wait)}"
            trouble = tls_trouble(error, url, self._tls, "[testbed] url")
            raise TestbedUnreachable(url, cause, operation, trouble) from error
        self._patience.answered(time.monotonic() - begun)
        return answer

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=_RETRY))
            if self.url.startswith("https://"):
                session.mount("https://", tls_adapter(self._tls, retries=_RETRY, pool=1))
            with self._lock:
                self._sessions.append(session)
                self._of_thread.session = session
        return session


def _innermost(error: BaseException) -> str:
    """The words of the layer that noticed first; the layers above it only wrap them."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(error) or type(error).__name__
