"""The schemas of what the suite writes and reads, published with the package.

A file in `schemas/` is known by its name up to the first full stop: whoever adds one adds a schema to
`dsp-conformance schema`. The description of the Testbed Control API stands with the documentation.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from dsp_conformance.base.suite_files import TESTBED_CONTROL

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["NoSuchSchema", "schema_files", "schema_text"]


class NoSuchSchema(LookupError):  # noqa: N818 - reads as what it is wherever it is caught
    """There is no schema of that name.

    Attributes:
        name: what was asked for.
        known: the names that there are.
    """

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(name, known)

    def __str__(self) -> str:
        return f"expected one of the schemas {', '.join(self.known)}, found {self.name!r}"


def schema_files() -> dict[str, Traversable]:
    """Name and file of each published schema, sorted by name."""
    found: list[Traversable] = [one for one in (files(__package__) / "schemas").iterdir() if one.is_file()]
    found.append(TESTBED_CONTROL)
    return {one.name.partition(".")[0]: one for one in sorted(found, key=lambda one: one.name)}


def schema_text(name: str) -> str:
    """The text of a published schema.

    Raises:
        NoSuchSchema: there is none of that name.
    """
    known = schema_files()
    if name not in known:
        raise NoSuchSchema(name, tuple(known))
    return known[name].read_text(encoding="utf-8")
