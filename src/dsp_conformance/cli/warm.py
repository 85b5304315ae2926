"""Imported by the process that the selfcheck forks from: everything that a stub and a run will need."""

from __future__ import annotations

import contextlib

import click

from dsp_conformance.cli.features import collected_features
from dsp_conformance.cli.usage import suite_root
from dsp_conformance.stub import deviations, server

__all__ = ["deviations", "server"]

with contextlib.suppress(click.ClickException):  # whatever is wrong with the features, each run tells
    collected_features(suite_root())
