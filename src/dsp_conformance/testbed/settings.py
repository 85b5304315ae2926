"""What each driver is told by a target file."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsp_conformance.tls.settings import ClientTls

__all__ = ["ControlApiSettings", "TestbedSettings"]


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


TestbedSettings = ControlApiSettings
"""The settings of one driver."""
