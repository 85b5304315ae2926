"""The firmware that Devices run, that the CPL lists, that was sent to them, and that restored them."""

from pytest_bdd import given, when

from dsp_conformance.duis.terms import CplStatus, DeviceStatus
from dsp_conformance.testing import (
    A_MOMENT_LATER,
    NUMBERS,
    OVER_THE_WAN,
    SPELLINGS,
    Capability,
    Cause,
    Fault,
    Inconclusive,
    RequirementNotMet,
    Stage,
    StagedDevice,
    Words,
    await_giving_up,
    await_set_time,
    expect_accepted,
    expect_accepted_for,
    expect_nothing_learnt,
    make_request,
    needs,
    new_version,
    once,
    usable,
    version_missed,
)
from steps.needed import FIRMWARE
from steps.vocabulary import device_name, sentence

_TROUBLES = {
    "misses": Fault.UNREACHABLE,
    "answers with an error": Fault.DEVICE_ERROR,
    "answers twice": Fault.DUPLICATE_RESPONSE,
    "answers late": Fault.RESPONSE_HELD,
}


def _for_trouble(words: Words) -> list[Capability]:
    return [Capability.HOLD_RESPONSE if (words["how"] or "").endswith("late") else Capability.INJECT_FAULT]


@given(sentence("the {device} now runs firmware that the CPL lists as {cpl_status} for its model"))
@needs(*FIRMWARE)
def runs_listed(stage: Stage, device: str, cpl_status: str) -> None:
    staged = stage.device(device_name(device))
    stage.run_firmware(staged, stage.list_with_status(staged, CplStatus(cpl_status)))


@given(
    sentence(
        "the {device} now runs firmware that the CPL lists as Active for its model,"
        f" (?:written (?P<written>{'|'.join(SPELLINGS)})|numbered (?P<numbered>{'|'.join(NUMBERS)}))"
    )
)
@needs(*FIRMWARE)
def runs_listed_as(stage: Stage, device: str, written: str | None, numbered: str | None) -> None:
    staged = stage.device(device_name(device))
    if written:
        version = stage.list_spelled(staged, SPELLINGS[written])
    else:
        version = stage.list_with_status(staged, CplStatus.ACTIVE, NUMBERS[str(numbered)]())
    stage.run_firmware(staged, version)


@given(sentence("the {device} now runs the firmware that was removed from the CPL"))
@needs(Capability.CONTROL_DEVICE)
def runs_removed(stage: Stage, device: str) -> None:
    staged = stage.device(device_name(device))
    stage.run_firmware(staged, staged.running)


def _for_near_misses(words: Words) -> list[Capability]:
    return [Capability.EDIT_CPL] if words["near"] else []


@given(
    sentence(
        "the {device} now runs firmware on no CPL entry"
        "(?:, while the CPL lists firmware {near} as Active for its model)?"
    )
)
@needs(Capability.CONTROL_DEVICE, _for_near_misses)
def runs_unlisted(stage: Stage, device: str, near: str | None = None) -> None:
    staged = stage.device(device_name(device))
    stage.run_firmware(staged, version_missed(near) if near else new_version())
    if near:
        stage.list_near_misses(staged, near)


@given(
    sentence(
        "the {device} now runs firmware listed for another (?P<what>device type|model|manufacturer) only"
    )
)
@needs(*FIRMWARE)
def runs_listed_elsewhere(stage: Stage, device: str, what: str) -> None:
    staged = stage.device(device_name(device))
    stage.run_firmware(staged, stage.list_elsewhere(staged, what))


@given(
    sentence(
        "the {device} (?P<trouble>misses|answers) the next SR{variant}(?P<how> with an error| twice| late)?"
    )
)
@needs(_for_trouble)
def has_trouble(stage: Stage, device: str, variant: str, trouble: str, how: str | None) -> None:
    stage.arrange(stage.device(device_name(device)), variant, _TROUBLES[f"{trouble}{how or ''}"])


@given(sentence("the {device} runs the same firmware as the {meter}"))
@needs(Capability.CONTROL_DEVICE)
def runs_the_same(stage: Stage, device: str, meter: str) -> None:
    stage.run_firmware(stage.device(device_name(device)), stage.device(meter).running)


_EITHER_WAY = "(?:SR11.2 Read Firmware Version|(?P<update>SR11.3 Activate Firmware))"


def _for_an_update(words: Words) -> list[Capability]:
    return [Capability.EDIT_CPL] if words["update"] else []


