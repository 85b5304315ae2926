"""Deviations about which status comes back: the one held immediately before this suspension, or another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CplStatus, DeviceStatus
from dsp_conformance.stub.deviations.changes import amended_read, in_state
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.stub.cpl import CplEntry
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.state import DspState

__all__ = ["DEVIATIONS"]


def _first_status(record: DeviceRecord, change: InventoryChange) -> InventoryChange:
    return replace(change, status=record.history[0].status) if change.status else change


def _before_first_suspension(record: DeviceRecord, change: InventoryChange) -> InventoryChange:
    statuses = [each.status for each in record.history]
    before = statuses[statuses.index(DeviceStatus.SUSPENDED) - 1]
    return replace(change, status=before) if change.status else change


def _when_deleted(before: DeviceStatus) -> Change:
    """Have another status before suspension, once an entry is deleted that was no more in force."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.state.removed

        def removed(state: DspState, entry: CplEntry) -> None:
            def amended(record: DeviceRecord) -> DeviceRecord:
                concerned = record.is_suspended and entry.covers(record.product, record.firmware_version)
                return replace(record, status_before_suspension=before) if concerned else record

            inner(state, entry)
            if entry.status is not CplStatus.ACTIVE:
                state.inventory.amend(amended)

        return in_state(options, removed=removed)

    return change


def _stored(keep: Callable[[DeviceRecord], DeviceRecord]) -> Change:
    """Keep something else of a Device's record over a restart."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.state.stored
        return in_state(options, stored=lambda record: keep(inner(record)))

    return change


def _commissioned_before(record: DeviceRecord) -> DeviceRecord:
    before = DeviceStatus.COMMISSIONED if record.is_suspended else None
    return replace(record, status_before_suspension=before)


def _restored_from_memory(options: DspOptions) -> DspOptions:
    """Restore the Devices alone that were suspended since the DSP was started."""
    inner = options.seams.state.suspend
    seen: set[Eui64] = set()

    def suspend(state: DspState, entry: CplEntry) -> None:
        inner(state, entry)
        suspended = (each for each in state.inventory.of_product(entry.product) if each.is_suspended)
        seen.update(each.device_id for each in suspended)

    amend = amended_read(lambda record, change: change if record.device_id in seen else NO_CHANGE)
    return amend(in_state(options, suspend=suspend))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "first-status-returns",
        "MP105-06",
        "A restored Device returns to the first status that it ever had.",
        amended_read(_first_status),
    ),
    violation(
        "status-before-first-suspension-returns",
        "MP105-06",
        "A restored Device returns to the status that it held before its first suspension.",
        amended_read(_before_first_suspension),
    ),
    violation(
        "status-before-deleted-with-entry",
        "MP105-06",
        "The status before suspension is forgotten when the entry is deleted that was Withdrawn before.",
        _when_deleted(DeviceStatus.COMMISSIONED),
    ),
    violation(
        "suspended-again-when-deleted",
        "MP105-06",
        "A Device whose entry was Withdrawn is suspended again, from Suspended, when the entry is deleted.",
        _when_deleted(DeviceStatus.SUSPENDED),
    ),
    violation(
        "status-before-lost-at-restart",
        "MP105-06",
        "A Device that was Suspended when the DSP was restarted has no status to return to.",
        _stored(lambda record: replace(record, status_before_suspension=None)),
    ),
    violation(
        "commissioned-before-after-restart",
        "MP105-06",
        "After a restart every Suspended Device is taken to have been Commissioned before.",
        _stored(_commissioned_before),
    ),
    violation(
        "restored-from-memory",
        "MP105-06",
        "Devices that were Suspended when the DSP was started are not restored.",
        _restored_from_memory,
    ),
)
"""Which status comes back, and what a restart leaves of it."""
