"""A World whose DSP is in memory, and whose clock is its own: what an executor is to real traffic."""

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus
from dsp_conformance.explore.abilities import Abilities
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    Event,
    ExploredModel,
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
)
from dsp_conformance.explore.history import History
from dsp_conformance.explore.world import Answered, Counted, Delivered, Happened, Reported, Shown
from tests.explore.memory_dsp import GAVE_UP_AFTER, KEPT_FOR, MemoryDsp, Meter

ABILITIES = Abilities(
    settle_seconds=1.5, smets1=True, resent_activation=True, secmp0007=False, local_delivery=True
)


class MemoryWorld:
    """Carries events out on a `MemoryDsp`."""

    def __init__(self, history: History, *deviations: str, abilities: Abilities = ABILITIES) -> None:
        self.abilities = abilities
        self.dsp = MemoryDsp(*deviations)
        self.models = history.models
        self.asked: list[str] = []

    def now(self) -> float:
        return self.dsp.clock

    def wait(self, seconds: float) -> None:
        self.dsp.pass_time(seconds)

    def look(self, device: str) -> Shown:
        asked = self.dsp.clock
        found = self.dsp.shown(device)
        self.dsp.pass_time(0.004)
        status = DeviceStatus(found[0]) if found and found[0] else None
        version = (found[1] or None) if found else None
        return Shown(asked, self.dsp.clock, status, version, ResponseCode.I0, found=found is not None)

    def twin(self, event: RequestEvent, model: ExploredModel) -> ResponseCode | None:
        if isinstance(event, SendImage):
            return ResponseCode.I99
        assert isinstance(event, ReadFirmware | Activate | SendRequest)
        meter = _meter("twin", "twin's", model, "Commissioned", "0000000A")
        role = getattr(event, "role", "IS")
        return ResponseCode(self.dsp.admitted(meter, _variant(event), role, event.way, later=event.later))

    def count(self) -> tuple[Counted, ...]:
        self.dsp.pass_time(1.0)
        return tuple(Counted(name, self.dsp.responses[name], self.dsp.commands[name]) for name in self.asked)

    def carry_out(self, event: Event) -> Happened:
        began = self.dsp.clock
        self.dsp.pass_time(0.002)
        answers = self.answers(event)
        self.dsp.pass_time(0.02)
        deliveries = tuple(map(_delivered, self.dsp.posted))
        self.dsp.posted.clear()
        return Happened(began, self.dsp.clock, answers, deliveries)

    def answers(self, event: Event) -> tuple[Answered, ...]:
        match event:
            case AtOnce(first=first, second=second):
                same = isinstance(first, ReadFirmware) and isinstance(second, ReadFirmware)
                self.dsp.at_once = same and first.device == second.device
                answered = (self.answer(first), self.answer(second))
                self.dsp.at_once = False
                return answered
            case SendImage(devices=names, version=version):
                return self.images(names, version)
            case ReadFirmware() | Activate() | SendRequest():
                return (self.answer(event),)
            case ListFirmware(model=model, version=version, status=status):
                self.dsp.list_firmware(model, version, status)
            case ChangeEntry(model=model, version=version, to=to):
                self.dsp.change_entry(model, version, to)
            case ProvideDevice(device=name, model=model, version=version, status=status):
                self.dsp.meters[name] = _meter(name, model, self.models[model], status, version)
            case RestartDsp():
                self.dsp.restart()
            case _:
                self.at_the_device(event)
        return ()

    def at_the_device(self, event: Event) -> None:
        meter = self.dsp.meters[event.device]  # type: ignore[union-attr]  # all that are left have one
        match event:
            case RunFirmware(version=version):
                meter.running = version
            case ArrangeFault(variant=variant, fault=fault):
                meter.faults.append((variant, fault.value))
            case SetReachable(reachable=reachable):
                meter.reachable = reachable
            case SetStatus(status=status):
                self.dsp.write(meter, status.value)
                meter.first = meter.first or status.value
            case GiveUp():
                self.dsp.pass_time(GAVE_UP_AFTER + 0.5)
            case TimeComes():
                self.dsp.pass_time(KEPT_FOR + 0.5)
            case ReleaseResponses(device=name):
                self.dsp.release(name)

    def images(self, names: tuple[str, ...], version: str) -> tuple[Answered, ...]:
        self.dsp.asked += 1
        request = f"q{self.dsp.asked}"
        taken = self.dsp.image(names, version)
        refused = [name for name in names if not taken[name]]
        code = ResponseCode.I99 if not refused else ResponseCode.W110101
        if len(refused) == len(names):
            code = ResponseCode.E110101
        return tuple(Answered(name, request, code, taken[name]) for name in names)

    def answer(self, event: ReadFirmware | Activate | SendRequest) -> Answered:
        name, code, due = self.dsp.ask(
            event.device,
            _variant(event),
            getattr(event, "role", "IS"),
            event.way,
            later=event.later,
            version=getattr(event, "version", ""),
            lower=getattr(event, "lower_case", False),
        )
        self.asked.append(name)
        self.dsp.pass_time(0.003)
        found = ResponseCode(code)
        return Answered(event.device, name, found, taken=found.is_success, due=due)


def _variant(event: ReadFirmware | Activate | SendRequest) -> str:
    if isinstance(event, SendRequest):
        return event.variant
    return "11.2" if isinstance(event, ReadFirmware) else "11.3"


def _meter(name: str, model_name: str, model: ExploredModel, status: str, version: str) -> Meter:
    meter = Meter(
        name, model_name, model.device_type.value, model.hardware, model.smets1, str(status), version, version
    )
    meter.first = meter.status
    return meter


def _delivered(posted: tuple[str, str, str, object]) -> Delivered:
    name, device, code, what = posted
    match what:
        case ("reading", str(version)):
            said: Reported | None = Reported(version)
        case ("failed",):
            said = Reported(failed=True)
        case ("activation" | "alert", str(version), int(outcome)):
            said = Reported(version, outcome)
        case ("accepted-only",):
            said = Reported(accepted_only=True)
        case _:
            said = None
    alert = isinstance(what, tuple) and what[0] == "alert"
    return Delivered(device, name, ResponseCode(code), said, alert=alert)
