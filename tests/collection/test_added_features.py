"""A folder of somebody's own features: what of it can be added, and what is said of the rest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.collection.added_features import AddedFeatures, AddedFeaturesUnusable
from dsp_conformance.collection.added_steps import PACKAGE, added_fixtures
from dsp_conformance.ledger.requirements import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Read = Callable[..., AddedFeatures]

LEDGER = """
[groups]
CORE = "The core"

[requirements.CORE-01]
title = "It answers"
text = "A conforming DSP answers."
keyword = "MUST"
source = ["S"]
basis = "stated"
revision = 1

[requirements.CORE-02]
title = "It restores"
text = "A conforming DSP restores."
keyword = "MUST"
source = ["S"]
basis = "stated"
revision = 1
"""
_FEATURE = "@ACME-01\nFeature: Ours\n  @nightly\n  Scenario: One\n    Given a DSP\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme").mkdir()
    return tmp_path / "acme"


@pytest.fixture
def read(folder: Path, tmp_path: Path) -> Read:
    """Write files into the folder and read it."""
    (tmp_path / "requirements.toml").write_text(LEDGER, encoding="utf-8")
    ledger = Ledger.load(tmp_path / "requirements.toml")

    def read(**files: str | bytes) -> AddedFeatures:
        for name, content in files.items():
            file = folder / name.replace("__", ".").replace("_in_", "/")
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return AddedFeatures.read(folder, ledger, tmp_path / "suite")

    return read


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Modules of one test are not those of the next."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def _problems(read: Read, **files: str | bytes) -> str:
    with pytest.raises(AddedFeaturesUnusable) as refused:
        read(**files)
    return str(refused.value)


def test_a_folder_is_known_by_its_features_modules_tags_and_one_hash(read: Read, folder: Path) -> None:
    added = read(one__feature=_FEATURE, steps_in_own__py="", notes__txt="x")

    assert added.features == (folder / "one.feature",)
    assert added.modules == (folder / "steps" / "own.py",)
    assert added.tags == {"ACME-01", "nightly"}
    assert added.summary == f"acme (1 feature file, 1 step module, {added.fingerprint})"
    assert added.name_of(folder / "one.feature") == "added/one.feature"
    assert added.name_of(folder.parent / "one.feature") == ""
    assert read(one__feature=_FEATURE + "\n").fingerprint != added.fingerprint


def test_no_added_scenario_may_name_a_requirement_or_what_looks_like_one(read: Read) -> None:
    rule = "  @CORE-09\n  Rule: r\n    @CORE-02\n    Scenario: Two\n      Given a DSP\n"

    said = _problems(read, one__feature="@CORE-01\n" + _FEATURE + rule)

    assert "3 problems" in said
    assert "added/one.feature:3: tag @CORE-01: an added scenario cannot judge a requirement" in said
    assert "tag @CORE-02: an added scenario cannot judge" in said
    assert "tag @CORE-09: the ledger has no such requirement" in said


def test_tags_on_examples_are_refused_before_pytest_takes_them_for_marks(read: Read) -> None:
    outline = "  Scenario Outline: Two\n    Given <a>\n    @x\n    Examples:\n      | id |\n      | 1  |\n"

    assert "added/one.feature:9: expected no tags on Examples, found @x" in _problems(
        read, one__feature=_FEATURE + outline
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_FEATURE + "    Gven it\n", "added/one.feature:6: expected Gherkin, found 'Gven it'"),
        (b"\xff\xfe", "added/one.feature: expected UTF-8 text, found other octets at offset 0"),
        ("", "added/one.feature: expected a Feature, found none"),
        ("Feature: x\n", "expected at least one scenario, found none"),
        (_FEATURE + "  Scenario: One\n    Given a DSP\n", "added/one.feature:6: expected each name once"),
    ],
    ids=["no Gherkin", "no UTF-8", "empty", "no scenario", "a name twice"],
)
def test_a_feature_that_cannot_be_used_is_told_with_its_place(
    read: Read, content: str | bytes, said: str
) -> None:
    assert said in _problems(read, one__feature=content)


def test_a_folder_without_features_is_refused(read: Read) -> None:
    assert "expected at least one .feature file, found none" in _problems(read, own__py="")


def test_what_is_no_folder_is_refused(folder: Path, read: Read) -> None:
    folder.rmdir()
    assert "expected a folder, found none" in _problems(read)
    folder.touch()
    assert "expected a folder, found a file" in _problems(read)


@pytest.mark.parametrize("root", [".", "inside", ".."], ids=["the suite itself", "around it", "a part of it"])
def test_the_suites_own_files_cannot_be_added_to_it(folder: Path, tmp_path: Path, root: str) -> None:
    (tmp_path / "requirements.toml").write_text(LEDGER, encoding="utf-8")
    features = folder.rename(tmp_path / "features")
    (features / "one.feature").write_text(_FEATURE, encoding="utf-8")

    with pytest.raises(AddedFeaturesUnusable, match="found one that holds them or is among them"):
        AddedFeatures.read(features, Ledger.load(tmp_path / "requirements.toml"), features / root)


def test_pytests_own_configuration_and_names_that_cannot_be_imported_are_refused(read: Read) -> None:
    said = _problems(read, one__feature=_FEATURE, conftest__py="", **{"my-steps__py": ""})

    assert "added/conftest.py: expected features and step modules, found a file of pytest's" in said
    assert "added/my-steps.py: expected a name that Python can import" in said


# -- step modules


_STEP = "from pytest_bdd import given\n@given('ours')\ndef _(): pass\n"


def test_modules_are_imported_with_those_that_they_import_and_give_steps_and_fixtures(read: Read) -> None:
    own = (
        "import pytest\nfrom added.steps.helpers import name\n@pytest.fixture(name=name)\ndef made(): pass\n"
    )
    added = read(one__feature=_FEATURE, own__py=own + _STEP, steps_in_helpers__py="name = 'reader'\n")

    assert added_fixtures(added).keys() == {"reader", "pytestbdd_stepdef_given_ours"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "\n\nimport nothing_such\n",
            "3: expected a module that can be imported, found ModuleNotF",
        ),
        ("def f(:\n", "1: expected a module that can be imported, found SyntaxError"),
        (
            "import sys\nsys.exit(0)\n",
            "2: expected a module that can be imported, found SystemE",
        ),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_by_file_and_line(
    read: Read, source: str, found: str
) -> None:
    added = read(one__feature=_FEATURE, own__py=source)

    with pytest.raises(AddedFeaturesUnusable) as refused:
        added_fixtures(added)
    assert f"added/own.py:{found}" in str(refused.value)


def test_two_modules_that_define_the_same_step_are_refused(read: Read) -> None:
    added = read(one__feature=_FEATURE, first__py=_STEP, second__py=_STEP)

    with pytest.raises(AddedFeaturesUnusable) as refused:
        added_fixtures(added)
    assert "added/second.py: the step given 'ours' is defined in added/first.py too" in str(refused.value)
