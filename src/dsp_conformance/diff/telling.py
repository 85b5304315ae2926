"""Tells of a comparison: as text, as JSON, and as a page that needs nothing else."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dsp_conformance.diff.comparing import threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsp_conformance.diff.comparing import Change, Comparison, Executed, Timing
    from dsp_conformance.diff.sides import Side

FORMAT = 1
"""Version of the JSON document; rises when a reader of the former one would go wrong."""

_KINDS = frozenset({"pass", "fail", "inconclusive", "error"})
_WORDS = {"conformant": "pass", "non-conformant": "fail", "suite failed": "error", "could not start": "error"}


def to_text(comparison: Comparison) -> str:
    """The comparison for a terminal; what is the same in both runs is not told."""
    lines = [
        f"A: {comparison.a.label} ({comparison.a.path})",
        f"B: {comparison.b.label} ({comparison.b.path})",
        "",
    ]
    if comparison.verdict is None:
        lines.append(f"the run: {comparison.a.results.verdict.verdict} in both")
    else:
        lines.append(f"the run: {comparison.verdict.before} → {comparison.verdict.after}")
    lines += _listed("requirements: changed verdicts", map(_changed, comparison.requirements))
    lines += _listed("profile: declared otherwise", map(_changed, comparison.profile))
    lines += _listed("requirements: another revision", map(_changed, comparison.revised))
    lines += _listed("scenarios: changed verdicts", map(_changed, comparison.scenarios))
    lines += _listed("checks executed in one and not in the other", map(_only, comparison.checks))
    lines += _listed("steps executed in one and not in the other", map(_only, comparison.steps))
    lines += _listed("changed response codes", map(_changed, comparison.codes))
    lines += _listed("changed times", map(_timed, comparison.timings))
    lines.append(f"(times: {threshold()})")
    return "\n".join(lines) + "\n"


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON values."""
    return {
        "format": FORMAT,
        "a": _side(comparison.a),
        "b": _side(comparison.b),
        "verdicts_changed": comparison.verdicts_changed,
        "verdict": None if comparison.verdict is None else asdict(comparison.verdict),
        **{
            name: [asdict(one) for one in getattr(comparison, name)]
            for name in (
                "requirements",
                "profile",
                "revised",
                "scenarios",
                "checks",
                "steps",
                "codes",
                "timings",
            )
        },
        "timing_threshold": threshold(),
    }


def to_page(comparison: Comparison) -> str:
    """The comparison as one HTML page; nothing is fetched, no script is needed."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - costly, for the page alone
    from markupsafe import Markup  # noqa: PLC0415 - as above

    from dsp_conformance.report.page.writing import style  # noqa: PLC0415 - as above

    environment = Environment(
        loader=PackageLoader("dsp_conformance.diff"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("diff.html").render(
        it=comparison,
        a=comparison.a,
        b=comparison.b,
        kind=_kind,
        threshold=threshold(),
        style=Markup(style()),  # noqa: S704 - a file of this package
    )


def _kind(verdict: str) -> str:
    """The class of a verdict in the style sheet."""
    return _WORDS.get(verdict, verdict if verdict in _KINDS else "none")


def _side(side: Side) -> dict[str, Any]:
    told = side.results.run
    return {
        "path": str(side.path),
        "dsp": told.dsp.model_dump(),
        "suite_version": told.suite_version,
        "started": told.started,
        "complete": told.complete,
        "verdict": side.results.verdict.verdict,
    }


def _listed(title: str, found: Iterable[str]) -> Iterator[str]:
    lines = list(found)
    yield f"{title}: {len(lines) or 'none'}"
    yield from (f"  {line}" for line in lines)


def _changed(change: Change) -> str:
    return f"{change.what}: {change.detail + ': ' if change.detail else ''}{change.before} → {change.after}"


def _only(executed: Executed) -> str:
    return f"{executed.scenario}: only in {executed.only}: {'; '.join(executed.what)}"


def _timed(timing: Timing) -> str:
    return f"{timing.what}: {timing.before * 1000:.1f} ms → {timing.after * 1000:.1f} ms"
