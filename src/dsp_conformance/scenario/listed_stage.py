"""The stage of a scenario whose Devices come from a list: each is leased, and seen to be in its state."""

# ruff: noqa: ARG002 - what is the case already need not be brought about

from dataclasses import dataclass, field

from dsp_conformance.duis.messages import InventoryDevice
from dsp_conformance.duis.terms import CplStatus, DeviceStatus
from dsp_conformance.gbcs import FirmwareMatch, compare_firmware
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.device_assignment import AllottedDevice, DeviceAssignment
from dsp_conformance.scenario.devices import Model, NewFirmware, StagedDevice
from dsp_conformance.scenario.dry_run import WantedDevice
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.testbed.device_list import ProvisionedDevice
from dsp_conformance.testbed.device_state import DeviceState
from dsp_conformance.testbed.protocol import CplEntry, DeviceSpec, SmetsVersion


@dataclass(slots=True)
class ListedStage(Stage):
    """A stage on which everything that a scenario's Givens ask for is the case already.

    What the rehearsal of the scenario showed to be more than a list can promise never gets here: it is not
    testable, and the testbed behind this stage has no capability at all.

    Attributes:
        leased: the scenario's Devices, by the name that it calls them.
        assignment: the Devices of the list, for more of them.
    """

    leased: dict[str, ProvisionedDevice] = field(default_factory=dict)
    assignment: DeviceAssignment | None = None

    def commissioned_twin(self, device: StagedDevice) -> StagedDevice:
        """Bring a Device on stage that no scenario got.

        Raises:
            Inconclusive: the list has none to spare.
        """
        assert self.assignment is not None, "made with one"
        state = DeviceState(device.model.device_type, DeviceStatus.COMMISSIONED, device.model.smets_version)
        spares = self.assignment.spares(state)
        if not spares:
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                "no Commissioned twin shows why the request was rejected",
                expected=f"a Device to spare in {self.assignment.devices.path.name}: {state}",
                found="none that no scenario needs",
                hint="add one such Device to the list",
            )
        allotted = AllottedDevice(WantedDevice("twin", state), spares[0])
        self.leased["twin"] = _leased(self, allotted, self.assignment)
        return Stage.commissioned_twin(self, device)

    def list_firmware(self, entry: CplEntry) -> str:
        """It is listed."""
        return ""

    def provide(self, name: str, model: Model, spec: DeviceSpec, cpl_entry_id: str = "") -> StagedDevice:
        """Bring the Device on stage that was leased under that name."""
        listed = self.leased[name]
        own = Model(spec.device_type, listed.manufacturer, listed.model, spec.smets_version)
        device = StagedDevice(name, listed.provided, own, "", listed.running)
        if spec.smets_version is SmetsVersion.SMETS1:
            self.run.connection.unjudged.add(device.device_id)
        self.devices[name] = device
        return device

    def remove_firmware(self, device: StagedDevice, status: CplStatus | None = None) -> None:
        """It is removed."""

    def run_firmware(self, device: StagedDevice, version: str) -> None:
        """It runs what its list says."""

    def set_status(self, device: StagedDevice, status: DeviceStatus) -> None:
        """Its list says which status it had, and which it has."""

    def list_with_status(self, device: StagedDevice, status: CplStatus, version: str = "") -> str:
        """Return what the Device runs: its list says how that is listed."""
        return device.running

    def list_elsewhere(self, device: StagedDevice, where: str) -> str:
        """Return what the Device runs: its list says where that is listed."""
        return device.running

    def new_firmware(self, device: StagedDevice) -> NewFirmware:
        """Return the further firmware that the list has for the Device."""
        listed = self.leased[device.name]
        assert listed.new_version is not None, "the state that was asked for has it"
        assert listed.image is not None, "it comes with the version"
        device.new_firmware = NewFirmware(listed.new_version, listed.image, "")
        return device.new_firmware

    def was_activated(self, device: StagedDevice) -> bool:
        """Tell what the list says."""
        return self.leased[device.name].state.activation_lost


def listed_stage(
    run: ConformanceRun, traffic: Traffic, assignment: DeviceAssignment, scenario_id: str
) -> ListedStage:
    """Lease the Devices of a scenario and see that each is in the state that its list says.

    Raises:
        Inconclusive: one is not, and no other Device of the list can stand in for it.
    """
    stage = ListedStage(run, traffic, assignment=assignment)
    for allotted in assignment.of(scenario_id):
        stage.leased[allotted.wanted.name] = _leased(stage, allotted, assignment)
    return stage


def _leased(stage: Stage, allotted: AllottedDevice, assignment: DeviceAssignment) -> ProvisionedDevice:
    wanted, record = allotted.wanted, stage.traffic.record
    spares = (
        () if wanted.family else assignment.spares(wanted.state)
    )  # relatives would have to change together
    reasons = []
    for device in (allotted.device, *spares):
        if not assignment.leases.take(device.device_id):
            continue
        if not (flaw := _flaw(stage, device)):
            record.observe(f"the {wanted.name} is {device.device_id} of {assignment.devices.path.name}")
            return device
        reasons.append(f"{device.device_id}: {flaw}")
        record.observe(f"{device.device_id} of {assignment.devices.path.name} is set aside: {flaw}")
    raise Inconclusive(
        Cause.PRECONDITION_UNMET,
        f"no Device for the {wanted.name} is in the state that {assignment.devices.path.name} says",
        expected=str(wanted.state),
        found="; ".join(reasons) or "all are leased to other scenarios",
        hint="bring the Device back into that state, or correct its entry in the list",
    )


def _flaw(stage: Stage, device: ProvisionedDevice) -> str:
    """What the inventory shows otherwise than the list; empty if nothing.

    Of a Type 2 Device it need show nothing; of what it shows, a status that is Suspended is a flaw.
    """
    state = device.state
    model = Model(state.device_type, device.manufacturer, device.model, state.smets_version)
    staged = StagedDevice(str(device.device_id), device.provided, model, "", device.running)
    if state.device_type.is_type_2:
        shown = stage.traffic.record_if_shown(staged)
        suspended = shown is not None and shown.status is DeviceStatus.SUSPENDED
        return "the inventory shows it as Suspended" if suspended else ""
    try:
        record = stage.traffic.read_record(staged)
    except RequirementNotMet as error:
        return f"the inventory does not show it ({error.found})"
    expected = {
        "device type": (state.device_type, record.device_type),
        "status": (state.status, record.status),
        "manufacturer": (device.manufacturer, record.manufacturer),
        "model": (device.model, record.model),
        "firmware version": (device.firmware_version, _spelled(device, record)),
        "CPL status": (device.cpl_status, record.cpl_status if device.cpl_status else None),
    }
    return "; ".join(
        f"{what}: expected {said}, found {found or 'nothing'}"
        for what, (said, found) in expected.items()
        if said != found
    )


def _spelled(device: ProvisionedDevice, record: InventoryDevice) -> str | None:
    """The recorded version, in the list's spelling where it is the same."""
    found = record.firmware_version
    same = found is not None and compare_firmware(found, device.firmware_version)
    return device.firmware_version if same is not FirmwareMatch.DIFFERENT and found is not None else found
