"""Bad input over real sockets: a clear refusal, no state change, and the stub answers the next one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import Response
from dsp_conformance.duis.namespaces import ds, sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.xml import parse, serialise

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.smki.pki import EphemeralPki
    from tests.stub.conftest import Party, Receiver, StubProcess

LIMIT = 200_000
"""The session's stub is started with this limit."""


@pytest.fixture
def device_id(stub: StubProcess) -> Eui64:
    meter = {"device_type": "ESME", "manufacturer": "106C", "model": "m", "firmware_version": "0123ABCD"}
    return Eui64.parse(stub.control("POST", "/devices", meter).json()["device_id"])


@pytest.fixture
def good(party: Party, device_id: Eui64, untouched: Callable[[], None]) -> bytes:
    """A request that would be accepted: its counter is above those that `untouched` used before."""
    del untouched
    return party.octets(party.read_firmware(device_id))


@pytest.fixture
def untouched(stub: StubProcess, party: Party, device_id: Eui64, receiver: Receiver) -> Callable[[], None]:
    """Shows that nothing happened at the Device or in the inventory, and that the stub still answers."""

    def look() -> str:
        return stub.post("serviceD", party.octets(party.inventory(device_id))).text.partition("<ds:")[0]

    def device_of(text: str) -> str:
        return text.partition("<sr:DSPInventory>")[2]

    before = device_of(look())

    def check() -> None:
        assert device_of(look()) == before != ""
        assert stub.control("GET", f"/devices/{device_id}/commands").json() == []
        receiver.silence(0.05)

    return check


def raw(stub: StubProcess, octets: bytes, *, half_close: bool = False) -> bytes:
    """What comes back on a socket until the stub closes it or says no more."""
    parts = urlsplit(stub.duis_url)
    assert parts.hostname is not None
    assert parts.port is not None
    with socket.create_connection((parts.hostname, parts.port), timeout=3) as connection:
        connection.sendall(octets)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
            head, blank, body = received.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if blank and length and len(body) >= int(length):
                break
        return received


def resigned(octets: bytes, change: Callable[[etree._Element], None], party: Party) -> bytes:
    """The message, changed and signed anew."""
    root = parse(octets)
    signature = root.find(ds("Signature"))
    assert signature is not None
    root.remove(signature)
    change(root)
    XmlSigner(party.credentials.xml_signing).sign(root)
    return serialise(root)


def header(root: etree._Element, name: str) -> etree._Element:
    found = root.find(f"{sr('Header')}/{sr(name)}")
    assert found is not None
    return found


