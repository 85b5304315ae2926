"""Lawful variations of messages: what the DSP may write, sign and post otherwise."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from dsp_conformance import gbcs
from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import DccAlert, DeviceAlert, Response
from dsp_conformance.stub.deviations.addressing import posted_to, with_messages
from dsp_conformance.stub.deviations.answering import unsigned
from dsp_conformance.stub.deviations.changes import (
    Deliver,
    delivering,
    finishing,
    is_acknowledgement,
    is_any,
    is_rejection,
    redrawn,
    rewritten,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, lawful

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.duis.signing import XmlSigner
    from dsp_conformance.stub.deviations.changes import Seal
    from dsp_conformance.stub.dsp import Answer, DspOptions, ReferenceDsp
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS", "with_alerts"]

_EUI: Final = re.compile(rb"[0-9A-F]{2}(?:-[0-9A-F]{2}){7}")
_PAUSE_SECONDS: Final = 0.05


def _respelled(change: Callable[[bytes], bytes]) -> Change:
    """Write documents otherwise before they are signed."""
    return redrawn(lambda root: xml.parse(change(xml.serialise(root))), is_any)


def _in_lower_case(octets: bytes) -> bytes:
    return _EUI.sub(lambda found: found.group().lower(), octets)


def _default_namespace(octets: bytes) -> bytes:
    return octets.replace(b"<sr:", b"<").replace(b"</sr:", b"</").replace(b"xmlns:sr=", b"xmlns=")


def _extra_declarations(octets: bytes) -> bytes:
    return octets.replace(b"xmlns:sr=", b'xmlns:unused="urn:example:unused" xmlns:sr=', 1)


def _indented(root: etree._Element) -> etree._Element:
    etree.indent(root)
    return root


def _indented_after_signing(inner: Seal) -> Seal:
    """Lay a signed document out in lines: it verifies once the whitespace is removed again."""

    def seal(response: Response, signer: XmlSigner) -> bytes:
        root = xml.parse(inner(response, signer))
        etree.indent(root)
        return xml.serialise(root)

    return seal


def _indented_later(options: DspOptions) -> DspOptions:
    return replace(options, seams=replace(options.seams, seal=_indented_after_signing(options.seams.seal)))


def _without_response_id(response: Response) -> Response:
    return replace(response, response_id=None)


def _slow(options: DspOptions) -> DspOptions:
    return replace(options, seams=replace(options.seams, pause_seconds=_PAUSE_SECONDS))


def _response_first(_: ReferenceDsp, __: bytes, answer: Answer) -> Answer:
    """Send the command before the acknowledgement, which waits a moment."""
    if answer.afterwards is not None:
        answer.afterwards()
    return replace(answer, afterwards=None)


def _slow_responses(inner: Deliver) -> Deliver:
    def deliver(
        traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
    ) -> None:
        traffic.later(_PAUSE_SECONDS, lambda: inner(traffic, order, code, content))

    return deliver


def with_alerts(alert: Callable[[Order], DccAlert | DeviceAlert]) -> Change:
    """Post an alert, which nobody asked for, before each response."""

    def make(inner: Deliver) -> Deliver:
        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            # an alert answers no request; the code of its own is the DSP's choice
            told = Response(None, None, code, datetime.now(UTC), alert(order))
            traffic.post(order, traffic.answers.seal(told))
            inner(traffic, order, code, content)

        return deliver

    return delivering(make)


def _dcc_alert(order: Order) -> DccAlert:
    return DccAlert("N29", "DeviceStatusChangeEvent", "DeviceRestored", order.request_id.target)


def _device_alert(order: Order) -> DeviceAlert:
    alert = gbcs.GroupedMessage(
        kind=gbcs.Kind.ALERT,
        counter=order.request_id.counter,
        originator=order.request_id.target,
        recipient=order.request_id.originator,
        message_code=0,
        content=b"",
    )
    return DeviceAlert("8F12", alert.encode())


def _supplementary(options: DspOptions) -> DspOptions:
    """Have Devices answer SR11.2 in the form with a supplementary counter, that of the request."""
    inner = options.seams.read_response

    def build(*args: object, **named: object) -> bytes:
        recipient, counter = named["recipient"], named["counter"]
        named |= {"supplementary": gbcs.Supplementary(recipient, counter), "counter": 7}  # type: ignore[arg-type]
        return inner(*args, **named)

    return replace(options, seams=replace(options.seams, read_response=build))


def _through_the_broker(options: DspOptions) -> DspOptions:
    """Have Devices answer SR11.2 to the access control broker, with the MAC that is for it."""
    inner = options.seams.read_response
    broker = ec.generate_private_key(ec.SECP256R1())

    def build(*args: object, **named: object) -> bytes:
        user, counter = named["recipient"], named["counter"]
        named |= {
            "supplementary": gbcs.Supplementary(user, counter),  # type: ignore[arg-type]
            "recipient": options.dcc_id,
            "counter": 7,
            "peer_key": broker.public_key(),
        }
        return inner(*args, **named)

    return replace(options, seams=replace(options.seams, read_response=build))


def _on_behalf(options: DspOptions) -> DspOptions:
    """Have what Devices answer to ordinary requests name the access control broker, and who is behind it."""

    def amend(message: gbcs.GroupedMessage, order: Order) -> gbcs.GroupedMessage:
        behind = gbcs.Supplementary(order.request_id.originator, order.request_id.counter)
        return replace(message, recipient=options.dcc_id, counter=7, supplementary=behind)

    ordinary = with_messages(amend, lambda order: order.command.variant not in {"11.2", "11.3"})
    return ordinary(options)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful("eui-in-lower-case", "EUIs are written in lower case.", _respelled(_in_lower_case)),
    lawful(
        "another-prefix",
        "Another prefix stands for the namespace.",
        _respelled(lambda octets: octets.replace(b"sr:", b"duis:").replace(b"xmlns:sr=", b"xmlns:duis=")),
    ),
    lawful("default-namespace", "No prefix stands for the namespace.", _respelled(_default_namespace)),
    lawful("unused-namespace", "A namespace is declared that nothing uses.", _respelled(_extra_declarations)),
    lawful("indented", "Documents are indented, and signed as they are.", redrawn(_indented, is_any)),
    lawful("indented-after-signing", "Documents are indented after they were signed.", _indented_later),
    lawful("acknowledgements-unsigned", "Acknowledgements are unsigned.", unsigned(is_acknowledgement)),
    lawful("rejections-unsigned", "Rejections are unsigned.", unsigned(is_rejection)),
    lawful(
        "acknowledgements-without-response-id",
        "Acknowledgements and rejections carry no ResponseID.",
        rewritten(
            _without_response_id, lambda response: is_acknowledgement(response) or is_rejection(response)
        ),
    ),
    lawful("slow-answers", "Every answer takes a moment.", _slow),
    lawful("slow-responses", "Every response takes a moment.", delivering(_slow_responses)),
    lawful(
        "response-before-acknowledgement",
        "Responses are delivered before the request is acknowledged.",
        lambda options: finishing(_response_first)(_slow(options)),
    ),
    lawful(
        "dcc-alerts",
        "DCC Alerts are posted that nobody asked for.",
        with_alerts(_dcc_alert),
        concerns="DUIS-04 MP105-10",
    ),
    lawful(
        "device-alerts",
        "Device Alerts are posted that nobody asked for.",
        with_alerts(_device_alert),
        concerns="DUIS-04 MP105-10",
    ),
    lawful(
        "supplementary-counter",
        "Devices answer SR11.2 in the form with a supplementary counter.",
        _supplementary,
        concerns="MP105-04 MP105-05",
    ),
    lawful(
        "responses-posted-with-a-slash",
        "Responses are posted to the User's address with a slash at its end.",
        posted_to(lambda _, __, right: f"{right}/"),
        concerns="DUIS-04 MP105-01 MP105-02",
    ),
    lawful(
        "read-through-the-broker",
        "Devices answer SR11.2 to the access control broker, on behalf of the User who asked.",
        _through_the_broker,
        concerns="DUIS-03 MP105-01 MP105-02 MP105-04 MP105-05",
    ),
    lawful(
        "answered-through-the-broker",
        "Devices answer ordinary requests to the access control broker, on behalf of the User who asked.",
        _on_behalf,
        concerns="DUIS-03",
    ),
    lawful(
        "older-schema-version",
        "Messages state schema version 5.3.",
        rewritten(lambda response: replace(response, schema_version="5.3"), is_any),
    ),
)
"""How messages may differ."""
