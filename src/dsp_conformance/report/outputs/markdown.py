"""A summary in GitHub's Markdown, for the page on which a CI system shows what a job did."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from dsp_conformance.record.run import ADDED_RULE
from dsp_conformance.report.outputs.printable import one_line, printable
from dsp_conformance.report.outputs.reading import (
    NOT_COMPLETE,
    WHEN,
    Document,
    failures_of,
    kind_of,
    not_passed,
    outcome,
    reproduction,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dsp_conformance.record.source import Arrival, ReportSource

__all__ = ["markdown", "write_markdown"]

_SYMBOLS: Final = {
    "conformant": "✅",
    "pass": "✅",
    "non-conformant": "❌",
    "fail": "❌",
    "error": "💥",
    "suite failed": "💥",
    "not applicable": "⚪",
    "not testable": "⚪",
    "not taken by this product": "⚪",
}
_UNSURE: Final = "⚠️"
_ORDER: Final = (
    "error",
    "fail",
    "inconclusive",
    "not assessed",
    "not testable",
    "not taken by this product",
    "not applicable",
    "pass",
)
_MOST: Final = 25
_NAMED: Final = 5
_LONGEST: Final = 4000  # characters of why one scenario did not pass: a CI system cuts off long pages

_ACTIVE: Final = re.compile(
    r"[&<>|`*_\[\]{}~#@\\!$^]"  # punctuation of Markdown, of its tables and of GitHub's formulas
    r"|:(?=//)|:(?=[\w+-]+:)"  # addresses and emoji
    r"|(?i:(?<=www)\.)"
)


def write_markdown(source: ReportSource, folder: Path) -> None:
    """Write `summary.md`."""
    (folder / "summary.md").write_text(markdown(source.results, source.arrivals), encoding="utf-8")


def markdown(results: Document, arrivals: Iterable[Arrival] = ()) -> str:
    """The run as a page of Markdown; whatever a product says stands in it as text alone.

    Args:
        results: the document `results.json`.
        arrivals: what the DSP posted to the receiver.
    """
    blocks = [*_head(results), *_numbers(results), *_troubles(results), *_requirements(results)]
    blocks += [*_added(results), *_unasked(arrivals)]
    return "\n\n".join(blocks) + "\n"


def _head(results: Document) -> Iterator[str]:
    run, verdict = results["run"], results["verdict"]
    yield f"## {_symbol(verdict['verdict'])} DSP conformance: {verdict['verdict']}"
    if not run["complete"]:
        yield f"**{_UNSURE} Incomplete: {NOT_COMPLETE}.**"
    yield f"**{_plain(verdict['sentence'])}**"
    yield f"Decision rule: {_plain(verdict['decision_rule'])}"
    yield _table(
        ("product", "suite", "DUIS schema", "began", "took", "operator"),
        [
            (
                f"{run['dsp']['name']} {run['dsp']['version']}".strip(),
                f"{run['suite_version']} {run['suite_commit'][:12]}".strip(),
                run["schema_origin"],
                run["started"],
                f"{run['duration_seconds']:.1f} s",
                run["operator"] or "not named",
            )
        ],
    )


def _numbers(results: Document) -> Iterator[str]:
    counted: dict[str, Counter[str]] = {
        f"{keyword} requirements": Counter(
            one["verdict"] for one in results["requirements"] if one["keyword"] == keyword
        )
        for keyword in ("MUST", "ASSUMED")
    }
    own, added = _by_origin(results)
    counted["scenarios"] = Counter(map(outcome, own))
    if added:
        counted["added scenarios, judged apart"] = Counter(map(outcome, added))
    seen = [verdict for verdict in reversed(_ORDER) if any(each[verdict] for each in counted.values())]
    if seen:
        rows = [(what, *(str(each[verdict]) for verdict in seen)) for what, each in counted.items()]
        yield _table(("", *seen), rows)


def _troubles(results: Document) -> Iterator[str]:
    found = not_passed(results)
    stale = [entry for entry in (results["baseline"] or {}).get("entries", ()) if entry["stale"]]
    if not (found or stale or results["suite_errors"]):
        return
    yield "### What needs attention"
    for error in results["suite_errors"]:
        yield f"{_symbol('error')} **the suite itself failed**\n\n{_fenced(error)}"
    for entry in stale:
        about = entry.get("requirement") or entry["scenario"]
        yield f"{_UNSURE} **baseline entry {_plain(about)}: {_plain(entry['state'])}**"
    groups = list(_alike(results, found).values())
    for group in groups[:_MOST]:
        yield from _group(results, group)
    if len(groups) > _MOST:
        left = sum(map(len, groups[_MOST:]))
        yield f"... and {left} more scenarios, see results.json."


def _alike(results: Document, scenarios: list[Document]) -> dict[tuple[str, ...], list[Document]]:
    """Scenarios that did not pass for the same reasons, together."""
    groups: dict[tuple[str, ...], list[Document]] = {}
    for scenario in scenarios:
        reasons = [line for lines in failures_of(scenario) for line in lines if not line.startswith(WHEN)]
        groups.setdefault((kind_of(results, scenario), *scenario["requirements"], *reasons), []).append(
            scenario
        )
    return groups


def _group(results: Document, scenarios: list[Document]) -> Iterator[str]:
    first = scenarios[0]
    about = ", ".join(first["requirements"]) or ("judged apart" if first["added"] else "no requirement")
    count = "1 scenario" if len(scenarios) == 1 else f"{len(scenarios)} scenarios"
    whose = f" ({first['attribution']})" if outcome(first) == "inconclusive" else ""
    yield f"#### {_symbol(outcome(first))} {kind_of(results, first)}{whose}: {_plain(f'{about}, {count}')}"
    told = "\n".join("\n".join(lines) for lines in failures_of(first))
    if len(told) > _LONGEST:
        told = f"{told[:_LONGEST]}\n... cut short, see results.json"
    names = [scenario["id"] for scenario in scenarios[:_NAMED]]
    if len(scenarios) > _NAMED:
        names.append(f"... and {len(scenarios) - _NAMED} more")
    yield _fenced("\n".join([told, "", *names, "", f"run the first alone: {reproduction(results, first)}"]))


def _requirements(results: Document) -> Iterator[str]:
    yield "### Requirements"
    rows = [
        (
            one["id"],
            one["title"],
            one["keyword"],
            f"{', '.join(one['source'])}: {one['basis']}" if one["basis"] else "",
            f"{_symbol(one['verdict'])} {one['verdict']}",
            _counted(one),
        )
        for one in results["requirements"]
    ]
    yield _table(("id", "requirement", "binding", "stands in", "verdict", "scenarios"), rows)
    letters = "; ".join(f"{letter} = {text}" for letter, text in results["sources"].items())
    yield _plain(f"{letters}; stated: the source says it; derived: it follows from the source.")


def _counted(requirement: Document) -> str:
    said = Counter(map(outcome, requirement["scenarios"]))
    parts = [f"{said[verdict]} {verdict}" for verdict in _ORDER if said[verdict]]
    if requirement["checks"]["made"]:
        parts.append("{made} checks, {failed} failed".format(**requirement["checks"]))
    return ", ".join(parts) or requirement["not_assessed"]


def _by_origin(results: Document) -> tuple[list[Document], list[Document]]:
    """The suite's own scenarios, and those that `--features` added."""
    own = [one for one in results["scenarios"] if not one["added"]]
    return own, [one for one in results["scenarios"] if one["added"]]


