"""The message codes of GBCS: the two octets of a message that name its use case."""

from __future__ import annotations

from enum import IntEnum

from dsp_conformance.gbcs.errors import GbcsValueError

__all__ = ["MESSAGE_CODE_LENGTH", "MessageCode", "known_code", "name_of_code"]

MESSAGE_CODE_LENGTH = 2


class MessageCode(IntEnum):
    """Message codes by the name of their use case (wire.md, "GBCS payloads of SR11.2 and SR11.3").

    The names of use cases are those of the catalogue, so that `MessageCode["ECS52"]` finds the code. Messages
    of every other service request carry codes that are not among them.
    """

    CS06 = 0x0012
    """SR11.3, command and response."""
    ECS52 = 0x0059
    """SR11.2 of an ESME and of a Communications Hub."""
    GCS38 = 0x0084
    """SR11.2 of a GSME."""
    ACTIVATION_ALERT = 0x00CA
    """SR11.3 future-dated: what became of it."""
    CS08 = 0x0129
    """SR11.2 of a PPMID and of an HCALCS."""


def known_code(code: int) -> int:
    """The code as a `MessageCode` where it is one, else as it is.

    Raises:
        GbcsValueError: if it is not 0 to 0xFFFF.
    """
    if not 0 <= code < 1 << (8 * MESSAGE_CODE_LENGTH):
        raise GbcsValueError("message code", "0 to 0xFFFF", f"{code:#x}")
    try:
        return MessageCode(code)
    except ValueError:
        return code


def name_of_code(code: int) -> str:
    """The name of a code's use case, such as `CS06`, or the code itself, such as `0x1234`."""
    code = known_code(code)
    return code.name if isinstance(code, MessageCode) else f"0x{code:04X}"
