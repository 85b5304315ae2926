"""The receiver's account of a run: what came besides the answers that were waited for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import DccAlert, DeviceAlert, FutureDatedAlert, LocalCommand
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.naming import answered_request

TAKEN: Final = "messages taken"
REFUSED: Final = "messages refused, except those for others"
ALERTS: Final = "alerts, among those taken"
REPEATED: Final = "responses to a request that had one already"
UNASKED: Final = "responses to no request that this run sent"
LATE: Final = "responses that came when nobody waited for them any more"
BEYOND: Final = "refused messages that were not even kept"

_USUAL: Final = frozenset({TAKEN, ALERTS})


def account(
    deliveries: Iterable[Delivery], sent: Mapping[RequestID, datetime], patience: float
) -> dict[str, int]:
    """Count what came, by what it was; what did not come is left out, but for `TAKEN`.

    Args:
        deliveries: all messages, in the order of arrival.
        sent: the requests of the run, each with the time at which it was last sent.
        patience: seconds that a response is waited for. One to a request for later is late by design.
    """
    counts = Counter({TAKEN: 0})
    answered: set[RequestID] = set()
    for delivery in deliveries:
        if delivery.stranger is not None:
            counts[f"messages for {delivery.stranger}, which is no Service User of this run: refused"] += 1
            continue
        if not delivery.accepted:
            counts[REFUSED] += 1
            continue
        counts[TAKEN] += 1
        response = delivery.response
        if response is not None and isinstance(response.body, DeviceAlert | DccAlert):
            counts[ALERTS] += 1
            continue
        request_id = answered_request(delivery)
        if request_id is None or request_id not in sent:
            counts[UNASKED] += 1
            continue
        if response is not None and isinstance(response.content, FutureDatedAlert | LocalCommand):
            continue  # it comes besides the response
        counts[REPEATED] += request_id in answered
        counts[LATE] += delivery.received_at > sent[request_id] + timedelta(seconds=patience)
        answered.add(request_id)
    return {what: count for what, count in counts.items() if count or what == TAKEN}


def unusual(counts: Mapping[str, int]) -> dict[str, int]:
    """The part of an account that a reader should be told of."""
    return {what: count for what, count in counts.items() if count and what not in _USUAL}
