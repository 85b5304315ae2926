"""Access control: the checks a Service Request passes before the DSP acts on it, in the order they are made.

That order is assumed (domain.md, "Response codes"). A request that cannot be believed or read is refused at
the level of HTTP (`Refused`: no DUIS code is known for it); one that is read and not allowed gets a response
code (`Rejected`). Neither changes any state.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from dsp_conformance.duis.catalogue import CommandVariant, DeviceStatus, Kind, service_for
from dsp_conformance.duis.messages import ServiceRequest, UnexpectedShape
from dsp_conformance.duis.reading import local_name
from dsp_conformance.duis.request_bodies import SignedPreCommand
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import KnownSigners, SignatureOutcome, verify
from dsp_conformance.stub.mp105 import permitted_while_suspended
from dsp_conformance.stub.pre_commands import SignedPreCommandFlaw, check_signed_pre_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml import etree

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.catalogue import Catalogue, Service, ServiceReferenceVariant
    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import StatusException
    from dsp_conformance.stub.pre_commands import IssuedPreCommand
    from dsp_conformance.stub.users import RegisteredUser

__all__ = [
    "CHECKS",
    "SIGNED",
    "Case",
    "Check",
    "Policy",
    "Refusal",
    "Refused",
    "Rejected",
    "first_refusal",
    "read_request",
    "schema_check",
    "signature_check",
]

SIGNED: Final = frozenset(
    {CommandVariant.SIGNED_WAN, CommandVariant.SIGNED_LOCAL, CommandVariant.SIGNED_BOTH}
)
"""The Command Variants that carry a signed Pre-Command and repeat the RequestID of their CV4."""

IN_SERVICE: Final = frozenset(
    {
        DeviceStatus.COMMISSIONED,
        DeviceStatus.INSTALLED_NOT_COMMISSIONED,
        DeviceStatus.RECOVERY,
        DeviceStatus.RECOVERED,
    }
)
"""Statuses that allow every request. For Recovery and Recovered this is the stub's choice (never judged)."""

_NOBODY: Final = KnownSigners(())


@dataclass(frozen=True, slots=True)
class Refused:
    """The message is not taken: it is no request, or not one that its originator sent, or it was sent before.

    Attributes:
        status: the HTTP status, 4xx.
        reason: one line for people.
    """

    status: HTTPStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The request is not allowed.

    Attributes:
        code: the response code.
        reason: for people.
    """

    code: ResponseCode
    reason: str


Refusal: TypeAlias = Refused | Rejected


@dataclass(frozen=True, slots=True)
class Policy:
    """What is configured about access control.

    Attributes:
        dcc_id: the target of non-device requests.
        rejection_code: the code for a device status that does not allow a request (domain.md, "E51 and E5").
        exceptions: the exception list for Suspended Devices.
    """

    dcc_id: Eui64
    rejection_code: ResponseCode
    exceptions: tuple[StatusException, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One request with everything that the checks ask about it.

    Attributes:
        service: the service it was posted to.
        request: the request as read.
        entry: its row of the catalogue.
        user: its originator, if registered.
        last_counter: the highest counter that the originator has used.
        device: the target as the SMI has it, if it does.
        pre_command: the Pre-Command issued for the same RequestID, if one is waiting.
        policy: what is configured.
    """

    service: Service
    request: ServiceRequest
    entry: ServiceReferenceVariant
    user: RegisteredUser | None
    last_counter: int | None
    device: DeviceRecord | None
    pre_command: IssuedPreCommand | None
    policy: Policy

    @property
    def is_device_request(self) -> bool:
        """Whether the request is about one Device, its target."""
        return self.entry.kind is not Kind.NON_DEVICE


Check: TypeAlias = "Callable[[Case], Refusal | None]"


# The message --------------------------------------------------------------------------------------


def schema_check(root: etree._Element, schema: DuisSchema) -> Refused | None:
    """The document is valid by the schema."""
    violations = schema.violations(root)
    return Refused(HTTPStatus.BAD_REQUEST, f"invalid by the schema: {violations[0]}") if violations else None


def read_request(
    root: etree._Element, catalogue: Catalogue
) -> tuple[ServiceRequest, ServiceReferenceVariant] | Refused:
    """The document is a request that the catalogue knows, and its reference and body go with its variant.

    The schema ties none of them to another (wire.md, "Schema").
    """
    try:
        request = ServiceRequest.from_xml(root)
    except UnexpectedShape as error:
        return Refused(HTTPStatus.BAD_REQUEST, str(error))
    entry = catalogue.get(request.variant)
    if entry is None or entry.reference != request.reference:
        named = f"reference {request.reference} with variant {request.variant}"
        return Refused(HTTPStatus.BAD_REQUEST, f"no such service request: {named}")
    body = local_name(request.body)
    if body not in {entry.body_element, "SignedPreCommand"}:
        return Refused(HTTPStatus.BAD_REQUEST, f"SR{entry.variant} carries {entry.body_element}, not {body}")
    return request, entry


