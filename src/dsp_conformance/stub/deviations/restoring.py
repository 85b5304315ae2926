"""Deviations about the way out of suspension: what the response to SR11.2 does to the inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CommandVariant, DeviceStatus, DeviceType
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.stub.access_control import Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import (
    AfterRead,
    after_read,
    amended_read,
    check,
    is_suspended,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.cpl import CplEntry, ProductModel
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList
    from dsp_conformance.stub.services import Result, Services
    from dsp_conformance.stub.state import DspState
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]


def _only(when: Callable[[DeviceRecord], bool]) -> Change:
    return amended_read(lambda record, change: change if when(record) else NO_CHANGE)


def _returns(status_of: Callable[[DeviceRecord], DeviceStatus | None]) -> Change:
    return amended_read(lambda record, change: replace(change, status=status_of(record)))


def _error_restores(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        if version is None and record.is_suspended:
            return InventoryChange(None, record.status_before_suspension)
        return inner(record, version, cpl)

    return rule


def _error_takes_out_of_service(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        if version is None:
            return InventoryChange(None, DeviceStatus.RECOVERY)
        return inner(record, version, cpl)

    return rule


def _one_chance(options: DspOptions) -> DspOptions:
    failed: set[Eui64] = set()

    def make(inner: AfterRead) -> AfterRead:
        def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
            if version is None:
                failed.add(record.device_id)
            return NO_CHANGE if record.device_id in failed else inner(record, version, cpl)

        return rule

    return after_read(make)(options)


def _same_version_restores(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        if version is not None and record.is_suspended and str(version) == record.firmware_version.upper():
            return InventoryChange(None, record.status_before_suspension)
        return inner(record, version, cpl)

    return rule


def _second_read_suspends(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        was_suspended = any(change.status is DeviceStatus.SUSPENDED for change in record.history)
        if was_suspended and not record.is_suspended:
            return InventoryChange(None, DeviceStatus.SUSPENDED)
        return inner(record, version, cpl)

    return rule


def _second_read_reinstates(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        was_suspended = any(change.status is DeviceStatus.SUSPENDED for change in record.history)
        if was_suspended and record.status is DeviceStatus.COMMISSIONED:
            return InventoryChange(None, DeviceStatus.INSTALLED_NOT_COMMISSIONED)
        return inner(record, version, cpl)

    return rule


def _before_kept_per_model(options: DspOptions) -> DspOptions:
    """Keep the status before suspension once for all Devices of a model: that of the last suspended."""
    suspend = options.seams.state.suspend
    kept: dict[ProductModel, DeviceStatus] = {}

    def remember(state: DspState, entry: CplEntry) -> None:
        for record in sorted(state.inventory.of_product(entry.product), key=lambda each: each.device_id):
            if not record.is_suspended:
                kept[record.product] = record.status
        suspend(state, entry)

    seams = replace(options.seams, state=replace(options.seams.state, suspend=remember))
    change = _returns(lambda record: kept.get(record.product, record.status_before_suspension))
    return change(replace(options, seams=seams))


def _restored_by(*roles: UserRole) -> Change:
    """Let the response restore only where a User of these roles asked."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.traffic.change

        def by_role(
            traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord
        ) -> InventoryChange:
            user = traffic.state.users.get(order.request_id.originator)
            if order.command.variant == "11.2" and (user is None or not user.roles & {*roles}):
                return NO_CHANGE
            return inner(traffic, order, octets, record)

        traffic = replace(options.seams.traffic, change=by_role)
        return replace(options, seams=replace(options.seams, traffic=traffic))

    return change


