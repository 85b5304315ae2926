"""SR11.3, the command: built by the DSP, checked and signed by the Service User."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dsp_conformance.gbcs import (
    CANCELLATION,
    ActivateFirmware,
    GbcsDecodeError,
    GbcsValueError,
    GroupedMessage,
    Kind,
    MacWrapped,
    MessageCode,
    activate_firmware,
    build_activation_command,
    build_pre_command,
    decode,
    grouped,
    sign_pre_command,
    verify_mac,
    verify_signature,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64


class HasKeys(Protocol):
    @property
    def user_signing(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def user_agreement(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def device_agreement(self) -> ec.EllipticCurvePrivateKey: ...


class HasSamples(Protocol):
    @property
    def mac_wrapped(self) -> tuple[bytes, ...]: ...
    @property
    def signed_by_device(self) -> tuple[bytes, ...]: ...
    @property
    def pre_commands(self) -> tuple[bytes, ...]: ...
    @property
    def signed_pre_commands(self) -> tuple[bytes, ...]: ...
    @property
    def commands(self) -> tuple[bytes, ...]: ...


CONTENT = 34
HASH = "0420" + "AB" * 32
TIME = "180F" + b"20300115090000Z".hex()
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
quick = settings(max_examples=100, deadline=None, derandomize=True)


@quick
@given(
    firmware_hash=st.binary(min_size=32, max_size=32),
    counter=st.integers(0, 2**64 - 1),
    execution_time=st.none() | TIMES | st.just(CANCELLATION),
)
@example(firmware_hash=bytes(32), counter=2**64 - 1, execution_time=datetime(1, 1, 1, tzinfo=UTC))
@example(firmware_hash=bytes(32), counter=0x80, execution_time=None)
@example(firmware_hash=bytes(32), counter=0, execution_time=None)
def test_a_pre_command_is_signed_wrapped_and_read_back_as_it_was_built(
    *,
    firmware_hash: bytes,
    counter: int,
    execution_time: datetime | None,
    keys: HasKeys,
    user: Eui64,
    device: Eui64,
) -> None:
    pre_command = build_pre_command(
        originator=user,
        device=device,
        counter=counter,
        firmware_hash=firmware_hash,
        execution_time=execution_time,
    )
    signed = sign_pre_command(pre_command, keys.user_signing)
    command = build_activation_command(signed, keys.user_agreement, keys.device_agreement.public_key())

    asked = ActivateFirmware(firmware_hash, counter, execution_time)
    assert [activate_firmware(decode(octets)) for octets in (pre_command, signed, command)] == [asked] * 3
    assert asked.is_cancellation == (execution_time == CANCELLATION)
    assert signed.startswith(pre_command)
    assert grouped(decode(pre_command)).counter == counter
    wrapped = decode(command)
    assert isinstance(wrapped, MacWrapped)
    assert verify_signature(wrapped.message, keys.user_signing.public_key())
    assert verify_mac(wrapped, keys.device_agreement, keys.user_agreement.public_key())


@pytest.mark.parametrize(
    ("counter", "encoded"),
    [
        (0, "020100"),
        (0x7F, "02017F"),
        (0x80, "02020080"),
        (0x3E8, "020203E8"),
        (0x8000, "0203008000"),
        (2**63 - 1, "02087FFFFFFFFFFFFFFF"),
        (2**63, "0209008000000000000000"),
        (2**64 - 1, "020900FFFFFFFFFFFFFFFF"),
    ],
)
def test_the_counter_is_written_in_its_shortest_form(counter: int, encoded: str) -> None:
    assert ActivateFirmware(bytes(32), counter).encode().hex().upper().endswith(encoded)


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("0500", 0, id="tag"),
        pytest.param("3026" + HASH + "02 02 0001", 37, id="counter-not-shortest"),
        pytest.param("3026" + HASH + "02 02 FFFF", 37, id="negative-counter"),
        pytest.param("302D" + HASH + "02 09 010000000000000000", 37, id="counter-of-65-bits"),
        pytest.param("3024" + HASH + "02 00", 37, id="counter-of-no-octets"),
        pytest.param("3022" + HASH, 36, id="no-counter"),
        pytest.param("3025 041F" + "AB" * 31 + "02 02 03E8", 3, id="short-hash"),
        pytest.param("3037" + HASH + "020103" + TIME, 56, id="sequence-too-long"),
        pytest.param("3036" + HASH + "020103" + TIME + "00", 56, id="trailing"),
        pytest.param("3038" + HASH + "020103" + TIME + "0500", 56, id="trailing-inside"),
        pytest.param("3036" + HASH + "020103" + TIME.replace("180F", "170F"), 39, id="time-type"),
    ],
)
def test_a_malformed_command_is_refused_at_its_offset(
    content: str, offset: int, user: Eui64, device: Eui64
) -> None:
    message = GroupedMessage(
        Kind.COMMAND, 1, user, device, MessageCode.CS06, content=bytes.fromhex(content), signature=None
    )
    with pytest.raises(GbcsDecodeError) as refused:
        activate_firmware(decode(message.encode()))
    assert refused.value.offset == CONTENT + offset


@pytest.mark.parametrize(
    ("counter", "found"),
    [
        ("02 00", "no octets"),
        ("02 02 0001", "0001"),
        ("02 09 010000000000000000", "010000000000000000"),
        ("02 14" + "00" * 16 + "01020304", "00" * 16),
        ("02 14" + "7F" * 16 + "01020304", "7F" * 16),
    ],
)
def test_of_a_counter_that_is_none_sixteen_octets_are_shown(
    counter: str, found: str, user: Eui64, device: Eui64
) -> None:
    body = bytes.fromhex(HASH + counter)
    content = b"\x30" + bytes((len(body),)) + body
    message = GroupedMessage(Kind.COMMAND, 1, user, device, MessageCode.CS06, content=content, signature=None)
    with pytest.raises(GbcsDecodeError) as refused:
        activate_firmware(decode(message.encode()))
    assert refused.value.found == found


@pytest.mark.parametrize(
    "text",
    [
        b"20300115090000+",
        b"20301301000000Z",
        b"20300230000000Z",
        b"20300115240000Z",
        b"20300115096000Z",
        b"20300115090060Z",
        b"00000115090000Z",
        b"2030011509000 Z",
        b"2030-01-15 09Z0",
        b"+2300115090000Z",
        b"\xb2\xb3300115090000Z",
        b"203001150900Z",
        b"20300115090000.5Z",
    ],
)
def test_a_time_that_is_none_is_refused_at_its_offset(text: bytes, user: Eui64, device: Eui64) -> None:
    time = b"\x18" + bytes((len(text),)) + text
    body = bytes.fromhex(HASH + "020103") + time
    content = b"\x30" + bytes((len(body),)) + body
    message = GroupedMessage(Kind.COMMAND, 1, user, device, MessageCode.CS06, content=content, signature=None)
    with pytest.raises(GbcsDecodeError) as refused:
        activate_firmware(decode(message.encode()))
    assert refused.value.offset == CONTENT + 2 + len(bytes.fromhex(HASH)) + 3 + (2 if len(text) == 15 else 1)


def test_times_are_written_in_utc() -> None:
    summer = timezone(timedelta(hours=1))
    there = ActivateFirmware(bytes(32), 1, datetime(2030, 7, 1, 0, 30, 5, tzinfo=summer))
    assert there.encode().endswith(b"\x18\x0f20300630233005Z")


EAST = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("size", "counter", "execution_time", "field"),
    [
        (31, 1, None, "firmware hash"),
        (32, -1, None, "counter"),
        (32, 2**64, None, "counter"),
        (32, 1, datetime(2030, 1, 1, tzinfo=UTC).replace(tzinfo=None), "time"),
        (32, 1, datetime(2030, 1, 1, microsecond=1, tzinfo=UTC), "time"),
        (32, 1, datetime(1, 1, 1, tzinfo=EAST), "time"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_field(
    size: int, counter: int, execution_time: datetime | None, field: str
) -> None:
    with pytest.raises(GbcsValueError) as refused:
        ActivateFirmware(bytes(size), counter, execution_time)
    assert refused.value.field == field


def test_the_content_of_a_command_in_a_response_is_refused_for_what_it_is_in(
    samples: HasSamples,
) -> None:
    message = grouped(decode(samples.signed_pre_commands[0]))
    with pytest.raises(GbcsDecodeError, match="expected a command of CS06, found response of CS06"):
        activate_firmware(replace(message, kind=Kind.RESPONSE))
    for octets in samples.mac_wrapped[:1] + samples.signed_by_device:
        with pytest.raises(GbcsDecodeError, match="expected a command of CS06, found"):
            activate_firmware(decode(octets))


def test_only_a_pre_command_can_be_signed(samples: HasSamples, keys: HasKeys) -> None:
    others = samples.signed_pre_commands + samples.commands + samples.signed_by_device + samples.mac_wrapped
    for octets in others:
        with pytest.raises(GbcsDecodeError):
            sign_pre_command(octets, keys.user_signing)
    with pytest.raises(GbcsDecodeError) as refused:
        sign_pre_command(samples.signed_pre_commands[0], keys.user_signing)
    assert refused.value.offset == len(samples.pre_commands[0])
    assert refused.value.found == "a signature"


@pytest.mark.parametrize("name", ["01-precommand-no-signature", "01-precommand-null-signature"])
def test_both_forms_of_a_pre_command_lead_to_one_signed_form(
    shared_data: Path, keys: HasKeys, name: str
) -> None:
    octets = bytes.fromhex((shared_data.parent / "cases" / "gbcs" / f"{name}.hex").read_text())
    assert decode(octets).encode() == octets
    signed = sign_pre_command(octets, keys.user_signing)
    bare = octets.removesuffix(b"\x00")
    assert signed[:-64] == bare + b"\x40"
    assert verify_signature(grouped(decode(signed)), keys.user_signing.public_key())


def test_an_empty_signature_makes_no_signed_pre_command(samples: HasSamples, keys: HasKeys) -> None:
    with pytest.raises(GbcsDecodeError, match="the signature of a Signed Pre-Command, found nothing"):
        build_activation_command(
            samples.pre_commands[0] + b"\x00", keys.user_agreement, keys.device_agreement.public_key()
        )


def test_only_a_signed_pre_command_becomes_a_command(samples: HasSamples, keys: HasKeys) -> None:
    others = samples.pre_commands + samples.commands + samples.signed_by_device + samples.mac_wrapped
    for octets in others:
        with pytest.raises(GbcsDecodeError):
            build_activation_command(octets, keys.user_agreement, keys.device_agreement.public_key())
    with pytest.raises(GbcsDecodeError, match="the signature of a Signed Pre-Command, found nothing"):
        build_activation_command(
            samples.pre_commands[0], keys.user_agreement, keys.device_agreement.public_key()
        )
    with pytest.raises(GbcsDecodeError) as refused:
        build_activation_command(samples.commands[0], keys.user_agreement, keys.device_agreement.public_key())
    assert (refused.value.offset, refused.value.found) == (0, "a MAC wrapper")
