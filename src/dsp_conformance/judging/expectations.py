"""What steps expect of a DSP's answers, as plain rules: each returns quietly or says what is wrong.

`RequirementNotMet` is the product's doing; `Inconclusive` says that the answer allows no judgement.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.duis.messages import (
    GbcsPayload,
    Inventory,
    InventoryDevice,
    OtherContent,
    Response,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet

if TYPE_CHECKING:
    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.terms import DeviceStatus

_LAYOUT: Final = (
    "look at the GBCSPayload of the response; the layout is that of use cases ECS52, GCS38 and CS06"
)
_NO_IMAGE: Final = (
    "SR11.1 was accepted before, so its image should be at the Device: see whether the DSP sent it. SR11.3 "
    "follows at once, so a testbed whose images take time is to bring them before SR11.1 is answered"
)
_OF_THE_CPL: Final = frozenset({"firmware_version_status", "cpl_status"})
_STATUS_CODES: Final = frozenset({ResponseCode.E5, ResponseCode.E51})


def described(code: ResponseCode) -> str:
    """Return a response code with its meaning, where one is known."""
    return f"{code.value} ({code.meaning})" if code.meaning else code.value


def expect_accepted(response: Response, *, rejection_code: ResponseCode) -> None:
    """Expect a request to be accepted (I0 or I99).

    Args:
        response: the synchronous answer.
        rejection_code: the code that the target profile declares for a Device's status.

    Raises:
        RequirementNotMet: it was rejected.
    """
    code = response.response_code
    if code.is_success:
        return
    hint = "see the answer's response code in the DSP's log"
    if code in {rejection_code, *_STATUS_CODES}:
        hint = "the DSP rejects the request for the Device's status, which it should not look at here"
    raise RequirementNotMet(expected="the request accepted, I0 or I99", found=described(code), hint=hint)


def expect_rejected_for_device_status(response: Response, *, rejection_code: ResponseCode) -> None:
    """Expect a request to be rejected with the profile's rejection code and no other.

    The code is a setting, as `domain.md` tells under "The rejection code: E51 and E5".

    Raises:
        RequirementNotMet: it was accepted, or rejected with another code.
    """
    code = response.response_code
    if code is rejection_code:
        return
    expected = f"a rejection with {described(rejection_code)}, as profile.rejection_code says"
    hint = "the request must be rejected because the Device is Suspended"
    if code in _STATUS_CODES:
        hint = (
            f"the DSP rejects for the Device's status, but with {code.value}. The source paper asks for E51, "
            "the public MP105 page names the check E5. If the DSP is meant to use "
            f'{code.value}, set rejection_code = "{code.value}" in the target file\'s [profile] section, '
            f"or give --rejection-code {code.value}"
        )
    elif code.is_success:
        hint = "the request was let through to a Suspended Device"
    raise RequirementNotMet(expected=expected, found=described(code), hint=hint)


def expect_accepted_for(device_id: Eui64, response: Response, *, rejection_code: ResponseCode) -> None:
    """Expect a request that lists Devices (SR11.1) to be accepted for this one.

    Raises:
        RequirementNotMet: the request was rejected, or accepted without this Device.
        Inconclusive: only a part of the list was accepted, and the answer does not tell which.
    """
    warning, code = response.content, response.response_code
    if not isinstance(warning, UpdateFirmwareWarning):
        if code.is_warning:
            raise Inconclusive(
                Cause.UNUSABLE_ANSWER,
                "the answer does not tell for which Devices the request was accepted",
                expected=f"{described(code)} with the lists of the Devices that were not taken",
                found=f"{described(code)} with {_carried(response)}",
                hint="a warning of SR11.1 comes with DSPUpdateFirmwareWarning",
            )
        expect_accepted(response, rejection_code=rejection_code)
        return
    lists = [_spaced(each.name) for each in fields(warning) if device_id in getattr(warning, each.name)]
    if lists:
        raise RequirementNotMet(
            expected=f"the request accepted for {device_id}",
            found=f"{described(code)}, which lists {device_id} as {', '.join(lists)}",
            hint="a Suspended Device may be sent firmware: SR11.1 was on the exception list before MP105",
        )
    if not code.is_warning:  # a warning is about others of the list
        expect_accepted(response, rejection_code=rejection_code)


def payload_of(response: Response, *, counter: int) -> gbcs.Message:
    """Return the Device's message that a response carries.

    Args:
        response: the asynchronous response.
        counter: the counter of the request that it must belong to.

    Raises:
        RequirementNotMet: the response carries no Device's message, or one that belongs to another request.
        Inconclusive: the message is none that the suite can read.
    """
    if not response.response_code.is_success or not isinstance(response.content, GbcsPayload):
        raise RequirementNotMet(
            expected="a response I0 with the Device's message",
            found=f"{described(response.response_code)} with {_carried(response)}",
            hint="the Device answered, so its message must be delivered",
        )
    try:
        message = gbcs.decode(response.content.octets)
        found = gbcs.request_counter_of(message)
    except gbcs.GbcsDecodeError as error:
        raise unreadable(error) from error
    if found != counter:
        raise RequirementNotMet(
            expected=f"the Device's answer to the request with counter {counter}",
            found=f"one to the request with counter {found}",
            hint="the DSP delivered another request's answer",
        )
    return message


def expect_firmware_read(message: gbcs.Message, running: str) -> None:
    """Expect a Device's message to be an answer to SR11.2 that shows the firmware it runs.

    Args:
        message: the Device's message.
        running: the version that the Device runs, 8 hexadecimal digits.

    Raises:
        RequirementNotMet: it shows another version or a failure.
        Inconclusive: it is no answer to SR11.2 that can be read.
    """
    read = _firmware_read(message)
    if read.version is None or str(read.version) != running.upper():
        raise RequirementNotMet(
            expected=f"firmware version {running.upper()}, which the Device runs",
            found=f"failure {read.failure}" if read.version is None else f"firmware version {read.version}",
            hint="the Device's answer must be passed on as it is",
        )


def expect_activated(message: gbcs.Message, activated: str) -> None:
    """Expect a Device's message to be the success response of SR11.3 with the new version.

    Raises:
        RequirementNotMet: it is a response of SR11.3 that says otherwise.
        Inconclusive: it is no response of SR11.3 that can be read.
    """
    try:
        outcome = gbcs.activation_response(message)
    except gbcs.GbcsDecodeError as error:
        raise unreadable(error) from error
    wanted = gbcs.Activation(gbcs.ActivationCode.SUCCESS, gbcs.FirmwareVersion.parse(activated))
    if outcome != wanted:
        no_image = isinstance(outcome, gbcs.Activation) and outcome.code is gbcs.ActivationCode.NO_IMAGE_HELD
        raise RequirementNotMet(
            expected=f"activation of {activated.upper()} with code 0",
            found=_activation(outcome),
            hint=_NO_IMAGE if no_image else "the Device's answer must be passed on as it is",
        )


def record_of(device_id: Eui64, response: Response) -> InventoryDevice:
    """Return one Device's record out of the answer to SR8.2.

    Raises:
        RequirementNotMet: the answer is a rejection or does not show the Device.
    """
    if (record := found_record(device_id, response)) is not None:
        return record
    raise RequirementNotMet(
        expected=f"an inventory answer that shows {device_id}",
        found=f"{described(response.response_code)} with {_carried(response)}",
        hint="SR8.2 must show every Device of the inventory (BASE-07)",
    )


def found_record(device_id: Eui64, response: Response) -> InventoryDevice | None:
    """Return one Device's record out of the answer to SR8.2; None where the answer does not show it.

    Raises:
        Inconclusive: its record holds a value that the suite does not know.
    """
    if isinstance(response.content, Inventory):
        for device in response.content.devices:
            if device.device_id == device_id:
                return device
        for shown, what in response.content.unread:
            if shown == device_id:
                raise unknown_value(what)
    return None


def expect_status_not_shown(record: InventoryDevice | None, status: DeviceStatus) -> None:
    """Expect a Device's record to show anything but that status: another one, none, or no record at all.

    It is for Devices of which the SMI need show no status (ledger BASE-01: IHDs).

    Raises:
        RequirementNotMet: it shows that status.
    """
    if record is not None and record.status is status:
        raise RequirementNotMet(
            expected=f"another status than {status.value} of {record.device_id}, or none",
            found=_summary(status, None),
            hint=f"no CPL lists an {record.device_type.value}, so nothing that leaves the CPL suspends it",
        )


def unknown_value(what: str) -> Inconclusive:
    """Return what to raise where a message cannot be judged for a value that the suite does not know.

    Args:
        what: the value, and where it stands.
    """
    return Inconclusive(
        Cause.UNKNOWN_VALUE,
        "the message holds a value that this version of the suite does not know, and may be lawful",
        expected="values of the DUIS version that the suite knows",
        found=what,
        hint="a later version of the suite may know it; see also [profile] duis_version",
    )


def shows(record: InventoryDevice, status: DeviceStatus, firmware: str | None = None) -> bool:
    """Tell whether a record shows that status and, where asked for, that firmware version."""
    return record.status is status and (firmware is None or same_firmware(record, firmware))


def same_firmware(record: InventoryDevice, firmware: str) -> bool:
    """Tell whether a record's firmware version is that one, as `wire.md` compares versions."""
    return record.firmware_version is not None and (
        gbcs.compare_firmware(record.firmware_version, firmware) is not gbcs.FirmwareMatch.DIFFERENT
    )


