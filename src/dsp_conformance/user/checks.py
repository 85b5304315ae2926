"""The DUIS requirements that hold for every message, DUIS-01 to DUIS-04, as plain functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import (
    DccAlert,
    DeviceAlert,
    Inventory,
    PreCommand,
    Response,
    ResponseMessage,
    ServiceRequest,
)
from dsp_conformance.duis.schema import SchemaViolation
from dsp_conformance.duis.signature import SignatureDiagnosis, SignatureOutcome
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.user.payloads import PayloadFinding, payload_finding
from dsp_conformance.user.transport import MEDIA_TYPE, media_type

SENT_TO_THE_DEVICE: Final = frozenset(
    {
        CommandVariant.NON_CRITICAL_WAN,
        CommandVariant.NON_CRITICAL_BOTH,
        CommandVariant.SIGNED_WAN,
        CommandVariant.SIGNED_BOTH,
    }
)
"""Command Variants whose command goes over the WAN, so that a response comes later (``domain.md``)."""

SENT_BOTH_WAYS: Final = frozenset({CommandVariant.NON_CRITICAL_BOTH, CommandVariant.SIGNED_BOTH})
"""Those of them whose command is returned to the User too. Where it comes is laid down nowhere, in the
acknowledgement or as a message of its own at the receiver, and neither is the code of the acknowledgement."""

_SHOWN: Final = 3
_LONGEST: Final = 1000  # characters of what a message brought in, such as the name of an issuer


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One check of one message.

    Attributes:
        requirement: the ledger id, such as ``DUIS-02``.
        passed: whether the message meets it.
        expected: what the requirement asks for.
        found: what came.
        detail: what else a reader should know, such as a lawful oddity.
    """

    requirement: str
    passed: bool
    expected: str
    found: str
    detail: str = ""


def check_form(
    content_type: str,
    flaw: str | None,
    violations: Sequence[SchemaViolation],
    unjudged: Sequence[SchemaViolation] = (),
) -> CheckOutcome:
    """Check that a message is schema-valid ``application/xml`` (DUIS-01).

    Args:
        content_type: the HTTP header as it came.
        flaw: why the octets are no XML document, or None where they are.
        violations: what the schema objects to.
        unjudged: what it objects to besides, and does not count: a value that a later schema may list, or
            one that repeats what was bad in a request that was meant to be bad.
    """
    expected = f"schema-valid {MEDIA_TYPE}"
    if flaw is not None:
        return CheckOutcome("DUIS-01", passed=False, expected=expected, found=flaw)
    if media_type(content_type) != MEDIA_TYPE:
        return CheckOutcome(
            "DUIS-01", passed=False, expected=expected, found=f"Content-Type {content_type!r}"
        )
    if violations:
        shown = "; ".join(map(str, violations[:_SHOWN]))
        more = f"; and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else ""
        return CheckOutcome("DUIS-01", passed=False, expected=expected, found=f"{shown}{more}")
    detail = f"not judged: {'; '.join(map(str, unjudged[:_SHOWN]))}" if unjudged else ""
    return CheckOutcome("DUIS-01", passed=True, expected=expected, found=expected, detail=detail)


def must_be_signed(response: Response | None, *, asynchronous: bool) -> bool:
    """Tell whether the DSP has to sign this message (DUIS-02).

    Every asynchronous message, every Pre-Command and every inventory answer; an acknowledgement or
    rejection may go unsigned.
    """
    return asynchronous or (response is not None and isinstance(response.content, PreCommand | Inventory))


def check_signature(diagnosis: SignatureDiagnosis, *, required: bool) -> CheckOutcome:
    """Check a message's signature (DUIS-02); one that is there must verify even where none is asked for."""
    expected = (
        "a signature of the DSP's own in the fixed profile" if required else "no signature, or a valid one"
    )
    unsigned = diagnosis.outcome is SignatureOutcome.UNSIGNED
    oddities = [*diagnosis.notes]
    if diagnosis.outcome is SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL:
        oddities.append(str(diagnosis.outcome))
    return CheckOutcome(
        "DUIS-02",
        passed=diagnosis.accepted or (unsigned and not required),
        expected=expected,
        found=str(diagnosis)[:_LONGEST],
        detail="; ".join(oddities),
    )


def check_echo(request: ServiceRequest, response: Response, *, payload_judged: bool = True) -> CheckOutcome:
    """Check that a response belongs to its request (DUIS-03).

    It names it by RequestID, ResponseID, reference and variant, and carries the message of the Device asked.

    Args:
        request: the request.
        response: the response to it.
        payload_judged: whether the Device's message is looked at: that of a SMETS1 Device never is.
    """
    wanted = request.request_id
    flaws = []
    if response.request_id != wanted:
        flaws.append(f"RequestID {response.request_id or 'missing'} instead of {wanted}")
    if response.response_id is not None and not response.response_id.mirrors(wanted):
        flaws.append(f"ResponseID {response.response_id} instead of {wanted.response_id()}")
    match response.body:
        case ResponseMessage(reference=reference, variant=variant):
            if reference != request.reference:
                flaws.append(f"ServiceReference {reference} instead of {request.reference}")
            if variant != request.variant:
                flaws.append(f"ServiceReferenceVariant {variant} instead of {request.variant}")
        case DeviceAlert() | DccAlert():
            flaws.append("an alert instead of a response")
        case _:
            pass  # the form of SMETS1 responses is never judged
    payload = payload_finding(request, response) if payload_judged else PayloadFinding()
    flaws += payload.flaws
    return CheckOutcome(
        "DUIS-03",
        passed=not flaws,
        expected=f"RequestID {wanted}, ResponseID its mirror image where it stands, SR{request.variant}",
        found="; ".join(flaws) or "the same",
        detail=payload.note,
    )


def check_unasked(device_id: Eui64, response: Response) -> CheckOutcome:
    """Return the failed check of a message about a Device that names no request sent to it (DUIS-03)."""
    return CheckOutcome(
        "DUIS-03",
        passed=False,
        expected=f"the RequestID of a request that was sent to {device_id}",
        found=f"RequestID {response.request_id or 'missing'}, ResponseID {response.response_id or 'missing'}",
    )


def check_acceptance_code(request: ServiceRequest, response: Response) -> CheckOutcome | None:
    """Check that an accepted request to a Device is acknowledged by I99 (DUIS-04).

    Returns:
        None where the requirement says nothing: another Command Variant, one that also returns the command to
            the User, or a rejection.
    """
    code = response.response_code
    judged = request.command_variant in SENT_TO_THE_DEVICE - SENT_BOTH_WAYS
    if not judged or not code.is_success:
        return None
    return CheckOutcome(
        "DUIS-04", passed=code == "I99", expected="I99 for an accepted request to a Device", found=code.value
    )


def check_response_count(
    request: ServiceRequest, found: int, *, answered: bool, misdelivered: Sequence[str] = ()
) -> CheckOutcome:
    """Check that an accepted request brought one response, to the address of the User who asked (DUIS-04).

    Args:
        request: the accepted request.
        found: how many responses the receiver accepted; a retry after its own refusal is not one of them.
        answered: whether the Device is known to have answered; if not, no response is right as well.
        misdelivered: of each message that came to a wrong address, where it came and where it should have.
    """
    passed = (found == 1 if answered else found <= 1) and not misdelivered
    wanted = "exactly one response" if answered else "at most one response"
    return CheckOutcome(
        "DUIS-04",
        passed=passed,
        expected=f"{wanted} to {request.request_id} (SR{request.variant})",
        found="; ".join(["1 response" if found == 1 else f"{found} responses", *misdelivered]),
    )
