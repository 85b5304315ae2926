"""What can be wrong with GBCS octets, and with the values that are to become GBCS octets."""

from __future__ import annotations

__all__ = ["GbcsDecodeError", "GbcsValueError"]


class GbcsDecodeError(ValueError):
    """Octets are no GBCS message, or not the one asked for. Decoders raise nothing else, whatever they get.

    Attributes:
        offset: where the trouble is in the octets given to the decoder, counted from 0; their number, if they
            end too early.
        expected: what should stand there.
        found: what stands there instead.
    """

    def __init__(self, offset: int, expected: str, found: str) -> None:
        super().__init__(offset, expected, found)
        self.offset = offset
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"not a GBCS message: at octet {self.offset} expected {self.expected}, found {self.found}"


class GbcsValueError(ValueError):
    """A value cannot stand in a GBCS message: the caller's mistake, never that of octets received.

    Attributes:
        field: the name of the field.
        expected: what it may hold.
        found: what was given.
    """

    def __init__(self, field: str, expected: str, found: str) -> None:
        super().__init__(field, expected, found)
        self.field = field
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"cannot be put into a GBCS message: {self.field} must be {self.expected}, not {self.found}"
