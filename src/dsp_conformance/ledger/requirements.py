"""The ledger of requirements: what the suite holds a DSP to, as data.

The file (`features/requirements.toml`) is the only place that says which requirements there are; reports
take titles, keywords and sources from here.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dsp_conformance.ledger.switches import demand_of, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

REQUIREMENT_ID = re.compile(r"[A-Z][A-Z0-9]*-[0-9]{2}")

Applicability = Literal[
    "smets1",
    "resent_activation",
    "secmp0007",
    "local_delivery",
    "not smets1",
    "not resent_activation",
    "not secmp0007",
    "not local_delivery",
]
Source = Literal["S", "P", "X", "D", "U"]
Basis = Literal["stated", "derived"]
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

SOURCES: Final[Mapping[Source, str]] = MappingProxyType(
    {
        "S": "DP105 problem statement and Panel paper",
        "P": "public MP105 modification page",
        "X": "DUIS schema",
        "D": "the DCC's published tools, samples and their documentation",
        "U": "list of DUIS response codes (an unofficial copy)",
    }
)
"""What the letters stand for that the ledger names sources by."""

NO_SOURCE: Final = "no published text that could be read"
"""What an ASSUMED requirement rests on."""


class LedgerError(Exception):
    """The ledger cannot be used.

    Attributes:
        path: the ledger's file.
        key: the place in the file, such as "requirements.MP105-04.keyword".
        reason: what is wrong there.
        nearest: the nearest spelling that would be valid; empty if none is near.
    """

    def __init__(self, path: Path, key: str, reason: str, nearest: str = "") -> None:
        self.path, self.key, self.reason, self.nearest = path, key, reason, nearest
        super().__init__(path, key, reason)

    def __str__(self) -> str:
        """File, key and reason, and the spelling that was probably meant."""
        meant = f" - did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.path}: {self.key or 'file'}: {self.reason}{meant}"


class UnknownRequirement(KeyError):  # noqa: N818 - reads as what is wrong
    """An id that the ledger does not hold.

    Attributes:
        requirement: the id.
        nearest: the nearest id of the ledger; empty if none is near.
    """

    def __init__(self, requirement: str, nearest: str) -> None:
        self.requirement, self.nearest = requirement, nearest
        super().__init__(requirement)

    def __str__(self) -> str:
        """The id and the one that was probably meant."""
        meant = f" - did you mean {self.nearest!r}?" if self.nearest else ""
        return f"the ledger holds no requirement {self.requirement!r}{meant}"


class Keyword(StrEnum):
    """How binding a requirement is."""

    MUST = "MUST"
    ASSUMED = "ASSUMED"


class Requirement(BaseModel):
    """One demand on a DSP.

    Attributes:
        id: the id that scenarios carry as a tag, such as "MP105-04".
        title: a short form for labels and tables.
        text: the whole demand, "A conforming DSP ...".
        keyword: MUST, or ASSUMED where nothing that could be read settles the matter.
        source: what the demand rests on, by the letters of `SOURCES`.
        basis: of a MUST: whether its source states the demand, or the demand is derived from it.
        derivation: how it follows from the source, in one sentence; of a stated demand, what of it goes
            beyond the source's own words. Empty where nothing does.
        applicability: the profile switch on which the requirement depends: it falls away where the switch is
            declared "no" ("smets1"), or "yes" ("not secmp0007"). None if it always applies.
        revision: rises whenever the demand changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: _Text
    text: Annotated[_Text, StringConstraints(pattern=r"^A conforming DSP")]
    keyword: Keyword
    source: tuple[Source, ...] = ()
    basis: Basis | None = None
    derivation: Annotated[str, StringConstraints(pattern=r"^(\S.*\.)?$")] = ""
    applicability: Applicability | None = None
    revision: Annotated[int, Field(ge=1, strict=True)]

    @property
    def group(self) -> str:
        """The part of the id before the hyphen, such as "MP105"."""
        return self.id.partition("-")[0]

    @property
    def standing(self) -> str:
        """How the demand stands there: "stated", "derived: ..." or "stated; beyond its words: ..."."""
        if self.basis is None:
            return ""
        how = {"stated": "; beyond its words: ", "derived": ": "}[self.basis]
        return f"{self.basis}{how}{self.derivation}" if self.derivation else self.basis

    @property
    def unfounded(self) -> tuple[str, str] | None:
        """The key by which a demand does not show where it stands, and what is wrong; None if all do."""
        must = self.keyword is Keyword.MUST
        if must and not self.source:
            letters = ", ".join(f"{letter} ({text})" for letter, text in SOURCES.items())
            return "source", f"a MUST names where it stands, by one letter or more: {letters}"
        if must and self.basis is None:
            return "basis", "a MUST says whether its source states the demand: 'stated' or 'derived'"
        if self.basis == "derived" and not self.derivation:
            return "derivation", "a derived demand says in one sentence how it follows from its source"
        if not must and (self.source or self.basis or self.derivation):
            return "keyword", "what has a source is a MUST: an ASSUMED requirement names none"
        return None

    def not_applicable(self, profile: Mapping[str, bool | None]) -> str | None:
        """Why the requirement does not apply to a product of this profile; None if it applies.

        Args:
            profile: per switch what the product declares: yes, no, or undeclared (None or absent).
        """
        return None if self.applicability is None else ruled_out(self.applicability, profile)


