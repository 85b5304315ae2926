"""The lines of a journal: their form, for whoever writes, reads or checks them.

A journal is UTF-8 text, one JSON object a line, each ended by a line feed. The first line is the header. A
run that came to its end has the footer as its last line; a run that was killed has none. Lines of several
processes stand in the order in which they were written. Each carries the run's id, the process that wrote it,
and that process's own count of lines, so that lines of another run and lines taken away show.

Instants are milliseconds since the epoch. Digests are SHA-256 in lower-case hexadecimal.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from dsp_conformance.ledger.requirements import Requirement
from dsp_conformance.ledger.verdicts import Attribution, Exclusion, RunVerdict
from dsp_conformance.record.baseline import KnownFailure
from dsp_conformance.record.evidence import (
    Check,
    Message,
    Operation,
    Wire,
)
from dsp_conformance.record.run import RunIdentity
from dsp_conformance.record.scenario_record import (
    Phase,
    ScenarioIdentity,
    StepStatus,
)

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

FORMAT: Final = "dsp-conformance journal"
"""What the header says a journal is."""

VERSION: Final = 1
"""Version of the form; rises when a reader of the former one would go wrong."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Instant = Annotated[int, Field(ge=0)]
Label = Literal["none", "pass", "inconclusive", "fail", "error"]
Index = Annotated[int, Field(ge=0)]
StepOrElse = Index | Literal["scenario", "late"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Octets(_Part):
    """A message, octet by octet.

    Attributes:
        size: how many octets.
        sha256: their digest.
        text: the octets as UTF-8 text, where they are that and begin with "<".
        base64: the octets otherwise. Where neither stands, a `message` line of the same digest has them.
    """

    size: Annotated[int, Field(ge=0)]
    sha256: Digest
    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, message: Message | None, *, elsewhere: bool = False) -> Octets | None:
        """Take a message whose octets were not yet released; None stays None."""
        if message is None:
            return None
        if message.octets is None or elsewhere:
            return cls(size=message.size, sha256=message.sha256)
        text = _as_text(message.octets)
        coded = base64.b64encode(message.octets).decode("ascii") if text is None else None
        return cls(size=message.size, sha256=message.sha256, text=text, base64=coded)

    def octets(self) -> bytes | None:
        """The octets; None where another line has them."""
        if self.text is not None:
            return self.text.encode()
        return None if self.base64 is None else base64.b64decode(self.base64, validate=True)

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Self:
        if self.text is not None and self.base64 is not None:
            raise ValueError("expected text or base64, found both")
        try:
            found = Message.of(self.octets())
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError(f"expected octets, found {error}") from None
        if found is not None and (found.size, found.sha256) != (self.size, self.sha256):
            raise ValueError("the octets are not those of the size and digest beside them")
        return self


def _as_text(octets: bytes) -> str | None:
    if not octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None


class _Line(_Part):
    """What all lines have.

    Attributes:
        run: the run's id, the same in all lines.
        process: who wrote it: "main", or a worker such as "gw0".
        number: counts that process's lines, from 1.
    """

    run: Annotated[str, StringConstraints(min_length=1)]
    process: Annotated[str, StringConstraints(min_length=1)]
    number: Annotated[int, Field(ge=1)]


class Held(_Part):
    """The ledger that the product was held to, with the digest of this very content (`ledger_digest`)."""

    sha256: Digest
    groups: dict[str, str]
    requirements: tuple[Requirement, ...]


class KnownFailures(_Part):
    """The vendor's baseline as of the day of the run."""

    file: str
    today: dt.date
    entries: tuple[KnownFailure, ...]


class Header(_Line):
    """The first line."""

    type: Literal["header"] = "header"
    format: Literal["dsp-conformance journal"] = FORMAT
    version: Literal[1] = VERSION
    started: Instant
    identity: RunIdentity
    enforce_assumed: bool
    ledger: Held
    baseline: KnownFailures | None


class Identified(_Line):
    """What was tested, once the DSP or its testbed has told more; the last such line holds."""

    type: Literal["identity"] = "identity"
    identity: RunIdentity


class Planned(_Line):
    """What is going to run: the plan as in `results.json`, and the scenarios in pytest's names."""

    type: Literal["plan"] = "plan"
    plan: dict[str, Any] | None
    scenarios: tuple[str, ...]


class Included(_Line):
    """A file that the run rested on, as it was then, without secrets: ledger, feature, target file, baseline.

    Attributes:
        name: what it is called in an evidence pack, such as "features/mp105/reading.feature".
        text: what it held.
    """

    type: Literal["file"] = "file"
    name: Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f]+(/[^/\\\x00-\x1f]+)*$")]
    text: str


