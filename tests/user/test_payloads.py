from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    FutureDatedAlert,
    GbcsPayload,
    LocalCommand,
    Response,
    ResponseMessage,
    ServiceRequest,
)
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.user.checks import check_echo
from dsp_conformance.user.payloads import payload_finding

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.duis.messages import ResponseContent

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
OTHER, BROKER = (Eui64.parse(f"90-B3-D5-1F-30-01-00-0{digit}") for digit in (8, 9))
KEY = ec.generate_private_key(ec.SECP256R1())
READ = gbcs.GroupedMessage(
    gbcs.Kind.RESPONSE, 1000, REQUEST_ID.target, REQUEST_ID.originator, 0x0059, b"\x00"
)
BEHIND = gbcs.Supplementary(REQUEST_ID.originator, 1000)


def _request(variant: str) -> ServiceRequest:
    reference = ".".join(variant.split(".")[:2])
    body = ReadFirmwareVersion().to_xml()
    return ServiceRequest(REQUEST_ID, CommandVariant.NON_CRITICAL_WAN, reference, variant, body)


def _response(variant: str, content: ResponseContent) -> Response:
    body = ResponseMessage(".".join(variant.split(".")[:2]), variant, content)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Response(REQUEST_ID, REQUEST_ID.response_id(), ResponseCode.I0, moment, body)


def _found(message: gbcs.GroupedMessage, variant: str = "11.2", *, wrapped: bool = True) -> tuple[str, ...]:
    octets = (gbcs.wrap(message, KEY, KEY.public_key()) if wrapped else message).encode()
    finding = payload_finding(_request(variant), _response(variant, GbcsPayload(octets)))
    assert finding.note == ""
    return finding.flaws


@pytest.mark.parametrize(
    "message",
    [
        READ,
        replace(READ, message_code=0x0084),
        replace(READ, recipient=BROKER, counter=7, supplementary=BEHIND),
        replace(READ, counter=7, supplementary=BEHIND),
        replace(READ, supplementary=gbcs.Supplementary(BROKER, 5)),
    ],
)
def test_a_message_of_the_device_asked_for_who_asked_about_that_is_right(
    message: gbcs.GroupedMessage,
) -> None:
    assert _found(message) == ()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (replace(READ, originator=OTHER), f"a message of {OTHER} instead of {REQUEST_ID.target}"),
        (replace(READ, recipient=OTHER), f"a message for {OTHER} instead of {REQUEST_ID.originator}"),
        (
            replace(READ, recipient=BROKER, supplementary=gbcs.Supplementary(OTHER, 1000)),
            f"a message for {OTHER} and {BROKER} instead of {REQUEST_ID.originator}",
        ),
        (
            replace(READ, message_code=0x0027),
            "a message with message code 0027 instead of 0059 or 0084 or 0129 (SR11.2)",
        ),
    ],
)
def test_a_message_that_speaks_of_another_is_wrong(message: gbcs.GroupedMessage, said: str) -> None:
    assert _found(message) == (said,)


def test_all_that_is_wrong_is_told_and_fails_the_check() -> None:
    message = replace(READ, originator=OTHER, recipient=OTHER, message_code=0x0027)
    octets = gbcs.wrap(message, KEY, KEY.public_key()).encode()
    response = _response("11.2", GbcsPayload(octets))
    check = check_echo(_request("11.2"), response)
    assert (check.requirement, check.passed) == ("DUIS-03", False)
    assert check.found.count("instead of") == 3
    assert check_echo(_request("11.2"), response, payload_judged=False).passed


def test_a_command_in_the_place_of_a_response_is_wrong() -> None:
    command = replace(
        READ, kind=gbcs.Kind.COMMAND, originator=REQUEST_ID.originator, recipient=REQUEST_ID.target
    )
    assert len(_found(command)) == 2


def test_of_a_request_without_published_use_cases_any_code_is_right() -> None:
    assert _found(replace(READ, message_code=0x1234), "8.2") == ()
    assert _found(replace(READ, message_code=0x1234), "4.1.1") != ()


def _alert(**changes: object) -> FutureDatedAlert:
    told = gbcs.ActivationAlert(
        alert_code=gbcs.AlertCode.ACTIVATED,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        command_counter=1000,
        code=gbcs.ActivationCode.SUCCESS,
        version=gbcs.FirmwareVersion.parse("00000001"),
    )
    octets = gbcs.build_activation_alert(
        device=REQUEST_ID.target, recipient=REQUEST_ID.originator, counter=1, alert=told, signing_key=KEY
    )
    message = gbcs.grouped(gbcs.decode(octets))
    return FutureDatedAlert("8F66", replace(message, **changes).encode())  # type: ignore[arg-type]


def test_the_alert_of_a_later_activation_has_a_code_of_its_own() -> None:
    request = _request("11.3")
    assert payload_finding(request, _response("11.3", _alert())).flaws == ()
    wrong = payload_finding(request, _response("11.3", _alert(originator=OTHER))).flaws
    assert wrong == (f"a message of {OTHER} instead of {REQUEST_ID.target}",)
    wrong = payload_finding(request, _response("11.3", _alert(message_code=0x00CB))).flaws
    assert wrong == ("a message with message code 00CB instead of 00CA (SR11.3)",)
    of_others = payload_finding(_request("1.1.1"), _response("1.1.1", _alert(message_code=0x00CB)))
    assert of_others.flaws == ()


def test_that_a_later_activation_was_accepted_is_a_response_of_its_use_case() -> None:
    octets = gbcs.build_activation_response(
        device=REQUEST_ID.target,
        recipient=REQUEST_ID.originator,
        counter=1000,
        outcome=gbcs.ActivationAccepted(),
        signing_key=KEY,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    finding = payload_finding(_request("11.3"), _response("11.3", GbcsPayload(octets)))
    assert (finding.flaws, finding.note) == ((), "")


def test_what_cannot_be_decoded_is_noted_and_not_judged(shared_data: Path) -> None:
    cases = sorted((shared_data.parent / "cases" / "gbcs").glob("08-*.HEX"))
    assert len(cases) == 3
    published = [bytes.fromhex("".join(case.read_text(encoding="ascii").split())) for case in cases]
    for octets in (b"a SMETS1 response", b"", *published):
        check = check_echo(_request("4.14"), _response("4.14", GbcsPayload(octets)))
        assert check.passed
        assert "not judged" in check.detail


def test_a_response_without_a_device_s_message_is_not_looked_at() -> None:
    finding = payload_finding(_request("11.2"), _response("11.2", LocalCommand(b"x")))
    assert (finding.flaws, finding.note) == ((), "")


def test_every_published_response_is_in_the_use_case_of_its_request(shared_data: Path) -> None:
    seen = 0
    for file in sorted((shared_data / "gbcs-use-cases").glob("*_RESPONSE_GBCS.HEX")):
        octets = bytes.fromhex("".join(file.read_text(encoding="ascii").split()))
        variant = next(part for part in file.name.split("_")[1:] if part[0].isdigit() or part == "NA")
        try:
            message = gbcs.grouped(gbcs.decode(octets))
        except gbcs.GbcsDecodeError:
            continue
        if variant == "NA":
            continue
        behind = message.supplementary
        user = message.recipient if behind is None else behind.party
        request = replace(_request("11.2"), request_id=RequestID(user, message.originator, 1))
        request = replace(request, variant=variant)
        assert payload_finding(request, _response(variant, GbcsPayload(octets))).flaws == (), file.name
        seen += 1
    assert seen > 150
