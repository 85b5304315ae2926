"""What the DSP does with an allowed request, by kind and Command Variant (domain.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import CommandVariant, DeviceType, FutureDating, Kind
from dsp_conformance.duis.messages import (
    Inventory,
    InventoryDevice,
    LocalCommand,
    PreCommand,
    UnexpectedShape,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.request_bodies import (
    ActivateFirmware,
    ReadInventory,
    SignedPreCommand,
    UpdateFirmware,
    execution_time_of,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.access_control import IN_SERVICE, SIGNED, Refused
from dsp_conformance.stub.emulated_device import READ_FIRMWARE_CODE, Command, running_version
from dsp_conformance.stub.generic_messages import (
    code_for,
    generic_command,
    generic_pre_command,
    generic_signed_command,
)
from dsp_conformance.stub.pre_commands import IssuedPreCommand
from dsp_conformance.stub.traffic import Order

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.stub.access_control import Case
    from dsp_conformance.stub.emulated_device import EmulatedDevice
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.state import DspState
    from dsp_conformance.stub.users import RegisteredUser

__all__ = ["Acceptance", "Services"]

GBCS_VERSION: Final = "4.3"
"""The version that the schema set is aligned to (wire.md, "GBCS")."""

_SIGNATURE_OCTETS: Final = 64
_UPDATED_BY_SR11_1: Final = frozenset({DeviceType.ESME, DeviceType.GSME})
_WAN: Final = frozenset(
    {
        CommandVariant.NON_CRITICAL_WAN,
        CommandVariant.NON_CRITICAL_BOTH,
        CommandVariant.SIGNED_WAN,
        CommandVariant.SIGNED_BOTH,
    }
)
_LOCAL: Final = frozenset(
    {
        CommandVariant.NON_CRITICAL_LOCAL,
        CommandVariant.NON_CRITICAL_BOTH,
        CommandVariant.SIGNED_LOCAL,
        CommandVariant.SIGNED_BOTH,
    }
)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an accepted request is answered at once, and what is to be sent to a Device afterwards.

    Attributes:
        code: I0, I99, or a code of the service itself.
        content: what the answer carries.
        order: what to send, once the answer is on its way.
    """

    code: ResponseCode
    content: ResponseContent | None = None
    order: Order | None = None


Result: TypeAlias = Acceptance | Refused


