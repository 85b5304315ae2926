"""What evidence says of how messages travelled, and of what the testbed was asked to do."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from dsp_conformance.duis.terms import Service
from dsp_conformance.record.evidence import Operation, Wire
from dsp_conformance.record.journal_writer import JournalWriter
from dsp_conformance.testbed.by_operations import Answer
from dsp_conformance.testbed.errors import TestbedError
from dsp_conformance.testbed.operations import Operation as Asked
from dsp_conformance.user.exchange import Delivery, Exchange
from dsp_conformance.user.naming import answered_request

RECEIVE_RESPONSE: Final = "Receive Response Service"
"""The Service User's own service, to which the DSP posts."""

_SERVICES: Final = {
    Service.SEND_COMMAND: "Send Command Service",
    Service.NON_DEVICE: "Non-Device Service",
    Service.TRANSFORM: "Transform Service",
}
_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----(?:\\n)?", re.DOTALL
)
_SHOWN: Final = 400


def wire_of(exchange: Exchange) -> Wire:
    """Tell how a request and its answer travelled."""
    answer, request = exchange.answer, exchange.request
    return Wire(
        began=_milliseconds(exchange.sent_at),
        seconds=None if answer is None else round(answer.seconds, 6),
        service=_SERVICES[exchange.service],
        url=exchange.url,
        peer=_peer(exchange.url),
        status=None if answer is None else answer.status,
        sent={} if answer is None else _headers(answer.sent_headers),
        received={} if answer is None else _headers(answer.headers),
        request_id=str(request.request_id),
        variant=request.variant,
        user=str(request.request_id.originator),
    )


def wire_of_delivery(exchange: Exchange, delivery: Delivery) -> Wire:
    """Tell how a message travelled that a scenario took as one about an exchange."""
    return Wire(
        began=_milliseconds(delivery.received_at),
        seconds=None,
        service=RECEIVE_RESPONSE,
        url="",
        peer=delivery.peer,
        status=delivery.status or None,
        received=_headers(delivery.headers),
        request_id=_named(delivery),
        variant=exchange.request.variant,
        user=str(exchange.request.request_id.originator),
    )


def to_journal(journal: JournalWriter) -> Callable[[Delivery, int], None]:
    """Return what takes down each message that arrives."""

    def arrived(delivery: Delivery, repeats: int) -> None:
        journal.message_arrived(
            delivery.octets,
            at=_milliseconds(delivery.received_at),
            peer=delivery.peer,
            address=delivery.path,
            status=delivery.status,
            headers=_headers(delivery.headers),
            title=delivery.title,
            request_id=_named(delivery),
            repeats=repeats,
            refusal=delivery.refusal or delivery.unread,
            came=delivery.size,
            checks=delivery.checks,
        )

    return arrived


def operation_of(
    asked: Asked, seconds: float, answer: Answer | None, error: TestbedError | None
) -> Operation:
    """Tell what the testbed was asked to do and what came of it."""
    milliseconds = round(seconds * 1000, 3)
    arguments = {"about": asked.about} if asked.about else {}
    arguments |= {name: _told(value) for name, value in _members(asked.body)}
    told = str(error) if answer is None else answer.content.decode("utf-8", "replace")
    return Operation(
        at=time.time_ns() // 1_000_000 - int(milliseconds),
        name=asked.name.value,
        arguments=arguments,
        outcome="failed" if answer is None else "done",
        result=_shortened(told),
        milliseconds=milliseconds,
    )


def _headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


def _members(body: Mapping[str, object] | None) -> list[tuple[str, object]]:
    return [] if body is None else list(body.items())


def _told(value: object) -> str:
    return _shortened(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _shortened(text: str) -> str:
    flat = " ".join(_CERTIFICATE.sub("[certificate]", text).split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]} ..."


def _named(delivery: Delivery) -> str:
    named = answered_request(delivery)
    return "" if named is None else str(named)


def _peer(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
