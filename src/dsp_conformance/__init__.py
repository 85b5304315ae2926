"""A conformance suite that tells whether a DSP does what Smart Energy Code modification MP105 asks.

The packages, from the ground up: `eui64`, `gbcs` and `smki` (what Devices and parties are called, say and
trust), `duis` (the language of the interface), `user` (the Service User that puts the questions), `stub` (a
reference DSP), `testbed` (how a DSP is put into a state), `report` (what is handed to reviewers), `cli`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["__version__"]

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """Look the version up when it is first asked for: importing the package reads no metadata."""
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415  # costs 15 ms that few callers need

            return version("dsp-conformance")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
