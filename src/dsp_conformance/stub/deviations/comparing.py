"""Deviations about how firmware versions are compared, and about which of a Device's two versions counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CplStatus, DeviceStatus
from dsp_conformance.stub.deviations.changes import suspending, suspends
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.deviations.listing import listed_by
from dsp_conformance.stub.mp105 import SUSPENDED_FROM
from dsp_conformance.stub.state import DspState

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.stub.cpl import CplEntry
    from dsp_conformance.stub.inventory import DeviceRecord

__all__ = ["DEVIATIONS"]

_DIGITS: Final = 8
_HALF: Final = 4


def _whole(version: str) -> str:
    return version.upper().zfill(_DIGITS)


def _first_half(one: str, other: str) -> bool:
    return _whole(one)[:_HALF] == _whole(other)[:_HALF]


def _second_half(one: str, other: str) -> bool:
    return _whole(one)[_HALF:] == _whole(other)[_HALF:]


def _all_but_last(one: str, other: str) -> bool:
    return _whole(one)[:-1] == _whole(other)[:-1]


def _all_but_first(one: str, other: str) -> bool:
    return _whole(one)[1:] == _whole(other)[1:]


def _same_bytes(one: str, other: str) -> bool:
    return sorted(bytes.fromhex(_whole(one))) == sorted(bytes.fromhex(_whole(other)))


def _filled_at_the_end(one: str, other: str) -> bool:
    return one.upper().ljust(_DIGITS, "0") == other.upper().ljust(_DIGITS, "0") or _whole(one) == _whole(
        other
    )


def _stripped_of_zeros(one: str, other: str) -> bool:
    return one.upper().strip("0") == other.upper().strip("0")


def _listed_if(same: Callable[[str, str], bool]) -> Change:
    """Take an Active entry of the model for the firmware that is reported if the versions agree that far."""
    return listed_by(
        lambda entry, product, asked: (
            entry.status is CplStatus.ACTIVE
            and entry.product == product
            and same(entry.firmware_version, asked)
        )
    )


def _suspended_if(same: Callable[[str, str], bool]) -> Change:
    """Suspend whatever Device of the model is recorded with a version that agrees that far."""
    return suspends(
        lambda entry, record, _: (
            record.status in SUSPENDED_FROM and same(entry.firmware_version, record.firmware_version)
        )
    )


def _runs(state: DspState, record: DeviceRecord, entry: CplEntry) -> bool:
    device = state.device(record.device_id)
    return device is not None and entry.covers(record.product, str(device.running))


def _suspended_by_running(*, recorded: bool) -> Change:
    """Suspend those Devices of the model that run the firmware: of all, or of those recorded with it."""

    def make(_: Callable[[DspState, CplEntry], None]) -> Callable[[DspState, CplEntry], None]:
        def suspend(state: DspState, entry: CplEntry) -> None:
            spared = [
                record
                for record in state.inventory.of_product(entry.product)
                if record.status in SUSPENDED_FROM and not _runs(state, record, entry)
            ]
            DspState.suspend_without(state, entry)
            for record in spared:
                state.inventory.set_status(record.device_id, record.status, reason="does not run it")
            if recorded:
                return
            for record in state.inventory.of_product(entry.product):
                if record.status in SUSPENDED_FROM and _runs(state, record, entry):
                    state.inventory.set_status(record.device_id, DeviceStatus.SUSPENDED, reason="runs it")

        return suspend

    return suspending(make)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "cpl-by-first-half",
        "MP105-08",
        "The CPL is looked up by the first four digits of the version.",
        _listed_if(_first_half),
    ),
    violation(
        "cpl-by-second-half",
        "MP105-08",
        "The CPL is looked up by the last four digits of the version.",
        _listed_if(_second_half),
    ),
    violation(
        "cpl-without-first-digit",
        "MP105-08",
        "The CPL is looked up without the first digit of the version.",
        _listed_if(_all_but_first),
    ),
    violation(
        "cpl-without-last-digit",
        "MP105-08",
        "The CPL is looked up without the last digit of the version.",
        _listed_if(_all_but_last),
    ),
    violation(
        "cpl-in-any-byte-order",
        "MP105-08",
        "The CPL is looked up by the bytes of the version, in whatever order they stand.",
        _listed_if(_same_bytes),
    ),
    violation(
        "cpl-with-zeros-at-the-end",
        "MP105-08",
        "Versions on the CPL without all eight digits are filled up with zeros at the end, too.",
        _listed_if(_filled_at_the_end),
    ),
    violation(
        "cpl-without-zeros",
        "MP105-08",
        "The CPL is looked up by the version without the zeros at either end.",
        _listed_if(_stripped_of_zeros),
    ),
    violation(
        "suspended-by-first-half",
        "BASE-01",
        "Devices recorded with the same first four digits are suspended too.",
        _suspended_if(_first_half),
    ),
    violation(
        "suspended-by-second-half",
        "BASE-01",
        "Devices recorded with the same last four digits are suspended too.",
        _suspended_if(_second_half),
    ),
    violation(
        "suspended-without-last-digit",
        "BASE-01",
        "Devices recorded with a version that differs in the last digit are suspended too.",
        _suspended_if(_all_but_last),
    ),
    violation(
        "suspended-by-running-version",
        "BASE-01",
        "The Devices that run the firmware are suspended, instead of those that are recorded with it.",
        _suspended_by_running(recorded=False),
    ),
    violation(
        "suspended-if-running-too",
        "BASE-01",
        "Devices recorded with the firmware are suspended if they run it too.",
        _suspended_by_running(recorded=True),
    ),
)
"""What counts as the same firmware."""
