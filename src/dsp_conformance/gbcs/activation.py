"""SR11.3 Activate Firmware: what the Device answers and reports later (wire.md, rows 0x0012 and 0x00CA)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from dsp_conformance.gbcs import _der
from dsp_conformance.gbcs._octets import OctetReader
from dsp_conformance.gbcs.errors import GbcsDecodeError
from dsp_conformance.gbcs.firmware_version import FirmwareVersion
from dsp_conformance.gbcs.message import (
    GroupedMessage,
    Kind,
    Message,
    Supplementary,
    check_counter,
    grouped,
)
from dsp_conformance.gbcs.message_code import MessageCode
from dsp_conformance.gbcs.protection import sign

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64

__all__ = [
    "Activation",
    "ActivationAccepted",
    "ActivationAlert",
    "ActivationCode",
    "AlertCode",
    "activation_alert",
    "activation_response",
    "build_activation_alert",
    "build_activation_response",
]

_VERSION_LENGTH = 4
_COUNTER_MAX = (1 << 64) - 1
# day of week, hundredths, deviation and status are "not specified" in the CS06 vectors
_ANY_DAY_OF_WEEK = 0xFF
_DATE_TIME_TAIL = bytes.fromhex("00 8000 FF")


class ActivationCode(IntEnum):
    """What became of an activation (wire.md, row "0x0012 at once")."""

    SUCCESS = 0
    NO_IMAGE_HELD = 1
    HASH_MISMATCH = 2
    ACTIVATION_FAILURE = 3


class AlertCode(IntEnum):
    """What a future-dated activation's alert says (wire.md, row "11.3, later")."""

    ACTIVATED = 0x8F66
    FAILED = 0x8F67


@dataclass(frozen=True, slots=True)
class Activation:
    """A Device's answer to an activation at once.

    Attributes:
        code: what became of it.
        version: the firmware that the Device runs now, **whatever the code**.
    """

    code: ActivationCode
    version: FirmwareVersion


@dataclass(frozen=True, slots=True)
class ActivationAccepted:
    """A Device's answer to a future-dated activation or a cancellation: accepted only, not an activation."""


@dataclass(frozen=True, slots=True)
class ActivationAlert:
    """A Device's report of what became of a future-dated activation.

    Attributes:
        alert_code: done or failed; the decoder does not compare it with `code`.
        at: when, in whole seconds with a time zone.
        command_counter: the originator counter of the command.
        code: what became of it.
        version: the firmware that the Device runs now, whatever the code.

    Raises:
        GbcsValueError: if a field cannot be encoded.
    """

    alert_code: AlertCode
    at: datetime
    command_counter: int
    code: ActivationCode
    version: FirmwareVersion

    def __post_init__(self) -> None:
        _der.encode_time(self.at)
        check_counter("command counter", self.command_counter)

    def encode(self) -> bytes:
        """The content of the alert."""
        return _der.encode_sequence(
            _der.encode_integer(self.alert_code),
            _der.encode_time(self.at),
            _der.encode_integer(self.command_counter),
            _outcome(self.code, self.version),
        )


def activation_response(message: Message) -> Activation | ActivationAccepted:
    """Read the Device's answer out of a response to SR11.3.

    Raises:
        GbcsDecodeError: if the message is no such response or its content is malformed.
    """
    reader = _content_of(message, Kind.RESPONSE, MessageCode.CS06)
    if reader.peek(1) == _der.NULL[:1]:
        reader.expect(_der.NULL, "NULL (accepted)")
        reader.finish("the content")
        return ActivationAccepted()
    code, version = _read_outcome(reader)
    reader.finish("the content")
    return Activation(code, version)


def activation_alert(message: Message) -> ActivationAlert:
    """Read the Device's report out of the alert of SR11.3.

    Raises:
        GbcsDecodeError: if the message is no such alert or its content is malformed.
    """
    reader = _content_of(message, Kind.ALERT, MessageCode.ACTIVATION_ALERT)
    sequence = _der.read_sequence(reader, "the alert")
    reader.finish("the content")
    alert_code = _read_alert_code(sequence)
    at = _der.read_time(sequence, "the time of the activation")
    command_counter = _der.read_integer(sequence, "the command's counter", at_most=_COUNTER_MAX)
    code, version = _read_outcome(sequence)
    sequence.finish("the alert")
    return ActivationAlert(alert_code, at, command_counter, code, version)


