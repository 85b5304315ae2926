"""SR11.2 Read Firmware Version: what is asked of a Device and what it answers (wire.md, "GBCS payloads").

Three use cases carry the same question: ECS52 in DLMS (ESME, Communications Hub), GCS38 in ZigBee (GSME),
CS08 in ASN.1 DER (PPMID, HCALCS). The layout of the commands is worked out from the published vectors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from dsp_conformance.gbcs import _der
from dsp_conformance.gbcs._octets import OctetReader
from dsp_conformance.gbcs.errors import GbcsDecodeError, GbcsValueError
from dsp_conformance.gbcs.firmware_version import FirmwareVersion
from dsp_conformance.gbcs.message import (
    GroupedMessage,
    Kind,
    Message,
    Supplementary,
    grouped,
)
from dsp_conformance.gbcs.message_code import MessageCode, name_of_code
from dsp_conformance.gbcs.protection import wrap

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64

__all__ = [
    "READ_FIRMWARE_CODES",
    "FirmwareRead",
    "build_read_firmware_command",
    "build_read_firmware_response",
    "check_read_firmware_command",
    "read_firmware_response",
]

READ_FIRMWARE_CODES = frozenset({MessageCode.ECS52, MessageCode.GCS38, MessageCode.CS08})

_VERSION_LENGTH = 4
_OCTET_MAX = 0xFF
_CS08_FAILED = 1
_NO_VERSION = bytes(_VERSION_LENGTH)

_DLMS_REQUEST = b"\xd9\x20"
# one get request for attribute 2 of class 1, 0-0:0.2.1.255 (active firmware version), with no data
_DLMS_REQUEST_TAIL = bytes.fromhex("00 0101 0001 0000000201FF 02 0100")
_DLMS_RESPONSE = b"\xda\x20"
_DLMS_RESPONSE_HEADER = bytes.fromhex("00 00 01")
_DLMS_VERSION = b"\x09\x04"
_DLMS_NO_DATA = b"\x00"
_DLMS_RESULT = b"\x01\x01"

_GBZ_HEADER = bytes.fromhex("0109 01 01 0702")
_GBZ_REQUEST = bytes.fromhex("0005 00 00 00 0602")
_GBZ_FRAME_CONTROL = b"\x08"
_GBZ_READ_ATTRIBUTES_RESPONSE = b"\x01"
_GBZ_ATTRIBUTE = b"\x06\x02"
_GBZ_VERSION = b"\x41\x04"
_GBZ_SUCCESS_LENGTH = 12
_GBZ_FAILURE_LENGTH = 6


@dataclass(frozen=True, slots=True)
class FirmwareRead:
    """What a Device answers to SR11.2: its firmware version or why it could not be read.

    Attributes:
        version: the version, if it was read.
        failure: else the use case's own code for the reason: the DLMS data access result of ECS52, the ZigBee
            status of GCS38 (C0 hardware failure), both 1 to 255, or 1 for CS08.
        sequence: the ZigBee transaction sequence number of GCS38, 0 to 255; elsewhere 0. It is no part of
            what was read, so answers that differ in it alone are equal.

    Raises:
        GbcsValueError: if there are both or neither of version and failure, or a number is out of range.
    """

    version: FirmwareVersion | None = None
    failure: int | None = None
    sequence: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        if (self.version is None) == (self.failure is None):
            raise GbcsValueError("firmware read", "either a version or a failure", "both or neither")
        if self.failure is not None and not 1 <= self.failure <= _OCTET_MAX:
            raise GbcsValueError("failure", "1 to 255", str(self.failure))
        if not 0 <= self.sequence <= _OCTET_MAX:
            raise GbcsValueError("sequence", "0 to 255", str(self.sequence))

    @classmethod
    def success(cls, version: FirmwareVersion) -> Self:
        """A version that was read."""
        return cls(version=version)

    @classmethod
    def failed(cls, failure: int) -> Self:
        """A Device-level error, with the use case's own code for it."""
        return cls(failure=failure)


def read_firmware_response(message: Message) -> FirmwareRead:
    """Read the Device's answer out of a response to SR11.2.

    Raises:
        GbcsDecodeError: if the message is no such response or its content is malformed.
    """
    inner = grouped(message)
    _check_header(inner, Kind.RESPONSE)
    reader = OctetReader(inner.content, message.content_offset)
    match inner.message_code:
        case MessageCode.ECS52:
            result = _read_dlms(reader, inner.counter)
        case MessageCode.GCS38:
            result = _read_gbz(reader)
        case _:
            result = _read_cs08(reader)
    reader.finish("the content")
    return result


