"""A profile is complete before it supports a claim, whoever declares it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.suite.conftest import ChangedTestbed, FinishedRun

    Start = Callable[..., FinishedRun]

README = Path(__file__).parents[2] / "README.md"


def target_file(folder: Path, url: str, profile: str = "") -> Path:
    """The README's shortest target file, with less patience than it has by itself."""
    (text,) = re.findall(r"```toml\n(\[testbed\].*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    file = folder / "target.toml"
    at = re.sub(r"(?m)^url = .*$", f'url = "{url}"', text)
    file.write_text(f"{at}[profile]\nsilence_seconds = 0.3\n{profile}", encoding="utf-8")
    return file


def profile_less(told: dict[str, Any]) -> None:
    told["extensions"].remove("profile")


def test_the_shortest_target_file_of_the_readme_ends_conformant_by_what_the_testbed_declares(
    run_whole: Start, serve_stub: Callable[..., str], tmp_path: Path
) -> None:
    run = run_whole(f"--target={target_file(tmp_path, serve_stub())}", "-n2")

    assert run.exit_code == 0, run.output
    told = run.results["run"]
    switches = ("smets1", "resent_activation", "secmp0007", "local_delivery")
    assert [told["profile"][each] for each in switches] == [True, True, False, True]
    assert told["profile_origins"] == dict.fromkeys(switches, "testbed")
    assert run.results["plan"]["switches"] == []


def test_what_nobody_declares_runs_all_the_same_and_the_report_says_what_to_write(
    run_some: Start, serve_stub: Callable[..., str], changed_testbed: ChangedTestbed, tmp_path: Path
) -> None:
    with changed_testbed(serve_stub("--before-mp105"), profile_less) as url:
        file = target_file(tmp_path, url, 'local_delivery = "no"\nsmets1 = "yes"\n')
        run = run_some("that_finds_the or local or is_no_meter", f"--target={file}")

    open_ones = {one["switch"]: one["requirements"] for one in run.results["plan"]["switches"]}
    assert open_ones["resent_activation"] == ["MP105-11"]
    assert open_ones["secmp0007"] == ["SCOPE-03"]
    assert run.results["run"]["profile_origins"] == {"local_delivery": "target file", "smets1": "target file"}
    assert "MP105-11" in run.requirements("fail")
    sentence = run.results["verdict"]["sentence"]
    assert 'declared absent: local_delivery = "no" (' in sentence
    assert 'write resent_activation = "yes" or "no", secmp0007 = "yes" or "no" in [profile]' in sentence
    hints = [
        reason["hint"]
        for scenario in run.results["scenarios"]
        if scenario["requirements"] == ["MP105-11"]
        for reason in scenario["reasons"]
    ]
    assert hints
    assert all("the profile leaves resent_activation undeclared" in each for each in hints)


def test_a_testbed_that_contradicts_the_target_file_does_not_count_and_is_told(
    run_some: Start, serve_stub: Callable[..., str], tmp_path: Path
) -> None:
    file = target_file(tmp_path, serve_stub(), 'secmp0007 = "yes"\n')
    run = run_some("is_no_meter or read_about_a_suspended", f"--target={file}")

    assert {one["exclusion"] for one in run.results["scenarios"]} == {"not applicable", None}
    told = "secmp0007 is yes in the target file, which counts, and no at the testbed"
    assert run.results["run"]["details"]["profile contradicted"] == told
    assert run.results["run"]["profile_origins"]["secmp0007"] == "target file"
    page = (run.folder / "index.html").read_text(encoding="utf-8")
    assert told in page
    assert "smets1 = yes (testbed)" in page
