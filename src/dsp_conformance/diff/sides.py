"""What is compared: the results of a run, from wherever they are kept."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsp_conformance.pack.errors import PackError
from dsp_conformance.pack.verifying import verify
from dsp_conformance.record import journal
from dsp_conformance.record.results import FORMAT

_LARGEST = 512 << 20


class SideError(Exception):
    """Something that was to be compared cannot be.

    Attributes:
        path: what was given.
        reason: why it cannot be compared.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return (
            f"{self.path} cannot be compared: {self.reason}\n"
            "  what to do: give a reports folder, its results.json or journal.jsonl, or an evidence pack"
        )


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Wire(_Part):
    """How an exchange travelled; see `evidence.Wire`."""

    began: int
    seconds: float | None
    status: int | None
    request_id: str
    variant: str
    service: str


class CheckMade(_Part):
    """A check of one message."""

    requirement: str
    passed: bool


class Exchanged(_Part):
    """One exchange."""

    title: str
    checks: tuple[CheckMade, ...]
    wire: Wire | None


class Seen(_Part):
    """What was seen somewhere."""

    exchanges: tuple[Exchanged, ...]


class Step(Seen):
    """One step."""

    keyword: str
    text: str
    status: str


class Scenario(Seen):
    """One scenario."""

    id: str
    verdict: str
    exclusion: str | None
    requirements: tuple[str, ...]
    start: int
    stop: int
    steps: tuple[Step, ...]
    late: Seen

    @property
    def state(self) -> str:
        """The verdict, or why there is none."""
        return self.exclusion or self.verdict

    def places(self) -> list[Seen]:
        """Everywhere that something was seen, in the order of `ScenarioRecord.exchanges`."""
        return [self, *self.steps, self.late]


class Requirement(_Part):
    """One requirement."""

    id: str
    title: str
    revision: int
    verdict: str


class Verdict(_Part):
    """The run's verdict."""

    verdict: str
    sentence: str


class Product(_Part):
    """What was tested."""

    name: str
    version: str


class Told(_Part):
    """The run."""

    dsp: Product
    suite_version: str
    started: str
    complete: bool
    profile: dict[str, bool | str | None] = {}


class Results(_Part):
    """Of the document `results.json`, what is compared."""

    format: Annotated[Literal[1], Field()]
    run: Told
    verdict: Verdict
    requirements: tuple[Requirement, ...]
    scenarios: tuple[Scenario, ...]


class Side(_Part):
    """One of the two runs.

    Attributes:
        path: where it came from, as it was given.
        results: what it says.
    """

    path: Path
    results: Results

    @property
    def label(self) -> str:
        """Product, version and time, for people."""
        told = self.results.run
        return f"{told.dsp.name} {told.dsp.version}".strip() + f", {told.started[:16].replace('T', ' ')} UTC"


def load_side(path: Path) -> Side:
    """Read one of two runs: from a reports folder, its results.json or journal.jsonl, or an evidence pack.

    Verdicts are computed from the journal wherever there is one; a pack that does not verify is refused.

    Raises:
        SideError: it cannot be read as any of these.
    """
    try:
        return Side(path=path, results=_checked(path, _document(path)))
    except journal.JournalError as error:
        raise SideError(path, error.reason) from None
    except OSError as error:
        raise SideError(path, error.strerror or str(error)) from None


def _document(path: Path) -> Any:
    if path.is_dir():
        inside = path / journal.NAME
        return _document(inside if inside.exists() else path / "results.json")
    if zipfile.is_zipfile(path):
        return _in_pack(path)
    with path.open("rb") as file:
        beginning = file.read(256)
        if path.suffix == ".jsonl" or b'"type":"header"' in beginning:
            return journal.read(path).results
        octets = beginning + file.read(_LARGEST)
    if len(octets) > _LARGEST:
        raise SideError(path, f"expected at most {_LARGEST} octets, found more")
    return octets


def _in_pack(path: Path) -> Any:
    try:
        found = verify(path)
    except PackError as error:
        raise SideError(path, str(error)) from None
    if not found.good or found.source is None:
        raise SideError(path, f"it does not verify: {next(found.problems())}")
    return found.source.results


def _checked(path: Path, document: Any) -> Results:
    try:
        if isinstance(document, bytes):
            return Results.model_validate_json(document)
        return Results.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        reason = f"expected results of format {FORMAT}; {where}: {first['msg']}"
        raise SideError(path, reason) from None
