"""What a ResponseMessage can carry (schema type ``ResponseMessage`` and the types it chooses from)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final, Self, TypeAlias

from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import reading
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType


@dataclass(frozen=True, slots=True)
class GbcsPayload:
    """A Device's answer.

    Attributes:
        octets: the GBCS message.
    """

    octets: bytes

    def add_to(self, message: etree._Element) -> None:
        """Append the element to a ResponseMessage."""
        reading.add_octets(message, "GBCSPayload", self.octets)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``GBCSPayload`` element."""
        return cls(reading.value_of(element, reading.octets_from_base64, "base64"))


@dataclass(frozen=True, slots=True)
class LocalCommand:
    """A command handed back for delivery over the home network (Command Variants 2, 3, 6 and 7).

    Attributes:
        octets: the GBCS command.
    """

    octets: bytes

    def add_to(self, message: etree._Element) -> None:
        """Append the element to a ResponseMessage."""
        reading.add_octets(reading.add(message, "LocalCommand"), "GBCSPayload", self.octets)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``LocalCommand`` element."""
        return cls(reading.value(element, "GBCSPayload", reading.octets_from_base64, "base64"))


@dataclass(frozen=True, slots=True)
class PreCommand:
    """The unsigned command of a critical request, for the Service User to check and sign.

    Attributes:
        gbcs_version: any version text (``wire.md``, GBCS).
        octets: the GBCS Pre-Command.
    """

    gbcs_version: str
    octets: bytes

    def add_to(self, message: etree._Element) -> None:
        """Append the element to a ResponseMessage."""
        element = reading.add(message, "PreCommand")
        reading.add(element, "GBCSVersion", self.gbcs_version)
        reading.add_octets(element, "GBCSPayload", self.octets)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``PreCommand`` element."""
        return cls(
            reading.text(element, "GBCSVersion"),
            reading.value(element, "GBCSPayload", reading.octets_from_base64, "base64"),
        )


@dataclass(frozen=True, slots=True)
class FutureDatedAlert:
    """A Device's word, at the execution time, on a future-dated command.

    Attributes:
        alert_code: ``8F66`` done or ``8F67`` failed, in upper case.
        octets: the GBCS alert.
        instruction_number: which instruction of the command it is about, from 1.
        total_instructions: how many instructions the command had.
    """

    alert_code: str
    octets: bytes
    instruction_number: int = 1
    total_instructions: int = 1

    def add_to(self, message: etree._Element) -> None:
        """Append the element to a ResponseMessage."""
        element = reading.add(message, "FutureDatedDeviceAlertMessage")
        reading.add(element, "FutureDatedAlertCode", self.alert_code)
        reading.add_octets(element, "GBCSPayload", self.octets)
        reading.add(element, "InstructionNumber", str(self.instruction_number))
        reading.add(element, "TotalCommandInstructions", str(self.total_instructions))

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``FutureDatedDeviceAlertMessage`` element."""
        return cls(
            alert_code=reading.value(element, "FutureDatedAlertCode", reading.hexadecimal, "8F66 or 8F67"),
            octets=reading.value(element, "GBCSPayload", reading.octets_from_base64, "base64"),
            instruction_number=reading.value(element, "InstructionNumber", reading.integer, "a number"),
            total_instructions=reading.value(
                element, "TotalCommandInstructions", reading.integer, "a number"
            ),
        )


@dataclass(frozen=True, slots=True)
class InventoryDevice:
    """One Device as the Smart Metering Inventory shows it in the answer to SR8.2 (schema type ``Device``).

    Attributes:
        device_id: the Device's EUI-64.
        device_type: such as ESME.
        status: the SMI status, or None where the answer leaves it out.
        manufacturer: up to 30 characters.
        model: model with hardware version, up to 30 characters.
        smets_version: the SMETS or CHTS version text.
        firmware_version: 1 to 8 characters; compare with `gbcs.compare_firmware` only.
        firmware_version_status: the firmware version's own status.
        cpl_status: the status of the CPL entry.
    """

    device_id: Eui64
    device_type: DeviceType
    status: DeviceStatus | None
    manufacturer: str
    model: str
    smets_version: str | None = None
    firmware_version: str | None = None
    firmware_version_status: CplStatus | None = None
    cpl_status: CplStatus | None = None

    def add_to(self, inventory: etree._Element) -> None:
        """Append the element to a DSPInventory."""
        element = reading.add(inventory, "Device")
        for field, name in zip(fields(self), _DEVICE_ELEMENTS, strict=True):
            reading.add_if(element, name, getattr(self, field.name))

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``Device`` element."""
        status = "an SMI status"
        listed = "Active, Cancelled, Expired or Withdrawn"
        return cls(
            device_id=reading.value(element, "DeviceID", Eui64.parse, "an EUI-64"),
            device_type=reading.value(element, "DeviceType", DeviceType, "a device type"),
            status=reading.optional_value(element, "DeviceStatus", DeviceStatus, status),
            manufacturer=reading.text(element, "DeviceManufacturer"),
            model=reading.text(element, "DeviceModel"),
            smets_version=reading.optional_text(element, "SMETSCHTSVersion"),
            firmware_version=reading.optional_text(element, "DeviceFirmwareVersion"),
            firmware_version_status=reading.optional_value(
                element, "DeviceFirmwareVersionStatus", CplStatus, listed
            ),
            cpl_status=reading.optional_value(element, "CPLStatus", CplStatus, listed),
        )