class Services:
    """The services, on the state of one DSP. Call `accept` with the state's lock held.

    Args:
        state: what the DSP knows.
        broker_key: the access control broker's key agreement key.
    """

    def __init__(self, state: DspState, broker_key: ec.EllipticCurvePrivateKey) -> None:
        self.state = state
        self._broker_key = broker_key

    def accept(self, case: Case) -> Result:
        """Act on a request that passed every check.

        Returns:
            The answer; or a refusal, of a body that is valid by the schema and cannot be used all the same.
        """
        try:
            if case.entry.kind is Kind.NON_DEVICE:
                return self._answer_without_device(case)
            if case.request.command_variant is CommandVariant.PRE_COMMAND:
                return self._issue_pre_command(case)
            return self._command(case)
        except (UnexpectedShape, gbcs.GbcsValueError, OverflowError) as error:
            return Refused(HTTPStatus.BAD_REQUEST, str(error))

    # Non-device requests

    def _answer_without_device(self, case: Case) -> Acceptance:
        match case.entry.variant:
            case "8.2":
                return self._read_inventory(case)
            case "11.1":
                return self._update_firmware(case)
        return Acceptance(ResponseCode.I99)

    def _read_inventory(self, case: Case) -> Acceptance:
        """SR8.2 by Device ID; of any other choice the stub knows no Device (assumed: E19)."""
        device_id = ReadInventory.from_xml(case.request.body).device_id
        record = None if device_id is None else self.state.inventory.get(device_id)
        if record is None:
            return Acceptance(ResponseCode.E19)
        listed = self.state.cpl.status_of(record.product, record.firmware_version)
        shown = InventoryDevice(
            device_id=record.device_id,
            device_type=record.device_type,
            status=record.status,
            manufacturer=record.product.manufacturer,
            model=record.product.model,
            smets_version=record.smets_version,
            firmware_version=record.firmware_version,
            firmware_version_status=listed,
            cpl_status=listed,
        )
        return Acceptance(ResponseCode.I0, Inventory((shown,)))

    def _update_firmware(self, case: Case) -> Acceptance:
        """SR11.1: I99 if every Device takes the image, W110101 with lists if some do, E110101 if none does.

        What the codes of SR11.1 mean is assumed. A Device is invalid if it is unknown, of a type that SR11.1
        is not for, or not the User's; not commissioned if its status is none that allows requests, nor
        Suspended (ledger BASE-03). A version that no Device can report applies to none. The CPL is not asked.
        """
        body = UpdateFirmware.from_xml(case.request.body)
        version = running_version(body.firmware_version)
        device_ids = tuple(dict.fromkeys(body.device_ids))
        records = {device_id: self.state.inventory.get(device_id) for device_id in device_ids}
        invalid = tuple(key for key, record in records.items() if not _may_update(case, record))
        not_commissioned = tuple(
            key
            for key, record in records.items()
            if record is not None and key not in invalid and not _takes_images(record)
        )
        taken = tuple(key for key in device_ids if key not in {*invalid, *not_commissioned})
        not_applicable = taken if version is None else ()
        if version is None or not taken:
            return Acceptance(ResponseCode.E110101)
        self._distribute(body.image, version, taken)
        if len(taken) == len(device_ids):
            return Acceptance(ResponseCode.I99)
        warning = UpdateFirmwareWarning(invalid, not_commissioned, not_applicable)
        return Acceptance(ResponseCode.W110101, warning)

    def _distribute(self, image: bytes, version: gbcs.FirmwareVersion, device_ids: tuple[Eui64, ...]) -> None:
        sha256 = hashlib.sha256(image).digest()
        for device_id in device_ids:
            device = self.state.device(device_id)
            if device is not None:
                device.hold_image(sha256, version)

    # Requests to a Device

    def _issue_pre_command(self, case: Case) -> Acceptance:
        request_id = case.request.request_id
        if case.entry.variant == "11.3":
            body = ActivateFirmware.from_xml(case.request.body)
            octets = gbcs.build_pre_command(
                originator=request_id.originator,
                device=request_id.target,
                counter=request_id.counter,
                firmware_hash=body.firmware_hash,
                execution_time=_to_the_second(body.execution_time),
            )
        else:
            octets = generic_pre_command(request_id, _code_for(case))
        self.state.pre_commands.issue(request_id, IssuedPreCommand(case.entry.variant, octets))
        return Acceptance(ResponseCode.I0, PreCommand(GBCS_VERSION, octets))

    def _command(self, case: Case) -> Acceptance:
        """I0 with the command for local delivery, I99 for the WAN, I99 with the command for both."""
        variant = case.request.command_variant
        order = self.order(case) if variant in _WAN else None
        content = LocalCommand(self.local_command(case)) if variant in _LOCAL else None
        if variant in SIGNED:
            self.state.pre_commands.use(case.request.request_id)
        return Acceptance(ResponseCode.I0 if order is None else ResponseCode.I99, content, order)

    def order(self, case: Case) -> Order:
        """Return the command to the Device that a request asks for."""
        due = None
        if case.entry.future_dated in {FutureDating.DSP, FutureDating.DSP_AND_DEVICE}:
            due = _to_the_second(execution_time_of(case.request.body))
        activation = None
        if case.entry.variant == "11.3":
            signed = SignedPreCommand.from_xml(case.request.body).octets
            activation = gbcs.activate_firmware(gbcs.decode(signed))
        command = Command(
            request_id=case.request.request_id,
            variant=case.entry.variant,
            recipient_key=self._recipient_key(case.user),
            activation=activation,
        )
        return Order(command, case.entry.reference, due)

    def bring_locally(self, device: EmulatedDevice, command: gbcs.MacWrapped) -> bytes:
        """Bring a command of SR11.2 to a Device over the HAN and return its answer.

        Raises:
            GbcsDecodeError: it is another command.
            NotForThisDevice: its MAC is not what it should be.
        """
        recipient_key = self._recipient_key(self.state.users.get(command.message.originator))
        return device.answer_locally(command, self._broker_key.public_key(), recipient_key)

    def _recipient_key(self, user: RegisteredUser | None) -> ec.EllipticCurvePublicKey:
        """Without the User's own key a response is protected for the access control broker."""
        return (user and user.gbcs_key_agreement_key) or self._broker_key.public_key()

    def local_command(self, case: Case) -> bytes:
        """The command for local delivery, with the access control broker's MAC."""
        request_id = case.request.request_id
        device = self.state.device(request_id.target)
        assert device is not None, "access control found the Device"
        device_key = device.key_agreement_key
        use_case = None if case.device is None else READ_FIRMWARE_CODE.get(case.device.device_type)
        if case.request.command_variant in SIGNED:
            signed = SignedPreCommand.from_xml(case.request.body).octets
            if case.entry.variant == "11.3":
                return gbcs.build_activation_command(signed, self._broker_key, device_key)
            signature = signed[-_SIGNATURE_OCTETS:]
            return generic_signed_command(
                request_id, _code_for(case), signature, self._broker_key, device_key
            )
        if case.entry.variant == "11.2" and use_case is not None:
            return gbcs.build_read_firmware_command(
                use_case,
                originator=request_id.originator,
                device=request_id.target,
                counter=request_id.counter,
                own_key=self._broker_key,
                peer_key=device_key,
            )
        return generic_command(request_id, _code_for(case), self._broker_key, device_key)


def _code_for(case: Case) -> int:
    return code_for(case.entry.variant, None if case.device is None else case.device.device_type)


def _may_update(case: Case, record: DeviceRecord | None) -> bool:
    return (
        record is not None
        and record.device_type in _UPDATED_BY_SR11_1
        and case.user is not None
        and record.entitles(case.user.user_id)
    )


def _takes_images(record: DeviceRecord) -> bool:
    return record.is_suspended or record.status in IN_SERVICE


def _to_the_second(moment: datetime | None) -> datetime | None:
    """GBCS knows whole seconds only."""
    return None if moment is None else moment.astimezone(UTC).replace(microsecond=0)
