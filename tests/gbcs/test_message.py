"""Strictness of the grouped message and its wrapper, each with the offset of what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.gbcs import (
    GbcsDecodeError,
    GbcsValueError,
    GroupedMessage,
    Kind,
    MacWrapped,
    MessageCode,
    Supplementary,
    decode,
    grouped,
    request_counter_of,
)

if TYPE_CHECKING:
    from dsp_conformance.gbcs.message import Message

USER = "90B3D51F30010000"
DEVICE = "00DB1234567890A0"
RESPONSE = f"DF 09 02 00000000000003E8 08 {DEVICE} 08 {USER} 00 02 0012 02 0500 40" + "11" * 64
PRE_COMMAND = f"DF 09 01 00000000000003E8 08 {USER} 08 {DEVICE} 00 02 0012 02 0500"
READ = f"DF 09 02 00000000000003E8 08 {DEVICE} 08 {USER} 00 02 0129 02 0500 00"


def octets_of(text: str) -> bytes:
    return bytes.fromhex(text)


def wrapped(message: str, *, length: str | None = None, mac: str = "22" * 12) -> bytes:
    inside = octets_of("11 00000000" + message + mac)
    return octets_of("DD 000000000000") + octets_of(length or f"{len(inside):02X}") + inside


def refusal_of(octets: bytes) -> GbcsDecodeError:
    with pytest.raises(GbcsDecodeError) as refused:
        decode(octets)
    return refused.value


def test_the_fields_of_a_message_are_read_as_laid_out() -> None:
    text = f"DF 09 02 FFFFFFFFFFFFFFFF 08 {DEVICE} 08 {USER} 0C 07DF0101FF000000008000FF"
    message = decode(octets_of(f"{text} 12 0012 {USER} FFFFFFFFFFFFFFFE 02 0500 40" + "11" * 64))
    assert message == GroupedMessage(
        kind=Kind.RESPONSE,
        counter=2**64 - 1,
        originator=Eui64(octets_of(DEVICE)),
        recipient=Eui64(octets_of(USER)),
        message_code=MessageCode.CS06,
        content=b"\x05\x00",
        signature=b"\x11" * 64,
        date_time=octets_of("07DF0101FF000000008000FF"),
        supplementary=Supplementary(Eui64(octets_of(USER)), 2**64 - 2),
    )


def test_the_form_of_a_message_shows_in_its_type_and_signature() -> None:
    pre_command, bare, mac_wrapped = (
        decode(octets) for octets in (octets_of(PRE_COMMAND), octets_of(RESPONSE), wrapped(READ))
    )
    assert grouped(pre_command).signature is None
    assert grouped(bare).signature == b"\x11" * 64
    assert isinstance(mac_wrapped, MacWrapped)
    assert mac_wrapped.mac == b"\x22" * 12
    assert mac_wrapped.message.signature == b""


@pytest.mark.parametrize("make", [bytearray, memoryview])
def test_any_kind_of_buffer_can_be_decoded(make: Any) -> None:
    assert decode(make(octets_of(RESPONSE))) == decode(octets_of(RESPONSE))


@pytest.mark.parametrize("octets", [octets_of(RESPONSE), octets_of(PRE_COMMAND), wrapped(READ)])
def test_the_content_offset_points_at_the_content(octets: bytes) -> None:
    message = decode(octets)
    content = grouped(message).content
    assert octets[message.content_offset :].startswith(content)
    assert octets.index(content) == message.content_offset


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("DE" + RESPONSE[2:], 0, id="tag"),
        pytest.param(RESPONSE.replace("DF 09", "DF 08"), 1, id="transaction-length"),
        pytest.param(RESPONSE.replace("DF 09 02", "DF 09 00"), 2, id="kind-0"),
        pytest.param(RESPONSE.replace("DF 09 02", "DF 09 04"), 2, id="kind-4"),
        pytest.param(RESPONSE.replace(f"08 {DEVICE}", f"07 {DEVICE}"), 11, id="originator-length"),
        pytest.param(RESPONSE.replace(f"08 {USER}", f"09 {USER}"), 20, id="recipient-length"),
        pytest.param(RESPONSE.replace("00 02 0012", "01 FF 02 0012"), 29, id="date-time-length"),
        pytest.param(RESPONSE.replace("02 0012", "03 0012 00"), 30, id="other-info-length"),
        pytest.param(RESPONSE.replace("02 0012", "8102 0012"), 30, id="length-not-shortest"),
        pytest.param(RESPONSE.replace("02 0012", "80 0012"), 30, id="length-indefinite"),
        pytest.param(RESPONSE.replace("02 0500", "820002 0500"), 33, id="content-length-not-shortest"),
        pytest.param(RESPONSE.replace("02 0500 40", "02 0500 3F"), 36, id="signature-length"),
        pytest.param(RESPONSE[:-2], 100, id="signature-too-short"),
        pytest.param(RESPONSE + "00", 101, id="trailing"),
        pytest.param(RESPONSE.replace("02 0012", "02 00CA"), 2, id="alert-code-in-response"),
        pytest.param(RESPONSE.replace("DF 09 02", "DF 09 03"), 2, id="response-code-in-alert"),
    ],
)
def test_a_wrong_octet_is_refused_at_its_offset(text: str, offset: int) -> None:
    assert refusal_of(octets_of(text)).offset == offset


@pytest.mark.parametrize(
    ("octets", "offset"),
    [
        pytest.param(wrapped(READ).replace(b"\xdd\x00", b"\xdd\x01", 1), 1, id="wrapper"),
        pytest.param(wrapped(READ, length="8136"), 7, id="length-not-shortest"),
        pytest.param(wrapped(READ, length="00"), 8, id="length-too-short"),
        pytest.param(wrapped(READ, length="7F"), len(wrapped(READ)), id="length-too-long"),
        pytest.param(wrapped(READ) + b"\x00", len(wrapped(READ)), id="trailing"),
        pytest.param(wrapped(READ).replace(b"\x11\x00", b"\x12\x00", 1), 8, id="security-header"),
        pytest.param(wrapped(READ).replace(b"\xdf\x09", b"\xdd\x09", 1), 13, id="inner-tag"),
        pytest.param(wrapped(READ, mac="22" * 11), len(wrapped(READ)) - 1, id="mac-too-short"),
        pytest.param(wrapped(READ, mac="22" * 13), len(wrapped(READ)), id="mac-too-long"),
    ],
)
def test_a_wrong_octet_of_the_wrapper_is_refused_at_its_offset(octets: bytes, offset: int) -> None:
    assert refusal_of(octets).offset == offset


@pytest.mark.parametrize(
    ("octets", "expected", "offset"),
    [
        pytest.param(octets_of(READ), "MAC wrapper", 0, id="read-without-mac"),
        pytest.param(wrapped(RESPONSE), "without MAC", 0, id="activation-response-with-mac"),
        pytest.param(
            octets_of(RESPONSE[:-130]), "length of the signature", 36, id="response-like-pre-command"
        ),
        pytest.param(octets_of(RESPONSE[:-130] + "00"), "64 as the length", 36, id="unsigned-response"),
        pytest.param(wrapped(PRE_COMMAND + "00"), "64 as the length", 49, id="unsigned-command-with-mac"),
        pytest.param(wrapped(PRE_COMMAND), "length of the signature", 49, id="pre-command-with-mac"),
        pytest.param(wrapped(READ[:-2] + "40" + "11" * 64), "0 as the length", 49, id="signed-read"),
    ],
)
def test_a_message_in_a_form_that_it_does_not_have_is_refused_at_its_offset(
    octets: bytes, expected: str, offset: int
) -> None:
    refused = refusal_of(octets)
    assert expected in refused.expected
    assert refused.offset == offset


def test_a_refusal_says_what_was_expected_where_and_what_came() -> None:
    error = refusal_of(octets_of(RESPONSE.replace("02 0012", "02 00CA")))
    assert (error.offset, error.found) == (2, "02 (RESPONSE)")
    assert "00CA" in error.expected
    assert str(error).startswith("not a GBCS message: at octet 2 expected a kind")
    assert str(error).endswith("found 02 (RESPONSE)")


def test_long_contents_take_a_long_length_and_come_back(user: Eui64, device: Eui64) -> None:
    for size, octets in ((127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65536, "83010000")):
        message = GroupedMessage(
            Kind.RESPONSE, 1, device, user, MessageCode.CS06, content=bytes(size), signature=bytes(64)
        )
        assert octets_of("0012" + octets) in message.encode()
        assert decode(message.encode()) == message


def test_values_that_do_not_fit_are_refused_by_field(user: Eui64, device: Eui64) -> None:
    def make(**fields: Any) -> Message:
        return GroupedMessage(
            **{
                "kind": Kind.RESPONSE,
                "counter": 1,
                "originator": device,
                "recipient": user,
                "message_code": MessageCode.ECS52,
                "content": b"",
                **fields,
            }
        )

    message = grouped(make())
    for field, build in (
        ("originator counter", lambda: make(counter=-1)),
        ("originator counter", lambda: make(counter=2**64)),
        ("message code", lambda: make(message_code=-1)),
        ("message code", lambda: make(message_code=0x10000)),
        ("date-time", lambda: make(date_time=bytes(11))),
        ("signature", lambda: make(signature=bytes(63))),
        ("supplementary counter", lambda: Supplementary(user, 2**64)),
        ("MAC", lambda: MacWrapped(message, bytes(11))),
        ("message", lambda: MacWrapped(grouped(make(signature=None)), bytes(12))),
    ):
        with pytest.raises(GbcsValueError) as refused:
            build()
        assert refused.value.field == field
        assert field in str(refused.value)


@pytest.mark.parametrize("counter", [0, 1, 2**64 - 1])
def test_the_request_counter_is_the_supplementary_one_where_there_is_one(
    counter: int, user: Eui64, device: Eui64
) -> None:
    def message(originator_counter: int, supplementary: Supplementary | None) -> GroupedMessage:
        return GroupedMessage(
            Kind.RESPONSE,
            originator_counter,
            device,
            user,
            MessageCode.ECS52,
            b"",
            supplementary=supplementary,
        )

    assert request_counter_of(message(counter, None)) == counter
    with_party = message(77, Supplementary(user, counter))
    assert request_counter_of(with_party) == counter
    assert request_counter_of(MacWrapped(with_party, bytes(12))) == counter
