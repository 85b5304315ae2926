"""`[testbed]` of a target file: `driver` says which driver, and each driver has keys of its own."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from dsp_conformance.target.fields import URL, EnvironmentName, FilePath, Seconds, Section, Text, Url
from dsp_conformance.target.tls_form import TlsForm
from dsp_conformance.testbed.protocol import Capability

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DRIVERS", "CommandForm", "ControlApiForm", "ManualForm", "ProvisionedForm", "TestbedForm"]

_TIMEOUT = 60.0
_MANUAL = (
    Capability.EDIT_CPL,
    Capability.PROVIDE_DEVICE,
    Capability.SET_STATUS,
    Capability.CONTROL_DEVICE,
    Capability.INJECT_FAULT,
    Capability.HOLD_RESPONSE,
    Capability.RESTART,
)  # a person neither registers certificates nor watches the WAN
_DRIVER = "one of the drivers 'control-api', 'provisioned', 'command' and 'manual'"


def _manual(capability: Capability) -> Capability:
    if capability not in _MANUAL:
        raise ValueError("not by hand")
    return capability


_ByHand = Annotated[
    Capability,
    Field(strict=False),
    AfterValidator(_manual),
    WithJsonSchema({"type": "string", "enum": [one.value for one in _MANUAL]}),
]


class ControlApiForm(Section):
    """The DSP, or an adapter in front of it, speaks the Testbed Control API."""

    driver: Literal["control-api"] = Field(description=_DRIVER)
    url: Url = Field(description=f"{URL}: the base of the Testbed Control API")
    token_env: EnvironmentName | None = Field(
        default=None, description="the name of the environment variable that holds the bearer token"
    )
    tls: TlsForm | None = Field(default=None, description="a section [testbed.tls]")


class ProvisionedForm(Section):
    """Devices were brought into their states beforehand, and stand in a list."""

    driver: Literal["provisioned"] = Field(description=_DRIVER)
    devices: FilePath = Field(
        description="the path of a list of Devices, CSV or TOML, as 'dsp-conformance testbed plan' prints it"
    )


class CommandForm(Section):
    """A program of the vendor's brings the DSP into states, one operation at a time."""

    driver: Literal["command"] = Field(description=_DRIVER)
    command: list[Text] = Field(
        min_length=1,
        description="a list of texts: a program and its first arguments, such as ['./testbed.py', '--lab']",
    )
    timeout: Seconds = Field(
        default=_TIMEOUT, description="a number of seconds above 0 that one operation may take"
    )
    one_at_a_time: bool = Field(
        default=False,
        description="true where the program must not run twice at the same time, else false",
    )


class ManualForm(Section):
    """A person brings the DSP into states, told what to do in the terminal."""

    driver: Literal["manual"] = Field(description=_DRIVER)
    capabilities: list[_ByHand] = Field(
        default_factory=lambda: list(_MANUAL),
        description=f"a list of what the person can do: {', '.join(_MANUAL)}",
    )


TestbedForm = Annotated[
    ControlApiForm | ProvisionedForm | CommandForm | ManualForm, Field(discriminator="driver")
]
"""The whole section."""

DRIVERS: Final[Mapping[str, type[Section]]] = MappingProxyType(
    {
        "control-api": ControlApiForm,
        "provisioned": ProvisionedForm,
        "command": CommandForm,
        "manual": ManualForm,
    }
)
"""The form of each driver's section."""
