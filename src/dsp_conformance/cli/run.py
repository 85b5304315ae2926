"""`dsp-conformance run`: the suite against a DSP."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from dsp_conformance.cli.checking import check_baseline, check_folder, check_target
from dsp_conformance.cli.features import added_option, check_added, check_features, load_ledger, run_features
from dsp_conformance.cli.usage import suite_option, suite_root

__all__ = ["run", "worker_count"]

_MOST_WORKERS = 256


def worker_count(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """Read a number of worker processes, or count the cores that this process may use."""
    if value is None:
        return None
    if value == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= _MOST_WORKERS:
        raise click.BadParameter(f"expected a number from 1 to {_MOST_WORKERS} or 'auto', found {value!r}.")
    return int(value)


@click.command()
@suite_option
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The target file: which DSP is tested, as whom, through which testbed. Without it the bundled stub"
    " is started and tested.",
)
@click.option("--before-mp105", is_flag=True, help="Start the bundled stub as a DSP was before the change.")
@click.option(
    "--rejection-code",
    metavar="CODE",
    help="The code with which the product rejects a request for its Device's status, instead of what the"
    " target file's [profile] says. The bundled stub is not told: what it answers is its own affair.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The vendor's own list of known failures, instead of the one that the target file names. Known"
    " failures are told from new ones and count all the same.",
)
@click.option(
    "--request-bodies",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Request bodies that suit the product better than the suite's own, such as 4.1.1.xml or"
    " 6.13.GSME.xml, instead of the folder that the target file names.",
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="ID",
    help="Run only this scenario, by its id in the report, or all rows of this outline; may be repeated. A"
    " selection makes no product conformant: where nothing fails, the run is inconclusive.",
)
@added_option
@click.option(
    "--operator", metavar="NAME", help="Who runs the suite, for the report, instead of the target file's."
)
@click.option(
    "--reports",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("reports/latest"),
    show_default=True,
    help="Where the results go.",
)
@click.option(
    "-n",
    "--workers",
    callback=worker_count,
    metavar="N",
    help="Run scenarios on that many worker processes; auto: one for each core. Without it, one process"
    " runs them all.",
)
def run(
    *,
    target: Path | None,
    rejection_code: str | None,
    baseline: Path | None,
    request_bodies: Path | None,
    scenarios: tuple[str, ...],
    features: Path | None,
    operator: str | None,
    reports: Path,
    workers: int | None,
    before_mp105: bool,
) -> None:
    """Run the suite against a DSP.

    \b
    Exit codes:
      0  conformant
      1  non-conformant
      2  the command, the target file or another file cannot be used, or the baseline is stale
      3  inconclusive
      4  the suite itself failed
      5  nothing ran
      6  conformant, but not all scenarios passed that --features adds
    """  # noqa: D301 - the backslash is click's sign for lines to be kept as they are
    if target is not None and before_mp105:
        raise click.UsageError("--before-mp105 is about the bundled stub: leave it or --target out.")
    root = suite_root()
    ledger = load_ledger(root)
    check_features(root)
    if features is not None:
        check_added(features, ledger, root)
    checked = check_target(target, rejection_code, shared=workers is not None)
    known = baseline or checked.baseline
    if known is not None:
        check_baseline(known, ledger)
    check_folder(reports)
    files = {
        "reports": reports,
        "target": target,
        "baseline": baseline,
        "request-bodies": request_bodies,
        "added-features": features,
    }
    words = {"rejection-code": rejection_code, "operator": operator}
    arguments = [f"--{name}={file.absolute()}" for name, file in files.items() if file is not None]
    arguments += [f"--{name}={word}" for name, word in words.items() if word is not None]
    arguments += [f"--scenario={one}" for one in scenarios]
    if before_mp105:
        arguments.append("--before-mp105")
    if workers is not None:
        arguments += ["-p", "xdist", "-n", str(workers)]
    sys.exit(run_features(root, arguments))
