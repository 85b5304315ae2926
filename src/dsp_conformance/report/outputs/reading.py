"""What outputs read out of the document `results.json`."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NOT_COMPLETE",
    "WHEN",
    "Document",
    "checks",
    "exchanges",
    "failures_of",
    "finding_lines",
    "instant",
    "is_known",
    "kind_of",
    "not_passed",
    "outcome",
    "reproduction",
]

Document = dict[str, Any]
"""A part of `results.json`, in the form of its schema."""

NOT_COMPLETE: Final = "this run did not come to its end: what it did not reach is not assessed"
"""Said in every output of a run that was cut short."""

WHEN: Final = "  when: "
"""Begins the line that tells at which step a reason came up."""


def outcome(part: Document) -> str:
    """A scenario's verdict in one word, or why there is none, in the words of requirements' verdicts.

    Args:
        part: a scenario, or what a requirement says of one.
    """
    if part["verdict"] != "none":
        return str(part["verdict"])
    return str(part["exclusion"] or "not assessed")


def not_passed(results: Document) -> list[Document]:
    """The scenarios that need attention, the worst first; those that were excluded need none."""
    order = ["error", "fail", "inconclusive", "not assessed"]
    found = [one for one in results["scenarios"] if outcome(one) in order]
    return sorted(found, key=lambda one: (order.index(outcome(one)), is_known(one)))


def is_known(scenario: Document) -> bool:
    """Whether the vendor's baseline explains a scenario's failure."""
    return bool(scenario.get("known_failure"))


def kind_of(results: Document, scenario: Document) -> str:
    """What kind of trouble a scenario that did not pass is, in the words of Allure's categories."""
    what = outcome(scenario)
    if what != "fail":
        return {"error": "suite's own error", "not assessed": "did not come to its end"}.get(what, what)
    if is_known(scenario):
        return "known failure"
    if scenario["added"]:
        return "added scenario not passed"
    binding = {one["id"]: one["keyword"] for one in results["requirements"]}
    failed = [name for name, said in scenario["requirement_verdicts"].items() if said == "fail"]
    assumed = failed and all(binding.get(name) == "ASSUMED" for name in failed)
    return "assumption not met" if assumed and results["run"]["assumed"] == "report" else "product defect"


def exchanges(scenario: Document) -> Iterator[Document]:
    """All exchanges: outside of steps first, then step by step, then late ones."""
    yield from scenario["exchanges"]
    for step in scenario["steps"]:
        yield from step["exchanges"]
    yield from scenario["late"]["exchanges"]


def checks(scenario: Document) -> Iterator[Document]:
    """All DUIS checks of a scenario's exchanges."""
    for exchange in exchanges(scenario):
        yield from exchange["checks"]


def failures_of(scenario: Document) -> list[list[str]]:
    """Why a scenario did not simply pass: of each reason its lines, the first of which names it.

    The same check usually fails on every exchange, and is told once.
    """
    told = []
    for reason in scenario["reasons"]:
        when = reason["step"] or f"outside of any step ({reason['phase']})"
        told.append([*finding_lines(reason), f"{WHEN}{when}"])
    failed: dict[tuple[str, ...], None] = {}
    for check in checks(scenario):
        if not check["passed"]:
            what = f"requirement {check['requirement']} not met"
            failed[tuple(finding_lines({**check, "what": what, "hint": check["detail"]}))] = None
    told += map(list, failed)
    if not told and outcome(scenario) == "not assessed":
        told.append(["it did not come to its end"])
    return told


def finding_lines(finding: Document) -> list[str]:
    """What was found, expected and is to be done, one line a part that is there."""
    parts = (("expected", "expected"), ("found", "found"), ("what to do", "hint"))
    return [finding["what"], *(f"  {label}: {finding[key]}" for label, key in parts if finding[key])]


def reproduction(results: Document, scenario: Document) -> str:
    """The command that runs a scenario alone."""
    return f"{results['run']['command']} --scenario {shlex.quote(scenario['id'])}"


def instant(milliseconds: int) -> str:
    """A time of a record, as ISO 8601 in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat(timespec="milliseconds")
