"""Activations whose response does not come: how long the DSP waits, and what it makes of the silence."""

from dsp_conformance import gbcs
from dsp_conformance.duis.messages import FutureDatedAlert, GbcsPayload
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.user.exchange import Exchange


def await_giving_up(stage: Stage, activation: Exchange) -> None:
    """Wait until the DSP says that it waits for a response no more, or has had time enough to give up.

    Ledger, "Waiting": its E20, E21 or alert, or the target's time for responses, whichever comes first.

    Raises:
        Inconclusive: the response came, so that the DSP never had to give up.
    """
    request_id, connection = activation.request.request_id, stage.run.connection
    connection.inbox.wait_for_word(request_id, activation.sent_at, connection.transport.timeouts.response)
    _require_lost(stage, activation)


def await_set_time(stage: Stage, activation: Exchange) -> None:
    """Wait until a Device has activated firmware at the time that was set; nothing to wait for at once."""
    due = stage.traffic.due_of(activation)
    if due is not None:
        stage.run.wait_for_silence(due)


def require_activated(stage: Stage, device: StagedDevice, message: gbcs.Message) -> None:
    """See that a Device that was to activate firmware at a set time has done so before it was asked.

    Raises:
        Inconclusive: it still runs the firmware that the inventory recorded for it before.
    """
    if stage.unanswered is None or stage.traffic.due_of(stage.unanswered) is None:
        return
    before, found = stage.remembered(device).firmware_version, gbcs.read_firmware_response(message).version
    if before and found and gbcs.compare_firmware(before, str(found)) is not gbcs.FirmwareMatch.DIFFERENT:
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            f"the {device.name} had not activated the new firmware when it was asked",
            expected=f"firmware version {device.running}, as the set time was over",
            found=f"firmware version {found}",
            hint="see the clock of the testbed's Devices, and silence_seconds in the target file's [profile]",
        )


def expect_nothing_learnt(stage: Stage, device: StagedDevice, activation: Exchange) -> None:
    """Expect a Device to keep the status that it had, as the DSP has heard nothing of its activation.

    Raises:
        RequirementNotMet: it has another one, though the response did not come (MP105-07).
        Inconclusive: it has another one, and the response came after all.
    """
    before = stage.remembered(device).status
    record = stage.traffic.record_once(device, lambda record: record.status is before)
    if record.status is before:
        return
    connection = stage.run.connection
    connection.inbox.wait_for_answers(activation.request.request_id, connection.transport.timeouts.response)
    _require_lost(stage, activation)
    raise RequirementNotMet(
        expected=f"status {before} for the {device.name}, as the response to its activation did not come",
        found=f"status {record.status}",
        hint="see what the DSP does when it has waited for a response long enough",
        requirements=("MP105-07",),
    )


def _require_lost(stage: Stage, activation: Exchange) -> None:
    answers = stage.run.connection.inbox.answers_to(activation.request.request_id)
    came = GbcsPayload | FutureDatedAlert
    if any(each.response and isinstance(each.response.content, came) for each in answers):
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            "the response to SR11.3 was to be kept from the DSP, and came",
            expected=f"no message of the Device in answer to {activation.request.request_id}",
            found="one",
            hint="see what the testbed makes of the fault that was arranged, in its own log",
        )
