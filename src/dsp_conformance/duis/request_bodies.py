"""Bodies of the requests that the suite speaks: SR8.2, SR11.1, SR11.2, SR11.3, the signed Pre-Command.

Each is a value with `to_xml` and `from_xml`, so that who sends and who receives read the same definition.
"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import reading
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.response_content import device_list


@dataclass(frozen=True, slots=True)
class ReadInventory:
    """SR8.2, asked by Device.

    Attributes:
        device_id: the Device asked about; None where a request read from outside asks by place instead.
    """

    device_id: Eui64 | None

    def to_xml(self) -> etree._Element:
        """Return the body element."""
        element = etree.Element(sr("ReadInventory"))
        reading.add_if(element, "DeviceID", self.device_id)
        return element

    @classmethod
    def from_xml(cls, element: etree._Element) -> Self:
        """Read the body element."""
        return cls(reading.optional_value(element, "DeviceID", Eui64.parse, "an EUI-64"))


@dataclass(frozen=True, slots=True)
class UpdateFirmware:
    """SR11.1: a firmware image for a list of Devices.

    Attributes:
        image: up to 10,240,000 octets.
        firmware_version: 1 to 8 characters.
        device_ids: the Devices it is for.
    """

    image: bytes
    firmware_version: str
    device_ids: tuple[Eui64, ...]

    def to_xml(self) -> etree._Element:
        """Return the body element."""
        element = etree.Element(sr("UpdateFirmware"))
        reading.add_octets(element, "FirmwareImage", self.image)
        reading.add(element, "FirmwareVersion", self.firmware_version)
        reading.add(element, "DeviceIDList", ",".join(map(str, self.device_ids)))
        return element

    @classmethod
    def from_xml(cls, element: etree._Element) -> Self:
        """Read the body element.

        Raises:
            UnexpectedShape: a part is missing or not of its type.
        """
        return cls(
            image=reading.value(element, "FirmwareImage", reading.octets_from_base64, "base64"),
            firmware_version=reading.text(element, "FirmwareVersion"),
            device_ids=reading.value(element, "DeviceIDList", device_list, "EUI-64s with commas between"),
        )


@dataclass(frozen=True, slots=True)
class ReadFirmwareVersion:
    """SR11.2.

    Attributes:
        execution_time: when the DSP is to send it, or None for at once; with time zone.
    """

    execution_time: datetime | None = None

    def to_xml(self) -> etree._Element:
        """Return the body element."""
        element = etree.Element(sr("ReadFirmwareVersion"))
        _add_execution_time(element, self.execution_time)
        return element

    @classmethod
    def from_xml(cls, element: etree._Element) -> Self:
        """Read the body element."""
        return cls(execution_time_of(element))


@dataclass(frozen=True, slots=True)
class ActivateFirmware:
    """SR11.3.

    Attributes:
        firmware_hash: SHA-256 of the image to activate, 32 octets.
        execution_time: when the Device is to activate it, or None for at once; with time zone.
    """

    firmware_hash: bytes
    execution_time: datetime | None = None

    def to_xml(self) -> etree._Element:
        """Return the body element."""
        element = etree.Element(sr("ActivateFirmware"))
        _add_execution_time(element, self.execution_time)
        reading.add(element, "FirmwareHash", self.firmware_hash.hex().upper())
        return element

    @classmethod
    def from_xml(cls, element: etree._Element) -> Self:
        """Read the body element.

        Raises:
            UnexpectedShape: a part is missing or not of its type.
        """
        return cls(
            firmware_hash=bytes.fromhex(
                reading.value(element, "FirmwareHash", reading.hexadecimal, "hexadecimal digits")
            ),
            execution_time=execution_time_of(element),
        )


@dataclass(frozen=True, slots=True)
class SignedPreCommand:
    """The body of Command Variants 5, 6 and 7: the Pre-Command with the Service User's signature.

    Attributes:
        octets: the signed GBCS message.
    """

    octets: bytes

    def to_xml(self) -> etree._Element:
        """Return the body element."""
        element = etree.Element(sr("SignedPreCommand"))
        reading.add_octets(element, "GBCSPayload", self.octets)
        return element

    @classmethod
    def from_xml(cls, element: etree._Element) -> Self:
        """Read the body element.

        Raises:
            UnexpectedShape: the payload is missing or no base64.
        """
        return cls(reading.value(element, "GBCSPayload", reading.octets_from_base64, "base64"))


def execution_time_of(element: etree._Element) -> datetime | None:
    """Return a future-dated request's time of execution, or None for an on-demand one.

    Raises:
        UnexpectedShape: the element is there and no date and time.
    """
    return reading.optional_value(element, "ExecutionDateTime", reading.moment, "a date and time")


def dated(element: etree._Element, when: datetime) -> etree._Element:
    """Return the body of a future-dated request: a copy that states when it is to be carried out.

    The schema has the time first in every body that can state one as its own child.
    """
    body = deepcopy(element)
    for former in body.findall(sr("ExecutionDateTime")):
        body.remove(former)
    _add_execution_time(body, when)
    body.insert(0, body[-1])
    return body


def _add_execution_time(element: etree._Element, when: datetime | None) -> None:
    if when is not None:
        reading.add(element, "ExecutionDateTime", reading.moment_text(when))
