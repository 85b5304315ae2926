"""What has to hold before a run starts anything; what does not hold ends the command with exit code 2."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dsp_conformance.cli.usage import Unusable

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.report.ledger import Ledger
    from dsp_conformance.target import Target

__all__ = ["check_baseline", "check_folder", "check_target"]


def check_target(path: Path | None, rejection_code: str | None = None) -> Target:
    """See that the target can be used, and that the receiver can listen where it says."""
    from dsp_conformance.target import (  # noqa: PLC0415 - see the package
        Target,
        TargetError,
        load_target,
        with_rejection_code,
    )

    try:
        target = Target.bundled_stub() if path is None else load_target(path)
        if rejection_code is not None:
            target = with_rejection_code(target, rejection_code)
        _check_told(target)
    except TargetError as error:
        raise Unusable(str(error)) from None
    _check_receiver(target)
    return target


def check_baseline(path: Path, ledger: Ledger) -> None:
    """See that a baseline file can be used; whether its scenarios exist shows when these are collected."""
    from dsp_conformance.report.baseline import Baseline, BaselineError  # noqa: PLC0415 - see the package

    try:
        Baseline.load(path, ledger)
    except BaselineError as error:
        raise Unusable(str(error)) from None


def _check_told(target: Target) -> None:
    """See that target file and testbed together tell all that is needed.

    A testbed that does not answer is left to the run, which is then inconclusive and says why.

    Raises:
        TargetError: they do not.
    """
    from dsp_conformance.testbed import ControlApiTestbed, TestbedError  # noqa: PLC0415 - see the package

    if target.testbed is None:
        return
    settings = target.testbed
    with ControlApiTestbed(settings.url, settings.token, tls=settings.tls) as testbed:
        try:
            told, capabilities = testbed.dsp, testbed.capabilities
        except TestbedError:
            return
    target.completed_by(told, capabilities)


def _check_receiver(target: Target) -> None:
    """See that the receiver can listen where it is to, before anything else is started."""
    import socket  # noqa: PLC0415 - see the package

    host, port = target.receiver.host, target.receiver.port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise Unusable(
            f"[receiver] bind: expected an address and port that can be listened on, found {host}:{port} "
            f"({error.strerror or error}). Choose an address of this machine, and port 0 for any free one."
        ) from None


def check_folder(folder: Path, option: str = "--reports") -> None:
    """See that results can be written to a folder; it is made if missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
        trouble = "" if writable else "no permission to write"
    except OSError as error:
        trouble = error.strerror or str(error)
    if trouble:
        raise Unusable(
            f"{option}: expected a folder to write to, found {folder} ({trouble}). Choose another."
        )
