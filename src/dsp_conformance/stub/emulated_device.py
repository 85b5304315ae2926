"""An emulated Device: it runs firmware, keeps an image, answers commands, and can be put at fault."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Final

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import DeviceType
from dsp_conformance.stub.generic_messages import code_for, generic_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.smki.pki import DeviceCredentials

__all__ = [
    "Command",
    "EmulatedDevice",
    "Fault",
    "HeldResponse",
    "LoggedCommand",
    "NotForThisDevice",
    "Outcome",
    "running_version",
]

READ_FIRMWARE_CODE: Final = {
    DeviceType.ESME: gbcs.MessageCode.ECS52,
    DeviceType.GSME: gbcs.MessageCode.GCS38,
}
"""The use case of SR11.2 by device type (wire.md, "GBCS payloads of SR11.2 and SR11.3")."""

_READ_FAILURE: Final = {gbcs.MessageCode.ECS52: 0x01, gbcs.MessageCode.GCS38: 0xC0}
_LOG_LENGTH: Final = 200
_VERSION_DIGITS: Final = 8


@unique
class Fault(StrEnum):
    """What can be arranged to go wrong with a command (Testbed Control API, `Fault`)."""

    RESPONSE_LOST = "response-lost"
    DEVICE_ERROR = "device-error"
    UNREACHABLE = "unreachable"
    DUPLICATE_RESPONSE = "duplicate-response"
    RESPONSE_HELD = "response-held"


_COPIES: Final = {Fault.RESPONSE_LOST: 0, Fault.RESPONSE_HELD: 0, Fault.DUPLICATE_RESPONSE: 2}
"""How often a response reaches the DSP at once; once where nothing is said."""


@dataclass(frozen=True, slots=True)
class Command:
    """What the DSP sends to a Device over the WAN.

    Attributes:
        request_id: the Service Request it was made from.
        variant: the Service Reference Variant of that request.
        recipient_key: the key agreement key of whoever the response is for.
        activation: what SR11.3 asks for; None for any other request.
    """

    request_id: RequestID
    variant: str
    recipient_key: ec.EllipticCurvePublicKey
    activation: gbcs.ActivateFirmware | None = None


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """A command that reached the Device.

    Attributes:
        request_id: the Service Request it was made from.
        variant: the Service Reference Variant of that request.
        received_at: when, in UTC.
    """

    request_id: RequestID
    variant: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending a command.

    Attributes:
        reached: whether the command reached the Device.
        responses: what came back: nothing, one response, or the same one twice.
        alert_due: when to ask `EmulatedDevice.carry_out_pending` for the alert of a future-dated activation.
    """

    reached: bool
    responses: tuple[bytes, ...] = ()
    alert_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldResponse:
    """A response that is held back on its way to the DSP.

    Attributes:
        command: the command that it answers.
        octets: the Device's message.
    """

    command: Command
    octets: bytes


class NotForThisDevice(ValueError):  # noqa: N818 - reads as what it is
    """A command does not have the MAC that the Device makes of it itself."""

    def __str__(self) -> str:
        return "expected a command with the access control broker's MAC for this Device, found another MAC"


@dataclass(frozen=True, slots=True)
class _Image:
    sha256: bytes
    version: gbcs.FirmwareVersion


@dataclass(slots=True)
class _ArrangedFault:
    variant: str
    fault: Fault
    left: int


@dataclass(frozen=True, slots=True)
class _PendingActivation:
    command: Command
    activation: gbcs.ActivateFirmware
    fault: Fault | None


def running_version(text: str) -> gbcs.FirmwareVersion | None:
    """Return the version that a Device reports where the CPL or the SMI writes this text.

    Short forms are filled up with zeros.

    Returns:
        None if the text is no version that a Device could report.
    """
    try:
        return gbcs.FirmwareVersion.parse(text.zfill(_VERSION_DIGITS))
    except ValueError:
        return None


