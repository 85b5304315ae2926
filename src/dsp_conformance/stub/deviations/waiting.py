"""Deviations about time: what the DSP does when it has waited enough, and with what comes late or at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import DeviceStatus
from dsp_conformance.stub.deviations.changes import (
    NO_ANSWER,
    AfterRead,
    Listing,
    after_read,
    in_traffic,
    is_read_of_suspended,
    status_keeps_back,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.access_control import Case
    from dsp_conformance.stub.cpl import ProductModel
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_A_WHILE_SECONDS: Final = 0.2  # so that a second request comes before the first is answered


def _record(traffic: DeviceTraffic, order: Order) -> DeviceRecord | None:
    with traffic.state.lock:
        return traffic.state.inventory.get(order.request_id.target)


def _is_suspended(traffic: DeviceTraffic, order: Order) -> bool:
    record = _record(traffic, order)
    return record is not None and record.is_suspended


# When the DSP's own wait for the response to SR11.3 ends ----------------------------------------------


def _when_given_up(follow: Callable[[DeviceTraffic, Order], None]) -> Change:
    """Have something done when a Suspended Device did not answer SR11.3 in time, before the User is told."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.traffic.deliver

        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            if code in NO_ANSWER and order.command.variant == "11.3" and _is_suspended(traffic, order):
                follow(traffic, order)
            inner(traffic, order, code, content)

        return in_traffic(options, deliver=deliver)

    return change


def _take_for_success(traffic: DeviceTraffic, order: Order) -> None:
    record = _record(traffic, order)
    if record is not None:
        change = InventoryChange(None, record.status_before_suspension)
        traffic.state.apply(record.device_id, change, reason="nothing was heard of its activation")


def _deaf(options: DspOptions) -> DspOptions:
    """Take no notice of what a Device says of its firmware once its response to SR11.3 did not come."""
    deaf: set[Eui64] = set()

    def make(inner: AfterRead) -> AfterRead:
        def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
            return NO_CHANGE if record.device_id in deaf else inner(record, version, cpl)

        return rule

    given_up = _when_given_up(lambda _, order: deaf.add(order.request_id.target))
    return after_read(make)(given_up(options))


def _closed(options: DspOptions) -> DspOptions:
    """Reject SR11.2 for a Device whose response to SR11.3 did not come."""
    closed: set[Eui64] = set()

    def is_closed(case: Case) -> bool:
        return is_read_of_suspended(case) and case.device is not None and case.device.device_id in closed

    given_up = _when_given_up(lambda _, order: closed.add(order.request_id.target))
    return status_keeps_back(is_closed)(given_up(options))


# What was the case when a request was sent ------------------------------------------------------------


def _listed_when_asked(options: DspOptions) -> DspOptions:
    """Go by the CPL as it was when SR11.2 was sent."""
    send = options.seams.traffic.send
    kept: dict[Eui64, frozenset[tuple[ProductModel, str]]] = {}

    def sent(traffic: DeviceTraffic, order: Order) -> None:
        with traffic.state.lock:
            cpl = traffic.state.cpl
            kept[order.request_id.target] = frozenset(
                (entry.product, entry.firmware_version.upper().zfill(8))
                for entry in cpl.entries
                if cpl.lists_as_active(entry.product, entry.firmware_version)
            )
        send(traffic, order)

    def make(inner: AfterRead) -> AfterRead:
        def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
            del cpl
            listed = kept.get(record.device_id, frozenset())
            return inner(record, version, Listing(lambda product, asked: (product, asked) in listed))

        return rule

    return after_read(make)(in_traffic(options, send=sent))


def _late_activation(status: DeviceStatus) -> Change:
    """Have the response to SR11.3 change a Device that was Suspended when it was sent, and is no more."""

    def change(options: DspOptions) -> DspOptions:
        send, inner = options.seams.traffic.send, options.seams.traffic.change
        suspended: set[RequestID] = set()

        def sent(traffic: DeviceTraffic, order: Order) -> None:
            if order.command.variant == "11.3" and _is_suspended(traffic, order):
                suspended.add(order.request_id)
            send(traffic, order)

        def changed(
            traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord
        ) -> InventoryChange:
            if order.request_id in suspended and not record.is_suspended:
                return InventoryChange(None, status)
            return inner(traffic, order, octets, record)

        return in_traffic(options, send=sent, change=changed)

    return change


