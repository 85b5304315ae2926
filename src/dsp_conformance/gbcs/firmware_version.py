"""Firmware versions as Devices report them and as inventories record them (wire.md, "Firmware version")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

from dsp_conformance.gbcs.errors import GbcsValueError

__all__ = ["FirmwareMatch", "FirmwareVersion", "InvalidFirmwareVersion", "compare_firmware"]

_LENGTH = 4
_DIGITS = 8
_is_hexadecimal = re.compile(r"[0-9A-F]{1,8}", re.ASCII).fullmatch


class InvalidFirmwareVersion(ValueError):  # noqa: N818  # named for what it says, as InvalidEui64 is
    """A text is not a firmware version of 8 hexadecimal digits.

    Attributes:
        text: what came instead.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"not a firmware version: expected 8 hexadecimal digits, such as 0123ABCD, got {self.text!r}"


@dataclass(frozen=True, slots=True, order=True)
class FirmwareVersion:
    """A firmware version as GBCS carries it; as text, 8 upper-case hexadecimal digits.

    Attributes:
        octets: the four octets, most significant first.

    Raises:
        GbcsValueError: if there are not exactly four octets.
    """

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != _LENGTH:
            raise GbcsValueError("firmware version", f"{_LENGTH} octets", f"{len(self.octets)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 8 hexadecimal digits, in either case; short forms, which only inventories hold, are refused.

        Raises:
            InvalidFirmwareVersion: if the text is anything else.
        """
        if len(text) != _DIGITS or not text.isascii() or _is_hexadecimal(text.upper()) is None:
            raise InvalidFirmwareVersion(text)
        return cls(bytes.fromhex(text))

    def __str__(self) -> str:
        return self.octets.hex().upper()

    def __repr__(self) -> str:
        return f"FirmwareVersion.parse({str(self)!r})"


class FirmwareMatch(Enum):
    """How two texts of a firmware version agree."""

    EXACT = "exact"
    NORMALISED = "normalised"
    DIFFERENT = "different"

    @property
    def same(self) -> bool:
        """Whether both name the same firmware; a report says so if that took normalising."""
        return self is not FirmwareMatch.DIFFERENT


def compare_firmware(one: str, other: str) -> FirmwareMatch:
    """Compare two firmware versions, of 1 to 8 characters, as inventories in the wild hold them.

    Returns:
        EXACT if they are equal after upper-casing; NORMALISED if both are hexadecimal and equal only after
        filling up with zeros on the left (`9001` and `00009001`); else DIFFERENT. They are never compared as
        decimal numbers (wire.md, "Firmware version").
    """
    one, other = one.upper(), other.upper()
    if one == other:
        return FirmwareMatch.EXACT
    if not (_is_hexadecimal(one) and _is_hexadecimal(other)):
        return FirmwareMatch.DIFFERENT
    same = one.zfill(_DIGITS) == other.zfill(_DIGITS)
    return FirmwareMatch.NORMALISED if same else FirmwareMatch.DIFFERENT
