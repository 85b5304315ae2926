"""MP105's rules, to be read against the ledger.

First what suspends a Device, then what a Suspended Device may be sent, then the way out.

Every rule is a table or a pure function on values. `Rules.as_of_mp105()` is the DSP that the modification
asks for; `Rules.before_mp105()` is the DSP as it was: without the rows and branches that came with MP105,
and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

from dsp_conformance.duis.catalogue import CommandVariant, DeviceStatus, DeviceType, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.catalogue import ServiceReferenceVariant
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.cpl import CplEntry, ProductModel
    from dsp_conformance.stub.inventory import DeviceRecord

__all__ = [
    "EXCEPTIONS",
    "NO_CHANGE",
    "FirmwareList",
    "InventoryChange",
    "Rules",
    "StatusException",
    "change_after_activation",
    "change_after_firmware_read",
    "permitted_while_suspended",
    "suspended_by_removal_of",
]


# What suspends a Device ---------------------------------------------------------------------------

SUSPENDED_FROM: Final = frozenset({DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED})
"""The statuses that a Device can be suspended from (ledger MP105-06)."""

NOT_ON_THE_CPL: Final = frozenset({DeviceType.IHD})
"""Device types that the CPL does not speak of (domain.md, "MP105": IHDs are not on the CPL)."""


def suspended_by_removal_of(entry: CplEntry, record: DeviceRecord) -> bool:
    """Tell whether a Device becomes Suspended when an entry, the last Active one of its key, leaves the CPL.

    Ledger BASE-01: exactly the Devices recorded with that entry; same model with other firmware, other
    models and IHDs keep their status.
    """
    return (
        record.status in SUSPENDED_FROM
        and record.device_type not in NOT_ON_THE_CPL
        and entry.covers(record.product, record.firmware_version)
    )


# What a Suspended Device may be sent: change 1 of MP105 -------------------------------------------

ANY_VARIANT: Final = frozenset(CommandVariant)
NON_CRITICAL: Final = frozenset(
    {
        CommandVariant.NON_CRITICAL_WAN,
        CommandVariant.NON_CRITICAL_LOCAL,
        CommandVariant.NON_CRITICAL_BOTH,
    }
)


@dataclass(frozen=True, slots=True)
class StatusException:
    """One row of the exception list: a request that may go to a Suspended Device without being critical.

    Attributes:
        variant: the Service Reference Variant.
        command_variants: the Command Variants it is excepted with.
        smets_version: the only SMETS version it is excepted for; None for any.
        device_types: the only device types it is excepted for; None for any that the request is for.
        source: what the row rests on.
        came_with_mp105: whether the list had this row before MP105.
    """

    variant: str
    command_variants: frozenset[CommandVariant]
    smets_version: str | None
    device_types: frozenset[DeviceType] | None
    source: str
    came_with_mp105: bool = False

    def covers(self, variant: str, command_variant: CommandVariant, record: DeviceRecord) -> bool:
        """Tell whether this row lets a request through to that Device."""
        return (
            variant == self.variant
            and command_variant in self.command_variants
            and self.smets_version in {None, record.smets_version}
            and (self.device_types is None or record.device_type in self.device_types)
        )


EXCEPTIONS: Final = (
    StatusException("11.1", ANY_VARIANT, None, None, "ledger BASE-03"),
    StatusException("6.23", ANY_VARIANT, None, None, "ledger BASE-04"),
    StatusException("2.2", frozenset({CommandVariant.NON_CRITICAL_LOCAL}), "SMETS1", None, "ledger BASE-05"),
    StatusException(
        "11.2",
        NON_CRITICAL,
        None,  # whether MP105 applies to SMETS1 Devices is assumed: it does
        frozenset({DeviceType.ESME, DeviceType.GSME}),
        "ledger MP105-01, MP105-02, MP105-03, SCOPE-03",
        came_with_mp105=True,
    ),
)
"""The exception list. MP105 added the last row and nothing else (domain.md, "MP105")."""


def permitted_while_suspended(
    exceptions: tuple[StatusException, ...],
    entry: ServiceReferenceVariant,
    command_variant: CommandVariant,
    record: DeviceRecord,
) -> bool:
    """Tell whether a request may go to a Suspended Device.

    Ledger BASE-02: every critical one. Ledger SCOPE-01: no other, save those on the exception list.
    """
    if entry.kind is Kind.CRITICAL:
        return True
    return any(row.covers(entry.variant, command_variant, record) for row in exceptions)


# The way out of suspension: change 2 of MP105 -----------------------------------------------------


class FirmwareList(Protocol):
    """What the rules ask the CPL."""

    def lists_as_active(self, product: ProductModel, firmware_version: str, /) -> bool:
        """Tell whether that firmware may be in use on that model."""


@dataclass(frozen=True, slots=True)
class InventoryChange:
    """What a Device's message does to its record in the SMI.

    Attributes:
        firmware_version: the version to record, as 8 upper-case hexadecimal digits; None to leave it.
        status: the status to return to; None to leave it.
    """

    firmware_version: str | None = None
    status: DeviceStatus | None = None


NO_CHANGE: Final = InventoryChange()


def _restored(record: DeviceRecord, version: FirmwareVersion, cpl: FirmwareList) -> InventoryChange:
    """A Suspended Device that runs listed firmware returns to the status it held; else nothing changes."""
    if not record.is_suspended or not cpl.lists_as_active(record.product, str(version)):
        return NO_CHANGE
    return InventoryChange(str(version), record.status_before_suspension)


def change_after_firmware_read(
    record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList
) -> InventoryChange:
    """What the response to SR11.2 does to the inventory. Came with MP105.

    * Suspended, and the CPL lists the reported version as Active for the model: the version is recorded and
      the status held immediately before suspension returns (ledger MP105-04, -05, -06).
    * The version is on no Active entry: the Device stays Suspended; not recording it is this DSP's choice
      (MP105-08).
    * A device-level error, so no version: nothing (MP105-09).
    * Not Suspended: nothing, which also makes a second response harmless (MP105-10).

    Args:
        record: the Device as the SMI has it.
        version: what the Device reported, or None if it answered with an error.
        cpl: the list in force.
    """
    return NO_CHANGE if version is None else _restored(record, version, cpl)


def no_change_after_firmware_read(
    record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList
) -> InventoryChange:
    """What the response to SR11.2 did before MP105: the inventory took no notice of it."""
    del record, version, cpl
    return NO_CHANGE


def change_after_activation(
    record: DeviceRecord, *, succeeded: bool, version: FirmwareVersion, cpl: FirmwareList
) -> InventoryChange:
    """What the outcome of SR11.3, by response or by later alert, does to the inventory.

    * A success: the version is recorded and, if the CPL lists it as Active, a Suspended Device returns to
      the status it held before (ledger BASE-06, the way out that existed before MP105).
    * No success, yet the Device is Suspended and reports a version that the CPL lists as Active, as a
      re-sent SR11.3 does with code 1: version and status are updated all the same (ledger MP105-11, came
      with MP105).
    * No success and any other version, such as the old one: nothing.

    Args:
        record: the Device as the SMI has it.
        succeeded: whether the outcome's code is 0.
        version: the version that the Device says it runs.
        cpl: the list in force.
    """
    restored = _restored(record, version, cpl)
    return InventoryChange(str(version), restored.status) if succeeded else restored


def change_after_successful_activation_only(
    record: DeviceRecord, *, succeeded: bool, version: FirmwareVersion, cpl: FirmwareList
) -> InventoryChange:
    """What the outcome of SR11.3 did before MP105: the same for a success, nothing for anything else."""
    if not succeeded:
        return NO_CHANGE
    return change_after_activation(record, succeeded=True, version=version, cpl=cpl)


# The rules as one value ---------------------------------------------------------------------------


class _AfterActivation(Protocol):
    def __call__(
        self, record: DeviceRecord, *, succeeded: bool, version: FirmwareVersion, cpl: FirmwareList
    ) -> InventoryChange: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that a DSP applies, each replaceable by itself.

    Attributes:
        suspends: whether a Device becomes Suspended when the last Active entry of a key goes.
        exceptions: the exception list of the device status check.
        after_firmware_read: what the response to SR11.2 does to the inventory.
        after_activation: what the outcome of SR11.3 does to the inventory.
    """

    suspends: Callable[[CplEntry, DeviceRecord], bool]
    exceptions: tuple[StatusException, ...]
    after_firmware_read: Callable[[DeviceRecord, FirmwareVersion | None, FirmwareList], InventoryChange]
    after_activation: _AfterActivation

    @classmethod
    def as_of_mp105(cls) -> Self:
        """The rules in force since MP105."""
        return cls(
            suspends=suspended_by_removal_of,
            exceptions=EXCEPTIONS,
            after_firmware_read=change_after_firmware_read,
            after_activation=change_after_activation,
        )

    @classmethod
    def before_mp105(cls) -> Self:
        """The rules without what came with MP105."""
        return cls(
            suspends=suspended_by_removal_of,
            exceptions=tuple(row for row in EXCEPTIONS if not row.came_with_mp105),
            after_firmware_read=no_change_after_firmware_read,
            after_activation=change_after_successful_activation_only,
        )
