"""Which use cases a service request leads to, and the message codes by which Devices' messages name them.

The data file `data/use-cases.csv` holds every use case that a request leads to and of which a vector is
published (RTDS 4.5.0); its codes were read off the vectors. A few use cases share one code.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["UseCase", "code_of", "codes_of", "use_cases_of"]


@dataclass(frozen=True, slots=True)
class UseCase:
    """One use case of GBCS.

    Attributes:
        name: such as ``ECS52``; the letters before the number tell what kind of Device it is written for.
        message_code: the two octets that name it in a message.
    """

    name: str
    message_code: int


def use_cases_of(variant: str) -> tuple[UseCase, ...]:
    """Return the use cases of a Service Reference Variant; none where none is published."""
    return _table().get(variant, ())


def codes_of(variant: str) -> frozenset[int]:
    """Return the message codes that messages of a Service Reference Variant can bear."""
    return frozenset(each.message_code for each in use_cases_of(variant))


def code_of(variant: str, kinds: Sequence[str]) -> int | None:
    """Return the message code of a request for one kind of Device.

    Args:
        variant: the Service Reference Variant.
        kinds: beginnings of use cases' names, such as ``GCS``, the most fitting first.

    Returns:
        The code of the first use case that fits, or of any where none does; None where none is published.
    """
    use_cases = use_cases_of(variant)
    fitting = (each for kind in kinds for each in use_cases if each.name.startswith(kind))
    found = next(fitting, use_cases[0] if use_cases else None)
    return None if found is None else found.message_code


@cache
def _table() -> Mapping[str, tuple[UseCase, ...]]:
    file = resources.files("dsp_conformance.gbcs") / "data" / "use-cases.csv"
    found: dict[str, tuple[UseCase, ...]] = {}
    for row in csv.DictReader(file.read_text(encoding="ascii").splitlines()):
        use_case = UseCase(row["use_case"], int(row["message_code"], 16))
        found[row["variant"]] = (*found.get(row["variant"], ()), use_case)
    return MappingProxyType(found)
