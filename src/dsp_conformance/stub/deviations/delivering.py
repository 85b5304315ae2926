"""Deviations about responses on their way: lost, doubled, late, misaddressed; and local delivery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import CommandVariant, DeviceType
from dsp_conformance.duis.messages import LocalCommand
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.deviations.changes import Act, Deliver, acting, delivering, never_sent
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.stub.access_control import Case
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_LATE_SECONDS: Final = 30.0
_NOBODY: Final = Eui64.parse("90-B3-D5-1F-30-FF-FF-FF")


def _lost(when: Callable[[DeviceTraffic, Order], bool]) -> Change:
    def make(inner: Deliver) -> Deliver:
        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            if not when(traffic, order):
                inner(traffic, order, code, content)

        return deliver

    return delivering(make)


def _from_the_second_on(options: DspOptions) -> DspOptions:
    """Lose all responses of a Device but its first; a product that never delivers any cannot be told."""
    heard: set[Eui64] = set()

    def later(_: DeviceTraffic, order: Order) -> bool:
        known = order.request_id.target in heard
        heard.add(order.request_id.target)
        return known

    return _lost(later)(options)


def _again(seconds: float, when: Callable[[DeviceTraffic, Order], bool] = lambda *_: True) -> Change:
    def make(inner: Deliver) -> Deliver:
        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            inner(traffic, order, code, content)
            if when(traffic, order):
                traffic.later(seconds, lambda: inner(traffic, order, code, content))

        return deliver

    return delivering(make)


def _late(inner: Deliver) -> Deliver:
    def deliver(
        traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
    ) -> None:
        if _is_read(traffic, order):
            traffic.later(_LATE_SECONDS, lambda: inner(traffic, order, code, content))
        else:
            inner(traffic, order, code, content)

    return deliver


def _as_unreachable(inner: Deliver) -> Deliver:
    def deliver(
        traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
    ) -> None:
        if _is_read(traffic, order) and content is not None:
            code, content = ResponseCode.E20, None
        inner(traffic, order, code, content)

    return deliver


def _misaddressed(inner: Deliver) -> Deliver:
    """Name a User that never asked, and still post to the one who did."""

    def deliver(
        traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
    ) -> None:
        if not _is_read(traffic, order):
            inner(traffic, order, code, content)
            return
        request_id = replace(order.request_id, originator=_NOBODY)
        variant = order.command.variant
        octets = traffic.answers.write(request_id, order.reference, variant, code, content)
        traffic.post(order, octets)

    return deliver


def _is_read(_: DeviceTraffic, order: Order) -> bool:
    return order.command.variant == "11.2"


def _is_activation(_: DeviceTraffic, order: Order) -> bool:
    return order.command.variant == "11.3"


def _is_read_of(device_type: DeviceType) -> Callable[[DeviceTraffic, Order], bool]:
    def when(traffic: DeviceTraffic, order: Order) -> bool:
        record = traffic.state.inventory.get(order.request_id.target)
        return _is_read(traffic, order) and record is not None and record.device_type is device_type

    return when


def _every_arrival_taken(options: DspOptions) -> DspOptions:
    """Take a Device's response as often as it arrives."""

    def receive(traffic: DeviceTraffic, order: Order, octets: bytes) -> None:
        traffic.settle(order.request_id)
        traffic.take_response(order, octets)

    traffic = replace(options.seams.traffic, receive=receive)
    return replace(options, seams=replace(options.seams, traffic=traffic))


