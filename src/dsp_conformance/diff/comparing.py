"""Holds two runs against each other.

Rules of this module:

- A verdict changed if the run's, a requirement's or a scenario's is not what it was; a scenario or
  requirement that one run lacks counts as changed.
- A check was executed if it was made of any message of a scenario, and a step if it began. Each is looked for
  in the same scenario of the other run.
- Response codes are compared request by request within a step. A request that is repeated until something
  holds counts once for each code that follows another.
- Times are compared over all messages of one kind; medians count as changed if one is at least `FACTOR` times
  and `LEAST_SECONDS` more than the other, of at least `LEAST_SAMPLES` on either side.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from dsp_conformance.ledger.switches import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dsp_conformance.diff.sides import Exchanged, Results, Scenario, Seen, Side

FACTOR: Final = 2.0
LEAST_SECONDS: Final = 0.02
LEAST_SAMPLES: Final = 3

NOTHING: Final = "not there"
"""Stands where a run lacks something."""

_ORDINARY: Final = frozenset({200, 204})
_NOT_BEGUN: Final = "not run"
_PASSED: Final = "passed"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not what it was.

    Attributes:
        what: id of the requirement or scenario, or the kind of message.
        detail: its title, or where in the scenario; may be empty.
        before: what run A says.
        after: what run B says.
    """

    what: str
    detail: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Executed:
    """Checks or steps of a scenario that one run executed and the other did not.

    Attributes:
        scenario: its id.
        only: "A" or "B".
        what: requirement ids of checks, or texts of steps.
    """

    scenario: str
    only: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long messages of a kind took, in seconds at the median."""

    what: str
    before: float
    after: float
    samples: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, held against each other.

    Attributes:
        a: the run before.
        b: the run after.
        verdict: the run's verdict, if it changed.
        requirements: requirements whose verdict changed.
        profile: keys of the profile that are declared otherwise.
        revised: requirements whose demand is of another revision.
        scenarios: scenarios whose verdict changed.
        checks: checks executed in one run and not in the other.
        steps: steps begun in one run and not in the other.
        codes: changed response codes.
        timings: changed times.
    """

    a: Side
    b: Side
    verdict: Change | None
    requirements: tuple[Change, ...]
    profile: tuple[Change, ...]
    revised: tuple[Change, ...]
    scenarios: tuple[Change, ...]
    checks: tuple[Executed, ...]
    steps: tuple[Executed, ...]
    codes: tuple[Change, ...]
    timings: tuple[Timing, ...]

    @property
    def verdicts_changed(self) -> bool:
        """Whether any verdict did."""
        return self.verdict is not None or bool(self.requirements or self.scenarios)


def compare(a: Side, b: Side) -> Comparison:
    """Compare two runs."""
    before, after = a.results, b.results
    verdicts = (before.verdict.verdict, after.verdict.verdict)
    pairs = list(_scenario_pairs(before, after))
    both = [(one, other) for _, one, other in pairs if one is not None and other is not None]
    return Comparison(
        a,
        b,
        None if verdicts[0] == verdicts[1] else Change("the run", "", *verdicts),
        tuple(_requirements(before, after)),
        tuple(_declarations(before, after)),
        tuple(_revisions(before, after)),
        tuple(
            Change(name, "", one.state if one else NOTHING, other.state if other else NOTHING)
            for name, one, other in pairs
            if one is None or other is None or one.state != other.state
        ),
        tuple(found for pair in both for found in _executed(pair[0].id, *map(_checks, pair))),
        tuple(found for pair in both for found in _executed(pair[0].id, *map(_steps, pair))),
        tuple(change for pair in both for change in _code_changes(*pair)),
        tuple(_timings(before, after)),
    )


def _scenario_pairs(
    before: Results, after: Results
) -> Iterator[tuple[str, Scenario | None, Scenario | None]]:
    ones = {one.id: one for one in before.scenarios}
    others = {one.id: one for one in after.scenarios}
    for name in sorted(ones.keys() | others.keys()):
        yield name, ones.get(name), others.get(name)


def _requirements(before: Results, after: Results) -> Iterator[Change]:
    ones = {one.id: one for one in before.requirements}
    others = {one.id: one for one in after.requirements}
    for name in dict.fromkeys((*ones, *others)):
        one, other = ones.get(name), others.get(name)
        states = (one.verdict if one else NOTHING, other.verdict if other else NOTHING)
        if states[0] != states[1]:
            held = other or one
            yield Change(name, held.title if held else "", *states)


def _declarations(before: Results, after: Results) -> Iterator[Change]:
    ones, others = before.run.profile, after.run.profile
    for key in dict.fromkeys((*ones, *others)):
        values = [_value(side[key]) if key in side else NOTHING for side in (ones, others)]
        if values[0] != values[1]:
            yield Change(key, "", *values)


