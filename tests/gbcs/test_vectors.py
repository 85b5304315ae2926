"""The published vectors decode to the values of wire.md, re-encode to the same octets and can be rebuilt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.gbcs import (
    CANCELLATION,
    ActivateFirmware,
    Activation,
    ActivationAccepted,
    ActivationAlert,
    ActivationCode,
    AlertCode,
    FirmwareRead,
    FirmwareVersion,
    GroupedMessage,
    Kind,
    MacWrapped,
    MessageCode,
    Supplementary,
    activate_firmware,
    build_activation_alert,
    build_activation_command,
    build_activation_response,
    build_pre_command,
    build_read_firmware_command,
    build_read_firmware_response,
    decode,
    grouped,
    read_firmware_response,
    request_counter_of,
    sign_pre_command,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec


class HasKeys(Protocol):
    @property
    def user_signing(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def user_agreement(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def device_signing(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def device_agreement(self) -> ec.EllipticCurvePrivateKey: ...


USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BROKER = Eui64.parse("90-B3-D5-1F-30-00-00-02")
ESME = Eui64.parse("00-DB-12-34-56-78-90-A0")
GSME = Eui64.parse("00-DB-12-34-56-78-90-A1")
PPMID = Eui64.parse("00-DB-12-34-56-78-90-A4")
HCALCS = Eui64.parse("00-DB-12-34-56-78-90-A5")
HASH = bytes.fromhex("AA758690730934FF0685AA758690730934FF0685657788990011223344556677")
ABCF = FirmwareVersion.parse("0123ABCF")
ABCE = FirmwareVersion.parse("0123ABCE")
READ = FirmwareRead.success(FirmwareVersion.parse("0123ABCD"))
LATER = datetime(2030, 1, 15, 9, tzinfo=UTC)
NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
HEADER_TIME = datetime(2015, 1, 1, tzinfo=UTC)

ESME_READS = {"SUCCESS": (0x3E8, READ), "ERROR": (0x3EA, FirmwareRead.failed(1))}
GSME_READS = {"SUCCESS": (0x3E8, READ), "ERROR": (0x3EA, FirmwareRead.failed(0xC0))}
CS08_READS = {
    "SUCCESS": (0x514, PPMID, 0x3E8, READ),
    "ERROR": (0x515, HCALCS, 0x3E9, FirmwareRead.failed(1)),
}
ACTIVATIONS: dict[str, tuple[int, datetime | None, Activation | ActivationAccepted]] = {
    "IMMEDIATE_SUCCESS": (0x3E8, None, Activation(ActivationCode.SUCCESS, ABCE)),
    "IMMEDIATE_ERROR": (0x3ED, None, Activation(ActivationCode.NO_IMAGE_HELD, ABCF)),
    "FUTURE_DATED_SUCCESS": (0x3E9, LATER, ActivationAccepted()),
    "FUTURE_DATED_ERROR": (0x3EC, NEW_YEAR, ActivationAccepted()),
    "CANCELLATION_SUCCESS": (0x3EA, CANCELLATION, ActivationAccepted()),
}
ALERTS = {
    "8F66_FUTURE_DATED_SUCCESS": (
        0x7D0,
        ActivationAlert(AlertCode.ACTIVATED, LATER, 0x3E9, ActivationCode.SUCCESS, ABCF),
    ),
    "8F67_FUTURE_DATED_ERROR": (
        0x7D1,
        ActivationAlert(AlertCode.FAILED, NEW_YEAR, 0x3EC, ActivationCode.HASH_MISMATCH, ABCF),
    ),
}
NAMES = (
    *(
        f"{case}_11.2_{which}_{kind}"
        for case in ("ECS52", "GCS38", "CS08")
        for which in ("SUCCESS", "ERROR")
        for kind in ("COMMAND", "RESPONSE")
    ),
    *(f"CS06_11.3_{which}_{kind}" for which in ACTIVATIONS for kind in ("PRECOMMAND", "COMMAND", "RESPONSE")),
    *(f"CS06_11.3_{which}_ALERT" for which in ALERTS),
)


def without_mac(octets: bytes) -> bytes:
    return octets[:-12]


def without_signature(octets: bytes) -> bytes:
    return octets[:-64]


def test_every_published_vector_is_covered_here(vectors: dict[str, bytes]) -> None:
    assert sorted(vectors) == sorted(NAMES)
    assert len(NAMES) == 29


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_and_its_content_re_encode_to_the_same_octets(
    name: str, vectors: dict[str, bytes], interpret: Callable[[bytes], object]
) -> None:
    interpret(vectors[name])


@pytest.mark.parametrize("which", ESME_READS)
@pytest.mark.parametrize("use_case", ["ECS52", "GCS38"])
def test_a_meters_read_vectors_hold_what_wire_md_says_and_can_be_rebuilt(
    use_case: str, which: str, vectors: dict[str, bytes], keys: HasKeys
) -> None:
    code = MessageCode[use_case]
    meter, reads = (ESME, ESME_READS) if use_case == "ECS52" else (GSME, GSME_READS)
    counter, result = reads[which]
    command, response = (vectors[f"{use_case}_11.2_{which}_{kind}"] for kind in ("COMMAND", "RESPONSE"))

    message = decode(response)
    assert isinstance(message, MacWrapped)
    assert read_firmware_response(message) == result
    assert message.message.signature == b""
    assert message.message.originator == meter
    assert message.message.recipient == USER
    assert request_counter_of(message) == request_counter_of(decode(command)) == counter

    own, peer = keys.user_agreement, keys.device_agreement
    rebuilt = build_read_firmware_command(
        code, originator=USER, device=meter, counter=counter, own_key=own, peer_key=peer.public_key()
    )
    assert without_mac(rebuilt) == without_mac(command)
    rebuilt = build_read_firmware_response(
        code,
        device=meter,
        recipient=USER,
        counter=counter,
        result=result,
        own_key=peer,
        peer_key=own.public_key(),
    )
    assert without_mac(rebuilt) == without_mac(response)


@pytest.mark.parametrize("which", CS08_READS)
def test_cs08_vectors_correlate_by_their_supplementary_counter_and_can_be_rebuilt(
    which: str, vectors: dict[str, bytes], keys: HasKeys
) -> None:
    counter, device, request_counter, result = CS08_READS[which]
    command, response = (vectors[f"CS08_11.2_{which}_{kind}"] for kind in ("COMMAND", "RESPONSE"))
    message = decode(response)
    party = Supplementary(USER, request_counter)

    assert read_firmware_response(message) == result
    assert grouped(message).supplementary == party
    assert grouped(message).counter == counter
    assert grouped(message).recipient == BROKER
    assert request_counter_of(message) == request_counter_of(decode(command)) == request_counter

    own, peer = keys.user_agreement, keys.device_agreement
    rebuilt = build_read_firmware_command(
        MessageCode.CS08,
        originator=BROKER,
        device=device,
        counter=counter,
        own_key=own,
        peer_key=peer.public_key(),
        supplementary=party,
    )
    assert without_mac(rebuilt) == without_mac(command)
    rebuilt = build_read_firmware_response(
        MessageCode.CS08,
        device=device,
        recipient=BROKER,
        counter=counter,
        result=result,
        own_key=peer,
        peer_key=own.public_key(),
        supplementary=party,
    )
    assert without_mac(rebuilt) == without_mac(response)


@pytest.mark.parametrize("which", ACTIVATIONS)
def test_activation_vectors_hold_what_wire_md_says_and_can_be_rebuilt(
    which: str, vectors: dict[str, bytes], interpret: Callable[[bytes], object], keys: HasKeys
) -> None:
    counter, execution_time, outcome = ACTIVATIONS[which]
    pre_command, command, response = (
        vectors[f"CS06_11.3_{which}_{kind}"] for kind in ("PRECOMMAND", "COMMAND", "RESPONSE")
    )
    asked = ActivateFirmware(HASH, counter, execution_time)

    assert interpret(pre_command) == interpret(command) == asked
    assert asked.is_cancellation == which.startswith("CANCELLATION")
    assert interpret(response) == outcome
    assert {request_counter_of(decode(o)) for o in (pre_command, command, response)} == {counter}

    rebuilt = build_pre_command(
        originator=USER, device=ESME, counter=counter, firmware_hash=HASH, execution_time=execution_time
    )
    assert rebuilt == pre_command
    rebuilt = build_activation_response(
        device=ESME,
        recipient=USER,
        counter=counter,
        outcome=outcome,
        signing_key=keys.device_signing,
        at=HEADER_TIME,
    )
    assert without_signature(rebuilt) == without_signature(response)


@pytest.mark.parametrize("which", ACTIVATIONS)
def test_signing_a_pre_command_and_adding_the_mac_gives_the_form_of_the_command(
    which: str, vectors: dict[str, bytes], keys: HasKeys
) -> None:
    pre_command, command = (vectors[f"CS06_11.3_{which}_{kind}"] for kind in ("PRECOMMAND", "COMMAND"))

    signed = sign_pre_command(pre_command, keys.user_signing)
    assert signed[:-64] == pre_command + b"\x40"
    wrapped = build_activation_command(signed, keys.user_agreement, keys.device_agreement.public_key())

    start = len(command) - 12 - len(signed)
    assert wrapped[:start] == command[:start]
    assert wrapped[start:-12] == signed
    published = decode(command)
    assert isinstance(published, MacWrapped)
    assert published.message.encode() == command[start:-12]
    assert activate_firmware(decode(signed)) == activate_firmware(published)


@pytest.mark.parametrize("which", ALERTS)
def test_alert_vectors_hold_what_wire_md_says_and_can_be_rebuilt(
    which: str, vectors: dict[str, bytes], interpret: Callable[[bytes], object], keys: HasKeys
) -> None:
    counter, alert = ALERTS[which]
    octets = vectors[f"CS06_11.3_{which}_ALERT"]
    message = decode(octets)

    assert interpret(octets) == alert
    assert isinstance(message, GroupedMessage)
    assert message.kind is Kind.ALERT
    assert message.counter == counter
    assert request_counter_of(message) == alert.command_counter
    rebuilt = build_activation_alert(
        device=ESME, recipient=USER, counter=counter, alert=alert, signing_key=keys.device_signing
    )
    assert without_signature(rebuilt) == without_signature(octets)
