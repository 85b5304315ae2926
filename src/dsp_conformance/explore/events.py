"""What a history is made of: frozen values with a JSON form, so that a stored history can be replayed.

Devices, models and firmware versions have names of the history's own. Whoever carries a history out makes up
manufacturers and model numbers that nothing else uses; firmware versions are used as they stand.
"""

from enum import StrEnum, unique
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType, UserRole

__all__ = [
    "Activate",
    "ArrangeFault",
    "AtOnce",
    "ChangeEntry",
    "DeviceFault",
    "EntryChange",
    "Event",
    "ExploredModel",
    "GiveUp",
    "ListFirmware",
    "ProvideDevice",
    "ReadFirmware",
    "ReleaseResponses",
    "RequestEvent",
    "RestartDsp",
    "RunFirmware",
    "SendImage",
    "SendRequest",
    "SetReachable",
    "SetStatus",
    "Spelling",
    "TimeComes",
    "devices_of",
]

_Version = Annotated[str, Field(pattern="^[0-9A-F]{8}$")]
_Name = Annotated[str, Field(min_length=1, max_length=40)]


@unique
class DeviceFault(StrEnum):
    """What goes wrong with the next command of a request, by the names of the Testbed Control API."""

    RESPONSE_LOST = "response-lost"
    DEVICE_ERROR = "device-error"
    UNREACHABLE = "unreachable"
    DUPLICATE_RESPONSE = "duplicate-response"
    RESPONSE_HELD = "response-held"


@unique
class EntryChange(StrEnum):
    """What becomes of a CPL entry."""

    ACTIVE = "Active"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    WITHDRAWN = "Withdrawn"
    DELETED = "deleted"


@unique
class Spelling(StrEnum):
    """How the CPL writes a firmware version."""

    PLAIN = "plain"
    LOWER_CASE = "in lower case"
    SHORT = "without leading zeros"


