"""What the commands share: where the suite is, and how something unusable ends a command."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["Unusable", "suite_root"]

_CONFIGURATION = 2


class Unusable(click.ClickException):
    """Something that the command was given cannot be used: one message, exit code 2."""

    exit_code = _CONFIGURATION


def suite_root() -> Path:
    """The checkout in which this package is installed; its features, steps and fixtures are there."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "features" / "requirements.toml").is_file():
        raise Unusable(
            f"the suite's features are not there: expected {root / 'features'}, found nothing. "
            "Run from a checkout, where 'make conformance' sets everything up."
        )
    return root
