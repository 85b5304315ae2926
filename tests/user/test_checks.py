from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID, ResponseID
from dsp_conformance.duis.messages import (
    DccAlert,
    DeviceAlert,
    GbcsPayload,
    Inventory,
    LocalCommand,
    OtherBody,
    PreCommand,
    Response,
    ResponseMessage,
    ServiceRequest,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import SchemaViolation
from dsp_conformance.duis.signature import SignatureDiagnosis, SignatureOutcome
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.user.checks import (
    check_acceptance_code,
    check_echo,
    check_form,
    check_response_count,
    check_signature,
    check_unasked,
    must_be_signed,
)

if TYPE_CHECKING:
    from dsp_conformance.duis.messages import ResponseContent

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
STRANGER = Eui64.parse("00-DB-12-34-56-78-90-A1")
REQUEST = ServiceRequest(
    REQUEST_ID, CommandVariant.NON_CRITICAL_WAN, "11.2", "11.2", etree.Element("ReadFirmwareVersion")
)
RESPONSE = Response(
    REQUEST_ID,
    REQUEST_ID.response_id(),
    ResponseCode.I99,
    datetime(2026, 1, 2, tzinfo=UTC),
    ResponseMessage("11.2", "11.2"),
)
VIOLATIONS = [SchemaViolation(number, f"/Response/{number}", "is wrong") for number in range(1, 6)]


def _carrying(content: ResponseContent) -> Response:
    return replace(RESPONSE, body=ResponseMessage("11.2", "11.2", content))


@pytest.mark.parametrize("content_type", ["application/xml", "Application/XML; charset=UTF-8"])
def test_a_valid_document_of_the_right_type_has_the_right_form(content_type: str) -> None:
    outcome = check_form(content_type, None, ())
    assert (outcome.requirement, outcome.passed) == ("DUIS-01", True)


@pytest.mark.parametrize(
    ("content_type", "flaw", "violations", "found"),
    [
        ("application/xml", "not well-formed", [], "not well-formed"),
        ("text/xml", None, [], "Content-Type 'text/xml'"),
        ("", None, [], "Content-Type ''"),
        ("application/xml", None, VIOLATIONS[:1], "line 1, /Response/1: is wrong"),
    ],
)
def test_each_flaw_of_form_fails_duis_01_by_its_name(
    content_type: str, flaw: str | None, violations: list[SchemaViolation], found: str
) -> None:
    outcome = check_form(content_type, flaw, violations)
    assert (outcome.requirement, outcome.passed) == ("DUIS-01", False)
    assert outcome.found == found
    assert outcome.expected == "schema-valid application/xml"


def test_of_many_violations_the_first_are_shown_and_the_others_counted() -> None:
    found = check_form("application/xml", None, VIOLATIONS).found
    assert "/Response/3" in found
    assert "/Response/4" not in found
    assert found.endswith("and 2 more")
    assert check_form("application/xml", None, VIOLATIONS[:-2]).found.endswith("/Response/3: is wrong")


@pytest.mark.parametrize(
    ("response", "asynchronous", "signed"),
    [
        (RESPONSE, False, False),
        (replace(RESPONSE, response_code=ResponseCode.E51), False, False),
        (_carrying(PreCommand("4.3", b"c")), False, True),
        (_carrying(Inventory(())), False, True),
        (_carrying(LocalCommand(b"c")), False, False),
        (None, False, False),
        (RESPONSE, True, True),
        (_carrying(GbcsPayload(b"c")), True, True),
        (None, True, True),
    ],
    ids=[
        "acknowledgement",
        "rejection",
        "Pre-Command",
        "inventory",
        "local command",
        "unreadable answer",
        "asynchronous",
        "asynchronous payload",
        "unreadable asynchronous",
    ],
)
def test_what_must_be_signed(response: Response | None, *, asynchronous: bool, signed: bool) -> None:
    assert must_be_signed(response, asynchronous=asynchronous) is signed


@pytest.mark.parametrize("required", [True, False], ids=["required", "optional"])
@pytest.mark.parametrize("outcome", SignatureOutcome)
def test_a_signature_must_verify_wherever_it_is_and_be_there_where_required(
    outcome: SignatureOutcome, *, required: bool
) -> None:
    check = check_signature(SignatureDiagnosis(outcome, "in detail"), required=required)
    good = {SignatureOutcome.VALID, SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL}
    passes = outcome in good or (outcome is SignatureOutcome.UNSIGNED and not required)
    assert (check.requirement, check.passed) == ("DUIS-02", passes)
    assert f"{outcome}; in detail" in check.found
    assert check.expected.startswith("a signature" if required else "no signature")


def test_lawful_oddities_of_a_signature_are_told_though_it_passes() -> None:
    diagnosis = SignatureDiagnosis(
        SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL, notes=("writes its role in decimal",)
    )
    check = check_signature(diagnosis, required=True)
    assert check.passed
    assert check.detail == "writes its role in decimal; verifies only after white space is removed"


def test_a_plain_valid_signature_has_nothing_to_tell() -> None:
    assert check_signature(SignatureDiagnosis(SignatureOutcome.VALID), required=True).detail == ""


def test_a_finding_is_kept_short_whatever_the_message_brings() -> None:
    diagnosis = SignatureDiagnosis(SignatureOutcome.CERTIFICATE, f"issuer {'x' * 1_000_000}")
    assert len(check_signature(diagnosis, required=True).found) <= 1000


@pytest.mark.parametrize(
    "response",
    [
        RESPONSE,
        replace(RESPONSE, response_id=None),
        replace(RESPONSE, body=OtherBody("SMETS1ResponseMessage")),
        replace(RESPONSE, request_id=RequestID.parse(str(REQUEST_ID).lower())),
    ],
    ids=["all four", "no ResponseID", "SMETS1", "lower case"],
)
def test_a_response_that_names_its_request_passes_duis_03(response: Response) -> None:
    outcome = check_echo(REQUEST, response)
    assert (outcome.requirement, outcome.passed, outcome.found) == ("DUIS-03", True, "the same")


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (replace(RESPONSE, request_id=None), "RequestID missing"),
        (replace(RESPONSE, request_id=replace(REQUEST_ID, counter=1001)), "RequestID 90-B3"),
        (replace(RESPONSE, request_id=replace(REQUEST_ID, target=STRANGER)), "RequestID 90-B3"),
        (replace(RESPONSE, request_id=replace(REQUEST_ID, originator=STRANGER)), "RequestID 00-DB"),
        (
            replace(RESPONSE, response_id=ResponseID(REQUEST_ID.originator, REQUEST_ID.target, 1000)),
            "ResponseID 90-B3",
        ),
        (replace(RESPONSE, response_id=replace(REQUEST_ID.response_id(), counter=1)), "ResponseID 00-DB"),
        (replace(RESPONSE, body=ResponseMessage("11.3", "11.2")), "ServiceReference 11.3 instead of 11.2"),
        (
            replace(RESPONSE, body=ResponseMessage("11.2", "11.3")),
            "ServiceReferenceVariant 11.3 instead of 11.2",
        ),
        (replace(RESPONSE, body=DeviceAlert("8F66", b"a")), "an alert"),
        (replace(RESPONSE, body=DccAlert("N28", "DeviceStatusChangeEvent")), "an alert"),
    ],
    ids=[
        "no RequestID",
        "counter",
        "target",
        "originator",
        "ResponseID not mirrored",
        "ResponseID's counter",
        "reference",
        "variant",
        "Device alert",
        "DCC alert",
    ],
)
def test_each_difference_in_what_is_echoed_fails_duis_03_by_its_name(response: Response, found: str) -> None:
    outcome = check_echo(REQUEST, response)
    assert (outcome.requirement, outcome.passed) == ("DUIS-03", False)
    assert outcome.found.startswith(found)
    assert ";" not in outcome.found
    assert str(REQUEST_ID) in outcome.expected


