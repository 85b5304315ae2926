from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import Kind, catalogue
from dsp_conformance.duis.messages import LocalCommand, PreCommand, ResponseMessage
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.request_bodies import ActivateFirmware, SignedPreCommand
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.smki.certificates import public_key_of
from dsp_conformance.user.critical_flow import CriticalFlow, pre_command_flaw, send_critical

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.user.session import UserSession
    from tests.user.conftest import PaperDsp, Pen, Post

    Maker = Callable[[RequestID], bytes]

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
STRANGER = Eui64.parse("00-DB-12-34-56-78-90-A1")
HASH = hashlib.sha256(b"image").digest()
SOON = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
SR11_3 = catalogue()["11.3"]
ANOTHER_CRITICAL = next(
    each for each in catalogue().values() if each.kind is Kind.CRITICAL and each.variant != "11.3"
)
NO_USE_CASE_KNOWN = 0x1234


def _pre_command(request_id: RequestID, when: datetime | None = None) -> bytes:
    return gbcs.build_pre_command(
        originator=request_id.originator,
        device=request_id.target,
        counter=request_id.counter,
        firmware_hash=HASH,
        execution_time=when,
    )


def _message(request_id: RequestID) -> gbcs.GroupedMessage:
    return gbcs.grouped(gbcs.decode(_pre_command(request_id)))


def _of_another_use_case(request_id: RequestID) -> bytes:
    return replace(_message(request_id), message_code=NO_USE_CASE_KNOWN, content=b"content").encode()


class DspForCriticalRequests:
    """Answers Transform with a Pre-Command and acknowledges the rest, unless told otherwise."""

    def __init__(self, pen: Pen, make: Maker) -> None:
        self.pen = pen
        self.make = make

    def __call__(self, post: Post) -> bytes:
        request = post.request
        if request.command_variant is CommandVariant.PRE_COMMAND:
            content = PreCommand("4.3", self.make(request.request_id))
            body = ResponseMessage(request.reference, request.variant, content)
            return self.pen.signed(self.pen.response(request.request_id, body=body))
        body = ResponseMessage(request.reference, request.variant)
        return self.pen.unsigned(self.pen.response(request.request_id, ResponseCode.I99, body=body))


def _activate(session: UserSession, when: datetime | None = None) -> CriticalFlow:
    return send_critical(session, SR11_3, ActivateFirmware(HASH, when).to_xml(), DEVICE)


def test_the_pre_command_is_signed_and_sent_with_the_same_request_id(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, tmp_path: Path
) -> None:
    paper_dsp.answer = DspForCriticalRequests(pen, _pre_command)
    flow = _activate(session)
    assert flow.accepted
    assert flow.flaw == ""
    assert flow.last is flow.send is not None
    transform, send = (post.request for post in paper_dsp.posts)
    assert [post.path[-8:] for post in paper_dsp.posts] == ["serviceT", "serviceS"]
    assert send.request_id == transform.request_id
    assert pre_command_flaw(flow.transform, _pre_command(transform.request_id)) == ""
    assert (transform.command_variant, send.command_variant) == (4, 5)
    assert (send.reference, send.variant) == ("11.3", "11.3")
    counter = (tmp_path / f"{session.user.eui}.counter").read_text()
    assert counter == str(transform.request_id.counter), "CV5 draws no counter"
    for exchange in (flow.transform, flow.send):
        assert [check for check in exchange.checks if not check.passed] == []


