"""`dsp-conformance testbed`: what a testbed has to hold."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsp_conformance.cli.features import collected_features, load_ledger
from dsp_conformance.cli.usage import Unusable, importable_suite_root, suite_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.scenario.device_demand import ShoppingList
    from dsp_conformance.target import Target

__all__ = ["testbed"]


@click.group()
def testbed() -> None:
    """What a testbed has to hold before a run."""


@testbed.command()
@suite_option
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A target file: its profile tells which scenarios apply, its list of Devices what is there already.",
)
@click.option("--csv", "form", flag_value="csv", help="Print a list to fill in, as CSV.")
@click.option("--toml", "form", flag_value="toml", help="Print a list to fill in, as TOML.")
def plan(*, target: Path | None, form: str | None) -> None:
    """Print the Devices that a full run needs, and in which states, for the driver 'provisioned'.

    Read off the features and steps themselves. What the target's list holds already is counted, and left out
    of the lists to fill in.
    """
    root = importable_suite_root()
    from dsp_conformance.scenario.device_demand import shopping_list  # noqa: PLC0415 - see the package
    from dsp_conformance.testbed.settings import ProvisionedSettings  # noqa: PLC0415 - see the package

    checked = _target(target)
    settings = checked.testbed
    devices = settings.devices.devices if isinstance(settings, ProvisionedSettings) else ()
    needed = shopping_list(collected_features(root), load_ledger(root), checked.profile.switches, devices)
    match form:
        case "csv":
            click.echo(_csv(needed), nl=False)
        case "toml":
            click.echo(_toml(needed), nl=False)
        case _:
            for line in _lines(needed, Counter(str(each.state) for each in devices)):
                click.echo(line)


def _target(path: Path | None) -> Target:
    """The target; without a file one to which every scenario applies that applies to the bundled stub."""
    from dsp_conformance.target import Target, TargetError, load_target  # noqa: PLC0415 - see the package

    try:
        return Target.bundled_stub() if path is None else load_target(path)
    except TargetError as error:
        raise Unusable(str(error)) from None


def _lines(needed: ShoppingList, listed: Counter[str]) -> Iterator[str]:
    """The plan for people: each state with how often it is needed, then what no list can do."""
    need: Counter[str] = Counter()
    lack: Counter[str] = Counter()
    about: dict[str, set[str]] = {}
    for each in needed.wanted:
        state = str(each.wanted.state)
        need[state] += 1
        lack[state] += each.missing
        about.setdefault(state, set()).update(each.scenario.requirements)
    scenarios = {each.scenario.id for each in needed.wanted}
    yield (
        f"{need.total()} Devices in {len(need)} states, for {len(scenarios)} scenarios; "
        f"{lack.total()} of them are missing."
    )
    yield ""
    yield "  need  listed  missing  state"
    for state, count in need.most_common():
        yield f"  {count:4}  {listed[state]:6}  {lack[state]:7}  {state}  ({', '.join(sorted(about[state]))})"
    if together := Counter(each.family for each in needed.wanted if each.family):
        yield ""
        yield (
            f"{together.total()} of them are in {len(together)} groups: all of a group have to be of one "
            "model with the same firmware, recorded and running; --csv shows which."
        )
    if needed.unlistable:
        yield ""
        yield f"{len(needed.unlistable)} scenarios cannot be tested with any list:"
        for reason, count in Counter(reason.finding.what for _, reason in needed.unlistable).items():
            named = sorted(
                {
                    tag
                    for scenario, why in needed.unlistable
                    for tag in scenario.requirements
                    if why.finding.what == reason
                }
            )
            yield f"  {reason}: {count} ({', '.join(named)})"


def _csv(needed: ShoppingList) -> str:
    from dsp_conformance.scenario.device_demand import template_rows  # noqa: PLC0415 - see the package
    from dsp_conformance.testbed.device_list import COLUMNS  # noqa: PLC0415 - see the package

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(template_rows(needed.missing))
    return text.getvalue()


def _toml(needed: ShoppingList) -> str:
    from dsp_conformance.scenario.device_demand import template_rows  # noqa: PLC0415 - see the package

    tables = (
        "[[devices]]\n" + "".join(f'{key} = "{cell}"\n' for key, cell in row.items())
        for row in template_rows(needed.missing)
    )
    return "\n".join(tables)
