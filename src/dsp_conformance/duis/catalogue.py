"""The catalogue of Service Reference Variants: the 129 kinds of Service Request that DUIS knows, as data.

The data file `data/service-requests.csv` was compiled from the published request matrix, templates and
vectors, and is the project's own; 7.16, 8.5 and 8.6 have no user roles there, and the scheduling of 4.2 is
out of date. Types are those that the GBCS use cases are written for. Where the published request templates
name another, such as the Gas Proxy Function, that counts if the use cases are clear; otherwise the type is
marked as uncertain (`domain.md`, end of "Response codes").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, NoReturn, TypeVar

from dsp_conformance.duis.terms import (
    VARIANTS_OF,
    CommandVariant,
    CplStatus,
    DeviceStatus,
    DeviceType,
    FutureDating,
    Kind,
    Service,
    UserRole,
    service_for,
)

__all__ = [
    "Catalogue",
    "CatalogueError",
    "CommandVariant",
    "CplStatus",
    "DeviceStatus",
    "DeviceType",
    "FutureDating",
    "Kind",
    "Service",
    "ServiceReferenceVariant",
    "UnknownVariant",
    "UserRole",
    "catalogue",
    "read_catalogue",
    "service_for",
]

_COLUMNS: Final = (
    "variant",
    "reference",
    "name",
    "body_element",
    "kind",
    "on_demand",
    "future_dated",
    "dcc_scheduled",
    "user_roles",
    "use_cases",
    "device_types",
    "uncertain_types",
)
_FIRST_ROW: Final = 2  # the header is line 1
_YES_NO: Final[Mapping[str, bool]] = MappingProxyType({"Yes": True, "No": False})
_Word = TypeVar("_Word", bound=StrEnum)


class CatalogueError(ValueError):
    """The catalogue's data file is unusable.

    Attributes:
        origin: the file.
        line: line of the file, counted from 1.
        column: name of the column.
        expected: what the column may hold.
        found: what it holds.
    """

    def __init__(self, *, origin: str, line: int, column: str, expected: str, found: str) -> None:
        super().__init__(origin, line, column, expected, found)
        self.origin = origin
        self.line = line
        self.column = column
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return (
            f"{self.origin}, line {self.line}, {self.column}: expected {self.expected}, found {self.found!r}"
        )


class UnknownVariant(KeyError):  # noqa: N818 - reads as what it is wherever it is caught
    """No Service Request has this Service Reference Variant.

    Attributes:
        variant: what was looked up.
        candidates: variants of the same reference, which may have been meant.
    """

    def __init__(self, variant: object, candidates: tuple[str, ...]) -> None:
        super().__init__(variant)
        self.variant = variant
        self.candidates = candidates

    def __str__(self) -> str:
        expected = " or ".join(self.candidates) if self.candidates else "one such as 11.2 or 4.1.1"
        return f"no Service Request has the variant {self.variant!r}: expected {expected}"


@dataclass(frozen=True, slots=True)
class ServiceReferenceVariant:
    """One kind of Service Request.

    Attributes:
        variant: the Service Reference Variant, such as `"4.1.1"`.
        reference: the Service Reference it belongs to, such as `"4.1"`.
        name: its name for people.
        body_element: local name of the element that a request of this kind carries in its Body. A signed
            Pre-Command (Command Variants 5 to 7) carries `SignedPreCommand` instead.
        kind: critical, non-critical or non-device.
        on_demand: whether a Device may be asked to execute it at once; no for non-device requests.
        future_dated: who keeps the time, if it may be executed later.
        dcc_scheduled: whether the DCC can send it by a schedule (SR5.1).
        user_roles: who may send it; empty where no source says.
        use_cases: the GBCS use cases it leads to.
        device_types: the types of Device that the use cases are for; empty for non-device requests.
        uncertain_types: those of them that a product may lawfully not take the request for, as nothing
            published settles it.
    """

    variant: str
    reference: str
    name: str
    body_element: str
    kind: Kind
    on_demand: bool
    future_dated: FutureDating
    dcc_scheduled: bool
    user_roles: frozenset[UserRole]
    use_cases: tuple[str, ...]
    device_types: frozenset[DeviceType]
    uncertain_types: frozenset[DeviceType] = frozenset()

    @property
    def command_variants(self) -> frozenset[CommandVariant]:
        """The Command Variants that it may carry, by its kind (`domain.md`, "Command Variants")."""
        return VARIANTS_OF[self.kind]


class Catalogue(Mapping[str, ServiceReferenceVariant]):
    """Every Service Reference Variant by its number, in the order of the data file.

    Looking up a variant that is not there raises `UnknownVariant`, a `KeyError`.
    """

    __slots__ = ("_by_body_element", "_by_variant")

    def __init__(self, entries: tuple[ServiceReferenceVariant, ...]) -> None:
        self._by_variant = MappingProxyType({entry.variant: entry for entry in entries})
        self._by_body_element = MappingProxyType({entry.body_element: entry for entry in entries})

    def __getitem__(self, variant: str) -> ServiceReferenceVariant:
        try:
            return self._by_variant[variant]
        except KeyError:
            close = (entry.variant for entry in self.values() if entry.reference == variant)
            raise UnknownVariant(variant, tuple(close)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_variant)

    def __len__(self) -> int:
        return len(self._by_variant)

    def with_body_element(self, local_name: str) -> ServiceReferenceVariant | None:
        """The variant whose requests carry this element in their Body, or None."""
        return self._by_body_element.get(local_name)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the data file; its methods read one cell each, or say what is wrong with it."""

    origin: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        found = self.cells[column].strip()
        if not found:
            self._refuse(column, "some text")
        return found

    def word(self, column: str, words: type[_Word]) -> _Word:
        return self._one_of(column, words, self.cells[column])

    def words(self, column: str, words: type[_Word]) -> frozenset[_Word]:
        return frozenset(self._one_of(column, words, found) for found in self.cells[column].split())

    def some_of(self, column: str, words: frozenset[DeviceType]) -> frozenset[DeviceType]:
        found = self.words(column, DeviceType)
        if not found <= words:
            self._refuse(column, f"some of {' '.join(sorted(words)) or 'no types'}")
        return found

    def yes(self, column: str) -> bool:
        found = self.cells[column]
        if found not in _YES_NO:
            self._refuse(column, "Yes or No")
        return _YES_NO[found]

    def unused(self, column: str, taken: Mapping[str, int]) -> str:
        found = self.text(column)
        if found in taken:
            self._refuse(column, f"a value of its own (line {taken[found]} has the same)")
        return found

    def _one_of(self, column: str, words: type[_Word], found: str) -> _Word:
        try:
            return words(found)
        except ValueError:
            self._refuse(column, f"one of {', '.join(words)}", found)

    def _refuse(self, column: str, expected: str, found: str | None = None) -> NoReturn:
        raise CatalogueError(
            origin=self.origin,
            line=self.line,
            column=column,
            expected=expected,
            found=self.cells[column] if found is None else found,
        )


