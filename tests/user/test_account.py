from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import DccAlert, FutureDatedAlert
from dsp_conformance.user.account import ALERTS, LATE, REFUSED, REPEATED, TAKEN, UNASKED, account, unusual
from dsp_conformance.user.exchange import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.messages import Response
    from tests.user.conftest import Pen

    Deliver = Callable[..., Delivery]

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
NEVER_SENT = replace(REQUEST_ID, counter=1)
STRANGER = Eui64.parse("90-B3-D5-1F-30-01-00-09")
BEGUN = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT = {REQUEST_ID: BEGUN}
PATIENCE = 20.0


@pytest.fixture
def deliver() -> Deliver:
    def deliver(response: Response | None, *, after: float = 1, accepted: bool = True) -> Delivery:
        moment = BEGUN + timedelta(seconds=after)
        return Delivery(moment, "application/xml", b"<r/>", 4, response, (), accepted)

    return deliver


def test_a_run_without_oddities_has_only_taken_messages(deliver: Deliver, pen: Pen) -> None:
    counts = account([deliver(pen.response(REQUEST_ID))], SENT, PATIENCE)
    assert counts == {TAKEN: 1}
    assert unusual(counts) == {}
    assert account([], {}, PATIENCE) == {TAKEN: 0}


def test_a_second_response_to_one_request_is_repeated(deliver: Deliver, pen: Pen) -> None:
    both = [deliver(pen.response(REQUEST_ID)), deliver(pen.response(REQUEST_ID))]
    assert account(both, SENT, PATIENCE) == {TAKEN: 2, REPEATED: 1}


def test_a_refused_message_is_neither_taken_nor_a_first_response(deliver: Deliver, pen: Pen) -> None:
    retried = [deliver(pen.response(REQUEST_ID), accepted=False), deliver(pen.response(REQUEST_ID))]
    assert account(retried, SENT, PATIENCE) == {TAKEN: 1, REFUSED: 1}


def test_a_response_to_what_this_run_never_sent_is_unasked(deliver: Deliver, pen: Pen) -> None:
    nameless = replace(pen.response(REQUEST_ID), request_id=None, response_id=None)
    counts = account([deliver(pen.response(NEVER_SENT)), deliver(nameless)], SENT, PATIENCE)
    assert counts == unusual(counts) | {TAKEN: 2} == {TAKEN: 2, UNASKED: 2}


def test_a_response_that_came_when_nobody_waited_any_more_is_late(deliver: Deliver, pen: Pen) -> None:
    assert account([deliver(pen.response(REQUEST_ID), after=PATIENCE)], SENT, PATIENCE) == {TAKEN: 1}
    late = account([deliver(pen.response(REQUEST_ID), after=PATIENCE + 1)], SENT, PATIENCE)
    assert late == {TAKEN: 1, LATE: 1}


def test_alerts_answer_nothing_and_are_nothing_unusual(deliver: Deliver, pen: Pen) -> None:
    alert = DccAlert("N28", "DeviceStatusChangeEvent", "DeviceSuspended", REQUEST_ID.target)
    counts = account([deliver(pen.response(NEVER_SENT, body=alert))], SENT, PATIENCE)
    assert counts == {TAKEN: 1, ALERTS: 1}
    assert unusual(counts) == {}


def test_a_future_dated_alert_comes_besides_the_response(deliver: Deliver, pen: Pen) -> None:
    alert = pen.response(REQUEST_ID, content=FutureDatedAlert("8F72", b"alert"))
    both = [deliver(alert), deliver(pen.response(REQUEST_ID))]
    assert account(both, SENT, PATIENCE) == {TAKEN: 2}


def test_messages_for_somebody_else_are_counted_by_whom_they_are_for(deliver: Deliver, pen: Pen) -> None:
    misled = replace(deliver(pen.response(REQUEST_ID), accepted=False), stranger=STRANGER)
    counts = account([misled, misled], SENT, PATIENCE)
    assert counts[f"messages for {STRANGER}, which is no Service User of this run: refused"] == 2
    assert REFUSED not in counts
