"""Devices on stage: what a scenario knows of each Device that it made, and models of its own."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Self

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import InventoryDevice
from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.testbed.protocol import CplEntry, DeviceSpec, ProvidedDevice, SmetsVersion


def new_version() -> str:
    """Return a firmware version that nothing else uses: 4 octets as 8 hexadecimal digits, never all 0."""
    return f"{secrets.randbits(31) + 1:08X}"


def new_spellable_version() -> str:
    """Return a firmware version that nothing else uses, and that can be written in other ways.

    It begins with zeros and a letter.
    """
    return f"00{secrets.randbelow(6) + 10:X}{secrets.randbits(20):05X}"


def high_version() -> str:
    """Return a firmware version that is negative if its 32 bits are taken for a signed number."""
    return f"{secrets.randbits(31) | 1 << 31:08X}"


def version_of_digits() -> str:
    """Return a firmware version that could be taken for a decimal number: it has no letter."""
    return f"{secrets.randbelow(90_000_000) + 10_000_000}"


NUMBERS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {"above 7FFFFFFF": high_version, "without any letter": version_of_digits}
)
"""Firmware versions that a DSP may take for another number than they are."""

SPELLINGS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"in lower case": str.lower, "without leading zeros": lambda version: version.lstrip("0")}
)
"""How a CPL may write a firmware version of 8 upper-case hexadecimal digits otherwise."""


def _next_digits(digits: str) -> str:
    """Return as many digits, each of them another one."""
    return "".join(f"{(int(digit, 16) + 1) % 16:X}" for digit in digits)


def _one_digit_apart(version: str) -> tuple[str, ...]:
    """Return a version for each digit, the last one first, that differs in that digit alone."""
    return tuple(
        version[:place] + _next_digits(version[place]) + version[place + 1 :]
        for place in reversed(range(len(version)))
    )


def _in_another_order(version: str) -> tuple[str, ...]:
    """Return the version with its bytes reversed, with its halves swapped, and with each half reversed."""
    a, b, c, d = (version[place : place + 2] for place in range(0, 8, 2))
    return (d + c + b + a, c + d + a + b, b + a + d + c)


NEAR_MISSES: Final[Mapping[str, Callable[[str], tuple[str, ...]]]] = MappingProxyType(
    {
        "with the same first four digits": lambda version: (version[:4] + _next_digits(version[4:]),),
        "with the same last four digits": lambda version: (_next_digits(version[:4]) + version[4:],),
        "one digit apart": _one_digit_apart,
        "with its bytes in another order": _in_another_order,
        "with its zeros in front": lambda version: (version.rstrip("0"),),
        "with its zeros at the end": lambda version: (version.lstrip("0").ljust(8, "0"),),
    }
)
"""Firmware versions that a DSP may take for another, which they are not: short forms have zeros in front."""


def version_missed(near: str) -> str:
    """Return a firmware version of which each of `NEAR_MISSES` is another, of 8 hexadecimal digits.

    Its digits differ from each other and none is 0, but for the four zeros of versions that are about zeros.

    Args:
        near: the kind of near misses.
    """
    digits = "".join(secrets.SystemRandom().sample("123456789ABCDEF", 8))
    match near:
        case "with its zeros in front":
            return f"{digits[:4]}0000"
        case "with its zeros at the end":
            return f"0000{digits[4:]}"
        case _:
            return digits


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a Device, made up for one scenario.

    Attributes:
        device_type: what it is a model of.
        manufacturer: 4 hexadecimal digits.
        name: model with hardware version, 8 hexadecimal digits.
        smets_version: the generation of its Devices.
    """

    device_type: DeviceType
    manufacturer: str
    name: str
    smets_version: SmetsVersion = SmetsVersion.SMETS2

    @classmethod
    def unique(cls, device_type: DeviceType, smets_version: SmetsVersion = SmetsVersion.SMETS2) -> Self:
        """Return a model that no other scenario of any run uses."""
        return cls(device_type, secrets.token_hex(2).upper(), secrets.token_hex(4).upper(), smets_version)

    def of_type(self, device_type: DeviceType) -> Self:
        """Return the model of the same name and manufacturer for another type of Device."""
        return replace(self, device_type=device_type)

    def renamed(self) -> Self:
        """Return another model of the same manufacturer."""
        return replace(self, name=secrets.token_hex(4).upper())

    def of_other_manufacturer(self) -> Self:
        """Return the model of the same name of another manufacturer."""
        other = int(self.manufacturer, 16) ^ (secrets.randbits(15) + 1)
        return replace(self, manufacturer=f"{other:04X}")

    def entry(self, firmware_version: str) -> CplEntry:
        """Return the Active CPL entry that lists a firmware version for this model."""
        return CplEntry(self.device_type, self.manufacturer, self.name, firmware_version)

    def device(self, firmware_version: str, status: DeviceStatus) -> DeviceSpec:
        """Return a Device of this model that runs, and is recorded with, a firmware version."""
        return DeviceSpec(
            self.device_type,
            self.manufacturer,
            self.name,
            firmware_version,
            firmware_version,
            status=status,
            smets_version=self.smets_version,
        )


@dataclass(frozen=True, slots=True)
class NewFirmware:
    """Firmware that a scenario sends to a Device.

    Attributes:
        version: as the CPL lists it and the Device will report it.
        image: what SR11.1 sends.
        cpl_entry_id: the testbed's name for the entry that lists it.
    """

    version: str
    image: bytes
    cpl_entry_id: str

    @property
    def image_hash(self) -> bytes:
        """The hash by which SR11.3 names the image: its SHA-256, 32 octets."""
        return hashlib.sha256(self.image).digest()


@dataclass(slots=True)
class StagedDevice:
    """One Device of a scenario.

    Attributes:
        name: what the scenario calls it, such as ``ESME`` or ``twin``.
        provided: what the testbed told of it.
        model: its model.
        cpl_entry_id: the entry that lists the firmware it is recorded with; empty where there is none.
        running: the firmware version that the Device itself reports.
        before: the status that it is suspended from.
        record: its inventory record as last seen while the scenario was set up.
        new_firmware: what was sent to it.
        listed: the entries of versions that were listed for its model alone, by version.
        silent_for: requests whose next response was arranged not to reach the DSP.
        failing_at: requests whose next command it was arranged not to carry out.
        late_for: requests whose next response is held back.
        cut_off: whether no command reaches it.
    """

    name: str
    provided: ProvidedDevice
    model: Model
    cpl_entry_id: str
    running: str
    before: DeviceStatus = DeviceStatus.COMMISSIONED
    record: InventoryDevice | None = None
    new_firmware: NewFirmware | None = None
    listed: dict[str, str] = field(default_factory=dict)
    silent_for: set[str] = field(default_factory=set)
    failing_at: set[str] = field(default_factory=set)
    late_for: set[str] = field(default_factory=set)
    cut_off: bool = False

    @property
    def device_id(self) -> Eui64:
        """Its EUI-64."""
        return self.provided.device_id
