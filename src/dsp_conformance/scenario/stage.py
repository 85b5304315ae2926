"""One scenario's stage: the Devices, models and CPL entries it makes, through the testbed."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import InventoryDevice
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.judging.expectations import expect_same_record, is_same_record
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.scenario.conformance_run import ConformanceRun, translated
from dsp_conformance.scenario.devices import (
    NEAR_MISSES,
    Model,
    NewFirmware,
    StagedDevice,
    new_spellable_version,
    new_version,
)
from dsp_conformance.scenario.traffic import Traffic
from dsp_conformance.testbed.errors import TestbedError
from dsp_conformance.testbed.protocol import Capability, CplEntry, DeviceSpec, Fault, SmetsVersion
from dsp_conformance.user.exchange import Exchange

if TYPE_CHECKING:
    from dsp_conformance.scenario.request_making import MadeRequest

_IMAGE_OCTETS: Final = 256
_PAUSE: Final = 0.02
_SILENCING: Final = frozenset({Fault.RESPONSE_LOST, Fault.UNREACHABLE, Fault.RESPONSE_HELD})

OTHER_TYPE: Final = {DeviceType.ESME: DeviceType.GSME, DeviceType.GSME: DeviceType.ESME}
"""For each type of meter the other one."""


@dataclass(slots=True)
class Stage:
    """What one scenario has made, and makes.

    Every operation raises `NotTestable` where the testbed lacks the capability, and `Inconclusive` where it
    refuses or where the state it should have brought about does not show in the inventory.

    Attributes:
        run: what it shares with the other scenarios.
        traffic: the scenario's Service Users and what passed between them and the DSP.
        devices: its Devices by the name the scenario calls them.
        sent: the request that the scenario judges, or None before it is sent.
        flaw: why the Pre-Command of that request was not signed; empty otherwise.
        again: makes the request that the scenario judges to another Device.
        by_device: requests sent to several Devices, by the Device's name.
        at_once: requests sent to one Device without waiting in between.
        unanswered: a request whose response was lost, or is held back.
    """

    run: ConformanceRun
    traffic: Traffic
    devices: dict[str, StagedDevice] = field(default_factory=dict)
    sent: Exchange | None = None
    flaw: str = ""
    again: Callable[[StagedDevice], "MadeRequest"] | None = None
    by_device: dict[str, Exchange] = field(default_factory=dict)
    at_once: list[Exchange] = field(default_factory=list)
    unanswered: Exchange | None = None

    @property
    def last(self) -> Exchange:
        """The request that the scenario judges.

        Raises:
            LookupError: the feature sent none.
        """
        if self.sent is None:
            raise LookupError("the scenario judges a request, and has sent none")
        return self.sent

    @property
    def judged(self) -> tuple[Exchange, ...]:
        """The requests that were sent at once, or else the one that the scenario judges.

        Raises:
            LookupError: the feature sent none.
        """
        return tuple(self.at_once) or (self.last,)

    def device(self, name: str) -> StagedDevice:
        """Return the Device of that name.

        Raises:
            LookupError: the feature never made it.
        """
        try:
            return self.devices[name]
        except KeyError:
            have = ", ".join(self.devices) or "none"
            raise LookupError(f"the scenario speaks of {name!r}, and has made: {have}") from None

    def list_firmware(self, entry: CplEntry) -> str:
        """Add an entry to the CPL and return the testbed's name for it."""
        return self.run.list_firmware(entry)

    def provide(self, name: str, model: Model, spec: DeviceSpec, cpl_entry_id: str = "") -> StagedDevice:
        """Provide a Device under a name of the scenario's."""
        provided = self.run.provide(spec)
        device_id = provided.device_id
        if spec.smets_version is SmetsVersion.SMETS1:
            self.run.connection.unjudged.add(device_id)
        running = spec.running_firmware_version or spec.firmware_version
        device = StagedDevice(name, provided, model, cpl_entry_id, running)
        self.devices[name] = device
        return device

    def remember(self, device: StagedDevice, status: DeviceStatus) -> None:
        """See that a Device has a status in the inventory, and remember its record."""
        device.record = self.traffic.record_in_status(device, status)

    def listed_device(
        self,
        name: str,
        model: Model,
        status: DeviceStatus = DeviceStatus.COMMISSIONED,
        users: frozenset[Eui64] | None = None,
        version: str = "",
    ) -> StagedDevice:
        """Provide a Device that runs firmware listed as Active for its model; its record is not yet read.

        Args:
            name: what the scenario calls it.
            model: its model.
            status: the status it has.
            users: who is entitled to it; every Service User where left out.
            version: its firmware; one that nothing else uses where left out.
        """
        version = version or new_version()
        entry_id = self.list_firmware(model.entry(version))
        spec = replace(model.device(version, status), responsible_users=users)
        return self.provide(name, model, spec, entry_id)

    def suspended_device(
        self, name: str, model: Model, before: DeviceStatus, users: frozenset[Eui64] | None = None
    ) -> StagedDevice:
        """Provide a Device whose firmware is then removed from the CPL, and see that it is Suspended."""
        device = self.listed_device(name, model, before, users)
        device.before = before
        self.remove_firmware(device)
        self.remember(device, DeviceStatus.SUSPENDED)
        return device

    def suspended_pair(self, name: str, second: str, model: Model, second_before: DeviceStatus) -> None:
        """Provide two Devices recorded with the same firmware, which is then removed from the CPL.

        Args:
            name: what the scenario calls the first, which was Commissioned.
            second: what it calls the second.
            model: the model of both.
            second_before: the status that the second is suspended from.
        """
        first = self.listed_device(name, model)
        spec = model.device(first.running, second_before)
        other = self.provide(second, model, spec, first.cpl_entry_id)
        other.before = second_before
        self.remove_firmware(first)
        for device in (first, other):
            self.remember(device, DeviceStatus.SUSPENDED)

    def commissioned_twin(self, device: StagedDevice) -> StagedDevice:
        """Provide a Device of the same type and generation that is Commissioned, to be asked the same."""
        twin = self.listed_device("twin", Model.unique(device.model.device_type, device.model.smets_version))
        self.remember(twin, DeviceStatus.COMMISSIONED)
        return twin

    def was_activated(self, device: StagedDevice) -> bool:  # noqa: ARG002 - a list of Devices tells
        """Tell whether a Device got and activated its new firmware before the scenario, in silence."""
        return False

    def activated(self, device: StagedDevice) -> None:
        """Note that a Device was told to activate its new firmware, and does unless a fault was arranged."""
        if "11.3" in device.failing_at:
            device.failing_at.discard("11.3")
        else:
            device.running = self.firmware_of(device).version

    def remove_firmware(self, device: StagedDevice, status: CplStatus | None = None) -> None:
        """Take the firmware that a Device is recorded with off the CPL: removed, or given another status."""
        self._unlist(device.cpl_entry_id, status)

    def run_firmware(self, device: StagedDevice, version: str) -> None:
        """Have the Device itself run a firmware version, unknown to the inventory."""
        try:
            self.run.testbed.run_firmware(device.device_id, version)
        except TestbedError as error:
            raise translated(error) from error
        device.running = version

    def arrange(self, device: StagedDevice, variant: str, fault: Fault) -> None:
        """Arrange a fault for the Device's next command of a request."""
        try:
            self.run.testbed.inject_fault(device.device_id, variant, fault)
        except TestbedError as error:
            raise translated(error) from error
        if fault in _SILENCING:
            device.silent_for.add(variant)
        if fault is Fault.RESPONSE_HELD:
            device.late_for.add(variant)
        if fault is Fault.DEVICE_ERROR:
            device.failing_at.add(variant)

    def release(self, device: StagedDevice) -> None:
        """Let the Device's responses go that were held back."""
        try:
            self.run.testbed.release_responses(device.device_id)
        except TestbedError as error:
            raise translated(error) from error

    def set_status(self, device: StagedDevice, status: DeviceStatus) -> None:
        """Have the ordinary processes change a Device's status, and see that it did."""
        try:
            self.run.testbed.set_status(device.device_id, status)
        except TestbedError as error:
            raise translated(error) from error
        self.remember(device, status)
        device.before = status

    def restart_dsp(self) -> None:
        """Restart the DSP while no other scenario of the run is under way."""
        with self.run.alone():
            try:
                self.run.testbed.restart()
            except TestbedError as error:
                raise translated(error) from error

    def cut_off(self, device: StagedDevice) -> None:
        """Have no command reach the Device any more."""
        try:
            self.run.testbed.set_reachable(device.device_id, reachable=False)
        except TestbedError as error:
            raise translated(error) from error
        device.cut_off = True

    def new_firmware(self, device: StagedDevice) -> NewFirmware:
        """Make up new firmware that the CPL lists as Active for the Device's model, for later."""
        version = new_version()
        entry_id = self.list_firmware(device.model.entry(version))
        # The hash of an image must be its own, so no two are alike.
        device.new_firmware = NewFirmware(version, secrets.token_bytes(_IMAGE_OCTETS), entry_id)
        return device.new_firmware

    def list_elsewhere(self, device: StagedDevice, where: str) -> str:
        """Return firmware that the CPL lists, but not as Active for this Device's model.

        Args:
            device: the Device that is to report it.
            where: ``device type``, ``model`` or ``manufacturer``, for which it is listed instead.
        """
        others = {
            "device type": device.model.of_type(OTHER_TYPE[device.model.device_type]),
            "model": device.model.renamed(),
            "manufacturer": device.model.of_other_manufacturer(),
        }
        version = new_version()
        self.list_firmware(others[where].entry(version))
        return version

    def list_with_status(self, device: StagedDevice, status: CplStatus, version: str = "") -> str:
        """Return firmware that the CPL lists for this Device's model with that status.

        Args:
            device: the Device that is to report it.
            status: how the CPL lists it.
            version: its version; one that nothing else uses where left out.
        """
        version = version or new_version()
        device.listed[version] = self.list_firmware(replace(device.model.entry(version), status=status))
        return version

    def list_spelled(self, device: StagedDevice, spell: Callable[[str], str]) -> str:
        """Return firmware that the CPL lists as Active for this Device's model, and writes in its own way.

        Args:
            device: the Device that is to report it, as 8 upper-case hexadecimal digits.
            spell: how the CPL writes it.
        """
        version = new_spellable_version()
        device.listed[version] = self.list_firmware(device.model.entry(spell(version)))
        return version

    def list_near_misses(self, device: StagedDevice, near: str) -> None:
        """List firmware that is much like what a Device runs, but not the same, as Active for its model."""
        for version in NEAR_MISSES[near](device.running):
            self.list_firmware(device.model.entry(version))

    def list_running_firmware(self, device: StagedDevice) -> None:
        """List the firmware that a Device runs, and that nothing listed, as Active for its model."""
        device.listed[device.running] = self.list_firmware(device.model.entry(device.running))

    def unlist_running_firmware(self, device: StagedDevice, status: CplStatus | None = None) -> None:
        """Take the firmware that a Device runs now off the CPL: removed, or given another status."""
        self._unlist(device.listed.get(device.running, device.cpl_entry_id), status)

    def unlist_new_firmware(self, device: StagedDevice) -> None:
        """Take a Device's new firmware off the CPL again."""
        self._remove(self.firmware_of(device).cpl_entry_id)

    def firmware_of(self, device: StagedDevice) -> NewFirmware:
        """Return the new firmware that was made for a Device.

        Raises:
            LookupError: the feature made none.
        """
        if device.new_firmware is None:
            raise LookupError(f"the scenario speaks of new firmware of the {device.name}, and has made none")
        return device.new_firmware

    def device_of(self, exchange: Exchange) -> StagedDevice:
        """Return the Device that a request was about."""
        target = exchange.request.request_id.target
        return next(device for device in self.devices.values() if device.device_id == target)

    def remembered(self, device: StagedDevice) -> InventoryDevice:
        """Return a Device's record as it was while the scenario was set up."""
        if device.record is None:
            raise LookupError(f"the record of the {device.name} was never read")
        return device.record

    def await_command(self, device: StagedDevice, exchange: Exchange) -> None:
        """Wait until a request's command reached the Device, where the testbed can show it.

        Raises:
            Inconclusive: it did not in time.
        """
        deadline = max(time.monotonic(), self.traffic.due_of(exchange) or 0.0)
        deadline += self.run.connection.transport.timeouts.response
        while self._commands_of(exchange, device) == 0:
            if time.monotonic() > deadline:
                raise Inconclusive(
                    Cause.PRECONDITION_UNMET,
                    f"the command of SR{exchange.request.variant} did not reach the {device.name}",
                    expected=f"a command of {exchange.request.request_id}",
                    found="none in time",
                    hint="see the testbed's own log",
                )
            self.run.connection.inbox.wait_out(time.monotonic() + _PAUSE)

    def await_outcome(self, exchange: Exchange) -> None:
        """Wait until the DSP has told what came of a request, or has kept silent long enough."""
        self.run.connection.inbox.wait_for_answers(
            exchange.request.request_id, self.run.profile.silence_seconds
        )

    def expect_reached(self, exchange: Exchange, device: StagedDevice) -> None:
        """Expect that an accepted request's command is seen at its Device, or else by the Device's response.

        Raises:
            Inconclusive: neither is, so that nobody could miss what a rejected request does not bring.
        """
        if self.run.can(Capability.OBSERVE_DEVICE):
            self.await_command(device, exchange)
            return
        seconds = self.run.connection.transport.timeouts.response
        if not self.run.connection.inbox.wait_for_answers(exchange.request.request_id, seconds):
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                f"the {device.name} did not respond to SR{exchange.request.variant}",
                expected=f"a response to {exchange.request.request_id}",
                found="none in time, and the testbed cannot show which commands reached the Device",
                hint="see that the Device answers this request; DUIS-04 judges the missing response",
            )

    def expect_no_trace(
        self, exchange: Exchange, device: StagedDevice, *, lawful: int = 0, rejected_later: bool = False
    ) -> None:
        """Expect that a rejected request reached neither the Device nor the receiver, and changed no record.

        Args:
            exchange: the rejected request.
            device: the Device it was about.
            lawful: how many commands and responses bear its RequestID for another reason: 1 where it
                repeats an accepted request.
            rejected_later: whether its rejection comes as a response, when it is due.

        Raises:
            RequirementNotMet: it left a trace.
        """
        self._expect_no_more_than(
            lawful,
            exchange,
            device,
            responses=lawful + rejected_later,
            hint="a rejected request must go no further than its rejection",
        )
        if device.model.device_type.is_type_2:
            return  # nothing lays down what the inventory shows of it (ledger BASE-01)
        before = self.remembered(device)
        record = self.traffic.record_once(device, lambda record: is_same_record(record, before))
        expect_same_record(record, before)

    def expect_nothing_sent(self, exchange: Exchange, device: StagedDevice, *, hint: str) -> None:
        """Expect that a request was not sent to its Device by the DSP, whatever the Device's record shows.

        Args:
            exchange: the request.
            device: the Device it was about.
            hint: why it must not be, for people.

        Raises:
            RequirementNotMet: it was, or brought a response.
        """
        self._expect_no_more_than(0, exchange, device, responses=0, hint=hint)

    def _expect_no_more_than(
        self, lawful: int, exchange: Exchange, device: StagedDevice, *, responses: int, hint: str
    ) -> None:
        commands = self._commands_of(exchange, device)
        if commands is None:
            self.traffic.record.observe("the testbed cannot show which commands reached the Device")
        came = len(self.run.connection.inbox.answers_to(exchange.request.request_id))
        if (commands or 0) > lawful or came > responses:
            raise RequirementNotMet(
                expected="no command at the Device and no asynchronous response"
                + (f" beyond {lawful} of the request it repeats" if lawful else ""),
                found=f"{commands or 0} commands and {came} responses to {exchange.request.request_id}",
                hint=hint,
            )

    def _unlist(self, cpl_entry_id: str, status: CplStatus | None) -> None:
        if status is None:
            self._remove(cpl_entry_id)
            return
        try:
            self.run.testbed.set_cpl_status(cpl_entry_id, status)
        except TestbedError as error:
            raise translated(error) from error

    def _remove(self, cpl_entry_id: str) -> None:
        try:
            self.run.testbed.remove_cpl_entry(cpl_entry_id)
        except TestbedError as error:
            raise translated(error) from error
        self.run.gone(cpl_entry_id)

    def _commands_of(self, exchange: Exchange, device: StagedDevice) -> int | None:
        """Count the commands of a request that reached the Device; None where the testbed cannot show it."""
        if not self.run.can(Capability.OBSERVE_DEVICE):
            return None
        try:
            reached = self.run.testbed.commands(device.device_id)
        except TestbedError as error:
            raise translated(error) from error
        wanted = str(exchange.request.request_id)
        return sum(command.request_id.upper() == wanted for command in reached)