_DEVICE_ELEMENTS: Final = (
    "DeviceID",
    "DeviceType",
    "DeviceStatus",
    "DeviceManufacturer",
    "DeviceModel",
    "SMETSCHTSVersion",
    "DeviceFirmwareVersion",
    "DeviceFirmwareVersionStatus",
    "CPLStatus",
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The answer to SR8.2.

    Attributes:
        devices: 1 to 17 Devices.
        unread: of Devices that are shown with a value that is not known here, the EUI-64 and what is not.
    """

    devices: tuple[InventoryDevice, ...]
    unread: tuple[tuple[Eui64, str], ...] = ()

    def add_to(self, message: etree._Element) -> None:
        """Append the element to a ResponseMessage."""
        element = reading.add(message, "DSPInventory")
        for device in self.devices:
            device.add_to(element)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``DSPInventory`` element."""
        devices, unread = [], []
        for each in reading.child_elements(element):
            try:
                devices.append(InventoryDevice.read(each))
            except reading.UnknownValue as error:
                device_id = reading.value(each, "DeviceID", Eui64.parse, "an EUI-64")
                unread.append((device_id, str(error)))
        return cls(tuple(devices), tuple(unread))


@dataclass(frozen=True, slots=True)
class UpdateFirmwareWarning:
    """The Devices of an SR11.1 that the DSP did not take, by reason.

    Attributes:
        invalid: no such Device, or not one of the User's.
        not_commissioned: the Device's status does not allow it.
        not_applicable: the firmware is not for this Device.
        other_request_in_progress: another update is under way.
        invalid_gbcs_version: the Device's GBCS version does not allow it.
    """

    invalid: tuple[Eui64, ...] = ()
    not_commissioned: tuple[Eui64, ...] = ()
    not_applicable: tuple[Eui64, ...] = ()
    other_request_in_progress: tuple[Eui64, ...] = ()
    invalid_gbcs_version: tuple[Eui64, ...] = ()

    def add_to(self, message: etree._Element) -> None:
        """Append the element to a ResponseMessage."""
        element = reading.add(message, "DSPUpdateFirmwareWarning")
        for field, name in zip(fields(self), _WARNING_ELEMENTS, strict=True):
            if devices := getattr(self, field.name):
                reading.add(element, name, ",".join(map(str, devices)))

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``DSPUpdateFirmwareWarning`` element."""
        return cls(
            *(
                reading.optional_value(element, name, device_list, "EUI-64s with commas between") or ()
                for name in _WARNING_ELEMENTS
            )
        )

    def devices(self) -> frozenset[Eui64]:
        """Return every Device that is listed for any reason."""
        return frozenset(device for field in fields(self) for device in getattr(self, field.name))


_WARNING_ELEMENTS: Final = (
    "InvalidDeviceIDList",
    "NotCommissionedDeviceIDList",
    "NotApplicableFirmwareDeviceIDList",
    "OtherRequestInProgressList",
    "InvalidGBCSVersionList",
)


@dataclass(frozen=True, slots=True)
class OtherContent:
    """Content that no requirement looks into.

    Attributes:
        element: the name of the element, such as ``DSPScheduleID``.
    """

    element: str


ResponseContent: TypeAlias = (
    GbcsPayload
    | LocalCommand
    | PreCommand
    | FutureDatedAlert
    | Inventory
    | UpdateFirmwareWarning
    | OtherContent
)


_READERS: Final[Mapping[str, Callable[[etree._Element], ResponseContent]]] = MappingProxyType(
    {
        "GBCSPayload": GbcsPayload.read,
        "LocalCommand": LocalCommand.read,
        "PreCommand": PreCommand.read,
        "FutureDatedDeviceAlertMessage": FutureDatedAlert.read,
        "DSPInventory": Inventory.read,
        "DSPUpdateFirmwareWarning": UpdateFirmwareWarning.read,
    }
)


def read_content(element: etree._Element) -> ResponseContent:
    """Read the one content element of a ResponseMessage.

    Raises:
        UnexpectedShape: the element does not hold what its name promises.
    """
    name = reading.local_name(element)
    reader = _READERS.get(name)
    return OtherContent(name) if reader is None else reader(element)


def device_list(text: str) -> tuple[Eui64, ...]:
    """Read EUI-64s with commas between them.

    Raises:
        ValueError: one of them is no EUI-64.
    """
    return tuple(Eui64.parse(part) for part in text.split(","))