def signature_check(
    root: etree._Element, request: ServiceRequest, user: RegisteredUser | None
) -> Refused | None:
    """The document bears the signature of its originator; of the certificate only key and party count.

    Of an originator that is not registered the certificate cannot be known; the check of the originator
    follows.
    """
    diagnosis = verify(
        root,
        _NOBODY if user is None else user.signers,
        originator=request.request_id.originator,
    )
    if diagnosis.accepted or (user is None and diagnosis.outcome is SignatureOutcome.CERTIFICATE):
        return None
    return Refused(HTTPStatus.BAD_REQUEST, f"signature: {diagnosis}")


# The request --------------------------------------------------------------------------------------


def originator_check(case: Case) -> Refusal | None:
    """The originator is a registered User (ledger SCOPE-05)."""
    if case.user is None:
        return Rejected(ResponseCode.E1, f"User {case.request.request_id.originator} is unknown")
    return None


def counter_check(case: Case) -> Refusal | None:
    """The counter is higher than any that the originator used; a signed Pre-Command repeats its CV4's."""
    counter = case.request.request_id.counter
    if case.request.command_variant in SIGNED or case.last_counter is None or counter > case.last_counter:
        return None
    return Refused(
        HTTPStatus.CONFLICT, f"counter {counter}: expected one above {case.last_counter}, the last one used"
    )


def role_check(case: Case) -> Refusal | None:
    """The originator holds a role that may send this request; where no source names roles, any may."""
    roles = frozenset() if case.user is None else case.user.roles
    if not case.entry.user_roles or roles & case.entry.user_roles:
        return None
    return Rejected(ResponseCode.E2, f"SR{case.entry.variant} is not for {' '.join(sorted(roles))}")


def device_check(case: Case) -> Refusal | None:
    """The target exists: the Device in the inventory, or the DCC itself for a non-device request."""
    target = case.request.request_id.target
    if case.device is not None if case.is_device_request else target == case.policy.dcc_id:
        return None
    return Rejected(ResponseCode.E19, f"no Device {target}")


def device_type_check(case: Case) -> Refusal | None:
    """The request is for the Device's type (ledger SCOPE-03, SCOPE-05)."""
    if not case.is_device_request or case.device is None:
        return None
    if case.device.device_type in case.entry.device_types:
        return None
    return Rejected(ResponseCode.E11, f"SR{case.entry.variant} is not for a {case.device.device_type}")


def command_variant_check(case: Case) -> Refusal | None:
    """The Command Variant is one of the request's kind."""
    variant = case.request.command_variant
    if variant in case.entry.command_variants:
        return None
    return Rejected(ResponseCode.E12, f"SR{case.entry.variant} is never sent with Command Variant {variant}")


def service_check(case: Case) -> Refusal | None:
    """The request was posted to the service of its Command Variant."""
    service = service_for(case.request.command_variant)
    if case.service is service:
        return None
    return Rejected(ResponseCode.E13, f"expected at {service.value}, came at {case.service.value}")


def entitlement_check(case: Case) -> Refusal | None:
    """The originator is entitled to the Device."""
    if case.user is None or case.device is None or case.device.entitles(case.user.user_id):
        return None
    return Rejected(ResponseCode.E4, f"User {case.user.user_id} is not entitled to {case.device.device_id}")


def device_status_check(case: Case) -> Refusal | None:
    """The Device's status allows the request: the check that MP105 adds an exception to."""
    if not case.is_device_request or case.device is None or case.device.status in IN_SERVICE:
        return None
    if case.device.is_suspended and permitted_while_suspended(
        case.policy.exceptions, case.entry, case.request.command_variant, case.device
    ):
        return None
    status = case.device.status
    return Rejected(case.policy.rejection_code, f"SR{case.entry.variant} is not for a {status} Device")


def signed_pre_command_check(case: Case) -> Refusal | None:
    """A signed Pre-Command is the one issued for its RequestID, signed by the User; others carry none."""
    carries_one = local_name(case.request.body) == "SignedPreCommand"
    if carries_one is not (case.request.command_variant in SIGNED):
        variant, body = case.request.command_variant, local_name(case.request.body)
        return Refused(HTTPStatus.BAD_REQUEST, f"Command Variant {variant} does not carry {body}")
    if not carries_one:
        return None
    issued = case.pre_command
    if issued is None or issued.variant != case.entry.variant or case.user is None:
        reason = f"no Pre-Command of SR{case.entry.variant} waits for RequestID {case.request.request_id}"
        return Refused(HTTPStatus.CONFLICT, reason)
    try:
        octets = SignedPreCommand.from_xml(case.request.body).octets
        check_signed_pre_command(octets, issued, case.user.gbcs_signing_key)
    except (UnexpectedShape, SignedPreCommandFlaw) as flaw:
        return Refused(HTTPStatus.BAD_REQUEST, str(flaw))
    return None


CHECKS: Final[tuple[Check, ...]] = (
    # before these: the document's schema, that it can be read as a request, its signature
    originator_check,
    counter_check,
    role_check,
    device_check,
    device_type_check,
    command_variant_check,
    service_check,
    entitlement_check,
    device_status_check,
    signed_pre_command_check,
)
"""The checks of a request, in the order they are made."""


def first_refusal(case: Case, checks: Iterable[Check] = CHECKS) -> Refusal | None:
    """Make the checks in order and return what the first that fails says, or None if all pass."""
    return next((refusal for check in checks if (refusal := check(case)) is not None), None)
