"""Lawful variations about Users: when it is looked at who asks, and what becomes of an entitlement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CommandVariant
from dsp_conformance.duis.request_bodies import ReadInventory
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.access_control import Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import Act, acting, check
from dsp_conformance.stub.deviations.deviation import Deviation, lawful
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["DEVIATIONS"]


def _supplier_changes(options: DspOptions) -> DspOptions:
    """Take the entitlement from whoever sent a Device new credentials."""
    gone: set[tuple[Eui64, Eui64]] = set()

    def make(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            request_id = case.request.request_id
            if case.entry.variant == "8.2":
                device_id = ReadInventory.from_xml(case.request.body).device_id
                if device_id is not None and (request_id.originator, device_id) in gone:
                    return Acceptance(ResponseCode.E4)
            result = inner(services, case)
            replaces = case.entry.variant in {"6.15.1", "6.23"}
            if replaces and case.request.command_variant is not CommandVariant.PRE_COMMAND:
                gone.add((request_id.originator, request_id.target))
            return result

        return act

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        request_id = case.request.request_id
        known = (request_id.originator, request_id.target) in gone
        return Rejected(ResponseCode.E4, "is its supplier no more") if known else refusal

    return acting(make)(check("entitlement", amend)(options))


def _users_checked_when_signed(options: DspOptions) -> DspOptions:
    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        return None if case.request.command_variant is CommandVariant.PRE_COMMAND else refusal

    return check("role", amend)(check("entitlement", amend)(options))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "supplier-changes-with-credentials",
        "A supplier that sent SR6.15.1 or SR6.23 to a Device is entitled to it no more.",
        _supplier_changes,
        concerns="BASE-04 BASE-08",
    ),
    lawful(
        "users-checked-when-signed",
        "Role and entitlement are looked at when a Pre-Command is signed, and not when it is made.",
        _users_checked_when_signed,
        concerns="SCOPE-05",
    ),
)
"""Who may ask, and when that is looked at."""
