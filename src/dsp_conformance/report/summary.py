"""The run for people: verdict and its rule, requirement by requirement, then what to do."""

from __future__ import annotations

import io
import shlex
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dsp_conformance.ledger.requirements import Keyword
from dsp_conformance.ledger.verdicts import RunVerdict, Verdict
from dsp_conformance.record.run import ADDED_RULE, BASELINE_RULE, DECISION_RULE, RequirementResult, Run
from dsp_conformance.user.account import unusual

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import RenderableType

    from dsp_conformance.record.scenario_record import ScenarioRecord
    from dsp_conformance.record.source import ReportSource

_COLOURS = {
    "pass": "green",
    "fail": "bold red",
    "error": "bold magenta",
    "inconclusive": "yellow",
}
_RUN_COLOURS = {RunVerdict.CONFORMANT: "bold green", RunVerdict.NON_CONFORMANT: "bold red"}
_MANY = 4
_MOST_CHANGES = 20


def write_summary(source: ReportSource, folder: Path) -> None:
    """Write `summary.txt`."""
    (folder / "summary.txt").write_text(render(source.run), encoding="utf-8")


def render(run: Run, *, colour: bool = False, width: int = 110) -> str:
    """The whole summary as text.

    Args:
        run: a finished run.
        colour: whether to use terminal colours.
        width: columns to fill.
    """
    page = io.StringIO()
    console = Console(
        file=page, force_terminal=colour, no_color=not colour, width=width, highlight=False, soft_wrap=False
    )
    results = run.requirement_results()
    sentence = run.sentence(results)
    if run.unusable:
        console.print(Group(_unbroken(sentence, "bold yellow")), crop=False)
        return page.getvalue()
    verdict = Text(sentence, style=_RUN_COLOURS.get(run.decide(results), "bold yellow"))
    page_body = Group(
        verdict,
        *_head(run),
        *_baseline(run, results),
        *_tables(results),
        *_added(run),
        *_receiver(run),
        *_troubles(run),
    )
    console.print(page_body, crop=False)
    return page.getvalue()


def _head(run: Run) -> Iterable[RenderableType]:
    yield Text(f"Decision rule: {DECISION_RULE}")
    who = run.identity
    yield Text(f"Suite {who.suite_version}; DUIS schema: {who.schema_origin}; scenarios: {len(run.records)}")
    yield _unbroken(f"Suite's files: {who.suite_origin}, {who.suite_fingerprint or 'not looked at'}", "dim")
    if changes := who.suite_changes:
        yield Text(f"SUITE MODIFIED, compared with {who.suite_version} as released:", _COLOURS["fail"])
        for change in changes[:_MOST_CHANGES]:
            yield _unbroken(f"  {change}", _COLOURS["inconclusive"])
        if len(changes) > _MOST_CHANGES:
            yield Text(f"  and {len(changes) - _MOST_CHANGES} more, see results.json")
    # What a reader must not miss; the target's name is on the command line that made this.
    for name, said in who.details.items():
        if name != "target":
            yield Text(f"{name}: {said}", style="bold yellow")
    yield Text()


def _baseline(run: Run, results: list[RequirementResult]) -> Iterable[RenderableType]:
    if run.baseline is None:
        return
    new, known = len(run.new_failures()), len(run.known_failures())
    numbers = f"{_failures(known, 'known')}, {_failures(new, 'new')}"
    yield Text(f"Baseline {run.baseline.path.name}: {numbers}. {BASELINE_RULE}")
    for entry, state in run.entry_states(results):
        style = "bold yellow" if state.stale else "dim"
        yield _unbroken(f"  {entry.about}: {state}; {entry}", style)
    yield Text()


def _failures(count: int, kind: str) -> str:
    return f"{count or 'no'} {kind} failure{'' if count == 1 else 's'}"


def _receiver(run: Run) -> Iterable[RenderableType]:
    told = unusual(run.receiver)
    if told:
        yield Text("At the receiver, besides the messages that scenarios waited for:", "bold yellow")
        for what, count in told.items():
            yield Text(f"  {count} x {what}")
        yield Text()


def _tables(results: list[RequirementResult]) -> Iterable[RenderableType]:
    for keyword, title in ((Keyword.MUST, "MUST requirements"), (Keyword.ASSUMED, "ASSUMED, reported apart")):
        table = Table(
            "id", "requirement", "verdict", "scenarios", title=title, title_justify="left", box=None
        )
        for one in results:
            if one.keyword is keyword:
                table.add_row(
                    one.id, escape(one.title), Text(one.state, _COLOURS.get(one.state, "dim")), _counted(one)
                )
        yield table
        yield Text()


