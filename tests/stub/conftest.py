from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests
from lxml import etree

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import (
    CommandVariant,
    CplStatus,
    DeviceStatus,
    DeviceType,
    UserRole,
    catalogue,
    service_for,
)
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import Response, ServiceRequest
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.request_bodies import (
    ActivateFirmware,
    ReadFirmwareVersion,
    ReadInventory,
    SignedPreCommand,
    UpdateFirmware,
)
from dsp_conformance.duis.signature import KnownSigners, verify
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.xml import parse, serialise
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.stub.cpl import ProductModel
from dsp_conformance.stub.dsp import ReferenceDsp
from dsp_conformance.stub.emulated_device import EmulatedDevice, running_version
from dsp_conformance.stub.inventory import DeviceRecord
from dsp_conformance.stub.settings import StubSettings
from dsp_conformance.stub.users import RegisteredUser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsp_conformance.duis.catalogue import Service
    from dsp_conformance.duis.messages import InventoryDevice
    from dsp_conformance.smki.pki import UserCredentials
    from dsp_conformance.stub.dsp import Answer

OLD = "0123ABCD"
NEW = "0123ABCE"


@dataclass
class Receiver:
    """A Receive Response Service: keeps what it is sent, answers 204 or what it was told to."""

    url: str
    answers: list[int] = field(default_factory=list)
    """Statuses to answer with, in order; 204 once they are used up."""
    received: list[bytes] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, octets: bytes) -> int:
        with self.arrived:
            self.received.append(octets)
            self.arrived.notify_all()
            return self.answers.pop(0) if self.answers else 204

    def wait(self, count: int = 1, seconds: float = 3.0) -> list[Response]:
        """Wait until so many messages have come, and return them all."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return [Response.from_xml(parse(octets)) for octets in self.received]

    def silence(self, seconds: float = 0.15) -> None:
        """See that nothing more than `count` messages come."""
        with self.arrived:
            before = len(self.received)
            assert not self.arrived.wait_for(lambda: len(self.received) > before, seconds), self.received[-1]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    taking: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            octets = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/xml"
            self.send_response(taking[0].take(octets))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        taking.append(Receiver(f"http://127.0.0.1:{server.server_port}/receive"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield taking[0]
        server.shutdown()
        thread.join()


@dataclass
class Party:
    """A Service User's hand: builds and signs requests with a counter that only rises."""

    credentials: UserCredentials
    dcc_id: Eui64
    counters: Iterator[int] = field(default_factory=lambda: itertools.count(int(time.time() * 1000)))

    @property
    def eui(self) -> Eui64:
        return self.credentials.eui

    def registration(self, receive_response_url: str, roles: list[str] | None = None) -> dict[str, Any]:
        """The body that registers the User, in every role if not told otherwise."""
        credentials = self.credentials
        return {
            "roles": roles or [role.value for role in UserRole],
            "signing_certificate": credentials.xml_signing.certificate_pem().decode(),
            "gbcs_signing_certificate": credentials.gbcs_signing.certificate_pem().decode(),
            "gbcs_key_agreement_certificate": credentials.gbcs_key_agreement.certificate_pem().decode(),
            "receive_response_url": receive_response_url,
        }

    def request(
        self,
        variant: str,
        target: Eui64 | None = None,
        command_variant: int | None = None,
        *,
        body: etree._Element | None = None,
        request_id: RequestID | None = None,
    ) -> ServiceRequest:
        """A request; what is left out is filled in so that it is a proper one."""
        entry = catalogue()[variant]
        chosen = min(entry.command_variants) if command_variant is None else CommandVariant(command_variant)
        used = request_id or RequestID(self.eui, target or self.dcc_id, next(self.counters))
        element = etree.Element(sr(entry.body_element)) if body is None else body
        return ServiceRequest(used, chosen, entry.reference, variant, element)

    def sign(self, root: etree._Element) -> bytes:
        XmlSigner(self.credentials.xml_signing).sign(root)
        return serialise(root)

    def octets(self, request: ServiceRequest) -> bytes:
        return self.sign(request.to_xml())

    def read_firmware(self, target: Eui64, command_variant: int = 1, at: Any = None) -> ServiceRequest:
        return self.request("11.2", target, command_variant, body=ReadFirmwareVersion(at).to_xml())

    def activate(self, target: Eui64, sha256: bytes, at: Any = None) -> ServiceRequest:
        return self.request("11.3", target, 4, body=ActivateFirmware(sha256, at).to_xml())

    def signed(self, asked: ServiceRequest, pre_command: bytes, command_variant: int = 5) -> ServiceRequest:
        """The request that brings a Pre-Command back, signed, with the RequestID of its CV4."""
        key = self.credentials.gbcs_signing.private_key
        body = SignedPreCommand(gbcs.sign_pre_command(pre_command, key)).to_xml()
        return self.request(
            asked.variant, command_variant=command_variant, body=body, request_id=asked.request_id
        )

    def update_firmware(self, image: bytes, version: str, *targets: Eui64) -> ServiceRequest:
        return self.request("11.1", body=UpdateFirmware(image, version, targets).to_xml())

    def inventory(self, device_id: Eui64) -> ServiceRequest:
        return self.request("8.2", body=ReadInventory(device_id).to_xml())


