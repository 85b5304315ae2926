"""What the suite says of DSPs that are known to be right or wrong."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

Start = Callable[..., Any]

LEDGER = {
    *(f"MP105-{number:02}" for number in range(1, 12)),
    *(f"SCOPE-{number:02}" for number in range(1, 7)),
    *(f"BASE-{number:02}" for number in range(1, 9)),
    *(f"DUIS-{number:02}" for number in range(1, 6)),
}
CHANGED_BY_MP105 = {each for each in LEDGER if each.startswith("MP105")}
TWIN_IS_SR11_2 = {"SCOPE-03", "SCOPE-05", "SCOPE-06"}
"""Their accepted twin is SR11.2 to a Suspended meter, which a DSP before MP105 rejects."""


def target_file(folder: Path, control_url: str, profile: str = "") -> Path:
    path = folder / "target.toml"
    path.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{control_url}"\n\n'
        f"[profile]\nsilence_seconds = 0.2\n{profile}\n",
        encoding="utf-8",
    )
    return path


def test_the_reference_dsp_is_conformant(run_whole: Start) -> None:
    run = run_whole()
    assert run.exit_code == 0, run.output
    assert run.results["verdict"]["verdict"] == "conformant"
    assert run.requirements("pass") == LEDGER


def test_the_dsp_before_mp105_is_non_conformant_for_the_requirements_that_mp105_brought(
    run_whole: Start,
) -> None:
    run = run_whole("--before-mp105")
    assert run.exit_code == 1, run.output
    assert run.results["verdict"]["verdict"] == "non-conformant"
    assert run.requirements("fail") == CHANGED_BY_MP105
    assert run.requirements("pass") == LEDGER - CHANGED_BY_MP105 - TWIN_IS_SR11_2
    assert run.requirements("inconclusive") == TWIN_IS_SR11_2


def test_a_target_file_points_the_suite_at_a_dsp_that_runs_already(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    target = target_file(tmp_path, serve_stub())
    for _ in range(2):  # the second run goes on from the counters of the first
        run = run_some("tells_its_firmware_version or read_about_a_suspended", f"--target={target}")
        assert run.chosen_passed, run.output
        assert {"MP105-01", "MP105-02", "BASE-07"} <= run.requirements("pass")


def test_a_dsp_that_rejects_with_e5_is_told_which_setting_decides(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    control_url = serve_stub("--rejection-code", "E5")
    run = run_some("rejected and 4.1.1", f"--target={target_file(tmp_path, control_url)}")
    assert run.exit_code == 1
    assert run.requirements("fail") == {"SCOPE-01", "SCOPE-02"}
    assert 'set rejection_code = "E5" in the target file' in " ".join(run.output.split())


def test_a_dsp_that_declares_e5_is_held_to_e5(run_some: Start, serve_stub: Start, tmp_path: Path) -> None:
    declared = 'rejection_code = "E5"'
    with_e5 = target_file(tmp_path, serve_stub("--rejection-code", "E5"), declared)
    assert run_some("rejected and 4.1.1", f"--target={with_e5}").chosen_passed
    with_e51 = target_file(tmp_path, serve_stub(), declared)
    assert run_some("rejected and 4.1.1", f"--target={with_e51}").exit_code == 1


def test_a_testbed_that_does_not_answer_leaves_the_run_inconclusive(run_some: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    target = target_file(tmp_path, f"http://127.0.0.1:{port}/testbed/v1")
    run = run_some("suspended_electricity_meter_tells", f"--target={target}")
    assert run.exit_code == 3, run.output
    assert run.requirements("inconclusive") == {"MP105-01"}
    assert "[testbed] url" in run.output


def test_a_receiver_that_cannot_listen_ends_the_run_before_any_verdict(
    run_some: Start, serve_stub: Start, tmp_path: Path
) -> None:
    target = target_file(tmp_path, serve_stub())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        target.write_text(
            f'{target.read_text(encoding="utf-8")}\n[receiver]\nbind = "{bind}"\n', encoding="utf-8"
        )
        run = run_some("suspended_electricity_meter_tells", f"--target={target}")
    assert run.exit_code == 2, run.output
    assert run.results["verdict"]["verdict"] == "could not start"
    assert run.results["scenarios"] == []
    assert f"receiver.bind = '{bind}'" in run.output


def test_the_published_schema_can_take_the_place_of_the_profile(
    run_some: Start, serve_stub: Start, tmp_path: Path, shared_data: Path
) -> None:
    published = shared_data / "duis-schema-5.4"
    control_url = serve_stub("--schema-folder", str(published))
    target = target_file(tmp_path, control_url)
    text = target.read_text(encoding="utf-8")
    target.write_text(f'{text}\n[schema]\nfolder = "{published}"\n', encoding="utf-8")
    run = run_some("gsme and not rejected", f"--target={target}")
    assert run.chosen_passed, run.output
    assert "DUIS Schema V5.4" in run.results["run"]["schema_origin"]
    checks = next(each["checks"] for each in run.results["requirements"] if each["id"] == "DUIS-01")
    assert checks["made"] > 100
    assert checks["failed"] == 0


def test_results_hold_no_private_key(run_some: Start) -> None:
    run = run_some("activation and esme")
    assert run.chosen_passed, run.output
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if b"PRIVATE KEY" in path.read_bytes()]


def test_allure_results_have_one_scenario_each_with_its_steps_and_messages(run_some: Start) -> None:
    run = run_some("suspended_electricity_meter_tells and not however")
    (result,) = (
        json.loads(path.read_text(encoding="utf-8"))
        for path in (run.folder / "allure-results").glob("*-result.json")
    )
    steps = [step for step in result["steps"] if step["name"].split()[0] in {"Given", "When", "Then", "And"}]
    assert [step["name"] for step in steps] == [
        "Given an import supplier",
        "And a gas supplier",
        "Given a Suspended ESME",
        "When the supplier sends SR11.2 Read Firmware Version to the ESME",
        "Then the request is accepted",
        "And the response shows the firmware that the ESME runs",
    ]
    assert {"name": "tag", "value": "MP105-01"} in result["labels"]
    (exchange,) = steps[3]["steps"]
    request = run.folder / "allure-results" / exchange["attachments"][0]["source"]
    assert "<sr:ReadFirmwareVersion/>" in request.read_text(encoding="utf-8")
