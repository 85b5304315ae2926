"""The secrets that a target file leads to, for whoever keeps them out of reports."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.redaction import Redactor

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Secrets", "key_lines", "shows_a_name"]

_LIMIT: Final = 1 << 20
_LINE: Final = re.compile(rb"[A-Za-z0-9+/]{8,}={0,2}")
_BLOCK: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(.*?)-----END", re.DOTALL)
_WIDTH: Final = 64
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,60}")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What no report may show; left out of every rendering.

    Attributes:
        values: tokens and passwords, out of environment variables.
        key_lines: the lines of private key files.
    """

    values: frozenset[str] = field(default=frozenset(), repr=False)
    key_lines: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def redactor(self) -> Redactor:
        """What takes them out of texts and messages."""
        return Redactor(self.values, self.key_lines)


def key_lines(path: Path) -> frozenset[str]:
    """The lines of base64 in a key file, PEM or DER; none where it cannot be read, which others tell."""
    try:
        with path.open("rb") as file:
            octets = file.read(_LIMIT)
    except OSError:
        return frozenset()
    if b"-----BEGIN" in octets:  # certificates, which are no secret, may stand beside the key
        lines = (line.strip() for block in _BLOCK.findall(octets) for line in block.splitlines())
        found = [line for line in lines if _LINE.fullmatch(line)]
    else:
        encoded = base64.b64encode(octets)
        found = [encoded[place : place + _WIDTH] for place in range(0, len(encoded), _WIDTH)]
    return frozenset(line.decode("ascii") for line in found)


def shows_a_name(text: str) -> bool:
    """Whether what stands for an environment variable's name looks like a name, and like no secret."""
    return _NAME.fullmatch(text) is not None
