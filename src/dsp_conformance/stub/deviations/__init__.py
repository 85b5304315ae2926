"""Deviations: named, deterministic, single ways in which the reference DSP can be made to differ.

They prove that the suite can fail: each violation must fail for a requirement that it breaks, and no lawful
variation may fail at all (`dsp-conformance selfcheck`).
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dsp_conformance.stub.deviations import (
    addressing,
    answering,
    asking,
    barring,
    believing,
    comparing,
    delivering,
    exceptions,
    histories,
    lawful_asking,
    lawful_conduct,
    lawful_echoes,
    lawful_messages,
    lawful_smets1,
    lawful_spelling,
    lawful_users,
    lawful_waiting,
    listing,
    moments,
    other_ways_out,
    payloads,
    refusing,
    remembering,
    restoring,
    suspension,
    updating,
    waiting,
)
from dsp_conformance.stub.deviations.deviation import Deviation, DeviationKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["CATALOGUE", "Deviation", "DeviationKind", "UnknownDeviation", "deviating", "find"]

_MODULES: Final = (
    exceptions,
    asking,
    restoring,
    other_ways_out,
    barring,
    listing,
    comparing,
    moments,
    remembering,
    histories,
    waiting,
    suspension,
    updating,
    refusing,
    delivering,
    payloads,
    addressing,
    answering,
    believing,
    lawful_messages,
    lawful_spelling,
    lawful_echoes,
    lawful_conduct,
    lawful_asking,
    lawful_smets1,
    lawful_users,
    lawful_waiting,
)

CATALOGUE: Final[Mapping[str, Deviation]] = MappingProxyType(
    {deviation.id: deviation for module in _MODULES for deviation in module.DEVIATIONS}
)
"""All deviations by id: first the violations, subject by subject, then the lawful variations."""


class UnknownDeviation(LookupError):  # noqa: N818 - named for what it says
    """No deviation has that id.

    Attributes:
        id: what was asked for.
        nearest: the ids that are spelled most alike, if any.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.id = name
        self.nearest = tuple(get_close_matches(name.lower(), CATALOGUE, n=3, cutoff=0.5))

    @property
    def hint(self) -> str:
        """What to do about it."""
        nearest = f"Did you mean {' or '.join(self.nearest)}? " if self.nearest else ""
        return f"{nearest}'dsp-conformance selfcheck --list' shows all."

    def __str__(self) -> str:
        return f"deviation: expected the id of a deviation, found {self.id!r}. {self.hint}"


def find(names: Iterable[str]) -> tuple[Deviation, ...]:
    """Return the deviations of these ids, each once, in the order they are named.

    Raises:
        UnknownDeviation: there is no such deviation.
    """
    found = []
    for name in dict.fromkeys(names):
        if name not in CATALOGUE:
            raise UnknownDeviation(name)
        found.append(CATALOGUE[name])
    return tuple(found)


def deviating(options: DspOptions, deviations: Iterable[Deviation]) -> DspOptions:
    """Return the options of a DSP that differs in all these ways; the later ones wrap the earlier."""
    for deviation in deviations:
        options = deviation.apply(options)
    return options
