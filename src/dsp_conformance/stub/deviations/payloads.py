"""Deviations about what responses carry: a Device's message or a Pre-Command, altered, old or missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.duis.messages import GbcsPayload, PreCommand, Response, ResponseMessage
from dsp_conformance.gbcs.activation import activation_content
from dsp_conformance.gbcs.firmware_version import FirmwareVersion
from dsp_conformance.stub.deviations.changes import Deliver, delivering, rewritten
from dsp_conformance.stub.deviations.deviation import Deviation, violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.stub.deviations.deviation import Change
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]


def _another(version: FirmwareVersion) -> FirmwareVersion:
    return FirmwareVersion(version.octets[:3] + bytes([version.octets[3] ^ 1]))


def _answered(amend: Callable[[dict[str, object]], None]) -> Change:
    """Have emulated Devices' answers to SR11.2 made from other facts, with the MAC that belongs to them."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.read_response

        def build(*args: object, **named: object) -> bytes:
            amend(named)
            return inner(*args, **named)

        return replace(options, seams=replace(options.seams, read_response=build))

    return change


def _of_another_version(named: dict[str, object]) -> None:
    result = named["result"]
    if isinstance(result, gbcs.FirmwareRead) and result.version is not None:
        named["result"] = replace(result, version=_another(result.version))


def _of_another_request(named: dict[str, object]) -> None:
    counter = named["counter"]
    assert isinstance(counter, int), "counters are numbers"
    named["counter"] = counter + 1


def _carried(
    carry: Callable[[DeviceTraffic, Order, GbcsPayload], ResponseContent | None], variant: str = "11.2"
) -> Change:
    """Have responses to SR11.2, or to another request, carry something else than the Device's message."""

    def make(inner: Deliver) -> Deliver:
        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            if order.command.variant == variant and isinstance(content, GbcsPayload):
                content = carry(traffic, order, content)
            inner(traffic, order, code, content)

        return deliver

    return delivering(make)


def _altered(traffic: DeviceTraffic, order: Order, content: GbcsPayload) -> GbcsPayload:
    """Alter the version in a Device's message, whose MAC stays."""
    device = traffic.state.device(order.request_id.target)
    assert device is not None, "it answered"
    running = device.running
    return GbcsPayload(content.octets.replace(running.octets, _another(running).octets))


def _of_first_read(options: DspOptions) -> DspOptions:
    """Keep every Device's first message, and deliver it for ever."""
    first: dict[Eui64, GbcsPayload] = {}
    return _carried(lambda _, order, content: first.setdefault(order.request_id.target, content))(options)


def _outcome_altered(amend: Callable[[gbcs.Activation], gbcs.Activation], *, succeeded: bool) -> Change:
    """Alter what Devices tell of the outcome of SR11.3, successes or failures; their signatures stay."""

    def carry(_: DeviceTraffic, _order: Order, content: GbcsPayload) -> GbcsPayload:
        outcome = gbcs.activation_response(gbcs.decode(content.octets))
        if not isinstance(outcome, gbcs.Activation):
            return content
        if (outcome.code is gbcs.ActivationCode.SUCCESS) is not succeeded:
            return content
        told, wrong = map(activation_content, (outcome, amend(outcome)))
        return GbcsPayload(content.octets.replace(told, wrong))

    return _carried(carry, "11.3")


def _brings_pre_command(response: Response) -> bool:
    return isinstance(response.content, PreCommand)


def _numbered_otherwise(response: Response) -> Response:
    """Have a Pre-Command bear the counter of the next request."""
    content, request_id = response.content, response.request_id
    assert isinstance(content, PreCommand), "no other response is rewritten"
    assert request_id is not None, "the request was read"
    told, wrong = (counter.to_bytes(8) for counter in (request_id.counter, request_id.counter + 1))
    return _with_content(response, replace(content, octets=content.octets.replace(told, wrong)))


def _with_content(response: Response, content: ResponseContent | None) -> Response:
    assert isinstance(response.body, ResponseMessage), "no alert carries content"
    return replace(response, body=replace(response.body, content=content))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "payload-of-another-version",
        "MP105-01 MP105-02",
        "Responses of SR11.2 tell another version than the Device runs, under a MAC that is right.",
        _answered(_of_another_version),
    ),
    violation(
        "payload-altered",
        "MP105-01 MP105-02",
        "The version in a Device's response is altered on its way to the User.",
        _carried(_altered),
    ),
    violation(
        "payload-of-another-request",
        "MP105-01 MP105-02",
        "Responses of SR11.2 carry the Device's answer to another request.",
        _answered(_of_another_request),
    ),
    violation(
        "payload-missing",
        "MP105-01 MP105-02",
        "Responses of SR11.2 tell success and carry no message of the Device.",
        _carried(lambda *_: None),
    ),
    violation(
        "payload-of-first-read",
        "MP105-10",
        "Every SR11.2 is answered with the Device's response to the first.",
        _of_first_read,
    ),
    violation(
        "activation-payload-altered",
        "BASE-06",
        "The version in a Device's success response to SR11.3 is altered on its way to the User.",
        _outcome_altered(lambda told: replace(told, version=_another(told.version)), succeeded=True),
    ),
    violation(
        "resent-activation-payload-altered",
        "MP105-11",
        "The version in a response to SR11.3 that is no success is altered on its way to the User.",
        _outcome_altered(lambda told: replace(told, version=_another(told.version)), succeeded=False),
    ),
    violation(
        "resent-activation-told-as-success",
        "MP105-11",
        "A response to SR11.3 that is no success reaches the User as one.",
        _outcome_altered(lambda told: replace(told, code=gbcs.ActivationCode.SUCCESS), succeeded=False),
    ),
    violation(
        "pre-command-missing",
        "BASE-02",
        "Critical requests are answered with success and without a Pre-Command.",
        rewritten(lambda response: _with_content(response, None), _brings_pre_command),
    ),
    violation(
        "pre-command-of-another-request",
        "BASE-02",
        "Pre-Commands bear the counter of another request.",
        rewritten(_numbered_otherwise, _brings_pre_command),
    ),
)
"""What a response carries."""
