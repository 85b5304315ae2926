"""The operations of a testbed as values: what each is called, what it needs, and what it says in JSON.

Names, members and meanings are those of the Testbed Control API (testbed-control.openapi.yaml); drivers
differ only in how they carry an operation.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from dsp_conformance.testbed.protocol import Capability, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.terms import CplStatus, DeviceStatus
    from dsp_conformance.testbed.protocol import CplEntry, DeviceSpec, UserRegistration

__all__ = ["Operation", "OperationName"]


@unique
class OperationName(StrEnum):
    """What a testbed is asked for; the value is what a program of the driver `command` is called with."""

    CAPABILITIES = "capabilities"
    REGISTER_USER = "register-user"
    ADD_CPL_ENTRY = "add-cpl-entry"
    SET_CPL_STATUS = "set-cpl-status"
    REMOVE_CPL_ENTRY = "remove-cpl-entry"
    PROVIDE_DEVICE = "provide-device"
    FORGET_DEVICE = "forget-device"
    CHANGE_DEVICE = "change-device"
    INJECT_FAULT = "inject-fault"
    LIST_COMMANDS = "list-commands"
    DELIVER_LOCALLY = "deliver-locally"
    RELEASE_RESPONSES = "release-responses"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a testbed is asked to do.

    Attributes:
        name: which.
        sentence: what is being done, as errors go on after "could not".
        needs: the capability that it is part of; None for the question what the testbed can do.
        about: the id of what it is about: empty where it makes something new, or asks about the testbed.
        body: its members as the Testbed Control API names them, without those that are left out; None where
            it has none.
    """

    name: OperationName
    sentence: str
    needs: Capability | None
    about: str = ""
    body: Mapping[str, object] | None = field(default=None, repr=False)


def ask_capabilities() -> Operation:
    """What can the testbed do, and which DSP build stands behind it?"""
    return Operation(OperationName.CAPABILITIES, "tell what it can do", None)


def register_user(user: UserRegistration) -> Operation:
    """Register a Service User, or replace its registration."""
    return Operation(
        OperationName.REGISTER_USER,
        f"register the Service User {user.eui}",
        Capability.REGISTER_USER,
        str(user.eui),
        _given(
            roles=sorted(user.roles),
            signing_certificate=_pem(user.signing_certificate),
            gbcs_signing_certificate=_pem(user.gbcs_signing_certificate),
            gbcs_key_agreement_certificate=_pem(user.gbcs_key_agreement_certificate),
            receive_response_url=user.receive_response_url,
        ),
    )


def add_cpl_entry(entry: CplEntry) -> Operation:
    """Add an entry to the CPL."""
    return Operation(
        OperationName.ADD_CPL_ENTRY,
        f"add firmware {entry.firmware_version} of {entry.manufacturer}/{entry.model} to the CPL",
        Capability.EDIT_CPL,
        body=_given(
            device_type=entry.device_type,
            manufacturer=entry.manufacturer,
            model=entry.model,
            firmware_version=entry.firmware_version,
            status=entry.status,
        ),
    )


def set_cpl_status(entry_id: str, status: CplStatus) -> Operation:
    """Change an entry's status."""
    sentence = f"make the CPL entry {entry_id} {status.value}"
    name = OperationName.SET_CPL_STATUS
    return Operation(name, sentence, Capability.EDIT_CPL, entry_id, {"status": status})


def remove_cpl_entry(entry_id: str) -> Operation:
    """Remove an entry."""
    sentence = f"remove the CPL entry {entry_id}"
    return Operation(OperationName.REMOVE_CPL_ENTRY, sentence, Capability.EDIT_CPL, entry_id)


def provide_device(device: DeviceSpec) -> Operation:
    """Put a Device into the inventory, with an emulated Device behind it."""
    users = device.responsible_users
    return Operation(
        OperationName.PROVIDE_DEVICE,
        f"provide a Device of type {device.device_type.value} ({device.status.value})",
        Capability.PROVIDE_DEVICE,
        body=_given(
            device_id=None if device.device_id is None else str(device.device_id),
            device_type=device.device_type,
            smets_version=device.smets_version,
            status=device.status,
            manufacturer=device.manufacturer,
            model=device.model,
            firmware_version=device.firmware_version,
            running_firmware_version=device.running_firmware_version,
            responsible_users=None if users is None else sorted(map(str, users)),
        ),
    )


def forget_device(device_id: Eui64) -> Operation:
    """Take a provided Device away."""
    sentence = f"forget the Device {device_id}"
    return Operation(OperationName.FORGET_DEVICE, sentence, Capability.PROVIDE_DEVICE, str(device_id))


def run_firmware(device_id: Eui64, version: str) -> Operation:
    """Make the emulated Device run this version."""
    sentence = f"make the Device {device_id} run firmware {version}"
    return _change(device_id, sentence, Capability.CONTROL_DEVICE, running_firmware_version=version)


def set_reachable(device_id: Eui64, *, reachable: bool) -> Operation:
    """Let commands reach the emulated Device, or none."""
    sentence = f"make the Device {device_id} {'reachable' if reachable else 'unreachable'}"
    return _change(device_id, sentence, Capability.CONTROL_DEVICE, reachable=reachable)


def set_status(device_id: Eui64, status: DeviceStatus) -> Operation:
    """Change the status in the inventory as the ordinary processes would."""
    sentence = f"make the Device {device_id} {status.value}"
    return _change(device_id, sentence, Capability.SET_STATUS, status=status)


def inject_fault(device_id: Eui64, variant: str, fault: Fault, count: int) -> Operation:
    """Arrange a fault for the next commands of a Service Request."""
    return Operation(
        OperationName.INJECT_FAULT,
        f"arrange {fault.value} for SR{variant} at the Device {device_id}",
        Capability.HOLD_RESPONSE if fault is Fault.RESPONSE_HELD else Capability.INJECT_FAULT,
        str(device_id),
        {"service_reference_variant": variant, "fault": fault, "count": count},
    )


def list_commands(device_id: Eui64) -> Operation:
    """Which commands reached the emulated Device over the WAN?"""
    sentence = f"list the commands that reached the Device {device_id}"
    return Operation(OperationName.LIST_COMMANDS, sentence, Capability.OBSERVE_DEVICE, str(device_id))


def deliver_locally(device_id: Eui64, command: bytes) -> Operation:
    """Bring a command to the emulated Device over the HAN."""
    return Operation(
        OperationName.DELIVER_LOCALLY,
        f"bring a command to the Device {device_id} locally",
        Capability.DELIVER_LOCALLY,
        str(device_id),
        {"command": base64.b64encode(command).decode("ascii")},
    )


def release_responses(device_id: Eui64) -> Operation:
    """Let the responses of an emulated Device go that were held back."""
    sentence = f"release the responses of the Device {device_id}"
    return Operation(OperationName.RELEASE_RESPONSES, sentence, Capability.HOLD_RESPONSE, str(device_id))


def restart() -> Operation:
    """Restart the DSP."""
    return Operation(OperationName.RESTART, "restart the DSP", Capability.RESTART)


def _change(device_id: Eui64, sentence: str, needs: Capability, **change: object) -> Operation:
    return Operation(OperationName.CHANGE_DEVICE, sentence, needs, str(device_id), change)


def _given(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


def _pem(certificate: Certificate | None) -> str | None:
    return None if certificate is None else certificate.public_bytes(Encoding.PEM).decode("ascii")