class EmulatedDevice:
    """One Device; safe for threads, and a command at a time.

    Args:
        device_type: such as ESME.
        credentials: the Device's own keys.
        running: the firmware it runs.
        now: tells the time, in UTC.
        read_response: makes the Device's answers to SR11.2.
    """

    def __init__(
        self,
        device_type: DeviceType,
        credentials: DeviceCredentials,
        running: gbcs.FirmwareVersion,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        read_response: Callable[..., bytes] = gbcs.build_read_firmware_response,
    ) -> None:
        self._type = device_type
        self._credentials = credentials
        self._now = now
        self._read_response = read_response
        self._lock = threading.Lock()
        self._running = running
        self._reachable = True
        self._image: _Image | None = None
        self._pending: _PendingActivation | None = None
        self._faults: list[_ArrangedFault] = []
        self._held: list[HeldResponse] = []
        self._log: deque[LoggedCommand] = deque(maxlen=_LOG_LENGTH)
        self._alert_counters = itertools.count(1)

    @property
    def credentials(self) -> DeviceCredentials:
        """The Device's own keys and certificates."""
        return self._credentials

    @property
    def running(self) -> gbcs.FirmwareVersion:
        """The firmware the Device runs."""
        return self._running

    @property
    def key_agreement_key(self) -> ec.EllipticCurvePublicKey:
        """The public key for MACs of commands to the Device."""
        return self._credentials.key_agreement.private_key.public_key()

    def run_firmware(self, version: gbcs.FirmwareVersion) -> None:
        """Make the Device run other firmware, without anybody having been told."""
        with self._lock:
            self._running = version

    def set_reachable(self, *, reachable: bool) -> None:
        """Let commands reach the Device, or none."""
        with self._lock:
            self._reachable = reachable

    def arrange(self, fault: Fault, variant: str, count: int) -> None:
        """Arrange a fault for the next commands of one service request, after those arranged before."""
        with self._lock:
            self._faults.append(_ArrangedFault(variant, fault, count))

    def hold_image(self, sha256: bytes, version: gbcs.FirmwareVersion) -> None:
        """Keep the image that SR11.1 sends, in place of any other; an unreachable Device does not get it.

        Args:
            sha256: the hash of the image; the image itself is of no further use.
            version: what the Device runs once the image is activated.
        """
        with self._lock:
            if self._reachable:
                self._image = _Image(sha256, version)

    def commands(self) -> tuple[LoggedCommand, ...]:
        """Return the latest commands that reached the Device, oldest first."""
        with self._lock:
            return tuple(self._log)

    def carry_out(self, command: Command) -> Outcome:
        """Take a command and answer it, with whatever fault is arranged for it."""
        with self._lock:
            if not self._reachable:
                return Outcome(reached=False)
            fault = self._use_fault(command.variant)
            if fault is Fault.UNREACHABLE:
                return Outcome(reached=False)
            self._log.append(LoggedCommand(command.request_id, command.variant, self._now()))
            response, alert_due = self._respond(command, fault)
            if fault is Fault.RESPONSE_HELD:
                self._held.append(HeldResponse(command, response))
        copies = _COPIES.get(fault, 1) if fault else 1
        return Outcome(reached=True, responses=(response,) * copies, alert_due=alert_due)

    def release(self) -> tuple[HeldResponse, ...]:
        """Let the responses go that are held back, oldest first."""
        with self._lock:
            held, self._held = tuple(self._held), []
        return held

    @property
    def pending(self) -> Command | None:
        """The command of SR11.3 that the Device is going to carry out later."""
        with self._lock:
            return None if self._pending is None else self._pending.command

    def answer_locally(
        self,
        command: gbcs.MacWrapped,
        broker_key: ec.EllipticCurvePublicKey,
        recipient_key: ec.EllipticCurvePublicKey,
    ) -> bytes:
        """Answer the command of SR11.2 that somebody brings over the HAN; the WAN has no part in it.

        Args:
            command: as the DSP returned it for local delivery.
            broker_key: the access control broker's, whose MAC it has to have.
            recipient_key: the key agreement key of whoever the answer is for.

        Raises:
            GbcsDecodeError: it is another command.
            NotForThisDevice: it is for another Device, or its MAC is not the broker's.
        """
        gbcs.check_read_firmware_command(command)
        asked = command.message
        own_key = self._credentials.key_agreement.private_key
        if not gbcs.verify_mac(command, own_key, broker_key):
            raise NotForThisDevice
        return self._read_response(
            gbcs.MessageCode(asked.message_code),
            device=asked.recipient,
            recipient=asked.originator,
            counter=asked.counter,
            result=gbcs.FirmwareRead.success(self._running),
            own_key=own_key,
            peer_key=recipient_key,
            supplementary=asked.supplementary,
        )

    def carry_out_pending(self, request_id: RequestID) -> bytes | None:
        """Carry out the future-dated activation of that request, whose time has come.

        Returns:
            The alert; None if the activation was cancelled or replaced, or if the alert does not reach the
            DSP.
        """
        with self._lock:
            pending = self._pending
            if pending is None or pending.command.request_id != request_id:
                return None
            self._pending = None
            outcome = self._activate(pending.activation, pending.fault)
            alert = self._alert(pending, outcome)
            lost = pending.fault is Fault.RESPONSE_LOST or not self._reachable
        return None if lost else alert

    def _use_fault(self, variant: str) -> Fault | None:
        arranged = next((each for each in self._faults if each.variant == variant), None)
        if arranged is None:
            return None
        arranged.left -= 1
        if not arranged.left:
            self._faults.remove(arranged)
        return arranged.fault

    def _respond(self, command: Command, fault: Fault | None) -> tuple[bytes, datetime | None]:
        if command.activation is not None:
            return self._respond_to_activation(command, command.activation, fault)
        use_case = READ_FIRMWARE_CODE.get(self._type) if command.variant == "11.2" else None
        if use_case is not None:
            return self._respond_to_read(command, use_case, fault), None
        response = generic_response(
            command.request_id,
            code_for(command.variant, self._type),
            self._credentials.key_agreement.private_key,
            command.recipient_key,
            succeeded=fault is not Fault.DEVICE_ERROR,
        )
        return response, None

    def _respond_to_read(self, command: Command, use_case: gbcs.MessageCode, fault: Fault | None) -> bytes:
        if fault is Fault.DEVICE_ERROR:
            result = gbcs.FirmwareRead.failed(_READ_FAILURE[use_case])
        else:
            result = gbcs.FirmwareRead.success(self._running)
        return self._read_response(
            use_case,
            device=command.request_id.target,
            recipient=command.request_id.originator,
            counter=command.request_id.counter,
            result=result,
            own_key=self._credentials.key_agreement.private_key,
            peer_key=command.recipient_key,
        )

    def _respond_to_activation(
        self, command: Command, activation: gbcs.ActivateFirmware, fault: Fault | None
    ) -> tuple[bytes, datetime | None]:
        """Activate at once, or take a later activation in and promise an alert, or cancel one."""
        outcome: gbcs.Activation | gbcs.ActivationAccepted
        accepted_at = None
        if activation.execution_time is None:
            outcome = self._activate(activation, fault)
        else:
            outcome = gbcs.ActivationAccepted()
            accepted_at = self._now()
            self._pending = (
                None if activation.is_cancellation else _PendingActivation(command, activation, fault)
            )
        response = gbcs.build_activation_response(
            device=command.request_id.target,
            recipient=command.request_id.originator,
            counter=command.request_id.counter,
            outcome=outcome,
            signing_key=self._credentials.signing.private_key,
            at=accepted_at,
        )
        return response, None if activation.is_cancellation else activation.execution_time

    def _activate(self, activation: gbcs.ActivateFirmware, fault: Fault | None) -> gbcs.Activation:
        """Run the image held if it is the one asked for, which uses it up; in any case say what runs."""
        if fault is Fault.DEVICE_ERROR:
            return gbcs.Activation(gbcs.ActivationCode.ACTIVATION_FAILURE, self._running)
        if self._image is None:
            return gbcs.Activation(gbcs.ActivationCode.NO_IMAGE_HELD, self._running)
        if self._image.sha256 != activation.firmware_hash:
            return gbcs.Activation(gbcs.ActivationCode.HASH_MISMATCH, self._running)
        self._running, self._image = self._image.version, None
        return gbcs.Activation(gbcs.ActivationCode.SUCCESS, self._running)

    def _alert(self, pending: _PendingActivation, outcome: gbcs.Activation) -> bytes:
        done = outcome.code is gbcs.ActivationCode.SUCCESS
        alert = gbcs.ActivationAlert(
            alert_code=gbcs.AlertCode.ACTIVATED if done else gbcs.AlertCode.FAILED,
            at=self._now().replace(microsecond=0),
            command_counter=pending.command.request_id.counter,
            code=outcome.code,
            version=outcome.version,
        )
        return gbcs.build_activation_alert(
            device=pending.command.request_id.target,
            recipient=pending.command.request_id.originator,
            counter=next(self._alert_counters),
            alert=alert,
            signing_key=self._credentials.signing.private_key,
        )
