"""`run`: what it is given beside a target file, and what of it cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Checkout


def _refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a command says that cannot use what it was given: one message, before it starts anything."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(("code", "meant"), [("e51", "E51"), ("E052", "E52"), ("I99", ""), ("", "")])
def test_a_rejection_code_that_is_none_is_told_with_the_nearest_one(
    checkout: Checkout, code: str, meant: str
) -> None:
    said = _refused(checkout.run("run", "--rejection-code", code))

    assert "--rejection-code: expected a DUIS response code for rejections" in said
    assert repr(code) in said
    assert f"did you mean '{meant}" in said or not meant


def test_a_profile_cannot_declare_acceptance_as_rejection(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        '[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:1"\n[profile]\nrejection_code = "I99"\n',
        encoding="utf-8",
    )

    assert "[profile] rejection_code: expected" in _refused(checkout.run("run", "--target", file))


def test_a_baseline_file_that_cannot_be_used_is_told(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text(
        '[[known]]\nrequirement = "MP105-4"\nreason = "x"\nexpires = 2030-01-01\n', encoding="utf-8"
    )

    said = _refused(checkout.run("run", "--baseline", file))

    assert str(file) in said
    assert "known[1] requirement" in said
    assert "did you mean 'MP105-04'?" in said


def test_a_target_file_may_name_the_baseline_file_beside_it(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        '[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:1"\n[baseline]\nfile = "known.toml"\n',
        encoding="utf-8",
    )

    said = _refused(checkout.run("run", "--target", file))

    assert str(tmp_path / "known.toml") in said
    assert "expected a readable file" in said


def test_a_baseline_of_scenarios_that_do_not_exist_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    named = "features/mp105/reading_suspended_meters.feature::A Suspended electricity meter tells its version"
    file.write_text(
        f'[[known]]\nscenario = "{named}"\nreason = "x"\nexpires = 2030-01-01\n', encoding="utf-8"
    )

    done = checkout.run("run", "--baseline", file, "--reports", tmp_path / "reports")

    assert done.returncode == 2
    assert "known[1] scenario" in done.stdout
    assert (
        "did you mean 'features/mp105/reading_suspended_meters.feature::A Suspended electricity"
        in done.stdout
    )
    assert "no tests ran" in done.stdout


def test_features_that_cannot_be_used_end_a_run_with_all_that_is_wrong(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.change("features/mp105/lost_activation_responses.feature", "| id   |", "| name |")
    checkout.change("features/baseline/suspension.feature", "When ", "When nobody defined that ")

    done = checkout.run("run", "--reports", tmp_path / "reports")

    assert done.returncode == 2
    assert "2 problems" in done.stdout
    assert "features/mp105/lost_activation_responses.feature:" in done.stdout
    assert "expected a column 'id'" in done.stdout
    assert "no step definition matches" in done.stdout
    assert "no tests ran" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_request_bodies_that_cannot_be_used_are_told_by_file_line_and_reason(
    checkout: Checkout, tmp_path: Path
) -> None:
    folder = tmp_path / "bodies"
    folder.mkdir()
    namespace = "http://www.dccinterface.co.uk/ServiceUserGateway"
    (folder / "3.1.xml").write_text(f'<DisplayMessage xmlns="{namespace}">\n<Supplier', encoding="utf-8")
    (folder / "4.1.1.xm").write_text("", encoding="utf-8")

    done = checkout.run("run", "--request-bodies", folder, "--reports", tmp_path / "reports")

    assert done.returncode == 2
    assert (
        f"{folder / '3.1.xml'}, line 2: expected an XML file with the element DisplayMessage" in done.stderr
    )
    assert f"{folder / '4.1.1.xm'}: expected a name such as 6.13.xml" in done.stderr
    assert "did you mean 4.1.1.xml?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_target_file_may_name_a_folder_of_request_bodies_beside_it(
    checkout: Checkout, tmp_path: Path
) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        '[testbed]\ndriver = "control-api"\nurl = "http://127.0.0.1:1"\n'
        '[request_bodies]\nfolder = "bodies"\n',
        encoding="utf-8",
    )

    done = checkout.run("run", "--target", file, "--reports", tmp_path / "reports")

    assert done.returncode == 2
    assert f"{tmp_path / 'bodies'}: expected a folder of request bodies, found none" in done.stderr


def test_a_reader_of_the_output_who_goes_away_makes_no_product_non_conformant(
    checkout: Checkout, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    command = [sys.executable, "-m", "dsp_conformance", "run", "--reports", str(reports)]
    environment = os.environ | {"PYTHONPATH": str(checkout.root / "src")}

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=checkout.root, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=120) == 4
        assert process.stderr is not None
        assert process.stderr.read() == b""
