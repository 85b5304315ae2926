"""The Devices that scenarios begin with are those that their sentences name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Inconclusive
from dsp_conformance.scenario.devices import Model
from dsp_conformance.scenario.request_making import make_request
from steps.devices import cut_off, open_to_its_supplier, unlike

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.request_making import MadeRequest
    from dsp_conformance.scenario.stage import Stage


@pytest.mark.parametrize(
    ("what", "differs"),
    [
        ("the same model with the same", set()),
        ("the same model with other", {"firmware"}),
        ("another model with the same", {"name"}),
        ("another manufacturer with the same", {"manufacturer"}),
    ],
)
def test_a_device_unlike_another_differs_in_what_is_said(stage: Stage, what: str, differs: set[str]) -> None:
    like = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    unlike(stage, status="InstalledNotCommissioned", meter="ESME", what=what, device='"other"')
    other = stage.device("other")
    found = {
        name for name in ("name", "manufacturer") if getattr(like.model, name) != getattr(other.model, name)
    }
    assert found | ({"firmware"} if like.running != other.running else set()) == differs
    assert stage.remembered(other).status is DeviceStatus.INSTALLED_NOT_COMMISSIONED


def test_a_device_with_much_the_same_firmware_differs_in_what_is_said(stage: Stage) -> None:
    like = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    unlike(
        stage,
        status="Commissioned",
        meter="ESME",
        what="the same model with other",
        device='"other"',
        near="one digit apart",
    )
    other = stage.device("other")
    assert other.model == like.model
    assert (other.running[:-1], other.running[-1] != like.running[-1]) == (like.running[:-1], True)


@pytest.mark.parametrize(
    ("update", "others", "variant", "entitled"),
    [(None, None, "11.2", False), ("update", None, "11.3", False), ("update", ", and ...", "11.3", True)],
)
def test_a_twin_shows_what_the_supplier_may_do(
    stage: Stage, update: str | None, others: str | None, variant: str, *, entitled: bool
) -> None:
    open_to_its_supplier(stage, "ESME", update, others)
    (asked,) = stage.traffic.accepted
    meter, twin = stage.device("ESME"), stage.device("twin")
    assert asked.target == twin.device_id
    assert stage.run.connection.inbox.wait_for_answers(asked, 5)
    assert [each.variant for each in stage.run.testbed.commands(twin.device_id)] == [variant]
    read = make_request(stage, meter, "11.2", sender=stage.traffic.act_as(UserRole.OU)).exchange
    assert read.accepted is entitled


def test_a_twin_that_its_supplier_may_not_read_shows_no_entitlement(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_its_supplier(stage, "ESME")

    def rejected(on: Stage, device: StagedDevice, _: str) -> MadeRequest:
        return make_request(on, device, "4.1.1")

    monkeypatch.setattr("steps.devices.make_request", rejected)
    with pytest.raises(Inconclusive, match="may not read the twin"):
        open_to_its_supplier(stage, "ESME")


def test_a_device_that_cannot_be_reached_gets_no_command(stage: Stage) -> None:
    device = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    cut_off(stage, "ESME")
    exchange = make_request(stage, device, "11.2").exchange
    assert exchange.accepted
    stage.await_outcome(exchange)
    assert not stage.run.testbed.commands(device.device_id)
    for check in stage.traffic.record.deferred:
        check()  # nobody misses its response
    assert not stage.traffic.record.failed_checks()
