"""The rules by which steps judge answers: each is met quietly, or says what is wrong and what to do."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import (
    GbcsPayload,
    Inventory,
    InventoryDevice,
    LocalCommand,
    OtherContent,
    Response,
    ResponseMessage,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.judging.expectations import (
    described,
    expect_accepted,
    expect_accepted_for,
    expect_activated,
    expect_firmware_read,
    expect_record,
    expect_rejected_for_device_status,
    expect_same_record,
    expect_status_not_shown,
    found_record,
    payload_of,
    record_of,
    same_firmware,
    shows,
    spelled_otherwise,
)
from dsp_conformance.ledger.verdicts import Attribution, Inconclusive, RequirementNotMet, judge
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from dsp_conformance.duis.messages import ResponseContent

REQUEST_ID = RequestID.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1000")
DEVICE = REQUEST_ID.target
OTHER_DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A1")
OLD, NEW = "0123ABCD", "0123ABCE"
RECORD = InventoryDevice(
    DEVICE, DeviceType.ESME, DeviceStatus.SUSPENDED, "106C", "433100AC", "2.0", OLD, cpl_status=None
)
LISTS = [field.name for field in fields(UpdateFirmwareWarning)]


def _response(code: str, content: ResponseContent | None = None) -> Response:
    body = ResponseMessage("11.1", "11.1", content)
    return Response(REQUEST_ID, None, ResponseCode(code), datetime(2026, 1, 2, tzinfo=UTC), body)


def _inventory(*records: InventoryDevice) -> Response:
    return _response("I0", Inventory(records))


class Devices:
    """What a Device answers, in GBCS."""

    def __init__(self) -> None:
        pki = EphemeralPki.create()
        self.device = pki.device(DEVICE)
        self.user = pki.service_user(REQUEST_ID.originator)

    def firmware(self, result: gbcs.FirmwareRead, counter: int = 1000) -> gbcs.Message:
        octets = gbcs.build_read_firmware_response(
            gbcs.MessageCode.ECS52,
            device=DEVICE,
            recipient=REQUEST_ID.originator,
            counter=counter,
            result=result,
            own_key=self.device.key_agreement.private_key,
            peer_key=self.user.gbcs_key_agreement.private_key.public_key(),
        )
        return gbcs.decode(octets)

    def activation(self, outcome: gbcs.Activation | gbcs.ActivationAccepted) -> gbcs.Message:
        octets = gbcs.build_activation_response(
            device=DEVICE,
            recipient=REQUEST_ID.originator,
            counter=1000,
            outcome=outcome,
            signing_key=self.device.signing.private_key,
        )
        return gbcs.decode(octets)


@pytest.fixture(scope="module")
def devices() -> Devices:
    return Devices()


@pytest.fixture(scope="module")
def version_read(devices: Devices) -> gbcs.Message:
    return devices.firmware(gbcs.FirmwareRead.success(gbcs.FirmwareVersion.parse(OLD)))


@pytest.fixture(scope="module")
def activated(devices: Devices) -> gbcs.Message:
    version = gbcs.FirmwareVersion.parse(NEW)
    return devices.activation(gbcs.Activation(gbcs.ActivationCode.SUCCESS, version))


def test_a_code_is_described_by_its_meaning_where_one_is_known() -> None:
    assert described(ResponseCode.E19) == "E19 (The Device does not exist)"
    assert described(ResponseCode.E51) == "E51"


@pytest.mark.parametrize("code", ["I0", "I99"])
def test_information_codes_are_acceptance(code: str) -> None:
    expect_accepted(_response(code), rejection_code=ResponseCode.E51)


@pytest.mark.parametrize(
    ("code", "rejection_code", "for_status"),
    [
        ("E51", "E51", True),
        ("E5", "E51", True),
        ("E51", "E5", True),
        ("E4", "E4", True),
        ("E4", "E51", False),
        ("E19", "E51", False),
        ("W110101", "E51", False),
    ],
)
def test_a_rejection_is_no_acceptance_and_tells_whether_the_status_is_the_reason(
    code: str, rejection_code: str, *, for_status: bool
) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_accepted(_response(code), rejection_code=ResponseCode(rejection_code))
    assert caught.value.expected == "the request accepted, I0 or I99"
    assert caught.value.found.startswith(code)
    assert ("Device's status" in caught.value.hint) is for_status


@pytest.mark.parametrize("code", ["E51", "E5", "E4"])
def test_the_profiles_rejection_code_and_no_other_is_the_rejection(code: str) -> None:
    expect_rejected_for_device_status(_response(code), rejection_code=ResponseCode(code))


@pytest.mark.parametrize(("expected", "found"), [("E51", "E5"), ("E5", "E51")])
def test_the_other_code_for_the_status_fails_and_names_the_setting(expected: str, found: str) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_rejected_for_device_status(_response(found), rejection_code=ResponseCode(expected))
    assert f"a rejection with {expected}" in caught.value.expected
    assert "profile.rejection_code" in caught.value.expected
    assert caught.value.found.startswith(found)
    assert f'rejection_code = "{found}"' in caught.value.hint
    assert f"--rejection-code {found}" in caught.value.hint
    assert "[profile]" in caught.value.hint
    assert f'rejection_code = "{found}"' in str(caught.value)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("I0", "let through to a Suspended Device"),
        ("I99", "let through to a Suspended Device"),
        ("E11", "must be rejected because the Device is Suspended"),
        ("E19", "must be rejected because the Device is Suspended"),
        ("W110101", "must be rejected because the Device is Suspended"),
    ],
)
def test_anything_else_than_the_rejection_fails_without_naming_the_setting_as_the_cure(
    code: str, hint: str
) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_rejected_for_device_status(_response(code), rejection_code=ResponseCode.E51)
    assert hint in caught.value.hint
    assert "rejection_code =" not in caught.value.hint


@pytest.mark.parametrize(
    "response",
    [
        _response("I0"),
        _response("I99"),
        _response("W110101", UpdateFirmwareWarning(invalid=(OTHER_DEVICE,))),
        _response("I0", UpdateFirmwareWarning(not_commissioned=(OTHER_DEVICE,))),
    ],
    ids=["I0", "I99", "a warning about another Device", "I0 with a warning about another Device"],
)
def test_a_request_with_a_list_is_accepted_for_a_device_that_no_warning_lists(response: Response) -> None:
    expect_accepted_for(DEVICE, response, rejection_code=ResponseCode.E51)


@pytest.mark.parametrize("code", ["W110101", "I0", "E110101"])
@pytest.mark.parametrize("name", LISTS)
def test_a_device_in_any_list_of_a_warning_was_not_accepted(name: str, code: str) -> None:
    warning = replace(UpdateFirmwareWarning(invalid=(OTHER_DEVICE,)), **{name: (OTHER_DEVICE, DEVICE)})
    with pytest.raises(RequirementNotMet) as caught:
        expect_accepted_for(DEVICE, _response(code, warning), rejection_code=ResponseCode.E51)
    assert caught.value.found.startswith(code)
    assert caught.value.found.endswith(f"lists {DEVICE} as {name.replace('_', ' ')}")


def test_a_rejection_that_lists_nobody_is_a_rejection_of_all() -> None:
    for content in (None, UpdateFirmwareWarning(invalid=(OTHER_DEVICE,))):
        with pytest.raises(RequirementNotMet, match="I0 or I99"):
            expect_accepted_for(DEVICE, _response("E110103", content), rejection_code=ResponseCode.E51)


@pytest.mark.parametrize("content", [None, OtherContent("DSPScheduleID")])
def test_a_warning_without_lists_proves_nothing(content: OtherContent | None) -> None:
    with pytest.raises(Inconclusive, match="DSPUpdateFirmwareWarning") as caught:
        expect_accepted_for(DEVICE, _response("W110101", content), rejection_code=ResponseCode.E51)
    assert caught.value.found.startswith("W110101")


def test_the_devices_message_is_taken_out_of_a_response(version_read: gbcs.Message) -> None:
    response = _response("I0", GbcsPayload(version_read.encode()))
    assert payload_of(response, counter=1000) == version_read


def test_a_message_by_way_of_the_broker_belongs_to_the_users_request(devices: Devices) -> None:
    """The counter is then that of the supplementary party (wire.md, "Correlation")."""
    octets = gbcs.build_read_firmware_response(
        gbcs.MessageCode.CS08,
        device=DEVICE,
        recipient=OTHER_DEVICE,
        counter=7,
        result=gbcs.FirmwareRead.success(gbcs.FirmwareVersion.parse(OLD)),
        own_key=devices.device.key_agreement.private_key,
        peer_key=devices.user.gbcs_key_agreement.private_key.public_key(),
        supplementary=gbcs.Supplementary(REQUEST_ID.originator, 1000),
    )
    response = _response("I0", GbcsPayload(octets))
    assert payload_of(response, counter=1000) == gbcs.decode(octets)
    with pytest.raises(RequirementNotMet):
        payload_of(response, counter=7)


def test_the_answer_to_another_request_is_a_defect(version_read: gbcs.Message) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        payload_of(_response("I0", GbcsPayload(version_read.encode())), counter=1001)
    assert "1001" in caught.value.expected
    assert "1000" in caught.value.found


@pytest.mark.parametrize(
    ("code", "content", "found"),
    [
        ("I0", None, "I0 (Success) with no content"),
        ("E21", None, "E21 (No response from the Device) with no content"),
        ("E21", GbcsPayload(b"c"), "with GbcsPayload"),
        ("I0", LocalCommand(b"c"), "with LocalCommand"),
        ("I0", OtherContent("DSPScheduleID"), "with DSPScheduleID"),
    ],
)
def test_a_response_without_the_devices_message_is_a_defect(
    code: str, content: ResponseContent | None, found: str
) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        payload_of(_response(code, content), counter=1000)
    assert found in caught.value.found


@pytest.mark.parametrize("octets", [b"", b"junk", b"\xdf\x09\x02"])
def test_a_message_that_is_no_gbcs_proves_nothing_and_tells_where_it_breaks(octets: bytes) -> None:
    with pytest.raises(Inconclusive) as caught:
        payload_of(_response("I0", GbcsPayload(octets)), counter=1000)
    assert "at offset" in caught.value.found
    assert judge(caught.value).attribution is Attribution.PRODUCT


@pytest.mark.parametrize("running", [OLD, OLD.lower()])
def test_the_version_that_the_device_runs_is_the_right_answer(
    version_read: gbcs.Message, running: str
) -> None:
    expect_firmware_read(version_read, running)


def test_another_version_than_the_device_runs_is_a_defect(version_read: gbcs.Message) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_firmware_read(version_read, NEW)
    assert caught.value.expected == f"firmware version {NEW}, which the Device runs"
    assert caught.value.found == f"firmware version {OLD}"


def test_a_failure_instead_of_a_version_is_a_defect(devices: Devices) -> None:
    with pytest.raises(RequirementNotMet, match="failure 3"):
        expect_firmware_read(devices.firmware(gbcs.FirmwareRead.failed(3)), OLD)


def test_an_answer_to_another_request_than_sr11_2_proves_nothing(activated: gbcs.Message) -> None:
    with pytest.raises(Inconclusive, match="cannot be read"):
        expect_firmware_read(activated, OLD)


@pytest.mark.parametrize("version", [NEW, NEW.lower()])
def test_code_0_with_the_new_version_is_an_activation(activated: gbcs.Message, version: str) -> None:
    expect_activated(activated, version)


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        ((gbcs.ActivationCode.SUCCESS, OLD), f"code 0 (success), running {OLD}"),
        ((gbcs.ActivationCode.NO_IMAGE_HELD, NEW), f"code 1 (no image held), running {NEW}"),
        ((gbcs.ActivationCode.HASH_MISMATCH, OLD), f"code 2 (hash mismatch), running {OLD}"),
        ((gbcs.ActivationCode.ACTIVATION_FAILURE, OLD), f"code 3 (activation failure), running {OLD}"),
        (None, "accepted for later, not activated"),
    ],
)
def test_any_other_outcome_is_no_activation_and_is_told_in_words(
    devices: Devices, outcome: tuple[gbcs.ActivationCode, str] | None, found: str
) -> None:
    came: gbcs.Activation | gbcs.ActivationAccepted = gbcs.ActivationAccepted()
    if outcome is not None:
        came = gbcs.Activation(outcome[0], gbcs.FirmwareVersion.parse(outcome[1]))
    with pytest.raises(RequirementNotMet) as caught:
        expect_activated(devices.activation(came), NEW)
    assert (caught.value.expected, caught.value.found) == (f"activation of {NEW} with code 0", found)


def test_an_answer_to_another_request_than_sr11_3_proves_nothing(version_read: gbcs.Message) -> None:
    with pytest.raises(Inconclusive, match="cannot be read"):
        expect_activated(version_read, NEW)


def test_a_devices_record_is_found_among_others() -> None:
    other = replace(RECORD, device_id=OTHER_DEVICE)
    assert record_of(DEVICE, _inventory(other, RECORD)) == RECORD


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (_inventory(replace(RECORD, device_id=OTHER_DEVICE)), f"an inventory of {OTHER_DEVICE}"),
        (_response("E51"), "E51 with no content"),
        (_response("I0"), "I0 (Success) with no content"),
    ],
)
def test_an_answer_that_does_not_show_the_device_is_a_defect(response: Response, found: str) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        record_of(DEVICE, response)
    assert str(DEVICE) in caught.value.expected
    assert found in caught.value.found


@pytest.mark.parametrize(
    ("recorded", "firmware", "same", "noted"),
    [
        (OLD, OLD, True, False),
        (OLD.lower(), OLD, True, False),
        ("9001", "00009001", True, True),
        ("00009001", "9001", True, True),
        ("0123ABCE", OLD, False, False),
        ("90010000", "9001", False, False),
        ("9001 ", "00009001", False, False),
        ("", "00000000", False, False),
        (None, OLD, False, False),
    ],
)
def test_versions_are_the_same_also_without_leading_zeros_and_then_noted(
    recorded: str | None, firmware: str, *, same: bool, noted: bool
) -> None:
    record = replace(RECORD, firmware_version=recorded)
    assert same_firmware(record, firmware) is same
    assert shows(record, DeviceStatus.SUSPENDED, firmware) is same
    note = spelled_otherwise(record, firmware)
    assert (note != "") is noted
    if noted:
        assert f"writes {recorded} for firmware {firmware}" in note


@pytest.mark.parametrize(
    ("status", "firmware"),
    [(DeviceStatus.SUSPENDED, None), (DeviceStatus.SUSPENDED, OLD), (DeviceStatus.SUSPENDED, OLD.lower())],
)
def test_a_record_shows_its_status_and_version(status: DeviceStatus, firmware: str | None) -> None:
    expect_record(RECORD, status, firmware)


@pytest.mark.parametrize(
    ("record", "status", "firmware", "expected", "found"),
    [
        (RECORD, DeviceStatus.COMMISSIONED, None, "status Commissioned", "status Suspended"),
        (replace(RECORD, status=None), DeviceStatus.SUSPENDED, None, "status Suspended", "status not shown"),
        (
            RECORD,
            DeviceStatus.SUSPENDED,
            NEW,
            f"status Suspended with firmware {NEW}",
            f"status Suspended with firmware {OLD}",
        ),
        (
            replace(RECORD, firmware_version=None),
            DeviceStatus.SUSPENDED,
            OLD,
            f"status Suspended with firmware {OLD}",
            "status Suspended with firmware not shown",
        ),
    ],
    ids=["another status", "no status", "another version", "no version"],
)
def test_a_record_that_shows_something_else_is_a_defect(
    record: InventoryDevice, status: DeviceStatus, firmware: str | None, expected: str, found: str
) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_record(record, status, firmware)
    assert (caught.value.expected, caught.value.found) == (expected, found)
    assert str(DEVICE) in caught.value.hint


def test_an_unchanged_record_is_the_same() -> None:
    expect_same_record(replace(RECORD), RECORD)


@pytest.mark.parametrize(
    "changed",
    [
        {"cpl_status": CplStatus.WITHDRAWN},
        {"firmware_version_status": CplStatus.WITHDRAWN},
        {"firmware_version": OLD.lower()},
        {"firmware_version": OLD.lstrip("0")},
    ],
)
def test_what_the_cpl_says_and_how_a_version_is_spelled_are_no_change_of_a_record(
    changed: dict[str, object],
) -> None:
    expect_same_record(replace(RECORD, **changed), RECORD)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"status": DeviceStatus.COMMISSIONED}, "status Suspended became Commissioned"),
        ({"firmware_version": NEW}, f"firmware version {OLD} became {NEW}"),
        ({"firmware_version": None}, f"firmware version {OLD} became None"),
        ({"manufacturer": "106D"}, "manufacturer 106C became 106D"),
        ({"model": "x", "smets_version": "1.0"}, "model 433100AC became x; smets version 2.0 became 1.0"),
    ],
)
def test_each_change_of_a_record_is_told_with_both_values(changed: dict[str, object], found: str) -> None:
    with pytest.raises(RequirementNotMet) as caught:
        expect_same_record(replace(RECORD, **changed), RECORD)  # type: ignore[arg-type]
    assert caught.value.expected == f"the record of {DEVICE} unchanged"
    assert caught.value.found == found


@pytest.mark.parametrize(
    "record",
    [
        None,
        replace(RECORD, device_type=DeviceType.IHD, status=None, firmware_version=None),
        replace(RECORD, device_type=DeviceType.IHD, status=DeviceStatus.COMMISSIONED),
        replace(RECORD, device_type=DeviceType.IHD, status=DeviceStatus.PENDING),
    ],
)
def test_of_a_display_any_record_will_do_but_one_that_is_suspended(record: InventoryDevice | None) -> None:
    expect_status_not_shown(record, DeviceStatus.SUSPENDED)


def test_a_display_that_is_shown_as_suspended_is_a_failure_that_says_why() -> None:
    suspended = replace(RECORD, device_type=DeviceType.IHD, status=DeviceStatus.SUSPENDED)
    with pytest.raises(RequirementNotMet, match="no CPL lists an IHD") as failed:
        expect_status_not_shown(suspended, DeviceStatus.SUSPENDED)
    assert failed.value.found == "status Suspended"


def test_a_record_that_the_answer_does_not_show_is_none_where_that_is_no_failure() -> None:
    other = replace(RECORD, device_id=Eui64(bytes(8)))
    assert found_record(DEVICE, _inventory(other, RECORD)) == RECORD
    assert found_record(DEVICE, _inventory(other)) is None
