"""A DSP of the tests' own, small and as wrong as a test wants it, and the doctor who looks at it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.collection.collected import CollectedScenario
from dsp_conformance.doctor.examination import Examination, Given
from dsp_conformance.doctor.examining import Examined, examine
from dsp_conformance.doctor.order import CHECKS
from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import Response, ResponseMessage, ServiceRequest
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.smki.identity import CertificateRole
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.testbed import Capability

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsp_conformance.doctor.outcome import Outcome
    from dsp_conformance.smki.credentials import Credential

ELSEWHERE = "/elsewhere"
ROOT = Path(__file__).parents[2]
SCENARIO = CollectedScenario("a", "a", "a", "a.feature", 1, "a", "", ("DUIS-01",), ())
USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")


@dataclass
class SmallDsp:
    """Answers every request with one code, signed and dated as a test wants it; changes at once when told.

    The testbed behind it, at the same address, says what it can do, and that it can do nothing.
    """

    pki: EphemeralPki
    url: str = ""
    code: ResponseCode = ResponseCode.E19
    ahead: timedelta = timedelta(0)
    signing: Credential | None = None
    page: bytes = b""
    told: dict[str, object] = field(default_factory=dict)

    def answer(self, octets: bytes) -> bytes:
        request = ServiceRequest.from_xml(xml.parse(octets))
        response = Response(
            request.request_id,
            request.request_id.response_id(),
            self.code,
            datetime.now(UTC) + self.ahead,
            ResponseMessage(request.reference, request.variant),
        )
        root = response.to_xml()
        if self.signing is not None:
            XmlSigner(self.signing).sign(root)
        return xml.serialise(root)


@contextmanager
def serving(dsp: SmallDsp) -> Iterator[SmallDsp]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say("application/json", json.dumps(dsp.told).encode())

        def do_POST(self) -> None:
            octets = self.rfile.read(int(self.headers["Content-Length"]))
            if dsp.page or self.path == ELSEWHERE:
                self._say("text/html", dsp.page)
            else:
                self._say("application/xml", dsp.answer(octets))

        def _say(self, content_type: str, octets: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        dsp.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield dsp
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def pki() -> EphemeralPki:
    return EphemeralPki.create()


@pytest.fixture
def small_dsp(pki: EphemeralPki) -> Iterator[SmallDsp]:
    dsp = SmallDsp(pki, signing=pki.dsp(DCC).xml_signing)
    dsp.told = {"capabilities": [Capability.OBSERVE_DEVICE], "dsp": {"name": "Small DSP", "version": "1"}}
    with serving(dsp):
        yield dsp


@dataclass
class Desk:
    """A folder with a target file that fits the small DSP; the file's text can be changed."""

    folder: Path
    text: str

    @property
    def file(self) -> Path:
        return self.folder / "target.toml"

    def change(self, old: str, new: str) -> None:
        assert self.text.count(old) == 1, f"{self.text.count(old)} times in the file: {old}"
        self.text = self.text.replace(old, new)

    def write(self) -> Path:
        self.file.write_text(self.text, encoding="utf-8")
        return self.file


@pytest.fixture
def desk(small_dsp: SmallDsp, tmp_path: Path) -> Desk:
    user = small_dsp.pki.service_user(USER, CertificateRole.SUPPLIER)
    assert small_dsp.signing is not None
    (tmp_path / "user.pem").write_bytes(user.xml_signing.certificate_pem())
    (tmp_path / "user.key").write_bytes(user.xml_signing.private_key_pem())
    (tmp_path / "dsp.pem").write_bytes(small_dsp.signing.certificate_pem())
    return Desk(
        tmp_path,
        f"""
[testbed]
driver = "control-api"
url = "{small_dsp.url}/testbed/v1"

[dsp]
base_url = "{small_dsp.url}"
dcc_id = "{DCC}"
signing_certificates = ["dsp.pem"]

[[users]]
eui = "{USER}"
roles = ["IS"]
certificate = "user.pem"
key = "user.key"

[receiver]
bind = "127.0.0.1:0"

[timeouts]
connect = 2
answer = 2
response = 2
""",
    )


class Consultation:
    """What the doctor found, by check."""

    def __init__(self, found: list[Examined]) -> None:
        self.found = found
        self.by_id = {one.check.id: one.outcome for one in found}

    def __getitem__(self, name: str) -> Outcome:
        return self.by_id[name]

    @property
    def errors(self) -> list[str]:
        return [one.check.id for one in self.found if one.outcome.status == "error"]

    @property
    def skipped(self) -> list[str]:
        return [one.check.id for one in self.found if one.outcome.status == "skipped"]


@pytest.fixture
def consult(tmp_path: Path) -> Callable[..., Consultation]:
    def consult(file: Path, *, rejection_code: str | None = None) -> Consultation:
        ledger = Ledger.load(ROOT / "features" / "requirements.toml")
        given = Given(file, rejection_code, lambda: "", lambda: [SCENARIO], ledger, tmp_path / "temporary")
        with Examination(given) as examination:
            return Consultation(list(examine(CHECKS, examination)))

    return consult


@pytest.fixture(scope="session")
def stub_url() -> Iterator[str]:
    """The bundled stub's Testbed Control API; it rejects with E5."""
    command = [sys.executable, "-m", "dsp_conformance", "stub", "serve", "--port", "0"]
    with subprocess.Popen([*command, "--rejection-code", "E5"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["control_url"])
        process.terminate()
