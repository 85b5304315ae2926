"""The rules by which steps judge refusals, commands for local delivery and activations without success."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from dsp_conformance import gbcs
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import LocalCommand, Response, ResponseMessage
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceType
from dsp_conformance.judging.refusals import (
    expect_activation_without_success,
    expect_local_command,
    expect_read_command,
    expect_refused,
    expect_rejected,
)
from dsp_conformance.ledger.verdicts import Inconclusive, RequirementNotMet
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from dsp_conformance.duis.messages import ResponseContent

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
OTHER_DEVICE = replace(REQUEST_ID, target=REQUEST_ID.originator)
NEXT_REQUEST = replace(REQUEST_ID, counter=1001)
E1, E4, E51, I0, I99 = (ResponseCode(code) for code in ("E1", "E4", "E51", "I0", "I99"))
RUNNING, OTHER_VERSION = "0123ABCD", "0123ABCE"
BROKER = EphemeralPki.create()


def _response(code: ResponseCode, content: ResponseContent | None = None) -> Response:
    body = ResponseMessage("11.2", "11.2", content)
    return Response(REQUEST_ID, None, code, datetime(2026, 1, 2, tzinfo=UTC), body)


def _command(
    use_case: gbcs.MessageCode = gbcs.MessageCode.ECS52, request_id: RequestID = REQUEST_ID
) -> bytes:
    return gbcs.build_read_firmware_command(
        use_case,
        originator=request_id.originator,
        device=request_id.target,
        counter=request_id.counter,
        own_key=BROKER.device(OTHER_DEVICE.target).key_agreement.private_key,
        peer_key=BROKER.device(REQUEST_ID.target).key_agreement.private_key.public_key(),
    )


def _outcome(outcome: gbcs.Activation | gbcs.ActivationAccepted) -> gbcs.Message:
    octets = gbcs.build_activation_response(
        device=REQUEST_ID.target,
        recipient=REQUEST_ID.originator,
        counter=1000,
        outcome=outcome,
        signing_key=BROKER.device(REQUEST_ID.target).signing.private_key,
    )
    return gbcs.decode(octets)


# Rejections


def test_any_rejection_will_do_where_no_code_is_asked_for() -> None:
    expect_rejected(_response(E4), reason="it left service")


@pytest.mark.parametrize("code", [E1, E4])
def test_each_code_that_is_asked_for_will_do(code: ResponseCode) -> None:
    expect_rejected(_response(code), (E1, E4), reason="either")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [("I0", ()), ("I99", ()), ("W110101", ()), ("E5", (E51,)), ("E51", (E1, E4)), ("I99", (E1,))],
)
def test_acceptance_and_other_codes_are_no_rejection_for_that_reason(
    code: str, wanted: tuple[ResponseCode, ...]
) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_rejected(_response(ResponseCode(code)), wanted, reason="the user is unknown")
    assert caught.value.found.split()[0] == code
    assert "the user is unknown" in caught.value.hint
    assert all(each.value in caught.value.expected for each in wanted)


@pytest.mark.parametrize("status", [400, 404, 415, 499])
def test_a_client_error_refuses_a_bad_request(status: int) -> None:
    expect_refused(status, None)


def test_an_error_code_refuses_a_bad_request() -> None:
    expect_refused(200, _response(E1))


@pytest.mark.parametrize("status", [200, 204, 302, 399, 500, 503])
def test_another_status_without_an_error_code_refuses_nothing(status: int) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_refused(status, None)
    assert caught.value.found == f"HTTP {status}"


@pytest.mark.parametrize("code", [I0, I99, ResponseCode("W110101")])
def test_acceptance_refuses_nothing(code: ResponseCode) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_refused(200, _response(code))
    assert caught.value.found.startswith(code.value)


# Commands for local delivery


@pytest.mark.parametrize("code", [I0, I99])
def test_the_command_for_local_delivery_is_returned(code: ResponseCode) -> None:
    command = LocalCommand(b"command")
    response = _response(code, command)
    assert expect_local_command(response, command, code=code, rejection_code=E51) == b"command"


@pytest.mark.parametrize("code", [I0, I99])
def test_where_the_command_goes_both_ways_either_code_is_as_good(code: ResponseCode) -> None:
    command = LocalCommand(b"command")
    assert expect_local_command(_response(code), command, code=None, rejection_code=E51) == b"command"
    with pytest.raises(RequirementNotMet) as caught:
        expect_local_command(_response(code), None, code=None, rejection_code=E51)
    assert "no LocalCommand" in caught.value.found


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (_response(I0), "with no LocalCommand"),
        (_response(I99, LocalCommand(b"command")), "with a LocalCommand"),
        (_response(E51), "E51"),
        (_response(E4, LocalCommand(b"command")), "E4"),
    ],
)
def test_another_code_and_a_missing_command_are_named(response: Response, found: str) -> None:
    command = response.content if isinstance(response.content, LocalCommand) else None
    with pytest.raises(RequirementNotMet) as caught:
        expect_local_command(response, command, code=I0, rejection_code=E51)
    assert found in caught.value.found


@pytest.mark.parametrize(
    ("device_type", "use_case"),
    [(DeviceType.ESME, gbcs.MessageCode.ECS52), (DeviceType.GSME, gbcs.MessageCode.GCS38)],
)
def test_the_command_for_the_device_is_taken(device_type: DeviceType, use_case: gbcs.MessageCode) -> None:
    expect_read_command(_command(use_case), REQUEST_ID, device_type=device_type)


@pytest.mark.parametrize(
    ("octets", "difference"),
    [
        (_command(request_id=OTHER_DEVICE), str(OTHER_DEVICE.target)),
        (_command(request_id=NEXT_REQUEST), "counter 1001"),
        (_command(gbcs.MessageCode.GCS38), "use case GCS38"),
        (_command(gbcs.MessageCode.CS08), "use case CS08"),
    ],
    ids=["other device", "other request", "gas meter's", "communications hub's"],
)
def test_a_command_for_something_else_is_named(octets: bytes, difference: str) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_read_command(octets, REQUEST_ID, device_type=DeviceType.ESME)
    assert difference in caught.value.found
    assert difference not in caught.value.expected


def test_a_rejection_is_named_before_a_missing_command() -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_local_command(_response(E51), None, code=I0, rejection_code=E51)
    assert "LocalCommand" not in caught.value.expected


def _with_other_content(octets: bytes) -> bytes:
    changed = bytearray(octets)
    changed[gbcs.decode(octets).content_offset] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    "octets",
    [b"", b"command", _command()[:-1], _with_other_content(_command())],
    ids=["nothing", "a word", "cut short", "other content"],
)
def test_octets_that_are_no_command_of_sr11_2_allow_no_judgement(octets: bytes) -> None:
    with pytest.raises(Inconclusive):
        expect_read_command(octets, REQUEST_ID, device_type=DeviceType.ESME)


# Activations


@pytest.mark.parametrize("code", [code for code in gbcs.ActivationCode if code])
def test_every_failure_with_the_firmware_that_runs_is_no_success(code: gbcs.ActivationCode) -> None:
    version = gbcs.FirmwareVersion.parse(RUNNING)
    expect_activation_without_success(_outcome(gbcs.Activation(code, version)), RUNNING.lower())


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (gbcs.Activation(gbcs.ActivationCode.SUCCESS, gbcs.FirmwareVersion.parse(RUNNING)), "code 0"),
        (
            gbcs.Activation(gbcs.ActivationCode.NO_IMAGE_HELD, gbcs.FirmwareVersion.parse(OTHER_VERSION)),
            OTHER_VERSION,
        ),
        (gbcs.ActivationAccepted(), "no activation"),
    ],
)
def test_success_and_other_firmware_are_named(
    outcome: gbcs.Activation | gbcs.ActivationAccepted, found: str
) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_activation_without_success(_outcome(outcome), RUNNING)
    assert found in caught.value.found


def test_another_message_is_no_response_of_sr11_3_and_allows_no_judgement() -> None:

    with pytest.raises(Inconclusive):
        expect_activation_without_success(gbcs.decode(_command()), RUNNING)
