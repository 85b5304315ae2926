"""Local delivery: the user brings a command to the meter itself, and returns the answer with SR8.13."""

from pytest_bdd import then, when

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.testing import (
    Capability,
    Cause,
    GbcsDecodeError,
    Inconclusive,
    Stage,
    TestbedError,
    decode,
    expect_local_command,
    needs,
    read_firmware_response,
    request_body,
    require_local_delivery,
    service_request,
    translated,
    usable,
)
from steps.needed import its_supplier
from steps.vocabulary import sentence


@when(
    sentence(
        "the supplier returns what the {meter} answers locally with SR8.13 Return Local Command Response"
    ),
    target_fixture="local_answer",
)
@needs(Capability.DELIVER_LOCALLY, its_supplier)
def returns_local_answer(stage: Stage, meter: str) -> bytes:
    device = stage.device(meter)
    require_local_delivery(stage, stage.last)
    command = expect_local_command(
        usable(stage.last),
        stage.traffic.local_command_of(stage.last),
        code=ResponseCode.I0,
        rejection_code=stage.run.profile.rejection_code,
    )
    try:
        answer = stage.run.testbed.deliver_locally(device.device_id, command)
    except TestbedError as error:
        raise translated(error) from error
    request = service_request("8.13")
    body = request_body(request, device.model.device_type, stage.run.body_folders, device_response=answer)
    exchange = stage.traffic.send(device, request, body, CommandVariant.NON_DEVICE)
    stage.traffic.record.observe(f"SR8.13 was answered with {usable(exchange).response_code}")
    return answer


@then(sentence("that answer shows the firmware that the {meter} runs"))
def local_answer_shows(stage: Stage, local_answer: bytes, meter: str) -> None:
    running = stage.device(meter).running
    try:
        found = str(read_firmware_response(decode(local_answer)).version)
    except GbcsDecodeError as error:
        found = str(error)
    if found != running:
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            f"the {meter} does not answer the command that was returned for local delivery as it should",
            expected=f"the firmware version {running}",
            found=found,
            hint="see what the testbed's `deliver-locally` does with the command",
        )


@then(sentence("what it does to the record of the {meter} is noted"))
def effect_is_noted(stage: Stage, meter: str) -> None:
    """What some requests are to do to the inventory is laid down nowhere, so nothing is expected of them."""
    device = stage.device(meter)

    def note() -> None:
        record = stage.traffic.read_record(device)
        firmware = f"with firmware {record.firmware_version}"
        stage.traffic.record.observe(
            f"when the run ends the inventory shows the {meter} as {record.status} {firmware}"
        )

    stage.traffic.when_the_run_ends(note)
