"""What the answers to a Commissioned twin tell: whether a refusal of the Suspended Device is for its status.

What the product takes for no Device is not MP105's matter: the scenario is set aside (ledger, Verdicts).
"""

from collections.abc import Callable
from typing import Final

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus
from dsp_conformance.judging.expectations import described
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, NotTaken, RequirementNotMet
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.request_making import MadeRequest
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import service_request, usable
from dsp_conformance.user.critical_flow import UNREADABLE
from dsp_conformance.user.exchange import Exchange

DELIVERED_LOCALLY: Final = frozenset(
    {
        CommandVariant.NON_CRITICAL_LOCAL,
        CommandVariant.NON_CRITICAL_BOTH,
        CommandVariant.SIGNED_LOCAL,
        CommandVariant.SIGNED_BOTH,
    }
)
"""The Command Variants whose command is returned to the User (`domain.md`, Command Variants)."""

_NAMED_FOR_LOCAL_DELIVERY: Final = "2.2"
"""Of this request the source paper itself says that it may be sent with Command Variant 2 to a Suspended
SMETS1 Device, so that what the code table says of local delivery excuses no rejection (ledger BASE-05)."""


def is_not_for_local_delivery(exchange: Exchange) -> bool:
    """Tell whether a request for local delivery was rejected because it is not available for that.

    The code table ties local delivery to user role and Device status, so that for a Suspended Device this may
    be as lawful as the rejection code is (`domain.md`, E17).
    """
    asked = exchange.request.command_variant in DELIVERED_LOCALLY
    return asked and exchange.response is not None and exchange.response.response_code is ResponseCode.E17


def require_local_delivery(stage: Stage, exchange: Exchange) -> None:
    """Go on unless the product offers no local delivery of a request that it is to accept.

    Raises:
        NotTaken: it does not.
    """
    if is_not_for_local_delivery(exchange) and exchange.request.variant != _NAMED_FOR_LOCAL_DELIVERY:
        raise _not_taken(exchange, stage.device_of(exchange), "for a Suspended Device")


def require_twin_accepted(stage: Stage, exchange: Exchange) -> None:
    """Go on if the twin's request was accepted: only then a rejection of the other's can prove anything.

    Raises:
        NotTaken: the product does not take it for that type of Device, which nothing published demands, or
            does not offer it for local delivery.
        Inconclusive: it was rejected for another reason.
    """
    response = usable(exchange)
    if exchange.accepted:
        return
    twin = stage.device_of(exchange)
    status, what = stage.remembered(twin).status, twin.model.device_type
    uncertain = what in service_request(exchange.request.variant).uncertain_types
    if uncertain and response.response_code is ResponseCode.E11:
        raise _not_taken(exchange, twin)
    if is_not_for_local_delivery(exchange):
        raise _not_taken(exchange, twin)
    hint = "a request body of the vendor's own may suit the DSP better; see also the DSP's log"
    if status is DeviceStatus.SUSPENDED:
        hint = "MP105-01 judges by itself whether SR11.2 is accepted for a Suspended ESME"
    raise Inconclusive(
        Cause.PRECONDITION_UNMET,
        "the twin's request was not accepted, so a rejection would prove nothing",
        expected=f"SR{exchange.request.variant} accepted for the twin, a {status} {what}",
        found=response.response_code.value,
        hint=hint,
    )


def expect_as_for_a_twin(
    stage: Stage, made: MadeRequest, again: Callable[[StagedDevice], MadeRequest], expect: Callable[..., None]
) -> None:
    """Expect something of a request to a Suspended Device, if it holds for a Commissioned twin.

    Where the request was refused, or came to a Pre-Command that cannot be read, a twin is made and asked the
    same: an acceptance needs none, and what is wrong with one needs none either.

    Args:
        stage: the scenario's.
        made: the request as it was made to the Suspended Device.
        again: makes the same request to another Device.
        expect: raises `RequirementNotMet` where a request was not taken as it should be.

    Raises:
        RequirementNotMet: it holds for the twin alone.
        NotTaken: the twin's request is rejected too, for another reason than its status.
        Inconclusive: it does not hold for the twin either, for a reason that says nothing.
    """
    try:
        expect(made)
    except RequirementNotMet:
        if made.exchange.accepted and not made.flaw.startswith(UNREADABLE):
            raise  # it was taken: what came with the answer is wrong, whatever comes for a twin
        require_local_delivery(stage, made.exchange)
        twin = stage.commissioned_twin(stage.device_of(made.exchange))
        asked = again(twin)
        try:
            expect(asked)
        except RequirementNotMet as error:
            raise _unproven(stage, asked, twin, error) from error
        raise


def _unproven(stage: Stage, asked: MadeRequest, twin: StagedDevice, error: RequirementNotMet) -> Exception:
    """What it means that the Commissioned twin's request came to nothing either."""
    exchange = asked.exchange
    code = usable(exchange).response_code
    for_status = {ResponseCode.E5, ResponseCode.E51, stage.run.profile.rejection_code}
    if code.is_error and code not in for_status:
        return _not_taken(exchange, twin)
    return Inconclusive(
        Cause.PRECONDITION_UNMET,
        "the request to a Commissioned twin came to nothing either",
        expected=error.expected,
        found=error.found,
        hint="whatever is in the way, it is not that the Device is Suspended: see the DSP's log",
    )


def _not_taken(exchange: Exchange, device: StagedDevice, which: str = "") -> NotTaken:
    request, code = exchange.request, usable(exchange).response_code
    what = f"SR{request.variant} with Command Variant {request.command_variant.value}"
    whom = which or f"for a Commissioned {device.model.device_type}"
    return NotTaken(
        f"{what} {whom}",
        expected=f"it accepted {whom}",
        found=described(code),
        hint="what the product takes for no Device says nothing of Suspended ones; see that it is meant so",
    )
