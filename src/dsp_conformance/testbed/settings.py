"""What each driver is told by a target file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsp_conformance.tls.settings import ClientTls

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.testbed.device_list import DeviceList
    from dsp_conformance.testbed.protocol import Capability

__all__ = [
    "CommandSettings",
    "ControlApiSettings",
    "ManualSettings",
    "ProvisionedSettings",
    "TestbedSettings",
]


@dataclass(frozen=True, slots=True)
class ControlApiSettings:
    """The testbed behind the Testbed Control API.

    Attributes:
        url: the base of the API.
        token: the bearer token; left out of every rendering.
        tls: how to connect where the URL is https.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    tls: ClientTls = field(default_factory=ClientTls)


@dataclass(frozen=True, slots=True)
class ProvisionedSettings:
    """Devices that were brought into their states beforehand.

    Attributes:
        devices: the list of them.
    """

    devices: DeviceList


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """The testbed behind a program of the vendor's.

    Attributes:
        command: the program, found, and its first arguments.
        folder: where it is run.
        timeout: seconds that one operation may take.
        one_at_a_time: whether it must not run twice at the same time.
    """

    command: tuple[str, ...]
    folder: Path
    timeout: float = 60.0
    one_at_a_time: bool = False


@dataclass(frozen=True, slots=True)
class ManualSettings:
    """A person at the terminal.

    Attributes:
        capabilities: what the person can do.
    """

    capabilities: frozenset[Capability]


TestbedSettings = ControlApiSettings | ProvisionedSettings | CommandSettings | ManualSettings
"""The settings of one driver."""
