"""Deviations about what a Suspended Device may be sent: the exception list too wide, or too narrow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CommandVariant, DeviceStatus, DeviceType, Kind
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.stub.access_control import SIGNED, Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import (
    check,
    device_type_of,
    is_ordinary,
    is_read_of_suspended,
    is_suspended,
    never_sent,
    reads_also,
    row_of,
    status_keeps_back,
    status_lets_through,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import NON_CRITICAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.stub.inventory import DeviceRecord

__all__ = ["DEVIATIONS"]

_LOCAL: Final = CommandVariant.NON_CRITICAL_LOCAL
_BOTH: Final = CommandVariant.NON_CRITICAL_BOTH


def _reads_types(*types: DeviceType) -> Change:
    return row_of("11.2", lambda row: (replace(row, device_types=frozenset(types)),))


def _reads_not_with(variant: CommandVariant) -> Change:
    return row_of("11.2", lambda row: (replace(row, command_variants=row.command_variants - {variant}),))


def _reads_not_by(*roles: UserRole) -> Change:
    return status_keeps_back(
        lambda case: is_read_of_suspended(case) and case.user is not None and case.user.roles <= {*roles}
    )


def _is_local_read_by_others(case: Case) -> bool:
    return (
        is_read_of_suspended(case)
        and case.request.command_variant in {_LOCAL, _BOTH}
        and case.user is not None
        and not case.user.roles & {UserRole.IS, UserRole.ES, UserRole.GS}
    )


def _lets_in(*, variant: str = "", **only: object) -> Change:
    def when(case: Case) -> bool:
        asked = case.entry.variant
        wanted = asked == variant or (variant.endswith(".") and asked.startswith(variant)) or not variant
        facts = {
            "device_type": device_type_of(case),
            "command_variant": case.request.command_variant,
            "role": next(iter(case.user.roles)) if case.user else None,
        }
        return is_ordinary(case) and wanted and all(facts[name] == value for name, value in only.items())

    return status_lets_through(when)


def _rejects_with(code: ResponseCode) -> Change:
    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        return Rejected(code, "wrong code") if is_ordinary(case) and refusal is not None else refusal

    return check("device_status", amend)


def _critical(when: str) -> Change:
    def kept(case: Case) -> bool:
        if not is_suspended(case) or case.entry.kind is not Kind.CRITICAL or case.entry.variant == "11.3":
            return False
        variant = case.request.command_variant
        return {
            "signed": variant in SIGNED,
            "gas": device_type_of(case) is DeviceType.GSME and variant is CommandVariant.PRE_COMMAND,
            "6.15.1": case.entry.variant == "6.15.1",
            "all": True,
        }[when]

    return status_keeps_back(kept)


def _left_service(*statuses: DeviceStatus) -> Change:
    return status_lets_through(
        lambda case: (
            case.entry.variant == "11.2" and case.device is not None and case.device.status in statuses
        )
    )


def _acknowledged(let_through: Change, when: Callable[[DeviceRecord], bool]) -> Change:
    """Let SR11.2 through, and send it to nobody."""
    return lambda options: never_sent(when)(let_through(options))


_OTHER_TYPES: Final = (DeviceType.PPMID, DeviceType.HCALCS)
_LEFT: Final = (DeviceStatus.DECOMMISSIONED, DeviceStatus.WITHDRAWN)

_ONLY_SUSPENDED: Final = status_keeps_back(
    lambda case: case.entry.variant == "11.2" and case.device is not None and not case.device.is_suspended
)

DEVIATIONS: Final[tuple[Deviation, ...]] = (
    # too narrow
    violation(
        "read-esme-kept-back",
        "MP105-01",
        "SR11.2 is let through to a Suspended GSME only.",
        _reads_types(DeviceType.GSME),
    ),
    violation(
        "read-gsme-kept-back",
        "MP105-02",
        "SR11.2 is let through to a Suspended ESME only.",
        _reads_types(DeviceType.ESME),
    ),
    violation(
        "read-kept-back",
        "MP105-01 MP105-02",
        "SR11.2 never joined the exception list.",
        row_of("11.2", lambda _: ()),
    ),
    violation(
        "read-not-for-smets1",
        "MP105-01 MP105-02",
        "SR11.2 is let through to a Suspended SMETS2 meter only.",
        row_of("11.2", lambda row: (replace(row, smets_version="SMETS2"),)),
    ),
    violation(
        "read-not-for-suppliers",
        "MP105-03",
        "Import and gas suppliers may not send SR11.2 to a Suspended meter.",
        _reads_not_by(UserRole.IS, UserRole.GS),
    ),
    violation(
        "read-not-for-other-users",
        "MP105-03",
        "An other user may not send SR11.2 to a Suspended meter.",
        _reads_not_by(UserRole.OU),
    ),
    violation(
        "read-not-for-agents",
        "MP105-03",
        "A registered supplier agent may not send SR11.2 to a Suspended meter.",
        _reads_not_by(UserRole.RSA),
    ),
    violation(
        "read-for-suppliers-only",
        "MP105-03",
        "Suppliers alone may send SR11.2 to a Suspended meter.",
        _reads_not_by(UserRole.RSA, UserRole.ED, UserRole.GT, UserRole.OU),
    ),
    violation(
        "read-not-for-gas-transporters",
        "MP105-03",
        "A gas transporter may not send SR11.2 to a Suspended meter.",
        _reads_not_by(UserRole.GT),
    ),
    violation(
        "read-not-local",
        "MP105-03",
        "SR11.2 with Command Variant 2 is kept back from a Suspended meter.",
        _reads_not_with(_LOCAL),
    ),
    violation(
        "read-not-both-ways",
        "MP105-03",
        "SR11.2 with Command Variant 3 is kept back from a Suspended meter.",
        _reads_not_with(_BOTH),
    ),
    violation(
        "read-locally-for-suppliers-only",
        "MP105-03",
        "SR11.2 with Command Variant 2 or 3 is let through to a Suspended meter for suppliers alone.",
        status_keeps_back(_is_local_read_by_others),
    ),
    violation(
        "read-suspended-only",
        "SCOPE-04",
        "SR11.2 is let through to Suspended meters, and to no others.",
        _ONLY_SUSPENDED,
    ),
    violation(
        "credentials-kept-back", "BASE-04", "SR6.23 is off the exception list.", row_of("6.23", lambda _: ())
    ),
    violation(
        "credentials-kept-back-from-gas",
        "BASE-04",
        "SR6.23 is kept back from a Suspended GSME.",
        status_keeps_back(
            lambda case: (
                case.entry.variant == "6.23"
                and is_suspended(case)
                and device_type_of(case) is DeviceType.GSME
            )
        ),
    ),
    violation("top-up-kept-back", "BASE-05", "SR2.2 is off the exception list.", row_of("2.2", lambda _: ())),
    violation(
        "critical-kept-back",
        "BASE-02",
        "Critical requests are kept back from a Suspended Device.",
        _critical("all"),
    ),
    violation(
        "critical-kept-back-from-gas", "BASE-02", "A Suspended GSME gets no Pre-Command.", _critical("gas")
    ),
    violation(
        "critical-kept-back-when-signed",
        "BASE-02",
        "The Pre-Command is made for a Suspended Device, and not taken once it is signed.",
        _critical("signed"),
    ),
    violation(
        "critical-one-kept-back",
        "BASE-02",
        "SR6.15.1 is kept back from a Suspended Device, though critical.",
        _critical("6.15.1"),
    ),
    violation(
        "activation-kept-back",
        "BASE-02 BASE-06",
        "SR11.3 is kept back from a Suspended Device, though critical.",
        status_keeps_back(lambda case: case.entry.variant == "11.3" and is_suspended(case)),
    ),
    # too wide
    violation(
        "top-up-let-through",
        "SCOPE-01",
        "SR2.2 is let through to any Suspended meter over the WAN.",
        status_lets_through(lambda case: case.entry.variant == "2.2" and is_suspended(case)),
    ),
    violation(
        "top-up-in-any-way",
        "BASE-05",
        "SR2.2 is let through to a Suspended SMETS1 meter over the WAN too.",
        row_of("2.2", lambda row: (replace(row, command_variants=NON_CRITICAL),)),
    ),
    violation(
        "top-up-both-ways",
        "BASE-05",
        "SR2.2 is let through to a Suspended SMETS1 meter with CV3 too.",
        row_of("2.2", lambda row: (replace(row, command_variants=row.command_variants | {_BOTH}),)),
    ),
    violation(
        "top-up-for-smets2",
        "BASE-05",
        "SR2.2 for local delivery is let through to a Suspended SMETS2 meter.",
        row_of("2.2", lambda row: (replace(row, smets_version=None),)),
    ),
    violation(
        "all-let-through", "SCOPE-01", "Every request is let through to a Suspended meter.", _lets_in()
    ),
    violation(
        "all-let-through-to-gas",
        "SCOPE-01",
        "Every request is let through to a Suspended GSME.",
        _lets_in(device_type=DeviceType.GSME),
    ),
    violation(
        "one-more-let-through",
        "SCOPE-01",
        "SR4.8.2 is let through to a Suspended meter.",
        _lets_in(variant="4.8.2"),
    ),
    violation(
        "readings-let-through",
        "SCOPE-01",
        "All of SR4 is let through to a Suspended meter.",
        _lets_in(variant="4."),
    ),
    violation(
        "family-let-through",
        "SCOPE-01",
        "All of SR6.2 is let through to a Suspended meter.",
        _lets_in(variant="6.2."),
    ),
    violation(
        "distributors-let-through",
        "SCOPE-01",
        "A distributor's requests are let through.",
        _lets_in(role=UserRole.ED),
    ),
    violation(
        "let-through-to-installed",
        "SCOPE-01",
        "Every request is let through to a meter that was InstalledNotCommissioned before its suspension.",
        status_lets_through(
            lambda case: (
                is_ordinary(case)
                and case.device is not None
                and case.device.status_before_suspension is DeviceStatus.INSTALLED_NOT_COMMISSIONED
            )
        ),
    ),
    violation(
        "rejected-as-e5",
        "SCOPE-01",
        "Requests to a Suspended meter are rejected with E5 instead of E51.",
        _rejects_with(ResponseCode.E5),
    ),
    violation(
        "rejected-as-e4",
        "SCOPE-01",
        "Requests to a Suspended meter are rejected as if by a stranger.",
        _rejects_with(ResponseCode.E4),
    ),
    violation(
        "local-delivery-let-through",
        "SCOPE-01",
        "Any request for local delivery is let through to a Suspended meter.",
        _lets_in(command_variant=_LOCAL),
    ),
    violation(
        "read-ppmid-too",
        "SCOPE-03",
        "SR11.2 is let through to a Suspended PPMID.",
        reads_also(DeviceType.PPMID),
    ),
    violation(
        "read-hcalcs-too",
        "SCOPE-03",
        "SR11.2 is let through to a Suspended HCALCS.",
        reads_also(DeviceType.HCALCS),
    ),
    violation(
        "read-every-type",
        "SCOPE-03",
        "SR11.2 is let through to whatever type of Device is Suspended.",
        reads_also(DeviceType.PPMID, DeviceType.HCALCS),
    ),
    violation(
        "read-decommissioned-too",
        "SCOPE-04",
        "SR11.2 is let through to a Decommissioned meter.",
        _left_service(DeviceStatus.DECOMMISSIONED),
    ),
    violation(
        "read-withdrawn-too",
        "SCOPE-04",
        "SR11.2 is let through to a Withdrawn meter.",
        _left_service(DeviceStatus.WITHDRAWN),
    ),
    violation(
        "other-types-acknowledged",
        "SCOPE-03",
        "SR11.2 to a Suspended PPMID or HCALCS is acknowledged, and the command never sent.",
        _acknowledged(reads_also(*_OTHER_TYPES), lambda record: record.device_type in _OTHER_TYPES),
    ),
    violation(
        "left-service-acknowledged",
        "SCOPE-04",
        "SR11.2 to a Decommissioned or Withdrawn meter is acknowledged, and the command never sent.",
        _acknowledged(_left_service(*_LEFT), lambda record: record.status in _LEFT),
    ),
)
"""What may be sent, and what may not."""
