"""What the receiver took in, and waiting for it: by condition with a deadline, never by sleeping."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Condition, RLock
from typing import Final, Protocol

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import OtherBody, Response
from dsp_conformance.user.account import BEYOND, account
from dsp_conformance.user.addresses import user_in
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.naming import answered_request, parties_of, recipients_of, told_of
from dsp_conformance.user.transport import utc_now

KEPT_OF_REFUSED: Final = 65_536
"""Octets kept of one refused message."""

KEPT_OF_ALL_REFUSED: Final = 64 * 1024 * 1024
"""Octets kept of all refused messages of a run together; of those that come later, none."""

MOST_REASONS: Final = 50
"""Reasons kept why something was turned away: part of a reason may be what a client said."""

MOST_REFUSED: Final = 50_000
"""Refused messages kept; later ones are counted only. A run that gets there can prove nothing any more."""


class Arrivals(Protocol):
    """What whoever waits for messages of the DSP can ask, in the receiver's own process or in another."""

    def everything(self) -> tuple[Delivery, ...]:
        """Return every message so far."""

    def answers_to(self, request_id: RequestID) -> tuple[Delivery, ...]:
        """Return the messages so far that name this request, refused ones included."""

    def answers_about(self, device_id: Eui64) -> tuple[Delivery, ...]:
        """Return the messages so far that name this Device as either party of a request, alerts excluded."""

    def wait_for_answers(
        self, request_id: RequestID, timeout: float, *, count: int = 1
    ) -> tuple[Delivery, ...]:
        """Wait for that many messages that name this request; return those that came, perhaps none."""

    def wait_for_word(self, request_id: RequestID, since: datetime, timeout: float) -> bool:
        """Wait for a message that names this request, or a DCC alert about its Device since that moment.

        That the Device was suspended is no word on the request.

        Returns:
            Whether one came in time.
        """

    def wait_out(self, moment: float) -> None:
        """Wait until the monotonic clock shows that moment, whatever arrives meanwhile."""

    def take_for(self, user: Eui64) -> None:
        """Take messages for this Service User from now on; those for others are refused."""

    def turned_away_since(self, moment: datetime) -> tuple[str, ...]:
        """Return why something was turned away unread since that moment, each reason once."""

    def came_for(self, user: Eui64, since: datetime) -> bool:
        """Tell whether any message for a Service User came since a moment: good or bad, a response or not."""

    def note_sent(self, requests: Mapping[RequestID, datetime]) -> None:
        """Note which requests were sent, and when, for the account of the run."""


