"""What is wrong with a target file, as data that renders itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - callers' tools resolve the fields

__all__ = ["TargetError", "TargetProblem"]


@dataclass(frozen=True, slots=True)
class TargetProblem:
    """One thing that is wrong. Never holds a secret.

    Attributes:
        section: the section of the file, such as "dsp" or "users[1]" (counted from 1); empty for the file
            itself.
        key: the key in the section; empty if the section itself is wrong.
        expected: what would have been right.
        found: what stands there instead.
        nearest: the nearest spelling that would be valid; empty if none is near.
        hint: what to do next; may be empty.
    """

    section: str
    key: str
    expected: str
    found: str
    nearest: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = " ".join(part for part in (self.section and f"[{self.section}]", self.key) if part)
        lines = [f"{where or 'the file'}: expected {self.expected}, found {self.found}"]
        if self.nearest:
            lines.append(f"    did you mean {self.nearest!r}?")
        if self.hint:
            lines.append(f"    {self.hint}")
        return "\n".join(lines)


class TargetError(Exception):
    """A target file cannot be used.

    Attributes:
        path: the file; None if the target did not come from one.
        problems: everything that is wrong with it, in the order of the file's sections.
    """

    def __init__(self, path: Path | None, problems: tuple[TargetProblem, ...]) -> None:
        super().__init__(path, problems)
        self.path, self.problems = path, problems

    def __str__(self) -> str:
        named = "the target" if self.path is None else f"the target file {self.path}"
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return "\n".join([f"{named} cannot be used: {count}", *(f"  {each}" for each in self.problems)])
