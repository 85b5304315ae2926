"""What has to hold before a run starts anything; what does not hold ends the command with exit code 2."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from dsp_conformance.cli.usage import Unusable

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.ledger.requirements import Ledger
    from dsp_conformance.target import Target

__all__ = ["check_baseline", "check_folder", "check_target"]


def check_target(path: Path | None, rejection_code: str | None = None, *, shared: bool = False) -> Target:
    """See that the target can be used, and that the receiver can listen where it says.

    Args:
        path: the target file; without one the bundled stub is the target.
        rejection_code: what the command line says instead of the profile.
        shared: whether several workers are to test it.
    """
    from dsp_conformance.target import (  # noqa: PLC0415 - see the package
        Target,
        TargetError,
        load_target,
        require_shareable,
        with_rejection_code,
    )
    from dsp_conformance.testbed.terminal import NoTerminal  # noqa: PLC0415 - see the package

    try:
        target = Target.bundled_stub() if path is None else load_target(path)
        if rejection_code is not None:
            target = with_rejection_code(target, rejection_code)
        if shared:
            require_shareable(target)
        if _tell_troubles(target):
            _check_told(target)
    except (TargetError, NoTerminal) as error:
        raise Unusable(str(error)) from None
    _check_receiver(target)
    return target


def check_baseline(path: Path, ledger: Ledger) -> None:
    """See that a baseline file can be used; whether its scenarios exist shows when these are collected."""
    from dsp_conformance.record.baseline import Baseline, BaselineError  # noqa: PLC0415 - see the package

    try:
        Baseline.load(path, ledger)
    except BaselineError as error:
        raise Unusable(str(error)) from None


def _tell_troubles(target: Target) -> bool:
    """Tell what the doctor's quick look finds on the way to the DSP, which leaves a run inconclusive.

    Returns:
        Whether the way is free.
    """
    from dsp_conformance.doctor.outcome import Status  # noqa: PLC0415 - see the package
    from dsp_conformance.doctor.quick import troubles_of  # noqa: PLC0415 - see the package
    from dsp_conformance.doctor.writing import lines  # noqa: PLC0415 - see the package

    if target.path is None:
        return True
    troubles = troubles_of(target)
    for each in troubles:
        click.echo("\n".join(lines(each)), err=True)
    if troubles:
        click.echo("'dsp-conformance doctor' tells more.", err=True)
    return all(each.outcome.status is not Status.ERROR for each in troubles)


def _check_told(target: Target) -> None:
    """See that target file and testbed together tell all that is needed.

    A testbed that does not answer is left to the run, which is then inconclusive and says why.

    Raises:
        TargetError: they do not.
        NoTerminal: the testbed is a person's work, and there is no terminal.
    """
    from dsp_conformance.testbed.errors import TestbedError  # noqa: PLC0415 - see the package
    from dsp_conformance.testbed.opening import open_testbed  # noqa: PLC0415 - see the package

    if target.testbed is None:
        return
    with open_testbed(target.testbed) as testbed:
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
