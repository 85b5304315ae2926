"""Deviations about when a Device is restored, for how long, and which Device of several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import DeviceStatus
from dsp_conformance.stub.deviations.changes import NO_ANSWER, AfterRead, Deliver, after_read, delivering
from dsp_conformance.stub.deviations.deviation import Deviation, violation
from dsp_conformance.stub.deviations.suspension import shown
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import InventoryDevice, ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.deviations.deviation import Change
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList
    from dsp_conformance.stub.services import Services
    from dsp_conformance.stub.state import DspState
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_AT_ONCE: Final = 0.0
_SOON: Final = 0.1
_SUSPENDED_AGAIN: Final = InventoryChange(None, DeviceStatus.SUSPENDED)


def _restore(traffic: DeviceTraffic, order: Order, reason: str) -> None:
    """Restore the Device that an order of SR11.2 is for, if it is Suspended."""
    with traffic.state.lock:
        record = traffic.state.inventory.get(order.request_id.target)
        if order.command.variant == "11.2" and record is not None and record.is_suspended:
            change = InventoryChange(None, record.status_before_suspension)
            traffic.state.apply(record.device_id, change, reason=reason)


def _sending(sent: Callable[[DeviceTraffic, Order], None], *, first: bool) -> Change:
    """Have something done when a command is sent, before that or after it."""

    def change(options: DspOptions) -> DspOptions:
        send = options.seams.traffic.send

        def both(traffic: DeviceTraffic, order: Order) -> None:
            for each in (sent, send) if first else (send, sent):
                each(traffic, order)

        traffic = replace(options.seams.traffic, send=both)
        return replace(options, seams=replace(options.seams, traffic=traffic))

    return change


def _when_acknowledged(traffic: DeviceTraffic, order: Order) -> None:
    traffic.later(_AT_ONCE, lambda: _restore(traffic, order, "acknowledged"))


def _without_answer(inner: Deliver) -> Deliver:
    def deliver(
        traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
    ) -> None:
        if code in NO_ANSWER:
            _restore(traffic, order, "did not answer")
        inner(traffic, order, code, content)

    return deliver


def _for_a_moment(options: DspOptions) -> DspOptions:
    """Restore a Device, and suspend it again soon after."""
    inner = options.seams.traffic.change

    def change(traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        found = inner(traffic, order, octets, record)
        if record.is_suspended and found.status is not None:
            device_id = record.device_id
            traffic.later(
                _SOON, lambda: traffic.state.apply(device_id, _SUSPENDED_AGAIN, reason="looked up anew")
            )
        return found

    traffic = replace(options.seams.traffic, change=change)
    return replace(options, seams=replace(options.seams, traffic=traffic))


def _until_shown(services: Services, device: InventoryDevice) -> InventoryDevice:
    """Suspend a restored Device again when it has been shown."""
    record = services.state.inventory.get(device.device_id)
    if record is not None and any(change.status is DeviceStatus.SUSPENDED for change in record.history):
        services.state.apply(record.device_id, _SUSPENDED_AGAIN, reason="was shown")
    return device


def _suspended_by_error(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        if version is None and record.status is DeviceStatus.COMMISSIONED:
            return _SUSPENDED_AGAIN
        return inner(record, version, cpl)

    return rule


def _installed_no_more(record: DeviceRecord) -> InventoryChange:
    """Commission a Device that was restored to InstalledNotCommissioned."""
    was_suspended = any(change.status is DeviceStatus.SUSPENDED for change in record.history)
    installed = record.status is DeviceStatus.INSTALLED_NOT_COMMISSIONED
    return InventoryChange(None, DeviceStatus.COMMISSIONED) if was_suspended and installed else NO_CHANGE


def _second_read_commissions(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        again = _installed_no_more(record)
        return inner(record, version, cpl) if again == NO_CHANGE else again

    return rule


def _second_arrival_commissions(options: DspOptions) -> DspOptions:
    """Have a response of SR11.2 that arrives twice change the Device's status twice."""
    receive = options.seams.traffic.receive
    arrived: set[RequestID] = set()

    def received(traffic: DeviceTraffic, order: Order, octets: bytes) -> None:
        if order.request_id in arrived and order.command.variant == "11.2":
            with traffic.state.lock:
                record = traffic.state.inventory.get(order.request_id.target)
                if record is not None:
                    traffic.state.apply(record.device_id, _installed_no_more(record), reason="came again")
        arrived.add(order.request_id)
        receive(traffic, order, octets)

    traffic = replace(options.seams.traffic, receive=received)
    return replace(options, seams=replace(options.seams, traffic=traffic))


