"""A rehearsal of a scenario on paper: which Devices it asks for, and in which states it wants to find them.

The scenario's own steps are carried out with a testbed of paper, up to its first request and beyond it as
far as steps go before they send theirs. So what a list of Devices has to hold is read off the features and
steps themselves, and stands nowhere else.
"""

# ruff: noqa: ARG002 - what stands in for Service Users takes what they take, and sends nothing

import inspect
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.collection.collected import CollectedScenario, CollectedStep
from dsp_conformance.duis.catalogue import ServiceReferenceVariant
from dsp_conformance.duis.messages import InventoryDevice, ServiceRequest
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, Service, UserRole
from dsp_conformance.record.scenario_record import ScenarioIdentity, ScenarioRecord
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.dry_run_testbed import PaperDevice, RehearsedTestbed
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.target import Profile
from dsp_conformance.target.values import endpoints_under
from dsp_conformance.testbed.device_state import DeviceState, Runs
from dsp_conformance.testbed.protocol import Capability, Fault
from dsp_conformance.user.counters import Counters
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.session import Connection, UserSession
from dsp_conformance.user.transport import DuisTransport

_LOST_ACTIVATION: Final = [("11.3", Fault.RESPONSE_LOST)]
_GIVEN: Final = "given"
_WHEN: Final = "when"


@dataclass(frozen=True, slots=True)
class WantedDevice:
    """A Device that a scenario asks for.

    Attributes:
        name: what the scenario calls it.
        state: in which it wants to find it.
        family: number of the model and firmware that it shares with others of the scenario; 0 if with none.
    """

    name: str
    state: DeviceState
    family: int = 0


@dataclass(frozen=True, slots=True)
class Cast:
    """What a scenario asks of a list of Devices.

    Attributes:
        devices: the Devices that it needs.
        lacking: what else it needs of a testbed, that no list has.
        strange: steps that cannot be rehearsed, such as a vendor's own with fixtures of their own.
    """

    devices: tuple[WantedDevice, ...]
    lacking: tuple[Capability, ...] = ()
    strange: tuple[str, ...] = ()


class _RequestSent(Exception):  # noqa: N818 - here a step of a rehearsal ends
    pass


class _Session(UserSession):
    """A Service User whose requests go nowhere."""

    def send(
        self,
        variant: ServiceReferenceVariant,
        command_variant: CommandVariant,
        body: etree._Element,
        device_id: Eui64 | None = None,
        *,
        service: Service | None = None,
        lower_case: bool = False,
    ) -> Exchange:
        raise _RequestSent

    def send_spoilt(self, make: object) -> Exchange:
        raise _RequestSent

    def signed(self, request: ServiceRequest, *, lower_case: bool = False) -> bytes:
        raise _RequestSent


@dataclass(slots=True)
class _Traffic(Traffic):
    """Service Users on paper, and an inventory on paper."""

    rehearsal: "Rehearsal | None" = None
    world: RehearsedTestbed | None = None

    def act_as(self, role: UserRole) -> UserSession:
        assert self.rehearsal is not None, "made with one"
        return self.rehearsal.session(role)

    def stranger(self) -> UserSession:
        return self.act_as(UserRole.IS)

    def another(self, role: UserRole) -> UserSession:
        return self.act_as(role)

    def read_record(self, device: StagedDevice) -> InventoryDevice:
        assert self.world is not None, "made with one"
        return self.world.record_of(device.device_id)

    def record_if_shown(self, device: StagedDevice) -> InventoryDevice | None:
        return self.read_record(device)

    def record_in_status(self, device: StagedDevice, status: DeviceStatus) -> InventoryDevice:
        return self.read_record(device)


@dataclass
class Rehearsal:
    """Rehearses scenarios, one after the other."""

    _sessions: dict[UserRole, UserSession] = field(default_factory=dict)

    def of(self, scenario: CollectedScenario) -> Cast:
        """What a scenario asks of a list of Devices."""
        sent = False
        kind = _GIVEN
        world = RehearsedTestbed(live=lambda: sent or kind == _WHEN)
        stage = self._stage(world)
        strange: list[str] = []
        for step in scenario.steps:
            if step.kind not in {_GIVEN, _WHEN}:
                continue
            kind = step.kind
            try:
                known = _carry_out(step, stage)
            except _RequestSent:
                sent = True
                continue
            except LookupError:
                if not sent:
                    raise
                break  # the step looks at the answer to a request
            if not known:
                strange.append(step.text)
        return _cast(stage, world, strange)

    def session(self, role: UserRole) -> UserSession:
        """A Service User of that role."""
        if role not in self._sessions:
            user = self._user
            self._sessions[role] = _Session(replace(user, roles=frozenset({role})), self._run.connection)
        return self._sessions[role]

    def _stage(self, world: RehearsedTestbed) -> Stage:
        run = replace(self._run, testbed=world)
        record = ScenarioRecord(ScenarioIdentity("", "", "", "", "", "", {}, ()), "", [])
        return Stage(run, _Traffic(run, record, rehearsal=self, world=world))

    @cached_property
    def _user(self) -> ServiceUser:
        return self._run.stranger(UserRole.IS)

    @cached_property
    def _run(self) -> ConformanceRun:
        """What a run shares, with a connection that nothing is ever sent over."""
        connection = Connection(
            DuisTransport(endpoints_under("http://127.0.0.1:9")),
            Inspector(DuisSchema.bundled(), KnownSigners(())),
            Inbox(),
            Counters(Path(tempfile.gettempdir())),  # claimed counters need no file
            ConformanceRun.somebody(),
        )
        return ConformanceRun(RehearsedTestbed(live=lambda: False), connection, Profile(), "")


def _carry_out(step: CollectedStep, stage: Stage) -> bool:
    """Carry out a step; False if it wants more than the stage and the words of its sentence."""
    for binding in step.bindings:
        wanted = inspect.signature(binding.function).parameters
        given = {"stage": stage, **binding.words}
        if not wanted.keys() <= given.keys():
            return False
        binding.function(**{name: given[name] for name in wanted})
    return True


def _cast(stage: Stage, world: RehearsedTestbed, strange: Iterable[str]) -> Cast:
    lacking = dict(world.lacking)
    devices = [(device, world.devices[device.device_id]) for device in stage.devices.values()]
    keys = [_family(paper) for _, paper in devices]
    several = dict.fromkeys(key for key in keys if keys.count(key) > 1)
    shared = {key: number for number, key in enumerate(several, 1)}
    wanted = []
    for (staged, paper), key in zip(devices, keys, strict=True):
        lost = paper.faults == _LOST_ACTIVATION and staged.new_firmware is not None
        if paper.faults and not lost:
            lacking[Capability.INJECT_FAULT] = None
        wanted.append(WantedDevice(staged.name, _state(staged, paper, world, lost=lost), shared.get(key, 0)))
    return Cast(tuple(wanted), tuple(lacking), tuple(strange))


def _family(paper: PaperDevice) -> tuple[str, ...]:
    spec = paper.spec
    return (spec.device_type.value, spec.manufacturer, spec.model, spec.firmware_version, paper.running)


def _state(staged: StagedDevice, paper: PaperDevice, world: RehearsedTestbed, *, lost: bool) -> DeviceState:
    spec = paper.spec
    return DeviceState(
        spec.device_type,
        spec.status,
        spec.smets_version,
        paper.suspended_from,
        Runs.ACTIVE if lost else world.runs(paper),
        new_firmware=staged.new_firmware is not None,
        activation_lost=lost,
        supplier_only=spec.responsible_users is not None,
    )
