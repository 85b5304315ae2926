"""What a testbed may offer: its capabilities, its operations and their values.

Names and meanings are those of the Testbed Control API (testbed-control.openapi.yaml), so that every driver
means the same by them. Every operation is optional: a testbed that lacks one raises `MissingCapability`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from dsp_conformance.duis.terms import CplStatus, DeviceStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cryptography.x509 import Certificate

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.terms import DeviceType, UserRole

__all__ = [
    "EXTENSIONS",
    "Capability",
    "CplEntry",
    "DeviceSpec",
    "DspIdentity",
    "Fault",
    "ProvidedDevice",
    "ReachedCommand",
    "SmetsVersion",
    "Testbed",
    "UserRegistration",
]


@unique
class Capability(StrEnum):
    """Something that a testbed may be able to do; the value is the name that the Testbed Control API uses."""

    REGISTER_USER = "register-user"
    EDIT_CPL = "edit-cpl"
    PROVIDE_DEVICE = "provide-device"
    SET_STATUS = "set-status"
    CONTROL_DEVICE = "control-device"
    INJECT_FAULT = "inject-fault"
    OBSERVE_DEVICE = "observe-device"
    DELIVER_LOCALLY = "deliver-locally"
    HOLD_RESPONSE = "hold-response"
    RESTART = "restart"


EXTENSIONS: Final = frozenset({Capability.DELIVER_LOCALLY, Capability.HOLD_RESPONSE, Capability.RESTART})
"""Capabilities beyond version 1.0 of the Testbed Control API, which are told apart from the others."""


@unique
class Fault(StrEnum):
    """What goes wrong with the next command(s) of one Service Request; used up by a command that arrives."""

    RESPONSE_LOST = "response-lost"
    """The Device carries the command out, and its response never reaches the DSP."""
    DEVICE_ERROR = "device-error"
    """The Device answers with a GBCS-level error and carries nothing out."""
    UNREACHABLE = "unreachable"
    """The command never reaches the Device."""
    DUPLICATE_RESPONSE = "duplicate-response"
    """The Device's response reaches the DSP twice."""
    RESPONSE_HELD = "response-held"
    """The Device carries the command out, and its response is held back until it is released."""


@unique
class SmetsVersion(StrEnum):
    """The generation of a Device."""

    SMETS1 = "SMETS1"
    SMETS2 = "SMETS2"