def _restored_over_the_wan_alone(options: DspOptions) -> DspOptions:
    """Take no notice of responses to SR11.2 whose command was returned for local delivery too."""
    act, inner = options.seams.act, options.seams.traffic.change
    both: set[RequestID] = set()

    def noted(services: Services, case: Case) -> Result:
        if case.request.command_variant is CommandVariant.NON_CRITICAL_BOTH:
            both.add(case.request.request_id)
        return act(services, case)

    def change(traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        return NO_CHANGE if order.request_id in both else inner(traffic, order, octets, record)

    traffic = replace(options.seams.traffic, change=change)
    return replace(options, seams=replace(options.seams, act=noted, traffic=traffic))


def _waits_for_activation(options: DspOptions) -> DspOptions:
    """Take no notice of SR11.2 while the response to SR11.3 is awaited, for ever if it was lost."""
    send, receive, inner = (
        options.seams.traffic.send,
        options.seams.traffic.receive,
        options.seams.traffic.change,
    )
    awaited: set[Eui64] = set()

    def sent(traffic: DeviceTraffic, order: Order) -> None:
        if order.command.variant == "11.3":
            awaited.add(order.request_id.target)
        send(traffic, order)

    def received(traffic: DeviceTraffic, order: Order, octets: bytes) -> None:
        if order.command.variant == "11.3":
            awaited.discard(order.request_id.target)
        receive(traffic, order, octets)

    def change(traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        return NO_CHANGE if record.device_id in awaited else inner(traffic, order, octets, record)

    traffic = replace(options.seams.traffic, send=sent, receive=received, change=change)
    return replace(options, seams=replace(options.seams, traffic=traffic))


def _waits_for_alert(options: DspOptions) -> DspOptions:
    """Take no notice of SR11.2 once SR11.3 was sent with a set time, however long its alert is due."""
    send, inner = options.seams.traffic.send, options.seams.traffic.change
    awaited: set[Eui64] = set()

    def sent(traffic: DeviceTraffic, order: Order) -> None:
        activation = order.command.activation
        if activation is not None and activation.execution_time is not None:
            awaited.add(order.request_id.target)
        send(traffic, order)

    def change(traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        read = order.command.variant == "11.2"
        return NO_CHANGE if read and record.device_id in awaited else inner(traffic, order, octets, record)

    traffic = replace(options.seams.traffic, send=sent, change=change)
    return replace(options, seams=replace(options.seams, traffic=traffic))


def _closed_for_ever(options: DspOptions) -> DspOptions:
    """Keep ordinary requests back from a Device that was once Suspended, also when it is no more."""
    once: set[Eui64] = set()

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        if case.device is None:
            return refusal
        if is_suspended(case):
            once.add(case.device.device_id)
        elif case.device.device_id in once and case.entry.variant == "4.1.1":
            return Rejected(case.policy.rejection_code, "was Suspended once")
        return refusal

    return check("device_status", amend)(options)


def _whole(same: Callable[[DeviceRecord, DeviceRecord], bool], *, version: bool, status: bool) -> Change:
    """Have a restoration touch other Devices too."""

    def change(options: DspOptions) -> DspOptions:
        apply = options.seams.state.apply

        def spread(state: DspState, device_id: Eui64, change: InventoryChange, reason: str) -> None:
            record = state.inventory.get(device_id)
            apply(state, device_id, change, reason)
            if record is None or change.status is None or not record.is_suspended:
                return
            for other in state.inventory.records():
                if other.device_id != device_id and other.is_suspended and same(record, other):
                    theirs = InventoryChange(
                        change.firmware_version if version else None,
                        other.status_before_suspension if status else None,
                    )
                    apply(state, other.device_id, theirs, reason)

        seams = replace(options.seams, state=replace(options.seams.state, apply=spread))
        return replace(options, seams=seams)

    return change


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "version-not-recorded",
        "MP105-04 MP105-05",
        "SR11.2 restores the status and leaves the recorded version as it was.",
        amended_read(lambda _, change: replace(change, firmware_version=None)),
    ),
    violation(
        "status-not-restored",
        "MP105-04 MP105-05",
        "SR11.2 records the version and leaves the Device Suspended.",
        amended_read(lambda _, change: replace(change, status=None)),
    ),
    violation(
        "esme-not-restored",
        "MP105-04",
        "SR11.2 restores a Suspended GSME only.",
        _only(lambda record: record.device_type is not DeviceType.ESME),
    ),
    violation(
        "gsme-not-restored",
        "MP105-05",
        "SR11.2 restores a Suspended ESME only.",
        _only(lambda record: record.device_type is not DeviceType.GSME),
    ),
    violation(
        "smets1-not-restored",
        "MP105-04 MP105-05",
        "SR11.2 restores a Suspended SMETS2 Device only.",
        _only(lambda record: record.smets_version != "SMETS1"),
    ),
    violation(
        "restored-as-commissioned",
        "MP105-06",
        "Whatever it was before, a restored Device is Commissioned.",
        _returns(lambda _: DeviceStatus.COMMISSIONED),
    ),
    violation(
        "restored-as-installed",
        "MP105-04 MP105-05",
        "Whatever it was before, a restored Device is InstalledNotCommissioned.",
        _returns(lambda _: DeviceStatus.INSTALLED_NOT_COMMISSIONED),
    ),
    violation(
        "restored-as-recovered",
        "MP105-04 MP105-05",
        "A restored Device is Recovered.",
        _returns(lambda _: DeviceStatus.RECOVERED),
    ),
    violation(
        "only-commissioned-restored",
        "MP105-06",
        "A Device that was InstalledNotCommissioned is not restored.",
        _only(lambda record: record.status_before_suspension is DeviceStatus.COMMISSIONED),
    ),
    violation(
        "before-kept-per-model",
        "MP105-06",
        "The status before suspension is kept once for all Devices of a model.",
        _before_kept_per_model,
    ),
    violation(
        "restored-for-suppliers-only",
        "MP105-03",
        "The response restores the Device if a supplier asked.",
        _restored_by(UserRole.IS, UserRole.GS),
    ),
    violation(
        "not-restored-for-distributors",
        "MP105-03",
        "The response restores nothing if a distributor or transporter asked.",
        _restored_by(UserRole.IS, UserRole.GS, UserRole.ES, UserRole.RSA, UserRole.OU),
    ),
    violation(
        "both-ways-not-restored",
        "MP105-03",
        "The response to SR11.2 with Command Variant 3 restores nothing.",
        _restored_over_the_wan_alone,
    ),
    violation(
        "activation-awaited-for-ever",
        "MP105-07",
        "SR11.2 restores nothing while the response to SR11.3 is awaited, even if it was lost.",
        _waits_for_activation,
    ),
    violation(
        "alert-awaited-for-ever",
        "MP105-07",
        "SR11.2 restores nothing once SR11.3 was sent with a set time, even if its alert was lost.",
        _waits_for_alert,
    ),
    violation(
        "closed-after-restoration",
        "MP105-07",
        "A Device that was Suspended once is never sent SR4.1.1 again.",
        _closed_for_ever,
    ),
    violation(
        "same-version-restores",
        "MP105-08",
        "The firmware that was removed restores, since it is known.",
        after_read(_same_version_restores),
    ),
    violation(
        "device-error-restores",
        "MP105-09",
        "A Device that answers SR11.2 with an error is restored.",
        after_read(_error_restores),
    ),
    violation(
        "device-error-changes-status",
        "MP105-09",
        "A Device that answers SR11.2 with an error goes to Recovery.",
        after_read(_error_takes_out_of_service),
    ),
    violation(
        "one-chance",
        "MP105-09",
        "A Device that once answered SR11.2 with an error is not restored any more.",
        _one_chance,
    ),
    violation(
        "second-read-suspends",
        "MP105-10",
        "SR11.2 to a meter that was restored suspends it again.",
        after_read(_second_read_suspends),
    ),
    violation(
        "second-read-changes-status",
        "MP105-10",
        "SR11.2 to a meter that was restored makes it InstalledNotCommissioned.",
        after_read(_second_read_reinstates),
    ),
    violation(
        "whole-model-restored",
        "SCOPE-06",
        "Restoring one meter restores all Suspended ones of its model.",
        _whole(lambda one, other: one.product == other.product, version=True, status=True),
    ),
    violation(
        "neighbours-version-recorded",
        "SCOPE-06",
        "Restoring one meter records its version for all Suspended ones of its model.",
        _whole(lambda one, other: one.product == other.product, version=True, status=False),
    ),
    violation(
        "strangers-version-recorded",
        "SCOPE-06",
        "Restoring one meter records its version for every Suspended Device of another type.",
        _whole(lambda one, other: one.device_type is not other.device_type, version=True, status=False),
    ),
)
"""What restores a Device, to what, and whom else."""
