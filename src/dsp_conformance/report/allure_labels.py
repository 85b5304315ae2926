"""Labels of Allure results: where a scenario stands in Allure's trees, and what it can be found by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allure_commons.types import LabelType, Severity

from dsp_conformance.ledger.requirements import Keyword

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.record.run import Run
    from dsp_conformance.record.scenario_record import ScenarioRecord

__all__ = ["labels_of"]


def labels_of(record: ScenarioRecord, run: Run) -> Iterable[tuple[str, str]]:
    """Names and values of the labels of a scenario's result."""
    ledger = run.ledger
    if record.identity.added:
        yield from _labels_of_added(record)
        return
    own = record.identity.requirements
    checked = list(dict.fromkeys(check.requirement for check in record.failed_checks()))
    concerned = [*own, *checked]
    known = [ledger[identifier] for identifier in dict.fromkeys(concerned) if identifier in ledger]
    # A scenario stands where its own requirements are, once, whatever its messages fail besides.
    placed = [one for one in known if one.id in own] or known
    epics = list(dict.fromkeys(ledger.groups[one.group] for one in placed))
    must = any(one.keyword is Keyword.MUST for one in known) or not known
    for epic in epics:
        yield LabelType.EPIC, epic
    yield LabelType.FEATURE, record.identity.feature
    for one in placed:
        yield LabelType.STORY, f"{one.id} {one.title}"
    for one in known:
        if one.id in checked:
            yield "fails in its messages", f"{one.id} {one.title}"
    for identifier in dict.fromkeys(concerned):
        yield LabelType.TAG, identifier
    yield LabelType.SEVERITY, Severity.CRITICAL.value if must else Severity.NORMAL.value
    if epics:
        yield LabelType.PARENT_SUITE, epics[0]
    yield LabelType.SUITE, record.identity.feature
    yield LabelType.FRAMEWORK, "pytest-bdd"
    yield LabelType.LANGUAGE, "gherkin"
    yield "verdict", record.exclusion or record.verdict.label
    if explained := run.known(record):
        yield LabelType.TAG, "known failure"
        yield from (("known failure", str(entry)) for entry in explained)
    if record.attribution is not None:
        yield "attribution", record.attribution


def _labels_of_added(record: ScenarioRecord) -> Iterable[tuple[str, str]]:
    """They stand apart, under none of the ledger's epics and stories."""
    for kind in (LabelType.EPIC, LabelType.PARENT_SUITE):
        yield kind, "Added by --features"
    for kind in (LabelType.FEATURE, LabelType.SUITE):
        yield kind, record.identity.feature
    for tag in record.identity.tags:
        yield LabelType.TAG, tag
    yield LabelType.SEVERITY, Severity.NORMAL.value
    yield LabelType.FRAMEWORK, "pytest-bdd"
    yield LabelType.LANGUAGE, "gherkin"
    yield "verdict", record.exclusion or record.verdict.label
    if record.attribution is not None:
        yield "attribution", record.attribution
