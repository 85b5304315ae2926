"""What a pytest session of the suite carries along: the target and the recorder."""

import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsp_conformance import __version__
from dsp_conformance.base.display_path import as_seen_from_here
from dsp_conformance.base.suite_commit import suite_commit
from dsp_conformance.base.suite_files import Origin
from dsp_conformance.base.suite_state import state_of
from dsp_conformance.collection.added_features import AddedFeatures
from dsp_conformance.record.run import RunIdentity
from dsp_conformance.running.recorder import RunRecorder
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.running.turns import Turns
from dsp_conformance.scenario.device_assignment import DeviceAssignment
from dsp_conformance.target import Target
from dsp_conformance.target.doubts import told_doubts

TARGET = pytest.StashKey[Target]()
"""Which DSP the session tests."""

RECORDER = pytest.StashKey[RunRecorder]()
"""Takes down what happens."""

ASSIGNMENT = pytest.StashKey[DeviceAssignment]()
"""Which scenario gets which Devices, where these stand in a list."""

STUB = pytest.StashKey[StubProcess]()
"""The bundled stub, where no target file names another DSP."""

TURNS = pytest.StashKey[Turns]()
"""Who runs when, where several processes run the scenarios."""


def identity_of(
    target: Target,
    added: AddedFeatures | None,
    *,
    root: Path,
    rejection_code: str | None = None,
    request_bodies: Path | None = None,
) -> RunIdentity:
    """Return what a run's report says about what is tested, as far as that is known so early.

    Args:
        target: which DSP is tested.
        added: features that are added to the suite's.
        root: the folder of the suite that runs.
        rejection_code: the one that the command line gave, instead of the profile's.
        request_bodies: the folder that the command line gave, instead of the target file's.
    """
    stub = "bundled stub, as a DSP was before MP105" if target.before_mp105 else "bundled stub"
    named = stub if target.path is None else target.path.name
    suite = state_of(root)
    return RunIdentity(
        suite_version=__version__,
        product=target.dsp.name or "(DSP not reached)",
        product_version=target.dsp.version or "",
        schema_origin=target.schema.origin,
        profile=target.profile.declared,
        profile_origins=target.origins({}),
        details={"target": named}
        | target.unverified
        | told_doubts(target.users, datetime.now(UTC))
        | _own_bodies(target.request_bodies),
        suite_commit=suite_commit(root) if suite.origin is Origin.CHECKOUT else "",
        suite_origin=suite.origin,
        suite_fingerprint=suite.fingerprint,
        suite_changes=suite.changes,
        added_features=added.summary if added else "",
        operator=target.operator,
        command=_command(target, root, suite.origin, added, rejection_code, request_bodies),
    )


def _command(  # noqa: PLR0917 - the words of the command
    target: Target,
    root: Path,
    origin: Origin,
    added: AddedFeatures | None,
    rejection_code: str | None,
    request_bodies: Path | None,
) -> str:
    words = ["dsp-conformance", "run"]
    if origin is Origin.EJECTED:
        words += ["--suite", _told(root)]
    if target.path is not None:
        words += ["--target", _told(target.path)]
    elif target.before_mp105:
        words.append("--before-mp105")
    if rejection_code is not None:
        words += ["--rejection-code", rejection_code]
    if request_bodies is not None:
        words += ["--request-bodies", _told(request_bodies)]
    if added is not None:
        words += ["--features", _told(added.folder)]
    return shlex.join(words)


def _own_bodies(folder: Path | None) -> dict[str, str]:
    """What reports have to say of bodies that went before the suite's own."""
    if folder is None or not folder.is_dir():
        return {}
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    return {"request bodies": f"not the suite's own: {', '.join(names)}"} if names else {}


def _told(path: Path) -> str:
    """What leads to a file from the working directory; of one elsewhere its name alone."""
    return str(as_seen_from_here(path) or path.name)
