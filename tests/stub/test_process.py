"""The stub as a process: ready line, exit codes, clean stop, and a whole exchange over real sockets."""

from __future__ import annotations

import io
import re
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography import x509

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import GbcsPayload, Response
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import KnownSigners, verify
from dsp_conformance.duis.xml import parse
from dsp_conformance.stub.server import StubSettings, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.stub.conftest import Party, Receiver, StubProcess

TOKEN = "a token of more than sixteen characters".replace(" ", "-")


def test_the_ready_line_tells_where_the_stub_can_be_reached(stub: StubProcess) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*", stub.duis_url)
    assert stub.control_url == f"{stub.duis_url}/testbed/v1"
    told = stub.control("GET", "/capabilities").json()
    assert told["dsp"]["duis_url"] == stub.duis_url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_and_soon(
    start_stub: Callable[..., StubProcess], number: signal.Signals
) -> None:
    stub = start_stub()
    with requests.Session() as session:
        session.get(f"{stub.control_url}/capabilities", timeout=5)  # a connection that is kept open
        begin = time.monotonic()
        stub.process.send_signal(number)
        out, err = stub.process.communicate(timeout=5)

    assert (stub.process.returncode, out, err) == (0, "", "")
    assert time.monotonic() - begin < 2


def test_it_stops_cleanly_with_work_waiting(
    start_stub: Callable[..., StubProcess], party: Party, receiver: Receiver
) -> None:
    stub = start_stub(no_answer_seconds=60)
    stub.register(party, receiver.url)
    device = {"device_type": "ESME", "manufacturer": "106C", "model": "m", "firmware_version": "9001"}
    device_id = stub.control("POST", "/devices", device).json()["device_id"]
    fault = {"service_reference_variant": "11.2", "fault": "response-lost"}
    stub.control("POST", f"/devices/{device_id}/faults", fault)
    octets = party.octets(party.read_firmware(Eui64.parse(device_id)))
    assert stub.post("serviceS", octets).status_code == 200
    stub.process.terminate()
    out, err = stub.process.communicate(timeout=5)

    assert (stub.process.returncode, out, err) == (0, "", "")


def test_a_port_can_be_used_again_at_once(start_stub: Callable[..., StubProcess]) -> None:
    first = start_stub()
    port = int(first.duis_url.rpartition(":")[2])
    first.control("GET", "/capabilities")
    first.process.terminate()
    first.process.wait(5)

    assert start_stub(port=port).duis_url == first.duis_url


def refusals(folder: Path) -> dict[str, dict[str, Any]]:
    """Settings that no stub can start with, by the field that the message has to name."""
    empty = folder / "empty"
    empty.mkdir()
    short = folder / "short"
    short.write_text("secret\n")
    return {
        "host: ": {"host": "0.0.0.0"},
        "host and port: ": {"host": "203.0.113.7", "token_file": _token_file(folder)},
        "port: ": {"port": 65536},
        "token-file: ": {"token_file": folder / "missing"},
        "token-file: expected a file that holds": {"token_file": short},
        "rejection-code: ": {"rejection_code": "I99"},
        "schema-folder: ": {"schema_folder": empty},
        "max-message-size: ": {"max_message_size": 0},
    }


def _token_file(folder: Path) -> Path:
    path = folder / "token"
    path.write_text(f"{TOKEN}\n")
    return path


class NeverReady(io.StringIO):
    """Where a stub that starts after all fails instead of running on."""

    def write(self, text: str, /) -> int:
        raise AssertionError(f"the stub is ready: {text}")


def test_unusable_settings_are_one_message_with_the_field_and_exit_code_2(tmp_path: Path) -> None:
    for field, settings in refusals(tmp_path).items():
        err = io.StringIO()

        code = serve(StubSettings(**settings), out=NeverReady(), err=err)

        assert code == 2, field
        assert err.getvalue().startswith(f"stub: {field}"), err.getvalue()
        assert err.getvalue().count("\n") == 1, err.getvalue()


def test_a_stub_that_cannot_say_that_it_is_ready_does_not_stay() -> None:
    with pytest.raises(AssertionError, match="the stub is ready"):
        serve(StubSettings(), out=NeverReady())


