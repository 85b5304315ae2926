"""GBCS messages for service requests whose payloads nobody looks into: well-formed, empty of meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.duis.identifiers import RequestID

__all__ = ["generic_command", "generic_pre_command", "generic_response", "generic_signed_command"]

_NO_USE_CASE: Final = 0x0000
"""A message code of no use case, so that nobody takes such a message for a response of SR11.2 or SR11.3."""

_DONE: Final = b"\x02\x01\x00"
_FAILED: Final = b"\x02\x01\x01"


def generic_pre_command(request_id: RequestID) -> bytes:
    """Return the Pre-Command of any critical request."""
    return _command(request_id, signature=None).encode()


def generic_command(
    request_id: RequestID, own_key: ec.EllipticCurvePrivateKey, device_key: ec.EllipticCurvePublicKey
) -> bytes:
    """Return the command of any non-critical request, with the access control broker's MAC."""
    return gbcs.wrap(_command(request_id, signature=b""), own_key, device_key).encode()


def generic_signed_command(
    request_id: RequestID,
    signature: bytes,
    own_key: ec.EllipticCurvePrivateKey,
    device_key: ec.EllipticCurvePublicKey,
) -> bytes:
    """Return the command of any critical request: the signed Pre-Command with the broker's MAC."""
    return gbcs.wrap(_command(request_id, signature=signature), own_key, device_key).encode()


def generic_response(
    request_id: RequestID,
    own_key: ec.EllipticCurvePrivateKey,
    recipient_key: ec.EllipticCurvePublicKey,
    *,
    succeeded: bool,
) -> bytes:
    """Return a Device's answer to any request, with a MAC: 0 for done, 1 for a device-level error."""
    message = gbcs.GroupedMessage(
        kind=gbcs.Kind.RESPONSE,
        counter=request_id.counter,
        originator=request_id.target,
        recipient=request_id.originator,
        message_code=_NO_USE_CASE,
        content=_DONE if succeeded else _FAILED,
    )
    return gbcs.wrap(message, own_key, recipient_key).encode()


def _command(request_id: RequestID, signature: bytes | None) -> gbcs.GroupedMessage:
    return gbcs.GroupedMessage(
        kind=gbcs.Kind.COMMAND,
        counter=request_id.counter,
        originator=request_id.originator,
        recipient=request_id.target,
        message_code=_NO_USE_CASE,
        content=b"",
        signature=signature,
    )
