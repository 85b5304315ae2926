"""Devices of a list come on stage as they are, and not where the inventory shows them otherwise."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import InventoryDevice
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.device_assignment import AllottedDevice, DeviceAssignment
from dsp_conformance.scenario.devices import Model, new_spellable_version, new_version
from dsp_conformance.scenario.dry_run import WantedDevice
from dsp_conformance.scenario.listed_stage import listed_stage
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.testbed.device_list import DeviceList, ProvisionedDevice
from dsp_conformance.testbed.device_state import DeviceState
from dsp_conformance.testbed.protocol import ProvidedDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    from dsp_conformance.scenario.listed_stage import ListedStage
    from dsp_conformance.scenario.stage import Stage

    Listed: TypeAlias = Callable[[], ProvisionedDevice]
    Leased: TypeAlias = Callable[..., ListedStage]

METER = DeviceState(DeviceType.ESME, DeviceStatus.COMMISSIONED)


@pytest.fixture
def listed(stage: Stage) -> Listed:
    """Makes a Commissioned ESME and returns what a list says of it."""

    def make() -> ProvisionedDevice:
        model, version = Model.unique(DeviceType.ESME), new_spellable_version()
        spec = model.device(version, DeviceStatus.COMMISSIONED)
        device = stage.provide("made", model, spec, stage.list_firmware(model.entry(version)))
        return ProvisionedDevice(
            device.provided, METER, model.manufacturer, model.name, version, CplStatus.ACTIVE, version
        )

    return make


@pytest.fixture
def leased(stage: Stage, tmp_path: Path) -> Iterator[Leased]:
    """Gives the scenario "a" the first of some Devices as its ESME; the others are spare."""
    with ExitStack() as held:

        def lease(first: ProvisionedDevice, *spare: ProvisionedDevice, family: int = 0) -> ListedStage:
            devices = DeviceList(tmp_path / "devices.csv", (first, *spare))
            assignment = DeviceAssignment(
                devices,
                _allotted={"a": (AllottedDevice(WantedDevice("ESME", first.state, family), first),)},
                _spares={first.state: spare},
            )
            held.enter_context(assignment.leases.held())
            return listed_stage(stage.run, stage.traffic, assignment, "a")

        yield lease


def test_a_device_that_is_as_listed_comes_on_stage_as_it_is(listed: Listed, leased: Leased) -> None:
    device = listed()
    on = leased(device)
    model = Model.unique(DeviceType.ESME)
    meter = on.provide("ESME", model, model.device(new_version(), DeviceStatus.COMMISSIONED))
    assert on.device("ESME") is meter
    assert (meter.provided, meter.running, meter.cpl_entry_id) == (device.provided, device.running, "")
    assert (meter.model.manufacturer, meter.model.name) == (device.manufacturer, device.model)
    assert make_request(on, meter, "11.2").exchange.accepted
    (said,) = on.traffic.record.evidence.observations
    assert said == f"the ESME is {device.device_id} of devices.csv"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": replace(METER, status=DeviceStatus.SUSPENDED)}, "status: expected Suspended, found Comm"),
        ({"state": replace(METER, device_type=DeviceType.GSME)}, "device type: expected GSME, found ESME"),
        ({"manufacturer": "FFFF"}, "manufacturer: expected FFFF"),
        ({"model": "00000000"}, "model: expected 00000000"),
        ({"firmware_version": "FFFFFFFF"}, "firmware version: expected FFFFFFFF"),
        ({"cpl_status": CplStatus.WITHDRAWN}, "CPL status: expected Withdrawn, found Active"),
    ],
    ids=["status", "type", "manufacturer", "model", "version", "cpl"],
)
def test_a_device_that_is_not_as_listed_is_set_aside(
    stage: Stage, listed: Listed, leased: Leased, change: dict[str, object], said: str
) -> None:
    device = replace(listed(), **change)  # type: ignore[arg-type]
    with pytest.raises(Inconclusive) as caught:
        leased(device)
    assert caught.value.cause is Cause.PRECONDITION_UNMET
    assert said in caught.value.found
    assert ";" not in caught.value.found
    assert caught.value.expected == str(device.state)
    assert "set aside" in stage.traffic.record.evidence.observations[0]


def test_what_a_list_leaves_out_or_spells_otherwise_is_no_difference(listed: Listed, leased: Leased) -> None:
    device = listed()
    short = device.firmware_version.lstrip("0").lower()
    assert leased(replace(device, cpl_status=None, firmware_version=short))


def test_a_device_that_the_inventory_does_not_know_is_set_aside(listed: Listed, leased: Leased) -> None:
    device = listed()
    nobody = replace(device, provided=ProvidedDevice(type(device.device_id).parse("00-DB-12-FF-FF-FF-FF-FF")))
    with pytest.raises(Inconclusive, match="inventory does not show it"):
        leased(nobody)


@pytest.mark.parametrize(
    ("shown", "flaw"),
    [
        (None, ""),
        (InventoryDevice(Eui64(bytes(8)), DeviceType.IHD, None, "", ""), ""),
        (InventoryDevice(Eui64(bytes(8)), DeviceType.IHD, DeviceStatus.SUSPENDED, "", ""), "as Suspended"),
    ],
    ids=["not shown", "bare", "suspended"],
)
def test_of_a_listed_display_the_inventory_need_show_nothing(
    listed: Listed,
    leased: Leased,
    monkeypatch: pytest.MonkeyPatch,
    shown: InventoryDevice | None,
    flaw: str,
) -> None:
    display = replace(listed(), state=replace(METER, device_type=DeviceType.IHD))
    monkeypatch.setattr(Traffic, "record_if_shown", lambda _, __: shown)
    if not flaw:
        assert leased(display).leased["ESME"] is display
        return
    with pytest.raises(Inconclusive) as refused:
        leased(display)
    assert flaw in refused.value.found


def test_a_spare_stands_in_for_a_device_that_is_not_as_listed(listed: Listed, leased: Leased) -> None:
    wrong, right = replace(listed(), model="00000000"), listed()
    on = leased(wrong, right)
    assert on.leased == {"ESME": right}


def test_no_spare_stands_in_for_one_of_several_that_belong_together(listed: Listed, leased: Leased) -> None:
    wrong, right = replace(listed(), model="00000000"), listed()
    with pytest.raises(Inconclusive, match="00000000"):
        leased(wrong, right, family=1)


def test_a_device_that_another_scenario_has_is_not_taken(
    stage: Stage, listed: Listed, tmp_path: Path
) -> None:
    device = listed()
    assignment = DeviceAssignment(
        DeviceList(tmp_path / "devices.csv", (device,)),
        _allotted={"a": (AllottedDevice(WantedDevice("ESME", METER), device),)},
    )
    with assignment.leases.held():
        assert listed_stage(stage.run, stage.traffic, assignment, "a").leased == {"ESME": device}
        with pytest.raises(Inconclusive, match="all are leased"):
            listed_stage(stage.run, stage.traffic, assignment, "a")


def test_what_is_asked_of_a_listed_device_is_the_case_already(
    listed: Listed, leased: Leased, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = new_version()
    device = replace(listed(), new_version=version, image=b"image")
    on = leased(device)
    model = Model.unique(DeviceType.ESME)
    meter = on.provide("ESME", model, model.device(new_version(), DeviceStatus.COMMISSIONED))
    monkeypatch.setattr(on.run, "testbed", None)  # nothing is asked of it
    assert on.list_firmware(model.entry(version)) == ""
    on.remove_firmware(meter)
    on.run_firmware(meter, version)
    assert on.list_with_status(meter, CplStatus.EXPIRED) == device.running
    assert on.list_elsewhere(meter, "model") == device.running
    assert meter.running == device.running
    new = on.new_firmware(meter)
    assert on.firmware_of(meter) is new
    assert (new.version, new.image, new.cpl_entry_id) == (version, b"image", "")
    assert not on.was_activated(meter)
    lost = replace(device, state=replace(METER, activation_lost=True))
    monkeypatch.setitem(on.leased, "ESME", lost)
    assert on.was_activated(meter)


def test_a_twin_is_a_device_that_no_scenario_needs(listed: Listed, leased: Leased) -> None:
    first, spare = listed(), listed()
    on = leased(first, spare)
    model = Model.unique(DeviceType.ESME)
    meter = on.provide("ESME", model, model.device(new_version(), DeviceStatus.COMMISSIONED))
    twin = on.commissioned_twin(meter)
    assert on.device("twin") is twin
    assert twin.device_id == spare.device_id
    with pytest.raises(Inconclusive, match="all are leased"):
        on.commissioned_twin(meter)


def test_without_a_device_to_spare_there_is_no_twin(listed: Listed, leased: Leased) -> None:
    on = leased(listed())
    model = Model.unique(DeviceType.ESME)
    meter = on.provide("ESME", model, model.device(new_version(), DeviceStatus.COMMISSIONED))
    with pytest.raises(Inconclusive, match="no Commissioned twin") as caught:
        on.commissioned_twin(meter)
    assert "devices.csv" in caught.value.expected
