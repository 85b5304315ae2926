"""Deviations about firmware updates: SR11.1, SR11.3 and what its outcome does to the inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import DeviceStatus, DeviceType
from dsp_conformance.duis.messages import UpdateFirmwareWarning
from dsp_conformance.duis.request_bodies import UpdateFirmware
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.deviations.changes import Act, Listing, acting, amended_activation
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.access_control import Case
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList
    from dsp_conformance.stub.state import DspState

__all__ = ["DEVIATIONS"]


def _for_suspended(
    answer: Callable[[tuple[Eui64, ...]], Acceptance], only: DeviceType | None = None
) -> Change:
    """Answer SR11.1 otherwise where it lists Suspended Devices."""

    def make(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            if case.entry.variant == "11.1":
                listed = map(
                    services.state.inventory.get, UpdateFirmware.from_xml(case.request.body).device_ids
                )
                concerned = tuple(
                    record.device_id
                    for record in listed
                    if record is not None and record.is_suspended and only in {None, record.device_type}
                )
                if concerned:
                    return answer(concerned)
            return inner(services, case)

        return act

    return acting(make)


def _whatever_listed(when: Callable[[bool], bool]) -> Change:
    """Have the outcome of SR11.3 restore without regard to the CPL, for some outcomes."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.rules.after_activation

        def rule(
            record: DeviceRecord, *, succeeded: bool, version: FirmwareVersion, cpl: FirmwareList
        ) -> InventoryChange:
            listing = Listing(lambda *_: True) if when(succeeded) else cpl
            return inner(record, succeeded=succeeded, version=version, cpl=listing)

        return replace(options, rules=replace(options.rules, after_activation=rule))

    return change


def _whole_model(options: DspOptions) -> DspOptions:
    """Have the outcome of SR11.3 restore every Suspended Device of the model."""
    apply = options.seams.state.apply

    def spread(state: DspState, device_id: Eui64, change: InventoryChange, reason: str) -> None:
        record = state.inventory.get(device_id)
        apply(state, device_id, change, reason)
        if record is None or change.status is None or not reason.startswith("SR11.3"):
            return
        for other in state.inventory.of_product(record.product):
            if other.is_suspended:
                theirs = InventoryChange(change.firmware_version, other.status_before_suspension)
                apply(state, other.device_id, theirs, reason)

    return replace(options, seams=replace(options.seams, state=replace(options.seams.state, apply=spread)))


def _commissioned(change: InventoryChange) -> InventoryChange:
    return replace(change, status=DeviceStatus.COMMISSIONED) if change.status else change


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "update-rejected-for-suspended",
        "BASE-03",
        "SR11.1 is rejected if it lists a Suspended Device.",
        _for_suspended(lambda _: Acceptance(ResponseCode.E110101)),
    ),
    violation(
        "update-not-distributed-to-suspended",
        "BASE-06",
        "SR11.1 is accepted if it lists a Suspended Device, and the image sent to nobody.",
        _for_suspended(lambda _: Acceptance(ResponseCode.I99)),
    ),
    violation(
        "update-warns-of-suspended",
        "BASE-03",
        "SR11.1 lists a Suspended Device as not commissioned.",
        _for_suspended(
            lambda ids: Acceptance(ResponseCode.W110101, UpdateFirmwareWarning(not_commissioned=ids))
        ),
    ),
    violation(
        "update-rejected-for-suspended-gas",
        "BASE-03",
        "SR11.1 is rejected if it lists a Suspended GSME.",
        _for_suspended(lambda _: Acceptance(ResponseCode.E51), DeviceType.GSME),
    ),
    violation(
        "activation-not-recorded",
        "BASE-06",
        "The success response of SR11.3 changes nothing.",
        amended_activation(lambda _, change, succeeded: NO_CHANGE if succeeded else change),
    ),
    violation(
        "activation-restores-nothing",
        "BASE-06",
        "SR11.3 records the version and leaves the status.",
        amended_activation(
            lambda _, change, succeeded: replace(change, status=None) if succeeded else change
        ),
    ),
    violation(
        "activation-records-no-version",
        "BASE-06",
        "SR11.3 restores the status and leaves the version.",
        amended_activation(
            lambda _, change, succeeded: replace(change, firmware_version=None) if succeeded else change
        ),
    ),
    violation(
        "activation-restores-unlisted",
        "BASE-06",
        "SR11.3 restores whatever firmware was activated.",
        _whatever_listed(lambda succeeded: succeeded),
    ),
    violation(
        "activation-restores-as-commissioned",
        "BASE-06",
        "After SR11.3 a Device is Commissioned, always.",
        amended_activation(lambda _, change, succeeded: _commissioned(change) if succeeded else change),
    ),
    violation(
        "activation-of-gas-not-recorded",
        "BASE-06",
        "The success response of a GSME changes nothing.",
        amended_activation(
            lambda record, change, succeeded: (
                NO_CHANGE if succeeded and record.device_type is DeviceType.GSME else change
            )
        ),
    ),
    violation(
        "activation-restores-whole-model",
        "SCOPE-06",
        "SR11.3 to one meter restores all Suspended ones of its model.",
        _whole_model,
    ),
    violation(
        "resent-activation-ignored",
        "MP105-11",
        "A response of SR11.3 that is no success changes nothing.",
        amended_activation(lambda _, change, succeeded: change if succeeded else NO_CHANGE),
    ),
    violation(
        "resent-activation-restores-status-only",
        "MP105-11",
        "A re-sent SR11.3 restores the status and leaves the version.",
        amended_activation(
            lambda _, change, succeeded: change if succeeded else replace(change, firmware_version=None)
        ),
    ),
    violation(
        "resent-activation-restores-as-commissioned",
        "MP105-11",
        "After a re-sent SR11.3 a Device is Commissioned, always.",
        amended_activation(lambda _, change, succeeded: change if succeeded else _commissioned(change)),
    ),
    violation(
        "failed-activation-restores",
        "MP105-11",
        "Any response of SR11.3 restores, failed or not.",
        _whatever_listed(lambda succeeded: not succeeded),
    ),
)
"""What updates lead to."""
