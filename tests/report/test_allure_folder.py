"""Clearing the folder of Allure's results: nothing of a former run stays, everything of others does."""

from pathlib import Path

import pytest

from dsp_conformance.report.allure_folder import AllureFolder

OWN = ("1-result.json", "1-container.json", "1-attachment.xml", "categories.json", "environment.properties")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder with a former run's results and with what Allure's users put beside them."""
    path = tmp_path / "allure-results"
    (path / "history").mkdir(parents=True)
    for name in (*OWN, "executor.json", "allurerc.json", "notes.txt", "history/trend.json"):
        (path / name).write_text(name)
    return path


def names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_nothing_of_a_former_run_stays_and_what_others_keep_there_does(path: Path) -> None:
    folder = AllureFolder(path)
    folder.clear()
    assert names(path) == ["history/trend.json", "notes.txt"]
    folder.write("2-result.json", b"2")
    folder.drop_former()
    assert names(path.parent) == [
        "allure-results/2-result.json",
        "allure-results/history/trend.json",
        "allure-results/notes.txt",
    ]


def test_what_a_killed_run_put_aside_is_removed_by_the_next(path: Path) -> None:
    AllureFolder(path).clear()
    AllureFolder(path).write("2-result.json", b"2")
    folder = AllureFolder(path)
    folder.clear()
    folder.drop_former()
    assert names(path.parent) == ["allure-results/history/trend.json", "allure-results/notes.txt"]


def test_a_folder_that_cannot_be_put_aside_is_cleared_all_the_same(path: Path) -> None:
    in_the_way = path.with_name(".allure-results-former")
    in_the_way.write_text("a file")
    folder = AllureFolder(path)
    folder.clear()
    folder.drop_former()
    assert names(path) == ["history/trend.json", "notes.txt"]
    assert in_the_way.read_text() == "a file"


def test_a_link_to_a_folder_stays_one(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "reports"
    link.symlink_to(path, target_is_directory=True)
    folder = AllureFolder(link)
    folder.clear()
    folder.write("2-result.json", b"2")
    folder.drop_former()
    assert link.is_symlink()
    assert names(path) == ["2-result.json", "history/trend.json", "notes.txt"]


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    folder = AllureFolder(tmp_path / "a" / "b")
    folder.prepare()
    folder.clear()
    folder.write("1-result.json", b"1")
    assert names(tmp_path) == ["a/b/1-result.json"]