def _for_colleagues_too(options: DspOptions) -> DspOptions:
    """Record the version of a restored meter for those of its model, too, that are not Suspended."""
    apply = options.seams.state.apply

    def spread(state: DspState, device_id: Eui64, change: InventoryChange, reason: str) -> None:
        record = state.inventory.get(device_id)
        apply(state, device_id, change, reason)
        if record is None or change.status is None or not record.is_suspended:
            return
        for other in state.inventory.of_product(record.product):
            if other.device_id != device_id and not other.is_suspended:
                apply(state, other.device_id, InventoryChange(change.firmware_version), reason)

    return replace(options, seams=replace(options.seams, state=replace(options.seams.state, apply=spread)))


def _first_only(key: Callable[[DeviceRecord], Hashable]) -> Change:
    """Restore only the first of the Devices that have something in common."""

    def change(options: DspOptions) -> DspOptions:
        first: dict[Hashable, Hashable] = {}

        def make(inner: AfterRead) -> AfterRead:
            def rule(
                record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList
            ) -> InventoryChange:
                found = inner(record, version, cpl)
                if (
                    found.status is None
                    or first.setdefault(key(record), record.device_id) == record.device_id
                ):
                    return found
                return NO_CHANGE

            return rule

        return after_read(make)(options)

    return change


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "restored-by-asking",
        "MP105-08 MP105-09",
        "A Suspended meter is restored when SR11.2 is sent, whatever comes back.",
        _sending(lambda traffic, order: _restore(traffic, order, "was asked"), first=True),
    ),
    violation(
        "restored-by-acknowledgement",
        "MP105-08 MP105-09",
        "A Suspended meter is restored when SR11.2 has been acknowledged, whatever comes back.",
        _sending(_when_acknowledged, first=False),
    ),
    violation(
        "restored-without-answer",
        "MP105-09",
        "A Suspended meter that does not answer SR11.2 is restored.",
        delivering(_without_answer),
    ),
    violation(
        "restored-for-a-moment",
        "MP105-04 MP105-05",
        "A restored meter is suspended again a tenth of a second later.",
        _for_a_moment,
    ),
    violation(
        "restored-until-shown",
        "MP105-07",
        "A restored meter is suspended again once SR8.2 has shown it.",
        shown(_until_shown),
    ),
    violation(
        "first-restored-only",
        "MP105-04 MP105-05",
        "The first meter that reports new firmware is restored, and no other ever.",
        _first_only(lambda _: None),
    ),
    violation(
        "first-of-model-restored-only",
        "MP105-04 MP105-05",
        "Of each model the first meter that reports new firmware is restored, and no other.",
        _first_only(lambda record: record.product),
    ),
    violation(
        "device-error-suspends",
        "MP105-09",
        "A Commissioned meter that answers SR11.2 with an error is suspended.",
        after_read(_suspended_by_error),
    ),
    violation(
        "second-read-commissions",
        "MP105-10",
        "SR11.2 to a meter that was restored to InstalledNotCommissioned makes it Commissioned.",
        after_read(_second_read_commissions),
    ),
    violation(
        "second-arrival-commissions",
        "MP105-10",
        "A response that arrives twice makes a meter Commissioned that was InstalledNotCommissioned.",
        _second_arrival_commissions,
    ),
    violation(
        "colleagues-version-recorded",
        "SCOPE-06",
        "Restoring one meter records its version for the Commissioned ones of its model.",
        _for_colleagues_too,
    ),
)
"""When, for how long, and who."""