@dataclass(frozen=True, slots=True)
class DspIdentity:
    """The DSP build behind a testbed, as far as the testbed tells.

    Attributes:
        name: the product's name.
        version: its version or build.
        dcc_id: the target of non-device requests.
        duis_url: the base of `/api/v1/serviceS`, `serviceD` and `serviceT`, without a final slash.
        signing_certificates: the DSP's XML signing certificates.
        switches: those of the profile that the testbed declares, by the target file's keys.
    """

    name: str
    version: str
    dcc_id: Eui64 | None = None
    duis_url: str | None = None
    signing_certificates: tuple[Certificate, ...] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserRegistration:
    """A Service User, as a DSP has to know it.

    Attributes:
        eui: the Service User's EUI-64.
        roles: its user roles, at least one.
        signing_certificate: for the XML signatures of its requests.
        receive_response_url: where the DSP posts asynchronous responses and alerts.
        gbcs_signing_certificate: with which its signed Pre-Commands are checked.
        gbcs_key_agreement_certificate: for the MAC of responses.
    """

    eui: Eui64
    roles: frozenset[UserRole]
    signing_certificate: Certificate
    receive_response_url: str
    gbcs_signing_certificate: Certificate | None = None
    gbcs_key_agreement_certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class CplEntry:
    """An entry of the CPL.

    Attributes:
        device_type: the type of Device that the firmware is for.
        manufacturer: up to 30 characters.
        model: model with hardware version, up to 30 characters.
        firmware_version: 1 to 8 hexadecimal digits, as the CPL writes it.
        status: anything but Active takes the entry off the list in force.
    """

    device_type: DeviceType
    manufacturer: str
    model: str
    firmware_version: str
    status: CplStatus = CplStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A Device to be put into the Smart Metering Inventory, with an emulated Device behind it that answers.

    Attributes:
        device_type: its type.
        manufacturer: up to 30 characters.
        model: model with hardware version, up to 30 characters.
        firmware_version: 1 to 8 hexadecimal digits, as the inventory is to record it.
        running_firmware_version: 8 upper-case hexadecimal digits, as the Device itself reports it; the
            recorded one where None.
        status: any but Suspended, which is reached by changing the CPL.
        smets_version: its generation.
        device_id: chosen by the testbed where None.
        responsible_users: Service Users entitled to it; where None, every one that is registered when a
            request comes.
    """

    device_type: DeviceType
    manufacturer: str
    model: str
    firmware_version: str
    running_firmware_version: str | None = None
    status: DeviceStatus = DeviceStatus.COMMISSIONED
    smets_version: SmetsVersion = SmetsVersion.SMETS2
    device_id: Eui64 | None = None
    responsible_users: frozenset[Eui64] | None = None


@dataclass(frozen=True, slots=True)
class ProvidedDevice:
    """A Device that the testbed provided.

    Attributes:
        device_id: its EUI-64.
        gbcs_signing_certificate: so that signatures of its payloads can be checked.
        gbcs_key_agreement_certificate: so that MACs of its payloads can be checked.
    """

    device_id: Eui64
    gbcs_signing_certificate: Certificate | None = None
    gbcs_key_agreement_certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class ReachedCommand:
    """A command that reached an emulated Device over the WAN.

    Attributes:
        request_id: the RequestID of the Service Request behind it, as the testbed writes it.
        variant: the Service Reference Variant, such as "11.2".
        received_at: when it arrived, with its time zone.
    """

    request_id: str
    variant: str
    received_at: datetime


class Testbed(Protocol):
    """The side door to a DSP under test; one implementation per driver.

    All operations may be called from several threads at once. Each raises `MissingCapability` where the
    testbed does not offer it, `TestbedRefused` where it does and says no, `TestbedUnreachable` where no
    answer comes, and `TestbedAnswerUnusable` where the answer makes no sense.
    """

    __test__: ClassVar[bool] = False  # the name is the field's; pytest is not to collect it

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this testbed can do."""

    @property
    def dsp(self) -> DspIdentity:
        """The DSP build behind it."""

    def announce(self, what: str) -> None:
        """Tell whoever works the testbed what the next operations are for; nothing is asked of it."""

    def register_user(self, user: UserRegistration) -> None:
        """Register a Service User, or replace its registration (`register-user`)."""

    def add_cpl_entry(self, entry: CplEntry) -> str:
        """Add an entry to the CPL and return the entry's id at the testbed (`edit-cpl`)."""

    def set_cpl_status(self, entry_id: str, status: CplStatus) -> None:
        """Change an entry's status; returns when the suspensions that follow are done (`edit-cpl`)."""

    def remove_cpl_entry(self, entry_id: str) -> None:
        """Remove an entry; returns when the suspensions that follow are done (`edit-cpl`)."""

    def provide_device(self, device: DeviceSpec) -> ProvidedDevice:
        """Put a Device into the inventory, with an emulated Device behind it (`provide-device`)."""

    def forget_device(self, device_id: Eui64) -> None:
        """Take a provided Device away (`provide-device`)."""

    def run_firmware(self, device_id: Eui64, version: str) -> None:
        """Make the emulated Device run this version, 8 upper-case hexadecimal digits (`control-device`)."""

    def set_reachable(self, device_id: Eui64, *, reachable: bool) -> None:
        """Let commands reach the emulated Device, or none (`control-device`)."""

    def set_status(self, device_id: Eui64, status: DeviceStatus) -> None:
        """Change the status in the inventory as the ordinary processes would (`set-status`)."""

    def inject_fault(self, device_id: Eui64, variant: str, fault: Fault, *, count: int = 1) -> None:
        """Arrange a fault for the next `count` commands of this Service Request (`inject-fault`).

        `Fault.RESPONSE_HELD` is part of `hold-response`.
        """

    def release_responses(self, device_id: Eui64) -> None:
        """Let the responses go that were held back, as they would have come (`hold-response`)."""

    def commands(self, device_id: Eui64) -> tuple[ReachedCommand, ...]:
        """The commands that reached the emulated Device over the WAN, oldest first (`observe-device`)."""

    def deliver_locally(self, device_id: Eui64, command: bytes) -> bytes:
        """Bring a command to the emulated Device over the HAN and return its answer (`deliver-locally`)."""

    def restart(self) -> None:
        """Restart the DSP; returns when it answers again, with its data kept (`restart`)."""