DOCUMENTS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "blanks": lambda _: b"   \n",
    "text": lambda _: b"hello",
    "zeros": lambda _: bytes(100),
    "truncated": lambda good: good[: len(good) // 2],
    "two documents": lambda good: good + good[good.index(b"<sr:Request") :],
    "a document type": lambda good: good.replace(b"?>", b"?><!DOCTYPE sr:Request>", 1),
    "an entity": lambda good: good.replace(
        b"?>", b'?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1
    ).replace(b"11.2<", b"&x;<", 1),
    "an entity bomb": lambda good: good.replace(
        b"?>",
        b"?><!DOCTYPE r [<!ENTITY a '1234567890'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]>",
        1,
    ),
    "not UTF-8": lambda good: good.replace(b"11.2<", b"11.\xff<", 1),
    "another encoding's name": lambda good: good.replace(b"UTF-8", b"EBCDIC-US", 1),
    "UTF-16 without its mark": lambda good: good.decode().encode("utf-16-le"),
    "another root": lambda _: b"<Request/>",
    "a response": lambda good: good.replace(b"sr:Request>", b"sr:Response>").replace(
        b"<sr:Request ", b"<sr:Response "
    ),
    "no signature": lambda good: good[: good.index(b"<ds:Signature")] + b"</sr:Request>",
    "a changed body": lambda good: good.replace(
        b"<sr:ReadFirmwareVersion/>",
        b"<sr:ReadFirmwareVersion><sr:ExecutionDateTime>2090-01-01T00:00:00Z</sr:ExecutionDateTime>"
        b"</sr:ReadFirmwareVersion>",
    ),
    "a changed signature": lambda good: good.replace(b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA", 1),
    "another algorithm": lambda good: good.replace(b"ecdsa-sha256", b"ecdsa-sha1", 1),
    "an unknown certificate": lambda good: good.replace(
        b"<ds:X509SerialNumber>", b"<ds:X509SerialNumber>1", 1
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_no_acceptable_request_is_400_with_one_line(
    stub: StubProcess, good: bytes, untouched: Callable[[], None], name: str
) -> None:
    document = DOCUMENTS[name](good)
    assert document != good

    refused = stub.post("serviceS", document)

    assert refused.status_code == 400, refused.text
    assert refused.headers["content-type"] == "text/plain; charset=utf-8"
    assert refused.text.count("\n") == 1
    untouched()


def _elsewhere(root: etree._Element) -> None:
    header(root, "ServiceReference").text = "11.3"


def _unheard_of(root: etree._Element) -> None:
    header(root, "ServiceReferenceVariant").text = "4.1.1"
    header(root, "ServiceReference").text = "4.1"


def _ninth(root: etree._Element) -> None:
    header(root, "CommandVariant").text = "9"


def _no_counter(root: etree._Element) -> None:
    header(root, "RequestID").text = (header(root, "RequestID").text or "").rpartition(":")[0]


def _high_counter(root: etree._Element) -> None:
    header(root, "RequestID").text = f"{(header(root, 'RequestID').text or '').rpartition(':')[0]}:{2**64}"


def _far_execution_time(root: etree._Element) -> None:
    body = root.find(f"{sr('Body')}/{sr('ReadFirmwareVersion')}")
    assert body is not None
    etree.SubElement(body, sr("ExecutionDateTime")).text = "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize(
    "change", [_elsewhere, _unheard_of, _ninth, _no_counter, _high_counter, _far_execution_time]
)
def test_a_request_that_is_signed_and_still_nonsense_is_400(
    stub: StubProcess,
    party: Party,
    good: bytes,
    untouched: Callable[[], None],
    change: Callable[[etree._Element], None],
) -> None:
    refused = stub.post("serviceS", resigned(good, change, party))

    assert refused.status_code == 400, refused.text
    untouched()


def test_a_refused_request_has_not_used_its_counter_up(stub: StubProcess, good: bytes) -> None:
    assert stub.post("serviceS", DOCUMENTS["a changed body"](good)).status_code == 400
    assert stub.post("serviceS", good).status_code == 200


def test_a_replayed_request_is_409(stub: StubProcess, good: bytes, receiver: Receiver) -> None:
    assert stub.post("serviceS", good).status_code == 200
    assert stub.post("serviceS", good).status_code == 409
    receiver.wait(1)
    receiver.silence(0.05)


def test_another_users_signature_is_400(
    stub: StubProcess, pki: EphemeralPki, party: Party, device_id: Eui64, untouched: Callable[[], None]
) -> None:
    other = pki.service_user(Eui64.parse("90-B3-D5-1F-30-04-00-00"))
    root = party.read_firmware(device_id).to_xml()
    XmlSigner(other.xml_signing).sign(root)

    assert stub.post("serviceS", serialise(root)).status_code == 400
    untouched()


def test_the_signature_of_a_gbcs_key_is_400(
    stub: StubProcess, party: Party, device_id: Eui64, untouched: Callable[[], None]
) -> None:
    root = party.read_firmware(device_id).to_xml()
    XmlSigner(party.credentials.gbcs_signing).sign(root)

    assert stub.post("serviceS", serialise(root)).status_code == 400
    untouched()


def test_an_unknown_originator_is_e1_if_it_signed_at_all(
    stub: StubProcess, pki: EphemeralPki, party: Party, device_id: Eui64, untouched: Callable[[], None]
) -> None:
    stranger = type(party)(pki.service_user(Eui64.parse("90-B3-D5-1F-30-05-00-00")), party.dcc_id)
    signed = stranger.octets(stranger.read_firmware(device_id))

    answer = stub.post("serviceS", signed)
    unsigned = stub.post("serviceS", DOCUMENTS["no signature"](signed))

    assert answer.status_code == 200
    assert Response.from_xml(parse(answer.content)).response_code is ResponseCode.E1
    assert unsigned.status_code == 400
    untouched()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/xml"}, 200),
        ({"content-type": "Application/XML; charset=UTF-8"}, 200),
        ({"content-type": 'application/xml;charset="utf-8"'}, 200),
        ({"content-type": "application/xml; charset=iso-8859-1"}, 415),
        ({"content-type": "text/xml"}, 415),
        ({"content-type": "application/json"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "application/xml", "content-encoding": "gzip"}, 415),
    ],
    ids=str,
)
def test_only_plain_xml_in_utf_8_is_taken(
    stub: StubProcess, good: bytes, headers: dict[str, str], status: int
) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /api/v1/serviceS HTTP/1.1\r\nhost: x\r\n{lines}content-length: {len(good)}\r\n\r\n"

    assert raw(stub, head.encode() + good).startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/serviceS", 405),
        ("PUT", "/api/v1/serviceD", 405),
        ("POST", "/api/v1/serviceX", 404),
        ("POST", "/api/v1/services", 404),
        ("POST", "/", 404),
    ],
)
def test_any_other_path_or_method_says_where_requests_go(
    stub: StubProcess, method: str, path: str, status: int
) -> None:
    refused = raw(stub, f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".encode())

    assert refused.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"/api/v1/serviceT" in refused


class TestSize:
    def padded(self, good: bytes, size: int) -> bytes:
        """A message of that size; white space before the root element is no part of what is signed."""
        return good.replace(b"?>", b"?>" + b" " * (size - len(good)), 1)

    def test_a_message_of_the_largest_size_is_taken(self, stub: StubProcess, good: bytes) -> None:
        assert stub.post("serviceS", self.padded(good, LIMIT)).status_code == 200

    @pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT])
    def test_a_larger_one_is_413(
        self, stub: StubProcess, good: bytes, untouched: Callable[[], None], size: int
    ) -> None:
        refused = stub.post("serviceS", self.padded(good, size))

        assert refused.status_code == 413
        assert str(LIMIT) in refused.text
        assert refused.headers["connection"] == "close"
        untouched()

    def test_a_larger_one_in_chunks_is_413(self, stub: StubProcess, untouched: Callable[[], None]) -> None:
        head = (
            b"POST /api/v1/serviceS HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"

        assert raw(stub, head + chunk * 8 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413 ")
        untouched()

    def test_a_huge_one_is_refused_before_it_is_sent(self, stub: StubProcess) -> None:
        head = (
            b"POST /api/v1/serviceS HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\n"
            b"content-length: 99999999999\r\n\r\n"
        )

        assert raw(stub, head).startswith(b"HTTP/1.1 413 ")


class TestBrokenHttp:
    @pytest.mark.parametrize(
        "octets",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"nonsense\r\n\r\n",
            b"POST /api/v1/serviceS HTTP/1.1\r\ncontent-length: many\r\n\r\n",
            b"POST /api/v1/serviceS HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        ],
        ids=["TLS", "nonsense", "content-length no number", "content-length negative"],
    )
    def test_what_is_no_http_is_refused(self, stub: StubProcess, octets: bytes) -> None:
        received = raw(stub, octets, half_close=True)

        assert received == b"" or received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 415 "))
        assert stub.control("GET", "/capabilities").status_code == 200

    def test_a_body_that_stops_in_the_middle_does_nothing(
        self, stub: StubProcess, good: bytes, untouched: Callable[[], None]
    ) -> None:
        head = (
            "POST /api/v1/serviceS HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\n"
            f"content-length: {len(good) + 1}\r\n\r\n"
        )

        assert not raw(stub, head.encode() + good, half_close=True).startswith(b"HTTP/1.1 2")
        untouched()


def test_bad_input_of_any_sort_leaves_the_process_quiet_and_alive(stub: StubProcess) -> None:
    answers: list[Any] = [stub.post("serviceD", octets) for octets in (b"", b"<", b"\xff" * 1000)]

    assert {answer.status_code for answer in answers} == {400}
    assert stub.process.poll() is None
