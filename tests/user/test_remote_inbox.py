from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.ipc import Caller, served
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.remote_inbox import RemoteInbox, served_by
from dsp_conformance.user.transport import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.user.inbox import Inbox
    from dsp_conformance.user.inspection import Inspector
    from tests.user.conftest import Pen

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
OTHER = replace(REQUEST_ID, counter=1001)


@pytest.fixture
def remote(inbox: Inbox) -> Iterator[RemoteInbox]:
    """The inbox as another process sees it: over a socket, pickled."""
    with served(served_by(inbox)) as address:
        yield RemoteInbox(Caller(address))


def _delivery(inspector: Inspector, octets: bytes) -> Delivery:
    found = inspector.inspect(octets, "application/xml", asynchronous=True)
    accepted = all(check.passed for check in found.checks)
    return Delivery(utc_now(), "application/xml", octets, len(octets), found.response, found.checks, accepted)


def test_messages_look_the_same_from_another_process(
    inbox: Inbox, remote: RemoteInbox, inspector: Inspector, pen: Pen
) -> None:
    for octets in (pen.answer(REQUEST_ID), pen.unsigned(pen.response(OTHER)), b"junk"):
        inbox.put(_delivery(inspector, octets))
    assert remote.everything() == inbox.everything()
    assert len(remote.everything()) == 3
    for request_id in (REQUEST_ID, OTHER):
        assert remote.answers_to(request_id) == inbox.answers_to(request_id) != ()
        assert remote.wait_for_answers(request_id, 0) == inbox.answers_to(request_id)
        assert remote.wait_for_word(request_id, utc_now(), 0)
        assert remote.answers_about(request_id.target) == inbox.answers_about(request_id.target) != ()


def test_what_workers_say_from_afar_is_in_the_account(
    inbox: Inbox, remote: RemoteInbox, inspector: Inspector, pen: Pen
) -> None:
    remote.take_for(REQUEST_ID.originator)
    strange = _delivery(inspector, pen.answer(replace(REQUEST_ID, originator=REQUEST_ID.target)))
    assert inbox.stranger_in(strange) == REQUEST_ID.target
    inbox.put(_delivery(inspector, pen.answer(REQUEST_ID)))
    assert "responses to no request that this run sent" in inbox.account(20)
    remote.note_sent({REQUEST_ID: utc_now()})
    assert inbox.account(20) == {"messages taken": 1}
    before = utc_now()
    inbox.turn_away("messages that nobody wants")
    assert remote.turned_away_since(before) == ("messages that nobody wants",)


def test_whoever_waits_from_afar_is_woken_and_holds_up_nobody(
    inbox: Inbox, remote: RemoteInbox, inspector: Inspector, pen: Pen
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(remote.wait_for_answers, REQUEST_ID, 10, count=2)
        for text in (b"first", b"second"):
            assert not waiting.done()
            inbox.put(_delivery(inspector, pen.answer(REQUEST_ID, text)))
            assert len(remote.answers_to(REQUEST_ID)) >= 1
        assert waiting.result(2) == inbox.answers_to(REQUEST_ID)


def test_one_answer_ends_the_waiting_from_afar_unless_more_are_asked_for(
    inbox: Inbox, remote: RemoteInbox, inspector: Inspector, pen: Pen
) -> None:
    inbox.put(_delivery(inspector, pen.answer(REQUEST_ID)))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(remote.wait_for_answers, REQUEST_ID, 10)
        assert len(waiting.result(5)) == 1


def test_waiting_from_afar_ends_at_its_time(remote: RemoteInbox) -> None:
    begun = time.monotonic()
    assert remote.wait_for_answers(REQUEST_ID, 0.05) == ()
    remote.wait_out(begun + 0.1)
    assert time.monotonic() - begun >= 0.1
    remote.wait_out(begun)  # long past
