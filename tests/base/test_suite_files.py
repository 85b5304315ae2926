"""Where the suite's files are looked for, and what is said where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.suite_files import (
    LEDGER,
    MARKER,
    PARTS,
    SUITE_VARIABLE,
    TESTING_EDITION,
    Origin,
    SuiteUnusable,
    chosen_suite,
    own_suite,
    suite_at,
)
from dsp_conformance.cli.ejecting import eject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ejected(tmp_path: Path) -> Path:
    eject(own_suite(), tmp_path / "ejected", "1.2")
    return tmp_path / "ejected"


def test_a_program_of_a_checkout_has_its_suite_there() -> None:
    suite = own_suite()

    assert suite.origin is Origin.CHECKOUT
    assert all((suite.root / part).exists() for part in PARTS)
    assert suite_at(suite.root) == suite


def test_the_environment_chooses_an_ejected_suite(ejected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SUITE_VARIABLE, str(ejected))

    assert chosen_suite() == suite_at(ejected)
    assert suite_at(ejected).origin is Origin.EJECTED


def test_nothing_chosen_is_the_programs_own_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SUITE_VARIABLE, raising=False)

    assert chosen_suite() == own_suite()


def _refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(SUITE_VARIABLE, str(folder))
    with pytest.raises(SuiteUnusable) as refused:
        chosen_suite()
    assert str(folder) in str(refused.value)
    return str(refused.value)


def test_a_suite_that_another_version_ejected_is_used(ejected: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = ejected / MARKER
    marker.write_text(marker.read_text(encoding="utf-8").replace("1.2", "1.1"), encoding="utf-8")
    monkeypatch.setenv(SUITE_VARIABLE, str(ejected))

    assert chosen_suite() == suite_at(ejected)


@pytest.mark.parametrize("edition", ["testing = 0\n", ""], ids=["another", "none"])
def test_a_suite_whose_steps_are_for_another_edition_of_testing_is_refused(
    ejected: Path, monkeypatch: pytest.MonkeyPatch, edition: str
) -> None:
    marker = ejected / MARKER
    written = marker.read_text(encoding="utf-8").replace(f"testing = {TESTING_EDITION}\n", edition)
    marker.write_text(written, encoding="utf-8")

    said = _refusal(ejected, monkeypatch)

    assert f"written for edition {TESTING_EDITION} of dsp_conformance.testing" in said
    assert "ejected by version 1.2" in said


@pytest.mark.parametrize("part", [*PARTS, LEDGER.as_posix()])
def test_an_ejected_suite_that_lacks_a_part_is_refused(
    ejected: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    (ejected / part).rename(ejected / "elsewhere")

    assert f"no {part}" in _refusal(ejected, monkeypatch)


@pytest.mark.parametrize("marker", [None, "version = ", "\udcff"], ids=["none", "no TOML", "no UTF-8"])
def test_a_folder_that_nothing_was_ejected_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str | None
) -> None:
    if marker is not None:
        (tmp_path / MARKER).write_bytes(marker.encode(errors="surrogateescape"))

    assert "expected a folder that 'dsp-conformance eject' made" in _refusal(tmp_path, monkeypatch)