def test_what_is_sent_is_the_pre_command_with_the_users_signature(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = DspForCriticalRequests(pen, _pre_command)
    _activate(session)
    request = paper_dsp.posts[1].request
    octets = SignedPreCommand.from_xml(request.body).octets
    assert octets.startswith(_pre_command(request.request_id))
    credential = session.user.gbcs_signing
    assert credential is not None
    signed = gbcs.grouped(gbcs.decode(octets))
    assert gbcs.verify_signature(signed, public_key_of(credential.certificate))


def test_the_signature_takes_the_place_of_an_empty_one(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = DspForCriticalRequests(pen, lambda asked: _pre_command(asked) + b"\x00")
    flow = _activate(session)
    assert (flow.accepted, flow.flaw) == (True, "")
    request = paper_dsp.posts[1].request
    octets = SignedPreCommand.from_xml(request.body).octets
    assert octets[:-64] == _pre_command(request.request_id) + b"\x40"


def test_both_requests_pass_the_official_schema(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, official_schema: DuisSchema
) -> None:
    paper_dsp.answer = DspForCriticalRequests(pen, lambda request_id: _pre_command(request_id, SOON))
    flow = _activate(session, SOON)
    assert flow.accepted
    for exchange in (flow.transform, flow.last):
        assert official_schema.violations(xml.parse(exchange.sent)) == ()


def test_the_pre_command_of_another_critical_request_is_signed_by_its_header(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = DspForCriticalRequests(pen, _of_another_use_case)
    body = etree.Element(sr(ANOTHER_CRITICAL.body_element))
    assert send_critical(session, ANOTHER_CRITICAL, body, DEVICE).accepted


def _other_content(request_id: RequestID, hash_: bytes = HASH, *, add: int = 0) -> bytes:
    content = gbcs.ActivateFirmware(hash_, request_id.counter + add).encode()
    return replace(_message(request_id), content=content).encode()


def _signed_already(request_id: RequestID) -> bytes:
    return replace(_message(request_id), signature=bytes(64)).encode()


def _response_instead(request_id: RequestID) -> bytes:
    message = _message(request_id)
    return replace(message, kind=gbcs.Kind.RESPONSE, message_code=NO_USE_CASE_KNOWN, signature=b"").encode()


def _with_a_mac(request_id: RequestID) -> bytes:
    message = replace(_message(request_id), message_code=NO_USE_CASE_KNOWN, signature=b"")
    return gbcs.MacWrapped(message, bytes(12)).encode()


MISTAKES: dict[str, tuple[Maker, str]] = {
    "another counter": (
        lambda asked: _pre_command(replace(asked, counter=asked.counter + 1)),
        "from, to and numbered",
    ),
    "another Device": (lambda asked: _pre_command(replace(asked, target=STRANGER)), str(STRANGER)),
    "another User": (lambda asked: _pre_command(replace(asked, originator=STRANGER)), str(STRANGER)),
    "another image": (lambda asked: _other_content(asked, bytes(32)), "00" * 32),
    "another counter inside": (lambda asked: _other_content(asked, add=1), "hash, time and counter"),
    "a later time": (lambda asked: _pre_command(asked, SOON), "2031-01-02 03:04:05"),
    "a cancellation": (lambda asked: _pre_command(asked, gbcs.CANCELLATION), "9999-12-31"),
    "another use case": (_of_another_use_case, "something else than SR11.3"),
    "signed already": (_signed_already, "a command of CS06 with a signature"),
    "a response": (_response_instead, "a response of 0x1234"),
    "with a MAC": (_with_a_mac, "a command of 0x1234 with a MAC"),
    "nothing": (lambda _: b"", "no GBCS message"),
    "junk": (lambda _: b"junk", "no GBCS message"),
    "cut short": (lambda asked: _pre_command(asked)[:-1], "no GBCS message"),
    "too long": (lambda asked: _pre_command(asked) + b"\x40", "no GBCS message"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_pre_command_that_asks_for_something_else_is_not_signed(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, mistake: str
) -> None:
    make, flaw = MISTAKES[mistake]
    paper_dsp.answer = DspForCriticalRequests(pen, make)
    flow = _activate(session)
    assert flow.send is None
    assert flaw in flow.flaw
    assert not flow.accepted
    assert flow.last is flow.transform
    assert len(paper_dsp.posts) == 1


def test_a_pre_command_at_once_is_not_signed_for_a_request_for_later(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = DspForCriticalRequests(pen, _pre_command)
    assert "hash, time and counter" in _activate(session, SOON).flaw
    assert len(paper_dsp.posts) == 1


def test_an_activation_is_not_signed_for_another_request(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    """Its header is right, so that the message code alone gives it away."""
    paper_dsp.answer = DspForCriticalRequests(pen, _pre_command)
    body = etree.Element(sr(ANOTHER_CRITICAL.body_element))
    flow = send_critical(session, ANOTHER_CRITICAL, body, DEVICE)
    assert flow.flaw.startswith("the Pre-Command is a command of CS06 instead of ")
    assert len(paper_dsp.posts) == 1


def test_a_rejected_transform_ends_the_flow_without_a_flaw(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    paper_dsp.answer = lambda post: pen.unsigned(
        pen.response(post.request.request_id, ResponseCode.E51, variant="11.3")
    )
    flow = _activate(session)
    assert (flow.send, flow.flaw, flow.accepted) == (None, "", False)
    assert flow.last.response is not None
    assert flow.last.response.response_code == "E51"
    assert len(paper_dsp.posts) == 1


@pytest.mark.parametrize("content", [None, LocalCommand(b"c")], ids=["nothing", "a local command"])
def test_an_accepted_transform_without_pre_command_is_a_flaw(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen, content: LocalCommand | None
) -> None:
    paper_dsp.answer = lambda post: pen.signed(
        pen.response(post.request.request_id, content=content, variant="11.3")
    )
    flow = _activate(session)
    assert "carries no PreCommand" in flow.flaw
    assert flow.send is None


def test_a_pre_command_whose_answer_is_unsigned_fails_duis_02_and_ends_nothing(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    answer = DspForCriticalRequests(pen, _pre_command)

    def strip(post: Post) -> bytes:
        root = xml.parse(answer(post))
        for signature in root.findall("{*}Signature"):
            root.remove(signature)
        return xml.serialise(root)

    paper_dsp.answer = strip
    flow = _activate(session)
    assert [check.requirement for check in flow.transform.checks if not check.passed] == ["DUIS-02"]
    assert flow.accepted


def test_a_rejected_signed_pre_command_is_the_last_word(
    session: UserSession, paper_dsp: PaperDsp, pen: Pen
) -> None:
    answer = DspForCriticalRequests(pen, _pre_command)

    def reject(post: Post) -> bytes:
        if post.request.command_variant is CommandVariant.PRE_COMMAND:
            return answer(post)
        return pen.unsigned(pen.response(post.request.request_id, ResponseCode.E51, variant="11.3"))

    paper_dsp.answer = reject
    flow = _activate(session)
    assert not flow.accepted
    assert flow.flaw == ""
    assert flow.last is flow.send


def test_a_transform_without_answer_ends_the_flow(session: UserSession, paper_dsp: PaperDsp) -> None:
    paper_dsp.status = 503
    flow = _activate(session)
    assert (flow.send, flow.flaw) == (None, "")
    assert flow.last.trouble is not None


def test_a_user_without_gbcs_key_sends_nothing(session: UserSession, paper_dsp: PaperDsp) -> None:
    session.user = replace(session.user, gbcs_signing=None)
    with pytest.raises(ValueError, match=f"{session.user.eui} has no GBCS signing key"):
        _activate(session)
    assert paper_dsp.posts == []
