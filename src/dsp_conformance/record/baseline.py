"""The vendor's own list of known failures: documented, never forgiven.

A baseline is a TOML file of the vendor's own, never part of the suite (`anchors.md`: "vendor exceptions live
in the vendor's own baseline file"):

    [[known]]
    requirement = "MP105-08"    # or: scenario = "features/...::its name::its row"
    reason = "fixed in release 4.2"
    expires = 2027-03-31

What it changes and what not:

- Verdicts stay as they are: a known failure is a failure, and no baseline makes a product conformant.
- Reports tell known failures from new ones. A scenario's failure is known if every requirement that it
  fails is listed, or the scenario itself is.
- An entry covers its last day. One that has expired covers nothing.
- An entry that has expired, or whose requirement or scenario passes, is stale. Stale entries are an error of
  configuration, which ends a run with exit code 2 unless something worse happened: a new failure, something
  inconclusive, an error of the suite.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from dsp_conformance.ledger.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from dsp_conformance.record.scenario_record import ScenarioRecord

_LIMIT = 1 << 20
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_EXPECTED = {
    "requirement": "a requirement's id as text, such as 'MP105-04'",
    "scenario": "a scenario's id as text, as results.json has it",
    "reason": "a text that says why this is known and what becomes of it",
    "expires": "a date without quotes, such as 2027-03-31",
}


class BaselineError(Exception):
    """A baseline file cannot be used.

    Attributes:
        path: the file.
        problems: all that is wrong with it, each with its key, what was expected and what was found.
    """

    def __init__(self, path: Path, problems: Iterable[str]) -> None:
        self.path, self.problems = path, tuple(problems)
        super().__init__(path, self.problems)

    def __str__(self) -> str:
        """The file, the number of problems, then one line for each."""
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = (f"  {problem}" for problem in self.problems)
        return "\n".join([f"the baseline file {self.path} cannot be used: {count}", *lines])


class KnownFailure(BaseModel):
    """One entry: a failure that the vendor knows of.

    Attributes:
        requirement: the requirement that is known to fail; None if the entry names a scenario.
        scenario: the scenario that is known to fail, with its Examples row or for all of its rows.
        reason: why, and what becomes of it.
        expires: the last day on which the entry counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    requirement: _Text | None = None
    scenario: _Text | None = None
    reason: _Text
    expires: date

    @property
    def about(self) -> str:
        """The id of the requirement or scenario."""
        return self.requirement or self.scenario or ""

    def names(self, record: ScenarioRecord) -> bool:
        """Whether the entry is about this scenario."""
        return self.scenario is not None and self.scenario in (record.identity.id, record.identity.template)

    def __str__(self) -> str:
        """Reason and last day, as reports show them."""
        return f"{self.reason} (until {self.expires.isoformat()})"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    known: Annotated[list[KnownFailure], Field(default_factory=list)]