@dataclass
class Bench:
    """A reference DSP in this process, with a Service User and its receiver."""

    dsp: ReferenceDsp
    pki: EphemeralPki
    receiver: Receiver
    user: Party
    drawn: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_user(self, *roles: UserRole, registered: bool = True, gbcs_certificates: bool = True) -> Party:
        """A further User, in those roles."""
        eui = Eui64(bytes.fromhex("90B3D51F3002") + next(self.drawn).to_bytes(2))
        party = Party(self.pki.service_user(eui), self.dsp.options.dcc_id)
        if registered:
            self.register(party, frozenset(roles), gbcs_certificates=gbcs_certificates)
        return party

    def register(self, party: Party, roles: frozenset[UserRole], *, gbcs_certificates: bool = True) -> None:
        credentials = party.credentials
        signing = credentials.gbcs_signing.private_key.public_key() if gbcs_certificates else None
        agreement = credentials.gbcs_key_agreement.private_key.public_key() if gbcs_certificates else None
        user = RegisteredUser(
            party.eui,
            roles,
            KnownSigners((credentials.xml_signing.certificate,)),
            self.receiver.url,
            signing,
            agreement,
        )
        with self.dsp.state.lock:
            self.dsp.state.users.register(user)

    def product(self, device_type: DeviceType = DeviceType.ESME) -> ProductModel:
        """A model that nobody else has."""
        return ProductModel(device_type, "106C", f"model-{next(self.drawn)}")

    def list_firmware(self, product: ProductModel, version: str, status: CplStatus = CplStatus.ACTIVE) -> str:
        return self.dsp.state.add_cpl_entry(product, version, status).entry_id

    def device(
        self,
        device_type: DeviceType = DeviceType.ESME,
        *,
        status: DeviceStatus = DeviceStatus.COMMISSIONED,
        product: ProductModel | None = None,
        smets_version: str = "SMETS2",
        running: str = OLD,
        responsible_users: frozenset[Eui64] | None = None,
    ) -> Eui64:
        """A Device that is recorded with the old firmware."""
        device_id = self.dsp.state.unused_device_id()
        record = DeviceRecord(
            device_id,
            product or self.product(device_type),
            smets_version,
            OLD,
            status,
            responsible_users=responsible_users,
        )
        version = running_version(running)
        assert version is not None
        emulated = EmulatedDevice(record.device_type, self.dsp.device_credentials(device_id), version)
        self.dsp.state.add_device(record, emulated)
        return device_id

    def suspended(
        self,
        device_type: DeviceType = DeviceType.ESME,
        *,
        before: DeviceStatus = DeviceStatus.COMMISSIONED,
        new_firmware: CplStatus | None = CplStatus.ACTIVE,
        running: str = NEW,
        **more: Any,
    ) -> Eui64:
        """A Device whose recorded firmware left the CPL; the new firmware is listed and runs."""
        product = self.product(device_type)
        entry_id = self.list_firmware(product, OLD)
        if new_firmware is not None:
            self.list_firmware(product, NEW, new_firmware)
        device_id = self.device(status=before, product=product, running=running, **more)
        self.dsp.state.set_cpl_status(entry_id, CplStatus.WITHDRAWN)
        return device_id

    def record(self, device_id: Eui64) -> DeviceRecord:
        with self.dsp.state.lock:
            record = self.dsp.state.inventory.get(device_id)
        assert record is not None
        return record

    def emulated(self, device_id: Eui64) -> EmulatedDevice:
        device = self.dsp.state.device(device_id)
        assert device is not None
        return device

    def await_commands(self, device_id: Eui64, count: int = 1, seconds: float = 3.0) -> None:
        """Wait until so many commands have reached a Device."""
        deadline = time.monotonic() + seconds
        while len(self.emulated(device_id).commands()) < count:
            assert time.monotonic() < deadline, self.emulated(device_id).commands()
            time.sleep(0.001)

    def send(self, octets: bytes, service: Service) -> Answer:
        """What the HTTP face does: hand over, then do what comes afterwards."""
        answer = self.dsp.handle(service, octets)
        if answer.afterwards is not None:
            answer.afterwards()
        return answer

    def ask(
        self, request: ServiceRequest, *, party: Party | None = None, service: Service | None = None
    ) -> Response:
        """Send a request and return the Response, which has to be valid and signed by the DSP."""
        octets = (party or self.user).octets(request)
        answer = self.send(octets, service or service_for(request.command_variant))
        assert answer.is_duis, answer.octets
        return self.checked(answer.octets)

    def checked(self, octets: bytes) -> Response:
        root = parse(octets)
        assert self.dsp.options.schema.violations(root) == ()
        diagnosis = verify(root, KnownSigners((self.dsp.credentials.xml_signing.certificate,)), roles={0x89})
        assert diagnosis.accepted, str(diagnosis)
        return Response.from_xml(root)

    def pre_command(self, request: ServiceRequest) -> bytes:
        from dsp_conformance.duis.messages import PreCommand  # noqa: PLC0415  # used here only

        content = self.ask(request).content
        assert isinstance(content, PreCommand), content
        return content.octets

    def shown(self, device_id: Eui64) -> InventoryDevice:
        """What SR8.2 shows."""
        from dsp_conformance.duis.messages import Inventory  # noqa: PLC0415  # used here only

        content = self.ask(self.user.inventory(device_id)).content
        assert isinstance(content, Inventory), content
        (device,) = content.devices
        return device


