"""The core story with Devices of a list: leased, seen in their states, and set aside where they are not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import DeviceType
from dsp_conformance.testbed import CplEntry, DeviceSpec
from dsp_conformance.testbed.leases import Leases

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.suite.conftest import FinishedRun
    from tests.suite.drivers.conftest import CoreStory, Site


def _first_of_each_state(rows: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    """The first rows of each state; groups as wholes."""
    seen: Counter[tuple[str, ...]] = Counter()
    chosen = []
    for row in rows:
        state = tuple(row.values())
        seen[state] += 1
        if row["note"] or seen[state] <= count:
            chosen.append(dict(row))
    return chosen


def test_through_a_list_of_devices(
    core_story: CoreStory,
    site: Site,
    run_whole: Callable[..., FinishedRun],
    shopping_list: list[dict[str, str]],
) -> None:
    site.provision(_first_of_each_state(shopping_list, 1))
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    assert core_story.passed(run_whole(f"--target={target}", f"--scenario={core_story.id}", "-n2"))


@pytest.fixture
def core_rows(shopping_list: list[dict[str, str]]) -> list[dict[str, str]]:
    """Two Devices for the row "com" of the core story, and none for "inc"."""
    core = dict.fromkeys(shopping_list[0], "") | {
        "device_type": "ESME",
        "status": "Suspended",
        "suspended_from": "Commissioned",
        "running_firmware_listed": "Active",
    }
    assert core in shopping_list
    return [dict(core), dict(core)]


def _restored_meanwhile(site: Site, row: dict[str, str]) -> None:
    """Have a Device be Commissioned that its list calls Suspended."""
    device_id = Eui64.parse(row["device_id"])
    model = (DeviceType.ESME, row["manufacturer"], row["model"], row["firmware_version"])
    site.testbed.forget_device(device_id)
    site.testbed.add_cpl_entry(CplEntry(*model))
    site.testbed.provide_device(DeviceSpec(*model, device_id=device_id))


def _said(finished: FinishedRun) -> str:
    return "\n".join(
        each.read_text("utf-8", "replace") for each in finished.folder.rglob("*") if each.is_file()
    )


def test_a_device_that_is_not_as_listed_is_set_aside_for_one_that_is(
    core_story: CoreStory, site: Site, run_some: Callable[..., FinishedRun], core_rows: list[dict[str, str]]
) -> None:
    site.provision(core_rows)
    _restored_meanwhile(site, core_rows[0])
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    finished = run_some(core_story.select, f"--target={target}")

    outcome = {each["row"]["id"]: each for each in finished.results["scenarios"]}
    assert outcome["com"]["verdict"] == "pass"
    aside = f"{core_rows[0]['device_id']} of devices.csv is set aside: status: expected Suspended, "
    assert f"{aside}found Commissioned" in _said(finished)
    assert (outcome["inc"]["verdict"], outcome["inc"]["exclusion"]) == ("none", "not testable")
    (reason,) = outcome["inc"]["reasons"]
    assert "the list holds no further Device for it (ESME, Suspended from InstalledNotC" in reason["what"]
    assert "testbed plan" in reason["hint"]


def test_without_a_device_that_is_as_listed_nothing_is_said_of_the_product(
    core_story: CoreStory, site: Site, run_some: Callable[..., FinishedRun], core_rows: list[dict[str, str]]
) -> None:
    site.provision(core_rows[:1])
    _restored_meanwhile(site, core_rows[0])
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    finished = run_some(core_story.select, f"--target={target}")

    outcome = {each["row"]["id"]: each for each in finished.results["scenarios"]}
    assert (outcome["com"]["verdict"], outcome["com"]["attribution"]) == (
        "inconclusive",
        "precondition or testbed",
    )
    (reason,) = outcome["com"]["reasons"]
    assert "status: expected Suspended, found Commissioned" in reason["found"]
    assert not finished.requirements("fail")


def test_a_list_that_another_run_has_ends_a_run_before_it_starts(
    core_story: CoreStory, site: Site, run_some: Callable[..., FinishedRun], core_rows: list[dict[str, str]]
) -> None:
    list_file = site.provision(core_rows)
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    with Leases(list_file, ()).held():
        finished = run_some(core_story.select, f"--target={target}")

    assert finished.exit_code == 2
    assert "expected a list that no other run uses" in finished.output


def test_a_list_that_cannot_be_used_ends_a_run_before_it_starts(
    site: Site, run_whole: Callable[..., FinishedRun]
) -> None:
    (site.folder / "devices.csv").write_text("device_id,device_type\nme,ESNE\n", encoding="utf-8")
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    finished = run_whole(f"--target={target}")

    assert finished.exit_code == 2
    assert "[testbed] devices" in finished.output
    assert "line 2 device_type: expected one of ESME" in finished.output
    assert "Traceback" not in finished.output
