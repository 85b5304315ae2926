"""Text of a product made harmless for terminals and XML, and still recognisable."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["one_line", "printable"]

# What XML 1.0 forbids, what moves a terminal's cursor, and what makes text run the other way.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def printable(text: str) -> str:
    r"""Return a text in which control characters are shown as escapes, such as ``\x1b``.

    Line feeds and tabs stay. What is returned may stand in XML.
    """
    return _UNPRINTABLE.sub(_escaped, text)


def one_line(text: str) -> str:
    """Return a text as `printable` does, its lines joined by spaces."""
    return " ".join(printable(text).split())


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
