"""SR11.2: answers of Devices, success and failure, each use case in its own encoding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp_conformance.gbcs import (
    READ_FIRMWARE_CODES,
    FirmwareRead,
    FirmwareVersion,
    GbcsDecodeError,
    GbcsValueError,
    GroupedMessage,
    Kind,
    MacWrapped,
    MessageCode,
    build_read_firmware_command,
    build_read_firmware_response,
    check_read_firmware_command,
    decode,
    read_firmware_response,
)
from dsp_conformance.gbcs.read_firmware import response_content

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64


class HasKeys(Protocol):
    @property
    def user_agreement(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def device_agreement(self) -> ec.EllipticCurvePrivateKey: ...


class HasSamples(Protocol):
    @property
    def mac_wrapped(self) -> tuple[bytes, ...]: ...
    @property
    def signed_by_device(self) -> tuple[bytes, ...]: ...


# where wire.md's content begins in a message with neither date-time nor supplementary fields
CONTENT = 8 + 5 + 34
COUNTER = 0x123456789A
READS = st.one_of(
    st.builds(FirmwareRead.success, st.builds(FirmwareVersion, st.binary(min_size=4, max_size=4))),
    st.builds(FirmwareRead.failed, st.integers(1, 255)),
)
quick = settings(max_examples=100, deadline=None, derandomize=True)


def response(user: Eui64, device: Eui64, code: MessageCode, content: str) -> MacWrapped:
    message = GroupedMessage(Kind.RESPONSE, COUNTER, device, user, code, content=bytes.fromhex(content))
    wrapped = decode(MacWrapped(message, bytes(12)).encode())
    assert isinstance(wrapped, MacWrapped)
    return wrapped


@quick
@given(result=READS, counter=st.integers(0, 2**64 - 1), sequence=st.integers(0, 255))
@pytest.mark.parametrize("code", sorted(READ_FIRMWARE_CODES))
def test_an_answer_comes_back_as_it_was_given(
    *,
    code: MessageCode,
    result: FirmwareRead,
    counter: int,
    sequence: int,
    keys: HasKeys,
    user: Eui64,
    device: Eui64,
) -> None:
    if code is MessageCode.CS08 and result.failure is not None:
        result = FirmwareRead.failed(1)
    octets = build_read_firmware_response(
        code,
        device=device,
        recipient=user,
        counter=counter,
        result=replace(result, sequence=sequence),
        own_key=keys.device_agreement,
        peer_key=keys.user_agreement.public_key(),
    )
    read = read_firmware_response(decode(octets))
    assert read == result
    assert read.sequence == (sequence if code is MessageCode.GCS38 else 0)


@quick
@given(counter=st.integers(0, 2**64 - 1))
@pytest.mark.parametrize("code", sorted(READ_FIRMWARE_CODES))
def test_a_command_is_known_as_such(
    code: MessageCode, counter: int, keys: HasKeys, user: Eui64, device: Eui64
) -> None:
    octets = build_read_firmware_command(
        code,
        originator=user,
        device=device,
        counter=counter,
        own_key=keys.user_agreement,
        peer_key=keys.device_agreement.public_key(),
    )
    message = decode(octets)
    check_read_firmware_command(message)
    with pytest.raises(GbcsDecodeError, match="response of ECS52, GCS38 or CS08"):
        read_firmware_response(message)


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        pytest.param("DB20 56789A 000001 0904 0123ABCD 010100", 0, id="tag"),
        pytest.param("DA40 56789A 000001 0904 0123ABCD 010100", 1, id="flags"),
        pytest.param("DA20 56789B 000001 0904 0123ABCD 010100", 4, id="invoke-id-of-another-counter"),
        pytest.param("DA20 34789A 000001 0904 0123ABCD 010100", 2, id="high-octet-of-the-invoke-id"),
        pytest.param("DA20 56789A 000002 0904 0123ABCD 010100", 7, id="two-items"),
        pytest.param("DA20 56789A 000001 0905 0123ABCD 010100", 9, id="version-length"),
        pytest.param("DA20 56789A 000001 0A04 0123ABCD 010100", 8, id="data-type"),
        pytest.param("DA20 56789A 000001 0904 0123ABCD 010101", 16, id="version-and-failure"),
        pytest.param("DA20 56789A 000001 00 010100", 11, id="neither-version-nor-failure"),
        pytest.param("DA20 56789A 000001 00 0101", 11, id="no-result"),
        pytest.param("DA20 56789A 000001 0904 0123ABCD 01010000", 17, id="trailing"),
        pytest.param("DA20 56789A 000001 00 01010100", 12, id="trailing-after-failure"),
    ],
)
def test_a_malformed_dlms_answer_is_refused_at_its_offset(
    content: str, offset: int, user: Eui64, device: Eui64
) -> None:
    with pytest.raises(GbcsDecodeError) as refused:
        read_firmware_response(response(user, device, MessageCode.ECS52, content))
    assert refused.value.offset == CONTENT + offset


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        pytest.param("0108 01 01 0702 000C 08 00 01 0602 00 4104 0123ABCD", 1, id="profile"),
        pytest.param("0109 02 01 0702 000C 08 00 01 0602 00 4104 0123ABCD", 2, id="components"),
        pytest.param("0109 01 01 0701 000C 08 00 01 0602 00 4104 0123ABCD", 5, id="cluster"),
        pytest.param("0109 01 01 0702 000B 08 00 01 0602 00 4104 0123ABCD", 6, id="length"),
        pytest.param("0109 01 01 0702 0006 08 00 01 0602 00 4104 0123ABCD", 13, id="failure-of-success"),
        pytest.param("0109 01 01 0702 000C 08 00 01 0602 C0", 13, id="success-of-failure"),
        pytest.param("0109 01 01 0702 000C 18 00 01 0602 00 4104 0123ABCD", 8, id="frame-control"),
        pytest.param("0109 01 01 0702 000C 08 00 02 0602 00 4104 0123ABCD", 10, id="command"),
        pytest.param("0109 01 01 0702 000C 08 00 01 0603 00 4104 0123ABCD", 12, id="attribute"),
        pytest.param("0109 01 01 0702 000C 08 00 01 0602 00 4204 0123ABCD", 14, id="data-type"),
        pytest.param("0109 01 01 0702 000C 08 00 01 0602 00 4103 0123ABCD", 15, id="version-length"),
        pytest.param("0109 01 01 0702 000C 08 00 01 0602 00 4104 0123ABCD 00", 20, id="trailing"),
        pytest.param("0109 01 01 0702 0006 08 00 01 0602 C0 00", 14, id="trailing-after-failure"),
    ],
)
def test_a_malformed_zigbee_answer_is_refused_at_its_offset(
    content: str, offset: int, user: Eui64, device: Eui64
) -> None:
    with pytest.raises(GbcsDecodeError) as refused:
        read_firmware_response(response(user, device, MessageCode.GCS38, content))
    assert refused.value.offset == CONTENT + offset


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        pytest.param("0500", 0, id="tag"),
        pytest.param("300A 0404 0123ABCD 020100", 11, id="sequence-too-long"),
        pytest.param("3008 0404 0123ABCD 020100", 10, id="sequence-too-short"),
        pytest.param("308109 0404 0123ABCD 020100", 1, id="sequence-length-not-shortest"),
        pytest.param("3009 0403 0123ABCD 020100", 3, id="version-length"),
        pytest.param("3009 0204 0123ABCD 020100", 2, id="version-type"),
        pytest.param("3009 0404 0123ABCD 0A0100", 8, id="result-type"),
        pytest.param("3009 0404 00000000 020102", 9, id="result-beyond-failure"),
        pytest.param("3009 0404 00000000 0201FF", 9, id="negative-result"),
        pytest.param("300A 0404 00000000 02020001", 9, id="result-not-shortest"),
        pytest.param("3008 0404 00000000 0200", 9, id="empty-result"),
        pytest.param("3009 0404 0123ABCD 020101", 2, id="version-and-failure"),
        pytest.param("300B 0404 0123ABCD 020100 0500", 11, id="trailing-inside"),
        pytest.param("3009 0404 0123ABCD 020100 00", 11, id="trailing"),
    ],
)
def test_a_malformed_der_answer_is_refused_at_its_offset(
    content: str, offset: int, user: Eui64, device: Eui64
) -> None:
    with pytest.raises(GbcsDecodeError) as refused:
        read_firmware_response(response(user, device, MessageCode.CS08, content))
    assert refused.value.offset == CONTENT + offset


def test_a_command_with_anything_else_in_it_is_refused_at_its_offset(samples: HasSamples) -> None:
    for octets in samples.mac_wrapped[:6]:
        message = decode(octets)
        assert isinstance(message, MacWrapped)
        content = message.message.content
        for position in range(len(content)):
            changed = bytearray(content)
            changed[position] ^= 1
            broken = replace(message, message=replace(message.message, content=bytes(changed)))
            with pytest.raises(GbcsDecodeError) as refused:
                check_read_firmware_command(broken)
            assert refused.value.offset == message.content_offset + position
        longer = replace(message, message=replace(message.message, content=content + b"\0"))
        with pytest.raises(GbcsDecodeError) as refused:
            check_read_firmware_command(longer)
        assert refused.value.offset == message.content_offset + len(content)


def test_no_command_of_another_use_case_is_made(keys: HasKeys, user: Eui64, device: Eui64) -> None:
    with pytest.raises(GbcsValueError, match="ECS52, GCS38 or CS08, not CS06"):
        build_read_firmware_command(
            MessageCode.CS06,
            originator=user,
            device=device,
            counter=COUNTER,
            own_key=keys.user_agreement,
            peer_key=keys.device_agreement.public_key(),
        )


def test_messages_of_another_kind_or_use_case_are_refused(samples: HasSamples) -> None:
    answer, others = decode(samples.mac_wrapped[-1]), samples.signed_by_device
    with pytest.raises(GbcsDecodeError, match="at octet 0 expected a command of ECS52, GCS38 or CS08"):
        check_read_firmware_command(answer)
    for octets in others:
        with pytest.raises(GbcsDecodeError, match="a response of ECS52, GCS38 or CS08, found"):
            read_firmware_response(decode(octets))


def test_the_zigbee_sequence_number_is_no_part_of_what_was_read() -> None:
    version = FirmwareVersion.parse("0123ABCD")
    assert FirmwareRead(version=version, sequence=7) == FirmwareRead.success(version)
    assert FirmwareRead.failed(0xC0) != FirmwareRead.failed(0xC1)


def test_impossible_answers_cannot_be_made(keys: HasKeys, user: Eui64, device: Eui64) -> None:
    version = FirmwareVersion.parse("0123ABCD")
    for build in (
        FirmwareRead,
        lambda: FirmwareRead(version=version, failure=1),
        lambda: FirmwareRead.failed(0),
        lambda: FirmwareRead.failed(256),
        lambda: FirmwareRead(version=version, sequence=256),
        lambda: response_content(MessageCode.CS08, 1, FirmwareRead.failed(2)),
    ):
        with pytest.raises(GbcsValueError):
            build()
    with pytest.raises(GbcsValueError, match="ECS52, GCS38 or CS08, not CS06"):
        build_read_firmware_response(
            MessageCode.CS06,
            device=device,
            recipient=user,
            counter=1,
            result=FirmwareRead.success(version),
            own_key=keys.device_agreement,
            peer_key=keys.user_agreement.public_key(),
        )
