"""How files are named to people: so that they are found, and nothing is told of a machine's folders."""

from __future__ import annotations

from pathlib import Path

__all__ = ["as_seen_from_here"]


def as_seen_from_here(path: Path) -> Path | None:
    """A path as it is written in the working directory; None for one that leads out of it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else None
