"""What can be wrong with a key or a certificate, as data that renders itself."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Defect", "SmkiError"]


class Defect(StrEnum):
    """What is wrong with a key or a certificate: a member for each thing that is mended differently."""

    MISSING = "missing"
    NOT_A_FILE = "not-a-file"
    UNREADABLE = "unreadable"
    UNWRITABLE = "unwritable"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    DAMAGED = "damaged"
    WRONG_CONTENT = "wrong-content"
    """The file holds something else: a certificate where a key is expected, or the reverse, or neither."""
    KEY_TYPE = "key-type"
    CURVE = "curve"
    PASSWORD_NEEDED = "password-needed"  # noqa: S105  # the name of a defect
    PASSWORD_WRONG = "password-wrong"  # noqa: S105  # the name of a defect
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    EUI = "eui"
    ROLE = "role"
    KEY_USE = "key-use"
    PAIR = "pair"
    """The private key is not the one that the certificate speaks of."""


class SmkiError(Exception):
    """A key or a certificate cannot be used. Never holds any part of a key or a password.

    Attributes:
        defect: what is wrong, for programs.
        what: the thing that is wrong, for people: "private key", "certificate", "folder".
        expected: what would have been right.
        found: what there is instead.
        hint: what to do next, a sentence.
        path: the file or folder, or None if the octets came from elsewhere.
    """

    def __init__(  # noqa: PLR0917  # the fields, in the order in which they read as a sentence
        self, defect: Defect, what: str, expected: str, found: str, hint: str, path: Path | None = None
    ) -> None:
        super().__init__(defect, what, expected, found, hint, path)
        self.defect = defect
        self.what = what
        self.expected = expected
        self.found = found
        self.hint = hint
        self.path = path

    def __str__(self) -> str:
        where = self.what if self.path is None else f"{self.what} {self.path}"
        return f"{where}: expected {self.expected}, found {self.found}. {self.hint}"
