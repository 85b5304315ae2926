"""`dsp-conformance requirements` and `trace`: the ledger, and what of the suite judges each requirement."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from dsp_conformance.cli.features import added_option, check_added, collected_features, load_ledger
from dsp_conformance.cli.usage import suite_option, suite_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.tree import Tree

    from dsp_conformance.collection.trace import TracedRequirement, TracedScenario
    from dsp_conformance.ledger.requirements import Ledger, Requirement

__all__ = ["requirements", "trace"]

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_COLUMNS = ("id", "keyword", "title", "source", "basis", "applies", "revision")


@click.command()
@suite_option
@_as_json
def requirements(*, as_json: bool) -> None:
    """Print the ledger: what the suite holds a DSP to."""
    ledger = load_ledger(suite_root())
    if as_json:
        click.echo(_dumped([_plain(one) for one in ledger.values()]))
    elif sys.stdout.isatty():
        _print_tables(ledger)
    else:
        rows = [_COLUMNS, *(_row(one) for one in ledger.values())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        for line in _standing(ledger):
            click.echo(line)


@click.command()
@suite_option
@added_option
@click.option(
    "--sentences",
    "as_sentences",
    is_flag=True,
    help="Print what steps there are instead: each definition with the sentences that the features hold.",
)
@_as_json
def trace(*, features: Path | None, as_sentences: bool, as_json: bool) -> None:
    """Print requirement by requirement the scenarios that judge it, their steps and the code behind them.

    This is what the suite holds, whatever a profile or a testbed leaves out of a run; results.json tells
    what was executed.
    """
    from dsp_conformance.collection import trace as tracing  # noqa: PLC0415 - see the package

    root = suite_root()
    ledger = load_ledger(root)
    if features is not None:
        check_added(features, ledger, root)
    scenarios = collected_features(root, features)
    if as_sentences:
        _print_sentences(tracing.sentences(scenarios), as_json=as_json)
        return
    every, added = tracing.trace(scenarios, ledger), tracing.trace_added(scenarios)
    if as_json:
        click.echo(_dumped(tracing.to_json(every, added)))
    elif sys.stdout.isatty():
        _print_trees(_entries(every, added))
    else:
        for line in _lines(_entries(every, added)):
            click.echo(line)


def _print_sentences(found: Mapping[str, Sequence[str]], *, as_json: bool) -> None:
    if as_json:
        click.echo(_dumped({place: list(said) for place, said in found.items()}))
        return
    for place, said in found.items():
        click.echo("\n".join((place, *(f"  {one}" for one in said))))


def _entries(
    every: Iterable[TracedRequirement], added: Sequence[TracedScenario]
) -> Iterator[tuple[str, Sequence[TracedScenario]]]:
    """What is printed: a heading and the scenarios beneath it, again and again."""
    for one in every:
        requirement = one.requirement
        counted = _counted(one.scenarios)
        yield f"{requirement.id} {requirement.title} ({requirement.keyword}, {counted})", one.scenarios
    if added:
        from dsp_conformance.collection.trace import ADDED_TITLE  # noqa: PLC0415 - see the package

        yield f"{ADDED_TITLE} ({_counted(added)})", added


def _plain(requirement: Requirement) -> dict[str, Any]:
    from dsp_conformance.ledger.requirements import SOURCES  # noqa: PLC0415 - see the package

    meant = {letter: SOURCES[letter] for letter in requirement.source}
    return {**requirement.model_dump(mode="json"), "group": requirement.group, "sources": meant}


def _row(requirement: Requirement) -> tuple[str, ...]:
    return (
        requirement.id,
        requirement.keyword,
        requirement.title,
        ", ".join(requirement.source) or "-",
        requirement.basis or "-",
        _applies(requirement),
        str(requirement.revision),
    )


def _applies(requirement: Requirement) -> str:
    from dsp_conformance.ledger.switches import demand_of, said  # noqa: PLC0415 - see the package

    if requirement.applicability is None:
        return "always"
    switch, needed = demand_of(requirement.applicability)
    return f'unless {switch} = "{said(not needed)}"'


def _standing(ledger: Ledger) -> Iterator[str]:
    """What the letters mean, and how each demand follows from its source that does not simply stand there."""
    from dsp_conformance.ledger.requirements import NO_SOURCE, SOURCES  # noqa: PLC0415 - see the package

    yield ""
    yield f"source: {'; '.join(f'{letter} = {text}' for letter, text in SOURCES.items())}"
    yield f"basis: stated = the source says it; derived = it follows from it; - = {NO_SOURCE} (ASSUMED)"
    yield ""
    for one in ledger.values():
        if one.derivation:
            yield f"{one.id}  {one.standing}"


def _dumped(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, indent=1)


def _print_tables(ledger: Ledger) -> None:
    from rich import box  # noqa: PLC0415 - see the package
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.markup import escape  # noqa: PLC0415 - see the package
    from rich.table import Table  # noqa: PLC0415 - see the package

    console = Console(highlight=False)
    for group, title in ledger.groups.items():
        table = Table(*_COLUMNS, title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
        for one in ledger.values():
            if one.group == group:
                table.add_row(*map(escape, _row(one)))
        console.print(table)
    for line in _standing(ledger):
        console.print(escape(line))


def _lines(entries: Iterable[tuple[str, Sequence[TracedScenario]]]) -> Iterator[str]:
    for heading, scenarios in entries:
        yield heading
        for scenario in scenarios:
            yield f"  {scenario.place}: {scenario.name}"
            if scenario.rows:
                yield f"    rows: {', '.join(scenario.rows)}"
            for step in scenario.steps:
                yield f"    {step.keyword} {step.text}  [{', '.join(step.definitions)}]"


def _print_trees(entries: Iterable[tuple[str, Sequence[TracedScenario]]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.text import Text  # noqa: PLC0415 - see the package
    from rich.tree import Tree  # noqa: PLC0415 - see the package

    console = Console(highlight=False)
    for heading, scenarios in entries:
        tree = Tree(Text(heading, "bold"))
        for scenario in scenarios:
            branch: Tree = tree.add(Text.assemble(scenario.name, (f"  {scenario.place}", "dim")))
            if scenario.rows:
                branch.add(Text(f"rows: {', '.join(scenario.rows)}", "dim"))
            for step in scenario.steps:
                places = ", ".join(step.definitions)
                branch.add(Text.assemble((step.keyword, "cyan"), f" {step.text}", (f"  {places}", "dim")))
        console.print(tree)


def _counted(scenarios: Iterable[TracedScenario]) -> str:
    count = sum(len(scenario.rows) or 1 for scenario in scenarios)
    return "no scenario" if not count else "1 scenario" if count == 1 else f"{count} scenarios"