def _accepting(variant: CommandVariant, amend: Callable[[Services, Case, Acceptance], Acceptance]) -> Change:
    """Amend what is answered to SR11.2 with one Command Variant."""

    def make(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            result = inner(services, case)
            concerned = case.entry.variant == "11.2" and case.request.command_variant is variant
            return amend(services, case, result) if concerned and isinstance(result, Acceptance) else result

        return act

    return acting(make)


def _of_another_request(services: Services, case: Case, result: Acceptance) -> Acceptance:
    request_id = replace(case.request.request_id, counter=case.request.request_id.counter + 1)
    other = replace(case, request=replace(case.request, request_id=request_id))
    return replace(result, content=LocalCommand(services.local_command(other)))


_LOCAL: Final = CommandVariant.NON_CRITICAL_LOCAL
_BOTH: Final = CommandVariant.NON_CRITICAL_BOTH

DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "read-of-esme-not-delivered",
        "MP105-01",
        "The response of an ESME to SR11.2 is never delivered.",
        _lost(_is_read_of(DeviceType.ESME)),
    ),
    violation(
        "read-of-gsme-not-delivered",
        "MP105-02",
        "The response of a GSME to SR11.2 is never delivered.",
        _lost(_is_read_of(DeviceType.GSME)),
    ),
    violation(
        "read-of-gsme-never-sent",
        "MP105-02",
        "SR11.2 for a Suspended GSME is acknowledged, and the command never sent.",
        never_sent(lambda record: record.is_suspended and record.device_type is DeviceType.GSME),
    ),
    violation(
        "read-answered-by-e20",
        "MP105-01 MP105-02",
        "The Device answers SR11.2, and the User is told that it cannot be reached.",
        delivering(_as_unreachable),
    ),
    violation(
        "read-delivered-late",
        "MP105-01 MP105-02 DUIS-04",
        "Responses to SR11.2 are delivered half a minute late.",
        delivering(_late),
    ),
    violation(
        "read-misaddressed",
        "MP105-01 MP105-02 DUIS-04",
        "Responses to SR11.2 name a User that never asked.",
        delivering(_misaddressed),
    ),
    violation("responses-doubled", "DUIS-04 MP105-10", "Every response is delivered twice.", _again(0.0)),
    violation(
        "responses-doubled-later",
        "DUIS-04",
        "Every response is delivered again after a tenth of a second.",
        _again(0.1),
    ),
    violation(
        "activations-doubled",
        "DUIS-04",
        "Every response to SR11.3 is delivered twice.",
        _again(0.0, _is_activation),
    ),
    violation(
        "responses-lost",
        "DUIS-04",
        "Of each Device the first response is delivered, and from the second on none is.",
        _from_the_second_on,
    ),
    violation(
        "every-arrival-delivered",
        "MP105-10",
        "A response that arrives twice is delivered twice.",
        _every_arrival_taken,
    ),
    violation(
        "local-command-missing",
        "MP105-03",
        "SR11.2 with Command Variant 2 is answered without the command.",
        _accepting(_LOCAL, lambda _, __, result: replace(result, content=None)),
    ),
    violation(
        "local-command-missing-both-ways",
        "MP105-03",
        "SR11.2 with Command Variant 3 is answered without the command.",
        _accepting(_BOTH, lambda _, __, result: replace(result, content=None)),
    ),
    violation(
        "local-command-acknowledged",
        "MP105-03",
        "SR11.2 with Command Variant 2 is answered by I99.",
        _accepting(_LOCAL, lambda _, __, result: replace(result, code=ResponseCode.I99)),
    ),
    violation(
        "local-command-of-another-request",
        "MP105-03",
        "SR11.2 with Command Variant 2 brings the command of another request.",
        _accepting(_LOCAL, _of_another_request),
    ),
    violation(
        "local-command-sent-too",
        "MP105-03",
        "SR11.2 with Command Variant 2 is sent over the WAN too.",
        _accepting(_LOCAL, lambda services, case, result: replace(result, order=services.order(case))),
    ),
    violation(
        "both-ways-local-only",
        "MP105-03",
        "SR11.2 with Command Variant 3 is not sent over the WAN.",
        _accepting(_BOTH, lambda _, __, result: replace(result, order=None)),
    ),
)
"""What becomes of responses and commands."""
