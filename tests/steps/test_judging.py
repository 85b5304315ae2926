"""What steps judge: at once, and once more when the run ends; each is shown a DSP that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.ledger.verdicts import RequirementNotMet
from dsp_conformance.scenario.devices import Model, new_spellable_version
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.user.checks import CheckOutcome
from steps.inventory import answer_shows, inventory_shows, inventory_still_shows, record_unchanged
from steps.requests import is_accepted_again, sends
from steps.responses import every_message, one_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage

SIGNED = "that must be signed is signed by the DSP"


@pytest.fixture
def meter(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> StagedDevice:
    """A Commissioned ESME, whose record is given no time to settle."""
    monkeypatch.setattr(stage.run, "profile", replace(stage.run.profile, settle_seconds=0, silence_seconds=0))
    stage.remember(stage.listed_device("ESME", Model.unique(DeviceType.ESME)), DeviceStatus.COMMISSIONED)
    return stage.device("ESME")


@pytest.fixture(
    params=[
        lambda stage: inventory_shows(stage, "ESME", "Commissioned", None),
        lambda stage: inventory_still_shows(stage, "ESME", "Commissioned"),
        lambda stage: record_unchanged(stage, "ESME"),
        lambda stage: inventory_still_shows(stage, "ESME", "Suspended", "does not show"),
    ],
    ids=["shows", "still-shows", "unchanged", "does-not-show"],
)
def judge(request: pytest.FixtureRequest) -> Callable[[Stage], None]:
    """Judges that the ESME is Commissioned."""
    step: Callable[[Stage], None] = request.param
    return step


def look_again(stage: Stage) -> None:
    """Do what the end of the run owes."""
    for check in stage.traffic.record.deferred:
        check()


def checked(stage: Stage, requirement: str, *, passed: bool) -> None:
    """Have a message of the scenario checked."""
    outcome = CheckOutcome(requirement, passed, "what was asked for", "what came", "where to look")
    stage.traffic.record.attach_exchange("a message", checks=[outcome])


def test_a_record_that_is_as_it_should_be_passes_at_once_and_at_the_end(
    stage: Stage, meter: StagedDevice, judge: Callable[[Stage], None]
) -> None:
    assert meter.record is not None
    judge(stage)
    look_again(stage)


def test_a_record_that_is_wrong_fails_at_once_and_not_first_at_the_end(
    stage: Stage, meter: StagedDevice, judge: Callable[[Stage], None]
) -> None:
    stage.remove_firmware(meter)
    with pytest.raises(RequirementNotMet):
        judge(stage)
    assert not stage.traffic.record.deferred


def test_a_record_that_goes_wrong_afterwards_fails_at_the_end(
    stage: Stage, meter: StagedDevice, judge: Callable[[Stage], None]
) -> None:
    judge(stage)
    stage.remove_firmware(meter)
    with pytest.raises(RequirementNotMet):
        look_again(stage)


def test_an_answer_that_lags_behind_the_cpl_is_asked_for_again(stage: Stage, meter: StagedDevice) -> None:
    stage.sent = make_request(stage, meter, "8.2").exchange
    stage.remove_firmware(meter)
    answer_shows(stage, "ESME", "Suspended")
    with pytest.raises(RequirementNotMet):
        answer_shows(stage, "ESME", "Recovered")


def test_an_answer_is_judged_by_what_it_showed_and_not_by_what_became_of_it(
    stage: Stage, meter: StagedDevice
) -> None:
    stage.sent = make_request(stage, meter, "8.2").exchange
    stage.remove_firmware(meter)
    answer_shows(stage, "ESME", "Commissioned")


def test_a_version_that_is_written_otherwise_is_noted_and_not_judged(
    stage: Stage, meter: StagedDevice
) -> None:
    version = new_spellable_version()
    spec = meter.model.device(version, DeviceStatus.COMMISSIONED)
    stage.provide("ESME", meter.model, spec, stage.list_firmware(meter.model.entry(version)))
    inventory_shows(stage, "ESME", "Commissioned", " with that firmware")
    assert not stage.traffic.record.evidence.observations
    stage.device("ESME").running = version.lstrip("0")
    inventory_shows(stage, "ESME", "Commissioned", " with that firmware")
    assert "equal after padding" in stage.traffic.record.evidence.observations[0]


def test_a_message_that_failed_a_check_fails_the_step_that_states_it(stage: Stage) -> None:
    checked(stage, "DUIS-02", passed=True)
    checked(stage, "DUIS-02", passed=False)
    with pytest.raises(RequirementNotMet) as failed:
        every_message(stage, SIGNED)
    assert failed.value.requirements == ("DUIS-02",)
    assert (failed.value.expected, failed.value.found) == ("what was asked for", "what came")


def test_a_message_that_failed_another_check_does_not_fail_the_step(stage: Stage) -> None:
    checked(stage, "DUIS-02", passed=True)
    checked(stage, "DUIS-03", passed=False)
    every_message(stage, SIGNED)


def test_a_step_about_every_message_is_an_error_of_the_suite_where_none_was_checked(stage: Stage) -> None:
    checked(stage, "DUIS-03", passed=True)
    with pytest.raises(AssertionError, match="DUIS-02"):
        every_message(stage, SIGNED)


def test_the_acknowledgement_is_judged_by_its_own_check(stage: Stage) -> None:
    checked(stage, "DUIS-04", passed=True)
    one_response(stage)
    checked(stage, "DUIS-04", passed=False)
    with pytest.raises(RequirementNotMet) as failed:
        one_response(stage)
    assert failed.value.requirements == ("DUIS-04",)


def test_a_request_by_a_wrong_name_is_an_error_of_the_feature(stage: Stage, meter: StagedDevice) -> None:
    named = {"role": None, "variant": "11.2", "name": "Read Inventory", "device": meter.name, "way": None}
    with pytest.raises(LookupError, match="Read Firmware Version"):
        sends(stage, **named)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="Read Firmware Version"):
        is_accepted_again(stage, "11.2", "Read Inventory", meter.name)
