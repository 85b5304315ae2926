"""MAC and signature, against an independent reading of wire.md's formulas and against tampering."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Protocol

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

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
    mac_of,
    sign,
    verify_mac,
    verify_signature,
    wrap,
)


class HasKeys(Protocol):
    @property
    def user_signing(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def user_agreement(self) -> ec.EllipticCurvePrivateKey: ...
    @property
    def device_signing(self) -> ec.EllipticCurvePrivateKey: ...
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


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OTHER_EUI = Eui64.parse("01-02-03-04-05-06-07-08")


@pytest.fixture(scope="session")
def message(user: Eui64, device: Eui64) -> GroupedMessage:
    return GroupedMessage(
        kind=Kind.RESPONSE,
        counter=0x0102030405060708,
        originator=device,
        recipient=user,
        message_code=MessageCode.ECS52,
        content=b"\x05\x00",
        date_time=bytes(range(12)),
        supplementary=Supplementary(user, 9),
    )


CHANGES = {
    "kind": {"kind": Kind.COMMAND},
    "counter": {"counter": 0x0102030405060709},
    "originator": {"originator": OTHER_EUI},
    "recipient": {"recipient": OTHER_EUI},
    "message code": {"message_code": MessageCode.GCS38},
    "content": {"content": b"\x05\x01"},
    "longer content": {"content": b"\x05\x00\x00"},
    "date-time": {"date_time": bytes(12)},
    "no date-time": {"date_time": b""},
    "supplementary party": {"supplementary": Supplementary(OTHER_EUI, 9)},
    "supplementary counter": {"supplementary": Supplementary(Eui64.parse("90-B3-D5-1F-30-01-00-00"), 8)},
    "no supplementary": {"supplementary": None},
}


def mac_by_the_book(
    octets: bytes, own: ec.EllipticCurvePrivateKey, peer: ec.EllipticCurvePrivateKey
) -> bytes:
    """wire.md, "MAC", from the octets of a MAC-wrapped message and with nothing of the product's."""
    message = octets[octets.index(b"\x11\x00\x00\x00\x00\xdf") + 5 : -12]
    kind, counter = message[2:3], message[3:11]
    originator, recipient = message[12:20], message[21:29]
    info = bytes.fromhex("60857406080300") + originator + b"\x09" + kind + counter + recipient
    shared_x = own.exchange(ec.ECDH(), peer.public_key())
    key = sha256(b"\x00\x00\x00\x01" + shared_x + info).digest()[:16]
    encryptor = Cipher(AES(key), GCM(originator + bytes(4))).encryptor()
    encryptor.authenticate_additional_data(b"\x11" + bytes(5) + message)
    encryptor.finalize()
    return encryptor.tag[:12]


def test_the_mac_is_the_one_that_wire_mds_formula_gives(keys: HasKeys, samples: HasSamples) -> None:
    for octets in (*samples.mac_wrapped, *samples.commands):
        assert octets[-12:] == mac_by_the_book(octets, keys.device_agreement, keys.user_agreement)


def test_the_signature_covers_everything_after_the_tag_up_to_the_end_of_the_content(
    keys: HasKeys, samples: HasSamples
) -> None:
    signed = [(octets, keys.device_signing) for octets in samples.signed_by_device]
    signed += [(octets, keys.user_signing) for octets in samples.signed_pre_commands]
    for octets, key in signed:
        half = len(octets) - 32
        signature = encode_dss_signature(
            int.from_bytes(octets[half - 32 : half]), int.from_bytes(octets[half:])
        )
        assert octets[-65] == 64
        key.public_key().verify(signature, octets[1:-65], ec.ECDSA(hashes.SHA256()))


def test_either_end_verifies_the_mac_and_a_stranger_does_not(keys: HasKeys, samples: HasSamples) -> None:
    user, device = keys.user_agreement, keys.device_agreement
    stranger = ec.generate_private_key(ec.SECP256R1())
    for octets in (*samples.mac_wrapped, *samples.commands):
        wrapped = decode(octets)
        assert isinstance(wrapped, MacWrapped)
        assert verify_mac(wrapped, user, device.public_key())
        assert verify_mac(wrapped, device, user.public_key())
        assert not verify_mac(wrapped, stranger, device.public_key())
        assert not verify_mac(wrapped, user, stranger.public_key())


