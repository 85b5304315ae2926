"""What Devices answer: responses in time, late, twice or not at all, and what they do to the model."""

from dataclasses import dataclass, field

from dsp_conformance.explore.abilities import METERS
from dsp_conformance.explore.access import asked_by
from dsp_conformance.explore.events import (
    Activate,
    DeviceFault,
    Event,
    ReadFirmware,
    ReleaseResponses,
    TimeComes,
)
from dsp_conformance.explore.knowledge import DeviceModel, Pending
from dsp_conformance.explore.messages import consequence_of, possible_consequences
from dsp_conformance.explore.model import HistoryModel
from dsp_conformance.explore.violation import Violation, ViolationKind
from dsp_conformance.explore.world import Delivered, Happened, Reported

__all__ = ["Answering", "execute"]

_RELEASES = {"ESME": "MP105-01", "GSME": "MP105-02"}
_SUCCESS = 0


@dataclass(slots=True)
class Answering:
    """Takes in what came while one event was carried out.

    Attributes:
        model: what is known so far.
        place: the place of the event in the history.
        event: the event.
        happened: what was observed.
    """

    model: HistoryModel
    place: int
    event: Event
    happened: Happened
    _earlier: list[tuple[Delivered, Pending]] = field(default_factory=list)

    def take_earlier(self) -> Violation | None:
        """Take in what came of earlier requests that the event has nothing to do with."""
        wrong = None
        self._earlier = self._find_earlier()
        for delivery, pending in self._earlier:
            wrong = wrong or self._take(delivery, pending, late=True)
        return wrong

    def take_earlier_again(self) -> None:
        """Take in that it may as well have come after the event."""
        for delivery, pending in self._earlier:
            if delivery.code.is_success:
                self._widen(self.model.devices[pending.device], pending)

    def answered(
        self, device: DeviceModel, pending: Pending, name: str, *, at_once: bool
    ) -> Violation | None:
        """Take in the response to a request that was accepted now."""
        wrong = None
        for delivery in self.happened.deliveries:
            if delivery.request == name:
                wrong = wrong or self._take(delivery, pending, late=pending.given_up, at_once=at_once)
        if pending.over:
            return wrong
        if isinstance(pending.event, Activate) and not pending.responses:
            device.unanswered.add(pending.event.version)
        if pending.due is None and pending.responses:
            pending.over = True
        if wrong or pending.responses or not pending.answers_surely or not self.happened.road_open:
            return wrong
        return self._missing(device, pending)

    def time_has_come(self, device: DeviceModel) -> Violation | None:
        """Take in what came of a Device's future-dated requests, whose time has come."""
        wrong = None
        due = [each for each in self.model.pending.values() if self._is_due(each, device)]
        for pending in due:
            if not isinstance(pending.event, Activate) and not pending.widened:
                execute(device, pending)
        for delivery in self.happened.deliveries:
            answered = self.model.pending.get(delivery.request)
            if answered is not None and any(answered is each for each in due):
                wrong = wrong or self._take(delivery, answered, late=answered.widened)
        for pending in due:
            wrong = wrong or self._untold(device, pending)
            if isinstance(pending.event, Activate) and not pending.told:  # the alert may be for the DSP alone
                self._widen(device, pending)
            if not pending.held:
                pending.over = True
            pending.due = None
        return wrong

    def released(self, device: DeviceModel) -> Violation | None:
        """Take in the responses of a Device that were held back until now."""
        wrong = None
        held = [each for each in self.model.pending_of(device.name) if each.held]
        passed_on: list[Pending] = []
        for delivery in self.happened.deliveries:
            answered = self.model.pending.get(delivery.request)
            if answered is not None and answered.held and delivery.code.is_success:
                passed_on.append(answered)
                wrong = wrong or self._take(delivery, answered, late=True)
        for pending in held:
            if not any(pending is each for each in passed_on):  # the DSP got it all the same
                self._take_in(pending, _would_have_said(pending), late=True, at_once=False)
            pending.held, pending.over = False, True
        return wrong

    def _find_earlier(self) -> list[tuple[Delivered, Pending]]:
        now = {answered.request for answered in self.happened.answers}
        waited = self.event.device if isinstance(self.event, TimeComes | ReleaseResponses) else ""
        found = []
        for delivery in self.happened.deliveries:
            pending = self.model.pending.get(delivery.request)
            if pending is None or delivery.request in now:
                continue
            awaited_now = pending.held or pending.due is not None
            if not (pending.device == waited and awaited_now):
                found.append((delivery, pending))
        return found

    def _is_due(self, pending: Pending, device: DeviceModel) -> bool:
        return pending.device == device.name and pending.due is not None and not pending.over

    def _take(
        self, delivery: Delivered, pending: Pending, *, late: bool, at_once: bool = False
    ) -> Violation | None:
        device = self.model.devices[pending.device]
        if not delivery.code.is_success:
            pending.given_up = True
            if pending.due is not None and not isinstance(pending.event, Activate):
                pending.over = True
            return None
        if pending.stays_barred:
            return self._wrong(
                "SCOPE-01",
                ViolationKind.OPEN,
                device,
                "a rejection when the request is due, as the Device is Suspended",
                f"{delivery.code.value}",
            )
        pending.told |= delivery.alert
        if not delivery.alert:
            pending.responses += 1
            if pending.responses > 1:
                return self._wrong(
                    "DUIS-04", ViolationKind.SECOND_RESPONSE, device, "exactly one response", "a second one"
                )
        wrong = self._wrong_payload(device, pending, delivery.reported)
        said = delivery.reported or Reported()
        self._take_in(pending, said, late=late or pending.given_up, at_once=at_once)
        return wrong

    def _take_in(self, pending: Pending, said: Reported, *, late: bool, at_once: bool) -> None:
        if not isinstance(pending.event, ReadFirmware | Activate):
            return
        device = self.model.devices[pending.device]
        found = consequence_of(self.model, device, pending, said, late=late, at_once=at_once)
        self.model.apply(device, found.rule, self.happened.ended, found.requirement, found.narrower)
        self._remember(device, pending, said, late=late)

    def _remember(self, device: DeviceModel, pending: Pending, said: Reported, *, late: bool) -> None:
        if said.version is not None and not late and not pending.held:
            device.running = frozenset({said.version})
        if isinstance(pending.event, Activate) and not said.accepted_only:
            device.unanswered.discard(pending.event.version)
            if said.outcome == _SUCCESS:
                device.image = None

    def _wrong_payload(
        self, device: DeviceModel, pending: Pending, said: Reported | None
    ) -> Violation | None:
        """Compare what a response to SR11.2 says with what the Device runs."""
        if said is None or said.version is None or not isinstance(pending.event, ReadFirmware):
            return None
        if not pending.running or said.version in pending.running:
            return None
        return self._wrong(
            self._requirement_of_reading(device, pending),
            ViolationKind.WRONG_PAYLOAD,
            device,
            f"firmware version {' or '.join(sorted(pending.running))}, which the Device runs",
            f"firmware version {said.version}",
        )

    def _missing(self, device: DeviceModel, pending: Pending) -> Violation:
        variant = asked_by(pending.event, device.model).variant
        requirement = "DUIS-04"
        if variant == "11.2":
            requirement = self._requirement_of_reading(device, pending)
        expected = f"the response to SR{variant}, which the Device answered"
        return self._wrong(requirement, ViolationKind.NO_RESPONSE, device, expected, "none")

    def _untold(self, device: DeviceModel, pending: Pending) -> Violation | None:
        """Look for what a future-dated request must bring when it is due."""
        if pending.widened or not self.happened.road_open or pending.over or pending.responses:
            return None
        if pending.stays_barred:
            expected = "a rejection when the request is due, so that the User learns of it"
            return self._wrong("SCOPE-01", ViolationKind.NOT_TOLD, device, expected, "nothing")
        surely = pending.suspended and not pending.crossed and pending.answers_surely
        if isinstance(pending.event, ReadFirmware) and surely:
            return self._missing(device, pending)
        return None

    def _requirement_of_reading(self, device: DeviceModel, pending: Pending) -> str:
        return _RELEASES.get(device.model.device_type, "DUIS-03") if pending.suspended else "DUIS-03"

    def _widen(self, device: DeviceModel, pending: Pending) -> None:
        found = possible_consequences(device, pending)
        self.model.apply(device, found.rule, self.happened.ended, found.requirement)

    def _wrong(
        self, requirement: str, kind: ViolationKind, device: DeviceModel, expected: str, found: str
    ) -> Violation:
        return Violation(requirement, kind, "", device.name, self.place, expected, found)


