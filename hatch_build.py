"""Puts the suite's files into the wheel, where the program finds them without a checkout.

An editable install has the checkout itself, and gets no copy.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PARTS = ("conftest.py", "features", "steps", "fixtures")
_PLACE = "dsp_conformance/base/bundled"
_DOCS = ("docs/testbed-control.openapi.yaml",)


class SuiteFiles(BuildHookInterface[Any]):
    """The build hook; hatchling finds it by its base class."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files before the wheel is built."""
        if version == "standard":
            build_data["force_include"].update({part: f"{_PLACE}/{part}" for part in _PARTS})
            build_data["force_include"].update({page: f"dsp_conformance/{page}" for page in _DOCS})
