from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID, ResponseID
from dsp_conformance.duis.messages import DccAlert, DeviceAlert, GbcsPayload, ResponseMessage
from dsp_conformance.user import inbox as inbox_module
from dsp_conformance.user.account import BEYOND, REFUSED, TAKEN, UNASKED
from dsp_conformance.user.checks import check_form
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.naming import answered_request
from dsp_conformance.user.transport import utc_now

if TYPE_CHECKING:
    from dsp_conformance.duis.messages import Response, ResponseBody
    from tests.user.conftest import Pen

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
OTHER = replace(REQUEST_ID, counter=1001)
NOBODY = replace(REQUEST_ID, counter=1)


def _delivery(response: Response | None, *, accepted: bool = True, octets: bytes = b"<r/>") -> Delivery:
    checks = (check_form("application/xml", None if accepted else "a flaw", ()),)
    now = datetime.now(UTC)
    return Delivery(now, "application/xml", octets, len(octets), response, checks, accepted)


@pytest.fixture
def answer(pen: Pen) -> Delivery:
    return _delivery(pen.response(REQUEST_ID))


def test_a_response_that_came_before_anybody_waited_is_there(inbox: Inbox, answer: Delivery) -> None:
    inbox.put(answer)
    assert inbox.wait_for_answers(REQUEST_ID, timeout=0) == (answer,)