def read_catalogue(text: str, *, origin: str) -> Catalogue:
    """Reads a catalogue from comma-separated text with a header line.

    Args:
        text: the file's content; its columns are the fields of `ServiceReferenceVariant`, lists are separated
            by spaces.
        origin: what to call the file in errors.

    Raises:
        CatalogueError: a column is missing, a word is unknown, or a variant or body element stands twice.
    """
    rows = csv.reader(io.StringIO(text))
    header = next(rows, [])
    if tuple(header) != _COLUMNS:
        raise CatalogueError(
            origin=origin, line=1, column="header", expected=",".join(_COLUMNS), found=",".join(header)
        )
    entries: list[ServiceReferenceVariant] = []
    variants: dict[str, int] = {}
    body_elements: dict[str, int] = {}
    for line, cells in enumerate(rows, start=_FIRST_ROW):
        if len(cells) != len(_COLUMNS):
            raise CatalogueError(
                origin=origin,
                line=line,
                column="row",
                expected=f"{len(_COLUMNS)} columns",
                found=",".join(cells),
            )
        row = _Row(origin, line, dict(zip(_COLUMNS, cells, strict=True)))
        variants[row.unused("variant", variants)] = line
        body_elements[row.unused("body_element", body_elements)] = line
        entries.append(_entry(row))
    return Catalogue(tuple(entries))


def _entry(row: _Row) -> ServiceReferenceVariant:
    return ServiceReferenceVariant(
        variant=row.text("variant"),
        reference=row.text("reference"),
        name=row.text("name"),
        body_element=row.text("body_element"),
        kind=row.word("kind", Kind),
        on_demand=row.yes("on_demand"),
        future_dated=row.word("future_dated", FutureDating),
        dcc_scheduled=row.yes("dcc_scheduled"),
        user_roles=row.words("user_roles", UserRole),
        use_cases=tuple(row.cells["use_cases"].split()),
        device_types=row.words("device_types", DeviceType),
        uncertain_types=row.some_of("uncertain_types", row.words("device_types", DeviceType)),
    )


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with the suite, read once.

    Raises:
        CatalogueError: the installed data file has been damaged.
    """
    data = resources.files("dsp_conformance.duis") / "data" / "service-requests.csv"
    return read_catalogue(data.read_text(encoding="utf-8"), origin="service-requests.csv")
