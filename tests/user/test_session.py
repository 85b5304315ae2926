from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    GbcsPayload,
    Inventory,
    InventoryDevice,
    ServiceRequest,
)
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion, ReadInventory
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import KnownSigners, verify
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType, Service
from dsp_conformance.user.checks import check_form
from dsp_conformance.user.counters import Counters, CounterUnusable
from dsp_conformance.user.exchange import Delivery, Exchange
from dsp_conformance.user.transport import utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.user.inbox import Inbox
    from dsp_conformance.user.inspection import Inspector
    from dsp_conformance.user.session import UserSession
    from tests.user.conftest import PaperDsp, Pen, Post

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
SR11_2 = catalogue()["11.2"]


def _read_firmware(session: UserSession, command_variant: int = 1) -> Exchange:
    return session.send(SR11_2, CommandVariant(command_variant), ReadFirmwareVersion().to_xml(), DEVICE)


def _read_firmware_request(session: UserSession) -> ServiceRequest:
    request_id = RequestID(session.user.eui, DEVICE, 1)
    body = ReadFirmwareVersion().to_xml()
    return session.request(request_id, SR11_2, CommandVariant.NON_CRITICAL_WAN, body)


def _delivery(inspector: Inspector, octets: bytes) -> Delivery:
    inspection = inspector.inspect(octets, "application/xml", asynchronous=True)
    accepted = all(check.passed for check in inspection.checks)
    return Delivery(
        utc_now(), "application/xml", octets, len(octets), inspection.response, inspection.checks, accepted
    )


def _failed(exchange: Exchange | Delivery) -> list[str]:
    return [check.requirement for check in exchange.checks if not check.passed]


