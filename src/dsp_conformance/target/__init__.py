"""The target file: which DSP is tested, as whom, through which testbed and by which profile, in TOML.

`form` is what may stand in the file, `reading` turns the file into a `Target` and collects everything that is
wrong with it, `values` is what the rest of the suite gets to see.
"""

from __future__ import annotations

from dsp_conformance.target.errors import TargetError, TargetProblem
from dsp_conformance.target.overrides import require_shareable, with_rejection_code
from dsp_conformance.target.reading import load_target
from dsp_conformance.target.values import DspSettings, DspUnderTest, Profile, Target

__all__ = [
    "DspSettings",
    "DspUnderTest",
    "Profile",
    "Target",
    "TargetError",
    "TargetProblem",
    "load_target",
    "require_shareable",
    "with_rejection_code",
]
