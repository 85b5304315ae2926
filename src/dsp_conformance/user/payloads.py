"""Whom a Device's message speaks of: who made it, for whom, in answer to which kind of request (DUIS-03)."""

from dataclasses import dataclass

from dsp_conformance import gbcs
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import FutureDatedAlert, GbcsPayload, Response, ServiceRequest


@dataclass(frozen=True, slots=True)
class PayloadFinding:
    """What looking at a Device's message brought.

    Attributes:
        flaws: what is wrong with it, as far as it says whom it speaks of.
        note: why it was not looked at; empty where it was, or where there is none.
    """

    flaws: tuple[str, ...] = ()
    note: str = ""


def payload_finding(request: ServiceRequest, response: Response) -> PayloadFinding:
    """Look whether the message that a response carries is one of the Device asked, to who asked, about that.

    What cannot be decoded is not judged here, nor is its MAC or signature.
    """
    content = response.content
    if not isinstance(content, GbcsPayload | FutureDatedAlert):
        return PayloadFinding()
    try:
        message = gbcs.grouped(gbcs.decode(content.octets))
    except gbcs.GbcsDecodeError as error:
        return PayloadFinding(note=f"the Device's message is not judged: {error}")
    flaws = (*address_flaws(message, request.request_id), *_code_flaws(message, request.variant))
    return PayloadFinding(flaws)


def address_flaws(message: gbcs.GroupedMessage, request_id: RequestID) -> tuple[str, ...]:
    """Tell in which way a message does not come from the Device asked and go to the User who asked.

    Where the access control broker is in between, it is the recipient, and the supplementary party is the
    User (``wire.md``, Correlation).
    """
    flaws = []
    if message.originator != request_id.target:
        flaws.append(f"a message of {message.originator} instead of {request_id.target}")
    users = {message.recipient, *([] if message.supplementary is None else [message.supplementary.party])}
    if request_id.originator not in users:
        named = " and ".join(sorted(map(str, users)))
        flaws.append(f"a message for {named} instead of {request_id.originator}")
    return tuple(flaws)


def _code_flaws(message: gbcs.GroupedMessage, variant: str) -> tuple[str, ...]:
    """Tell whether a message is in a use case of another request, where the use cases are published.

    What a Device says later of a future-dated command is an alert, which has a code of its own: of SR11.3 it
    is known (``wire.md``), of other requests it is not.
    """
    codes = gbcs.codes_of(variant)
    if message.kind is gbcs.Kind.ALERT:
        codes = frozenset({gbcs.MessageCode.ACTIVATION_ALERT}) if variant == "11.3" else frozenset()
    if not codes or message.message_code in codes:
        return ()
    wanted = " or ".join(f"{code:04X}" for code in sorted(codes))
    return (f"a message with message code {int(message.message_code):04X} instead of {wanted} (SR{variant})",)