def test_an_accepted_request_is_an_exchange_with_all_that_passed(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = pen.acknowledge()
    before = utc_now()
    exchange = _read_firmware(session)
    (post,) = paper_dsp.posts
    assert exchange.sent == post.octets
    assert post.request == exchange.request
    assert (exchange.url, exchange.service.value) == (f"{paper_dsp.url}/api/v1/serviceS", "serviceS")
    assert before <= exchange.sent_at <= utc_now()
    assert exchange.answer is not None
    assert exchange.answer.status == 200
    assert exchange.response is not None
    assert exchange.response.response_code == "I99"
    assert exchange.accepted
    assert exchange.trouble is None
    assert [check.requirement for check in exchange.checks] == ["DUIS-01", "DUIS-02", "DUIS-03", "DUIS-04"]
    assert _failed(exchange) == []
    assert exchange.title == "SR11.2 CV1 → I99"


def test_a_request_names_user_device_and_counter_and_is_signed_by_the_user(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = pen.acknowledge()
    request = _read_firmware(session).request
    assert (request.request_id.originator, request.request_id.target) == (session.user.eui, DEVICE)
    assert (request.reference, request.variant, request.schema_version) == ("11.2", "11.2", "5.4")
    signers = KnownSigners([session.user.xml_signing.certificate])
    diagnosis = verify(xml.parse(paper_dsp.posts[0].octets), signers, originator=session.user.eui)
    assert diagnosis.accepted, diagnosis


@pytest.mark.parametrize(
    ("command_variant", "service"),
    [(1, "S"), (2, "D"), (3, "S"), (4, "T"), (5, "S"), (6, "D"), (7, "S"), (8, "D")],
)
def test_each_command_variant_goes_to_its_service(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, command_variant: int, service: str
) -> None:
    paper_dsp.answer = pen.acknowledge()
    _read_firmware(session, command_variant)
    assert paper_dsp.posts[0].path == f"/api/v1/service{service}"


def test_a_request_about_no_device_goes_to_the_dcc(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    device = InventoryDevice(DEVICE, DeviceType.ESME, DeviceStatus.SUSPENDED, "106C", "433100AC")
    paper_dsp.answer = lambda post: pen.signed(
        pen.response(post.request.request_id, content=Inventory((device,)), variant="8.2")
    )
    exchange = session.read_inventory(DEVICE)
    assert exchange.request.request_id.target == DCC
    assert ReadInventory.from_xml(paper_dsp.posts[0].request.body) == ReadInventory(DEVICE)
    assert (exchange.request.command_variant, exchange.request.variant) == (CommandVariant.NON_DEVICE, "8.2")
    assert exchange.response is not None
    assert exchange.response.content == Inventory((device,))


def test_an_inventory_answer_that_is_not_signed_fails_duis_02(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    device = InventoryDevice(DEVICE, DeviceType.ESME, None, "106C", "433100AC")
    paper_dsp.answer = lambda post: pen.unsigned(
        pen.response(post.request.request_id, content=Inventory((device,)), variant="8.2")
    )
    exchange = session.read_inventory(DEVICE)
    assert _failed(exchange) == ["DUIS-02"]
    assert exchange.accepted


def test_a_rejection_is_an_answer_like_any_other(session: UserSession, paper_dsp: PaperDsp, pen: Pen) -> None:
    paper_dsp.answer = pen.acknowledge(ResponseCode.E51)
    exchange = _read_firmware(session)
    assert not exchange.accepted
    assert exchange.trouble is None
    assert [check.requirement for check in exchange.checks] == ["DUIS-01", "DUIS-02", "DUIS-03"]
    assert exchange.title == "SR11.2 CV1 → E51"


def test_an_answer_to_another_request_fails_duis_03_and_i0_fails_duis_04(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    def misname(post: Post) -> bytes:
        request_id = post.request.request_id
        return pen.unsigned(pen.response(replace(request_id, counter=request_id.counter - 1)))

    paper_dsp.answer = misname
    assert _failed(_read_firmware(session)) == ["DUIS-03", "DUIS-04"]


def test_the_counter_is_held_until_the_acknowledgement(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, tmp_path: Path
) -> None:
    held = []

    def acknowledge(post: Post) -> bytes:
        try:
            with Counters(tmp_path, patience=0).hold(session.user.eui):
                held.append(False)
        except CounterUnusable:
            held.append(True)
        return pen.acknowledge()(post)

    paper_dsp.answer = acknowledge
    _read_firmware(session)
    assert held == [True]
    with Counters(tmp_path, patience=0).hold(session.user.eui) as counter:
        assert counter > paper_dsp.posts[0].request.request_id.counter


def test_requests_of_many_threads_reach_the_dsp_in_the_order_of_their_counters(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = pen.acknowledge()
    with ThreadPoolExecutor(8) as pool:
        exchanges = list(pool.map(lambda _: _read_firmware(session), range(40)))
    assert all(exchange.accepted and not _failed(exchange) for exchange in exchanges)
    counters = [post.request.request_id.counter for post in paper_dsp.posts]
    assert len(counters) == 40
    assert all(one < later for one, later in pairwise(counters))


def test_a_counter_that_cannot_be_kept_sends_nothing(
    session: UserSession, paper_dsp: PaperDsp, tmp_path: Path
) -> None:
    (tmp_path / f"{session.user.eui}.counter").write_text("broken")
    with pytest.raises(CounterUnusable):
        _read_firmware(session)
    assert paper_dsp.posts == []


def test_every_exchange_is_told_when_it_is_complete(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    told: list[Exchange] = []
    session.on_exchange = told.append
    paper_dsp.answer = pen.acknowledge()
    first = _read_firmware(session)
    paper_dsp.status = 500
    second = _read_firmware(session)
    assert told == [first, second]


def test_the_second_request_of_a_flow_keeps_the_request_id_and_draws_no_counter(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, tmp_path: Path
) -> None:
    told: list[Exchange] = []
    session.on_exchange = told.append
    paper_dsp.answer = pen.acknowledge()
    first = _read_firmware(session, 4)
    drawn = (tmp_path / f"{session.user.eui}.counter").read_text()
    again = session.send_again_as(first, SR11_2, CommandVariant.SIGNED_WAN, ReadFirmwareVersion().to_xml())
    assert again.request.request_id == first.request.request_id
    assert again.request.command_variant is CommandVariant.SIGNED_WAN
    assert (tmp_path / f"{session.user.eui}.counter").read_text() == drawn
    assert told == [first, again]


def test_a_request_can_be_sent_to_a_service_that_is_not_its_own(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = pen.acknowledge(ResponseCode.E13)
    body = ReadFirmwareVersion().to_xml()
    exchange = session.send(SR11_2, CommandVariant.NON_CRITICAL_WAN, body, DEVICE, service=Service.TRANSFORM)
    assert paper_dsp.posts[0].path == "/api/v1/serviceT"
    assert (exchange.service, exchange.url) == (Service.TRANSFORM, f"{paper_dsp.url}/api/v1/serviceT")


def test_what_is_meant_to_be_wrong_is_sent_as_it_is_and_its_echo_is_not_checked(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, tmp_path: Path
) -> None:
    told: list[Exchange] = []
    session.on_exchange = told.append
    stranger = RequestID(DCC, DCC, 0)
    paper_dsp.answer = lambda _: pen.unsigned(pen.response(stranger, ResponseCode.I0))
    spoilt = _read_firmware_request(session)
    exchange = session.send_spoilt(lambda counter: (spoilt, b"<spoilt>%d" % counter))
    counter = (tmp_path / f"{session.user.eui}.counter").read_bytes()
    assert paper_dsp.posts[0].octets == exchange.sent == b"<spoilt>" + counter
    assert paper_dsp.posts[0].path == "/api/v1/serviceS"
    assert [check.requirement for check in exchange.checks] == ["DUIS-01", "DUIS-02"]
    assert exchange.response is not None
    assert exchange.request == spoilt
    assert told == [exchange]


def test_the_schema_version_of_the_target_is_stated(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = pen.acknowledge()
    session.connection = replace(session.connection, schema_version="5.1")
    _read_firmware(session)
    assert b'schemaVersion="5.1"' in paper_dsp.posts[0].octets


@pytest.fixture
def sent(session: UserSession, paper_dsp: PaperDsp, pen: Pen) -> Exchange:
    """An accepted SR11.2."""
    paper_dsp.answer = pen.acknowledge()
    return _read_firmware(session)


def test_the_response_is_waited_for_and_checked_for_what_it_echoes(
    session: UserSession, sent: Exchange, inbox: Inbox, pen: Pen
) -> None:
    told: list[tuple[Exchange, Delivery]] = []
    session.on_delivery = lambda *both: told.append(both)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.wait_for_response, sent, timeout=5)
        inbox.put(_delivery(session.connection.inspector, pen.answer(sent.request.request_id)))
        delivery = waiting.result(5)
    assert delivery is not None
    assert [check.requirement for check in delivery.checks] == ["DUIS-01", "DUIS-02", "DUIS-03"]
    assert _failed(delivery) == []
    assert delivery.response is not None
    assert isinstance(delivery.response.content, GbcsPayload)
    assert told == [(sent, delivery)]


def test_a_response_that_misnames_the_service_fails_duis_03(
    session: UserSession, sent: Exchange, inbox: Inbox, pen: Pen
) -> None:
    misnamed = pen.signed(pen.response(sent.request.request_id, variant="11.3"))
    inbox.put(_delivery(session.connection.inspector, misnamed))
    delivery = session.wait_for_response(sent)
    assert delivery is not None
    assert delivery.accepted
    assert _failed(delivery) == ["DUIS-03"]


def test_the_first_of_several_responses_is_given(
    session: UserSession, sent: Exchange, inbox: Inbox, pen: Pen
) -> None:
    for text in (b"first", b"second"):
        inbox.put(_delivery(session.connection.inspector, pen.answer(sent.request.request_id, text)))
    delivery = session.wait_for_response(sent)
    assert delivery is not None
    assert delivery.response is not None
    assert delivery.response.content == GbcsPayload(b"first")


def test_no_response_in_the_configured_time_is_none_and_told_to_nobody(
    session: UserSession, sent: Exchange
) -> None:
    told: list[Delivery] = []
    session.on_delivery = lambda _, delivery: told.append(delivery)
    assert session.wait_for_response(sent) is None
    assert session.wait_for_response(sent, timeout=0) is None
    assert told == []


def test_a_refused_response_is_given_as_refused(
    session: UserSession, sent: Exchange, inbox: Inbox, pen: Pen
) -> None:
    unsigned = pen.unsigned(pen.response(sent.request.request_id))
    inbox.put(_delivery(session.connection.inspector, unsigned))
    delivery = session.wait_for_response(sent)
    assert delivery is not None
    assert not delivery.accepted
    assert _failed(delivery) == ["DUIS-02"]


def test_what_cannot_be_read_tells_what_came(session: UserSession) -> None:
    flaw = check_form("application/xml", "empty", ())
    delivery = Delivery(utc_now(), "application/xml", b"", 0, None, (flaw,), accepted=False)
    assert delivery.refusal == "DUIS-01: empty"
    assert delivery.title == "refused asynchronous unreadable message"
    assert (delivery.status, delivery.peer) == (0, ""), "neither is known"
    assert session.connection.inbox.everything() == ()


def test_requests_pass_the_official_schema(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, official_schema: DuisSchema
) -> None:
    paper_dsp.answer = pen.acknowledge()
    for exchange in (
        *(_read_firmware(session, number) for number in (1, 2, 3)),
        session.read_inventory(DEVICE),
    ):
        root = xml.parse(exchange.sent)
        assert official_schema.violations(root) == ()
        assert ServiceRequest.from_xml(root) == exchange.request