class _OfScenario(_Line):
    """A line about a scenario, by its id."""

    scenario: str


class ScenarioBegun(_OfScenario):
    """A scenario begins; with its steps' keywords and texts."""

    type: Literal["scenario begun"] = "scenario begun"
    at: Instant
    nodeid: str
    identity: ScenarioIdentity
    steps: tuple[tuple[str, str], ...]


class ScenarioEnded(_OfScenario):
    """A scenario ended; `owed` checks are left for the end of the run."""

    type: Literal["scenario ended"] = "scenario ended"
    at: Instant
    verdict: Label
    owed: Annotated[int, Field(ge=0)]


class LateChecked(_OfScenario):
    """All checks that a scenario was owed have been made, with what came of them."""

    type: Literal["late checks made"] = "late checks made"
    at: Instant
    verdict: Label


class StepBegun(_OfScenario):
    """A step begins."""

    type: Literal["step begun"] = "step begun"
    at: Instant
    step: Index


class StepEnded(_OfScenario):
    """A step ended."""

    type: Literal["step ended"] = "step ended"
    at: Instant
    step: Index
    status: StepStatus


class Exchanged(_OfScenario):
    """A request and its answer, or a message as a scenario took it, with the checks made of it."""

    type: Literal["exchange"] = "exchange"
    at: Instant
    requirements: tuple[str, ...]
    place: StepOrElse
    title: str
    request: Octets | None
    response: Octets | None
    checks: tuple[Check, ...]
    facts: dict[str, str]
    wire: Wire | None


class Observed(_OfScenario):
    """Something that a scenario noted, and that nobody judges."""

    type: Literal["observation"] = "observation"
    at: Instant
    place: StepOrElse
    text: str


class Operated(_Line):
    """Something that the testbed was asked to do; `scenario` and `place` are None outside of scenarios."""

    type: Literal["testbed operation"] = "testbed operation"
    scenario: str | None
    place: StepOrElse | None
    operation: Operation


class Worsened(_OfScenario):
    """Why a scenario does not simply pass."""

    type: Literal["reason"] = "reason"
    at: Instant
    phase: Phase
    verdict: Label
    attribution: Attribution | None
    exclusion: Exclusion | None
    requirements: tuple[str, ...]
    what: str
    expected: str
    found: str
    hint: str
    step: str
    trace: str


class Arrived(_Line):
    """A message that the DSP posted to the receiver, whoever it was for; see `source.Arrival`."""

    type: Literal["message"] = "message"
    at: Instant
    peer: str
    address: str = ""
    status: Annotated[int, Field(ge=0, le=599)]
    headers: dict[str, str]
    title: str
    request_id: str
    repeats: Annotated[int, Field(ge=0)]
    refusal: str
    came: Annotated[int, Field(ge=0)]
    message: Octets
    checks: tuple[Check, ...]


class Footer(_Line):
    """The last line of a run that came to its end.

    Attributes:
        finished: when.
        unusable: what kept the run from starting; empty if nothing did.
        suite_errors: what failed outside of any scenario.
        receiver: what came to the receiver, and what it turned away: how often, by what it was.
        verdict: the run's.
        exit_code: the process's.
        results_sha256: digest of `results.json`.
        verdicts_sha256: digest of all verdicts (`verdicts_digest`).
        counts: lines before this one by type.
        sha256: digest of all octets before this line, and of this line with 64 zeros in this place.
    """

    type: Literal["footer"] = "footer"
    finished: Instant
    unusable: str
    suite_errors: tuple[str, ...]
    receiver: dict[str, int] = Field(default_factory=dict)
    verdict: RunVerdict
    exit_code: Annotated[int, Field(ge=0, le=255)]
    results_sha256: Digest
    verdicts_sha256: Digest
    counts: dict[str, int]
    sha256: Digest = "0" * 64

    def digest(self, before: Hash) -> str:
        """The digest that has to stand in `sha256`, given that of all octets before this line."""
        whole = before.copy()
        whole.update(self.model_copy(update={"sha256": "0" * 64}).model_dump_json().encode())
        return whole.hexdigest()


OfScenario = (
    ScenarioBegun | ScenarioEnded | LateChecked | StepBegun | StepEnded | Exchanged | Observed | Worsened
)
Line = Annotated[
    Header | Identified | Planned | Included | OfScenario | Operated | Arrived | Footer,
    Field(discriminator="type"),
]

LINE: Final[TypeAdapter[Any]] = TypeAdapter(Line)
"""Reads one line: `LINE.validate_json(octets)`."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one line, as published in `schemas/journal-line.schema.json`."""
    schema = LINE.json_schema(mode="serialization")
    del schema["discriminator"]  # known to OpenAPI alone
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of a journal of dsp-conformance",
        **schema,
    }