def test_only_the_signers_key_verifies_a_signature(keys: HasKeys, samples: HasSamples) -> None:
    for octets in samples.signed_by_device:
        assert verify_signature(grouped(decode(octets)), keys.device_signing.public_key())
        assert not verify_signature(grouped(decode(octets)), keys.user_signing.public_key())
    for octets in (*samples.signed_pre_commands, *samples.commands):
        assert verify_signature(grouped(decode(octets)), keys.user_signing.public_key())
        assert not verify_signature(grouped(decode(octets)), keys.device_signing.public_key())


def test_unsigned_messages_and_pre_commands_have_no_valid_signature(
    keys: HasKeys, samples: HasSamples
) -> None:
    for octets in (*samples.mac_wrapped, *samples.pre_commands):
        assert verify_signature(grouped(decode(octets)), keys.user_signing.public_key()) is False


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_field_breaks_mac_and_signature(
    change: str, message: GroupedMessage, keys: HasKeys
) -> None:
    signed = sign(message, keys.device_signing)
    wrapped = wrap(signed, keys.device_agreement, keys.user_agreement.public_key())
    changed = replace(signed, **CHANGES[change])  # type: ignore[arg-type]

    assert verify_signature(signed, keys.device_signing.public_key())
    assert not verify_signature(changed, keys.device_signing.public_key())
    user, device = keys.user_agreement, keys.device_agreement.public_key()
    assert verify_mac(wrapped, user, device)
    assert not verify_mac(replace(wrapped, message=changed), user, device)


def test_the_mac_covers_the_signature_and_its_absence(message: GroupedMessage, keys: HasKeys) -> None:
    user, device = keys.user_agreement, keys.device_agreement.public_key()
    signed = sign(message, keys.device_signing)
    assert mac_of(signed, user, device) != mac_of(message, user, device)
    assert mac_of(signed, user, device) != mac_of(replace(signed, signature=bytes(64)), user, device)


def test_no_octet_of_a_protected_message_can_be_changed_unnoticed(keys: HasKeys, samples: HasSamples) -> None:
    user, device = keys.user_agreement, keys.device_agreement.public_key()
    signer = keys.device_signing.public_key()
    protected = (*samples.mac_wrapped[:8:3], samples.commands[0], *samples.signed_by_device)
    for octets in protected:
        for position in range(len(octets)):
            tampered = bytearray(octets)
            tampered[position] ^= 1
            try:
                message = decode(bytes(tampered))
            except GbcsDecodeError:
                continue
            accepted = (
                verify_mac(message, user, device)
                if isinstance(message, MacWrapped)
                else verify_signature(message, signer)
            )
            assert not accepted, f"octet {position} of {octets.hex()}"


@pytest.mark.parametrize("r", [0, 1, ORDER - 1, ORDER, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, ORDER, 2**256 - 1])
def test_signature_values_out_of_range_are_wrong_not_an_error(
    r: int, s: int, message: GroupedMessage, keys: HasKeys
) -> None:
    forged = replace(message, signature=r.to_bytes(32) + s.to_bytes(32))
    assert verify_signature(forged, keys.device_signing.public_key()) is False


def test_halves_of_a_signature_are_padded_on_the_left(message: GroupedMessage, keys: HasKeys) -> None:
    short = 0
    while short < 2:
        signed = sign(message, keys.device_signing)
        assert signed.signature is not None
        assert len(signed.signature) == 64
        if 0 in (signed.signature[0], signed.signature[32]):
            short += 1
            assert verify_signature(signed, keys.device_signing.public_key())


def test_signing_again_replaces_the_signature(message: GroupedMessage, keys: HasKeys) -> None:
    signed = sign(sign(message, keys.user_signing), keys.device_signing)
    assert verify_signature(signed, keys.device_signing.public_key())
    assert len(signed.encode()) == len(message.encode()) + 64


def test_a_key_on_another_curve_is_named_as_such(message: GroupedMessage, keys: HasKeys) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(GbcsValueError, match=r"P-256.*secp384r1"):
        sign(message, other)
    with pytest.raises(GbcsValueError, match="secp384r1"):
        verify_signature(message, other.public_key())
    with pytest.raises(GbcsValueError, match="secp384r1"):
        mac_of(message, other, keys.device_agreement.public_key())
    with pytest.raises(GbcsValueError, match="secp384r1"):
        mac_of(message, keys.device_agreement, other.public_key())
