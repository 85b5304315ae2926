"""What steps say of a suspension that lasts: each is shown a meter that is open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.collection.needs import needs_of
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.ledger.verdicts import Inconclusive, NotTaken, RequirementNotMet
from dsp_conformance.scenario.devices import Model
from steps.firmware import restored
from steps.lasting_suspension import (
    is_barred,
    is_still_barred,
    sent_and_looked_at,
    still_suspended_and_barred,
)

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage


@pytest.fixture
def meter(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> StagedDevice:
    """A Suspended ESME; nothing is waited for that does not show at once."""
    device = stage.suspended_device("ESME", Model.unique(DeviceType.ESME), DeviceStatus.COMMISSIONED)
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, settle_seconds=0, silence_seconds=0))
    return device


def look_again(stage: Stage) -> None:
    """Do what the end of the run owes."""
    for check in stage.traffic.record.deferred[:]:
        check()


def test_a_meter_that_was_never_barred_shows_no_change(stage: Stage, meter: StagedDevice) -> None:
    is_barred(stage, meter.name, "4.1.1")
    restored(stage, meter.name, "SR11.3 Activate Firmware", "4.1.1")
    with pytest.raises(Inconclusive, match="not barred from"):
        is_barred(stage, meter.name, "4.1.1")


def test_a_meter_that_is_open_fails_at_once(stage: Stage, meter: StagedDevice) -> None:
    restored(stage, meter.name, "SR11.3 Activate Firmware")
    with pytest.raises(RequirementNotMet):
        is_still_barred(stage, meter.name, "4.1.1")
    course = sent_and_looked_at(stage, "7.2", meter.name, None)
    before = len(stage.traffic.record.deferred)
    with pytest.raises(RequirementNotMet, match=r"after SR7\.2"):
        still_suspended_and_barred(stage, meter.name, course)
    assert len(stage.traffic.record.deferred) == before


def test_a_meter_that_is_opened_afterwards_fails_at_the_end(stage: Stage, meter: StagedDevice) -> None:
    is_still_barred(stage, meter.name, "4.1.1")
    (judge,) = stage.traffic.record.deferred
    judge()
    still_suspended_and_barred(stage, meter.name, sent_and_looked_at(stage, "8.2", meter.name, None))
    look_again(stage)
    judge_all = stage.traffic.record.deferred[-1]
    restored(stage, meter.name, "SR11.3 Activate Firmware")
    with pytest.raises(RequirementNotMet):
        judge()
    with pytest.raises(RequirementNotMet, match=r"after SR8\.2"):
        judge_all()


def test_requests_that_are_not_taken_judge_nothing(stage: Stage, meter: StagedDevice) -> None:
    course = sent_and_looked_at(stage, "6.6", meter.name, None)  # for gas meters only
    with pytest.raises(NotTaken):
        still_suspended_and_barred(stage, meter.name, course)


def test_who_sends_and_who_looks_are_needed() -> None:
    def needed(meter: str, requests: str) -> set[object]:
        return set(needs_of(sent_and_looked_at).of({"meter": meter, "requests": requests}))

    assert needed("ESME", "7.2, 7.3") == {UserRole.IS}
    assert needed("GSME", "6.15.2, 6.15.1") == {UserRole.GS, UserRole.GT}
    assert needed("ESME", "8.2") == {UserRole.IS}
