"""How the model goes on with each event: what is certain after it, and what has become possible."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from dsp_conformance.duis.terms import CplStatus
from dsp_conformance.explore.access import SingleRequest, asked_by, demand, requests_of
from dsp_conformance.explore.answering import Answering, execute
from dsp_conformance.explore.counting import Sent
from dsp_conformance.explore.events import (
    WAYS_OVER_THE_WAN,
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    Event,
    GiveUp,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    ReleaseResponses,
    RequestEvent,
    RestartDsp,
    RunFirmware,
    SendImage,
    SendRequest,
    SetReachable,
    SetStatus,
    TimeComes,
    devices_of,
)
from dsp_conformance.explore.knowledge import DeviceModel, Pending, Touch
from dsp_conformance.explore.messages import possible_consequences
from dsp_conformance.explore.model import HistoryModel
from dsp_conformance.explore.records import Possible, Record
from dsp_conformance.explore.rules import (
    Standing,
    after_leaving,
    after_listing,
    after_other_process,
    after_removal_of_inactive,
    after_request,
)
from dsp_conformance.explore.violation import Violation
from dsp_conformance.explore.world import Answered, Happened

__all__ = ["Progress"]

_KEYS: Final = ("6.15", "6.21", "6.23")


@dataclass(slots=True)
class Progress:
    """Takes one event into the model.

    Attributes:
        model: what is known so far.
        sent: every request of the history so far, by what names it in the World.
        place: the place of the event in the history.
        event: the event.
        happened: what was observed.
    """

    model: HistoryModel
    sent: dict[str, Sent]
    place: int
    event: Event
    happened: Happened

    def take(self) -> Violation | None:
        """Take the event in, and return what was wrong with the responses, if anything."""
        self._widen()
        answering = Answering(self.model, self.place, self.event, self.happened)
        earlier = answering.take_earlier()
        wrong = self._dispatch(answering)
        answering.take_earlier_again()
        self._widen()
        return earlier or wrong

    def _dispatch(self, answering: Answering) -> Violation | None:
        match self.event:
            case ReadFirmware() | SendImage() | Activate() | SendRequest() | AtOnce():
                return self._requested(self.event, answering)
            case TimeComes(device=name):
                return answering.time_has_come(self.model.devices[name])
            case ReleaseResponses(device=name):
                return answering.released(self.model.devices[name])
            case ListFirmware() | ChangeEntry():
                self._cpl_changed(self.event)
            case ProvideDevice(device=name, model=model, version=version, status=status):
                possible = Possible(frozenset({Record(status, version)}))
                device = DeviceModel(name, model, self.model.models[model], possible, frozenset({version}))
                device.touches.append(Touch("", possible.now))
                self.model.devices[name] = device
            case RestartDsp():
                self._touch_others((), "BASE-08")
            case _:
                self._device_changed(self.event)
        return None

    def _device_changed(self, event: Event) -> None:
        match event:
            case RunFirmware(device=name, version=version):
                self.model.devices[name].running = frozenset({version})
            case ArrangeFault(device=name, variant=variant, fault=fault):
                self.model.devices[name].faults.setdefault(variant, []).append(fault)
            case SetReachable(device=name, reachable=reachable):
                self.model.devices[name].reachable = reachable
            case GiveUp(device=name):
                device = self.model.devices[name]
                waiting = [each for each in self.model.pending_of(name) if each.due is None]
                for pending in waiting:
                    pending.given_up = True
                activated = any(isinstance(each.event, Activate) for each in waiting)
                requirement = "MP105-07" if activated else "MP105-09"
                device.touches.append(Touch(requirement, device.possible.now))
            case SetStatus(device=name, status=status):
                device = self.model.devices[name]
                recorded = {record.version for record in device.possible.now if record.version}
                listed = {
                    each for each in recorded if self.model.standing(device, each) is not Standing.NOT_ACTIVE
                }
                self._apply(
                    device,
                    lambda record: after_other_process(record, status, listed=record.version in listed),
                    "BASE-08",
                )

    def _cpl_changed(self, event: ListFirmware | ChangeEntry) -> None:
        version, same_model = event.version, event.model
        if isinstance(event, ListFirmware):
            self.model.list_firmware(event)
            becomes_active, was_active = event.status is CplStatus.ACTIVE, False
        else:
            was_active = self.model.change_entry(event) is CplStatus.ACTIVE
            becomes_active = event.to.value == CplStatus.ACTIVE.value
        for device in self.model.devices.values():
            device_type = device.model.device_type
            if device.model_name != same_model:
                device.touches.append(Touch("BASE-01", device.possible.now))
            elif becomes_active:
                self._apply(device, lambda record: after_listing(record, version), "BASE-08")
            elif was_active:
                self._apply(
                    device, partial(after_leaving, version=version, device_type=device_type), "BASE-01"
                )
            elif isinstance(event, ChangeEntry):
                rule = partial(after_removal_of_inactive, version=version, device_type=device_type)
                self._apply(device, rule, "BASE-01")

    def _requested(self, event: RequestEvent, answering: Answering) -> Violation | None:
        wrong = None
        self._touch_others(devices_of(event), "SCOPE-06")
        under_way = []
        for request, answered in requests_of(event, self.happened.answers):
            device = self.model.devices[answered.device]
            pending = self._send(request, device, answered)
            if pending is not None:
                under_way.append((device, pending, answered.request))
        readings = [
            device.name for device, pending, _ in under_way if isinstance(pending.event, ReadFirmware)
        ]
        for device, pending, name in under_way:
            twice = readings.count(device.name) > 1
            found = answering.answered(device, pending, name, at_once=twice)
            wrong = wrong or found
        return wrong

    def _send(self, request: SingleRequest, device: DeviceModel, answered: Answered) -> Pending | None:
        """Note a request and its answer, and return what is under way of it."""
        pending = None
        if not answered.taken:
            device.touches.append(Touch("SCOPE-02", device.possible.now))
        elif isinstance(request, SendImage):
            device.image = request.version if device.reachable else None
            device.touches.append(Touch("BASE-08", device.possible.now))
        else:
            pending = self._accepted(request, device, answered)
        barred = device.surely_suspended and device.seen and not answered.taken
        self.sent[answered.request] = Sent(request, device.name, barred, pending)
        return pending

    def _accepted(
        self, request: ReadFirmware | Activate | SendRequest, device: DeviceModel, answered: Answered
    ) -> Pending:
        asked = asked_by(request, device.model)
        pending = Pending(
            request,
            device.name,
            suspended=device.surely_suspended and device.seen,
            certain=device.surely_suspended or device.surely_in_service,
            barred=self._is_barred_when_due(request, device),
            due=answered.due,
        )
        self.model.pending[answered.request] = pending
        if isinstance(request, SendRequest):
            device.keys_changed |= request.variant.startswith(_KEYS)
            self._apply(device, lambda record: after_request(record, asked.variant), "BASE-08")
        over_the_wan = request.way in WAYS_OVER_THE_WAN
        if isinstance(request, Activate) and over_the_wan:
            pending.resent = request.version in device.activated
            device.activated.add(request.version)
        if not over_the_wan:
            pending.over = True
        elif pending.due is None or isinstance(request, Activate):  # the Device itself keeps an activation
            execute(device, pending)
        return pending

    def _is_barred_when_due(self, request: SingleRequest, device: DeviceModel) -> bool:
        if not isinstance(request, SendRequest) or not request.later:
            return False
        at_once = replace(asked_by(request, device.model), later=False)
        return not any(
            demand(at_once, record, self.model.abilities).accepted for record in device.possible.now
        )

    def _widen(self) -> None:
        """Take in that a future-dated request may be executed at any moment once its time has come."""
        for pending in self.model.pending.values():
            if pending.over or not pending.is_due(self.happened.ended):
                continue
            if (
                isinstance(self.event, TimeComes)
                and self.event.device == pending.device
                and not pending.widened
            ):
                continue  # waited for, with nothing else happening
            pending.widened = True
            device = self.model.devices[pending.device]
            device.faults_certain = device.faults_certain and not any(device.faults.values())
            consequence = possible_consequences(device, pending)
            self._apply(device, consequence.rule, consequence.requirement)

    def _touch_others(self, names: tuple[str, ...], requirement: str) -> None:
        for device in self.model.devices.values():
            if device.name not in names:
                device.touches.append(Touch(requirement, device.possible.now))

    def _apply(
        self, device: DeviceModel, rule: Callable[[Record], Iterable[Record]], requirement: str
    ) -> None:
        self.model.apply(device, rule, self.happened.ended, requirement)
