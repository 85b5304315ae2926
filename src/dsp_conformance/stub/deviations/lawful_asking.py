"""Lawful variations of what comes of a request by how it is asked, and of what is taken for no Device."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import CommandVariant
from dsp_conformance.duis.messages import LocalCommand, PreCommand
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.stub.access_control import Case, Refusal, Rejected
from dsp_conformance.stub.deviations.changes import (
    METERS,
    Act,
    Send,
    acting,
    check,
    device_type_of,
    is_later,
    is_ordinary,
    is_suspended,
    sending,
    status_lets_through,
)
from dsp_conformance.stub.deviations.deviation import Deviation, lawful
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_EMPTY_SIGNATURE: Final = b"\x00"
_BOTH: Final = frozenset({CommandVariant.NON_CRITICAL_BOTH, CommandVariant.SIGNED_BOTH})
_LOCAL: Final = _BOTH | {CommandVariant.NON_CRITICAL_LOCAL, CommandVariant.SIGNED_LOCAL}
_A_MOMENT: Final = 0.05
_TAKEN_FOR_NONE: Final = frozenset({"6.26", "7.16", "7.3"})


def _null_signatures(inner: Act) -> Act:
    """Issue Pre-Commands that end with the length of an empty signature."""

    def act(services: Services, case: Case) -> Result:
        result = inner(services, case)
        if isinstance(result, Acceptance) and isinstance(result.content, PreCommand):
            octets = result.content.octets + _EMPTY_SIGNATURE
            return replace(result, content=replace(result.content, octets=octets))
        return result

    return act


def _rejected_when_due(options: DspOptions) -> DspOptions:
    """Acknowledge future-dated requests to a Suspended Device, and look at its status when they are due."""

    def make(send: Send) -> Send:
        def sent(traffic: DeviceTraffic, order: Order) -> None:
            if order.due is None or order.command.variant in {"6.23", "11.2"}:
                send(traffic, order)
                return

            def decide() -> None:
                record = traffic.state.inventory.get(order.request_id.target)
                if record is not None and record.is_suspended:
                    traffic.deliver(order, options.rejection_code, None)
                else:
                    send(traffic, replace(order, due=None))

            traffic.later(max(0.0, (order.due - datetime.now(UTC)).total_seconds()), decide)

        return sent

    return sending(make)(status_lets_through(lambda case: is_ordinary(case) and is_later(case))(options))


def _command_by_message(options: DspOptions) -> DspOptions:
    """Post the command of Command Variants 3 and 7 as a message of its own, after the command is sent."""
    waiting: dict[RequestID, LocalCommand] = {}

    def act_of(inner: Act) -> Act:
        def act(services: Services, case: Case) -> Result:
            result = inner(services, case)
            if case.request.command_variant not in _BOTH or not isinstance(result, Acceptance):
                return result
            if isinstance(result.content, LocalCommand):
                waiting[case.request.request_id] = result.content
            return replace(result, content=None)

        return act

    def make(send: Send) -> Send:
        def sent(traffic: DeviceTraffic, order: Order) -> None:
            command = waiting.pop(order.request_id, None)
            if command is not None:
                pause = _A_MOMENT * (order.request_id.counter % 2)  # now before the response, now after it
                traffic.later(pause, lambda: traffic.deliver(order, ResponseCode.I0, command))
            send(traffic, order)

        return sent

    return sending(make)(acting(act_of)(options))


def _accepted_by_i0(inner: Act) -> Act:
    """Accept Command Variants 3 and 7 with I0, which comes with the command."""

    def act(services: Services, case: Case) -> Result:
        result = inner(services, case)
        if case.request.command_variant in _BOTH and isinstance(result, Acceptance):
            return replace(result, code=ResponseCode.I0)
        return result

    return act


def _nothing_local_while_suspended(case: Case, refusal: Refusal | None) -> Refusal | None:
    top_up = case.entry.variant == "2.2" and refusal is None  # the source paper lets it through
    if is_suspended(case) and case.request.command_variant in _LOCAL and not top_up:
        return Rejected(ResponseCode.E17, "not available for local delivery")
    return refusal


def _not_for_uncertain_types(case: Case, refusal: Refusal | None) -> Refusal | None:
    if device_type_of(case) in case.entry.uncertain_types:
        return Rejected(ResponseCode.E11, "not for that type of Device")
    return refusal


def _taken_for_none(case: Case, refusal: Refusal | None) -> Refusal | None:
    if case.entry.variant in _TAKEN_FOR_NONE and device_type_of(case) in METERS:
        return Rejected(ResponseCode.E11, "not for any Device")
    return refusal


def _credentials_from_suppliers(case: Case, refusal: Refusal | None) -> Refusal | None:
    roles = frozenset() if case.user is None else case.user.roles
    if case.entry.variant == "6.15.1" and not roles & {UserRole.IS, UserRole.GS}:
        return Rejected(ResponseCode.E2, "not for that role")
    return refusal


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "pre-commands-with-empty-signature",
        "A Pre-Command ends with the length octet of an empty signature.",
        acting(_null_signatures),
        concerns="BASE-02 BASE-06 MP105-07 MP105-11",
    ),
    lawful(
        "later-rejected-when-due",
        "A future-dated request to a Suspended meter is acknowledged, and rejected when it is due.",
        _rejected_when_due,
        concerns="SCOPE-01 SCOPE-02",
    ),
    lawful(
        "local-command-by-message",
        "The command of Command Variants 3 and 7 comes as a message of its own.",
        _command_by_message,
        concerns="MP105-03 BASE-02 BASE-05 DUIS-04 SCOPE-01",
    ),
    lawful(
        "both-ways-accepted-by-i0",
        "Command Variants 3 and 7 are accepted with I0.",
        acting(_accepted_by_i0),
        concerns="MP105-03 BASE-02 BASE-05 DUIS-04 SCOPE-01",
    ),
    lawful(
        "nothing-local-while-suspended",
        "Nothing but a top-up is available for local delivery while a Device is Suspended.",
        check("device_status", _nothing_local_while_suspended),
        concerns="MP105-03 BASE-02 BASE-05 SCOPE-01",
    ),
    lawful(
        "uncertain-types-not-taken",
        "Requests are taken for no Device of a type that nothing published settles.",
        check("device_type", _not_for_uncertain_types),
        concerns="BASE-02 SCOPE-01",
    ),
    lawful(
        "some-critical-not-taken",
        "SR6.26, SR7.3 and SR7.16 are taken for no Device.",
        check("device_type", _taken_for_none),
        concerns="BASE-02",
    ),
    lawful(
        "credentials-from-suppliers",
        "SR6.15.1 is taken from suppliers alone, whatever the Device's status.",
        check("role", _credentials_from_suppliers),
        concerns="BASE-02",
    ),
)
"""What may come of it otherwise."""