class EntryState(StrEnum):
    """What a run says about an entry."""

    KNOWN_FAILURE = "known failure"
    PASSES = "stale: it passes"
    EXPIRED = "stale: it has expired"
    NOT_JUDGED = "not judged in this run"

    @property
    def stale(self) -> bool:
        """Whether the entry has to be taken out of the file, or given another date."""
        return self in (EntryState.PASSES, EntryState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline file as of one day.

    Attributes:
        path: the file.
        entries: what it lists.
        today: the day of the run.
    """

    path: Path
    entries: tuple[KnownFailure, ...]
    today: date

    @classmethod
    def load(cls, path: Path, requirements: Collection[str], *, today: date | None = None) -> Baseline:
        """Read and check a file.

        Args:
            path: the file.
            requirements: ids that the ledger holds.
            today: the day of the run; today's date in UTC where left out.

        Raises:
            BaselineError: with everything that is wrong. Ids of scenarios are checked once these are known
                (`unknown_scenarios`).
        """
        entries = _read(path)
        problems = [*_misnamed(entries, requirements), *_repeated(entries)]
        if problems:
            raise BaselineError(path, problems)
        return cls(path, tuple(entries), today or datetime.now(UTC).date())

    def require_scenarios(self, scenarios: Collection[str]) -> None:
        """See that every scenario that is listed exists.

        Args:
            scenarios: all ids there are, with and without Examples rows.

        Raises:
            BaselineError: one does not.
        """
        problems = [
            f"known[{number}] scenario: no scenario has the id {entry.scenario!r}"
            f"{_meant(entry.scenario, scenarios)}"
            for number, entry in enumerate(self.entries, 1)
            if entry.scenario is not None and entry.scenario not in scenarios
        ]
        if problems:
            raise BaselineError(self.path, problems)

    def known(self, record: ScenarioRecord) -> tuple[KnownFailure, ...]:
        """The entries that explain a failed scenario; none if it did not fail, or not all of it is known."""
        if record.verdict is not Verdict.FAIL:
            return ()
        alive = [entry for entry in self.entries if entry.expires >= self.today]
        if of_scenario := [entry for entry in alive if entry.names(record)]:
            return tuple(of_scenario)
        failed = {name for name, verdict in record.requirement_verdicts().items() if verdict is Verdict.FAIL}
        listed = {entry.requirement: entry for entry in alive if entry.requirement in failed}
        return tuple(listed.values()) if failed and failed == listed.keys() else ()

    def states(
        self, records: Collection[ScenarioRecord], requirements: dict[str, Verdict]
    ) -> list[tuple[KnownFailure, EntryState]]:
        """What a run says about each entry.

        Args:
            records: the run's scenarios.
            requirements: its verdict on each requirement.
        """
        return [(entry, self._state(entry, records, requirements)) for entry in self.entries]

    def _state(
        self, entry: KnownFailure, records: Collection[ScenarioRecord], requirements: dict[str, Verdict]
    ) -> EntryState:
        if entry.expires < self.today:
            return EntryState.EXPIRED
        if entry.requirement is not None:
            said = {requirements.get(entry.requirement, Verdict.NONE)}
        else:
            said = {record.verdict for record in records if entry.names(record)}
        if Verdict.FAIL in said:
            return EntryState.KNOWN_FAILURE
        return EntryState.PASSES if said == {Verdict.PASS} else EntryState.NOT_JUDGED


def _read(path: Path) -> list[KnownFailure]:
    try:
        with path.open("rb") as stream:
            octets = stream.read(_LIMIT + 1)
        if len(octets) > _LIMIT:
            raise BaselineError(path, [f"expected a file of at most {_LIMIT} octets, found a larger one"])
        tree = tomllib.loads(octets.decode("utf-8-sig"))  # editors may begin with a BOM
    except OSError as error:
        raise BaselineError(path, [f"expected a readable file, found: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        found = f"other octets at offset {error.start}"
        raise BaselineError(path, [f"expected UTF-8 text, found {found}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise BaselineError(path, [f"expected TOML, found: {error}"]) from None
    try:
        return _File.model_validate(tree).known
    except ValidationError as error:
        raise BaselineError(path, [_explained(each) for each in error.errors()]) from None


def _explained(error: ErrorDetails) -> str:
    """Say what pydantic found in the words of the file."""
    steps = error["loc"]
    if len(steps) < 2:  # noqa: PLR2004 - "known" itself, or another key beside it
        if steps[0] == "known":
            found = "one under [known]" if isinstance(error["input"], dict) else _shown(error["input"])
            return f"known: expected entries under [[known]], in two pairs of brackets, found {found}"
        return (
            f"{steps[0]}: expected entries under [[known]] and nothing else{_meant(str(steps[0]), ['known'])}"
        )
    place = f"known[{int(steps[1]) + 1}]"
    if len(steps) == 2:  # noqa: PLR2004 - the entry as a whole
        return f"{place}: expected an entry with {', '.join(_EXPECTED)}, found {_shown(error['input'])}"
    key = str(steps[2])
    if error["type"] == "extra_forbidden":
        return f"{place} {key}: expected one of the keys {', '.join(_EXPECTED)}{_meant(key, _EXPECTED)}"
    found = "nothing" if error["type"] == "missing" else _shown(error["input"])
    return f"{place} {key}: expected {_EXPECTED[key]}, found {found}"


def _shown(value: object) -> str:
    """A value as TOML writes it, as far as people know it from their file."""
    return str(value) if isinstance(value, date) else repr(value)


def _misnamed(entries: Iterable[KnownFailure], requirements: Collection[str]) -> Iterable[str]:
    for number, entry in enumerate(entries, 1):
        if (entry.requirement is None) == (entry.scenario is None):
            found = "neither" if entry.requirement is None else "both"
            yield f"known[{number}]: expected either requirement or scenario, found {found}"
        if entry.requirement is not None and entry.requirement not in requirements:
            meant = _meant(entry.requirement, requirements)
            yield f"known[{number}] requirement: the ledger holds no requirement {entry.requirement!r}{meant}"


def _repeated(entries: Iterable[KnownFailure]) -> Iterable[str]:
    first: dict[str, int] = {}
    for number, entry in enumerate(entries, 1):
        if (earlier := first.setdefault(entry.about, number)) != number:
            yield f"known[{number}]: expected each id once, found {entry.about!r} as in known[{earlier}]"


def _meant(word: str, valid: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(valid), n=1)
    return f" - did you mean {near[0]!r}?" if near else ""