def execute(device: DeviceModel, pending: Pending) -> None:
    """Take in that a command was sent to a Device: which fault waits for it, and what it does there."""
    pending.running = device.running
    if not device.reachable:
        return
    event = pending.event
    variant = asked_by(event, device.model).variant
    if not device.faults_certain and device.faults.get(variant):
        _may_have_activated(device, event)
        return
    fault = device.next_fault(variant)
    pending.held = fault is DeviceFault.RESPONSE_HELD
    pending.fails = fault is DeviceFault.DEVICE_ERROR
    silent = {DeviceFault.RESPONSE_LOST, DeviceFault.UNREACHABLE, DeviceFault.RESPONSE_HELD}
    pending.answers_surely = device.model.device_type in METERS and fault not in silent
    if fault not in {DeviceFault.UNREACHABLE, DeviceFault.DEVICE_ERROR}:
        _may_have_activated(device, event)


def _may_have_activated(device: DeviceModel, event: Event) -> None:
    """Take in that a Device was told to activate firmware: it runs it if it holds the image."""
    if isinstance(event, Activate):
        certain = device.image == event.version and not event.later
        others = frozenset[str]() if certain else device.running
        device.running = others | {event.version}
        device.image = None


def _would_have_said(pending: Pending) -> Reported:
    """Return what a Device said in a response that nobody saw, as far as that is certain."""
    if isinstance(pending.event, ReadFirmware) and len(pending.running) == 1:
        return Reported(version=next(iter(pending.running)))
    return Reported()
