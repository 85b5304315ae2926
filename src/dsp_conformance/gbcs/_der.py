"""The few ASN.1 DER types that GBCS payloads of SR11.2 and SR11.3 are made of (wire.md, "GBCS payloads")."""

from __future__ import annotations

from datetime import UTC, datetime

from dsp_conformance.gbcs._octets import OctetReader, with_length
from dsp_conformance.gbcs.errors import GbcsDecodeError, GbcsValueError

__all__ = [
    "NULL",
    "encode_integer",
    "encode_octet_string",
    "encode_sequence",
    "encode_time",
    "in_utc",
    "read_integer",
    "read_octet_string",
    "read_sequence",
    "read_time",
]

NULL = b"\x05\x00"

_INTEGER = b"\x02"
_OCTET_STRING = b"\x04"
_GENERALIZED_TIME = b"\x18"
_SEQUENCE = b"\x30"
_TIME_LENGTH = len("YYYYMMDDHHMMSSZ")


def encode_integer(value: int) -> bytes:
    """INTEGER of a number that is not negative, in its shortest form: 2**64 - 1 takes nine octets."""
    return _INTEGER + with_length(value.to_bytes(value.bit_length() // 8 + 1))


def read_integer(reader: OctetReader, what: str, *, at_most: int) -> int:
    """INTEGER in its shortest form, neither negative nor above `at_most`."""
    reader.expect(_INTEGER, f"the INTEGER of {what}")
    start = reader.offset
    octets = reader.prefixed(what)
    value = int.from_bytes(octets)
    # a negative number has its top bit set: read as unsigned, it would need one octet more
    if encode_integer(value)[1:] != with_length(octets):
        expected = f"{what} as an INTEGER in its shortest form that is not negative"
        raise GbcsDecodeError(start, expected, octets[:16].hex().upper() or "no octets")
    if value > at_most:
        raise GbcsDecodeError(start, f"{what} of at most {at_most:#x}", octets[:16].hex().upper())
    return value


def encode_octet_string(octets: bytes) -> bytes:
    """OCTET STRING."""
    return _OCTET_STRING + with_length(octets)


def read_octet_string(reader: OctetReader, what: str, length: int) -> bytes:
    """OCTET STRING of exactly `length` octets."""
    reader.expect(_OCTET_STRING, f"the OCTET STRING of {what}")
    return reader.prefixed(what, (length,))


def encode_sequence(*elements: bytes) -> bytes:
    """SEQUENCE of elements that are encoded already."""
    return _SEQUENCE + with_length(b"".join(elements))


def read_sequence(reader: OctetReader, what: str) -> OctetReader:
    """SEQUENCE: a reader of its elements, which the caller finishes."""
    reader.expect(_SEQUENCE, f"the SEQUENCE of {what}")
    length = reader.length(what)
    start = reader.offset
    return OctetReader(reader.take(length, what), start)


def in_utc(at: datetime) -> datetime:
    """The same time in UTC.

    Raises:
        GbcsValueError: if it has no time zone, or no year from 1 to 9999 in UTC.
    """
    if at.utcoffset() is None:
        raise GbcsValueError("time", "one with a time zone", at.isoformat())
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise GbcsValueError("time", "of a year from 1 to 9999 in UTC", at.isoformat()) from None


def encode_time(at: datetime) -> bytes:
    """GeneralizedTime in UTC to the second, such as `20300115090000Z`.

    Raises:
        GbcsValueError: as `in_utc`, and if there is a fraction of a second.
    """
    if at.microsecond:
        raise GbcsValueError("time", "in whole seconds", at.isoformat())
    # isoformat pads years below 1000 on every platform, strftime does not
    text = in_utc(at).replace(tzinfo=None).isoformat(sep="-")
    return _GENERALIZED_TIME + with_length(text.translate({0x2D: None, 0x3A: None}).encode() + b"Z")


def read_time(reader: OctetReader, what: str) -> datetime:
    """GeneralizedTime `YYYYMMDDHHMMSSZ`: a time of the calendar, in UTC, and no other of the type's forms."""
    reader.expect(_GENERALIZED_TIME, f"the GeneralizedTime of {what}")
    start = reader.offset + 1
    octets = reader.prefixed(what, (_TIME_LENGTH,))
    digits = octets[:-1]
    error = GbcsDecodeError(start, f"{what} as YYYYMMDDHHMMSSZ", ascii(octets.decode("latin-1")))
    if not digits.isdigit() or octets[-1:] != b"Z":
        raise error
    year, rest = int(digits[:4]), digits[4:]
    month, day, hour, minute, second = (int(rest[index : index + 2]) for index in range(0, 10, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise error from None
