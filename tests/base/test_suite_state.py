"""What is told of the suite's files: equal files are told to be equal, and any difference by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.suite_files import PARTS, Origin, own_suite
from dsp_conformance.base.suite_state import digests_of, fingerprint, state_of
from dsp_conformance.cli.ejecting import CannotEject, eject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ejected(tmp_path: Path) -> Path:
    eject(own_suite(), tmp_path / "ejected", "1.2")
    return tmp_path / "ejected"


def test_an_ejected_suite_is_the_one_that_it_was_ejected_from(ejected: Path) -> None:
    own, there = state_of(own_suite().root), state_of(ejected)

    assert there.fingerprint == own.fingerprint
    assert there.changes == ()
    assert there.origin is Origin.EJECTED


def test_a_checkout_is_compared_with_nothing() -> None:
    state = state_of(own_suite().root)

    assert (state.origin, state.changes) == (Origin.CHECKOUT, None)


def test_each_file_that_was_changed_added_or_removed_is_named(ejected: Path) -> None:
    ledger = ejected / "features" / "requirements.toml"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("MUST", "ASSUMED"), encoding="utf-8")
    (ejected / "conftest.py").write_text("", encoding="utf-8")
    (ejected / "features" / "own.feature").write_text("Feature: own\n", encoding="utf-8")
    (ejected / "features" / "conftest.py").write_text("", encoding="utf-8")
    (ejected / "steps" / "firmware.py").unlink()

    state = state_of(ejected)

    assert state.changes == (
        "conftest.py changed",
        "features/conftest.py added",
        "features/own.feature added",
        "features/requirements.toml changed",
        "steps/firmware.py removed",
    )
    assert state.fingerprint != state_of(own_suite().root).fingerprint


def test_what_python_and_editors_leave_behind_is_no_change(ejected: Path) -> None:
    (ejected / "steps" / "__pycache__").mkdir()
    (ejected / "steps" / "__pycache__" / "devices.pyc").write_bytes(b"x")
    (ejected / "features" / ".own.feature.swp").write_bytes(b"x")
    (ejected / "reports").mkdir()
    (ejected / "notes.txt").write_text("x", encoding="utf-8")

    assert state_of(ejected).changes == ()


def test_a_fingerprint_depends_on_names_and_contents_and_not_on_the_folder(tmp_path: Path) -> None:
    def of(folder: str, **files: str) -> str:
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text, encoding="utf-8")
        return fingerprint(digests_of(tmp_path / folder))

    first = of("first", a="x", b="y")

    assert of("second", b="y", a="x") == first
    assert of("third", a="y", b="x") != first
    assert of("fourth", a="x", c="y") != first


def test_a_folder_that_holds_something_is_never_ejected_to(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(CannotEject, match=r"found one that holds own\.txt"):
        eject(own_suite(), tmp_path, "1.2")

    assert [path.name for path in tmp_path.iterdir()] == ["own.txt"]


def test_a_file_is_no_folder_to_eject_to(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(CannotEject, match="found Not a directory"):
        eject(own_suite(), file, "1.2")


def test_an_ejected_suite_holds_all_parts_and_what_is_needed_to_run_it(ejected: Path) -> None:
    own = own_suite().root

    assert digests_of(ejected, PARTS) == digests_of(own, PARTS)
    assert any(name.endswith(".xml") for name in digests_of(ejected, PARTS))
    assert "dsp-conformance run --suite ejected" in (ejected / "README.md").read_text(encoding="utf-8")
    assert "1.2" in (ejected / "README.md").read_text(encoding="utf-8")
