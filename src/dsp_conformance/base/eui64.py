"""EUI-64: the eight octets that identify a Device, a Service User or the DSP (domain.md, "Messages")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

__all__ = ["Eui64", "InvalidEui64"]

_LENGTH = 8
_fullmatch = re.compile(r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){7}").fullmatch
_EXAMPLE = "00-DB-12-34-56-78-90-A0"
_SHOWN = 60


class InvalidEui64(ValueError):  # noqa: N818  # named for what it says, as the other values' errors are
    """A text, or a run of octets, is not an EUI-64.

    Attributes:
        text: what came instead; octets are given as hexadecimal digits.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}..."
        return (
            f"not an EUI-64: expected 8 hexadecimal octets joined by '-', such as {_EXAMPLE}, got {shown!r}"
        )


@dataclass(frozen=True, slots=True, order=True)
class Eui64:
    """An EUI-64, whatever the case it was written in (domain.md, "Messages": "either case").

    Attributes:
        octets: the eight octets, most significant first.

    Raises:
        InvalidEui64: if there are not exactly eight octets.
    """

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != _LENGTH:
            raise InvalidEui64(self.octets.hex())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: eight pairs of hexadecimal digits joined by hyphens, in either case.

        Nothing else is taken: no spaces, no other separators, no digits of other scripts.

        Raises:
            InvalidEui64: if the text has any other form.
        """
        if _fullmatch(text) is None:
            raise InvalidEui64(text)
        return cls(bytes.fromhex(text.replace("-", "")))

    def __str__(self) -> str:
        return self.octets.hex("-").upper()

    def __repr__(self) -> str:
        return f"Eui64.parse({str(self)!r})"