def check_read_firmware_command(message: Message) -> None:
    """Check that a message is the command of SR11.2, as an emulated Device does before it answers.

    Raises:
        GbcsDecodeError: if it is anything else.
    """
    inner = grouped(message)
    _check_header(inner, Kind.COMMAND)
    reader = OctetReader(inner.content, message.content_offset)
    reader.expect(_command_content(inner.message_code, inner.counter), "the command of SR11.2")
    reader.finish("the content")


def build_read_firmware_command(
    code: MessageCode,
    *,
    originator: Eui64,
    device: Eui64,
    counter: int,
    own_key: ec.EllipticCurvePrivateKey,
    peer_key: ec.EllipticCurvePublicKey,
    supplementary: Supplementary | None = None,
) -> bytes:
    """The command of SR11.2 with its MAC, such as a DUIS `LocalCommand` carries.

    Args:
        code: ECS52, GCS38 or CS08.
        originator: the Service User; the access control broker, if `supplementary` names the Service User.
        device: the recipient.
        counter: the originator's counter.
        own_key: the key agreement key of whoever makes the MAC.
        peer_key: the key agreement key of the Device.
        supplementary: the Service User with the counter of its request, if the broker originates the message.

    Raises:
        GbcsValueError: if a value cannot be encoded.
    """
    _check_code(code)
    message = GroupedMessage(
        kind=Kind.COMMAND,
        counter=counter,
        originator=originator,
        recipient=device,
        message_code=code,
        content=_command_content(code, counter),
        supplementary=supplementary,
    )
    return wrap(message, own_key, peer_key).encode()


def build_read_firmware_response(
    code: MessageCode,
    *,
    device: Eui64,
    recipient: Eui64,
    counter: int,
    result: FirmwareRead,
    own_key: ec.EllipticCurvePrivateKey,
    peer_key: ec.EllipticCurvePublicKey,
    supplementary: Supplementary | None = None,
) -> bytes:
    """The Device's answer to SR11.2 with its MAC, as the `GBCSPayload` of a DUIS Response carries it.

    Args:
        code: ECS52, GCS38 or CS08.
        device: the originator.
        recipient: the Service User; the access control broker, if `supplementary` names the Service User.
        counter: the originator counter of the command.
        result: what the Device answers.
        own_key: the Device's key agreement key.
        peer_key: the key agreement key of the recipient.
        supplementary: the supplementary party and counter of the command, if it had them.

    Raises:
        GbcsValueError: if a value cannot be encoded.
    """
    _check_code(code)
    message = GroupedMessage(
        kind=Kind.RESPONSE,
        counter=counter,
        originator=device,
        recipient=recipient,
        message_code=code,
        content=response_content(code, counter, result),
        supplementary=supplementary,
    )
    return wrap(message, own_key, peer_key).encode()


def response_content(code: int, counter: int, result: FirmwareRead) -> bytes:
    """The content of a response: the inverse of `read_firmware_response`."""
    match code:
        case MessageCode.ECS52:
            return _dlms_content(counter, result)
        case MessageCode.GCS38:
            return _gbz_content(result)
        case _:
            return _cs08_content(result)


def _command_content(code: int, counter: int) -> bytes:
    match code:
        case MessageCode.ECS52:
            return _DLMS_REQUEST + _invoke_id(counter) + _DLMS_REQUEST_TAIL
        case MessageCode.GCS38:
            return _GBZ_HEADER + _GBZ_REQUEST
        case _:
            return _der.NULL


def _check_code(code: int) -> None:
    if code not in READ_FIRMWARE_CODES:
        raise GbcsValueError("message code", "ECS52, GCS38 or CS08", name_of_code(code))


def _check_header(message: GroupedMessage, kind: Kind) -> None:
    if message.kind is not kind or message.message_code not in READ_FIRMWARE_CODES:
        expected = f"a {kind.name.lower()} of ECS52, GCS38 or CS08"
        raise GbcsDecodeError(0, expected, message.title)


def _invoke_id(counter: int) -> bytes:
    """Low 24 bits of the originator counter (wire.md, row 0x0059)."""
    return (counter & 0xFFFFFF).to_bytes(3)


