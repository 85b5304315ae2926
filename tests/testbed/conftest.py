from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.testbed import Capability, ControlApiTestbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.x509 import Certificate

CAPABLE_OF_ALL = {
    "capabilities": [each.value for each in Capability],
    "dsp": {"name": "paper DSP", "version": "0.1"},
}


@dataclass(frozen=True)
class Call:
    """What a testbed was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    connection: tuple[str, int]


@dataclass
class PaperTestbed:
    """A real HTTP server that writes down what it is sent and answers what it was told to."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Answers by method and path; 204 to whatever stands nowhere."""

    _open: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def connections_changed(self, by: int) -> None:
        with self._changed:
            self._open += by
            self._changed.notify_all()

    def all_connections_end(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout=5)

    def of(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path.endswith(path)]


def _handler(paper: PaperTestbed) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            path = self.path.removeprefix("/testbed/v1")
            host, port = self.client_address[:2]
            paper.calls.append(Call(self.command, path, dict(self.headers), body, (str(host), port)))
            status, content = paper.answers.get(f"{self.command} {path}", (204, None))
            octets = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - names that the base wants

        def setup(self) -> None:
            paper.connections_changed(+1)
            super().setup()

        def finish(self) -> None:
            super().finish()
            paper.connections_changed(-1)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            pass

    return Handler


@pytest.fixture
def paper() -> Iterator[PaperTestbed]:
    paper = PaperTestbed(answers={"GET /capabilities": (200, CAPABLE_OF_ALL)})
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(paper)) as server:
        server.daemon_threads = True
        paper.url = f"http://127.0.0.1:{server.server_address[1]}/testbed/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield paper
        server.shutdown()
        thread.join()


@pytest.fixture
def testbed(paper: PaperTestbed) -> Iterator[ControlApiTestbed]:
    with ControlApiTestbed(paper.url) as testbed:
        yield testbed


@pytest.fixture(scope="session")
def device_certificate() -> Certificate:
    pki = EphemeralPki.create()
    return pki.device(Eui64.parse("00-DB-12-34-56-78-90-A0")).signing.certificate


@pytest.fixture(scope="session")
def control_api_document() -> dict[str, Any]:
    """The Testbed Control API's own document."""
    file = Path(__file__).parents[2] / "docs" / "testbed-control.openapi.yaml"
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


@pytest.fixture
def conforms(control_api_document: dict[str, Any]) -> Callable[[Call], None]:
    """Checks a call against the document: path, method, and the body by its schema."""
    registry: Registry[Any] = Registry().with_resource(
        "api", DRAFT202012.create_resource(control_api_document)
    )

    def pointer(*steps: str) -> dict[str, str]:
        return {"$ref": "api#/" + "/".join(s.replace("~", "~0").replace("/", "~1") for s in steps)}

    def check(call: Call) -> None:
        steps = call.path.split("/")
        templates = [
            template
            for template in control_api_document["paths"]
            if len(wanted := template.split("/")) == len(steps)
            and all(w.startswith("{") or w == s for w, s in zip(wanted, steps, strict=True))
        ]
        assert len(templates) == 1, f"no path of the API: {call.path}"
        operation = control_api_document["paths"][templates[0]].get(call.method.lower())
        assert operation is not None, f"the API has no {call.method} {templates[0]}"
        if "requestBody" not in operation:
            assert call.body is None
            return
        assert call.headers["Content-Type"] == "application/json"
        where = ("paths", templates[0], call.method.lower(), "requestBody", "content", "application/json")
        Draft202012Validator(pointer(*where, "schema"), registry=registry).validate(call.body)

    return check
