"""What the suite's files hold, and whether that is what was released: a verdict rests on them.

Released is what the wheel brought, by the hashes in its own RECORD. A checkout is compared with nothing:
which commit it is, and whether files of it differ, is told beside.
"""

from __future__ import annotations

import base64
import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.suite_files import PARTS, Origin, own_suite, suite_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SuiteState", "differences", "digests_of", "files_of", "fingerprint", "state_of"]

_DISTRIBUTION: Final = "dsp-conformance"
_PACKAGE: Final = "dsp_conformance/"
_BUNDLED: Final = "dsp_conformance/base/bundled/"
_SHA256: Final = "sha256="


@dataclass(frozen=True, slots=True)
class SuiteState:
    """What ran.

    Attributes:
        origin: what kind of place the suite's files were in.
        fingerprint: one hash over all of them; equal if and only if they are.
        changes: what differs from what was released, one line each; None where nothing is known that it
            could be compared with.
    """

    origin: Origin
    fingerprint: str
    changes: tuple[str, ...] | None


@cache
def state_of(root: Path) -> SuiteState:
    """Look at the suite in a folder, and at the installed program; once in a process."""
    origin = suite_at(root).origin
    found = digests_of(root, PARTS)
    if origin is Origin.CHECKOUT:
        return SuiteState(origin, fingerprint(found), None)
    recorded = _recorded()
    released = {
        name.removeprefix(_BUNDLED): digest for name, digest in recorded.items() if name.startswith(_BUNDLED)
    }
    program = {name: digest for name, digest in recorded.items() if not name.startswith(_BUNDLED)}
    reference = released or digests_of(own_suite().root, PARTS)
    changes = [*differences(reference, found), *differences(program, _present(program))]
    return SuiteState(origin, fingerprint(found), tuple(changes))


def files_of(root: Path, parts: Iterable[str] = (".",)) -> Iterator[Path]:
    """All files in some parts of a folder, save hidden and compiled ones, in the order of their names."""
    for part in sorted(parts):
        start = root / part
        every = [start] if start.is_file() else sorted(start.rglob("*"))
        for path in every:
            inside = path.relative_to(root).parts
            if path.is_file() and not any(one.startswith(".") or one == "__pycache__" for one in inside):
                yield path


def digests_of(root: Path, parts: Iterable[str] = (".",)) -> dict[str, str]:
    """The SHA-256 of each file, by its path in the folder, with "/"."""
    return {path.relative_to(root).as_posix(): _digest(path) for path in files_of(root, parts)}


def fingerprint(digests: Mapping[str, str]) -> str:
    """One hash for files with their names, whatever folder they are in: "sha256:" and hexadecimal digits."""
    lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(digests.items()))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def differences(reference: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What differs between two sets of files, such as "features/new.feature added"; sorted by name."""
    told = []
    for name in sorted(reference.keys() | found.keys()):
        if name not in reference:
            told.append(f"{name} added")
        elif name not in found:
            told.append(f"{name} removed")
        elif reference[name] != found[name]:
            told.append(f"{name} changed")
    return told


def _recorded() -> dict[str, str]:
    """The files of the package with their SHA-256, as the wheel told them; empty where it was no wheel."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - only for runs

    try:
        installed = distribution(_DISTRIBUTION)
    except PackageNotFoundError:
        return {}
    if Path(str(installed.locate_file(_PACKAGE))).resolve() != _package():
        return {}  # metadata of another install than the one that runs
    recorded = {}
    for name, told, *_ in csv.reader((installed.read_text("RECORD") or "").splitlines()):
        if name.startswith(_PACKAGE) and told.startswith(_SHA256):
            digest = told.removeprefix(_SHA256)
            recorded[name] = base64.urlsafe_b64decode(f"{digest}==").hex()
    return recorded


def _present(names: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of those files of the package that are there."""
    paths = ((name, _package().parent / name) for name in names)
    return {name: _digest(path) for name, path in paths if path.is_file()}


def _package() -> Path:
    return Path(__file__).resolve().parents[1]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
