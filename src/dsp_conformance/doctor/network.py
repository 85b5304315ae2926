"""Checks of the way to the DSP and its testbed: names, TCP, TLS."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dsp_conformance.doctor.outcome import Outcome, all_of, error, known, ok
from dsp_conformance.duis.terms import Service
from dsp_conformance.testbed.settings import ControlApiSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.doctor.examination import Examination
    from dsp_conformance.target import Target
    from dsp_conformance.user.transport import Endpoints

__all__ = [
    "SERVICES",
    "Address",
    "addresses_of",
    "connect",
    "connections",
    "names",
    "one_of_each_place",
    "resolve",
    "service_addresses",
    "without_address",
]

SERVICES: Final[Mapping[Service, str]] = MappingProxyType(
    {
        Service.SEND_COMMAND: "Send Command service",
        Service.NON_DEVICE: "Non-Device service",
        Service.TRANSFORM: "Transform service",
    }
)
"""What the services are called."""

_BUNDLED: Final = "the bundled stub is reached where it says that it listens"
_TOLD: Final = "the target file names no address: what the testbed tells is looked at with it, below"
_PORTS: Final = {"http": 80, "https": 443}
_NOBODY: Final = "See that the program runs there and listens on that port, and that no firewall refuses it."
_SILENT: Final = "See that host and port are right, and that no firewall swallows what is sent there."
_NAME: Final = "Correct the name, or have it resolved: DNS, or this machine's hosts file."


@dataclass(frozen=True, slots=True)
class Address:
    """An address that the suite has to reach.

    Attributes:
        where: the section and key that names it.
        url: it.
    """

    where: str
    url: str

    @property
    def host(self) -> str:
        """The host's name or address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, by the scheme where none is named."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]

    def __str__(self) -> str:
        return f"{self.where} ({self.url})"


def names(examination: Examination) -> Outcome:
    """The hosts of all addresses in the target file can be resolved."""
    target = known(examination.target)
    addresses = addresses_of(target)
    return all_of((_noted(examination, each, resolve(each)) for each in addresses), without_address(target))


def connections(examination: Examination) -> Outcome:
    """Somebody listens at all addresses in the target file."""
    target = known(examination.target)
    addresses = addresses_of(target)
    return all_of(
        (_noted(examination, each, connect(each, target.timeouts.connect)) for each in addresses),
        without_address(target),
    )


def without_address(target: Target) -> str:
    """Say why there is nothing to look at where a target file, or no target file, names no address."""
    return _BUNDLED if target.testbed is None else _TOLD


def addresses_of(target: Target) -> list[Address]:
    """The addresses in a target file, those of one host and port once."""
    found = []
    if isinstance(target.testbed, ControlApiSettings):
        found.append(Address("[testbed] url", target.testbed.url))
    if target.dsp.endpoints is not None:
        found += service_addresses(target.dsp.endpoints, "[dsp]")
    return one_of_each_place(found)


def one_of_each_place(addresses: Iterable[Address]) -> list[Address]:
    """Leave out addresses at a host and port that an earlier one has."""
    found: dict[tuple[str, int], Address] = {}
    for each in addresses:
        found.setdefault((each.host, each.port), each)
    return list(found.values())


def service_addresses(endpoints: Endpoints, where: str) -> list[Address]:
    """The addresses of a DSP's services.

    Args:
        endpoints: its services.
        where: what names them.
    """
    return [Address(f"{where} {name}", endpoints.url_of(service)) for service, name in SERVICES.items()]


def resolve(address: Address) -> Outcome:
    """Resolve the name of a host."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as failure:
        return error(f"{address}: the name {address.host!r} does not resolve ({_said(failure)})", _NAME)
    numbers = dict.fromkeys(str(each[4][0]) for each in found)
    return ok(f"{address.host}: {', '.join(numbers)}")


def connect(address: Address, patience: float) -> Outcome:
    """Make a TCP connection and close it.

    Args:
        address: where to.
        patience: seconds to wait.
    """
    try:
        socket.create_connection((address.host, address.port), patience).close()
    except TimeoutError:
        return error(f"{address}: no TCP connection within {patience:g} s, and no refusal either", _SILENT)
    except OSError as failure:
        return error(f"{address}: no TCP connection ({_said(failure)})", _NOBODY)
    return ok(f"{address.host}:{address.port} takes connections")


def _noted(examination: Examination, address: Address, outcome: Outcome) -> Outcome:
    if outcome.status == "error":
        examination.unreachable.add(address.url)
    return outcome


def _said(failure: OSError) -> str:
    return failure.strerror or str(failure)