@pytest.fixture(scope="session")
def pki() -> EphemeralPki:
    return EphemeralPki.create()


@pytest.fixture
def make_bench(pki: EphemeralPki, receiver: Receiver) -> Iterator[Callable[..., Bench]]:
    """Makes reference DSPs with settings, all with the same receiver."""
    made: list[Bench] = []

    def make(**settings: Any) -> Bench:
        options = StubSettings(**{"delivery_pause_seconds": 0.02, "no_answer_seconds": 0.02, **settings})
        dsp = ReferenceDsp(options.dsp_options())
        credentials = pki.service_user(Eui64.parse("90-B3-D5-1F-30-01-00-00"))
        bench = Bench(dsp, pki, receiver, Party(credentials, dsp.options.dcc_id))
        bench.register(bench.user, frozenset(UserRole))
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.dsp.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@dataclass
class StubProcess:
    """A stub in a process of its own."""

    process: subprocess.Popen[str]
    duis_url: str
    control_url: str

    def control(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        return requests.request(method, f"{self.control_url}{path}", json=body, timeout=10, **options)

    def register(self, party: Party, receive_response_url: str, roles: list[str] | None = None) -> None:
        answer = self.control("PUT", f"/users/{party.eui}", party.registration(receive_response_url, roles))
        assert answer.status_code == 204, answer.text

    def post(self, service: str, octets: bytes, media_type: str = "application/xml") -> requests.Response:
        return requests.post(
            f"{self.duis_url}/api/v1/{service}",
            data=octets,
            headers={"content-type": media_type},
            timeout=10,
        )


PROGRAM = """
import json, sys
from pathlib import Path
from dsp_conformance.stub.server import StubSettings, serve
given = json.loads(sys.argv[1])
for name in ("token_file", "schema_folder", "tls"):
    if name in given:
        given[name] = Path(given[name])
sys.exit(serve(StubSettings(**given)))
"""


def start(**settings: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )


@pytest.fixture(scope="session")
def start_stub() -> Iterator[Callable[..., StubProcess]]:
    """Starts stub processes and waits for their ready lines; whatever still runs at the end is stopped."""
    running: list[subprocess.Popen[str]] = []

    def run(**settings: Any) -> StubProcess:
        process = start(**settings)
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        ready = json.loads(line)
        assert ready["event"] == "ready"
        assert ready["pid"] == process.pid
        return StubProcess(process, ready["duis_url"], ready["control_url"])

    yield run
    for process in running:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="session")
def stub(start_stub: Callable[..., StubProcess]) -> StubProcess:
    """One stub process for many tests, each of which brings its own User and Devices."""
    return start_stub(max_message_size=200_000)


@pytest.fixture(scope="session")
def start_failing() -> Callable[..., tuple[int, str, str]]:
    """Starts a stub that is expected to refuse; returns exit code, standard output and standard error."""

    def run(**settings: Any) -> tuple[int, str, str]:
        with start(**settings) as process:
            out, err = process.communicate(timeout=20)
            return process.returncode, out, err

    return run


@pytest.fixture
def party(pki: EphemeralPki, stub: StubProcess, receiver: Receiver) -> Party:
    """A User that nobody else is, registered at the stub process in every role."""
    eui = Eui64(bytes.fromhex("90B3D51F") + os.urandom(4))
    dcc_id = Eui64.parse(stub.control("GET", "/capabilities").json()["dsp"]["dcc_id"])
    party = Party(pki.service_user(eui), dcc_id)
    stub.register(party, receiver.url)
    return party