# Two at once ------------------------------------------------------------------------------------------


def _losing_reads(options: DspOptions, is_lost: Callable[[DeviceTraffic, Order], bool]) -> DspOptions:
    """Take responses to SR11.2 a while after they came, and lose some without a word."""
    receive = options.seams.traffic.receive

    def received(traffic: DeviceTraffic, order: Order, octets: bytes) -> None:
        def settle() -> None:
            if is_lost(traffic, order):
                traffic.settle(order.request_id)
            else:
                receive(traffic, order, octets)

        traffic.later(_A_WHILE_SECONDS if order.command.variant == "11.2" else 0.0, settle)

    return in_traffic(options, receive=received)


def _one_read_at_a_time(options: DspOptions) -> DspOptions:
    """Answer one SR11.2 to a Suspended Device of several under way."""
    send = options.seams.traffic.send
    first: dict[Eui64, RequestID] = {}

    def sent(traffic: DeviceTraffic, order: Order) -> None:
        if order.command.variant == "11.2" and _is_suspended(traffic, order):
            first.setdefault(order.request_id.target, order.request_id)
        send(traffic, order)

    def is_lost(_: DeviceTraffic, order: Order) -> bool:
        target = order.request_id.target
        return order.command.variant == "11.2" and first.get(target, order.request_id) != order.request_id

    return _losing_reads(in_traffic(options, send=sent), is_lost)


def _not_after_restoration(options: DspOptions) -> DspOptions:
    """Lose the response to SR11.2 that was sent to a Suspended Device, if another has restored it."""
    send = options.seams.traffic.send
    suspended: set[RequestID] = set()

    def sent(traffic: DeviceTraffic, order: Order) -> None:
        if order.command.variant == "11.2" and _is_suspended(traffic, order):
            suspended.add(order.request_id)
        send(traffic, order)

    def is_lost(traffic: DeviceTraffic, order: Order) -> bool:
        return order.request_id in suspended and not _is_suspended(traffic, order)

    return _losing_reads(in_traffic(options, send=sent), is_lost)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "silence-taken-for-success",
        "MP105-07",
        "A Suspended Device is restored when its response to SR11.3 did not come in time.",
        _when_given_up(_take_for_success),
    ),
    violation(
        "deaf-once-given-up",
        "MP105-07",
        "Once the response to SR11.3 did not come in time, those to SR11.2 restore nothing.",
        _deaf,
    ),
    violation(
        "closed-once-given-up",
        "MP105-07",
        "Once the response to SR11.3 did not come in time, SR11.2 is rejected.",
        _closed,
    ),
    violation(
        "listed-when-asked",
        "MP105-08",
        "Firmware restores that was listed as Active when SR11.2 was sent.",
        _listed_when_asked,
    ),
    violation(
        "late-activation-suspends",
        "MP105-10",
        "A response to SR11.3 that comes after SR11.2 has restored the Device suspends it again.",
        _late_activation(DeviceStatus.SUSPENDED),
    ),
    violation(
        "late-activation-commissions",
        "MP105-10",
        "A response to SR11.3 that comes after SR11.2 has restored the Device makes it Commissioned.",
        _late_activation(DeviceStatus.COMMISSIONED),
    ),
    violation(
        "one-read-at-a-time",
        "DUIS-04",
        "Of several SR11.2 under way to a Suspended Device the first alone is answered.",
        _one_read_at_a_time,
    ),
    violation(
        "reads-lost-after-restoration",
        "DUIS-04",
        "A response to SR11.2 is lost if another one has restored the Device meanwhile.",
        _not_after_restoration,
    ),
)
"""What is made of waiting."""
