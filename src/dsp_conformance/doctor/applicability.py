"""Checks of what a run would do: whether the profile is complete, and which scenarios would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.collection.planning import Circumstances, plan_of
from dsp_conformance.doctor.outcome import Outcome, all_of, error, known, ok, warning
from dsp_conformance.ledger.switches import QUESTIONS, lines_for, said
from dsp_conformance.ledger.verdicts import Exclusion
from dsp_conformance.running.circumstances import assignment_for

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination

__all__ = ["profile", "scenarios"]


def profile(examination: Examination) -> Outcome:
    """Every switch of the profile is declared, by the target file or by the testbed, and by both alike."""
    target, told = known(examination.target), known(examination.testbed).dsp.switches
    complete = target.profile.completed_by(told)
    origins = target.origins(told)
    lacking = [name for name, value in complete.switches.items() if value is None]
    found = [
        ok(f"{name} = {said(value)} ({origins[name]})")
        for name, value in complete.switches.items()
        if value is not None
    ]
    found += [
        warning(each, "Correct one of the two: a report names the contradiction.")
        for each in target.profile.contradictions(told)
    ]
    found += [
        warning(
            f"{name} is undeclared: {QUESTIONS[name]}",
            f"Without an answer no run ends conformant: {lines_for(lacking)}.",
        )
        for name in lacking
    ]
    return all_of(found, otherwise="")


def scenarios(examination: Examination) -> Outcome:
    """Tell how many scenarios a run would carry out."""
    target, given = known(examination.target), known(examination.given)
    offered = None if examination.testbed is None else examination.testbed.capabilities
    roles = frozenset(role for user in target.users for role in user.roles)
    switches = target.profile.switches
    if examination.testbed is not None:
        switches = target.profile.completed_by(examination.testbed.dsp.switches).switches
    circumstances = Circumstances(switches, roles, offered, assignment_for(target))
    plan = plan_of(given.scenarios(), given.ledger, circumstances)
    found = "\n".join(plan.lines()).removeprefix("plan: ")
    if not plan.applicable:
        return error(found, "Nothing would run: see [profile], and what the testbed can do.")
    if plan.count(Exclusion.NOT_TESTABLE):
        return warning(
            found, "Give the testbed what it lacks, to have these assessed too (docs/testbed-drivers.md)."
        )
    return ok(found)
