"""The state in which a scenario finds a Device when it sends its first request: what a list can promise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from dsp_conformance.testbed.protocol import SmetsVersion

if TYPE_CHECKING:
    from dsp_conformance.duis.terms import DeviceStatus, DeviceType

__all__ = ["DeviceState", "Runs"]


@unique
class Runs(StrEnum):
    """Which firmware a Device itself runs, whatever the inventory records; the value stands in lists."""

    RECORDED = "as recorded"
    ACTIVE = "Active"
    LOWER_CASE = "Active in lower case"
    SHORT = "Active without leading zeros"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    WITHDRAWN = "Withdrawn"
    UNLISTED = "unlisted"
    OTHER_TYPE = "other device type"
    OTHER_MODEL = "other model"
    OTHER_MANUFACTURER = "other manufacturer"

    @property
    def words(self) -> str:
        """In words, after "runs"."""
        match self:
            case Runs.RECORDED:
                return "the firmware that the inventory records"
            case Runs.LOWER_CASE | Runs.SHORT:
                return f"other firmware, listed as {self.value} for its model"
            case Runs.UNLISTED:
                return "other firmware, on no CPL entry"
            case Runs.OTHER_TYPE | Runs.OTHER_MODEL | Runs.OTHER_MANUFACTURER:
                return f"other firmware, listed for another {self.value.removeprefix('other ')} only"
            case _:
                return f"other firmware, listed as {self.value} for its model"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a scenario asks of a Device, and what a listed Device is in.

    The firmware that the inventory records is listed as Active for the Device's model, unless the Device is
    Suspended: then it is not, or is no more. Devices that the CPL does not know (IHDs) have no such firmware.

    Attributes:
        device_type: its type.
        status: in the inventory.
        smets_version: its generation.
        suspended_from: of a Suspended Device: the status that it had before; None of any other.
        runs: which firmware it runs.
        new_firmware: whether the CPL lists further firmware as Active for its model, with an image at hand.
        activation_lost: whether that firmware was sent to it with SR11.1 and activated with SR11.3, and the
            response of the activation never reached the DSP: so it runs that firmware.
        supplier_only: whether its supplier alone is entitled to it; else every Service User is.
    """

    device_type: DeviceType
    status: DeviceStatus
    smets_version: SmetsVersion = SmetsVersion.SMETS2
    suspended_from: DeviceStatus | None = None
    runs: Runs = Runs.RECORDED
    new_firmware: bool = False
    activation_lost: bool = False
    supplier_only: bool = False

    def __str__(self) -> str:
        """In one line, such as "ESME, Suspended from Commissioned"."""
        generation = "SMETS1 " if self.smets_version is SmetsVersion.SMETS1 else ""
        parts = [f"{generation}{self.device_type.value}"]
        before = f" from {self.suspended_from.value}" if self.suspended_from else ""
        parts.append(f"{self.status.value}{before}")
        if self.activation_lost:
            parts.append("new firmware was sent and activated, and the response was lost")
        else:
            if self.runs is not Runs.RECORDED:
                parts.append(f"runs {self.runs.words}")
            if self.new_firmware:
                parts.append("new firmware at hand")
        if self.supplier_only:
            parts.append("its supplier alone is entitled")
        return ", ".join(parts)
