"""Deviations about how a Suspended Device is asked: later, locally, in lower case, by whom, with whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import CommandVariant, DeviceStatus, Kind
from dsp_conformance.duis.messages import LocalCommand, ServiceRequest, UnexpectedShape, UpdateFirmwareWarning
from dsp_conformance.duis.request_bodies import UpdateFirmware
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.stub.access_control import Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import (
    Act,
    acting,
    after_refusal,
    check,
    dropping,
    finishing,
    is_later,
    is_ordinary,
    is_read_of_suspended,
    is_suspended,
    status_keeps_back,
    status_lets_through,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance import gbcs
    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.stub.dsp import Answer, DspOptions, ReferenceDsp
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_LOCAL: Final = CommandVariant.NON_CRITICAL_LOCAL
_BOTH: Final = CommandVariant.NON_CRITICAL_BOTH
_SUPPLIERS: Final = frozenset({UserRole.IS, UserRole.GS})


# Future-dated ---------------------------------------------------------------------------------------------


def _read_later_changes_nothing(options: DspOptions) -> DspOptions:
    inner = options.seams.traffic.change

    def change(traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        later = order.command.variant == "11.2" and order.due is not None
        return NO_CHANGE if later else inner(traffic, order, octets, record)

    return replace(
        options, seams=replace(options.seams, traffic=replace(options.seams.traffic, change=change))
    )


def _after_alert(amend: Callable[[DeviceRecord, InventoryChange], InventoryChange]) -> Change:
    """Amend what the alert of a future-dated activation does to a Device's record."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.traffic.change_later

        def later(
            traffic: DeviceTraffic, alert: gbcs.ActivationAlert, record: DeviceRecord
        ) -> InventoryChange:
            return amend(record, inner(traffic, alert, record))

        traffic = replace(options.seams.traffic, change_later=later)
        return replace(options, seams=replace(options.seams, traffic=traffic))

    return change