def spelled_otherwise(record: InventoryDevice, firmware: str) -> str:
    """Return a note where a record's firmware version is equal only after padding, else nothing."""
    recorded = record.firmware_version or ""
    if gbcs.compare_firmware(recorded, firmware) is not gbcs.FirmwareMatch.NORMALISED:
        return ""
    return f"the inventory writes {recorded} for firmware {firmware}: equal after padding with zeros"


def expect_record(record: InventoryDevice, status: DeviceStatus, firmware: str | None = None) -> None:
    """Expect a Device's record to show that status and, where asked for, that firmware version.

    Raises:
        RequirementNotMet: it shows something else.
    """
    if shows(record, status, firmware):
        return
    raise RequirementNotMet(
        expected=_summary(status, firmware),
        found=_summary(record.status, (record.firmware_version or "not shown") if firmware else None),
        hint=f"read {record.device_id} with SR8.2 and compare with the DSP's inventory and its history",
    )


def expect_same_record(record: InventoryDevice, before: InventoryDevice) -> None:
    """Expect a Device's record to be as it was, field by field.

    What the record shows of the CPL is left out: it tells of the list, and may follow it later than the
    Device's status does. Firmware versions are compared as `wire.md` does.

    Raises:
        RequirementNotMet: a field differs; each is named with both values.
    """
    changed = _changes(record, before)
    if changed:
        raise RequirementNotMet(
            expected=f"the record of {before.device_id} unchanged",
            found="; ".join(f"{name} {was} became {now}" for name, was, now in changed),
            hint="nothing that happened in this scenario may change this Device's record",
        )


