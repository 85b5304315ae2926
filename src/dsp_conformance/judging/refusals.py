"""What steps expect of a refused request, and of commands and outcomes that are not plain successes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.duis.terms import DeviceType
from dsp_conformance.judging.expectations import described, expect_accepted, unreadable
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.user.payloads import address_flaws

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import LocalCommand, Response
    from dsp_conformance.duis.response_codes import ResponseCode

CLIENT_ERRORS: Final = range(400, 500)
"""The HTTP statuses with which a request may be refused (ledger DUIS-05)."""

_READING: Final = MappingProxyType(
    {
        DeviceType.ESME: ("MP105-01", gbcs.MessageCode.ECS52),
        DeviceType.GSME: ("MP105-02", gbcs.MessageCode.GCS38),
    }
)
"""The requirement about SR11.2 for a Suspended meter of a type, and the use case that it is read in."""


def expect_rejected(response: Response, codes: Collection[ResponseCode] = (), *, reason: str) -> None:
    """Expect a request to be rejected.

    Args:
        response: the synchronous answer.
        codes: the codes that are right; any rejection is where left out.
        reason: why it must be rejected, for people.

    Raises:
        RequirementNotMet: it was accepted, or rejected with another code.
    """
    code = response.response_code
    wanted = " or ".join(map(described, codes)) if codes else "a rejection, whatever its code"
    if not code.is_error or (codes and code not in codes):
        raise RequirementNotMet(expected=wanted, found=described(code), hint=f"it must be rejected: {reason}")


def expect_refused(status: int, response: Response | None) -> None:
    """Expect a bad request to be refused by an HTTP 4xx or a DUIS error code (ledger DUIS-05).

    Args:
        status: the HTTP status of the answer.
        response: the DUIS response in it, if there is one.

    Raises:
        RequirementNotMet: it was accepted, or answered in another way.
    """
    if status in CLIENT_ERRORS or (response is not None and response.response_code.is_error):
        return
    found = f"HTTP {status}" if response is None else described(response.response_code)
    raise RequirementNotMet(
        expected="an HTTP status from 400 to 499, or a DUIS error code",
        found=found,
        hint="a request that is no good must be told so; which code is not judged",
    )


def expect_local_command(
    response: Response,
    command: LocalCommand | None,
    *,
    code: ResponseCode | None,
    rejection_code: ResponseCode,
) -> bytes:
    """Expect a request to be accepted and to bring the command for local delivery, and return that command.

    Args:
        response: the synchronous answer.
        command: what the request brought, in the answer or as a message of its own; None if nothing.
        code: with which it must be accepted: I0 with Command Variants 2 and 6 (ledger MP105-03); None with 3
            and 7, where I0 and I99 are as good.
        rejection_code: the code that the target profile declares for a Device's status.

    Raises:
        RequirementNotMet: it was rejected, or accepted with another code or without the command.
    """
    expect_accepted(response, rejection_code=rejection_code)
    if command is None or code not in {None, response.response_code}:
        carried = "no LocalCommand" if command is None else "a LocalCommand"
        raise RequirementNotMet(
            expected=f"{described(code) if code else 'an acceptance'} with the LocalCommand",
            found=f"{described(response.response_code)} with {carried}",
            hint="the user delivers the command over the home network, so it must come with the answer"
            + ("" if code else ", or as a message of its own"),
        )
    return command.octets


def expect_read_command(octets: bytes, request_id: RequestID, *, device_type: DeviceType) -> None:
    """Expect a command for local delivery to be SR11.2 for that Device.

    Args:
        octets: the command.
        request_id: the request that it must belong to, and whose target it must be for.
        device_type: the type of that Device, which decides the use case (``wire.md``, GBCS payloads).

    Raises:
        RequirementNotMet: it is a command for another Device, of another request or another type of Device.
        Inconclusive: it is no command of SR11.2 that can be read.
    """
    try:
        message = gbcs.decode(octets)
        gbcs.check_read_firmware_command(message)
        found = (
            gbcs.grouped(message).recipient,
            gbcs.request_counter_of(message),
            gbcs.name_of_code(gbcs.grouped(message).message_code),
        )
    except gbcs.GbcsDecodeError as error:
        hint = "look at the LocalCommand of the answer"
        raise unreadable(error, "the command for local delivery", hint) from error
    wanted = (request_id.target, request_id.counter, _READING[device_type][1].name)
    if found != wanted:
        raise RequirementNotMet(
            expected="a command for {} with counter {}, use case {}".format(*wanted),
            found="a command for {} with counter {}, use case {}".format(*found),
            hint="the DSP returned a command that the Device would not answer, or another request's",
        )


def expect_activation_without_success(message: gbcs.Message, running: str) -> None:
    """Expect a Device's message to be a response of SR11.3 that is no success and shows that firmware.

    Raises:
        RequirementNotMet: it says something else.
        Inconclusive: it is no response of SR11.3 that can be read.
    """
    try:
        outcome = gbcs.activation_response(message)
    except gbcs.GbcsDecodeError as error:
        raise unreadable(error) from error
    if isinstance(outcome, gbcs.Activation):
        said = f"code {int(outcome.code)} with firmware version {outcome.version}"
        success = outcome.code is gbcs.ActivationCode.SUCCESS
        if not success and str(outcome.version) == running.upper():
            return
    else:
        said = "that the command was accepted, no activation"
    raise RequirementNotMet(
        expected=f"a code other than 0 with firmware version {running.upper()}",
        found=said,
        hint="the Device's answer must be passed on as it is",
    )


def require_activation_alert(octets: bytes, activated: str) -> None:
    """Go on if a Device's alert tells that a future-dated SR11.3 was carried out and which version runs now.

    Raises:
        Inconclusive: it tells something else, which is the Device's affair, or cannot be read.
    """
    try:
        alert = gbcs.activation_alert(gbcs.decode(octets))
    except gbcs.GbcsDecodeError as error:
        raise unreadable(error, "the alert of the future-dated SR11.3", "look at the alert") from error
    if alert.code is not gbcs.ActivationCode.SUCCESS or str(alert.version) != activated.upper():
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            "the Device did not activate the new firmware when it was due",
            expected=f"an alert with code 0 and firmware version {activated.upper()}",
            found=f"code {int(alert.code)} with firmware version {alert.version}",
            hint="see why the Device did not activate the image that SR11.1 sent",
        )


def expect_read_of(
    message: gbcs.Message, request_id: RequestID, *, device_type: DeviceType, misdelivered: Sequence[str]
) -> None:
    """Expect an answer to SR11.2 to be of the meter asked, in its type's use case, for and at that User.

    Args:
        message: the Device's message.
        request_id: the request.
        device_type: the type of the meter asked: ESME or GSME.
        misdelivered: where it came, if that is not the User's address.

    Raises:
        RequirementNotMet: it is not (MP105-01 for an ESME, MP105-02 for a GSME).
    """
    inner = gbcs.grouped(message)
    flaws = [*address_flaws(inner, request_id), *(f"delivered {where}" for where in misdelivered)]
    requirement, use_case = _READING[device_type]
    if inner.message_code != use_case:
        flaws.append(f"a message in the use case {gbcs.name_of_code(inner.message_code)}")
    if flaws:
        raise RequirementNotMet(
            expected=f"a message of {request_id.target} for {request_id.originator} in {use_case.name}",
            found="; ".join(flaws),
            hint="compare the GBCSPayload with what the Device sent, and the address with the User's: of an "
            "ESME it is ECS52, of a GSME GCS38",
            requirements=(requirement,),
        )
