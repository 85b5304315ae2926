"""`testbed plan`: which Devices a full run needs is read off the features, and told as table and as list."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.testbed.device_list import load_device_list

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Checkout


@pytest.fixture(scope="module")
def planned() -> str:
    """The list to fill in of the suite as it is."""
    command = [sys.executable, "-m", "dsp_conformance", "testbed", "plan", "--csv"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def _rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    assert done.returncode == 0, done.stderr
    return _rows_of(done.stdout)


def _states(rows: list[dict[str, str]]) -> Counter[tuple[str, ...]]:
    """How often each state is asked for; groups are numbered, so they count as groups alone."""
    return Counter(
        (*(cell for key, cell in row.items() if key != "note"), "group" if row["note"] else "")
        for row in rows
    )


def _fill_in(rows: list[dict[str, str]], folder: Path) -> Path:
    """Give each Device of a list to fill in what only the provider of a testbed can know."""
    (folder / "FILE").write_bytes(b"an image")
    for number, row in enumerate(rows):
        row["device_id"] = f"00-DB-12-34-56-78-{number >> 8:02X}-{number & 255:02X}"
        row |= {"manufacturer": "106C", "model": "433100AC", "firmware_version": "1"}
        if row["new_firmware_image"]:
            row["new_firmware_version"] = "0000ABCD"
        if row["running_firmware_listed"]:
            row["running_firmware_version"] = "0000ABCD"
    file = folder / "devices.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return file


def _target(folder: Path, profile: str = "") -> Path:
    file = folder / "target.toml"
    file.write_text(
        f'[testbed]\ndriver = "provisioned"\ndevices = "devices.csv"\n[profile]\n{profile}\n',
        encoding="utf-8",
    )
    return file


def test_table_and_lists_tell_the_same(checkout: Checkout, tmp_path: Path, planned: str) -> None:
    table = checkout.run("testbed", "plan").stdout
    rows = _rows_of(planned)
    tables = tomllib.loads(checkout.run("testbed", "plan", "--toml").stdout)["devices"]

    counts = [int(count) for count in re.findall(r"^ +(\d+) +0 +\d+  \w", table, re.MULTILINE)]
    assert table.startswith(f"{len(rows)} Devices in {len(counts)} states")
    assert sum(counts) == len(rows) == len(tables)
    assert _states(rows) == _states(tables)
    assert "'inject-fault'" in table
    assert "'edit-cpl'" in table
    assert len(load_device_list(_fill_in(rows, tmp_path)).devices) == len(rows)


def test_a_scenario_more_needs_its_devices_too(checkout: Checkout, planned: str) -> None:
    before = _states(_rows_of(planned))
    checkout.change(
        "features/mp105/restoring_suspended_meters.feature",
        "      | gsme-unlisted           | GSME  |",
        "      | gsme-unlisted-too       | GSME  | firmware on no CPL entry                               |\n"
        "      | gsme-unlisted           | GSME  |",
    )
    checkout.change(
        "features/scope/rejected_requests.feature",
        "      | esme-3.1    | ESME  | 3.1     |",
        "      | esme-3.1-2  | ESME  | 3.1     |\n      | esme-3.1    | ESME  | 3.1     |",
    )

    after = _states(_rows(checkout.run("testbed", "plan", "--csv")))

    more = [{each for each in state if each} for state in (after - before).elements()]
    assert not before - after
    assert sorted(more, key=len) == [
        {"ESME", "Commissioned"},
        {"ESME", "Suspended", "Commissioned"},
        {"GSME", "Suspended", "Commissioned", "unlisted"},
    ]


def test_a_step_that_does_more_to_a_device_asks_for_more(checkout: Checkout) -> None:
    checkout.change(
        "steps/devices.py",
        "def suspended(stage: Stage, generation: str | None, meter: str) -> None:\n",
        "def suspended(stage: Stage, generation: str | None, meter: str) -> None:\n"
        '    stage.listed_device("spare", Model.unique(DeviceType.HCALCS))\n',
    )

    rows = _rows(checkout.run("testbed", "plan", "--csv"))

    assert sum(row["device_type"] == "HCALCS" and row["status"] == "Commissioned" for row in rows) > 50


def test_what_does_not_apply_to_the_product_needs_no_devices(
    checkout: Checkout, tmp_path: Path, planned: str
) -> None:
    _fill_in(_rows_of(planned)[:1], tmp_path)

    without = checkout.run("testbed", "plan", "--csv", "--target", _target(tmp_path, 'smets1 = "no"'))

    assert "SMETS1" in planned
    assert "SMETS1" not in without.stdout


def test_what_is_listed_is_not_asked_for_again(checkout: Checkout, tmp_path: Path, planned: str) -> None:
    profile = 'smets1 = "yes"\nresent_activation = "yes"\nlocal_delivery = "yes"\nsecmp0007 = "no"'
    rows = _rows_of(planned)
    listed = [row for row in rows if row["device_type"] == "ESME"]
    _fill_in([dict(row) for row in listed], tmp_path)

    missing = _rows(checkout.run("testbed", "plan", "--csv", "--target", _target(tmp_path, profile)))

    assert _states(missing) == _states([row for row in rows if row["device_type"] != "ESME"])


@pytest.mark.parametrize("name", ["nothing.toml", "devices.csv"])
def test_a_target_file_that_cannot_be_used_is_told(checkout: Checkout, tmp_path: Path, name: str) -> None:
    (tmp_path / "devices.csv").write_text("device_id\n", encoding="utf-8")

    done = checkout.run("testbed", "plan", "--target", tmp_path / name)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
