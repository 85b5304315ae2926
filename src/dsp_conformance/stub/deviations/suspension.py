"""Deviations about what suspends a Device, and about what the inventory then shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.duis.messages import Inventory, InventoryDevice
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.deviations.changes import Act, acting, suspending, suspends
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import SUSPENDED_FROM
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.stub.access_control import Case
    from dsp_conformance.stub.cpl import CplEntry
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.state import DspState

__all__ = ["DEVIATIONS", "lagging", "shown"]


def _also(concerned: Callable[[CplEntry, DeviceRecord], bool]) -> Change:
    """Suspend Devices of other models too."""

    def make(inner: Callable[[DspState, CplEntry], None]) -> Callable[[DspState, CplEntry], None]:
        def suspend(state: DspState, entry: CplEntry) -> None:
            inner(state, entry)
            for record in state.inventory.records():
                if record.status in SUSPENDED_FROM and concerned(entry, record):
                    state.inventory.set_status(record.device_id, DeviceStatus.SUSPENDED, reason="much alike")

        return suspend

    return suspending(make)


def _unless(left_as: Callable[[CplStatus], bool]) -> Change:
    """Suspend nobody if the entry left the CPL in a certain way: Active is what a removed entry was."""

    def make(inner: Callable[[DspState, CplEntry], None]) -> Callable[[DspState, CplEntry], None]:
        return lambda state, entry: None if left_as(entry.status) else inner(state, entry)

    return suspending(make)


def _first_only(inner: Callable[[DspState, CplEntry], None]) -> Callable[[DspState, CplEntry], None]:
    def suspend(state: DspState, entry: CplEntry) -> None:
        concerned = [
            record
            for record in state.inventory.of_product(entry.product)
            if state.rules.suspends(entry, record)
        ]
        inner(state, entry)
        for record in sorted(concerned, key=lambda each: each.history[0].at)[1:]:
            state.inventory.set_status(record.device_id, record.status, reason="forgotten")

    return suspend


def shown(amend: Callable[[Services, InventoryDevice], InventoryDevice | None]) -> Change:
    """Amend what SR8.2 shows of a Device; where nothing is left the Device is unknown (E19)."""

    def make(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            result = inner(services, case)
            if not isinstance(result, Acceptance) or not isinstance(result.content, Inventory):
                return result
            devices = tuple(
                device for each in result.content.devices if (device := amend(services, each)) is not None
            )
            return replace(result, content=Inventory(devices)) if devices else Acceptance(ResponseCode.E19)

        return act

    return acting(make)


def _before(services: Services, device: InventoryDevice) -> InventoryDevice:
    record = services.state.inventory.get(device.device_id)
    if record is None or not record.is_suspended:
        return device
    return replace(device, status=record.status_before_suspension)


def _stale(options: DspOptions) -> DspOptions:
    """Show every Device as it was when it was first asked about."""
    first: dict[Eui64, InventoryDevice] = {}
    return shown(lambda _, device: first.setdefault(device.device_id, device))(options)


def _stale_version(options: DspOptions) -> DspOptions:
    """Show the firmware version of every Device as it was when it was first asked about."""
    first: dict[Eui64, InventoryDevice] = {}

    def amend(_: Services, device: InventoryDevice) -> InventoryDevice:
        version = first.setdefault(device.device_id, device).firmware_version
        return replace(device, firmware_version=version)

    return shown(amend)(options)


def _is_suspended(device: InventoryDevice) -> bool:
    return device.status is DeviceStatus.SUSPENDED


def lagging(
    seconds: float,
    *,
    when_restored: bool,
    where: Callable[[Services, InventoryDevice], bool] = lambda _, __: True,
) -> Change:
    """Show what became of a Device's status only so many seconds later, whenever `where` says so."""

    def amend(services: Services, device: InventoryDevice) -> InventoryDevice:
        if not where(services, device):
            return device
        record = services.state.inventory.get(device.device_id)
        if record is None or len(record.history) < 2 or (when_restored and record.is_suspended):  # noqa: PLR2004 - the last and one before
            return device
        before, last = record.history[-2:]
        fresh = datetime.now(UTC) - last.at < timedelta(seconds=seconds)
        return replace(device, status=before.status) if fresh else device

    return shown(amend)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "whole-model-suspended",
        "BASE-01",
        "All firmware of the model is suspended with one entry.",
        suspends(lambda _, record, __: record.status in SUSPENDED_FROM),
    ),
    violation(
        "other-models-suspended",
        "BASE-01",
        "Other models with the same version are suspended too.",
        _also(
            lambda entry, record: (
                record.firmware_version == entry.firmware_version
                and record.product.manufacturer == entry.product.manufacturer
                and record.device_type is entry.product.device_type
            )
        ),
    ),
    violation(
        "other-manufacturers-suspended",
        "BASE-01",
        "Devices of other manufacturers with the same model and version are suspended too.",
        _also(
            lambda entry, record: (
                record.firmware_version == entry.firmware_version
                and record.product.model == entry.product.model
                and record.device_type is entry.product.device_type
            )
        ),
    ),
    violation(
        "displays-suspended",
        "BASE-01",
        "IHDs with the same model and version are suspended too.",
        _also(
            lambda entry, record: (
                record.firmware_version == entry.firmware_version
                and record.product.model == entry.product.model
                and record.device_type is DeviceType.IHD
            )
        ),
    ),
    violation(
        "removal-suspends-nobody",
        "BASE-01",
        "An entry that is removed from the CPL suspends nobody.",
        _unless(lambda status: status is CplStatus.ACTIVE),
    ),
    violation(
        "expiry-suspends-nobody",
        "BASE-01",
        "An entry that becomes Expired suspends nobody.",
        _unless(lambda status: status is CplStatus.EXPIRED),
    ),
    violation(
        "withdrawal-suspends-nobody",
        "BASE-01",
        "An entry that becomes Withdrawn suspends nobody.",
        _unless(lambda status: status is CplStatus.WITHDRAWN),
    ),
    violation(
        "gas-never-suspended",
        "BASE-01",
        "A GSME is never suspended.",
        suspends(lambda _, record, right: right and record.device_type is not DeviceType.GSME),
    ),
    violation(
        "installed-never-suspended",
        "BASE-01",
        "A Device that is InstalledNotCommissioned is never suspended.",
        suspends(
            lambda _, record, right: right and record.status is not DeviceStatus.INSTALLED_NOT_COMMISSIONED
        ),
    ),
    violation(
        "first-suspended-only",
        "BASE-01",
        "Of several Devices recorded with the firmware only the first is suspended.",
        suspending(_first_only),
    ),
    violation(
        "inventory-hides-suspended",
        "BASE-07",
        "SR8.2 knows no Suspended Device.",
        shown(lambda _, device: None if _is_suspended(device) else device),
    ),
    violation(
        "inventory-shows-status-before",
        "BASE-07",
        "SR8.2 shows the status that was held before suspension.",
        shown(_before),
    ),
    violation(
        "inventory-leaves-status-out",
        "BASE-07",
        "SR8.2 leaves the status of a Suspended Device out.",
        shown(lambda _, device: replace(device, status=None) if _is_suspended(device) else device),
    ),
    violation(
        "inventory-hides-suspended-gas",
        "BASE-07",
        "SR8.2 knows no Suspended GSME.",
        shown(
            lambda _, device: (
                None if _is_suspended(device) and device.device_type is DeviceType.GSME else device
            )
        ),
    ),
    violation(
        "inventory-lags-too-long",
        "MP105-04 MP105-05 BASE-06",
        "SR8.2 shows a restored Device as Suspended for half a minute.",
        lagging(30.0, when_restored=True),
    ),
    violation(
        "inventory-of-stale-copy",
        "MP105-04 MP105-05 MP105-06",
        "SR8.2 shows every Device as it was when it was first asked about.",
        _stale,
    ),
    violation(
        "inventory-of-stale-version",
        "MP105-04 MP105-05 BASE-06",
        "SR8.2 shows the firmware version as it was when it was first asked about.",
        _stale_version,
    ),
)
"""Who is suspended, and what SR8.2 shows."""
