"""The critical flow in one call: CV4, check and sign the Pre-Command, CV5 to 7 with the same RequestID."""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import ServiceReferenceVariant, catalogue
from dsp_conformance.duis.messages import PreCommand
from dsp_conformance.duis.request_bodies import ActivateFirmware, SignedPreCommand
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.session import UserSession

UNREADABLE: Final = "the Pre-Command is no GBCS message that can be read"
"""How the flaw begins of a Pre-Command that may have a form which the suite does not know."""


@dataclass(frozen=True, slots=True)
class CriticalFlow:
    """What came of a critical request.

    Attributes:
        transform: CV4 and the Pre-Command.
        send: CV5, 6 or 7 with the signed Pre-Command, or None where it was not sent.
        flaw: why the Pre-Command was not signed; empty where it was.
    """

    transform: Exchange
    send: Exchange | None = None
    flaw: str = ""

    @property
    def last(self) -> Exchange:
        """The exchange that the flow ended with."""
        return self.send or self.transform

    @property
    def accepted(self) -> bool:
        """Whether both requests were accepted."""
        return self.send is not None and self.send.accepted


def send_critical(
    session: UserSession,
    variant: ServiceReferenceVariant,
    body: etree._Element,
    device_id: Eui64,
    command_variant: CommandVariant = CommandVariant.SIGNED_WAN,
) -> CriticalFlow:
    """Run a critical request up to the acknowledgement of the signed Pre-Command.

    Signing authorises the command, so a Pre-Command that asks for something else is not signed and the flow
    ends there (``domain.md``, Command Variants and services). An answer whose own signature does not verify
    is reported as DUIS-02 and does not end the flow, so that what comes after can still be judged.

    Args:
        session: the Service User's.
        variant: the request.
        body: the element inside the ``Body`` of CV4.
        device_id: the Device it is for.
        command_variant: with which the signed Pre-Command is sent: 5, 6 or 7.

    Raises:
        ValueError: the Service User has no key to sign Pre-Commands with.
        CounterUnusable: the Service User's counter cannot be kept.
    """
    credential = session.user.gbcs_signing
    if credential is None:
        raise ValueError(
            f"Service User {session.user.eui} has no GBCS signing key, which critical requests need"
        )
    transform = session.send(variant, CommandVariant.PRE_COMMAND, body, device_id)
    if not transform.accepted:
        return CriticalFlow(transform)
    assert transform.response is not None, "an accepted exchange has a response"
    if not isinstance(transform.response.content, PreCommand):
        return CriticalFlow(transform, flaw="the answer to Transform carries no PreCommand")
    octets = transform.response.content.octets
    flaw = pre_command_flaw(transform, octets)
    if flaw:
        return CriticalFlow(transform, flaw=flaw)
    signed = SignedPreCommand(gbcs.sign_pre_command(octets, credential.private_key)).to_xml()
    return CriticalFlow(transform, session.send_again_as(transform, variant, command_variant, signed))


def pre_command_flaw(transform: Exchange, octets: bytes) -> str:
    """Tell in which way a Pre-Command is not the one asked for; empty where it is.

    The header must name the Service User, the Device, the request's counter and, as far as message codes are
    known (``wire.md``), a use case of the request; for SR11.3 the content must ask for the image and the time
    of the request.
    """
    request = transform.request
    try:
        decoded = gbcs.decode(octets)
    except gbcs.GbcsDecodeError as error:
        return f"{UNREADABLE}: {error}"
    message = gbcs.grouped(decoded)
    wanted = (request.request_id.originator, request.request_id.target, request.request_id.counter)
    header = (message.originator, message.recipient, message.counter)
    if header != wanted:
        return f"the Pre-Command is from, to and numbered {_named(header)} instead of {_named(wanted)}"
    if message.kind is not gbcs.Kind.COMMAND or decoded is not message:  # the MAC comes after the signature
        return f"the Pre-Command is a {message.title}{' with a MAC' * (decoded is not message)}"
    if message.signature:
        return f"the Pre-Command is a {message.title} with a signature"
    code, use_cases = message.message_code, catalogue()[request.variant].use_cases
    if isinstance(code, gbcs.MessageCode) and code.name not in use_cases:
        return f"the Pre-Command is a {message.title} instead of {' or '.join(use_cases)}"
    return _activation_flaw(transform, message) if request.variant == "11.3" else ""


def _activation_flaw(transform: Exchange, message: gbcs.GroupedMessage) -> str:
    asked = ActivateFirmware.from_xml(transform.request.body)
    try:
        offered = gbcs.activate_firmware(message)
    except gbcs.GbcsDecodeError as error:
        return f"the Pre-Command asks for something else than SR11.3: {error}"
    wanted = (asked.firmware_hash.hex(), asked.execution_time, transform.request.request_id.counter)
    found = (offered.firmware_hash.hex(), offered.execution_time, offered.counter)
    if found != wanted:
        return f"the Pre-Command's hash, time and counter are {_named(found)} instead of {_named(wanted)}"
    return ""


def _named(parts: tuple[object, ...]) -> str:
    return ", ".join(map(str, parts))