def _dlms_content(counter: int, result: FirmwareRead) -> bytes:
    data = _DLMS_NO_DATA if result.version is None else _DLMS_VERSION + result.version.octets
    failure = bytes((result.failure or 0,))
    return _DLMS_RESPONSE + _invoke_id(counter) + _DLMS_RESPONSE_HEADER + data + _DLMS_RESULT + failure


def _read_dlms(reader: OctetReader, counter: int) -> FirmwareRead:
    reader.expect(_DLMS_RESPONSE, "a DLMS access response")
    reader.expect(_invoke_id(counter), "the low 24 bits of the originator counter")
    reader.expect(_DLMS_RESPONSE_HEADER, "one item of data")
    if reader.peek(1) == _DLMS_NO_DATA:
        reader.expect(_DLMS_NO_DATA + _DLMS_RESULT, "no data and one result")
        return FirmwareRead.failed(_failure(reader, "the DLMS data access result"))
    reader.expect(_DLMS_VERSION, "an octet string of 4 or no data")
    version = FirmwareVersion(reader.take(_VERSION_LENGTH, "the firmware version"))
    reader.expect(_DLMS_RESULT + b"\x00", "one result: success")
    return FirmwareRead.success(version)


def _gbz_content(result: FirmwareRead) -> bytes:
    if result.version is None:
        length, answer = _GBZ_FAILURE_LENGTH, bytes((result.failure or 0,))
    else:
        length, answer = _GBZ_SUCCESS_LENGTH, b"\x00" + _GBZ_VERSION + result.version.octets
    return b"".join(
        (
            _GBZ_HEADER,
            length.to_bytes(2),
            _GBZ_FRAME_CONTROL + bytes((result.sequence,)) + _GBZ_READ_ATTRIBUTES_RESPONSE,
            _GBZ_ATTRIBUTE,
            answer,
        )
    )


def _read_gbz(reader: OctetReader) -> FirmwareRead:
    reader.expect(_GBZ_HEADER, "a ZigBee message of one component of cluster 0702")
    start = reader.offset
    length = reader.number(2, "the length of the component")
    if length not in (_GBZ_SUCCESS_LENGTH, _GBZ_FAILURE_LENGTH):
        raise GbcsDecodeError(
            start, "000C (version) or 0006 (failure) as the component's length", f"{length:04X}"
        )
    reader.expect(_GBZ_FRAME_CONTROL, "the frame control")
    sequence = reader.number(1, "the transaction sequence number")
    reader.expect(_GBZ_READ_ATTRIBUTES_RESPONSE + _GBZ_ATTRIBUTE, "a read-attributes response of 0206")
    if length == _GBZ_FAILURE_LENGTH:
        return FirmwareRead(failure=_failure(reader, "the ZigBee status"), sequence=sequence)
    reader.expect(b"\x00" + _GBZ_VERSION, "success and an octet string of 4")
    version = FirmwareVersion(reader.take(_VERSION_LENGTH, "the firmware version"))
    return FirmwareRead(version=version, sequence=sequence)


def _failure(reader: OctetReader, what: str) -> int:
    start = reader.offset
    failure = reader.number(1, what)
    if failure == 0:
        raise GbcsDecodeError(start, f"{what} of a failure, as there is no version", "00 (success)")
    return failure


def _cs08_content(result: FirmwareRead) -> bytes:
    if result.failure not in (None, _CS08_FAILED):
        raise GbcsValueError("failure", "1, the only one of CS08", str(result.failure))
    version = _NO_VERSION if result.version is None else result.version.octets
    return _der.encode_sequence(_der.encode_octet_string(version), _der.encode_integer(result.failure or 0))


def _read_cs08(reader: OctetReader) -> FirmwareRead:
    sequence = _der.read_sequence(reader, "the answer")
    start = sequence.offset
    version = _der.read_octet_string(sequence, "the firmware version", _VERSION_LENGTH)
    failure = _der.read_integer(sequence, "the result", at_most=_CS08_FAILED)
    sequence.finish("the answer")
    if not failure:
        return FirmwareRead.success(FirmwareVersion(version))
    if version != _NO_VERSION:
        raise GbcsDecodeError(start, "the version 00000000 with a failure", version.hex().upper())
    return FirmwareRead.failed(failure)
