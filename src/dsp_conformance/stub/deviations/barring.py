"""Deviations about who is barred from ordinary requests: not again, not for itself, or still."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import DeviceStatus, Kind
from dsp_conformance.duis.request_bodies import UpdateFirmware
from dsp_conformance.stub.deviations.changes import (
    Act,
    acting,
    check,
    is_ordinary,
    status_keeps_back,
    status_lets_through,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.stub.access_control import Case, Refusal
    from dsp_conformance.stub.cpl import ProductModel
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import InventoryChange
    from dsp_conformance.stub.services import Result, Services
    from dsp_conformance.stub.state import DspState

__all__ = ["DEVIATIONS"]


def _suspended_before(case: Case) -> bool:
    history = () if case.device is None else case.device.history
    return is_ordinary(case) and sum(change.status is DeviceStatus.SUSPENDED for change in history) > 1


def _decision_kept(options: DspOptions) -> DspOptions:
    """Ask once for each Device whether its status allows ordinary requests, and go by that if it did."""
    allowed: set[Eui64] = set()

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        target = case.request.request_id.target
        if case.entry.kind is Kind.NON_CRITICAL and case.entry.variant != "11.2" and refusal is None:
            allowed.add(target)
        return None if is_ordinary(case) and target in allowed else refusal

    return check("device_status", amend)(options)


def _on_restoration(note: Callable[[DeviceRecord, str], None]) -> Change:
    """Take note of every Suspended Device that a meter's answer restores, and of the request answered."""

    def change(options: DspOptions) -> DspOptions:
        apply = options.seams.state.apply

        def noted(state: DspState, device_id: Eui64, change: InventoryChange, reason: str) -> None:
            record = state.inventory.get(device_id)
            if record is not None and record.is_suspended and change.status is not None:
                note(record, reason)
            apply(state, device_id, change, reason)

        seams = replace(options.seams, state=replace(options.seams.state, apply=noted))
        return replace(options, seams=seams)

    return change


def _model_opened_by(variant: str) -> Change:
    """Let ordinary requests through to all Devices of a model of which one was restored by that request."""

    def change(options: DspOptions) -> DspOptions:
        opened: set[ProductModel] = set()

        def note(record: DeviceRecord, reason: str) -> None:
            if reason.startswith(f"SR{variant}"):
                opened.add(record.product)

        def is_opened(case: Case) -> bool:
            return is_ordinary(case) and case.device is not None and case.device.product in opened

        return status_lets_through(is_opened)(_on_restoration(note)(options))

    return change


def _opened_by_updates_alone(options: DspOptions) -> DspOptions:
    """Keep ordinary requests back from a restored Device that was never sent firmware."""
    restored: set[Eui64] = set()
    updated: set[Eui64] = set()

    def make(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            if case.entry.variant == "11.1":
                updated.update(UpdateFirmware.from_xml(case.request.body).device_ids)
            return inner(services, case)

        return act

    def is_kept_back(case: Case) -> bool:
        target = case.request.request_id.target
        ordinary = case.entry.kind is Kind.NON_CRITICAL and case.entry.variant != "11.2"
        return ordinary and target in restored - updated

    noting = _on_restoration(lambda record, _: restored.add(record.device_id))
    return status_keeps_back(is_kept_back)(acting(make)(noting(options)))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "second-suspension-not-barred",
        "SCOPE-01",
        "Every request is let through to a meter that was Suspended before.",
        status_lets_through(_suspended_before),
    ),
    violation(
        "decision-kept",
        "SCOPE-01",
        "A meter that was let through an ordinary request once is barred from none any more.",
        _decision_kept,
    ),
    violation(
        "model-opened-by-update",
        "SCOPE-01",
        "Once SR11.3 restored a meter, every request is let through to all of its model.",
        _model_opened_by("11.3"),
    ),
    violation(
        "model-opened-by-reading",
        "SCOPE-06",
        "Once SR11.2 restored a meter, every request is let through to all of its model.",
        _model_opened_by("11.2"),
    ),
    violation(
        "opened-by-updates-alone",
        "MP105-04 MP105-05",
        "A meter that SR11.2 restored stays barred if it was never sent firmware.",
        _opened_by_updates_alone,
    ),
)
"""Who is barred, and for how long."""
