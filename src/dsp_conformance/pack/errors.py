"""Why a pack cannot be made or looked at."""

from __future__ import annotations


class PackError(Exception):
    """A pack cannot be made, or is none that could be verified safely.

    Attributes:
        what: what is wrong, in one line.
        expected: what was expected; may be empty.
        found: what was found; may be empty.
        hint: what to do next; may be empty.
    """

    def __init__(self, what: str, *, expected: str = "", found: str = "", hint: str = "") -> None:
        self.what, self.expected, self.found, self.hint = what, expected, found, hint
        super().__init__(what)

    def __str__(self) -> str:
        """The reason, then what was expected and found, and what to do."""
        parts = (("expected", self.expected), ("found", self.found), ("what to do", self.hint))
        return "\n".join([self.what, *(f"  {label}: {text}" for label, text in parts if text)])
