"""The program as somebody has it who installed the wheel: no checkout, and only what it declares to need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.wheel.conftest import Installed

ROOT = Path(__file__).parents[2]
_READING = "features/mp105/reading_suspended_meters.feature"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory that looks like a vendor's: names that the suite uses too, and a pytest project."""
    folder = tmp_path / "a vendor's folder [1]"
    for name in ("steps", "fixtures", "features"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (folder / "conftest.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (folder / "secrets.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = ["--no-such-option"]\n', encoding="utf-8"
    )
    return folder


def _files(folder: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_scenarios_run_without_a_checkout_and_leave_reports_where_they_were_started(
    installed: Installed, folder: Path, workers: tuple[str, ...]
) -> None:
    before, package = _files(folder), _files(installed.packages / "dsp_conformance")

    done = installed.run("run", *workers, "--scenario", f"{_READING}::{_ELECTRICITY}", cwd=folder)

    results = json.loads((folder / "reports" / "latest" / "results.json").read_text(encoding="utf-8"))
    (scenario,) = results["scenarios"]
    assert scenario["verdict"] == "pass", done.stdout + done.stderr
    assert scenario["id"] == f"{_READING}::{_ELECTRICITY}"
    assert scenario["nodeid"].startswith("features/test_features.py::test_")
    assert results["run"]["suite_commit"] == ""
    assert done.returncode == 3  # a selection is no whole run
    written = _files(folder).keys() - before.keys()
    assert written
    assert all(path.is_relative_to(folder / "reports" / "latest") for path in written)
    assert _files(installed.packages / "dsp_conformance") == package


_ELECTRICITY = "A Suspended electricity meter tells its firmware version"


def test_the_installed_suite_holds_the_scenarios_and_steps_of_the_checkout_under_the_same_names(
    installed: Installed, tmp_path: Path
) -> None:
    here = subprocess.run(
        [sys.executable, "-m", "dsp_conformance", "trace", "--json"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )

    done = installed.run("trace", "--json", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(here.stdout)


def test_the_selfcheck_works_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("selfcheck", "--deviation", "read-esme-kept-back", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "reports" / "selfcheck" / "matrix.json").is_file()


def test_every_command_tells_how_it_is_used_without_the_packages_that_only_tests_need(
    installed: Installed, tmp_path: Path
) -> None:
    commands = [["--help"], ["--version"], ["requirements"], ["requirements", "--json"]]
    listing = installed.run("--help", cwd=tmp_path).stdout.partition("Commands:")[2]
    commands += [[line.split()[0], "--help"] for line in listing.splitlines() if line[:4].strip()]

    assert len(commands) > 6
    for command in commands:
        done = installed.run(*command, cwd=tmp_path)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert list(tmp_path.iterdir()) == []


def test_every_module_can_be_imported_without_the_packages_that_only_tests_need(
    installed: Installed, tmp_path: Path
) -> None:
    package = installed.packages / "dsp_conformance"
    modules = sorted(
        ".".join(path.relative_to(installed.packages).with_suffix("").parts)
        for path in package.rglob("*.py")
        if "bundled" not in path.parts and path.name != "__main__.py"
    )
    assert len(modules) > 100
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"

    done = subprocess.run(
        [installed.python, "-I", "-c", program, *modules],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr


def test_commands_that_use_the_suites_own_packages_find_them(installed: Installed, folder: Path) -> None:
    planned = installed.run("testbed", "plan", "--csv", cwd=folder)

    assert planned.returncode == 0, planned.stderr
    assert "Suspended" in planned.stdout


@pytest.fixture
def ejected(installed: Installed, tmp_path: Path) -> Path:
    done = installed.run("eject", "own suite", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "dsp-conformance run --suite 'own suite'" in done.stdout
    return tmp_path / "own suite"


def test_a_changed_suite_runs_and_says_in_its_reports_that_it_was_changed(
    installed: Installed, ejected: Path
) -> None:
    feature = ejected / _READING
    text = feature.read_text(encoding="utf-8")
    own = text.replace(_ELECTRICITY, "Our own")
    feature.write_text(own, encoding="utf-8")
    assert own != text

    done = installed.run("run", "--suite", ejected, "--scenario", f"{_READING}::Our own", cwd=ejected.parent)

    reports = ejected.parent / "reports" / "latest"
    results = json.loads((reports / "results.json").read_text(encoding="utf-8"))
    assert [one["verdict"] for one in results["scenarios"]] == ["pass"], done.stdout + done.stderr
    assert results["run"]["suite"]["origin"] == "ejected"
    assert results["run"]["suite"]["changes"] == [f"{_READING} changed"]
    assert "The suite was modified in 1 file" in results["verdict"]["sentence"]
    assert f"  {_READING} changed" in (reports / "summary.txt").read_text(encoding="utf-8")
    assert "--suite 'own suite'" in results["run"]["command"]


def test_plain_pytest_runs_an_ejected_suite_too(installed: Installed, ejected: Path) -> None:
    done = subprocess.run(
        [installed.python, "-I", "-m", "pytest", "--collect-only", "-q", "features"],
        cwd=ejected,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert "features/test_features.py::test_a_suspended_electricity_meter_tells_its_fir" in done.stdout


def test_a_suite_that_cannot_be_read_any_more_ends_the_run_with_file_and_line(
    installed: Installed, ejected: Path
) -> None:
    feature = ejected / _READING
    feature.write_text(feature.read_text(encoding="utf-8") + "\n  Scenaro: x\n", encoding="utf-8")

    done = installed.run("run", "--suite", ejected, cwd=ejected.parent)

    assert done.returncode == 2
    assert f"{_READING}:" in done.stderr
    assert "'Scenaro: x'" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_step_module_that_cannot_be_imported_any_more_is_an_error_of_the_suite(
    installed: Installed, ejected: Path
) -> None:
    with (ejected / "steps" / "responses.py").open("a", encoding="utf-8") as file:
        file.write("\nnothing_such\n")

    done = installed.run("run", "--suite", ejected, cwd=ejected.parent)

    assert done.returncode == 4
    assert "name 'nothing_such' is not defined" in done.stdout + done.stderr


def test_files_of_the_program_that_were_changed_where_it_is_installed_are_named(
    installed: Installed, tmp_path: Path
) -> None:
    program = (
        "import json, pathlib\n"
        "from dsp_conformance.base.suite_files import own_suite\n"
        "from dsp_conformance.base.suite_state import state_of\n"
        "print(json.dumps(state_of(own_suite().root).changes))\n"
    )
    command = [str(installed.python), "-I", "-c", program]

    def changes() -> list[str]:
        done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
        told: list[str] = json.loads(done.stdout)
        return told

    assert changes() == []
    package = installed.packages / "dsp_conformance"
    touched = (package / "ledger" / "verdicts.py", package / "base" / "bundled" / "steps" / "responses.py")
    before = [path.read_bytes() for path in touched]
    try:
        for path in touched:
            path.write_bytes(path.read_bytes() + b"\n# changed\n")
        assert changes() == ["steps/responses.py changed", "dsp_conformance/ledger/verdicts.py changed"]
    finally:
        for path, octets in zip(touched, before, strict=True):
            path.write_bytes(octets)
