"""GBCS messages for service requests whose content nobody looks into: well-formed, in the right use case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import DeviceType

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.duis.identifiers import RequestID

__all__ = [
    "code_for",
    "generic_command",
    "generic_pre_command",
    "generic_response",
    "generic_signed_command",
]

_NO_USE_CASE: Final = 0x0000
_KINDS: Final = {DeviceType.ESME: ("ECS", "CS"), DeviceType.GSME: ("GCS", "CS")}
_ANY_KIND: Final = ("CS", "PCS", "CCS")

_DONE: Final = b"\x02\x01\x00"
_FAILED: Final = b"\x02\x01\x01"


def code_for(variant: str, device_type: DeviceType | None) -> int:
    """Return the message code of a request's use case for a type of Device; 0 where none is published."""
    kinds = _ANY_KIND if device_type is None else _KINDS.get(device_type, _ANY_KIND)
    found = gbcs.code_of(variant, kinds)
    return _NO_USE_CASE if found is None else found


def generic_pre_command(request_id: RequestID, message_code: int) -> bytes:
    """Return the Pre-Command of any critical request."""
    return _command(request_id, message_code, signature=None).encode()


def generic_command(
    request_id: RequestID,
    message_code: int,
    own_key: ec.EllipticCurvePrivateKey,
    device_key: ec.EllipticCurvePublicKey,
) -> bytes:
    """Return the command of any non-critical request, with the access control broker's MAC."""
    return gbcs.wrap(_command(request_id, message_code, signature=b""), own_key, device_key).encode()


def generic_signed_command(
    request_id: RequestID,
    message_code: int,
    signature: bytes,
    own_key: ec.EllipticCurvePrivateKey,
    device_key: ec.EllipticCurvePublicKey,
) -> bytes:
    """Return the command of any critical request: the signed Pre-Command with the broker's MAC."""
    return gbcs.wrap(_command(request_id, message_code, signature=signature), own_key, device_key).encode()


def generic_response(
    request_id: RequestID,
    message_code: int,
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
        message_code=message_code,
        content=_DONE if succeeded else _FAILED,
    )
    return gbcs.wrap(message, own_key, recipient_key).encode()


def _command(request_id: RequestID, message_code: int, signature: bytes | None) -> gbcs.GroupedMessage:
    return gbcs.GroupedMessage(
        kind=gbcs.Kind.COMMAND,
        counter=request_id.counter,
        originator=request_id.originator,
        recipient=request_id.target,
        message_code=message_code,
        content=b"",
        signature=signature,
    )
