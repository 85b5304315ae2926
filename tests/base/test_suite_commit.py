"""Which commit of the suite a report names."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.suite_commit import suite_commit

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    own = ["-c", "user.name=tester", "-c", "user.email=tester@example.invalid", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *own, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "suite"
    (root / "inside").mkdir(parents=True)
    (root / "inside" / "file").write_text("one")
    git(tmp_path, "init", "-q", str(root))
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_checkout_is_known_by_its_commit(checkout: Path) -> None:
    assert suite_commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_changes_to_what_was_committed_are_told(checkout: Path) -> None:
    (checkout / "inside" / "file").write_text("two")

    assert suite_commit(checkout) == git(checkout, "rev-parse", "HEAD") + " and changes"


def test_files_that_git_does_not_know_change_nothing(checkout: Path) -> None:
    (checkout / "reports").write_text("new")

    assert suite_commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_a_folder_inside_somebody_elses_checkout_has_no_commit_of_its_own(checkout: Path) -> None:
    assert suite_commit(checkout / "inside") == ""


def test_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert suite_commit(tmp_path.resolve()) == ""
