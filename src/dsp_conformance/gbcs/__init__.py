"""GBCS messages: what Devices are told and what they answer (wire.md, "GBCS payloads").

Header and protection are read of every message, the content of those of SR11.2 and SR11.3.

Read what came back for a request, with `octets` the decoded `GBCSPayload` of a DUIS Response:

    message = gbcs.decode(octets)                   # MacWrapped or GroupedMessage
    gbcs.request_counter_of(message)                # the counter of the DUIS request
    gbcs.read_firmware_response(message).version    # SR11.2
    gbcs.activation_response(message)               # SR11.3: Activation or ActivationAccepted
    gbcs.activation_alert(message)                  # SR11.3, future-dated

Whatever the octets, `decode` and the readers raise GbcsDecodeError only. They look at the form; MAC and
signature are checked by `verify_mac` and `verify_signature`.
"""

from __future__ import annotations

from dsp_conformance.gbcs.activation import (
    Activation,
    ActivationAccepted,
    ActivationAlert,
    ActivationCode,
    AlertCode,
    activation_alert,
    activation_response,
    build_activation_alert,
    build_activation_response,
)
from dsp_conformance.gbcs.correlation import request_counter_of
from dsp_conformance.gbcs.errors import GbcsDecodeError, GbcsValueError
from dsp_conformance.gbcs.firmware_version import (
    FirmwareMatch,
    FirmwareVersion,
    InvalidFirmwareVersion,
    compare_firmware,
)
from dsp_conformance.gbcs.message import (
    GroupedMessage,
    Kind,
    MacWrapped,
    Message,
    Supplementary,
    decode,
    grouped,
)
from dsp_conformance.gbcs.message_code import MessageCode, name_of_code
from dsp_conformance.gbcs.pre_command import (
    CANCELLATION,
    ActivateFirmware,
    activate_firmware,
    build_activation_command,
    build_pre_command,
    sign_pre_command,
)
from dsp_conformance.gbcs.protection import mac_of, sign, verify_mac, verify_signature, wrap
from dsp_conformance.gbcs.read_firmware import (
    READ_FIRMWARE_CODES,
    FirmwareRead,
    build_read_firmware_command,
    build_read_firmware_response,
    check_read_firmware_command,
    read_firmware_response,
)
from dsp_conformance.gbcs.use_cases import UseCase, code_of, codes_of, use_cases_of

__all__ = [
    "CANCELLATION",
    "READ_FIRMWARE_CODES",
    "ActivateFirmware",
    "Activation",
    "ActivationAccepted",
    "ActivationAlert",
    "ActivationCode",
    "AlertCode",
    "FirmwareMatch",
    "FirmwareRead",
    "FirmwareVersion",
    "GbcsDecodeError",
    "GbcsValueError",
    "GroupedMessage",
    "InvalidFirmwareVersion",
    "Kind",
    "MacWrapped",
    "Message",
    "MessageCode",
    "Supplementary",
    "UseCase",
    "activate_firmware",
    "activation_alert",
    "activation_response",
    "build_activation_alert",
    "build_activation_command",
    "build_activation_response",
    "build_pre_command",
    "build_read_firmware_command",
    "build_read_firmware_response",
    "check_read_firmware_command",
    "code_of",
    "codes_of",
    "compare_firmware",
    "decode",
    "grouped",
    "mac_of",
    "name_of_code",
    "read_firmware_response",
    "request_counter_of",
    "sign",
    "sign_pre_command",
    "use_cases_of",
    "verify_mac",
    "verify_signature",
    "wrap",
]
