"""Messages of the use cases whose content nobody here reads: header, correlation and protection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsp_conformance.gbcs import (
    GbcsDecodeError,
    GbcsValueError,
    GroupedMessage,
    Kind,
    MacWrapped,
    MessageCode,
    Supplementary,
    activate_firmware,
    activation_alert,
    activation_response,
    build_activation_command,
    check_read_firmware_command,
    decode,
    grouped,
    name_of_code,
    read_firmware_response,
    request_counter_of,
    sign_pre_command,
    verify_signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.gbcs import Message


class HasKeys(Protocol):
    @property
    def user_signing(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def user_agreement(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def device_agreement(self) -> ec.EllipticCurvePrivateKey: ...


OTHER = 0x0019
CODES = st.integers(0, 0xFFFF).filter(lambda code: code not in set(MessageCode))
quick = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.fixture(scope="session")
def other(user: Eui64, device: Eui64) -> GroupedMessage:
    """The Pre-Command of a critical request that is not SR11.3."""
    return GroupedMessage(Kind.COMMAND, 1000, user, device, OTHER, b"\x30\x03\x02\x01\x07", signature=None)


@quick
@given(
    code=CODES,
    kind=st.sampled_from(Kind),
    content=st.binary(max_size=200),
    signature=st.sampled_from([b"", b"\x11" * 64]),
    mac=st.none() | st.just(b"\x22" * 12),
    party_counter=st.none() | st.integers(0, 2**64 - 1),
)
@example(code=0, kind=Kind.ALERT, content=b"", signature=b"", mac=None, party_counter=None)
@example(code=0xFFFF, kind=Kind.RESPONSE, content=b"", signature=b"", mac=None, party_counter=0)
def test_a_message_of_any_other_code_comes_back_in_any_protection(
    *,
    code: int,
    kind: Kind,
    content: bytes,
    signature: bytes,
    mac: bytes | None,
    party_counter: int | None,
    user: Eui64,
    device: Eui64,
) -> None:
    party = None if party_counter is None else Supplementary(user, party_counter)
    inner = GroupedMessage(kind, 5, device, user, code, content, signature, supplementary=party)
    message: Message = inner if mac is None else MacWrapped(inner, mac)

    decoded = decode(message.encode())

    assert decoded == message
    assert grouped(decoded).message_code == code
    if kind is not Kind.ALERT:
        assert request_counter_of(decoded) == (5 if party_counter is None else party_counter)


def test_a_known_code_is_a_member_however_it_is_given(other: GroupedMessage) -> None:
    for code in MessageCode:
        assert replace(other, message_code=int(code)).message_code is code
    assert not isinstance(other.message_code, MessageCode)


def test_codes_are_named_by_use_case_or_number(other: GroupedMessage) -> None:
    assert [name_of_code(code) for code in (0x0012, MessageCode.CS08, 0x1234, 0)] == [
        "CS06",
        "CS08",
        "0x1234",
        "0x0000",
    ]
    assert other.title == "command of 0x0019"
    with pytest.raises(GbcsValueError, match="message code must be 0 to 0xFFFF, not 0x10000"):
        name_of_code(0x10000)


def test_no_start_of_a_message_but_its_pre_command_is_accepted(other: GroupedMessage) -> None:
    signed = replace(other, signature=b"\x11" * 64)
    for message in (signed, replace(signed, kind=Kind.RESPONSE), MacWrapped(signed, b"\x22" * 12)):
        octets = message.encode()
        for end in range(len(octets)):
            if message is signed and end == len(other.encode()):
                assert decode(octets[:end]) == other
                continue
            with pytest.raises(GbcsDecodeError) as refused:
                decode(octets[:end])
            assert refused.value.offset <= end
        with pytest.raises(GbcsDecodeError) as refused:
            decode(octets + b"\x00")
        assert refused.value.offset == len(octets)


def test_a_signature_of_another_length_is_refused_at_its_offset(other: GroupedMessage) -> None:
    with pytest.raises(GbcsDecodeError) as refused:
        decode(other.encode() + b"\x3f" + bytes(63))
    assert refused.value.offset == len(other.encode())


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (Kind.COMMAND, activate_firmware),
        (Kind.COMMAND, check_read_firmware_command),
        (Kind.RESPONSE, activation_response),
        (Kind.RESPONSE, read_firmware_response),
        (Kind.ALERT, activation_alert),
        (Kind.ALERT, request_counter_of),
    ],
)
def test_the_readers_of_content_refuse_other_codes_by_number(
    kind: Kind, read: Callable[[Message], object], other: GroupedMessage
) -> None:
    message = replace(other, kind=kind, signature=b"")
    with pytest.raises(GbcsDecodeError) as refused:
        read(decode(message.encode()))
    assert (refused.value.offset, refused.value.found) == (0, f"{kind.name.lower()} of 0x0019")


@quick
@given(code=CODES, content=st.binary(max_size=200))
def test_the_pre_command_of_any_other_use_case_is_signed_unchanged(
    code: int, content: bytes, other: GroupedMessage, keys: HasKeys
) -> None:
    pre_command = replace(other, message_code=code, content=content)

    signed = sign_pre_command(pre_command.encode(), keys.user_signing)

    assert signed.startswith(pre_command.encode() + b"\x40")
    message = decode(signed)
    assert isinstance(message, GroupedMessage)
    assert replace(message, signature=None) == pre_command
    assert verify_signature(message, keys.user_signing.public_key())


def test_nothing_but_a_pre_command_is_signed(other: GroupedMessage, keys: HasKeys) -> None:
    unsigned = replace(other, signature=b"")
    end = len(other.encode())
    for message, expected, offset in (
        (replace(other, signature=bytes(64)), "the end of the Pre-Command", end),
        (MacWrapped(unsigned, bytes(12)), "a Pre-Command (DF)", 0),
        (replace(unsigned, kind=Kind.RESPONSE), "a Pre-Command", 0),
        (replace(unsigned, kind=Kind.ALERT), "a Pre-Command", 0),
        (replace(other, message_code=MessageCode.CS06), "the firmware hash", end - 3),
        (replace(other, message_code=MessageCode.ECS52), "a MAC wrapper", 0),
    ):
        with pytest.raises(GbcsDecodeError) as refused:
            sign_pre_command(message.encode(), keys.user_signing)
        assert expected in refused.value.expected
        assert refused.value.offset == offset


def test_the_signed_pre_command_of_another_use_case_is_no_command_of_sr11_3(
    other: GroupedMessage, keys: HasKeys
) -> None:
    signed = sign_pre_command(other.encode(), keys.user_signing)
    with pytest.raises(GbcsDecodeError, match="expected a command of CS06, found command of 0x0019"):
        build_activation_command(signed, keys.user_agreement, keys.device_agreement.public_key())