def test_each_waiting_thread_is_woken_by_its_own_response_whatever_the_order(inbox: Inbox, pen: Pen) -> None:
    ids = [replace(REQUEST_ID, counter=number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(inbox.wait_for_answers, request_id, 5) for request_id in ids]
        for number in reversed(range(8)):
            assert not waiting[number].done()
            inbox.put(mine := _delivery(pen.response(ids[number])))
            assert waiting[number].result(1) == (mine,)


def test_waiting_ends_at_the_deadline_with_what_came(inbox: Inbox, answer: Delivery) -> None:
    inbox.put(answer)
    begun = time.monotonic()
    assert inbox.wait_for_answers(REQUEST_ID, 0.05, count=2) == (answer,)
    assert inbox.wait_for_answers(NOBODY, 0.05) == ()
    assert time.monotonic() - begun >= 0.1


def test_duplicates_are_kept_in_the_order_of_arrival(inbox: Inbox, pen: Pen) -> None:
    first, second = (_delivery(pen.response(REQUEST_ID), octets=text) for text in (b"<a/>", b"<b/>"))
    for each in (first, _delivery(pen.response(OTHER)), second):
        inbox.put(each)
    assert inbox.wait_for_answers(REQUEST_ID, 1, count=2) == (first, second)
    assert len(inbox.everything()) == 3


def test_a_refused_message_answers_its_request_all_the_same(inbox: Inbox, pen: Pen) -> None:
    refused = _delivery(pen.response(REQUEST_ID), accepted=False)
    inbox.put(refused)
    assert inbox.answers_to(REQUEST_ID) == (refused,)


def test_an_unreadable_message_answers_nothing_and_is_kept(inbox: Inbox) -> None:
    inbox.put(unreadable := _delivery(None, accepted=False))
    assert inbox.everything() == (unreadable,)


def test_waiting_out_lasts_to_its_moment_whatever_arrives(inbox: Inbox, answer: Delivery) -> None:
    moment = time.monotonic() + 0.05

    def arrive() -> None:
        for _ in range(50):
            inbox.put(answer)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    inbox.wait_out(moment)
    assert time.monotonic() >= moment
    arriving.join()
    inbox.wait_out(moment - 10)  # long past


@pytest.mark.parametrize(
    ("request_id", "response_id", "named"),
    [
        (REQUEST_ID, None, REQUEST_ID),
        (REQUEST_ID, OTHER.response_id(), REQUEST_ID),
        (None, REQUEST_ID.response_id(), REQUEST_ID),
        (None, None, None),
    ],
)
def test_a_response_answers_the_request_it_names_or_mirrors(
    pen: Pen, request_id: RequestID | None, response_id: ResponseID | None, named: RequestID | None
) -> None:
    response = replace(pen.response(REQUEST_ID), request_id=request_id, response_id=response_id)
    assert answered_request(_delivery(response)) == named


@pytest.mark.parametrize("alert", [DeviceAlert("8F66", b"a"), DccAlert("N28", "DeviceStatusChangeEvent")])
def test_an_alert_answers_no_request_whatever_it_names(pen: Pen, alert: ResponseBody) -> None:
    assert answered_request(_delivery(pen.response(REQUEST_ID, body=alert))) is None


def test_word_of_a_request_is_a_message_that_names_it_or_a_dcc_alert_about_its_device(
    inbox: Inbox, pen: Pen
) -> None:
    def alert(change: str, device_id: Eui64 = REQUEST_ID.target) -> Delivery:
        body = DccAlert("N28", "DeviceStatusChangeEvent", change, device_id)
        return _delivery(replace(pen.response(REQUEST_ID), request_id=None, response_id=None, body=body))

    inbox.put(alert("DeviceRestored"))
    since = datetime.now(UTC)
    inbox.put(alert("DeviceSuspended"))  # nothing about the request
    inbox.put(alert("DeviceRestored", REQUEST_ID.originator))
    assert not inbox.wait_for_word(REQUEST_ID, since, 0)

    inbox.put(alert("DeviceRestored"))
    assert inbox.wait_for_word(REQUEST_ID, since, 0)
    other = replace(REQUEST_ID, target=Eui64.parse("00-DB-12-34-56-78-90-A1"))
    assert not inbox.wait_for_word(other, since, 0)
    inbox.put(_delivery(pen.response(other)))
    assert inbox.wait_for_word(other, datetime.now(UTC), 0)


def test_of_a_large_refused_message_the_beginning_is_kept_and_what_it_names(inbox: Inbox, pen: Pen) -> None:
    octets = bytes(range(256)) * 1000
    response = replace(pen.response(REQUEST_ID, content=GbcsPayload(octets)), schema_version="5" * 1000)
    inbox.put(_delivery(response, accepted=False, octets=octets))
    (kept,) = inbox.answers_to(REQUEST_ID)
    assert (kept.octets, kept.size) == (octets[:65_536], 256_000)
    assert kept.title == "refused asynchronous I0 (the first 65536 of 256000 octets)"
    assert kept.response is not None
    assert kept.response.content is None
    assert kept.response.schema_version == "5.4"


def test_a_large_message_that_was_taken_is_kept_whole(inbox: Inbox, pen: Pen) -> None:
    inbox.put(taken := _delivery(pen.response(REQUEST_ID), octets=bytes(100_000)))
    assert inbox.answers_to(REQUEST_ID) == (taken,)
    assert taken.title == "asynchronous I0"


def test_a_flood_of_junk_is_kept_up_to_a_bound_and_hides_no_good_message(
    inbox: Inbox, answer: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "KEPT_OF_ALL_REFUSED", 250)
    monkeypatch.setattr(inbox_module, "MOST_REFUSED", 5)
    for _ in range(8):
        inbox.put(_delivery(None, accepted=False, octets=bytes(100)))
    inbox.put(answer)
    *junk, good = inbox.everything()
    assert [len(each.octets) for each in junk] == [100, 100, 50, 0, 0]
    assert inbox.refused_beyond == 3
    assert good == answer


def test_a_condition_may_look_into_the_inbox(inbox: Inbox, pen: Pen) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(inbox.wait_until, lambda: len(inbox.everything()) == 2, 5)
        for request_id in (REQUEST_ID, OTHER):
            inbox.put(_delivery(pen.response(request_id, body=ResponseMessage("11.2", "11.2"))))
        assert waiting.result(1) is True
    assert inbox.wait_until(lambda: False, 0) is False


@pytest.mark.parametrize(
    "named",
    [
        {"request_id": NOBODY},
        {"request_id": None},
        {"request_id": RequestID(REQUEST_ID.target, REQUEST_ID.originator, 1000)},
        {"request_id": replace(NOBODY, target=NOBODY.originator)},
    ],
)
def test_a_response_that_misnames_its_request_is_found_by_its_device(
    inbox: Inbox, pen: Pen, named: dict[str, RequestID | None]
) -> None:
    stray = _delivery(replace(pen.response(REQUEST_ID), **named))  # type: ignore[arg-type]
    inbox.put(stray)
    assert inbox.answers_about(REQUEST_ID.target) == (stray,)


def test_a_response_about_another_device_is_not_about_this_one(inbox: Inbox, answer: Delivery) -> None:
    inbox.put(answer)
    assert inbox.answers_about(replace(REQUEST_ID, target=REQUEST_ID.originator).target) == (answer,)
    assert inbox.answers_about(Eui64.parse("00-DB-12-34-56-78-90-FF")) == ()


def test_an_alert_of_a_device_is_no_answer_about_it(inbox: Inbox, pen: Pen) -> None:
    inbox.put(_delivery(replace(pen.response(REQUEST_ID), body=DeviceAlert("81A0", b""))))
    assert inbox.answers_about(REQUEST_ID.target) == ()


# Who is told, for whom messages are, and the account


def test_each_arrival_is_told_with_how_many_answered_its_request_before(pen: Pen) -> None:
    told: list[tuple[Delivery, int, int]] = []
    inbox = Inbox(
        on_arrival=lambda delivery, repeats: told.append((delivery, repeats, len(inbox.everything())))
    )
    answered = [REQUEST_ID, OTHER, REQUEST_ID, REQUEST_ID]
    arriving = [_delivery(pen.response(each), accepted=each is OTHER) for each in answered]
    arriving.append(_delivery(None, accepted=False))
    for delivery in arriving:
        inbox.put(delivery)
    assert [delivery for delivery, _, _ in told] == arriving
    assert [repeats for _, repeats, _ in told] == [0, 0, 1, 2, 0]
    assert [known for _, _, known in told] == [0, 1, 2, 3, 4], "told before anybody else gets to know"


def test_a_message_is_a_strangers_if_it_is_for_nobody_of_ours(inbox: Inbox, pen: Pen) -> None:
    ours, theirs, others = (Eui64.parse(f"90-B3-D5-1F-30-01-00-0{digit}") for digit in (0, 8, 9))
    misled = pen.response(replace(REQUEST_ID, originator=others))
    assert inbox.stranger_in(_delivery(misled)) is None, (
        "while nobody is known to be ours, nobody is a stranger"
    )
    inbox.take_for(ours)
    assert inbox.stranger_in(_delivery(misled)) == others
    assert inbox.stranger_in(_delivery(pen.response(REQUEST_ID))) is None
    assert inbox.stranger_in(_delivery(replace(misled, response_id=REQUEST_ID.response_id()))) is None
    at_odds = replace(REQUEST_ID, originator=theirs).response_id()
    assert inbox.stranger_in(_delivery(replace(misled, response_id=at_odds))) == theirs
    assert inbox.stranger_in(_delivery(replace(misled, request_id=None, response_id=None))) is None
    assert inbox.stranger_in(_delivery(None)) is None
    inbox.take_for(others)
    assert inbox.stranger_in(_delivery(misled)) is None
    assert inbox.stranger_in(_delivery(pen.response(REQUEST_ID))) is None


def test_an_alert_is_ours_if_either_party_that_it_names_is(inbox: Inbox, pen: Pen) -> None:
    inbox.take_for(REQUEST_ID.originator)
    alert = pen.response(REQUEST_ID, body=DeviceAlert("8F66", b""))
    swapped = RequestID(REQUEST_ID.target, REQUEST_ID.originator, 1000)
    theirs = replace(REQUEST_ID, originator=Eui64.parse("90-B3-D5-1F-30-01-00-09"))
    for named in (REQUEST_ID, swapped):
        assert inbox.stranger_in(_delivery(replace(alert, request_id=named, response_id=None))) is None
    stranger = inbox.stranger_in(_delivery(replace(alert, request_id=theirs, response_id=None)))
    assert stranger == min(theirs.originator, theirs.target)


def test_whatever_comes_for_a_user_or_at_its_address_came_for_it(inbox: Inbox, pen: Pen) -> None:
    user, other = REQUEST_ID.originator, Eui64.parse("90-B3-D5-1F-30-01-00-09")
    before = utc_now()
    assert not inbox.came_for(user, before - timedelta(days=1))
    inbox.put(replace(_delivery(pen.response(REQUEST_ID), accepted=False), received_at=before))
    assert inbox.came_for(user, before)
    assert not inbox.came_for(user, before + timedelta(seconds=1))
    assert not inbox.came_for(other, before)
    inbox.put(replace(_delivery(None, accepted=False), received_at=before, path=f"/duis/{other}"))
    assert inbox.came_for(other, before)


def test_reasons_for_turning_away_are_counted_each_up_to_fifty_and_then_together(inbox: Inbox) -> None:
    for _ in range(3):
        for number in range(53):
            inbox.turn_away(f"reason {number}")
    counts = inbox.account(20)
    assert [counts[f"reason {number}"] for number in range(50)] == [3] * 50
    assert counts["turned away for other reasons"] == 9
    assert len(counts) == 52


def test_what_was_turned_away_since_a_moment_includes_that_moment(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for seconds, reason in enumerate(["before", "then", "before", "after"]):
        now = moment + timedelta(seconds=seconds - 1)
        monkeypatch.setattr(inbox_module, "utc_now", lambda now=now: now)
        inbox.turn_away(reason)
    assert inbox.turned_away_since(moment) == ("before", "then", "after")
    assert inbox.turned_away_since(moment + timedelta(seconds=2)) == ("after",)


def test_the_account_tells_what_was_sent_remarked_on_and_not_even_kept(
    inbox: Inbox, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "MOST_REFUSED", 1)
    inbox.note_sent({REQUEST_ID: datetime.now(UTC)})
    for request_id in (REQUEST_ID, OTHER):
        inbox.put(_delivery(pen.response(request_id)))
    assert inbox.account(20) == {TAKEN: 2, UNASKED: 1}
    for _ in range(3):
        inbox.put(_delivery(None, accepted=False))
        inbox.remark("an oddity")
    assert inbox.account(20) == {TAKEN: 2, UNASKED: 1, REFUSED: 1, BEYOND: 2, "an oddity": 3}


def test_what_an_inbox_holds_is_not_in_what_it_shows_of_itself(inbox: Inbox, answer: Delivery) -> None:
    inbox.put(answer)
    inbox.take_for(REQUEST_ID.originator)
    inbox.turn_away("a reason")
    inbox.remark("an oddity")
    inbox.note_sent({NOBODY: datetime.now(UTC)})
    shown = repr(inbox)
    for held in (
        "<r/>",
        "RequestID",
        str(REQUEST_ID.originator),
        "Eui64",
        "a reason",
        "an oddity",
        "Condition",
    ):
        assert held not in shown