def build_activation_response(
    *,
    device: Eui64,
    recipient: Eui64,
    counter: int,
    outcome: Activation | ActivationAccepted,
    signing_key: ec.EllipticCurvePrivateKey,
    at: datetime | None = None,
    supplementary: Supplementary | None = None,
) -> bytes:
    """The Device's signed answer to SR11.3, as the `GBCSPayload` of a DUIS Response carries it.

    Args:
        device: the originator.
        recipient: the Service User.
        counter: the originator counter of the command.
        outcome: what the Device answers.
        signing_key: the Device's signing key.
        at: the date-time of the header, which all CS06 responses of the vectors have; None leaves it out.
        supplementary: the supplementary party and counter of the command, if it had them.

    Raises:
        GbcsValueError: if a value cannot be encoded.
    """
    message = GroupedMessage(
        kind=Kind.RESPONSE,
        counter=counter,
        originator=device,
        recipient=recipient,
        message_code=MessageCode.CS06,
        content=activation_content(outcome),
        date_time=b"" if at is None else dlms_date_time(at),
        supplementary=supplementary,
    )
    return sign(message, signing_key).encode()


def build_activation_alert(
    *,
    device: Eui64,
    recipient: Eui64,
    counter: int,
    alert: ActivationAlert,
    signing_key: ec.EllipticCurvePrivateKey,
) -> bytes:
    """The Device's signed alert about a future-dated activation, as a DUIS Device Alert carries it.

    Args:
        device: the originator.
        recipient: the Service User.
        counter: a counter of the Device's own, not that of the command.
        alert: what it reports.
        signing_key: the Device's signing key.

    Raises:
        GbcsValueError: if a value cannot be encoded.
    """
    message = GroupedMessage(
        kind=Kind.ALERT,
        counter=counter,
        originator=device,
        recipient=recipient,
        message_code=MessageCode.ACTIVATION_ALERT,
        content=alert.encode(),
    )
    return sign(message, signing_key).encode()


def activation_content(outcome: Activation | ActivationAccepted) -> bytes:
    """The content of a response: the inverse of `activation_response`."""
    if isinstance(outcome, ActivationAccepted):
        return _der.NULL
    return _outcome(outcome.code, outcome.version)


def dlms_date_time(at: datetime) -> bytes:
    """The 12 octets of a header's date-time, in UTC to the second (CS06 response vectors).

    Raises:
        GbcsValueError: if it has no time zone, or no year from 1 to 9999 in UTC.
    """
    at = _der.in_utc(at)
    fields = (at.month, at.day, _ANY_DAY_OF_WEEK, at.hour, at.minute, at.second)
    return at.year.to_bytes(2) + bytes(fields) + _DATE_TIME_TAIL


def _outcome(code: ActivationCode, version: FirmwareVersion) -> bytes:
    return _der.encode_sequence(_der.encode_integer(code), _der.encode_octet_string(version.octets))


def _read_outcome(reader: OctetReader) -> tuple[ActivationCode, FirmwareVersion]:
    sequence = _der.read_sequence(reader, "the outcome")
    code = ActivationCode(_der.read_integer(sequence, "the activation's code", at_most=max(ActivationCode)))
    version = FirmwareVersion(_der.read_octet_string(sequence, "the firmware version", _VERSION_LENGTH))
    sequence.finish("the outcome")
    return code, version


def _read_alert_code(reader: OctetReader) -> AlertCode:
    start = reader.offset + 1
    number = _der.read_integer(reader, "the alert code", at_most=max(AlertCode))
    try:
        return AlertCode(number)
    except ValueError:
        raise GbcsDecodeError(start, "the alert code 8F66 or 8F67", f"{number:04X}") from None


def _content_of(message: Message, kind: Kind, code: MessageCode) -> OctetReader:
    inner = grouped(message)
    if inner.kind is not kind or inner.message_code is not code:
        article = "an" if kind is Kind.ALERT else "a"
        raise GbcsDecodeError(0, f"{article} {kind.name.lower()} of {code.name}", inner.title)
    return OctetReader(inner.content, message.content_offset)
