"""A requirement as the page shows it: its verdict, what speaks against it, and its scenarios."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.ledger.requirements import NO_SOURCE, SOURCES
from dsp_conformance.ledger.switches import demand_of, said
from dsp_conformance.ledger.verdicts import Exclusion, Verdict
from dsp_conformance.report.page import words
from dsp_conformance.report.page.anchors import exchange_anchor, scenario_anchor
from dsp_conformance.report.page.deciding import troubles_with
from dsp_conformance.report.page.scenarios import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.ledger.requirements import Ledger, Requirement
    from dsp_conformance.record.run import RequirementResult, Run
    from dsp_conformance.record.scenario_record import ScenarioRecord
    from dsp_conformance.report.page.deciding import Trouble
    from dsp_conformance.report.page.scenarios import ScenarioView

__all__ = ["Against", "Bar", "Group", "Link", "Obstacle", "RequirementView", "grouped", "obstacles"]

_SHOWN = 3
_BAR = 100
_PARTICULAR = re.compile(r"(?:[0-9A-Fa-f]{2}-){7}[0-9A-Fa-f]{2}|\d+")
"""What differs between findings that say the same of different Devices: EUI-64s, counters, times."""


@dataclass(frozen=True, slots=True)
class Link:
    """A scenario somewhere on the page, with what it says about one requirement."""

    anchor: str
    name: str
    wording: words.Wording


@dataclass(frozen=True, slots=True)
class Against:
    """One thing that speaks against a requirement.

    Attributes:
        trouble: what was found.
        scenario: where.
        attribution: whose fault it is; may be empty.
        deciding: place of the exchange that decided; empty if there is none.
        known: why the vendor's baseline calls it known; empty if it does not.
        kind: the finding without what is particular to one Device or message.
    """

    trouble: Trouble
    scenario: Link
    attribution: str
    deciding: str
    known: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar of 100: its class, where it begins and how wide it is."""

    key: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A requirement for the page.

    Attributes:
        result: the verdict.
        wording: the same for people.
        entry: the ledger's entry; None if the ledger does not hold the id.
        own: the scenarios that stand under it; each stands under one requirement.
        elsewhere: the other scenarios that say something about it.
        against: what speaks against it, the first few of different kinds.
        counts: per key of `words.Wording` how many scenarios say so.
        told: how many scenarios say something about it.
        troubled: the scenarios that do not speak for it.
    """

    result: RequirementResult
    wording: words.Wording
    entry: Requirement | None
    own: tuple[ScenarioView, ...]
    elsewhere: tuple[Link, ...]
    against: tuple[Against, ...]
    counts: dict[str, int]
    told: int
    troubled: tuple[Link, ...]

    @property
    def sources(self) -> str:
        """What the demand rests on, letters and words, such as "S (DP105 problem statement ...)"."""
        letters = self.entry.source if self.entry else ()
        return " and ".join(f"{one} ({SOURCES[one]})" for one in letters) or NO_SOURCE

    @property
    def standing(self) -> str:
        """Whether the demand is stated there or derived, and how, as a sentence; empty if it is ASSUMED."""
        told = self.entry.standing if self.entry else ""
        return f"{told[:1].upper()}{told[1:].removesuffix('.')}." if told else ""

    @property
    def stands_in(self) -> str:
        """The same in short, such as "S, P: stated"; empty if it is ASSUMED."""
        if self.entry is None or self.entry.basis is None:
            return ""
        return f"{', '.join(self.entry.source)}: {self.entry.basis}"

    @property
    def applies(self) -> str:
        """When the demand falls away, as a sentence; empty if it never does."""
        if self.entry is None or self.entry.applicability is None:
            return ""
        switch, needed = demand_of(self.entry.applicability)
        return f'Falls away where the profile says {switch} = "{said(not needed)}".'

    @property
    def bars(self) -> list[Bar]:
        """The scenarios as parts of a bar, worst last."""
        total, at, bars = max(1, self.told), 0.0, []
        for key in ("pass", "none", "inconclusive", "fail", "error"):
            width = _BAR * self.counts.get(key, 0) / total
            if width:
                bars.append(Bar(key, round(at, 1), round(width, 1)))
            at += width
        return bars

    @property
    def counted(self) -> str:
        """How many scenarios or checks, in words."""
        if self.result.checks and not self.own:
            failed = self.result.failed_checks
            return f"{words.plural(self.result.checks, 'check')}, {failed or 'none'} failed"
        ran = self.told - self.counts.get("none", 0)
        if not self.told:
            return "no scenario"
        aside = self.result.set_aside
        not_run = self.counts.get("none", 0) - aside
        told = [f"{self.counts.get('pass', 0)} of {ran} passed"]
        told += [f"{not_run} not run"] if not_run else []
        told += [f"{aside} set aside: {Exclusion.NOT_TAKEN}"] if aside else []
        return ", ".join(told)

    @property
    def sentence(self) -> str:
        """What a person has to know of it, in one sentence."""
        match self.result.verdict:
            case Verdict.FAIL:
                return f"Not met in {self._of_those_that_ran('fail')} that looked at it."
            case Verdict.INCONCLUSIVE:
                unclear = self._of_those_that_ran("inconclusive")
                return f"Nothing certain can be said, as {unclear} that looked at it came to no verdict."
            case Verdict.ERROR:
                return "The suite itself failed here, which says nothing about the product."
            case Verdict.PASS:
                return f"Met in {self._of_those_that_ran('pass')} that looked at it."
            case _:
                return f"Not assessed: {self.result.not_assessed}."

    def _of_those_that_ran(self, key: str) -> str:
        some, ran = self.counts.get(key, 0), self.told - self.counts.get("none", 0)
        if some == ran:
            return {1: "the one scenario", 2: "both scenarios"}.get(ran, f"all {ran} scenarios")
        return f"{some} of the {ran} scenarios"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One cause that left several requirements without a verdict.

    Attributes:
        cause: what it is, where it was met first.
        requirements: those that nothing else stands in the way of.
    """

    cause: Against
    requirements: tuple[RequirementView, ...]


