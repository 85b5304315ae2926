"""Pre-Commands, and that of SR11.3 Activate Firmware (CS06) on to its Command (wire.md, "GBCS payloads").

The DSP makes the Pre-Command, the Service User checks and signs it, the access control broker adds the MAC.
The content is the same in all three; that of SR11.3 is worked out from the published vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dsp_conformance.gbcs import _der
from dsp_conformance.gbcs._octets import OctetReader
from dsp_conformance.gbcs.errors import GbcsDecodeError, GbcsValueError
from dsp_conformance.gbcs.message import (
    GroupedMessage,
    Kind,
    Message,
    check_counter,
    decode,
    grouped,
)
from dsp_conformance.gbcs.message_code import MessageCode
from dsp_conformance.gbcs.protection import sign, wrap

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64

__all__ = [
    "CANCELLATION",
    "ActivateFirmware",
    "activate_firmware",
    "build_activation_command",
    "build_pre_command",
    "sign_pre_command",
]

CANCELLATION = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The execution time that cancels a future-dated activation (CS06 cancellation vectors)."""

_HASH_LENGTH = 32
_COUNTER_MAX = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class ActivateFirmware:
    """What the command of SR11.3 asks of a Device.

    Attributes:
        firmware_hash: SHA-256 of the image to activate, 32 octets.
        counter: the counter of the request. A sound message has the same one in its header, which the
            decoder leaves to its caller to check.
        execution_time: when, in whole seconds with a time zone; None for at once; `CANCELLATION` to cancel.

    Raises:
        GbcsValueError: if a field cannot be encoded.
    """

    firmware_hash: bytes
    counter: int
    execution_time: datetime | None = None

    def __post_init__(self) -> None:
        if len(self.firmware_hash) != _HASH_LENGTH:
            raise GbcsValueError("firmware hash", f"{_HASH_LENGTH} octets", str(len(self.firmware_hash)))
        check_counter("counter", self.counter)
        if self.execution_time is not None:
            _der.encode_time(self.execution_time)

    @property
    def is_cancellation(self) -> bool:
        """Whether it cancels a future-dated activation."""
        return self.execution_time == CANCELLATION

    def encode(self) -> bytes:
        """The content of the command."""
        fields = [_der.encode_octet_string(self.firmware_hash), _der.encode_integer(self.counter)]
        if self.execution_time is not None:
            fields.append(_der.encode_time(self.execution_time))
        return _der.encode_sequence(*fields)


def activate_firmware(message: Message) -> ActivateFirmware:
    """Read what a Pre-Command, Signed Pre-Command or Command of SR11.3 asks for.

    Raises:
        GbcsDecodeError: if the message is none of them or its content is malformed.
    """
    inner = grouped(message)
    if inner.kind is not Kind.COMMAND or inner.message_code is not MessageCode.CS06:
        raise GbcsDecodeError(0, "a command of CS06", inner.title)
    reader = OctetReader(inner.content, message.content_offset)
    sequence = _der.read_sequence(reader, "the command")
    reader.finish("the content")
    firmware_hash = _der.read_octet_string(sequence, "the firmware hash", _HASH_LENGTH)
    counter = _der.read_integer(sequence, "the counter", at_most=_COUNTER_MAX)
    execution_time = _der.read_time(sequence, "the execution time") if sequence.left else None
    sequence.finish("the command")
    return ActivateFirmware(firmware_hash, counter, execution_time)


def build_pre_command(
    *,
    originator: Eui64,
    device: Eui64,
    counter: int,
    firmware_hash: bytes,
    execution_time: datetime | None = None,
) -> bytes:
    """The Pre-Command of SR11.3, which ends after its content.

    Args:
        originator: the Service User.
        device: the recipient.
        counter: the counter of the DUIS request, put into header and content.
        firmware_hash: SHA-256 of the image to activate, 32 octets.
        execution_time: None for at once, `CANCELLATION` to cancel.

    Raises:
        GbcsValueError: if a value cannot be encoded.
    """
    return GroupedMessage(
        kind=Kind.COMMAND,
        counter=counter,
        originator=originator,
        recipient=device,
        message_code=MessageCode.CS06,
        content=ActivateFirmware(firmware_hash, counter, execution_time).encode(),
        signature=None,
    ).encode()


def sign_pre_command(octets: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The Signed Pre-Command of any use case: the Pre-Command, then the signature's length and the signature.

    A Pre-Command ends after its content, or with the length octet 00 of an empty signature, in the place of
    which the signature is put (``wire.md``, "GBCS payloads").

    Check first that the Pre-Command asks for what was requested: signing authorises it. Only that of SR11.3
    is looked into here.

    Args:
        octets: the Pre-Command, as the DSP returned it.
        key: the Service User's GBCS signing key.

    Raises:
        GbcsDecodeError: if the octets are no Pre-Command, or one that is signed already, or one of SR11.3
            with malformed content.
        GbcsValueError: if the key is not on P-256.
    """
    message = decode(octets)
    inner = grouped(message)
    if inner.kind is not Kind.COMMAND:
        raise GbcsDecodeError(0, "a Pre-Command", inner.title)
    if not isinstance(message, GroupedMessage):
        raise GbcsDecodeError(0, "a Pre-Command (DF)", "a MAC wrapper")
    if inner.message_code is MessageCode.CS06:
        activate_firmware(message)
    if inner.signature:
        raise GbcsDecodeError(
            message.content_offset + len(inner.content), "the end of the Pre-Command", "a signature"
        )
    return sign(inner, key).encode()


def build_activation_command(
    signed_pre_command: bytes, own_key: ec.EllipticCurvePrivateKey, peer_key: ec.EllipticCurvePublicKey
) -> bytes:
    """The Command of SR11.3: the Signed Pre-Command with the access control broker's MAC.

    Args:
        signed_pre_command: the octets that the Service User signed.
        own_key: the broker's key agreement key.
        peer_key: the Device's key agreement key.

    Raises:
        GbcsDecodeError: if the octets are no Signed Pre-Command of SR11.3.
        GbcsValueError: if a key is not on P-256.
    """
    message = decode(signed_pre_command)
    activate_firmware(message)
    if not isinstance(message, GroupedMessage):
        raise GbcsDecodeError(0, "a Signed Pre-Command (DF)", "a MAC wrapper")
    if not message.signature:
        raise GbcsDecodeError(len(signed_pre_command), "the signature of a Signed Pre-Command", "nothing")
    return wrap(message, own_key, peer_key).encode()
