"""What the target declares and its testbed can do: asked once, before the first scenario runs."""

from collections.abc import Mapping

import pytest

from dsp_conformance.base.ipc import Caller
from dsp_conformance.collection.planning import Circumstances
from dsp_conformance.running.controller import address_of
from dsp_conformance.running.opening import OPENED
from dsp_conformance.running.session import ASSIGNMENT, STUB, TARGET
from dsp_conformance.running.stub_process import StubNotStarted
from dsp_conformance.running.workers import Role
from dsp_conformance.scenario.device_assignment import DeviceAssignment
from dsp_conformance.target import Target
from dsp_conformance.testbed.errors import TestbedError
from dsp_conformance.testbed.opening import open_testbed
from dsp_conformance.testbed.protocol import Capability
from dsp_conformance.testbed.settings import ControlApiSettings, ProvisionedSettings
from dsp_conformance.testbed.terminal import NoTerminal


def circumstances_of(config: pytest.Config) -> Circumstances:
    """Return what decides which scenarios can run against the session's target."""
    target = config.stash[TARGET]
    capabilities, switches = _told(config)
    return Circumstances(
        switches=target.profile.completed_by(switches).switches,
        roles=frozenset(role for user in target.users for role in user.roles),
        capabilities=capabilities,
        staging=_assignment(config, target),
    )


def assignment_for(target: Target) -> DeviceAssignment | None:
    """Return what decides which Devices scenarios get; None where a testbed makes them."""
    settings = target.testbed
    return DeviceAssignment(settings.devices) if isinstance(settings, ProvisionedSettings) else None


def _assignment(config: pytest.Config, target: Target) -> DeviceAssignment | None:
    assignment = assignment_for(target)
    if assignment is not None:
        config.stash[ASSIGNMENT] = assignment
    return assignment


def _told(config: pytest.Config) -> tuple[frozenset[Capability] | None, Mapping[str, bool]]:
    """Ask the testbed what it can do, and what the product declares.

    Where it does not answer, its capabilities are None; the run then says so by itself.
    """
    settings = config.stash[TARGET].testbed
    try:
        with open_testbed(settings or ControlApiSettings(_stub_url(config))) as testbed:
            return testbed.capabilities, testbed.dsp.switches
    except (TestbedError, StubNotStarted, NoTerminal):
        return None, {}


def _stub_url(config: pytest.Config) -> str:
    if Role.of(config) is Role.WORKER:
        return str(Caller(address_of(config))(OPENED).stub_control_url)
    return config.stash[STUB].control_url
