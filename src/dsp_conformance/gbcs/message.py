"""The GBCS grouped message and its MAC wrapper (wire.md, "GBCS payloads": layout).

The layout is that of every use case, so any message code is taken. Which protection a message has is part of
its form here for SR11.2 and SR11.3 alone: SR11.2 is MAC-wrapped and unsigned, responses and alerts of SR11.3
are signed and bare, and the command of SR11.3 goes through three forms: Pre-Command (bare, not even a
signature length), Signed Pre-Command (bare, signed) and Command (signed, MAC-wrapped).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.gbcs._octets import OctetReader, encode_length, with_length
from dsp_conformance.gbcs.errors import GbcsDecodeError, GbcsValueError
from dsp_conformance.gbcs.message_code import MESSAGE_CODE_LENGTH, MessageCode, known_code, name_of_code

__all__ = [
    "MAC_LENGTH",
    "SIGNATURE_LENGTH",
    "GroupedMessage",
    "Kind",
    "MacWrapped",
    "Message",
    "Supplementary",
    "decode",
    "grouped",
]

MAC_LENGTH = 12
SIGNATURE_LENGTH = 64

_EUI_LENGTH = 8
_COUNTER_LENGTH = 8
_DATE_TIME_LENGTHS = (0, 12)
_OTHER_INFO_LENGTHS = (2, 18)
_SIGNATURE_LENGTHS = (0, SIGNATURE_LENGTH)
_GROUPED_TAG = b"\xdf"
_TRANSACTION_LENGTH = b"\x09"
_EUI_LENGTH_OCTET = bytes((_EUI_LENGTH,))
_WRAPPER_TAG = b"\xdd"
_WRAPPER = _WRAPPER_TAG + bytes(6)
_SECURITY_HEADER = b"\x11" + bytes(4)


class Kind(IntEnum):
    """What a grouped message is."""

    COMMAND = 1
    RESPONSE = 2
    ALERT = 3


def check_counter(field: str, counter: int) -> None:
    """Refuse a counter outside 0 to 2**64 - 1 (domain.md, "Messages")."""
    if not 0 <= counter < 1 << (8 * _COUNTER_LENGTH):
        raise GbcsValueError(field, "0 to 2**64 - 1", str(counter))


@dataclass(frozen=True, slots=True)
class Supplementary:
    """The party for whom the access control broker originates a message, with that party's own counter.

    Attributes:
        party: its EUI-64.
        counter: the counter of its request.
    """

    party: Eui64
    counter: int

    def __post_init__(self) -> None:
        check_counter("supplementary counter", self.counter)


@dataclass(frozen=True, slots=True)
class GroupedMessage:
    """A grouped message of any use case; the modules of SR11.2 and SR11.3 read the content of theirs.

    Attributes:
        kind: command, response or alert.
        counter: originator counter; a response repeats that of its command.
        originator: who made it.
        recipient: for whom.
        message_code: its use case, 0 to 0xFFFF; always a `MessageCode` where that knows it.
        content: the payload.
        signature: 64 octets r||s; empty if unsigned; None for a Pre-Command that ends after its content. One
            that ends with the length of an empty signature is as good, and has an empty one.
        date_time: DLMS date-time of 12 octets, or empty.
        supplementary: the party behind the access control broker, if it is in between.

    Raises:
        GbcsValueError: if a field cannot be encoded.
    """

    kind: Kind
    counter: int
    originator: Eui64
    recipient: Eui64
    message_code: int
    content: bytes
    signature: bytes | None = b""
    date_time: bytes = b""
    supplementary: Supplementary | None = None

    def __post_init__(self) -> None:
        check_counter("originator counter", self.counter)
        object.__setattr__(self, "message_code", known_code(self.message_code))  # the instance is frozen
        if len(self.date_time) not in _DATE_TIME_LENGTHS:
            raise GbcsValueError("date-time", "0 or 12 octets", str(len(self.date_time)))
        if self.signature is not None and len(self.signature) not in _SIGNATURE_LENGTHS:
            raise GbcsValueError("signature", "0 or 64 octets", str(len(self.signature)))

    def encode(self) -> bytes:
        """Its octets, from the tag `DF` to the end."""
        signature = b"" if self.signature is None else with_length(self.signature)
        return _GROUPED_TAG + self.signed_part() + signature

    def signed_part(self) -> bytes:
        """What a signature covers: everything after `DF` up to the end of the content."""
        return self._header() + with_length(self.content)

    @property
    def title(self) -> str:
        """What it is, for people, such as `response of CS06` or `command of 0x1234`."""
        return f"{self.kind.name.lower()} of {name_of_code(self.message_code)}"

    @property
    def content_offset(self) -> int:
        """Where the content begins in the octets of `encode`."""
        return len(_GROUPED_TAG + self._header() + encode_length(len(self.content)))

    def _header(self) -> bytes:
        other_info = self.message_code.to_bytes(MESSAGE_CODE_LENGTH)
        if self.supplementary is not None:
            other_info += self.supplementary.party.octets + self.supplementary.counter.to_bytes(8)
        return b"".join(
            (
                _TRANSACTION_LENGTH,
                bytes((self.kind,)),
                self.counter.to_bytes(_COUNTER_LENGTH),
                _EUI_LENGTH_OCTET + self.originator.octets,
                _EUI_LENGTH_OCTET + self.recipient.octets,
                with_length(self.date_time),
                with_length(other_info),
            )
        )


@dataclass(frozen=True, slots=True)
class MacWrapped:
    """A grouped message with the MAC that protects it.

    Attributes:
        message: the grouped message.
        mac: 12 octets.

    Raises:
        GbcsValueError: if the MAC has another length or the message is a Pre-Command, which has no MAC.
    """

    message: GroupedMessage
    mac: bytes

    def __post_init__(self) -> None:
        if len(self.mac) != MAC_LENGTH:
            raise GbcsValueError("MAC", f"{MAC_LENGTH} octets", str(len(self.mac)))
        if self.message.signature is None:
            raise GbcsValueError("message", "one with a signature field", "a Pre-Command")

    def encode(self) -> bytes:
        """Its octets, from the tag `DD` to the end."""
        return _WRAPPER + with_length(_SECURITY_HEADER + self.message.encode() + self.mac)

    @property
    def content_offset(self) -> int:
        """Where the content begins in the octets of `encode`."""
        return len(self.encode()) - MAC_LENGTH - len(self.message.encode()) + self.message.content_offset


Message: TypeAlias = GroupedMessage | MacWrapped


def grouped(message: Message) -> GroupedMessage:
    """The grouped message, taken out of its MAC wrapper if it is in one."""
    return message.message if isinstance(message, MacWrapped) else message


def decode(octets: bytes) -> Message:
    """Decode a message of any use case; one of SR11.2 or SR11.3 has to be in one of its proper forms.

    The content of those two is read by the readers of each; signature and MAC are checked by `protection`.

    Args:
        octets: the whole message, such as the decoded `GBCSPayload` of a DUIS Response.

    Returns:
        A value whose `encode` gives the same octets again.

    Raises:
        GbcsDecodeError: if the octets are anything else, with the offset.
    """
    octets = bytes(octets)
    if octets[:1] == _WRAPPER_TAG:
        return _decode_wrapped(octets)
    reader = OctetReader(octets)
    message = _read_grouped(reader, wrapped=False)
    reader.finish("the message")
    return message


def _decode_wrapped(octets: bytes) -> MacWrapped:
    outer = OctetReader(octets)
    outer.expect(_WRAPPER, "the MAC wrapper")
    length = outer.length("the MAC-wrapped message")
    start = outer.offset
    inner = OctetReader(outer.take(length, "the MAC-wrapped message"), start)
    outer.finish("the MAC-wrapped message")
    inner.expect(_SECURITY_HEADER, "the security header")
    message = _read_grouped(inner, wrapped=True)
    mac = inner.take(MAC_LENGTH, "the MAC")
    inner.finish("the MAC")
    return MacWrapped(message, mac)


def _read_grouped(reader: OctetReader, *, wrapped: bool) -> GroupedMessage:
    reader.expect(_GROUPED_TAG, "the grouped message")
    reader.expect(_TRANSACTION_LENGTH, "the length of kind and counter")
    kind_offset = reader.offset
    kind = _read_kind(reader)
    counter = reader.number(_COUNTER_LENGTH, "the originator counter")
    originator = _read_eui(reader, "the originator's EUI-64")
    recipient = _read_eui(reader, "the recipient's EUI-64")
    date_time = reader.prefixed("the date-time", _DATE_TIME_LENGTHS)
    code, supplementary = _read_other_info(reader)
    if isinstance(code, MessageCode) and (kind is Kind.ALERT) != (code is MessageCode.ACTIVATION_ALERT):
        raise GbcsDecodeError(
            kind_offset, f"a kind that goes with message code {code:04X}", f"{kind:02X} ({kind.name})"
        )
    content = reader.prefixed("the content")
    return GroupedMessage(
        kind=kind,
        counter=counter,
        originator=originator,
        recipient=recipient,
        message_code=code,
        content=content,
        signature=_read_signature(reader, kind, code, wrapped=wrapped),
        date_time=date_time,
        supplementary=supplementary,
    )


def _read_kind(reader: OctetReader) -> Kind:
    offset = reader.offset
    number = reader.number(1, "the kind of the message")
    try:
        return Kind(number)
    except ValueError:
        expected = "01 (command), 02 (response) or 03 (alert)"
        raise GbcsDecodeError(offset, expected, f"{number:02X}") from None


def _read_eui(reader: OctetReader, what: str) -> Eui64:
    return Eui64(reader.prefixed(what, (_EUI_LENGTH,)))


def _read_other_info(reader: OctetReader) -> tuple[int, Supplementary | None]:
    other_info = reader.prefixed("the other information", _OTHER_INFO_LENGTHS)
    code = known_code(int.from_bytes(other_info[:MESSAGE_CODE_LENGTH]))
    if len(other_info) == _OTHER_INFO_LENGTHS[0]:
        return code, None
    return code, Supplementary(Eui64(other_info[2:10]), int.from_bytes(other_info[10:]))


def _read_signature(reader: OctetReader, kind: Kind, code: int, *, wrapped: bool) -> bytes | None:
    """Read the signature that this message has in this form, and refuse forms that it does not have."""
    command = kind is Kind.COMMAND
    if not isinstance(code, MessageCode):
        # how other use cases are protected is not known here
        if command and not wrapped and reader.left == 0:
            return None
        return reader.prefixed("the signature", _SIGNATURE_LENGTHS)
    critical = code in (MessageCode.CS06, MessageCode.ACTIVATION_ALERT)
    if not critical and not wrapped:
        raise GbcsDecodeError(0, f"a MAC wrapper (DD) around {code.name}", "a bare message")
    if critical and wrapped and not command:
        raise GbcsDecodeError(0, f"a signed {kind.name.lower()} without MAC (DF)", "a MAC wrapper")
    if critical and command and not wrapped:  # a Pre-Command, in either form, or a signed one
        return reader.prefixed("the signature", _SIGNATURE_LENGTHS) if reader.left else None
    return reader.prefixed("the signature", (SIGNATURE_LENGTH if critical else 0,))
