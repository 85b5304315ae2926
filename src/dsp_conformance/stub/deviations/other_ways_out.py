"""Deviations about other ways out of suspension: what must not end it, and does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CommandVariant, DeviceType, Kind, catalogue
from dsp_conformance.duis.request_bodies import ReadInventory, UpdateFirmware
from dsp_conformance.stub.access_control import SIGNED, Case, Refusal
from dsp_conformance.stub.deviations.changes import Act, acting, check, is_ordinary, is_suspended
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_A_WHILE_SECONDS: Final = 0.2


def _is(*variants: str) -> Callable[[Case], bool]:
    return lambda case: case.entry.variant in variants


def _is_signed(case: Case) -> bool:
    return case.request.command_variant in SIGNED and case.entry.variant != "11.3"


def _answers(*variants: str) -> Callable[[Order, DeviceRecord], bool]:
    return lambda order, _: order.command.variant in variants


def _answers_critical(order: Order, _: DeviceRecord) -> bool:
    variant = order.command.variant
    return variant != "11.3" and catalogue()[variant].kind is Kind.CRITICAL


def _devices_of(services: Services, case: Case) -> tuple[DeviceRecord, ...]:
    """The Suspended Devices that a request is about, also where its target is the DCC."""
    match case.entry.variant:
        case "11.1":
            device_ids = UpdateFirmware.from_xml(case.request.body).device_ids
        case "8.2":
            asked = ReadInventory.from_xml(case.request.body).device_id
            device_ids = () if asked is None else (asked,)
        case _:
            device_ids = (case.request.request_id.target,)
    records = map(services.state.inventory.get, device_ids)
    return tuple(record for record in records if record is not None and record.is_suspended)


def _restored(record: DeviceRecord) -> InventoryChange:
    return InventoryChange(None, record.status_before_suspension)


def _accepting(when: Callable[[Case], bool], follow: Callable[[Services, DeviceRecord], None]) -> Change:
    """Have something follow when a request is accepted, for each Suspended Device that it is about."""

    def make(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            result = inner(services, case)
            if isinstance(result, Acceptance) and when(case):
                for record in _devices_of(services, case):
                    follow(services, record)
            return result

        return act

    return acting(make)


def _restored_when_accepted(when: Callable[[Case], bool]) -> Change:
    return _accepting(
        when,
        lambda services, record: services.state.apply(
            record.device_id, _restored(record), reason="was sent something"
        ),
    )


def _answering(
    when: Callable[[Order, DeviceRecord], bool],
    follow: Callable[[DeviceTraffic, DeviceRecord], InventoryChange],
) -> Change:
    """Have something follow when a Suspended Device answers a request."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.traffic.change

        def after(
            traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord
        ) -> InventoryChange:
            if record.is_suspended and when(order, record):
                return follow(traffic, record)
            return inner(traffic, order, octets, record)

        traffic = replace(options.seams.traffic, change=after)
        return replace(options, seams=replace(options.seams, traffic=traffic))

    return change


def _restored_when_answered(when: Callable[[Order, DeviceRecord], bool]) -> Change:
    return _answering(when, lambda _, record: _restored(record))


def _restored_a_while_later(traffic: DeviceTraffic, record: DeviceRecord) -> InventoryChange:
    def restore() -> None:
        traffic.state.apply(record.device_id, _restored(record), reason="answered something")

    traffic.later(_A_WHILE_SECONDS, restore)
    return NO_CHANGE


def _opened(make: Callable[[set[Eui64]], Change]) -> Change:
    """Let ordinary requests through to Devices that are noted in a set; their status stays as it is."""

    def change(options: DspOptions) -> DspOptions:
        noted: set[Eui64] = set()

        def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
            known = is_suspended(case) and case.request.request_id.target in noted
            return None if known and is_ordinary(case) else refusal

        return check("device_status", amend)(make(noted)(options))

    return change


def _opened_when_accepted(when: Callable[[Case], bool]) -> Change:
    return _opened(lambda noted: _accepting(when, lambda _, record: noted.add(record.device_id)))


