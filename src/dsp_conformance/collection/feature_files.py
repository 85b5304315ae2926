"""Reading feature files before pytest does, so that a slip is told in one line instead of a traceback."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pytest_bdd.exceptions import GherkinParseError
from pytest_bdd.feature import features as _features
from pytest_bdd.feature import get_feature
from pytest_bdd.gherkin_parser import get_gherkin_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_bdd.gherkin_parser import Child
    from pytest_bdd.parser import Feature

__all__ = ["features_read", "read_features"]


def features_read() -> list[Feature]:
    """All the features that pytest-bdd has read in this process, in that order."""
    return list(_features.values())


def read_features(files: Iterable[Path], root: Path, place: str = "") -> tuple[list[Feature], list[str]]:
    """Read feature files; pytest-bdd keeps what it has read, so that they are read once in a process.

    Args:
        files: the files.
        root: the folder that their names are told from.
        place: goes before these names.

    Returns:
        The features, and what is wrong with the files that could not be read, one line each.
    """
    features: list[Feature] = []
    problems: list[str] = []
    for file in files:
        name = f"{place}{file.relative_to(root).as_posix()}"
        try:
            problems += _repeated(get_gherkin_document(str(file)).feature.children, name)
            features.append(get_feature(str(file.parent), file.name))
        except KeyError:  # what the parser has for a file without anything in it
            problems.append(f"{name}: expected a Feature, found none")
        except GherkinParseError as error:
            found = error.line_content.strip()
            problems.append(f"{name}:{error.line}: expected Gherkin, found {found!r}: {error.message}")
        except UnicodeDecodeError as error:
            problems.append(f"{name}: expected UTF-8 text, found other octets at offset {error.start}")
        except OSError as error:
            problems.append(f"{name}: expected a readable file, found: {error.strerror}")
    return features, problems


def _repeated(children: Iterable[Child], file: str) -> Iterator[str]:
    """Tell of scenarios that share a name: pytest-bdd would drop all but the last of them without a word."""
    seen: set[str] = set()
    for child in chain.from_iterable(one.rule.children if one.rule else [one] for one in children):
        if child.scenario is None:
            continue
        name = child.scenario.name
        if name in seen:
            line = child.scenario.location.line
            yield f"{file}:{line}: expected each name once in a feature, found a second scenario {name!r}"
        seen.add(name)
