"""What stands at the front of the page, and on the one-page PDF: verdict, identity, counts, tiles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dsp_conformance.ledger.requirements import Keyword
from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.record.run import DECISION_RULE, RequirementResult, Run
from dsp_conformance.report.page import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.record.run import RunIdentity

__all__ = ["CountRow", "Front", "front_of", "instant"]

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many of one kind there are, by verdict.

    Attributes:
        label: of what.
        total: all of them.
        met: passed, or met.
        failed: failed, or not met.
        inconclusive: nothing certain.
        error: the suite itself failed.
        none: not applicable, not testable, set aside or not selected.
    """

    label: str
    total: int
    met: int
    failed: int
    inconclusive: int
    error: int
    none: int


@dataclass(frozen=True, slots=True)
class Front:
    """The front page.

    Attributes:
        product: name and version of what was tested.
        verdict: the run's verdict.
        sentence: the same with its numbers.
        rule: how it was decided.
        identity: names and values, those that are known.
        counts: requirements, scenarios and checks by verdict.
        results: the verdict on each requirement.
        complete: whether the record of the run is.
    """

    product: str
    verdict: words.Wording
    sentence: str
    rule: str
    identity: tuple[tuple[str, str], ...]
    counts: tuple[CountRow, ...]
    results: tuple[RequirementResult, ...]
    complete: bool


def front_of(run: Run, results: Iterable[RequirementResult], *, complete: bool) -> Front:
    """The front page of a run.

    Args:
        run: the run.
        results: its requirements' results.
        complete: whether its record is complete.
    """
    results = tuple(results)
    who = run.identity
    return Front(
        f"{who.product} {who.product_version}".strip(),
        words.of_run(run.decide(results), complete=complete),
        run.sentence(results),
        DECISION_RULE,
        tuple(_identity(run)),
        tuple(_counts(run, results)),
        results,
        complete,
    )


def instant(milliseconds: int) -> str:
    """A moment in UTC for people, such as "22 November 2026, 17:34:05 UTC"; empty for 0."""
    if not milliseconds:
        return ""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


def _identity(run: Run) -> Iterable[tuple[str, str]]:
    who = run.identity
    seconds = (run.finished - run.started) / 1000 if run.finished else 0.0
    yield "Product", who.product
    yield "Version or build", who.product_version or "not told"
    yield from ((name[:1].upper() + name[1:], str(value)) for name, value in who.details.items())
    yield "Conformance suite", f"dsp-conformance {who.suite_version}"
    yield "Suite commit", who.suite_commit or f"none: the suite is {who.suite_origin}"
    if who.suite_fingerprint:
        yield "Suite fingerprint", who.suite_fingerprint
    if who.suite_changes:
        yield "Suite modified", "; ".join(who.suite_changes)
    if who.added_features:
        yield "Added features", who.added_features
    yield "DUIS schema", who.schema_origin
    yield "Profile", ", ".join(_declared(who, name, value) for name, value in who.profile.items())
    yield "Started", instant(run.started)
    yield "Finished", instant(run.finished) or "not told"
    yield "Duration", _duration(seconds)
    yield (
        "Operator",
        who.operator or 'not told: name one with --operator, or in the target file\'s "[report]"',
    )


def _declared(who: RunIdentity, name: str, value: object) -> str:
    """One key of the profile; of a switch, by whom it is declared."""
    origin = who.profile_origins.get(name)
    return f"{name} = {_plain(value)}" + (f" ({origin})" if origin else "")


def _plain(value: object) -> str:
    return {True: "yes", False: "no", None: "undeclared"}.get(value, str(value))  # type: ignore[call-overload, no-any-return] # any value


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def _counts(run: Run, results: tuple[RequirementResult, ...]) -> Iterable[CountRow]:
    for keyword in Keyword:
        of_kind = [one.verdict for one in results if one.keyword is keyword]
        yield _row(f"{keyword} requirements", of_kind)
    own = [record.verdict for record in run.records.values() if not record.identity.added]
    yield _row("Scenarios", own)
    if run.added():
        yield _row("Added scenarios, judged apart", [record.verdict for record in run.added()])
    made, failed = sum(one.checks for one in results), sum(one.failed_checks for one in results)
    yield CountRow("Checks of single messages", made, made - failed, failed, 0, 0, 0)


def _row(label: str, verdicts: list[Verdict]) -> CountRow:
    count = Counter(verdicts)
    order = (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.NONE)
    return CountRow(label, len(verdicts), *(count[one] for one in order))
