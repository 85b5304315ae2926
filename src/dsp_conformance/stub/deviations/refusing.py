"""Deviations about refused requests: checks that were lost, and traces of what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CommandVariant, DeviceStatus, DeviceType
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.access_control import Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import (
    after_refusal,
    check,
    device_type_of,
    is_read_of_suspended,
    is_suspended,
    reads_also,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.mp105 import InventoryChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.stub.dsp import ReferenceDsp

__all__ = ["DEVIATIONS"]


def _lost(name: str) -> Change:
    """Let SR11.2 for a Suspended meter through another check, as if the exception were to all of them."""
    return check(name, lambda case, refusal: None if is_read_of_suspended(case) else refusal)


def _with_code(name: str, code: ResponseCode) -> Change:
    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        wrong = isinstance(refusal, Rejected) and case.entry.variant == "11.2"
        return Rejected(code, "wrong code") if wrong else refusal

    return check(name, amend)


def _unknown_display(case: Case, refusal: Refusal | None) -> Refusal | None:
    wrong = refusal is not None and device_type_of(case) is DeviceType.IHD
    return Rejected(ResponseCode.E19, "no such Device") if wrong else refusal


def _for_its_status(case: Case, refusal: Refusal) -> bool:
    return isinstance(refusal, Rejected) and refusal.code is case.policy.rejection_code and is_suspended(case)


def _carried_out(when: Callable[[Case, Refusal], bool]) -> Change:
    """Send the command to the Device all the same; what it answers is dropped."""

    def follow(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
        device = dsp.state.device(case.request.request_id.target)
        if device is not None and when(case, refusal):
            device.carry_out(dsp.services.order(case).command)

    return after_refusal(follow)


def _responded(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
    if _for_its_status(case, refusal):
        dsp.traffic.send(dsp.services.order(case))


def _recorded(change: Callable[[Case], InventoryChange]) -> Change:
    def follow(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
        if case.device is not None and _for_its_status(case, refusal):
            dsp.state.apply(case.device.device_id, change(case), reason="was refused")

    return after_refusal(follow)


def _code(*codes: ResponseCode) -> Callable[[Case, Refusal], bool]:
    return lambda _, refusal: isinstance(refusal, Rejected) and refusal.code in codes


def _is_activation_of_suspended(case: Case) -> bool:
    return case.entry.variant == "11.3" and is_suspended(case)


def _lost_for_activation(name: str, *, signed: bool = True) -> Change:
    """Let SR11.3 for a Suspended meter through another check, with any Command Variant or with 4 alone."""

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        lost = signed or case.request.command_variant is CommandVariant.PRE_COMMAND
        return None if lost and _is_activation_of_suspended(case) else refusal

    return check(name, amend)


def _role_as_status(case: Case, refusal: Refusal | None) -> Refusal | None:
    wrong = refusal is not None and _is_activation_of_suspended(case)
    return Rejected(case.policy.rejection_code, "wrong code") if wrong else refusal


def _entitled_if_suspended(case: Case, refusal: Refusal | None) -> Refusal | None:
    return None if is_suspended(case) else refusal


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "entitlement-not-checked",
        "SCOPE-05",
        "Anyone may send SR11.2 to a Suspended meter.",
        _lost("entitlement"),
    ),
    violation(
        "entitlement-lost-by-suspension",
        "SCOPE-05",
        "Nobody's entitlement to a Suspended meter is checked.",
        check("entitlement", _entitled_if_suspended),
    ),
    violation(
        "activation-by-anyone",
        "SCOPE-05",
        "Whatever supplier may send SR11.3 to a Suspended meter.",
        _lost_for_activation("entitlement"),
    ),
    violation(
        "activation-by-any-role",
        "SCOPE-05",
        "Users of any role may send SR11.3 to a Suspended meter.",
        _lost_for_activation("role"),
    ),
    violation(
        "pre-command-for-anyone",
        "SCOPE-05",
        "A Pre-Command of SR11.3 to a Suspended meter, and to no other, is made for whatever supplier.",
        _lost_for_activation("entitlement", signed=False),
    ),
    violation(
        "pre-command-for-any-role",
        "SCOPE-05",
        "A Pre-Command of SR11.3 to a Suspended meter, and to no other, is made for users of any role.",
        _lost_for_activation("role", signed=False),
    ),
    violation(
        "activation-role-as-e51",
        "SCOPE-05",
        "SR11.3 to a Suspended meter by a user of another role is rejected with E51.",
        check("role", _role_as_status),
    ),
    violation(
        "service-not-checked",
        "SCOPE-05",
        "SR11.2 for a Suspended meter is taken at any service.",
        _lost("service"),
    ),
    violation(
        "device-type-not-checked",
        "SCOPE-05",
        "SR11.2 is let through to an IHD.",
        reads_also(DeviceType.IHD),
    ),
    violation(
        "displays-called-unknown",
        "SCOPE-05",
        "SR11.2 to an IHD is answered as if the IHD did not exist.",
        check("device_type", _unknown_display),
    ),
    violation(
        "unknown-device-as-e51",
        "SCOPE-05",
        "SR11.2 to a Device that does not exist is rejected with E51.",
        _with_code("device", ResponseCode.E51),
    ),
    violation(
        "unknown-user-as-e5",
        "SCOPE-05",
        "SR11.2 by an unknown user is rejected with E5.",
        _with_code("originator", ResponseCode.E5),
    ),
    violation(
        "entitlement-as-e51",
        "SCOPE-05",
        "SR11.2 by a user without entitlement is rejected with E51.",
        _with_code("entitlement", ResponseCode.E51),
    ),
    violation(
        "command-variant-as-e4",
        "SCOPE-05",
        "SR11.2 with a wrong Command Variant is rejected with E4.",
        _with_code("command_variant", ResponseCode.E4),
    ),
    violation(
        "rejected-and-sent",
        "SCOPE-02",
        "A request rejected with E51 is sent to the Device all the same.",
        _carried_out(_for_its_status),
    ),
    violation(
        "rejected-and-sent-to-gas",
        "SCOPE-02",
        "A request rejected with E51 is sent to a GSME all the same.",
        _carried_out(
            lambda case, refusal: (
                _for_its_status(case, refusal)
                and case.device is not None
                and case.device.device_type is DeviceType.GSME
            )
        ),
    ),
    violation(
        "rejected-and-answered",
        "SCOPE-02",
        "A request rejected with E51 is sent to the Device, and its response delivered.",
        after_refusal(_responded),
    ),
    violation(
        "rejected-and-restored",
        "SCOPE-02",
        "A request rejected with E51 makes the Device Commissioned.",
        _recorded(lambda _: InventoryChange(None, DeviceStatus.COMMISSIONED)),
    ),
    violation(
        "rejected-and-recorded",
        "SCOPE-02",
        "A request rejected with E51 changes the recorded version.",
        _recorded(lambda _: InventoryChange("00000000")),
    ),
    violation(
        "wrong-type-and-sent",
        "SCOPE-03",
        "SR11.2 rejected for the type of the Device is sent to it.",
        _carried_out(_code(ResponseCode.E11)),
    ),
    violation(
        "not-entitled-and-sent",
        "SCOPE-05",
        "SR11.2 by a user without entitlement is rejected, and sent.",
        _carried_out(_code(ResponseCode.E4)),
    ),
    violation(
        "wrong-service-and-sent",
        "SCOPE-05",
        "SR11.2 at a wrong service is rejected, and sent.",
        _carried_out(_code(ResponseCode.E13)),
    ),
    violation(
        "left-service-and-sent",
        "SCOPE-04",
        "SR11.2 to a Decommissioned or Withdrawn meter is rejected, and sent.",
        _carried_out(
            lambda case, _: (
                case.entry.variant == "11.2"
                and case.device is not None
                and case.device.status in {DeviceStatus.DECOMMISSIONED, DeviceStatus.WITHDRAWN}
            )
        ),
    ),
)
"""What is refused, and what follows."""