def _opened_when_answered(when: Callable[[Order, DeviceRecord], bool]) -> Change:
    def make(noted: set[Eui64]) -> Change:
        def note(_: DeviceTraffic, record: DeviceRecord) -> InventoryChange:
            noted.add(record.device_id)
            return NO_CHANGE

        return _answering(when, note)

    return _opened(make)


def _is_local_top_up(case: Case) -> bool:
    return case.entry.variant == "2.2" and case.request.command_variant is CommandVariant.NON_CRITICAL_LOCAL


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "pre-command-restores",
        "BASE-08",
        "A Suspended Device is restored when a Pre-Command is made for it.",
        _restored_when_accepted(lambda case: case.request.command_variant is CommandVariant.PRE_COMMAND),
    ),
    violation(
        "critical-opens",
        "BASE-08",
        "Once a signed Pre-Command is taken for a Suspended Device, every request is let through to it.",
        _opened_when_accepted(_is_signed),
    ),
    violation(
        "critical-answer-opens",
        "BASE-08",
        "Once a Suspended Device answered a critical request, every request is let through to it.",
        _opened_when_answered(_answers_critical),
    ),
    violation(
        "critical-answer-restores-later",
        "BASE-08",
        "A Suspended Device is restored a while after it answered a critical request.",
        _answering(_answers_critical, _restored_a_while_later),
    ),
    violation(
        "prices-restore-gas",
        "BASE-08",
        "A Suspended GSME that answers SR1.2.1 is restored.",
        _restored_when_answered(
            lambda order, record: order.command.variant == "1.2.1" and record.device_type is DeviceType.GSME
        ),
    ),
    violation(
        "payment-mode-restores",
        "BASE-08",
        "A Suspended Device is restored when SR1.6 is accepted for it.",
        _restored_when_accepted(lambda case: _is_signed(case) and case.entry.variant == "1.6"),
    ),
    violation(
        "clock-restores",
        "BASE-08",
        "A Suspended Device that answers SR6.11 is restored.",
        _restored_when_answered(_answers("6.11")),
    ),
    violation(
        "supply-restores",
        "BASE-08",
        "A Suspended Device whose supply was enabled, disabled or armed is restored.",
        _restored_when_answered(_answers("7.1", "7.2", "7.3")),
    ),
    violation(
        "joining-opens",
        "BASE-08",
        "Once a Suspended Device joined or left another, every request is let through to it.",
        _opened_when_answered(_answers("8.7.1", "8.8.1")),
    ),
    violation(
        "credentials-restore",
        "BASE-08",
        "A Suspended Device that answers SR6.15.1 is restored.",
        _restored_when_answered(_answers("6.15.1")),
    ),
    violation(
        "change-of-supplier-restores",
        "BASE-08",
        "A Suspended Device that answers SR6.23 is restored.",
        _restored_when_answered(_answers("6.23")),
    ),
    violation(
        "change-of-supplier-opens",
        "BASE-08",
        "Once SR6.23 is accepted for a Suspended Device, every request is let through to it.",
        _opened_when_accepted(_is("6.23")),
    ),
    violation(
        "update-restores",
        "BASE-08",
        "A Suspended Device is restored when it is sent new firmware with SR11.1.",
        _restored_when_accepted(_is("11.1")),
    ),
    violation(
        "update-opens",
        "BASE-08",
        "Once a Suspended Device was sent new firmware, every request is let through to it.",
        _opened_when_accepted(_is("11.1")),
    ),
    violation(
        "inventory-read-restores",
        "BASE-08",
        "A Suspended Device is restored when it was asked about with SR8.2.",
        _restored_when_accepted(_is("8.2")),
    ),
    violation(
        "top-up-restores",
        "BASE-08",
        "A Suspended SMETS1 Device is restored when SR2.2 is returned for local delivery.",
        _restored_when_accepted(_is_local_top_up),
    ),
    violation(
        "top-up-opens",
        "BASE-08",
        "Once SR2.2 was returned for a Suspended SMETS1 Device, every request is let through to it.",
        _opened_when_accepted(_is_local_top_up),
    ),
)
"""What must not end a suspension."""
