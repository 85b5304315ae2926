"""Sessions whose requests bring no usable answer: whose fault it is, and what goes on afterwards."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.user.transport import Endpoints, Timeouts

if TYPE_CHECKING:
    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.user.exchange import Exchange
    from dsp_conformance.user.session import UserSession
    from tests.user.conftest import PaperDsp, Peer, Pen, Post

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")


def _read_firmware(session: UserSession) -> Exchange:
    body = ReadFirmwareVersion().to_xml()
    return session.send(catalogue()["11.2"], CommandVariant.NON_CRITICAL_WAN, body, DEVICE)


def _failed(exchange: Exchange) -> list[str]:
    return [check.requirement for check in exchange.checks if not check.passed]


@pytest.mark.parametrize("status", [302, 400, 403, 404, 500, 503])
def test_an_http_status_is_no_defect_of_the_product(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, status: int
) -> None:
    paper_dsp.status, paper_dsp.answer = status, pen.acknowledge()
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert exchange.trouble.environment
    assert exchange.trouble.found.startswith(f"HTTP {status}: <?xml")
    assert len(exchange.trouble.found) < 250
    assert (exchange.response, exchange.checks, exchange.accepted) == (None, (), False)
    assert exchange.answer is not None
    assert exchange.title == "SR11.2 CV1 → no usable answer"


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_http_success_may_carry_a_duis_answer(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, status: int
) -> None:
    paper_dsp.status, paper_dsp.answer = status, pen.acknowledge()
    exchange = _read_firmware(session)
    assert exchange.accepted
    assert not _failed(exchange)


def test_an_http_success_other_than_200_with_nothing_in_it_is_no_defect_of_the_product(
    session: UserSession, paper_dsp: PaperDsp
) -> None:
    paper_dsp.status, paper_dsp.answer = 202, lambda _: b""
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert exchange.trouble.environment
    assert exchange.checks == ()


def test_of_what_came_with_an_http_status_200_octets_are_shown(
    session: UserSession, paper_dsp: PaperDsp
) -> None:
    paper_dsp.status, paper_dsp.answer = 503, lambda _: b"  \xff" + b"x" * 300
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert exchange.trouble.found == "HTTP 503: \N{REPLACEMENT CHARACTER}" + "x" * 197


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/xhtml+xml"])
def test_a_web_page_is_no_defect_of_the_product(
    session: UserSession, paper_dsp: PaperDsp, content_type: str
) -> None:
    paper_dsp.headers, paper_dsp.answer = {"Content-Type": content_type}, lambda _: b"<html>Log in</html>"
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert exchange.trouble.environment
    assert "web page" in exchange.trouble.what
    assert exchange.checks == ()


def test_a_dsp_that_is_not_there_is_no_defect_of_the_product(session: UserSession, peer: Peer) -> None:
    with peer(lambda _: None) as url:
        pass
    session.connection.transport.endpoints = Endpoints(url, url, url)
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert exchange.trouble.environment
    assert exchange.trouble.what == "no connection"
    assert exchange.trouble.found.startswith(f"Connection refused at {url}")
    assert (exchange.answer, exchange.checks) == (None, ())


def test_a_dsp_that_says_nothing_keeps_no_later_request_waiting(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    released = threading.Event()

    def say_nothing(_: Post) -> bytes:
        released.wait(5)
        return b""

    paper_dsp.answer = say_nothing
    session.connection.transport.timeouts = Timeouts(connect=1, answer=0.05)
    silent = _read_firmware(session)
    released.set()
    paper_dsp.answer = pen.acknowledge()
    session.connection.transport.timeouts = Timeouts(connect=1, answer=5)
    answered = _read_firmware(session)
    assert silent.trouble is not None
    assert silent.trouble.what == "no answer in time"
    assert answered.accepted
    assert answered.request.request_id.counter > silent.request.request_id.counter


@pytest.mark.parametrize(
    ("octets", "content_type"),
    [
        (b"", "application/xml"),
        (b"<html>", "application/xml"),
        (b"<Response/>", "application/xml"),
        (b'{"code": "I99"}', "application/json"),
        (b"<!DOCTYPE a><a/>", "application/xml"),
    ],
    ids=["nothing", "not well-formed", "another document", "JSON", "DTD"],
)
def test_an_answer_that_is_no_duis_is_a_defect_of_the_product(
    session: UserSession, paper_dsp: PaperDsp, octets: bytes, content_type: str
) -> None:
    paper_dsp.headers, paper_dsp.answer = {"Content-Type": content_type}, lambda _: octets
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert not exchange.trouble.environment
    assert _failed(exchange)[0] == "DUIS-01"
    assert exchange.trouble.found == exchange.checks[0].found
    assert exchange.response is None


def test_a_good_answer_of_another_content_type_is_judged_and_fails_duis_01_alone(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.headers, paper_dsp.answer = {"Content-Type": "text/plain"}, pen.acknowledge()
    exchange = _read_firmware(session)
    assert exchange.accepted
    assert _failed(exchange) == ["DUIS-01"]


@pytest.mark.parametrize("later", [True, False], ids=["known to a later schema", "known to none"])
def test_an_answer_with_a_newer_code_is_evidence_and_not_judged(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, lax_schema: DuisSchema, *, later: bool
) -> None:
    if later:
        inspector = replace(session.connection.inspector, schema=lax_schema)
        session.connection = replace(session.connection, inspector=inspector)
    told: list[Exchange] = []
    session.on_exchange = told.append
    acknowledge = pen.acknowledge()
    paper_dsp.answer = lambda post: acknowledge(post).replace(b">I99<", b">I98<")
    exchange = _read_firmware(session)
    assert exchange.trouble is not None
    assert exchange.trouble.unknown
    assert not exchange.trouble.environment
    assert "I98" in exchange.trouble.found
    assert "DUIS-01" not in _failed(exchange)
    assert told == [exchange]
    assert exchange.answer is not None
    assert b"I98" in exchange.answer.octets
    paper_dsp.answer = acknowledge
    assert _read_firmware(session).accepted  # the counter was let go
