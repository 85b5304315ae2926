"""The inventory and the CPL: firmware leaves the CPL, SR8.2 shows what became of the Devices."""

from pytest_bdd import then, when

from dsp_conformance.duis.terms import CplStatus, DeviceStatus
from dsp_conformance.testing import (
    Capability,
    Stage,
    StagedDevice,
    expect_record,
    expect_same_record,
    expect_status_not_shown,
    is_same_record,
    needs,
    record_of,
    shows,
    spelled_otherwise,
    usable,
)
from steps.vocabulary import device_name, sentence


@when(
    sentence(
        "the firmware (?:of|(?P<running>that)) the {device}(?: runs)?"
        " (?:is removed from|becomes {cpl_status} on) the CPL"
    )
)
@needs(Capability.EDIT_CPL)
def firmware_leaves(stage: Stage, *, device: str, cpl_status: str | None, running: str | None = None) -> None:
    staged, status = stage.device(device_name(device)), CplStatus(cpl_status) if cpl_status else None
    leave = stage.unlist_running_firmware if running else stage.remove_firmware
    leave(staged, status)


@then(sentence("the inventory shows the {device} as {status}(?P<firmware> with that firmware)?"))
def inventory_shows(stage: Stage, device: str, status: str, firmware: str | None) -> None:
    staged, expected = stage.device(device_name(device)), DeviceStatus(status)
    version = staged.running if firmware else None
    record = stage.traffic.record_once(staged, lambda record: shows(record, expected, version))
    expect_record(record, expected, version)
    if version and (note := spelled_otherwise(record, version)):
        stage.traffic.record.observe(note)
    stage.traffic.when_the_run_ends(
        lambda: expect_record(stage.traffic.read_record(staged), expected, version)
    )


@then(sentence("the inventory (?:still shows|(?P<never>does not show)) the {device} as {status}"))
def inventory_still_shows(stage: Stage, device: str, status: str, never: str | None = None) -> None:
    staged, expected = stage.device(device_name(device)), DeviceStatus(status)
    if never:
        _expect_never_shown(stage, staged, expected)
        return
    # An inventory that lags need not lag alike at every look: one that was up to date can be behind again.
    expect_record(stage.traffic.record_once(staged, lambda record: shows(record, expected)), expected)
    stage.traffic.when_the_run_ends(lambda: expect_record(stage.traffic.read_record(staged), expected))


def _expect_never_shown(stage: Stage, device: StagedDevice, status: DeviceStatus) -> None:
    def look() -> None:
        record = stage.traffic.record_if_shown(device)
        expect_status_not_shown(record, status)
        if record is None or record.status is None:
            what = "no record" if record is None else "no status"
            stage.traffic.record.observe(f"SR8.2 shows {what} of an {device.model.device_type}")

    look()
    stage.traffic.when_the_run_ends(look)


@then(sentence("the inventory record of the {device} is unchanged"))
def record_unchanged(stage: Stage, device: str) -> None:
    staged = stage.device(device_name(device))
    before = stage.remembered(staged)
    expect_same_record(
        stage.traffic.record_once(staged, lambda record: is_same_record(record, before)), before
    )
    stage.traffic.when_the_run_ends(lambda: expect_same_record(stage.traffic.read_record(staged), before))


@then(sentence("the answer shows the {device} as {status}"))
def answer_shows(stage: Stage, device: str, status: str) -> None:
    staged, expected = stage.device(device_name(device)), DeviceStatus(status)
    record = record_of(staged.device_id, usable(stage.last))
    if not shows(record, expected):  # the inventory may lag behind the CPL, and was asked at once
        record = stage.traffic.record_once(staged, lambda record: shows(record, expected))
    expect_record(record, expected)
