"""Whom and what a message that the DSP posted names: the request it answers, its parties, its recipients."""

from typing import Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import MessageNames, RequestID
from dsp_conformance.duis.messages import DccAlert, DeviceAlert
from dsp_conformance.user.exchange import Delivery

_SUSPENDED: Final = "DeviceSuspended"


def answered_request(delivery: Delivery) -> RequestID | None:
    """Return the request that a message names, by its RequestID or else by its ResponseID mirrored.

    An alert answers no request, whatever it names.
    """
    names = _names_of_answer(delivery)
    if names.request_id is not None or names.response_id is None:
        return names.request_id
    mirrored = names.response_id
    return RequestID(mirrored.target, mirrored.originator, mirrored.counter)


def parties_of(delivery: Delivery) -> set[Eui64]:
    """Return whoever is named as either party of a request; nobody for an alert."""
    return _named(_names_of_answer(delivery))


def recipients_of(delivery: Delivery) -> set[Eui64]:
    """Return whom a message may be for; several where its identifiers disagree, or where it is an alert.

    A response is for the originator of its RequestID and for the target of its ResponseID, which should be
    the same. In what order an alert names its parties is not told, so either may be its recipient.
    """
    names, response = delivery.names, delivery.response
    if response is not None and isinstance(response.body, DeviceAlert | DccAlert):
        return _named(names)
    return {
        *([] if names.request_id is None else [names.request_id.originator]),
        *([] if names.response_id is None else [names.response_id.target]),
    }


def told_of(delivery: Delivery) -> Eui64 | None:
    """Return the Device that a DCC alert tells something of, other than that it was suspended."""
    body = None if delivery.response is None else delivery.response.body
    return body.device_id if isinstance(body, DccAlert) and body.change != _SUSPENDED else None


def _named(names: MessageNames) -> set[Eui64]:
    named = (names.request_id, names.response_id)
    return {party for each in named if each is not None for party in (each.originator, each.target)}


def _names_of_answer(delivery: Delivery) -> MessageNames:
    response = delivery.response
    is_alert = response is not None and isinstance(response.body, DeviceAlert | DccAlert)
    return MessageNames() if is_alert else delivery.names
