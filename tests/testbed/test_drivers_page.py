"""The examples of docs/testbed-drivers.md are taken as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from dsp_conformance.target.form import TargetForm
from dsp_conformance.target.testbed_form import DRIVERS
from dsp_conformance.testbed.command import ExitCode
from dsp_conformance.testbed.device_list import COLUMNS, load_device_list
from dsp_conformance.testbed.operations import OperationName

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testbed-drivers.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_each_driver_has_a_section_that_the_target_file_takes() -> None:
    forms = [TargetForm.model_validate(tomllib.loads(text)) for text in _blocks("toml")]

    assert {form.testbed.driver for form in forms} == set(DRIVERS)


def test_the_list_of_devices_can_be_used(tmp_path: Path) -> None:
    (text,) = _blocks("csv")
    (tmp_path / "devices.csv").write_text(text, encoding="utf-8")

    suspended, twin = load_device_list(tmp_path / "devices.csv").devices
    assert str(suspended.state).startswith(
        "ESME, Suspended from Commissioned, runs other firmware, listed as"
    )
    assert str(twin.state) == "ESME, Commissioned"


def test_every_key_operation_and_exit_code_is_told() -> None:
    assert [key for key in COLUMNS if f"`{key}`" not in PAGE] == []
    assert [name for name in OperationName if f"`{name}`" not in PAGE] == []
    assert [code for code in ExitCode if f"\n| {code.value} | " not in PAGE] == []
    assert set(json.loads(_blocks("json")[0])) == {"operation", "about", "body"}


def test_how_much_a_list_of_devices_can_show_is_told_as_it_is() -> None:
    # In a process of its own: features are collected by pytest, which this process is in the middle of.
    command = [sys.executable, "-m", "dsp_conformance", "testbed", "plan"]
    plan = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    can, cannot = (
        int(re.findall(pattern, plan)[0]) for pattern in (r"for (\d+) scenarios", r"(\d+) scenarios cannot")
    )
    told = [int(number) for number in re.findall(r"about (\d+) of (\d+)", PAGE)[0]]

    for number, true in zip(told, (can, can + cannot), strict=True):
        assert abs(number - true) <= 15, (told, can, can + cannot)
