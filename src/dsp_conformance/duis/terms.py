"""The fixed words of the interface: roles, device types, statuses, Command Variants and the services."""

from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum, unique
from types import MappingProxyType
from typing import Final


@unique
class UserRole(StrEnum):
    """The role in which a Service User sends a request (`domain.md`, "Who is who")."""

    IS = "IS"
    """Import supplier."""
    ES = "ES"
    """Export supplier."""
    GS = "GS"
    """Gas supplier."""
    RSA = "RSA"
    """Registered supplier agent."""
    ED = "ED"
    """Electricity distributor."""
    GT = "GT"
    """Gas transporter."""
    OU = "OU"
    """Other user."""


@unique
class DeviceType(StrEnum):
    """The type of a Device in the Smart Metering Inventory (schema V5.4, `DeviceType`)."""

    ESME = "ESME"
    """Electricity meter."""
    GSME = "GSME"
    """Gas meter."""
    GPF = "GPF"
    """Gas Proxy Function of a Communications Hub."""
    CHF = "CHF"
    """Communications Hub Function."""
    HCALCS = "HCALCS"
    """Load switch on the home area network."""
    PPMID = "PPMID"
    """Prepayment interface."""
    IHD = "IHD"
    """In-home display."""
    CAD = "CAD"
    """Consumer access device."""

    @property
    def is_type_2(self) -> bool:
        """Whether the SMI need keep neither status nor firmware of it (SEC glossary: Type 2 Devices)."""
        return self in {DeviceType.IHD, DeviceType.CAD}


@unique
class DeviceStatus(StrEnum):
    """The status of a Device in the Smart Metering Inventory (schema V5.4, `DeviceStatus`)."""

    PENDING = "Pending"
    WHITELISTED = "Whitelisted"
    INSTALLED_NOT_COMMISSIONED = "InstalledNotCommissioned"
    COMMISSIONED = "Commissioned"
    DECOMMISSIONED = "Decommissioned"
    WITHDRAWN = "Withdrawn"
    SUSPENDED = "Suspended"
    RECOVERY = "Recovery"
    RECOVERED = "Recovered"


@unique
class CplStatus(StrEnum):
    """The status of a CPL entry: the values of both `CPLStatus` and `FirmwareVersionStatus` (schema V5.4)."""

    ACTIVE = "Active"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    WITHDRAWN = "Withdrawn"


@unique
class FutureDating(StrEnum):
    """Who keeps the time of a request that is to be executed later, as the request matrix writes it."""

    NO = "No"
    DSP = "DSP"
    DEVICE = "Device"
    DSP_AND_DEVICE = "DSP & Device"


@unique
class Kind(StrEnum):
    """How a Service Request reaches a Device, if it does."""

    CRITICAL = "critical"
    """Transformed to a Pre-Command, which the Service User signs."""
    NON_CRITICAL = "non-critical"
    """Turned into a command by the DCC alone."""
    NON_DEVICE = "non-device"
    """Answered by the DSP itself."""


@unique
class Service(Enum):
    """The services of the DSP; the value is the last step of the path that DCC Boxed uses (`domain.md`)."""

    SEND_COMMAND = "serviceS"
    NON_DEVICE = "serviceD"
    TRANSFORM = "serviceT"


@unique
class CommandVariant(IntEnum):
    """What becomes of a request (`domain.md`, "Command Variants and services").

    The schema admits a ninth value, 9, which nothing explains and no service is known to take: a message that
    carries it is valid by the schema, while `CommandVariant(9)` raises `ValueError`.
    """

    NON_CRITICAL_WAN = 1
    """Non-critical, to the Device over the WAN."""
    NON_CRITICAL_LOCAL = 2
    """Non-critical, the command is returned to the Service User for local delivery."""
    NON_CRITICAL_BOTH = 3
    """Non-critical, over the WAN and returned for local delivery."""
    PRE_COMMAND = 4
    """Critical: asks for the Pre-Command."""
    SIGNED_WAN = 5
    """Signed Pre-Command, to the Device over the WAN."""
    SIGNED_LOCAL = 6
    """Signed Pre-Command, the command is returned for local delivery."""
    SIGNED_BOTH = 7
    """Signed Pre-Command, over the WAN and returned for local delivery."""
    NON_DEVICE = 8
    """Non-device request, answered at once."""


VARIANTS_OF: Final[Mapping[Kind, frozenset[CommandVariant]]] = MappingProxyType(
    {
        Kind.NON_CRITICAL: frozenset(
            {
                CommandVariant.NON_CRITICAL_WAN,
                CommandVariant.NON_CRITICAL_LOCAL,
                CommandVariant.NON_CRITICAL_BOTH,
            }
        ),
        Kind.CRITICAL: frozenset(
            {
                CommandVariant.PRE_COMMAND,
                CommandVariant.SIGNED_WAN,
                CommandVariant.SIGNED_LOCAL,
                CommandVariant.SIGNED_BOTH,
            }
        ),
        Kind.NON_DEVICE: frozenset({CommandVariant.NON_DEVICE}),
    }
)
"""The Command Variants that a kind of request may carry (`domain.md`, "Command Variants and services")."""

_LOCAL_OR_NON_DEVICE = frozenset(
    {CommandVariant.NON_CRITICAL_LOCAL, CommandVariant.SIGNED_LOCAL, CommandVariant.NON_DEVICE},
)


def service_for(variant: CommandVariant) -> Service:
    """The service that a request with this Command Variant is posted to (`domain.md`, same table)."""
    if variant is CommandVariant.PRE_COMMAND:
        return Service.TRANSFORM
    return Service.NON_DEVICE if variant in _LOCAL_OR_NON_DEVICE else Service.SEND_COMMAND