def obstacles(views: Iterable[RequirementView]) -> list[Obstacle]:
    """The causes that several requirements without a verdict share, so that each is told once."""
    sharing: dict[str, list[RequirementView]] = {}
    for view in views:
        if view.result.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR) and len(view.against) == 1:
            sharing.setdefault(view.against[0].kind, []).append(view)
    return [Obstacle(each[0].against[0], tuple(each)) for each in sharing.values() if len(each) > 1]


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements that belong together, under the ledger's title for them."""

    id: str
    title: str
    requirements: tuple[RequirementView, ...]


def grouped(run: Run, results: Iterable[RequirementResult], views: dict[str, ScenarioView]) -> list[Group]:
    """All requirements by group, in the ledger's order.

    Args:
        run: a finished run.
        results: its requirements' results.
        views: all scenarios by id.
    """
    groups: dict[str, list[RequirementView]] = {}
    for result in results:
        groups.setdefault(result.id.partition("-")[0], []).append(_view(run, result, views))
    return [Group(name, _title(run.ledger, name), tuple(found)) for name, found in groups.items()]


def _title(ledger: Ledger, group: str) -> str:
    return ledger.groups.get(group, group)


def _view(run: Run, result: RequirementResult, views: dict[str, ScenarioView]) -> RequirementView:
    own, elsewhere, troubled, against = [], [], [], []
    kinds: set[str] = set()
    told = sorted(result.scenarios, key=lambda one: (-_severity(one[1]), one[0].identity.id))
    for record, verdict in told:
        link = Link(scenario_anchor(record.identity.id), name_of(record), _said(record, verdict))
        if record.identity.requirements[:1] == (result.id,):
            own.append(views[record.identity.id])
        elif not result.checks or verdict is not Verdict.PASS:
            elsewhere.append(link)
        if verdict in (Verdict.PASS, Verdict.NONE):
            continue
        troubled.append(link)
        known = tuple(str(entry) for entry in run.known(record))
        for trouble in troubles_with(record, result.id):
            kind = _PARTICULAR.sub(
                "", str(trouble.finding if verdict is not Verdict.FAIL else _seen(trouble))
            )
            if len(kinds) < _SHOWN and kind not in kinds:
                kinds.add(kind)
                place = "" if trouble.index is None else exchange_anchor(record.identity.id, trouble.index)
                against.append(Against(trouble, link, record.attribution or "", place, known, kind))
    entry = run.ledger.get(result.id)
    return RequirementView(
        result,
        words.of_requirement(result),
        entry,
        tuple(own),
        tuple(elsewhere),
        tuple(against),
        dict(Counter(verdict.label for _, verdict in told)),
        len(told),
        tuple(troubled),
    )


def _seen(trouble: Trouble) -> tuple[str, str]:
    return trouble.finding.expected, trouble.finding.found


def _severity(verdict: Verdict) -> int:
    """Failures first: they are what readers look for; then errors and what is unclear, then the rest."""
    order = (Verdict.PASS, Verdict.NONE, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL)
    return order.index(verdict)


def _said(record: ScenarioRecord, verdict: Verdict) -> words.Wording:
    return words.of_verdict(verdict, record.exclusion)
