"""`dsp-conformance selfcheck`: the proof that the suite can fail."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsp_conformance.cli.checking import check_folder
from dsp_conformance.cli.features import collected_features, load_ledger, run_features
from dsp_conformance.cli.run import worker_count
from dsp_conformance.cli.usage import Unusable, suite_option, suite_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsp_conformance.selfcheck.experiments import Experiment

__all__ = ["selfcheck"]

_NOT_PROVEN = 1
_FOR_EACH_CORE = 3


def judge(arguments: Sequence[str], nodeids: Sequence[str], sought: frozenset[str]) -> int:
    """Run some scenarios; called in a process of its own."""
    from dsp_conformance.selfcheck.stopping import Enough  # noqa: PLC0415 - see the package

    return run_features(suite_root(), arguments, nodeids, plugins=[Enough(sought)] if sought else [])


def _at_a_time(context: click.Context, option: click.Parameter, value: str) -> int:
    """Read how many deviations are tried at a time: while one waits, another can use the core."""
    count = worker_count(context, option, value) or 1
    return _FOR_EACH_CORE * count if value == "auto" else count


@click.command()
@suite_option
@click.option(
    "--deviation",
    "names",
    multiple=True,
    metavar="ID",
    help="Try this one alone and show the evidence; may be given several times. ID+ID: two at once.",
)
@click.option("--all", "everything", is_flag=True, help="Run all scenarios against every deviation.")
@click.option("--list", "listing", is_flag=True, help="List the deviations and leave.")
@click.option(
    "-n",
    "--workers",
    callback=_at_a_time,
    metavar="N",
    default="auto",
    show_default=True,
    help="Try that many deviations at a time; auto: three for each core, as a run mostly waits.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("reports/selfcheck"),
    show_default=True,
    help="Where matrix.json and matrix.html go.",
)
def selfcheck(names: tuple[str, ...], workers: int, output: Path, *, everything: bool, listing: bool) -> None:
    """Prove that the suite can fail.

    Each deviation is one way in which the bundled stub can be made to differ. The suite must fail each
    violation for a requirement that it breaks, and must pass every lawful variation. When all are tried,
    each requirement must be violated by something, and each scenario must kill something.

    \b
    Exit codes:
      0  it does
      1  it does not: something survived, was killed for another reason only, was wrongly failed or is idle
      2  the command cannot be used
      4  a run failed and proves nothing
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    from dsp_conformance.selfcheck.experiments import experiment  # noqa: PLC0415 - see the package
    from dsp_conformance.selfcheck.findings import Judgement  # noqa: PLC0415 - see the package
    from dsp_conformance.selfcheck.proof import Proof  # noqa: PLC0415 - see the package
    from dsp_conformance.selfcheck.workshop import Workshop  # noqa: PLC0415 - see the package
    from dsp_conformance.selfcheck.writing import evidence, line, summary, write  # noqa: PLC0415
    from dsp_conformance.stub.deviations import CATALOGUE, UnknownDeviation  # noqa: PLC0415

    try:
        tried = [experiment(name) for name in dict.fromkeys(names or CATALOGUE)]
    except UnknownDeviation as unknown:
        raise Unusable(f"--{unknown}") from None
    if listing:
        _list(tried)
        return
    root = suite_root()
    proof = Proof(
        tuple(tried),
        tuple(load_ledger(root)),
        tuple(collected_features(root)),
        everything=everything,
        complete=not names,
    )
    check_folder(output, "--output")
    with tempfile.TemporaryDirectory(prefix="dsp-conformance-selfcheck-") as folder:
        workshop = Workshop(judge, Path(folder), warm="dsp_conformance.cli.warm")
        for finding, number, total in proof.gather(lambda tasks: workshop.try_all(tasks, workers)):
            click.echo(line(finding, number, total))
    matrix = proof.matrix
    if names:
        for finding in matrix.findings:
            click.echo("\n".join(evidence(finding)))
    else:
        click.echo("\n".join(summary(matrix)))
    for path in write(matrix, output):
        click.echo(str(path))
    if matrix.of(Judgement.SUITE_ERROR):
        sys.exit(4)
    sys.exit(0 if matrix.is_proof else _NOT_PROVEN)


def _list(tried: Sequence[Experiment]) -> None:
    for each in tried:
        what = "lawful" if each.is_lawful else " ".join(sorted(each.violates))
        click.echo(f"{each.id} ({what}): {each.sentence}")
