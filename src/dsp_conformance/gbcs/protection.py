"""MAC and signature of GBCS messages, made and checked with P-256 keys (wire.md, "MAC" and "Signature")."""

from __future__ import annotations

from dataclasses import replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from dsp_conformance.gbcs.errors import GbcsValueError
from dsp_conformance.gbcs.message import MAC_LENGTH, GroupedMessage, MacWrapped

__all__ = ["mac_of", "sign", "verify_mac", "verify_signature", "wrap"]

_HALF = 32
_KEY_LENGTH = 16
_ALGORITHM_ID = bytes.fromhex("60857406080300")
_AAD_HEADER = b"\x11" + bytes(5)
_IV_TAIL = bytes(4)
_ECDSA = ec.ECDSA(hashes.SHA256())


def mac_of(
    message: GroupedMessage, own_key: ec.EllipticCurvePrivateKey, peer_key: ec.EllipticCurvePublicKey
) -> bytes:
    """The MAC of a message, the same from either end.

    Args:
        message: what it protects, the signature included.
        own_key: the key agreement key of one end.
        peer_key: the key agreement key of the other.

    Returns:
        12 octets.

    Raises:
        GbcsValueError: if a key is not on P-256.
    """
    _check_curve(own_key)
    _check_curve(peer_key)
    counter = message.counter.to_bytes(8)
    other_info = b"".join(
        (
            _ALGORITHM_ID,
            message.originator.octets,
            b"\x09" + bytes((message.kind,)) + counter,
            message.recipient.octets,
        )
    )
    secret = own_key.exchange(ec.ECDH(), peer_key)
    key = ConcatKDFHash(hashes.SHA256(), _KEY_LENGTH, other_info).derive(secret)
    tag = AESGCM(key).encrypt(message.originator.octets + _IV_TAIL, b"", _AAD_HEADER + message.encode())
    return tag[:MAC_LENGTH]


def wrap(
    message: GroupedMessage, own_key: ec.EllipticCurvePrivateKey, peer_key: ec.EllipticCurvePublicKey
) -> MacWrapped:
    """The message in a wrapper with its MAC; parameters and errors as in `mac_of`."""
    return MacWrapped(message, mac_of(message, own_key, peer_key))


def verify_mac(
    wrapped: MacWrapped, own_key: ec.EllipticCurvePrivateKey, peer_key: ec.EllipticCurvePublicKey
) -> bool:
    """Whether the MAC is that of the message; parameters and errors as in `mac_of`."""
    return constant_time.bytes_eq(mac_of(wrapped.message, own_key, peer_key), wrapped.mac)


def sign(message: GroupedMessage, key: ec.EllipticCurvePrivateKey) -> GroupedMessage:
    """The message with the originator's signature, in place of any that it had.

    Raises:
        GbcsValueError: if the key is not on P-256.
    """
    _check_curve(key)
    r, s = utils.decode_dss_signature(key.sign(message.signed_part(), _ECDSA))
    return replace(message, signature=r.to_bytes(_HALF) + s.to_bytes(_HALF))


def verify_signature(message: GroupedMessage, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether the message has a signature and it is the key's; an unsigned message is not.

    Raises:
        GbcsValueError: if the key is not on P-256.
    """
    _check_curve(key)
    if not message.signature:
        return False
    r, s = (int.from_bytes(half) for half in (message.signature[:_HALF], message.signature[_HALF:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), message.signed_part(), _ECDSA)
    except InvalidSignature:
        return False
    return True


def _check_curve(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> None:
    if not isinstance(key.curve, ec.SECP256R1):
        raise GbcsValueError("key", "on P-256 (secp256r1)", f"on {key.curve.name}")
