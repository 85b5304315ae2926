"""What to make of a message that arrived: whether it counts as a response, can be used, is the Device's."""

from collections.abc import Callable

from dsp_conformance import gbcs
from dsp_conformance.duis.messages import FutureDatedAlert, LocalCommand, ServiceRequest
from dsp_conformance.judging.expectations import unknown_value
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, SuiteFault
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.smki.certificates import public_key_of
from dsp_conformance.user.checks import SENT_BOTH_WAYS
from dsp_conformance.user.exchange import Delivery
from dsp_conformance.user.service_user import ServiceUser


def check_origin(
    message: gbcs.Message, device: StagedDevice, user: ServiceUser, observe: Callable[[str], None]
) -> None:
    """Check that a Device's message is its own and unchanged, by its MAC or else its signature.

    Args:
        message: the Device's message.
        device: who is said to have made it.
        user: who it is for.
        observe: told where there are no certificates to check it with.

    Raises:
        Inconclusive: it is not.
    """
    if isinstance(message, gbcs.MacWrapped):
        if message.message.recipient != user.eui:
            observe("the MAC of the Device's message was not checked: it is for the access control broker")
            return
        certificate, own = device.provided.gbcs_key_agreement_certificate, user.gbcs_key_agreement
        if certificate is None or own is None:
            observe("the MAC of the Device's message was not checked: no certificates for it")
            return
        key = public_key_of(certificate)
        authentic = gbcs.verify_mac(message, own.private_key, key)
    else:
        certificate = device.provided.gbcs_signing_certificate
        if certificate is None:
            observe("the signature of the Device's message was not checked: no certificate")
            return
        authentic = gbcs.verify_signature(message, public_key_of(certificate))
    if not authentic:
        raise Inconclusive(
            Cause.UNUSABLE_ANSWER,
            "the Device's message was changed on its way, or is not the Device's",
            expected=f"the MAC or signature of {device.device_id}",
            found="one that does not verify",
            hint="compare the GBCSPayload with what the Device sent",
        )


def counts(delivery: Delivery, request: ServiceRequest) -> bool:
    """Tell whether a delivery counts as a response to a request.

    One that was refused does not, nor does a future-dated alert, nor the command that a User has asked for
    beside the response.
    """
    response = delivery.response
    if response is None:
        return delivery.accepted and bool(delivery.unknown)
    if not delivery.accepted or isinstance(response.content, FutureDatedAlert):
        return False
    return not is_command_beside_response(delivery, request)


def is_command_beside_response(delivery: Delivery, request: ServiceRequest) -> bool:
    """Tell whether a delivery brings the command for local delivery, where a response comes as well."""
    content = None if delivery.response is None else delivery.response.content
    return request.command_variant in SENT_BOTH_WAYS and isinstance(content, LocalCommand)


def is_alert(delivery: Delivery) -> bool:
    """Tell whether a delivery is the alert by which a Device tells what came of a future-dated command."""
    return delivery.response is not None and isinstance(delivery.response.content, FutureDatedAlert)


def unusable(delivery: Delivery) -> Exception:
    """Return what to raise where the response that is judged had to be refused, and who is to blame."""
    if delivery.unread:
        return SuiteFault(
            "a message of the DSP was lost in the suite itself",
            found=delivery.unread,
            hint="report it to the suite's maintainers with the message in the evidence",
        )
    if delivery.unknown:
        return unknown_value(delivery.unknown)
    failed = next(check for check in delivery.checks if not check.passed)
    return Inconclusive(
        Cause.UNUSABLE_ANSWER,
        "the asynchronous response had to be refused",
        expected=failed.expected,
        found=failed.found,
        hint="look at the message in the evidence",
        requirement=failed.requirement,
    )
