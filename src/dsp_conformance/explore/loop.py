"""Carries one history out in a World, and judges it: what search, confirmation and shrinking share."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.explore.coverage import Pair, condition_of
from dsp_conformance.explore.events import (
    ChangeEntry,
    Event,
    ListFirmware,
    ProvideDevice,
    RequestEvent,
    SetStatus,
    devices_of,
)
from dsp_conformance.explore.history import History
from dsp_conformance.explore.judge import Doubt, Judge, Sight
from dsp_conformance.explore.violation import Violation
from dsp_conformance.explore.words import words_of
from dsp_conformance.explore.world import World

__all__ = ["Looks", "NotProvided", "Replayed", "replay"]

_FIRST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 0.5

TwinCode = MutableMapping[str, ResponseCode | None]
"""What twins were answered, by request and model: one exploration asks each once."""


class NotProvided(Exception):  # noqa: N818 - named for what it says
    """The testbed did not bring a Device into the state that a history begins with, so nothing is judged.

    Attributes:
        violation: what was expected and what SR8.2 shows.
    """

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation)
        self.violation = violation

    def __str__(self) -> str:
        expected, found = self.violation.expected, self.violation.found
        return f"the {self.violation.device} was not provided as asked: expected {expected}, found {found}"


@dataclass(slots=True)
class Replayed:
    """What came of carrying a history out.

    Attributes:
        violation: what was wrong first; None where nothing was.
        carried_out: how many events were, not counting those passed over.
        passed_over: the places of the events that could not be as things were.
        visited: the pairs of a Device's condition and an event.
        set_aside: the requests that the product takes for no Device, with the code.
        lags: whether SR8.2 showed a record of before.
    """

    violation: Violation | None = None
    carried_out: int = 0
    passed_over: list[int] = field(default_factory=list)
    visited: set[Pair] = field(default_factory=set)
    set_aside: dict[str, ResponseCode] = field(default_factory=dict)
    lags: bool = False


class Looks(IntEnum):
    """How much is looked at after each event."""

    NEAR = 0
    """The Devices that the event is about, those that may have changed, and one more: for searching."""
    ALL = 1
    """Each Device, so that it is certain which event changed what: for confirming and shrinking."""
    SETTLED = 2
    """Each Device, when nothing can lag any more: to say whose requirement it is where a DSP lags."""


def replay(
    history: History, world: World, *, looks: Looks = Looks.NEAR, twins: TwinCode | None = None
) -> Replayed:
    """Carry a history out up to its first violation, or to its end.

    Args:
        history: what happens.
        world: where.
        looks: how much is looked at after each event.
        twins: what twins were answered so far; it grows.

    Raises:
        NotProvided: a Device was not provided as asked.
    """
    return _Loop(
        history, world, Judge.of(history.models, world.abilities), looks, {} if twins is None else twins
    ).run()


@dataclass(slots=True)
class _Loop:
    history: History
    world: World
    judge: Judge
    looks: Looks
    twins: TwinCode
    result: Replayed = field(default_factory=Replayed)

    def run(self) -> Replayed:
        self.result.set_aside = self.judge.set_aside
        for place, event in enumerate(self.history.events):
            self.judge.place = place
            if self.judge.model.why_not(event):
                self.result.passed_over.append(place)
                continue
            self._visit(event)
            self.result.carried_out += 1
            if violation := self._step(event, place):
                return self._ended(violation)
        self.judge.place = len(self.history.events)
        return self._ended(self._close())

    def _ended(self, violation: Violation | None) -> Replayed:
        self.result.violation = violation
        return self.result

    def _visit(self, event: Event) -> None:
        model = self.judge.model
        for name in devices_of(event) or tuple(model.devices):
            if (device := model.devices.get(name)) is not None:
                condition = condition_of(device, model)
                self.result.visited.update(Pair(condition, word) for word in words_of(event, device))

    def _step(self, event: Event, place: int) -> Violation | None:
        happened = self.world.carry_out(event)
        twin: ResponseCode | None = None
        if isinstance(event, RequestEvent):
            doubt = self.judge.doubt(event, happened)
            if doubt is not None and doubt[0] is Doubt.UNSETTLED:
                violation = self.judge.take(event, happened, tolerated=True) or self._look_settled(doubt[1])
                if violation is not None:
                    return violation
                if self.judge.model.why_not(event):
                    return None
                happened = self.world.carry_out(event)
                doubt = self.judge.doubt(event, happened)
            if doubt is not None and doubt[0] is Doubt.TWIN:
                twin = self._twin(event, doubt[1])
        violation = self.judge.take(event, happened, twin=twin)
        if violation is not None:
            return violation
        violation = self._look_around(event, place)
        if violation is not None and isinstance(event, ProvideDevice | SetStatus):
            raise NotProvided(violation)
        return violation

    def _twin(self, event: RequestEvent, name: str) -> ResponseCode | None:
        model = self.judge.model.devices[name].model
        asked = event.model_dump_json(exclude={"device", "devices"})
        key = f"{asked} {model.device_type} {model.smets1}"
        if key not in self.twins:
            self.twins[key] = self.world.twin(event, model)
        return self.twins[key]

    def _look_around(self, event: Event, place: int) -> Violation | None:
        if self.looks is Looks.SETTLED:
            self.world.wait(self.judge.model.abilities.settle_seconds)
        for name in self._to_be_seen(event, place):
            # Where several records are possible, the inventory says which, once all has settled.
            decides = self.looks >= Looks.ALL and len(self.judge.model.devices[name].possible.now) > 1
            look = self._look_settled if decides else self._look_until_it_fits
            if violation := look(name):
                return violation
        return None

    def _to_be_seen(self, event: Event, place: int) -> list[str]:
        devices = self.judge.model.devices
        if self.looks >= Looks.ALL:
            return list(devices)
        about = [name for name in devices_of(event) if name in devices]
        models = {devices[name].model_name for name in about} | {getattr(event, "model", "")}
        moving = isinstance(event, RequestEvent | ListFirmware | ChangeEntry)
        names = [
            name
            for name, device in devices.items()
            if name in about or not device.seen or (moving and device.model_name in models)
        ]
        others = [name for name in devices if name not in names]
        return [*names, *others[place % len(others) :][:1]] if others else names

    def _look_until_it_fits(self, name: str) -> Violation | None:
        """Look at a Device until SR8.2 shows what may be shown for good, or all has settled."""
        pause = _FIRST_PAUSE
        while True:
            seen = self.judge.see(name, self.world.look(name))
            if seen is not Sight.LAGS:
                return None if isinstance(seen, Sight) else seen
            self.result.lags = True
            remaining = self.judge.model.devices[name].possible.settled_at() - self.world.now()
            self.world.wait(max(0.001, min(pause, remaining)))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _look_settled(self, name: str) -> Violation | None:
        """Look at a Device when nothing can lag any more."""
        if (violation := self._look_until_it_fits(name)) is not None:
            return violation
        remaining = self.judge.model.devices[name].possible.settled_at() - self.world.now()
        if remaining > 0:
            self.world.wait(remaining)
        return self._look_until_it_fits(name)

    def _close(self) -> Violation | None:
        for name in self.judge.model.devices:
            if violation := self._look_settled(name):
                return violation
        return self.judge.count(self.world.count())