def is_same_record(record: InventoryDevice, before: InventoryDevice) -> bool:
    """Tell whether a Device's record is as it was, as `expect_same_record` compares them."""
    return not _changes(record, before)


def _changes(record: InventoryDevice, before: InventoryDevice) -> list[tuple[str, object, object]]:
    return [
        (_spaced(field.name), getattr(before, field.name), getattr(record, field.name))
        for field in fields(InventoryDevice)
        if field.name not in _OF_THE_CPL and getattr(before, field.name) != getattr(record, field.name)
        if field.name != "firmware_version" or not _still_runs(record, before)
    ]


def _still_runs(record: InventoryDevice, before: InventoryDevice) -> bool:
    return before.firmware_version is not None and same_firmware(record, before.firmware_version)


def _firmware_read(message: gbcs.Message) -> gbcs.FirmwareRead:
    try:
        return gbcs.read_firmware_response(message)
    except gbcs.GbcsDecodeError as error:
        raise unreadable(error) from error


def unreadable(
    error: gbcs.GbcsDecodeError, what: str = "the Device's message", hint: str = _LAYOUT
) -> Inconclusive:
    """Return what to raise where octets that would decide something cannot be read.

    Args:
        error: why not.
        what: what they should have been.
        hint: where to look.
    """
    return Inconclusive(
        Cause.UNUSABLE_ANSWER,
        f"{what} cannot be read",
        expected=error.expected,
        found=f"{error.found} at offset {error.offset}",
        hint=hint,
    )


def _carried(response: Response) -> str:
    """Name what a response carries."""
    match response.content:
        case None:
            return "no content"
        case Inventory(devices=devices):
            return f"an inventory of {', '.join(str(device.device_id) for device in devices)}"
        case OtherContent(element=element):
            return element
        case content:
            return type(content).__name__


def _activation(outcome: gbcs.Activation | gbcs.ActivationAccepted) -> str:
    if isinstance(outcome, gbcs.ActivationAccepted):
        return "accepted for later, not activated"
    name = outcome.code.name.lower().replace("_", " ")
    return f"code {outcome.code.value} ({name}), running {outcome.version}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _summary(status: DeviceStatus | None, firmware: str | None) -> str:
    shown = f"status {status.value if status else 'not shown'}"
    return f"{shown} with firmware {firmware}" if firmware else shown