def _added(results: Document) -> Iterator[str]:
    _, added = _by_origin(results)
    if added:
        yield "### Added by --features"
        yield f"{_plain(results['run']['added_features'])}. {ADDED_RULE}"
        rows = [
            (one["id"], ", ".join(one["tags"]), f"{_symbol(outcome(one))} {outcome(one)}") for one in added
        ]
        yield _table(("scenario", "tags", "outcome"), rows)


def _unasked(arrivals: Iterable[Arrival]) -> Iterator[str]:
    """Messages that no scenario has asked for, such as alerts about other Devices: they are not judged."""
    found = Counter((one.title, one.refusal) for one in arrivals if one.unasked)
    if found:
        yield "### Messages that answer no request of this run"
        yield "No verdict rests on them; journal.jsonl has each with its octets."
        rows = [
            (str(count), title, refusal or "taken") for (title, refusal), count in found.most_common(_MOST)
        ]
        yield _table(("number", "message", "receiver"), rows)


def _symbol(verdict: str) -> str:
    return _SYMBOLS.get(verdict, _UNSURE)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *(tuple(map(_plain, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _plain(text: str) -> str:
    """Text in one line that Markdown shows as it is."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", one_line(text))


def _fenced(text: str) -> str:
    """Text as it is, in a block that nothing in it can end."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{printable(text)}\n{fence}"