def _sent_when_due(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
    """Send a future-dated command though its request was rejected."""
    if isinstance(refusal, Rejected) and is_ordinary(case) and is_later(case):
        dsp.traffic.send(dsp.services.order(case))


def _dropped(order: Order, record: DeviceRecord) -> bool:
    return order.due is not None and record.is_suspended and order.command.variant != "11.2"


def _later_and_dropped(options: DspOptions) -> DspOptions:
    return dropping(_dropped)(_ORDINARY_LATER(options))


_ORDINARY_LATER: Final = status_lets_through(lambda case: is_ordinary(case) and is_later(case))


# Local delivery -------------------------------------------------------------------------------------------


def _lets_in(variant: str, command_variant: CommandVariant) -> Change:
    return status_lets_through(
        lambda case: (
            is_ordinary(case)
            and case.entry.variant == variant
            and case.request.command_variant is command_variant
        )
    )


def _signed_kept_back(*variants: CommandVariant, of: str = "") -> Change:
    return status_keeps_back(
        lambda case: (
            is_suspended(case)
            and case.request.command_variant in variants
            and case.entry.variant.startswith(of)
        )
    )


def _commandless(inner: Act) -> Act:
    """Accept Command Variants 3 and 7 for a Suspended Device, and return no command."""

    def act(services: Services, case: Case) -> Result:
        result = inner(services, case)
        if not isinstance(result, Acceptance) or result.order is None or not is_suspended(case):
            return result
        return replace(result, content=None) if isinstance(result.content, LocalCommand) else result

    return act


# Critical requests ----------------------------------------------------------------------------------------


def _critical_by_others(case: Case) -> bool:
    roles = frozenset() if case.user is None else case.user.roles
    return is_suspended(case) and case.entry.kind is Kind.CRITICAL and not roles & _SUPPLIERS


def _as_for_another_type(case: Case, refusal: Refusal | None) -> Refusal | None:
    if is_suspended(case) and case.entry.variant == "7.3":
        return Rejected(ResponseCode.E11, "not for a Suspended Device")
    return refusal


# SR11.1 ---------------------------------------------------------------------------------------------------


def _mixed(make: Callable[[Services, Case, Act, tuple[Eui64, ...], tuple[Eui64, ...]], Result]) -> Change:
    """Change what comes of SR11.1 for Suspended Devices and others together."""

    def act_of(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            if case.entry.variant != "11.1":
                return inner(services, case)
            listed = UpdateFirmware.from_xml(case.request.body).device_ids
            records = {each: services.state.inventory.get(each) for each in listed}
            suspended = tuple(each for each, record in records.items() if record and record.is_suspended)
            others = tuple(each for each in listed if each not in suspended)
            if not suspended or not others:
                return inner(services, case)
            return make(services, case, inner, suspended, others)

        return act

    return acting(act_of)


def _for_these(case: Case, device_ids: tuple[Eui64, ...]) -> Case:
    body = replace(UpdateFirmware.from_xml(case.request.body), device_ids=device_ids)
    return replace(case, request=replace(case.request, body=body.to_xml()))


def _rejected(
    _: Services, __: Case, ___: Act, suspended: tuple[Eui64, ...], others: tuple[Eui64, ...]
) -> Result:
    del suspended, others
    return Acceptance(ResponseCode.E110101)


def _without_suspended(
    services: Services, case: Case, inner: Act, suspended: tuple[Eui64, ...], others: tuple[Eui64, ...]
) -> Result:
    inner(services, _for_these(case, others))
    return Acceptance(ResponseCode.W110101, UpdateFirmwareWarning((), suspended, ()))


def _without_suspended_in_silence(
    services: Services, case: Case, inner: Act, suspended: tuple[Eui64, ...], others: tuple[Eui64, ...]
) -> Result:
    del suspended
    return inner(services, _for_these(case, others))


def _without_others_in_silence(
    services: Services, case: Case, inner: Act, suspended: tuple[Eui64, ...], others: tuple[Eui64, ...]
) -> Result:
    del others
    return inner(services, _for_these(case, suspended))


# EUIs in lower case ---------------------------------------------------------------------------------------


def _unknown_in_lower_case(dsp: ReferenceDsp, octets: bytes, answer: Answer) -> Answer:
    """Look Suspended Devices up by the spelling of their EUI."""
    if not answer.is_duis:
        return answer
    try:
        root = xml.parse(octets)
        request = ServiceRequest.from_xml(root)
    except (xml.MalformedXml, UnexpectedShape):
        return answer
    record = dsp.state.inventory.get(request.request_id.target)
    written = next((element.text or "" for element in root.iter("{*}RequestID")), "")
    if record is None or not record.is_suspended or written == written.upper():
        return answer
    unknown = dsp.traffic.answers.write(
        request.request_id, request.reference, request.variant, ResponseCode.E19
    )
    return replace(answer, octets=unknown, afterwards=None)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "read-later-kept-back",
        "MP105-01 MP105-02",
        "A future-dated SR11.2 is kept back from a Suspended meter.",
        status_keeps_back(lambda case: is_read_of_suspended(case) and is_later(case)),
    ),
    violation(
        "read-later-never-sent",
        "MP105-01 MP105-02",
        "A future-dated SR11.2 to a Suspended meter is acknowledged, and not sent when it is due.",
        dropping(
            lambda order, record: (
                order.command.variant == "11.2" and order.due is not None and record.is_suspended
            )
        ),
    ),
    violation(
        "read-later-restores-nothing",
        "MP105-04 MP105-05",
        "The response to a future-dated SR11.2 restores nothing.",
        _read_later_changes_nothing,
    ),
    violation(
        "read-in-lower-case-unknown",
        "MP105-01 MP105-02",
        "A Suspended Device is not found where its EUI is written in lower case.",
        finishing(_unknown_in_lower_case),
    ),
    violation(
        "later-let-through",
        "SCOPE-01",
        "Every future-dated request is let through to a Suspended meter.",
        _ORDINARY_LATER,
    ),
    violation(
        "later-sent-all-the-same",
        "SCOPE-01",
        "A future-dated request to a Suspended meter is rejected, and sent when it is due.",
        after_refusal(_sent_when_due),
    ),
    violation(
        "later-dropped",
        "SCOPE-01",
        "A future-dated request to a Suspended meter is acknowledged, and dropped in silence when it is due.",
        _later_and_dropped,
    ),
    violation(
        "one-let-through-both-ways",
        "SCOPE-01",
        "SR7.4 is let through to a Suspended meter with Command Variant 3.",
        _lets_in("7.4", _BOTH),
    ),
    violation(
        "one-let-through-locally",
        "SCOPE-01",
        "SR6.2.4 is let through to a Suspended meter with Command Variant 2.",
        _lets_in("6.2.4", _LOCAL),
    ),
    violation(
        "uncertain-let-through",
        "SCOPE-01",
        "SR6.21 is let through to a Suspended meter, and taken for others too.",
        _lets_in("6.21", CommandVariant.NON_CRITICAL_WAN),
    ),
    violation(
        "no-command-both-ways",
        "MP105-03",
        "SR11.2 with Command Variant 3 to a Suspended meter brings no command for local delivery.",
        acting(_commandless),
    ),
    violation(
        "signed-kept-back-locally",
        "BASE-02",
        "A signed Pre-Command with Command Variant 6 is kept back from a Suspended Device.",
        _signed_kept_back(CommandVariant.SIGNED_LOCAL),
    ),
    violation(
        "signed-kept-back-both-ways",
        "BASE-02",
        "A signed Pre-Command with Command Variant 7 is kept back from a Suspended Device.",
        _signed_kept_back(CommandVariant.SIGNED_BOTH),
    ),
    violation(
        "one-signed-kept-back-locally",
        "BASE-02",
        "The signed Pre-Commands of SR7 are kept back from a Suspended Device with Command Variants 6 and 7.",
        _signed_kept_back(CommandVariant.SIGNED_LOCAL, CommandVariant.SIGNED_BOTH, of="7."),
    ),
    violation(
        "critical-for-suppliers-only",
        "BASE-02",
        "Critical requests to a Suspended Device are taken from suppliers alone.",
        status_keeps_back(_critical_by_others),
    ),
    violation(
        "critical-as-for-another-type",
        "BASE-02",
        "SR7.3 is rejected for a Suspended Device as if it were of another type.",
        check("device_type", _as_for_another_type),
    ),
    violation(
        "mixed-list-rejected",
        "BASE-03",
        "SR11.1 is rejected where it lists Suspended Devices and others.",
        _mixed(_rejected),
    ),
    violation(
        "mixed-list-without-suspended",
        "BASE-03",
        "SR11.1 is taken for the others alone where it lists Suspended Devices and others.",
        _mixed(_without_suspended),
    ),
    violation(
        "mixed-list-suspended-forgotten",
        "BASE-03",
        "SR11.1 is accepted for Suspended Devices and others, and only the others get the image.",
        _mixed(_without_suspended_in_silence),
    ),
    violation(
        "mixed-list-others-forgotten",
        "BASE-03",
        "SR11.1 is accepted for Suspended Devices and others, and only the Suspended ones get the image.",
        _mixed(_without_others_in_silence),
    ),
    violation(
        "activation-later-kept-back",
        "BASE-06",
        "A future-dated SR11.3 is kept back from a Suspended Device.",
        status_keeps_back(
            lambda case: case.entry.variant == "11.3" and is_suspended(case) and is_later(case)
        ),
    ),
    violation(
        "activation-alert-ignored",
        "BASE-06",
        "The success alert of a future-dated SR11.3 changes nothing.",
        _after_alert(lambda record, change: NO_CHANGE if record.is_suspended else change),
    ),
    violation(
        "activation-alert-records-version-only",
        "BASE-06",
        "The success alert of a future-dated SR11.3 records the version, and restores nothing.",
        _after_alert(lambda _, change: replace(change, status=None)),
    ),
    violation(
        "activation-alert-commissions",
        "BASE-06",
        "The success alert of a future-dated SR11.3 makes every Suspended Device Commissioned.",
        _after_alert(
            lambda _, change: (
                change if change.status is None else replace(change, status=DeviceStatus.COMMISSIONED)
            )
        ),
    ),
)
"""How it is asked."""
