"""Deviations about requests that no DSP may take: malformed, unsigned, wrongly signed, replayed."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import ServiceRequest, UnexpectedShape
from dsp_conformance.duis.signature import KnownSigners, SignatureOutcome, verify
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.stub.access_control import Case, Refusal, Refused, schema_check
from dsp_conformance.stub.deviations.changes import check, finishing
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation
from dsp_conformance.stub.emulated_device import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.stub.dsp import Answer, DspOptions, ReferenceDsp
    from dsp_conformance.stub.users import RegisteredUser

__all__ = ["DEVIATIONS"]


def _believed(*outcomes: SignatureOutcome) -> Change:
    """Take signatures that were found wanting in these ways."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.signature_check

        def judge(
            root: etree._Element, request: ServiceRequest, user: RegisteredUser | None
        ) -> Refused | None:
            signers = KnownSigners(()) if user is None else user.signers
            if verify(root, signers).outcome in outcomes:
                return None
            return inner(root, request, user)

        return replace(options, seams=replace(options.seams, signature_check=judge))

    return change


def _believed_at(*variants: CommandVariant) -> Change:
    """Take requests of these Command Variants whatever their signature, as one service of several may."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.signature_check

        def judge(
            root: etree._Element, request: ServiceRequest, user: RegisteredUser | None
        ) -> Refused | None:
            return None if request.command_variant in variants else inner(root, request, user)

        return replace(options, seams=replace(options.seams, signature_check=judge))

    return change


def _parsed_leniently(options: DspOptions) -> DspOptions:
    """Read documents with their document type, and resolve the entities that it declares."""
    inner = options.seams.parse

    def parse(octets: bytes, *, limit: int) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=True, no_network=True)
        try:
            return etree.fromstring(octets, parser)
        except etree.XMLSyntaxError:
            return inner(octets, limit=limit)

    return replace(options, seams=replace(options.seams, parse=parse))


def _schema(judge: Callable[[etree._Element, DuisSchema], Refused | None]) -> Change:
    return lambda options: replace(options, seams=replace(options.seams, schema_check=judge))


def _header_not_judged(root: etree._Element, schema: DuisSchema) -> Refused | None:
    """Overlook what the schema does not know in the header."""
    violations = [each for each in schema.violations(root) if "Urgency" not in str(each)]
    return schema_check(root, schema) if violations else None


def _counter(amend: Callable[[Case, Refusal | None], Refusal | None]) -> Change:
    return check("counter", amend)


def _older_taken(case: Case, refusal: Refusal | None) -> Refusal | None:
    return refusal if case.request.request_id.counter == case.last_counter else None


def _copies_taken(case: Case, refusal: Refusal | None) -> Refusal | None:
    return None if case.request.request_id.counter == case.last_counter else refusal


def _carried_out(dsp: ReferenceDsp, octets: bytes, answer: Answer) -> Answer:
    """Send to the Device what was refused, as far as it can be read."""
    if answer.is_duis or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer
    try:
        request = ServiceRequest.from_xml(xml.parse(octets))
    except (xml.MalformedXml, UnexpectedShape):
        return answer
    device = dsp.state.device(request.request_id.target)
    if device is not None:
        key = dsp.credentials.gbcs_key_agreement.private_key.public_key()
        device.carry_out(Command(request.request_id, request.variant, key))
    return answer


def _as_server_error(_: ReferenceDsp, __: bytes, answer: Answer) -> Answer:
    return answer if answer.is_duis else replace(answer, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _as_success(_: ReferenceDsp, __: bytes, answer: Answer) -> Answer:
    return answer if answer.is_duis else replace(answer, status=HTTPStatus.OK)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "unsigned-taken", "DUIS-05", "Unsigned requests are taken.", _believed(SignatureOutcome.UNSIGNED)
    ),
    violation(
        "altered-taken",
        "DUIS-05",
        "Requests that were altered after they were signed are taken.",
        _believed(SignatureOutcome.DIGEST),
    ),
    violation(
        "any-signer-taken",
        "DUIS-05",
        "Requests are taken whoever signed them.",
        _believed(SignatureOutcome.CERTIFICATE),
    ),
    violation(
        "signatures-unchecked-at-non-device",
        "DUIS-05",
        "The Non-Device service takes requests whatever their signature.",
        _believed_at(CommandVariant.NON_DEVICE),
    ),
    violation(
        "signatures-unchecked-at-transform",
        "DUIS-05",
        "The Transform service takes requests whatever their signature.",
        _believed_at(CommandVariant.PRE_COMMAND),
    ),
    violation(
        "copies-taken", "DUIS-05", "A copy of the last request is taken again.", _counter(_copies_taken)
    ),
    violation("older-taken", "DUIS-05", "Requests with older counters are taken.", _counter(_older_taken)),
    violation(
        "document-types-taken",
        "DUIS-05",
        "Documents with a document type and entities are taken.",
        _parsed_leniently,
    ),
    violation(
        "unknown-elements-taken",
        "DUIS-05",
        "Elements of the header that nobody knows are overlooked.",
        _schema(_header_not_judged),
    ),
    violation(
        "refused-and-sent",
        "DUIS-05",
        "What is refused is sent to the Device, where it can be read.",
        finishing(_carried_out),
    ),
    violation(
        "refused-as-server-error",
        "DUIS-05",
        "Bad requests are answered by HTTP 500.",
        finishing(_as_server_error),
    ),
    violation(
        "refused-as-success",
        "DUIS-05",
        "Bad requests are answered by HTTP 200 and a line of text.",
        finishing(_as_success),
    ),
)
"""What is believed."""
