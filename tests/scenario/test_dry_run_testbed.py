"""A testbed of paper notes what a list of Devices cannot promise."""

from __future__ import annotations

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.dry_run_testbed import RehearsedTestbed
from dsp_conformance.testbed.protocol import Capability

RECORDED, OTHER, NEAR = "0000A001", "12345678", "12345679"


@pytest.mark.parametrize(
    ("runs", "listed_before", "of_its_model", "lacking"),
    [
        (OTHER, (), True, True),
        (OTHER, (), False, False),
        (OTHER, (OTHER,), True, False),
        (RECORDED, (), True, False),
    ],
    ids=["runs unlisted firmware", "of another model", "runs listed firmware", "runs recorded firmware"],
)
def test_what_else_is_listed_is_not_promised_for_a_device_that_runs_unlisted_firmware(
    runs: str, listed_before: tuple[str, ...], *, of_its_model: bool, lacking: bool
) -> None:
    world, model = RehearsedTestbed(live=lambda: False), Model.unique(DeviceType.ESME)
    device = world.provide_device(model.device(RECORDED, DeviceStatus.COMMISSIONED))
    for version in (RECORDED, *listed_before):
        world.add_cpl_entry(model.entry(version))
    world.run_firmware(device.device_id, runs)
    world.add_cpl_entry((model if of_its_model else model.renamed()).entry(NEAR))
    assert (Capability.EDIT_CPL in world.lacking) is lacking
