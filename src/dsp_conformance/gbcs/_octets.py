"""Reading octets strictly, with the offset of whatever is wrong; lengths as GBCS and DER write them."""

from __future__ import annotations

from dsp_conformance.gbcs.errors import GbcsDecodeError

__all__ = ["OctetReader", "encode_length", "with_length"]

_LONG_FORM = 0x80
_SHOWN = 16


def encode_length(length: int) -> bytes:
    """A length: one octet below 0x80, else 0x8n and n octets, in its shortest form (wire.md, "Layout")."""
    if length < _LONG_FORM:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((_LONG_FORM | len(octets),)) + octets


def with_length(octets: bytes) -> bytes:
    """The octets, preceded by their length."""
    return encode_length(len(octets)) + octets


def _shown(octets: bytes) -> str:
    if not octets:
        return "nothing"
    if len(octets) <= _SHOWN:
        return octets.hex().upper()
    return f"{octets[:_SHOWN].hex().upper()}... ({len(octets)} octets)"


class OctetReader:
    """A cursor over octets that takes what is expected and refuses everything else.

    Every method is told in `what` the field that it reads, and raises GbcsDecodeError with the offset,
    counted from `base`, when something else stands there.

    Args:
        octets: what to read.
        base: the offset of the first of them in the octets that the decoder was given.
    """

    __slots__ = ("_base", "_octets", "_position")

    def __init__(self, octets: bytes, base: int = 0) -> None:
        self._octets = octets
        self._base = base
        self._position = 0

    @property
    def offset(self) -> int:
        """Where the next octet is, in the octets that the decoder was given."""
        return self._base + self._position

    @property
    def left(self) -> int:
        """How many octets are still to be read."""
        return len(self._octets) - self._position

    def peek(self, count: int) -> bytes:
        """The next octets without taking them; fewer than `count` if there are not as many."""
        return self._octets[self._position : self._position + count]

    def take(self, count: int, what: str) -> bytes:
        """Take exactly `count` octets."""
        if count > self.left:
            raise GbcsDecodeError(
                self._base + len(self._octets), f"{count} octets of {what}", f"the end after {self.left}"
            )
        taken = self.peek(count)
        self._position += count
        return taken

    def expect(self, octets: bytes, what: str) -> None:
        """Take these very octets; the error points at the first that differs."""
        for index, octet in enumerate(octets):
            if self.peek(1) != bytes((octet,)):
                expected = f"{what} ({octet:02X} as octet {index + 1} of {octets.hex().upper()})"
                raise GbcsDecodeError(self.offset, expected, _shown(self.peek(1)))
            self._position += 1

    def number(self, count: int, what: str) -> int:
        """Take an unsigned number of `count` octets, most significant first."""
        return int.from_bytes(self.take(count, what))

    def length(self, what: str) -> int:
        """Take a length in its shortest form."""
        start = self.offset
        first = self.number(1, f"the length of {what}")
        if first < _LONG_FORM:
            return first
        octets = self.take(first - _LONG_FORM, f"the length of {what}")
        length = int.from_bytes(octets)
        if encode_length(length) != bytes((first,)) + octets:
            found = _shown(bytes((first,)) + octets)
            raise GbcsDecodeError(start, f"the length of {what} in its shortest form", found)
        return length

    def prefixed(self, what: str, lengths: tuple[int, ...] = ()) -> bytes:
        """Take a length and as many octets; `lengths` are those allowed, where not every one is."""
        start = self.offset
        length = self.length(what)
        if lengths and length not in lengths:
            allowed = " or ".join(map(str, lengths))
            raise GbcsDecodeError(start, f"{allowed} as the length of {what}", str(length))
        return self.take(length, what)

    def finish(self, what: str) -> None:
        """Refuse octets that are left over."""
        if self.left:
            raise GbcsDecodeError(self.offset, f"the end of {what}", _shown(self.peek(self.left)))
