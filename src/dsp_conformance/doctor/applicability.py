"""The check of what a run would do: how many scenarios apply to the product and can be tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.doctor.outcome import Outcome, error, known, ok, warning
from dsp_conformance.report.plan import Circumstances, Plan
from dsp_conformance.report.verdicts import Exclusion
from fixtures.plan import allotment_for

if TYPE_CHECKING:
    from dsp_conformance.doctor.examination import Examination

__all__ = ["scenarios"]


def scenarios(examination: Examination) -> Outcome:
    """Tell how many scenarios a run would carry out."""
    target, given = known(examination.target), known(examination.given)
    offered = None if examination.testbed is None else examination.testbed.capabilities
    roles = frozenset(role for user in target.users for role in user.roles)
    circumstances = Circumstances(target.profile.switches, roles, offered, allotment_for(target))
    plan = Plan.of(given.scenarios(), given.ledger, circumstances)
    found = "\n".join(plan.lines()).removeprefix("plan: ")
    if not plan.applicable:
        return error(found, "Nothing would run: see [profile], and what the testbed can do.")
    if plan.count(Exclusion.NOT_TESTABLE):
        return warning(
            found, "Give the testbed what it lacks, to have these assessed too (docs/testbed-drivers.md)."
        )
    return ok(found)
