"""How a DSP is put into the state that a scenario needs, where DUIS has no Service Request for it.

`protocol` says what a testbed may offer, `errors` how it says no; each driver is a module of its own.
A testbed never has a part in a verdict: those come from DUIS traffic alone (testbed-control.openapi.yaml).
"""

from __future__ import annotations

from dsp_conformance.testbed._http import Timeouts
from dsp_conformance.testbed.control_api import ControlApiTestbed
from dsp_conformance.testbed.errors import (
    MissingCapability,
    TestbedAnswerUnusable,
    TestbedError,
    TestbedRefused,
    TestbedUnreachable,
)
from dsp_conformance.testbed.protocol import (
    Capability,
    CplEntry,
    DeviceSpec,
    DspIdentity,
    Fault,
    ProvidedDevice,
    ReachedCommand,
    SmetsVersion,
    Testbed,
    UserRegistration,
)

__all__ = [
    "Capability",
    "ControlApiTestbed",
    "CplEntry",
    "DeviceSpec",
    "DspIdentity",
    "Fault",
    "MissingCapability",
    "ProvidedDevice",
    "ReachedCommand",
    "SmetsVersion",
    "Testbed",
    "TestbedAnswerUnusable",
    "TestbedError",
    "TestbedRefused",
    "TestbedUnreachable",
    "Timeouts",
    "UserRegistration",
]
