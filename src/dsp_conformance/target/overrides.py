"""What the command line says of a target instead of its file."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.target.errors import TargetError, TargetProblem
from dsp_conformance.testbed.settings import ManualSettings

if TYPE_CHECKING:
    from dsp_conformance.target.values import Target

__all__ = ["require_shareable", "with_rejection_code"]


def with_rejection_code(target: Target, code: str) -> Target:
    """The same target, declared to reject requests for the Device's status by another code.

    Args:
        target: as its file has it.
        code: a response code of DUIS, such as "E5".

    Raises:
        TargetError: it is none for rejections.
    """
    rejections = [one.value for one in ResponseCode if not one.is_success]
    if code not in rejections:
        near = difflib.get_close_matches(code.upper(), rejections, n=1)
        problem = TargetProblem(
            "",
            "--rejection-code",
            "a DUIS response code for rejections, such as 'E51'",
            repr(code),
            nearest=near[0] if near else "",
        )
        raise TargetError(target.path, (problem,))
    return replace(target, profile=replace(target.profile, rejection_code=ResponseCode(code)))


def require_shareable(target: Target) -> None:
    """Refuse a target that several workers cannot test at once: a person can be told one thing at a time.

    Raises:
        TargetError: its testbed is worked by a person.
    """
    if isinstance(target.testbed, ManualSettings):
        problem = TargetProblem(
            "testbed",
            "driver",
            "a driver that several workers can share",
            "'manual', with -n",
            hint="Run without -n: a person is told one thing at a time.",
        )
        raise TargetError(target.path, (problem,))