@given(
    sentence(
        f"the {{device}} has been restored by {_EITHER_WAY}(?:, and SR{{variant}} to it was accepted since)?"
    )
)
@needs(_for_an_update)
def restored(stage: Stage, device: str, update: str | None = None, variant: str | None = None) -> None:
    staged = stage.device(device_name(device))
    if update:
        _restore_by_update(stage, staged)
        if variant:
            _require_open(stage, staged, variant)
        return
    made = make_request(stage, staged, "11.2")
    # A DSP that rejects SR11.2 misses what the scenario judges, so this is no mere precondition.
    expect_accepted(usable(made.exchange), rejection_code=stage.run.profile.rejection_code)
    stage.traffic.response_to(made.exchange)
    stage.remember(staged, staged.before)


def _restore_by_update(stage: Stage, device: StagedDevice) -> None:
    """Restore a Device as it could be before MP105, so that what follows does not depend on SR11.2."""
    firmware_sent(stage, device.name)
    made = make_request(stage, device, "11.3")
    made.require_accepted("the meter could not be restored")
    stage.traffic.require_response(made.exchange)
    firmware = stage.firmware_of(device)
    device.listed[firmware.version] = firmware.cpl_entry_id
    stage.remember(device, device.before)


def _require_open(stage: Stage, device: StagedDevice, variant: str) -> None:
    """See that a restored Device may be sent an ordinary request again, so that a DSP can have noted it."""
    # Whoever checks requests may learn of a new status as late as the inventory shows it.
    made = once(
        stage.run, lambda: make_request(stage, device, variant), lambda found: found.exchange.accepted
    )
    made.require_accepted("the restored meter was not sent an ordinary request again")


@when(sentence(f"{_EITHER_WAY} restores the {{meter}}"))
@needs(_for_an_update)
def restores(stage: Stage, meter: str, update: str | None = None) -> None:
    device = stage.device(meter)
    if update:
        _restore_by_update(stage, device)
        return
    made = make_request(stage, device, "11.2")
    made.require_accepted("the meter could not be restored")
    stage.sent = made.exchange
    stage.traffic.record_in_status(device, DeviceStatus.COMMISSIONED)


@given(sentence("new firmware that the CPL lists as Active for the model of the {device}"))
@needs(Capability.EDIT_CPL)
def new_firmware(stage: Stage, device: str) -> None:
    stage.new_firmware(stage.device(device_name(device)))


@given(sentence("the supplier has sent new firmware, listed as Active, to the {device}"))
@needs(Capability.EDIT_CPL)
def firmware_sent(stage: Stage, device: str) -> None:
    staged = stage.device(device_name(device))
    stage.new_firmware(staged)
    if stage.was_activated(staged):
        return
    made = make_request(stage, staged, "11.1")
    try:
        expect_accepted_for(
            staged.device_id, usable(made.exchange), rejection_code=stage.run.profile.rejection_code
        )
    except RequirementNotMet as error:
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            "the firmware could not be sent",
            expected=error.expected,
            found=error.found,
            hint="BASE-03 judges this request by itself",
        ) from error


@given(
    sentence(
        "the {device} has activated the new firmware(?: at once| (?P<later>at a set time))?,"
        " but its response (?:was lost|(?P<how>is late))"
    )
)
@needs(_for_trouble)
def activated_in_silence(stage: Stage, device: str, how: str | None = None, later: str | None = None) -> None:
    staged = stage.device(device_name(device))
    if not how and stage.was_activated(staged):
        return
    stage.arrange(staged, "11.3", Fault.RESPONSE_HELD if how else Fault.RESPONSE_LOST)
    request = make_request(stage, staged, "11.3", way=A_MOMENT_LATER if later else OVER_THE_WAN)
    request.require_accepted("the firmware could not be activated")
    stage.unanswered = request.exchange
    stage.await_command(staged, request.exchange)
    await_set_time(stage, request.exchange)
    expect_nothing_learnt(stage, staged, request.exchange)


@when("the DSP no longer waits for that response")
def gave_up(stage: Stage) -> None:
    if stage.unanswered is not None:
        await_giving_up(stage, stage.unanswered)


@when(sentence("the late response of the {meter} arrives"))
@needs(Capability.HOLD_RESPONSE)
def arrives_late(stage: Stage, meter: str) -> None:
    stage.release(stage.device(meter))


@given(
    sentence(
        "the firmware that the {device} runs has since"
        " (?:been removed from|become {cpl_status} on) the CPL(?: too)?"
    )
)
@needs(Capability.EDIT_CPL)
def running_firmware_changed(stage: Stage, device: str, cpl_status: str | None = None) -> None:
    staged = stage.device(device_name(device))
    if cpl_status == CplStatus.ACTIVE:
        stage.list_running_firmware(staged)
        return
    stage.unlist_running_firmware(staged, CplStatus(cpl_status) if cpl_status else None)
    stage.remember(staged, DeviceStatus.SUSPENDED)


@given(sentence("the new firmware of the {device} has since been removed from the CPL"))
@needs(Capability.EDIT_CPL)
def new_firmware_removed(stage: Stage, device: str) -> None:
    stage.unlist_new_firmware(stage.device(device_name(device)))
