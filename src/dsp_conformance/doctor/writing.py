"""Tells what an examination found, to people and to programs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

from dsp_conformance import __version__
from dsp_conformance.doctor.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsp_conformance.doctor.examining import Examined

__all__ = ["has_errors", "lines", "summary", "to_json"]

_SIGNS: Final = {Status.OK: "ok", Status.WARNING: "WARNING", Status.ERROR: "ERROR", Status.SKIPPED: "skipped"}
_WIDTH: Final = 110
_INDENT: Final = " " * 10


def lines(examined: Examined) -> list[str]:
    """What one check found: its status and title, then what is the case, then what to do."""
    outcome = examined.outcome
    first, *rest = outcome.found.splitlines() or [""]
    told = _wrapped(f"{_SIGNS[outcome.status]:<{len(_INDENT)}}{examined.check.title}: {first}")
    for line in rest:
        told += _wrapped(f"{_INDENT}  {line.strip()}")
    if outcome.advice:
        told += _wrapped(f"{_INDENT}-> {outcome.advice}")
    return told


def summary(found: Sequence[Examined]) -> str:
    """The whole in one line."""
    counts = {status: sum(one.outcome.status is status for one in found) for status in Status}
    told = ", ".join(f"{count} {_plural(status, count)}" for status, count in counts.items() if count)
    if counts[Status.ERROR]:
        return f"doctor: {told}: mend the errors first, a run would say nothing about the product"
    if counts[Status.WARNING]:
        return f"doctor: {told}: a run can start"
    return f"doctor: {told}"


def has_errors(found: Sequence[Examined]) -> bool:
    """Whether a run would be in vain."""
    return any(one.outcome.status is Status.ERROR for one in found)


def to_json(found: Sequence[Examined], target: Path | None) -> dict[str, Any]:
    """The whole as plain JSON values."""
    return {
        "suite_version": __version__,
        "target": None if target is None else str(target),
        "ready": not has_errors(found),
        "checks": [
            {
                "id": one.check.id,
                "title": one.check.title,
                "status": one.outcome.status.value,
                "found": one.outcome.found,
                "advice": one.outcome.advice,
                "seconds": round(one.seconds, 3),
            }
            for one in found
        ],
    }


def _plural(status: Status, count: int) -> str:
    return f"{status.value}s" if count > 1 and status in {Status.WARNING, Status.ERROR} else status.value


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(
        line, _WIDTH, subsequent_indent=f"{_INDENT}  ", break_long_words=False, break_on_hyphens=False
    ) or [""]