@dataclass(slots=True)
class Inbox:
    """Every message that the DSP posted during a run, in the order of arrival.

    Early, late, duplicate, unasked and refused messages are all kept: whoever asks decides what they mean. Of
    refused ones no more is kept than a flood of junk may take of the memory.

    Attributes:
        on_arrival: told of every message that is kept, with how many came before it that name the same
            request, before anybody else gets to know of it; called with the inbox locked.
        refused_beyond: how many refused messages came after the last one kept.
    """

    on_arrival: Callable[[Delivery, int], None] = lambda _delivery, _repeats: None
    refused_beyond: int = 0
    _arrived: Condition = field(default_factory=lambda: Condition(RLock()), repr=False)
    _deliveries: list[Delivery] = field(default_factory=list, repr=False)
    _by_request: dict[RequestID, list[Delivery]] = field(default_factory=dict, repr=False)
    _by_party: dict[Eui64, list[Delivery]] = field(default_factory=dict, repr=False)
    _alerts: dict[Eui64, list[Delivery]] = field(default_factory=dict, repr=False)
    _ours: set[Eui64] = field(default_factory=set, repr=False)
    _turned_away: dict[str, tuple[int, datetime]] = field(default_factory=dict, repr=False)
    _remarks: dict[str, int] = field(default_factory=dict, repr=False)
    _sent: dict[RequestID, datetime] = field(default_factory=dict, repr=False)
    _last_for: dict[Eui64, datetime] = field(default_factory=dict, repr=False)
    _refused: int = 0
    _refused_octets: int = 0

    def put(self, delivery: Delivery) -> None:
        """Add a message and wake whoever waits."""
        request_id = answered_request(delivery)
        with self._arrived:
            if not delivery.accepted:
                if self._refused == MOST_REFUSED:
                    self.refused_beyond += 1
                    return
                delivery = self._beginning_of(delivery)
            self.on_arrival(delivery, 0 if request_id is None else len(self._by_request.get(request_id, ())))
            self._deliveries.append(delivery)
            for user in (*recipients_of(delivery), user_in(delivery.path)):
                if user is not None:
                    self._last_for[user] = delivery.received_at
            if request_id is not None:
                self._by_request.setdefault(request_id, []).append(delivery)
            for party in parties_of(delivery):
                self._by_party.setdefault(party, []).append(delivery)
            if (device_id := told_of(delivery)) is not None:
                self._alerts.setdefault(device_id, []).append(delivery)
            self._arrived.notify_all()

    def everything(self) -> tuple[Delivery, ...]:
        """Return every message so far."""
        with self._arrived:
            return tuple(self._deliveries)

    def answers_to(self, request_id: RequestID) -> tuple[Delivery, ...]:
        """Return the messages so far that name this request, refused ones included."""
        with self._arrived:
            return tuple(self._by_request.get(request_id, ()))

    def answers_about(self, device_id: Eui64) -> tuple[Delivery, ...]:
        """Return the messages so far that name this Device as either party of a request, alerts excluded."""
        with self._arrived:
            return tuple(self._by_party.get(device_id, ()))

    def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until the condition holds, looking again whenever a message arrives.

        Args:
            condition: called with the inbox locked for other threads; it may call the inbox.
            timeout: seconds to wait at most.

        Returns:
            Whether the condition holds.
        """
        with self._arrived:
            return self._arrived.wait_for(condition, timeout)

    def wait_for_answers(
        self, request_id: RequestID, timeout: float, *, count: int = 1
    ) -> tuple[Delivery, ...]:
        """Wait for that many messages that name this request; return those that came, perhaps none."""
        self.wait_until(lambda: len(self._by_request.get(request_id, ())) >= count, timeout)
        return self.answers_to(request_id)

    def wait_for_word(self, request_id: RequestID, since: datetime, timeout: float) -> bool:
        """Wait for a message that names this request, or a DCC alert about its Device since that moment."""

        def came() -> bool:
            alerts = self._alerts.get(request_id.target, ())
            return request_id in self._by_request or any(alert.received_at >= since for alert in alerts)

        return self.wait_until(came, timeout)

    def wait_out(self, moment: float) -> None:
        """Wait until the monotonic clock shows that moment, whatever arrives meanwhile."""
        self.wait_until(lambda: False, max(0.0, moment - time.monotonic()))

    def take_for(self, user: Eui64) -> None:
        """Take messages for this Service User from now on; those for others are refused."""
        with self._arrived:
            self._ours.add(user)

    def stranger_in(self, delivery: Delivery) -> Eui64 | None:
        """Return whom a message is for, if that is nobody of ours; None while nobody at all is."""
        recipients = recipients_of(delivery)
        with self._arrived:
            if not self._ours or not recipients or recipients & self._ours:
                return None
        return min(recipients)

    def turn_away(self, what: str) -> None:
        """Count something that was not read, and why."""
        with self._arrived:
            if what not in self._turned_away and len(self._turned_away) >= MOST_REASONS:
                what = "turned away for other reasons"
            count, _ = self._turned_away.get(what, (0, None))
            self._turned_away[what] = (count + 1, utc_now())

    def remark(self, what: str) -> None:
        """Count something odd about a message that was taken."""
        with self._arrived:
            self._remarks[what] = self._remarks.get(what, 0) + 1

    def turned_away_since(self, moment: datetime) -> tuple[str, ...]:
        """Return why something was turned away unread since that moment, each reason once."""
        with self._arrived:
            return tuple(what for what, (_, last) in self._turned_away.items() if last >= moment)

    def came_for(self, user: Eui64, since: datetime) -> bool:
        """Tell whether any message for a Service User came since a moment: good or bad, a response or not."""
        with self._arrived:
            last = self._last_for.get(user)
        return last is not None and last >= since

    def note_sent(self, requests: Mapping[RequestID, datetime]) -> None:
        """Note which requests were sent, and when, for the account of the run."""
        with self._arrived:
            self._sent.update(requests)

    def account(self, patience: float) -> dict[str, int]:
        """Count what came, and what was turned away unread (`user.account`).

        Args:
            patience: seconds that a response is waited for.
        """
        with self._arrived:
            counts = account(self._deliveries, self._sent, patience)
            beyond = {BEYOND: self.refused_beyond} if self.refused_beyond else {}
            return (
                counts
                | beyond
                | self._remarks
                | {what: count for what, (count, _) in self._turned_away.items()}
            )

    def _beginning_of(self, refused: Delivery) -> Delivery:
        self._refused += 1
        room = min(KEPT_OF_REFUSED, KEPT_OF_ALL_REFUSED - self._refused_octets)
        octets = refused.octets[:room]
        self._refused_octets += len(octets)
        response = refused.response
        if response is not None and len(octets) < len(refused.octets):
            # What it carries may be as large as the octets; that it came, and what it names, is enough.
            response = Response(
                response.request_id,
                response.response_id,
                response.response_code,
                response.response_date_time,
                OtherBody("a message too large to keep"),
            )
        return replace(refused, octets=octets, response=response)
