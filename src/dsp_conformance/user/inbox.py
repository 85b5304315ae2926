"""What the receiver took in, and waiting for it: by condition with a deadline, never by sleeping."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Condition, RLock
from typing import Final, Protocol

from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import DccAlert, DeviceAlert, OtherBody, Response
from dsp_conformance.eui64 import Eui64
from dsp_conformance.user.exchange import Delivery

KEPT_OF_REFUSED: Final = 65_536
"""Octets kept of one refused message."""

KEPT_OF_ALL_REFUSED: Final = 64 * 1024 * 1024
"""Octets kept of all refused messages of a run together; of those that come later, none."""

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

    def wait_out(self, moment: float) -> None:
        """Wait until the monotonic clock shows that moment, whatever arrives meanwhile."""


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
            if request_id is not None:
                self._by_request.setdefault(request_id, []).append(delivery)
            for party in _parties(delivery):
                self._by_party.setdefault(party, []).append(delivery)
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

    def wait_out(self, moment: float) -> None:
        """Wait until the monotonic clock shows that moment, whatever arrives meanwhile."""
        self.wait_until(lambda: False, max(0.0, moment - time.monotonic()))

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


def answered_request(delivery: Delivery) -> RequestID | None:
    """Return the request that a message names, by its RequestID or else by its ResponseID mirrored.

    An alert answers no request, whatever it names.
    """
    response = _answer_in(delivery)
    if response is None:
        return None
    if response.request_id is not None or response.response_id is None:
        return response.request_id
    mirrored = response.response_id
    return RequestID(mirrored.target, mirrored.originator, mirrored.counter)


def _parties(delivery: Delivery) -> set[Eui64]:
    response = _answer_in(delivery)
    named = () if response is None else (response.request_id, response.response_id)
    return {party for each in named if each is not None for party in (each.originator, each.target)}


def _answer_in(delivery: Delivery) -> Response | None:
    response = delivery.response
    return None if response is None or isinstance(response.body, DeviceAlert | DccAlert) else response