def test_a_port_in_use_is_a_message_too(start_failing: Callable[..., tuple[int, str, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = start_failing(port=taken.getsockname()[1])

    assert (code, out) == (2, "")
    assert "in use" in err


def test_with_a_token_file_the_control_api_asks_for_the_token(
    start_stub: Callable[..., StubProcess], tmp_path: Path
) -> None:
    stub = start_stub(host="0.0.0.0", token_file=str(_token_file(tmp_path)))
    port = stub.duis_url.rpartition(":")[2]
    url = f"http://127.0.0.1:{port}/testbed/v1/capabilities"
    tried = {
        "nothing": {},
        "another": {"authorization": f"Bearer {TOKEN}x"},
        "another scheme": {"authorization": f"Basic {TOKEN}"},
        "the token": {"authorization": f"Bearer {TOKEN}"},
    }

    answers = {name: requests.get(url, headers=headers, timeout=5) for name, headers in tried.items()}

    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {"nothing": 401, "another": 401, "another scheme": 401, "the token": 200}
    assert answers["nothing"].headers["www-authenticate"] == "Bearer"
    assert answers["nothing"].headers["content-type"] == "application/problem+json"


def test_a_whole_exchange_over_real_sockets(stub: StubProcess, party: Party, receiver: Receiver) -> None:
    product = {"device_type": "ESME", "manufacturer": "106C", "model": f"m-{party.eui}"}
    old = stub.control("POST", "/cpl-entries", {**product, "firmware_version": "0123ABCD"}).json()
    stub.control("POST", "/cpl-entries", {**product, "firmware_version": "0123ABCE"})
    device = {**product, "firmware_version": "0123ABCD", "running_firmware_version": "0123ABCE"}
    device_id = Eui64.parse(stub.control("POST", "/devices", device).json()["device_id"])
    removed = stub.control("DELETE", f"/cpl-entries/{old['cpl_entry_id']}")
    assert removed.status_code == 204

    rejected = stub.post("serviceS", party.octets(party.request("4.1.1", device_id)))
    accepted = stub.post("serviceS", party.octets(party.read_firmware(device_id)))

    assert rejected.headers["content-type"] == accepted.headers["content-type"] == "application/xml"
    assert code_of(rejected) is ResponseCode.E51
    assert code_of(accepted) is ResponseCode.I99
    (response,) = receiver.wait()
    assert isinstance(response.content, GbcsPayload)
    assert code_of(stub.post("serviceS", party.octets(party.request("4.1.1", device_id)))) is ResponseCode.I99
    pem = stub.control("GET", "/capabilities").json()["dsp"]["signing_certificates"][0]
    signers = KnownSigners((x509.load_pem_x509_certificate(pem.encode()),))
    receiver.wait(2)
    for octets in (rejected.content, accepted.content, *receiver.received):
        assert verify(parse(octets), signers, roles={0x89}, originator=party.dcc_id).accepted
    commands = stub.control("GET", f"/devices/{device_id}/commands").json()
    assert [each["service_reference_variant"] for each in commands] == ["11.2", "4.1.1"]


def code_of(answer: requests.Response) -> ResponseCode:
    assert answer.status_code == 200, answer.text
    return Response.from_xml(parse(answer.content)).response_code


def test_before_mp105_is_a_setting_of_the_process(
    start_stub: Callable[..., StubProcess], party: Party, receiver: Receiver
) -> None:
    stub = start_stub(before_mp105=True)
    stub.register(party, receiver.url)
    product = {"device_type": "ESME", "manufacturer": "106C", "model": "m", "firmware_version": "9001"}
    entry_id = stub.control("POST", "/cpl-entries", product).json()["cpl_entry_id"]
    device_id = Eui64.parse(stub.control("POST", "/devices", product).json()["device_id"])
    stub.control("PATCH", f"/cpl-entries/{entry_id}", {"status": "Expired"})

    answer = stub.post("serviceS", party.octets(party.read_firmware(device_id)))

    assert code_of(answer) is ResponseCode.E51
