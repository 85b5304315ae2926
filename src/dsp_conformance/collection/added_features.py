"""Features of somebody's own, added to a run with `--features`: read and checked before anything runs.

They are judged apart. No scenario among them says anything about a requirement of the ledger, neither by a
tag nor by the DUIS checks that are made on its exchanges: otherwise a product could be told to be conformant
by scenarios that its vendor wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import pytest

from dsp_conformance.base.suite_files import PARTS
from dsp_conformance.base.suite_state import digests_of, files_of, fingerprint
from dsp_conformance.collection.feature_files import read_features
from dsp_conformance.ledger.requirements import REQUIREMENT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_bdd.parser import Feature

    from dsp_conformance.ledger.requirements import Ledger

__all__ = ["ADDED", "PLACE", "AddedFeatures", "AddedFeaturesUnusable"]

PLACE: Final = "added/"
"""Goes before the names of added files, in ids and messages: no file of the suite is called so."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONFTEST: Final = "conftest.py"


class AddedFeaturesUnusable(Exception):  # noqa: N818 - reads as what it is wherever it is caught
    """A folder of added features cannot be used.

    Attributes:
        folder: the folder.
        problems: all that is wrong with it, each with its place and what to do.
    """

    def __init__(self, folder: Path, problems: list[str]) -> None:
        self.folder, self.problems = folder, tuple(problems)
        super().__init__(folder, self.problems)

    def __str__(self) -> str:
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        told = (f"--features {self.folder}: these features cannot be added: {count}", *self.problems)
        return "\n  ".join(told)


@dataclass(frozen=True, slots=True)
class AddedFeatures:
    """A folder of features and step modules that can be added.

    Attributes:
        folder: the folder.
        features: its feature files.
        modules: its step modules: every Python file in it.
        tags: every tag that its features carry; they are labels, and none is a requirement's.
        fingerprint: one hash over all its files.
    """

    folder: Path
    features: tuple[Path, ...]
    modules: tuple[Path, ...]
    tags: frozenset[str]
    fingerprint: str

    @classmethod
    def read(cls, folder: Path, ledger: Ledger, root: Path) -> Self:
        """Read and check a folder; its modules are not imported yet.

        Args:
            folder: the folder.
            ledger: whose requirements no tag may name.
            root: the folder of the suite that they are added to.

        Raises:
            AddedFeaturesUnusable: with all that is wrong.
        """
        given, folder = folder, folder.resolve()
        if misplaced := _misplaced(folder, root.resolve()):
            raise AddedFeaturesUnusable(given, [misplaced])
        files = tuple(files_of(folder))
        features = tuple(path for path in files if path.suffix == ".feature")
        modules = tuple(path for path in files if path.suffix == ".py")
        if not features:
            raise AddedFeaturesUnusable(given, ["expected at least one .feature file, found none"])
        read, problems = read_features(features, folder, PLACE)
        for feature in read:
            problems += _wrong_tags(feature, _name(Path(feature.filename), folder), ledger)
        problems += _wrong_modules(modules, folder)
        if not problems and not any(feature.scenarios for feature in read):
            problems.append("expected at least one scenario, found none")
        if problems:
            raise AddedFeaturesUnusable(given, problems)
        tags = frozenset(tag for feature in read for tag in _tags(feature))
        return cls(folder, features, modules, tags, fingerprint(digests_of(folder)))

    def name_of(self, path: Path) -> str:
        """What an added file is called in ids and messages; empty for any other file."""
        return _name(path, self.folder) if path.is_relative_to(self.folder) else ""

    @property
    def summary(self) -> str:
        """The folder's name, what it holds and its hash, in one line."""
        features, modules = _counted(self.features, "feature file"), _counted(self.modules, "step module")
        return f"{self.folder.name} ({features}, {modules}, {self.fingerprint})"


ADDED = pytest.StashKey[AddedFeatures]()
"""What is added to a session of pytest, where anything is."""


def _counted(files: tuple[Path, ...], what: str) -> str:
    return f"{len(files) or 'no'} {what}{'' if len(files) == 1 else 's'}"


def _name(path: Path, folder: Path) -> str:
    return PLACE + path.relative_to(folder).as_posix()


def _misplaced(folder: Path, root: Path) -> str:
    if not folder.is_dir():
        return f"expected a folder, found {'a file' if folder.exists() else 'none'}"
    parts = [root / part for part in PARTS]
    if root.is_relative_to(folder) or any(folder.is_relative_to(part) for part in parts):
        return (
            "expected a folder beside the suite's own files, found one that holds them or is among them. "
            "Give a folder that holds only what is to be added."
        )
    return ""


def _tags(feature: Feature) -> Iterator[str]:
    yield from feature.tags
    for scenario in feature.scenarios.values():
        yield from scenario.tags
        if scenario.rule is not None:
            yield from scenario.rule.tags


def _wrong_tags(feature: Feature, name: str, ledger: Ledger) -> Iterator[str]:
    own = [(feature.line_number, tag) for tag in sorted(feature.tags)]
    for scenario in feature.scenarios.values():
        tags = scenario.tags | (scenario.rule.tags if scenario.rule else set())
        own += [(scenario.line_number, tag) for tag in sorted(tags)]
        for examples in scenario.examples:
            if examples.tags:
                found = min(examples.tags)
                yield f"{name}:{examples.line_number}: expected no tags on Examples, found @{found}"
    for line, tag in own:
        if tag in ledger:
            yield (
                f"{name}:{line}: tag @{tag}: an added scenario cannot judge a requirement of the ledger. "
                "Use a tag of your own, such as @ACME-01."
            )
        elif REQUIREMENT_ID.fullmatch(tag) and tag.partition("-")[0] in ledger.groups:
            yield (
                f"{name}:{line}: tag @{tag}: the ledger has no such requirement, and its groups "
                f"({', '.join(ledger.groups)}) are its own. Use a tag of your own, such as @ACME-01."
            )


def _wrong_modules(modules: tuple[Path, ...], folder: Path) -> Iterator[str]:
    for module in modules:
        name = _name(module, folder)
        parts = module.relative_to(folder).with_suffix("").parts
        if module.name == _CONFTEST:
            yield (
                f"{name}: expected features and step modules, found a file of pytest's, which could change "
                "the suite's own scenarios. Define fixtures in a step module, and keep this file elsewhere."
            )
        elif not all(_NAME.fullmatch(part) for part in parts):
            yield f"{name}: expected a name that Python can import, of letters, digits and underscores"