class _Value(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class ExploredModel(_Value):
    """A model of Devices.

    Attributes:
        device_type: what it is a model of.
        manufacturer: two models with the same text here are of one manufacturer.
        hardware: two models with the same text here have the same name.
        smets1: whether its Devices are of the first generation.
    """

    device_type: DeviceType
    manufacturer: _Name
    hardware: _Name
    smets1: bool = False


class ListFirmware(_Value):
    """An entry is added to the CPL."""

    event: Literal["list-firmware"] = "list-firmware"
    model: _Name
    version: _Version
    status: CplStatus = CplStatus.ACTIVE
    spelled: Spelling = Spelling.PLAIN


class ChangeEntry(_Value):
    """An entry of the CPL gets another status, or is deleted."""

    event: Literal["change-entry"] = "change-entry"
    model: _Name
    version: _Version
    to: EntryChange


class ProvideDevice(_Value):
    """A Device is provided; it runs, and is recorded with, a version that is Active for its model."""

    event: Literal["provide-device"] = "provide-device"
    device: _Name
    model: _Name
    version: _Version
    status: DeviceStatus = DeviceStatus.COMMISSIONED


class RunFirmware(_Value):
    """A Device runs other firmware, unknown to the DSP."""

    event: Literal["run-firmware"] = "run-firmware"
    device: _Name
    version: _Version


class ReadFirmware(_Value):
    """SR11.2 Read Firmware Version.

    Attributes:
        device: whom it is sent to.
        role: who sends it.
        way: its Command Variant, 1 to 3.
        later: whether it is future-dated; the DSP keeps the time.
        lower_case: whether the EUIs in it are written in lower case.
    """

    event: Literal["read-firmware"] = "read-firmware"
    device: _Name
    role: UserRole
    way: Literal[1, 2, 3] = 1
    later: bool = False
    lower_case: bool = False


class SendImage(_Value):
    """SR11.1 Update Firmware for Devices of one model, by their supplier."""

    event: Literal["send-image"] = "send-image"
    devices: Annotated[tuple[_Name, ...], Field(min_length=1, max_length=8)]
    version: _Version


class Activate(_Value):
    """SR11.3 Activate Firmware by the Device's supplier, with the hash of the image of that version.

    Attributes:
        device: whom it is sent to.
        version: which image it names, whether the Device holds it or not.
        way: the Command Variant of the signed Pre-Command, 5 to 7.
        later: whether it is future-dated; the Device keeps the time and tells by an alert.
    """

    event: Literal["activate"] = "activate"
    device: _Name
    version: _Version
    way: Literal[5, 6, 7] = 5
    later: bool = False


class SendRequest(_Value):
    """Any other request to a Device.

    Attributes:
        device: whom it is sent to.
        variant: the Service Reference Variant, such as 4.1.1.
        role: who sends it.
        way: its Command Variant; 5 to 7 for the signed Pre-Command of a critical request.
        later: whether it is future-dated; only where the DSP keeps the time.
    """

    event: Literal["send-request"] = "send-request"
    device: _Name
    variant: Annotated[str, Field(pattern=r"^\d+(\.\d+)+$")]
    role: UserRole
    way: Literal[1, 2, 3, 5, 6, 7]
    later: bool = False


class AtOnce(_Value):
    """Two requests of two Users, the second sent before the response to the first is waited for."""

    event: Literal["at-once"] = "at-once"
    first: Annotated[ReadFirmware | SendRequest, Field(discriminator="event")]
    second: Annotated[ReadFirmware | SendRequest, Field(discriminator="event")]


class ArrangeFault(_Value):
    """A fault waits for a Device's next command of a request."""

    event: Literal["arrange-fault"] = "arrange-fault"
    device: _Name
    variant: Annotated[str, Field(pattern=r"^\d+(\.\d+)+$")]
    fault: DeviceFault


class SetReachable(_Value):
    """Commands reach a Device, or none does."""

    event: Literal["set-reachable"] = "set-reachable"
    device: _Name
    reachable: bool


class GiveUp(_Value):
    """The DSP no longer waits for a Device's outstanding responses."""

    event: Literal["give-up"] = "give-up"
    device: _Name


class TimeComes(_Value):
    """The time of the future-dated requests to a Device comes, and what follows of it is waited for."""

    event: Literal["time-comes"] = "time-comes"
    device: _Name


class ReleaseResponses(_Value):
    """The responses of a Device that were held back reach the DSP (extension `hold-response`)."""

    event: Literal["release-responses"] = "release-responses"
    device: _Name


class RestartDsp(_Value):
    """The DSP is restarted, with its data kept (extension `restart`)."""

    event: Literal["restart-dsp"] = "restart-dsp"


class SetStatus(_Value):
    """Another process sets a Device's status in the inventory (`set-status`), never from or to Suspended."""

    event: Literal["set-status"] = "set-status"
    device: _Name
    status: DeviceStatus


RequestEvent = ReadFirmware | SendImage | Activate | SendRequest | AtOnce
"""Events in which Users send requests."""

Event = (
    ListFirmware
    | ChangeEntry
    | ProvideDevice
    | RunFirmware
    | ReadFirmware
    | SendImage
    | Activate
    | SendRequest
    | AtOnce
    | ArrangeFault
    | SetReachable
    | GiveUp
    | TimeComes
    | ReleaseResponses
    | RestartDsp
    | SetStatus
)
"""Anything that can happen in a history."""

WAYS_OVER_THE_WAN: Final = frozenset({1, 3, 5, 7})
"""Command Variants with which the DSP sends a command to the Device itself."""

LOCAL_WAYS: Final = frozenset({2, 3, 6, 7})
"""Command Variants with which a command is returned for local delivery."""


def devices_of(event: Event) -> tuple[str, ...]:
    """Return the names of the Devices that an event is about, in the order of the event."""
    match event:
        case SendImage(devices=devices):
            return devices
        case AtOnce(first=first, second=second):
            return tuple(dict.fromkeys((first.device, second.device)))
        case ListFirmware() | ChangeEntry() | RestartDsp():
            return ()
        case _:
            return (event.device,)
