"""Then: what asynchronous responses show, and what holds for every message of the DSP."""

from pytest_bdd import then

from dsp_conformance.duis.terms import DeviceStatus
from dsp_conformance.testing import (
    Cause,
    Exchange,
    Inconclusive,
    Message,
    RequirementNotMet,
    Stage,
    StagedDevice,
    expect_activated,
    expect_activation_without_success,
    expect_firmware_read,
    expect_read_of,
    require_activated,
    require_activation_alert,
    shows,
)
from steps.vocabulary import device_name, sentence

_EVERY_MESSAGE = {
    "is schema-valid": "DUIS-01",
    "that must be signed is signed by the DSP": "DUIS-02",
    "names the request it answers": "DUIS-03",
}


@then(sentence("(?:the response shows|both responses show) the firmware that the {device} runs"))
def shows_firmware(stage: Stage, device: str) -> None:
    staged = stage.device(device_name(device))
    for exchange in stage.judged:

        def expect(message: Message, exchange: Exchange = exchange) -> None:
            if staged.record is not None and staged.record.status is DeviceStatus.SUSPENDED:
                expect_read_of(
                    message,
                    exchange.request.request_id,
                    device_type=staged.model.device_type,
                    misdelivered=stage.traffic.misdelivered(exchange),
                )
            require_activated(stage, staged, message)
            expect_firmware_read(message, staged.running)

        stage.traffic.expect_payload(exchange, staged, expect)


@then(sentence("the (?:response|(?P<later>alert)) shows that the new firmware is active"))
def shows_activation(stage: Stage, later: str | None = None) -> None:
    staged = stage.device_of(stage.last)
    version = stage.firmware_of(staged).version
    if later:
        _await_activation(stage, staged, version)
        return
    stage.traffic.expect_payload(stage.last, staged, lambda message: expect_activated(message, version))


def _await_activation(stage: Stage, device: StagedDevice, version: str) -> None:
    """Wait for the alert of a future-dated activation; where the record shows the firmware, none is needed.

    Raises:
        Inconclusive: there is nothing to show that the Device carried it out.
    """
    alert = stage.traffic.alert_of(stage.last)
    if alert is not None:
        require_activation_alert(alert.octets, version)
        return
    record = stage.traffic.read_record(device)
    if record.status is None or not shows(record, record.status, version):
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            "nothing shows that the Device activated the new firmware when it was due",
            expected="the alert of the future-dated SR11.3",
            found="none in time",
            hint="see that the Device activated it, and that its alert reached the DSP",
        )
    stage.traffic.record.observe("the alert of the future-dated SR11.3 was not passed on to the user")


@then(sentence("the response shows no success, but the (?P<which>new|old) firmware"))
def shows_no_success(stage: Stage, which: str) -> None:
    staged = stage.device_of(stage.last)
    expected = stage.firmware_of(staged).version if which == "new" else staged.running
    stage.traffic.expect_payload(
        stage.last, staged, lambda message: expect_activation_without_success(message, expected)
    )


@then("the request brings one response and no more")
def one_response_and_no_more(stage: Stage) -> None:
    exchange = stage.last
    stage.traffic.when_the_run_ends(lambda: stage.traffic.expect_one_response(exchange))


@then(sentence(f"every message of the DSP (?P<what>{'|'.join(_EVERY_MESSAGE)})"))
def every_message(stage: Stage, what: str) -> None:
    _expect_checks(stage, _EVERY_MESSAGE[what])


@then("the request is acknowledged by I99 and brings exactly one response")
def one_response(stage: Stage) -> None:
    # Responses are counted for every accepted request at the end of the run, when silence proves the count.
    _expect_checks(stage, "DUIS-04")


def _expect_checks(stage: Stage, requirement: str) -> None:
    checks = [check for check in stage.traffic.record.checks() if check.requirement == requirement]
    assert checks, f"no message of this scenario was checked for {requirement}: the feature is wrong"
    for check in checks:
        if not check.passed:
            raise RequirementNotMet(
                expected=check.expected, found=check.found, hint=check.detail, requirements=(requirement,)
            )
