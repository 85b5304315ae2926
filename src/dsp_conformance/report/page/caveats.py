"""What a verdict rests on beyond what was seen, and what was not looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.ledger.requirements import Keyword
from dsp_conformance.ledger.switches import CONTRADICTED, QUESTIONS, lines_for
from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.report.page import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsp_conformance.record.run import RequirementResult, Run
    from dsp_conformance.record.scenario_record import ScenarioRecord

_CERTIFICATES = "server certificates"
"""The detail of a run that says where they are not checked; absent where all are (`target.values`)."""

__all__ = ["Caveat", "assumptions", "untested"]


@dataclass(frozen=True, slots=True)
class Caveat:
    """One of them.

    Attributes:
        about: in a few words.
        text: what a reader has to know.
        links: requirements that it concerns.
    """

    about: str
    text: str
    links: tuple[str, ...] = ()


def assumptions(run: Run, results: Iterable[RequirementResult]) -> Iterator[Caveat]:
    """What the verdicts assume."""
    who = run.identity
    yield Caveat(
        "This build alone", "The result holds for the build named above, and says nothing of others."
    )
    if who.suite_changes:
        yield Caveat("Modified suite", f"{who.caveat.strip()} Changed: {', '.join(who.suite_changes)}.")
    assumed = [one for one in results if one.keyword is Keyword.ASSUMED]
    if assumed:
        counted = "count like the others" if run.enforce_assumed else "are reported apart and decide nothing"
        yield Caveat(
            "Demands that nothing published settles",
            f"These requirements are ASSUMED. In this run they {counted} "
            f'(profile: assumed = "{"enforce" if run.enforce_assumed else "report"}").',
            tuple(one.id for one in assumed),
        )
    if code := who.profile.get("rejection_code"):
        yield Caveat(
            f"Rejection code {code}",
            "Requests that a Device's status forbids must be rejected with exactly this code, as the profile "
            "says. The source paper speaks of E51; the public MP105 page and the list of response codes name "
            "the check E5. Nothing published settles which is meant.",
        )
    for one in run.plan.undeclared if run.plan else ():
        yield Caveat(
            f"Undeclared: {one.switch}",
            f"Nobody declared this switch of the profile ({QUESTIONS[one.switch]}). "
            f"{words.plural(one.scenarios, 'scenario')} ran as if the answer made them apply. Until it is "
            f"declared, no run makes the product conformant: {lines_for([one.switch])}.",
            one.requirements,
        )
    if told := who.details.get(CONTRADICTED):
        yield Caveat("Contradictory profile", f"{told}.")
    if who.schema_origin.startswith("bundled"):
        yield Caveat(
            "Profile schema instead of the official one",
            "Messages were checked against the suite's own profile of the DUIS schema, which covers what "
            "MP105 needs. A target file can name the folder of the published schema.",
        )
    if told := who.details.get(_CERTIFICATES):
        yield Caveat("Server certificates", f"TLS server certificates were {told}.")
    yield Caveat(
        "The road of the responses",
        "That no response came counts against the product only where a message for the same user reached the "
        "receiver afterwards, if need be the response to a control reading of a Commissioned meter. So a "
        "product that never delivers anything cannot be told from a closed road: such a run is inconclusive.",
    )
    yield Caveat(
        "States made by the testbed",
        "Devices, their firmware and the CPL entries were put in place through the testbed. The suite "
        "confirms each state by SR8.2 before it judges, and otherwise takes the testbed's word.",
    )
    noted = Counter(text for record in run.records.values() for text in _observations(record))
    for text, count in sorted(noted.items(), key=lambda item: (-item[1], item[0])):
        yield Caveat("Noted and not judged", f"{text} (in {words.plural(count, 'scenario')})")


def _observations(record: ScenarioRecord) -> set[str]:
    evidence = (record.evidence, *(step.evidence for step in record.steps), record.late)
    return {text for one in evidence for text in one.observations}


def untested(run: Run, results: Iterable[RequirementResult]) -> Iterator[Caveat]:
    """What was not tested, and why."""
    if run.left_out:
        yield Caveat(
            "A selection",
            f"{words.plural(run.left_out, 'scenario')} of the suite were not selected for this run.",
        )
    for group in run.plan.groups if run.plan else ():
        number = words.plural(len(group.scenarios), "scenario")
        yield Caveat(str(group.exclusion).capitalize(), f"{group.what}: {number}.", group.requirements)
    yield from _set_aside(run)
    for one in results:
        if one.verdict is Verdict.NONE:
            yield Caveat(f"{one.id}: {one.state}", f"{one.title}: {one.not_assessed}.", (one.id,))
    if run.plan is not None and not run.plan.capabilities_known:
        yield Caveat(
            "Unknown testbed", "The testbed did not tell what it can do; nothing was left out on its account."
        )


def _set_aside(run: Run) -> Iterator[Caveat]:
    """What the product takes for no Device, found out while the run went on."""
    groups: dict[str, list[ScenarioRecord]] = {}
    for record in run.set_aside():
        told = next(one.judgement.finding for one in record.reasons if one.judgement.exclusion)
        groups.setdefault(f"{told.what} ({told.found})" if told.found else told.what, []).append(record)
    for what, records in groups.items():
        about = {name for record in records for name in record.identity.requirements}
        number = words.plural(len(records), "scenario")
        yield Caveat("Set aside", f"{what}: {number}.", tuple(sorted(about)))
