"""Deviations about whom a response speaks of: another Device, another User, another use case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import FutureDatedAlert, GbcsPayload
from dsp_conformance.stub.deviations.changes import Deliver, delivering
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS", "posted_to", "with_messages"]

_ANOTHER: Final = Eui64.parse("90-B3-D5-1F-30-FF-FF-FE")


def with_messages(
    amend: Callable[[gbcs.GroupedMessage, Order], gbcs.GroupedMessage],
    when: Callable[[Order], bool] = lambda _: True,
) -> Change:
    """Amend Devices' messages on their way to the User; MAC and signature stay as they were."""

    def amended(octets: bytes, order: Order) -> bytes:
        message = gbcs.decode(octets)
        if isinstance(message, gbcs.MacWrapped):
            return replace(message, message=amend(message.message, order)).encode()
        return amend(message, order).encode()

    def make(inner: Deliver) -> Deliver:
        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            if isinstance(content, GbcsPayload | FutureDatedAlert) and when(order):
                content = replace(content, octets=amended(content.octets, order))
            inner(traffic, order, code, content)

        return deliver

    return delivering(make)


def _read_in(use_cases: dict[gbcs.MessageCode, gbcs.MessageCode]) -> Change:
    """Have Devices answer SR11.2 in other use cases, with the MAC that belongs to the answer."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.read_response

        def build(use_case: gbcs.MessageCode, **named: object) -> bytes:
            return inner(use_cases.get(use_case, use_case), **named)

        return replace(options, seams=replace(options.seams, read_response=build))

    return change


def posted_to(address: Callable[[DeviceTraffic, Order, str], str]) -> Change:
    """Post responses to another address than the right one, which is told."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.traffic.address

        def amended(traffic: DeviceTraffic, order: Order) -> str | None:
            right = inner(traffic, order)
            return None if right is None else address(traffic, order, right)

        seams = options.seams
        return replace(options, seams=replace(seams, traffic=replace(seams.traffic, address=amended)))

    return change


def _of_who_asked_before(options: DspOptions) -> DspOptions:
    """Post each response to the address of whoever got the one before."""
    before: list[str] = []

    def address(_: DeviceTraffic, __: Order, right: str) -> str:
        before.append(right)
        return before[-2:][0]

    return posted_to(address)(options)


def _is_ordinary(order: Order) -> bool:
    return order.command.variant not in {"11.2", "11.3"}


def _of_another_request(message: gbcs.GroupedMessage, order: Order) -> gbcs.GroupedMessage:
    """Put a message into the use case of SR4.3, or of SR7.4 where it is in that."""
    others = (gbcs.code_of(variant, ("ECS",)) for variant in ("4.3", "7.4"))
    code = next(each for each in others if each not in gbcs.codes_of(order.command.variant))
    assert code is not None, "both are published"
    return replace(message, message_code=code)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "message-of-another-device",
        "DUIS-03 MP105-01 MP105-02",
        "Responses carry a message that names another Device than the one asked.",
        with_messages(lambda message, _: replace(message, originator=_ANOTHER)),
    ),
    violation(
        "message-for-another-user",
        "DUIS-03 MP105-01 MP105-02",
        "Responses carry a message for another User than the one who asked.",
        with_messages(lambda message, _: replace(message, recipient=_ANOTHER)),
    ),
    violation(
        "message-for-another-user-through-the-broker",
        "DUIS-03",
        "Responses carry a message for the access control broker, on behalf of another User.",
        with_messages(
            lambda message, order: replace(
                message,
                recipient=_ANOTHER,
                supplementary=gbcs.Supplementary(_ANOTHER, order.request_id.counter),
            )
        ),
    ),
    violation(
        "message-of-another-request",
        "DUIS-03",
        "Responses to other requests than SR11.2 and SR11.3 are in the use case of yet another.",
        with_messages(_of_another_request, _is_ordinary),
    ),
    violation(
        "responses-to-the-first-user",
        "DUIS-04 MP105-02",
        "All responses are posted to the address of the User who was registered first.",
        posted_to(lambda traffic, _, __: traffic.state.users.everybody()[0].receive_response_url),
    ),
    violation(
        "responses-to-who-asked-before",
        "DUIS-04",
        "Each response is posted to the address of the User who got the one before.",
        _of_who_asked_before,
    ),
    violation(
        "responses-to-no-users-address",
        "DUIS-04 MP105-01 MP105-02",
        "Responses are posted to the receiver, at the address of no User.",
        posted_to(lambda _, __, right: f"{right.rpartition('/')[0]}/"),
    ),
    violation(
        "gas-read-as-electricity",
        "MP105-02",
        "A GSME answers SR11.2 in the use case of electricity meters.",
        _read_in({gbcs.MessageCode.GCS38: gbcs.MessageCode.ECS52}),
    ),
    violation(
        "electricity-read-as-gas",
        "MP105-01",
        "An ESME answers SR11.2 in the use case of gas meters.",
        _read_in({gbcs.MessageCode.ECS52: gbcs.MessageCode.GCS38}),
    ),
)
"""Whom responses may speak of wrongly."""
