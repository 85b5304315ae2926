"""Deviations about memory: what the DSP keeps of a Device's past and should not, or should and does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import CommandVariant, CplStatus, DeviceStatus
from dsp_conformance.stub.access_control import Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import (
    AfterRead,
    Deliver,
    Listing,
    after_read,
    after_refusal,
    amended_read,
    check,
    delivering,
    is_ordinary,
    is_read_of_suspended,
    status_keeps_back,
    suspending,
    suspends,
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
    from dsp_conformance.stub.cpl import CplEntry, ProductModel
    from dsp_conformance.stub.dsp import DspOptions, ReferenceDsp
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList
    from dsp_conformance.stub.state import DspState
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_A_WHILE_SECONDS: Final = 0.2  # so that a second request comes before the first is answered


def _was_suspended(record: DeviceRecord) -> bool:
    return any(change.status is DeviceStatus.SUSPENDED for change in record.history)


def _first_suspension_kept(record: DeviceRecord, change: InventoryChange) -> InventoryChange:
    """Know the status before the first suspension alone, and take Commissioned for that before any other."""
    suspensions = sum(each.status is DeviceStatus.SUSPENDED for each in record.history)
    return replace(change, status=DeviceStatus.COMMISSIONED) if suspensions > 1 else change


def _known_version_ignored(inner: AfterRead) -> AfterRead:
    """Record whatever version is reported, and do nothing where it is the one recorded."""

    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        if version is None or str(version) == record.firmware_version.upper():
            return NO_CHANGE
        change = inner(record, version, cpl)
        return replace(change, firmware_version=str(version)) if record.is_suspended else change

    return rule


def _cpl_kept(*, active: bool) -> Change:
    """Look firmware up once, if it is found Active, or if it is not."""

    def change(options: DspOptions) -> DspOptions:
        kept: set[tuple[ProductModel, str]] = set()

        def make(inner: AfterRead) -> AfterRead:
            def rule(
                record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList
            ) -> InventoryChange:
                def lists(product: ProductModel, asked: str) -> bool:
                    if (product, asked) not in kept:
                        if cpl.lists_as_active(product, asked) is not active:
                            return not active
                        kept.add((product, asked))
                    return active

                return inner(record, version, Listing(lists))

            return rule

        return after_read(make)(options)

    return change


def _read_once(options: DspOptions) -> DspOptions:
    """Let SR11.2 through until a Suspended Device has told its version, whatever came of that."""
    inner = options.seams.traffic.change
    told: set[Eui64] = set()

    def change(traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        read = order.command.variant == "11.2" and gbcs.read_firmware_response(gbcs.decode(octets)).version
        if read and record.is_suspended:
            told.add(record.device_id)
        return inner(traffic, order, octets, record)

    def is_told(case: Case) -> bool:
        return is_read_of_suspended(case) and case.device is not None and case.device.device_id in told

    traffic = replace(options.seams.traffic, change=change)
    return status_keeps_back(is_told)(replace(options, seams=replace(options.seams, traffic=traffic)))


def _opened_by_reading(options: DspOptions) -> DspOptions:
    """Let everything through to a Suspended Device once SR11.2 was."""
    opened: set[Eui64] = set()

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        if case.device is None:
            return refusal
        if is_read_of_suspended(case):
            opened.add(case.device.device_id)
        return None if is_ordinary(case) and case.device.device_id in opened else refusal

    return check("device_status", amend)(options)


def _rejected_once(options: DspOptions) -> DspOptions:
    """Reject what a Suspended Device must not be sent, and let it through at the second try."""
    rejected: set[tuple[Eui64, str]] = set()

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        if case.device is None or refusal is None or not is_ordinary(case):
            return refusal
        tried = (case.device.device_id, case.entry.variant)
        if tried in rejected:
            return None
        rejected.add(tried)
        return refusal

    return check("device_status", amend)(options)


def _sent_when_restored(options: DspOptions) -> DspOptions:
    """Keep what was rejected for a Device's status, and send it when the Device is restored."""
    waiting: dict[Eui64, list[Order]] = {}

    def keep(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
        over_the_wan = case.request.command_variant is CommandVariant.NON_CRITICAL_WAN
        if case.device is not None and isinstance(refusal, Rejected) and over_the_wan and is_ordinary(case):
            waiting.setdefault(case.device.device_id, []).append(dsp.services.order(case))

    def make(inner: Deliver) -> Deliver:
        def deliver(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            inner(traffic, order, code, content)
            record = traffic.state.inventory.get(order.request_id.target)
            if record is not None and not record.is_suspended:
                for kept in waiting.pop(record.device_id, ()):
                    traffic.send(kept)

        return deliver

    return delivering(make)(after_refusal(keep)(options))


def _status_before_kept_for_removals(options: DspOptions) -> DspOptions:
    """Keep the status before suspension where an entry was removed, and not where its status changed."""
    removed: set[Eui64] = set()

    def make(inner: Callable[[DspState, CplEntry], None]) -> Callable[[DspState, CplEntry], None]:
        def suspend(state: DspState, entry: CplEntry) -> None:
            before = {
                each.device_id for each in state.inventory.of_product(entry.product) if each.is_suspended
            }
            inner(state, entry)
            for record in state.inventory.of_product(entry.product):
                if record.is_suspended and record.device_id not in before:
                    keeps = entry.status is CplStatus.ACTIVE  # as a removed entry was
                    (removed.add if keeps else removed.discard)(record.device_id)

        return suspend

    amend = amended_read(lambda record, change: change if record.device_id in removed else NO_CHANGE)
    return amend(suspending(make)(options))


def _suspended_again(
    inner: Callable[[DspState, CplEntry], None],
) -> Callable[[DspState, CplEntry], None]:
    """Suspend whatever Device of the model was Suspended once, whenever an entry of the model leaves."""

    def suspend(state: DspState, entry: CplEntry) -> None:
        inner(state, entry)
        for record in state.inventory.of_product(entry.product):
            if not record.is_suspended and _was_suspended(record):
                state.inventory.set_status(record.device_id, DeviceStatus.SUSPENDED, reason="was before")

    return suspend


def _last_request_of_device(options: DspOptions) -> DspOptions:
    """Know one outstanding request of each Device, the last: the Device's answer to another is dropped."""
    send, receive = options.seams.traffic.send, options.seams.traffic.receive
    last: dict[Eui64, RequestID] = {}

    def sent(traffic: DeviceTraffic, order: Order) -> None:
        last[order.request_id.target] = order.request_id
        send(traffic, order)

    def received(traffic: DeviceTraffic, order: Order, octets: bytes) -> None:
        def settle() -> None:
            if last.get(order.request_id.target) == order.request_id:
                receive(traffic, order, octets)
            else:
                traffic.settle(order.request_id)

        traffic.later(_A_WHILE_SECONDS, settle)

    traffic = replace(options.seams.traffic, send=sent, receive=received)
    return replace(options, seams=replace(options.seams, traffic=traffic))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "first-suspension-kept",
        "MP105-06",
        "After its second suspension a Device that was InstalledNotCommissioned is Commissioned.",
        amended_read(_first_suspension_kept),
    ),
    violation(
        "status-before-kept-for-removals",
        "MP105-04 MP105-05",
        "Devices are restored if their entry was removed, and not if its status changed.",
        _status_before_kept_for_removals,
    ),
    violation(
        "known-version-ignored",
        "MP105-04 MP105-05",
        "Any version that a Suspended meter reports is recorded, and does nothing when it comes again.",
        after_read(_known_version_ignored),
    ),
    violation(
        "unlisted-for-ever",
        "MP105-04 MP105-05",
        "Firmware that the CPL once did not list as Active never restores, listed since or not.",
        _cpl_kept(active=False),
    ),
    violation(
        "listed-for-ever",
        "MP105-08",
        "Firmware that the CPL once listed as Active restores for ever.",
        _cpl_kept(active=True),
    ),
    violation(
        "read-once",
        "MP105-04 MP105-05",
        "A Suspended meter that told its firmware version is not asked again while it is Suspended.",
        _read_once,
    ),
    violation(
        "opened-by-reading",
        "SCOPE-01",
        "Every request is let through to a Suspended meter after SR11.2 was.",
        _opened_by_reading,
    ),
    violation(
        "rejected-once",
        "SCOPE-01",
        "A request to a Suspended meter is rejected once, and let through when it is sent again.",
        _rejected_once,
    ),
    violation(
        "rejected-and-sent-when-restored",
        "SCOPE-02",
        "A request rejected with E51 is sent to the Device when that is restored.",
        _sent_when_restored,
    ),
    violation(
        "suspended-once-only",
        "BASE-01",
        "A Device that was Suspended before is never suspended again.",
        suspends(lambda _, record, right: right and not _was_suspended(record)),
    ),
    violation(
        "suspended-again-by-other-firmware",
        "BASE-01",
        "A restored Device is suspended again when any firmware of its model leaves the CPL.",
        suspending(_suspended_again),
    ),
    violation(
        "last-request-of-device-answered",
        "DUIS-04",
        "Of requests to one Device at a time the last one is answered.",
        _last_request_of_device,
    ),
)
"""What is remembered, and what is not."""
