"""A DSP on paper for the Service User's tests: it signs what it is told to and answers on real sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage, ServiceRequest
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.user.counters import Counters
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.session import Connection, UserSession
from dsp_conformance.user.transport import DuisTransport, Endpoints, Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import ResponseBody, ResponseContent
    from dsp_conformance.smki.credentials import Credential
    from dsp_conformance.smki.pki import DspCredentials

    Peer = Callable[[Callable[[socket.socket], None]], AbstractContextManager[str]]

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")


def endpoints(url: str) -> Endpoints:
    return Endpoints(*(f"{url}/api/v1/{name}" for name in ("serviceS", "serviceD", "serviceT")))


@pytest.fixture(scope="session")
def pki() -> EphemeralPki:
    return EphemeralPki.create()


@pytest.fixture(scope="session")
def dsp_credentials(pki: EphemeralPki) -> DspCredentials:
    return pki.dsp(DCC)


@pytest.fixture(scope="session")
def service_user(pki: EphemeralPki) -> ServiceUser:
    held = pki.service_user(USER)
    roles = frozenset({UserRole.IS})
    return ServiceUser(USER, roles, held.xml_signing, held.gbcs_signing, held.gbcs_key_agreement)


@pytest.fixture(scope="session")
def inspector(dsp_credentials: DspCredentials) -> Inspector:
    return Inspector(DuisSchema.bundled(), KnownSigners([dsp_credentials.xml_signing.certificate]))


@pytest.fixture(scope="session")
def official_schema(shared_data: Path) -> DuisSchema:
    return DuisSchema.from_folder(shared_data / "duis-schema-5.4")


class _LaxSchema(DuisSchema):
    def violations(self, root: etree._Element) -> tuple[()]:  # noqa: ARG002 - the base's parameter
        return ()


@pytest.fixture(scope="session")
def lax_schema() -> DuisSchema:
    """A schema of the future, to which nothing is new."""
    empty = etree.XML('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')
    return _LaxSchema(etree.XMLSchema(empty), "lax")


@dataclass(frozen=True)
class Pen:
    """What a DSP writes with: responses as octets, signed or not."""

    credential: Credential

    def signed(self, response: Response) -> bytes:
        return self.drawn(response, lambda _: None)

    def drawn(self, response: Response, change: Callable[[etree._Element], None]) -> bytes:
        """A response that is changed before it is signed."""
        root = response.to_xml()
        change(root)
        XmlSigner(self.credential).sign(root)
        return xml.serialise(root)

    @staticmethod
    def unsigned(response: Response) -> bytes:
        return xml.serialise(response.to_xml())

    @staticmethod
    def response(
        request_id: RequestID,
        code: ResponseCode = ResponseCode.I0,
        content: ResponseContent | None = None,
        *,
        variant: str = "11.2",
        body: ResponseBody | None = None,
    ) -> Response:
        body = body or ResponseMessage(variant, variant, content)
        now = datetime.now(UTC).replace(microsecond=0)
        return Response(request_id, request_id.response_id(), code, now, body)

    def acknowledge(self, code: ResponseCode = ResponseCode.I99) -> Callable[[Post], bytes]:
        """Answers SR11.2 at once, unsigned."""
        return lambda post: self.unsigned(self.response(post.request.request_id, code))

    def answer(self, request_id: RequestID, octets: bytes = b"the Device's answer") -> bytes:
        """The asynchronous response to SR11.2 as it should be."""
        return self.signed(self.response(request_id, content=GbcsPayload(octets)))


@pytest.fixture(scope="session")
def pen(dsp_credentials: DspCredentials) -> Pen:
    return Pen(dsp_credentials.xml_signing)


@dataclass(frozen=True)
class Post:
    """What a DSP was sent."""

    path: str
    headers: dict[str, str]
    octets: bytes
    connection: tuple[str, int]

    @property
    def request(self) -> ServiceRequest:
        return ServiceRequest.from_xml(xml.parse(self.octets))


@dataclass
class PaperDsp:
    """A real HTTP server that writes down what it is sent and answers what it was told to."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], bytes] = lambda _: b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/xml"})


def _handler(dsp: PaperDsp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            octets = self.rfile.read(int(self.headers["Content-Length"]))
            host, port = self.client_address[:2]
            post = Post(self.path, dict(self.headers), octets, (str(host), port))
            dsp.posts.append(post)
            answer = dsp.answer(post)
            self.send_response(dsp.status)
            for name, value in dsp.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            with suppress(OSError):  # a client that waits no longer
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    return Handler


@pytest.fixture
def paper_dsp() -> Iterator[PaperDsp]:
    dsp = PaperDsp()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(dsp)) as server:
        server.daemon_threads = True
        dsp.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield dsp
        server.shutdown()
        thread.join()


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                with connection, suppress(OSError):  # the other end may go before everything is said
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for each in (listener, *connections):
                with suppress(OSError):  # closed already
                    each.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture(scope="session")
def peer() -> Peer:
    """A peer that does to each connection, one after the other, what it is told to."""
    return _listening


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def session(
    paper_dsp: PaperDsp, inspector: Inspector, inbox: Inbox, service_user: ServiceUser, tmp_path: Path
) -> UserSession:
    """The Service User's session at the DSP on paper."""
    timeouts = Timeouts(connect=1, answer=2, response=0.05)
    transport = DuisTransport(endpoints(paper_dsp.url), timeouts)
    return UserSession(service_user, Connection(transport, inspector, inbox, Counters(tmp_path), DCC))