def test_all_differences_are_told_at_once() -> None:
    wrong = replace(RESPONSE, request_id=None, body=ResponseMessage("4.1", "4.1.1"))
    found = check_echo(REQUEST, wrong).found
    assert all(name in found for name in ("RequestID", "ServiceReference ", "ServiceReferenceVariant "))


@pytest.mark.parametrize(
    ("command_variant", "code", "passed"),
    [
        (1, "I99", True),
        (1, "I0", False),
        (5, "I99", True),
        (5, "I0", False),
        (1, "E51", None),
        (2, "I0", None),
        (3, "I0", None),
        (3, "I99", None),
        (7, "I0", None),
        (4, "I0", None),
        (6, "I0", None),
        (8, "I99", None),
        (8, "W110101", None),
    ],
)
def test_an_accepted_request_to_a_device_is_acknowledged_by_i99(
    command_variant: int, code: str, *, passed: bool | None
) -> None:
    request = replace(REQUEST, command_variant=CommandVariant(command_variant))
    outcome = check_acceptance_code(request, replace(RESPONSE, response_code=ResponseCode(code)))
    if passed is None:
        assert outcome is None
        return
    assert outcome is not None
    assert (outcome.requirement, outcome.passed, outcome.found) == ("DUIS-04", passed, code)


@pytest.mark.parametrize(
    ("found", "answered", "passed"),
    [
        (1, True, True),
        (0, True, False),
        (2, True, False),
        (0, False, True),
        (1, False, True),
        (2, False, False),
    ],
)
def test_a_request_that_the_device_answered_brings_one_response(
    found: int, *, answered: bool, passed: bool
) -> None:
    outcome = check_response_count(REQUEST, found, answered=answered)
    assert (outcome.requirement, outcome.passed) == ("DUIS-04", passed)
    assert outcome.found == {0: "0 responses", 1: "1 response", 2: "2 responses"}[found]
    assert outcome.expected.startswith("exactly one" if answered else "at most one")
    assert str(REQUEST_ID) in outcome.expected


def test_a_response_at_a_wrong_address_fails_though_it_is_the_only_one() -> None:
    outcome = check_response_count(REQUEST, 1, answered=True, misdelivered=["at /a instead of /b"])
    assert (outcome.passed, outcome.found) == (False, "1 response; at /a instead of /b")


def test_a_response_to_no_request_fails_with_what_it_names() -> None:
    outcome = check_unasked(REQUEST_ID.target, replace(RESPONSE, request_id=replace(REQUEST_ID, counter=1)))
    assert (outcome.requirement, outcome.passed) == ("DUIS-03", False)
    assert str(replace(REQUEST_ID, counter=1)) in outcome.found
    nameless = check_unasked(REQUEST_ID.target, replace(RESPONSE, request_id=None, response_id=None))
    assert nameless.found == "RequestID missing, ResponseID missing"
    assert str(REQUEST_ID.target) in outcome.expected