def _added(run: Run) -> Iterable[RenderableType]:
    """The scenarios that `--features` added: what they are, how they ended, and what that means."""
    if not run.added():
        return
    title = "Added by --features, judged apart"
    table = Table("scenario", "tags", "outcome", title=title, title_justify="left", box=None)
    for one in run.added():
        state = one.exclusion or one.verdict.label
        tags = ", ".join(one.identity.tags)
        table.add_row(escape(one.identity.id), escape(tags), Text(state, _COLOURS.get(state, "dim")))
    yield table
    yield Text(f"From {run.identity.added_features}. {run.added_sentence()} {ADDED_RULE}")
    yield Text()


def _counted(result: RequirementResult) -> str:
    if result.checks:
        return f"{result.checks} checks, {result.failed_checks} failed"
    if result.verdict is Verdict.NONE:
        return escape(result.not_assessed.removeprefix(f"{result.state}: "))
    ran = [said for _, said in result.scenarios if said is not Verdict.NONE]
    excluded = len(result.scenarios) - len(ran) - result.set_aside
    told = [f"{ran.count(Verdict.PASS)} of {len(ran)} passed"]
    told += [f"{excluded} not run"] if excluded else []
    told += [f"{result.set_aside} not taken by this product"] if result.set_aside else []
    return ", ".join(told)


def _troubles(run: Run) -> Iterable[RenderableType]:
    for error in run.suite_errors:
        yield Text(f"suite: {error}", style=_COLOURS["error"])
    records = [one for one in run.ordered_records() if one.verdict not in (Verdict.NONE, Verdict.PASS)]
    obstacles = Counter(filter(None, map(_obstacle, records)))
    told: set[tuple[str, ...]] = set()
    for record in sorted(records, key=lambda one: (not run.known(one), one.verdict), reverse=True):
        known, obstacle = run.known(record), _obstacle(record)
        if obstacle in told:
            continue
        heading = f"{'KNOWN FAILURE' if known else record.verdict.label.upper()}  {record.identity.id}"
        yield _unbroken(heading, _COLOURS["inconclusive" if known else record.verdict.label])
        for entry in known:
            yield Text(f"  baseline: {entry.about}: {entry}")
        about = ", ".join(record.identity.requirements) or "no requirement"
        if record.identity.added:
            about = ", ".join(("added, and no requirement's", *record.identity.tags))
        yield Text(f"  {about}; {record.attribution}")
        for line in trouble_of(record):
            yield Text(f"  {line}")
        again = f"{run.identity.command} --scenario {shlex.quote(record.identity.id)}"
        yield _unbroken(f"  run it alone: {again}", "dim")
        if obstacles[obstacle] > _MANY:
            told.add(obstacle)
            yield Text(
                f"  and {obstacles[obstacle] - 1} more scenarios for the same reason: see results.json"
            )
        yield Text()
    excluded = [one for one in run.ordered_records() if one.exclusion]
    for what in dict.fromkeys(reason.judgement.finding.what for one in excluded for reason in one.reasons):
        count = sum(any(r.judgement.finding.what == what for r in one.reasons) for one in excluded)
        yield Text(f"{count} scenario{'s' if count > 1 else ''} {what}", style="dim")


def _obstacle(record: ScenarioRecord) -> tuple[str, ...]:
    """What kept a scenario from any verdict, the same for every scenario that it keeps; empty for others."""
    if record.verdict is not Verdict.INCONCLUSIVE or record.failed_checks():
        return ()
    return tuple(str(reason.judgement.finding) for reason in record.reasons)


def _unbroken(line: str, style: str) -> Text:
    """A line to be copied: never wrapped."""
    return Text(line, style=style, no_wrap=True, overflow="ignore")


def trouble_of(record: ScenarioRecord) -> list[str]:
    """Why a scenario did not pass, line by line: step, expected, found, what to do."""
    lines = []
    for reason in record.reasons:
        lines += [reason.step or f"[{reason.phase}]", *str(reason.judgement.finding).splitlines()]
    # The same check usually fails on every exchange: say it once.
    told = dict.fromkeys(str(check.finding) for check in record.failed_checks())
    for text in list(told)[:_MANY]:
        lines += text.splitlines()
    if len(told) > _MANY:
        lines.append(f"... and {len(told) - _MANY} more, see the exchanges")
    return lines