def ruled_out(applicability: Applicability, profile: Mapping[str, bool | None]) -> str | None:
    """Why something that depends on a profile switch does not apply; None if it does.

    An undeclared switch rules nothing out: a profile is complete before it supports a claim (`switches`).

    Args:
        applicability: the switch that must not be declared absent ("smets1"), or present ("not secmp0007").
        profile: per switch what the product declares: yes, no, or undeclared (None or absent).
    """
    switch, needed = demand_of(applicability)
    declared = profile.get(switch)
    if declared is None or declared is needed:
        return None
    return f"the profile says {switch} = {said(declared)}"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    groups: dict[str, _Text]
    requirements: dict[str, Requirement]

    @model_validator(mode="before")
    @classmethod
    def _keys_are_ids(cls, tree: object) -> object:
        if not isinstance(tree, Mapping) or not isinstance(tree.get("requirements"), Mapping):
            return tree
        entries = {
            key: {**entry, "id": key} if isinstance(entry, Mapping) else entry
            for key, entry in tree["requirements"].items()
        }
        return {**tree, "requirements": entries}


class Ledger(Mapping[str, Requirement]):
    """All requirements by id, in the order of the file.

    Attributes:
        groups: title of each group of ids, such as "MP105" -> "MP105: the change".
    """

    def __init__(self, requirements: Iterable[Requirement], groups: Mapping[str, str]) -> None:
        self._by_id = {requirement.id: requirement for requirement in requirements}
        self.groups = dict(groups)

    @classmethod
    def load(cls, path: Path) -> Ledger:
        """Read and check a ledger file.

        Raises:
            LedgerError: the file is missing, is no TOML or breaks a rule; names the first offending key.
        """
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # editors may begin with a BOM
        except OSError as error:
            raise LedgerError(path, "", f"cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise LedgerError(path, "", f"is no TOML: {error}") from error
        try:
            content = _File.model_validate(tree)
        except ValidationError as error:
            raise _explained(path, _telling(error.errors())) from error
        for identifier, requirement in content.requirements.items():
            key = f"requirements.{identifier}"
            if not REQUIREMENT_ID.fullmatch(identifier):
                raise LedgerError(path, key, "an id reads GROUP-nn, such as MP105-04")
            if requirement.group not in content.groups:
                nearest = _nearest(requirement.group, content.groups)
                raise LedgerError(path, key, f"no [groups] entry {requirement.group!r}", nearest)
            if requirement.unfounded:
                lacking, reason = requirement.unfounded
                raise LedgerError(path, f"{key}.{lacking}", reason)
        return cls(content.requirements.values(), content.groups)

    def __getitem__(self, requirement: str) -> Requirement:
        try:
            return self._by_id[requirement]
        except KeyError:
            raise UnknownRequirement(requirement, _nearest(requirement, self._by_id)) from None

    def __contains__(self, requirement: object) -> bool:
        return requirement in self._by_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def is_must(self, requirement: str) -> bool:
        """Whether a verdict on this id counts as one on a MUST; ids unknown to the ledger do."""
        return requirement not in self._by_id or self._by_id[requirement].keyword is Keyword.MUST


def _nearest(word: str, valid: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(word, list(valid), n=1)), "")


def _telling(errors: list[ErrorDetails]) -> ErrorDetails:
    """The first error; of a key that is missing and one beside it that nobody knows, the misspelt one."""
    first = errors[0]
    beside = [one for one in errors if one["loc"][:-1] == first["loc"][:-1]]
    return next((one for one in beside if one["type"] == "extra_forbidden"), first)


def _explained(path: Path, error: ErrorDetails) -> LedgerError:
    key = ".".join(str(part) for part in error["loc"])
    name, value = str(error["loc"][-1]), str(error["input"])
    match error["type"]:
        case "extra_forbidden":
            fields = _File.model_fields if len(error["loc"]) == 1 else Requirement.model_fields
            return LedgerError(path, key, "no such key", _nearest(name, fields))
        case "missing":
            return LedgerError(path, key, "is missing")
        case "enum" | "literal_error":
            allowed = {
                "keyword": tuple(map(str, Keyword)),
                "applicability": get_args(Applicability),
                "basis": get_args(Basis),
            }.get(name, get_args(Source))
            reason = f"{value!r} is none of {', '.join(allowed)}"
            return LedgerError(
                path, key, reason, _nearest(value.upper(), allowed) or _nearest(value, allowed)
            )
        case _:
            return LedgerError(path, key, f"{error['msg']}, found {error['input']!r}")
