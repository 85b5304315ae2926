"""`dsp-conformance requirements` and `trace`: the ledger, and what of the suite judges each requirement."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from dsp_conformance.cli.features import collected_features, load_ledger
from dsp_conformance.cli.usage import suite_option, suite_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.tree import Tree

    from dsp_conformance.report.ledger import Ledger, Requirement
    from dsp_conformance.report.trace import TracedRequirement

__all__ = ["requirements", "trace"]

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_COLUMNS = ("id", "keyword", "title", "source", "applies", "revision")


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


@click.command()
@suite_option
@_as_json
def trace(*, as_json: bool) -> None:
    """Print requirement by requirement the scenarios that judge it, their steps and the code behind them.

    This is what the suite holds, whatever a profile or a testbed leaves out of a run; results.json tells
    what was executed.
    """
    from dsp_conformance.report.trace import to_json  # noqa: PLC0415 - see the package
    from dsp_conformance.report.trace import trace as traced  # noqa: PLC0415 - see the package

    root = suite_root()
    ledger = load_ledger(root)
    every = traced(collected_features(root), ledger)
    if as_json:
        click.echo(_dumped(to_json(every)))
    elif sys.stdout.isatty():
        _print_trees(every)
    else:
        for line in _lines(every):
            click.echo(line)


def _plain(requirement: Requirement) -> dict[str, Any]:
    return {**requirement.model_dump(mode="json"), "group": requirement.group}


def _row(requirement: Requirement) -> tuple[str, ...]:
    return (
        requirement.id,
        requirement.keyword,
        requirement.title,
        ", ".join(requirement.source) or "-",
        requirement.applicability or "always",
        str(requirement.revision),
    )


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


def _lines(every: Iterable[TracedRequirement]) -> Iterator[str]:
    for one in every:
        yield _heading(one)
        for scenario in one.scenarios:
            yield f"  {scenario.place}: {scenario.name}"
            if scenario.rows:
                yield f"    rows: {', '.join(scenario.rows)}"
            for step in scenario.steps:
                yield f"    {step.keyword} {step.text}  [{', '.join(step.definitions)}]"


def _print_trees(every: Iterable[TracedRequirement]) -> None:
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.text import Text  # noqa: PLC0415 - see the package
    from rich.tree import Tree  # noqa: PLC0415 - see the package

    console = Console(highlight=False)
    for one in every:
        tree = Tree(Text(_heading(one), "bold"))
        for scenario in one.scenarios:
            branch: Tree = tree.add(Text.assemble(scenario.name, (f"  {scenario.place}", "dim")))
            if scenario.rows:
                branch.add(Text(f"rows: {', '.join(scenario.rows)}", "dim"))
            for step in scenario.steps:
                places = ", ".join(step.definitions)
                branch.add(Text.assemble((step.keyword, "cyan"), f" {step.text}", (f"  {places}", "dim")))
        console.print(tree)


def _heading(one: TracedRequirement) -> str:
    count = sum(len(scenario.rows) or 1 for scenario in one.scenarios)
    scenarios = "no scenario" if not count else "1 scenario" if count == 1 else f"{count} scenarios"
    return f"{one.requirement.id} {one.requirement.title} ({one.requirement.keyword}, {scenarios})"
