"""Where the suite's files are."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

__all__ = [
    "LEDGER",
    "MARKER",
    "PARTS",
    "PYTEST_INI",
    "REQUEST_BODIES",
    "SUITE_VARIABLE",
    "TESTBED_CONTROL",
    "TESTING_EDITION",
    "Origin",
    "Suite",
    "SuiteUnusable",
    "chosen_suite",
    "ejected_suite",
    "own_request_bodies",
    "own_suite",
    "suite_at",
]

PARTS: Final = ("conftest.py", "features", "steps", "fixtures")
"""What the suite consists of, by name in its folder."""

LEDGER: Final = Path("features", "requirements.toml")
"""The ledger's file in the suite's folder."""

REQUEST_BODIES: Final = Path("fixtures", "service_requests")
"""The request bodies in the suite's folder."""

MARKER: Final = "dsp-conformance-suite.toml"
"""The file that tells an ejected suite from any other folder."""

TESTING_EDITION: Final = 1
"""The edition of what `dsp_conformance.testing` promises; rises when a name goes or changes its meaning."""

SUITE_VARIABLE: Final = "DSP_CONFORMANCE_SUITE"
"""The environment variable that names an ejected suite; processes that a command starts find it there too."""

PYTEST_INI: Final = Path(__file__).with_name("pytest.ini")
"""The configuration with which the program runs pytest."""

_BUNDLED: Final = Path(__file__).resolve().with_name("bundled")
_CHECKOUT: Final = Path(__file__).resolve().parents[3]
_PACKAGE: Final = Path(__file__).resolve().parents[1]

DOCS: Final = _PACKAGE / "docs" if _BUNDLED.is_dir() else _CHECKOUT / "docs"
"""The program's documentation: in the package where it was installed from a wheel, else in the checkout."""

TESTBED_CONTROL: Final = DOCS / "testbed-control.openapi.yaml"
"""The description of the Testbed Control API."""


class Origin(StrEnum):
    """What kind of place a suite is in."""

    BUNDLED = "bundled"
    CHECKOUT = "checkout"
    EJECTED = "ejected"


class SuiteUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """The suite's files are not where they are looked for, or do not fit this program.

    Attributes:
        folder: where they were looked for.
        expected: what should have been there.
        found: what was.
        hint: what to do next.
    """

    def __init__(self, folder: Path, *, expected: str, found: str, hint: str) -> None:
        self.folder, self.expected, self.found, self.hint = folder, expected, found, hint
        super().__init__(folder, expected, found, hint)

    def __str__(self) -> str:
        return f"{self.folder}: expected {self.expected}, found {self.found}. {self.hint}"


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite's files.

    Attributes:
        root: the folder in which they are.
        origin: what kind of place that is.
    """

    root: Path
    origin: Origin

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.root / LEDGER


def own_suite() -> Suite:
    """The files that belong to this program: those in the package, or those of the checkout it is in.

    Raises:
        SuiteUnusable: they are in neither place.
    """
    for root, origin in ((_BUNDLED, Origin.BUNDLED), (_CHECKOUT, Origin.CHECKOUT)):
        if (root / LEDGER).is_file():
            return Suite(root, origin)
    raise SuiteUnusable(
        _BUNDLED,
        expected="the suite's features",
        found="nothing",
        hint="Install the wheel again, or run from a checkout, where 'make conformance' sets everything up.",
    )


def own_request_bodies() -> Path:
    """The folder of this program's own request bodies.

    Raises:
        SuiteUnusable: the suite's files are not where they are looked for.
    """
    return own_suite().root / REQUEST_BODIES


def chosen_suite() -> Suite:
    """The suite that `--suite` or the environment variable names, else the program's own.

    Raises:
        SuiteUnusable: it cannot be used.
    """
    chosen = os.environ.get(SUITE_VARIABLE)
    return ejected_suite(Path(chosen)) if chosen else own_suite()


def suite_at(root: Path) -> Suite:
    """Tell what kind of place a suite's folder is."""
    if root.resolve() == _BUNDLED:
        return Suite(root, Origin.BUNDLED)
    return Suite(root, Origin.EJECTED if (root / MARKER).is_file() else Origin.CHECKOUT)


def ejected_suite(folder: Path) -> Suite:
    """An ejected suite.

    Args:
        folder: where it was ejected to.

    Raises:
        SuiteUnusable: it is none, parts of it are missing, or its steps were written for another edition of
            `dsp_conformance.testing`.
    """
    marker = folder / MARKER
    try:
        told = tomllib.loads(marker.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SuiteUnusable(
            folder,
            expected=f"a folder that 'dsp-conformance eject' made, with a readable {MARKER}",
            found=why or "none",
            hint="Name the folder that was ejected to.",
        ) from None
    edition, by = told.get("testing", "unknown"), told.get("version", "unknown")
    if edition != TESTING_EDITION:
        raise SuiteUnusable(
            folder,
            expected="a suite whose steps are written for edition "
            f"{TESTING_EDITION} of dsp_conformance.testing",
            found=f"edition {edition}, ejected by version {by}",
            hint="Eject into a new folder and carry your changes over.",
        )
    missing = [name for name in (*PARTS, LEDGER.as_posix()) if not (folder / name).exists()]
    if missing:
        raise SuiteUnusable(
            folder,
            expected=f"{', '.join(PARTS)} and {LEDGER.as_posix()}",
            found=f"no {', no '.join(missing)}",
            hint="Eject into a new folder and carry your changes over.",
        )
    return Suite(folder.resolve(), Origin.EJECTED)
