"""What each driver is told by a target file."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ControlApiSettings", "TestbedSettings"]


@dataclass(frozen=True, slots=True)
class ControlApiSettings:
    """The testbed behind the Testbed Control API.

    Attributes:
        url: the base of the API.
        token: the bearer token; left out of every rendering.
    """

    url: str
    token: str | None = field(default=None, repr=False)


TestbedSettings = ControlApiSettings
"""The settings of one driver."""