def _value(value: bool | str | None) -> str:  # noqa: FBT001 - of any key of a profile
    return value if isinstance(value, str) else said(value)


def _revisions(before: Results, after: Results) -> Iterator[Change]:
    ones = {one.id: one.revision for one in before.requirements}
    for other in after.requirements:
        if ones.get(other.id, other.revision) != other.revision:
            yield Change(other.id, other.title, f"revision {ones[other.id]}", f"revision {other.revision}")


def _executed(scenario: str, ones: Iterable[str], others: Iterable[str]) -> Iterator[Executed]:
    before, after = dict.fromkeys(ones), dict.fromkeys(others)
    for only, mine, theirs in (("A", before, after), ("B", after, before)):
        if found := tuple(name for name in mine if name not in theirs):
            yield Executed(scenario, only, found)


def _checks(scenario: Scenario) -> list[str]:
    return sorted(
        {
            check.requirement
            for place in scenario.places()
            for exchange in place.exchanges
            for check in exchange.checks
        }
    )


def _steps(scenario: Scenario) -> list[str]:
    return [f"{step.keyword.strip()} {step.text}" for step in scenario.steps if step.status != _NOT_BEGUN]


def _code_changes(one: Scenario, other: Scenario) -> Iterator[Change]:
    names = ["outside of steps", *(f"{step.keyword.strip()} {step.text}" for step in other.steps)]
    names.append("at the end of the run")
    if len(one.steps) != len(other.steps):
        return  # another scenario under the same name: its steps cannot be paired
    places = zip(names, _comparable(one), _comparable(other), one.places(), other.places(), strict=True)
    for name, here, there, mine, theirs in places:
        before, after = _codes(mine), _codes(theirs)
        for kind in dict.fromkeys((*before, *after)):
            codes = (before.get(kind, ()), after.get(kind, ()))
            told = (here and there) or all(codes)  # what was never asked for has no code that could change
            if told and codes[0] != codes[1]:
                yield Change(one.id, f"{name}: {kind}", *(", ".join(each) or NOTHING for each in codes))


def _comparable(scenario: Scenario) -> list[bool]:
    """For each place, whether a message that is missing there has to be explained: in steps that passed."""
    return [False, *(step.status == _PASSED for step in scenario.steps), False]


def _codes(seen: Seen) -> Mapping[str, tuple[str, ...]]:
    """The response codes by kind of message, each once for as long as it stays the same."""
    found: dict[str, list[str]] = {}
    for exchange in seen.exchanges:
        if exchange.wire is not None:
            kind, code = _kind_and_code(exchange)
            found.setdefault(kind, []).append(code)
    return {kind: tuple(code for code, _ in groupby(codes)) for kind, codes in found.items()}


def _kind_and_code(exchange: Exchanged) -> tuple[str, str]:
    asked, answered, code = exchange.title.partition("→")
    kind = f"answer to {asked.strip()}"
    if not answered:
        about, _, code = exchange.title.partition("←")
        kind = f"message about {about.strip()}"
    status = exchange.wire.status if exchange.wire else None
    unusual = "" if status in _ORDINARY else f" (HTTP {status or 'nothing'})"
    return kind, f"{code.strip()}{unusual}"


def _timings(before: Results, after: Results) -> Iterator[Timing]:
    ones, others = _times(before), _times(after)
    for kind in sorted(ones.keys() & others.keys()):
        samples = (len(ones[kind]), len(others[kind]))
        if min(samples) < LEAST_SAMPLES:
            continue
        low, high = sorted(medians := (statistics.median(ones[kind]), statistics.median(others[kind])))
        if high - low >= LEAST_SECONDS and high >= FACTOR * low:
            yield Timing(kind, *medians, samples)


def _times(results: Results) -> Mapping[str, list[float]]:
    """Seconds by kind: to the synchronous answer, and from the request to the asynchronous response."""
    found: dict[str, list[float]] = {}
    for scenario in results.scenarios:
        sent: dict[str, int] = {}
        wires = [one.wire for place in scenario.places() for one in place.exchanges if one.wire is not None]
        for wire in wires:
            if wire.seconds is not None:
                found.setdefault(f"SR{wire.variant}: answer", []).append(wire.seconds)
                sent[wire.request_id] = wire.began
            elif wire.request_id in sent:
                waited = (wire.began - sent[wire.request_id]) / 1000
                found.setdefault(f"SR{wire.variant}: asynchronous response", []).append(waited)
    return found


def threshold() -> str:
    """The threshold of changed times, for people."""
    return (
        f"medians of which one is at least {FACTOR:g} times and {LEAST_SECONDS * 1000:g} ms more than the "
        f"other, of at least {LEAST_SAMPLES} messages in each run"
    )
