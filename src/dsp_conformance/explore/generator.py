"""Draws histories: the same seed and abilities draw the same, with every rare word in turn."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, Kind
from dsp_conformance.explore.abilities import METERS, Abilities
from dsp_conformance.explore.deck import Decks
from dsp_conformance.explore.drawing import Draw
from dsp_conformance.explore.events import Event, ExploredModel, ListFirmware, ProvideDevice
from dsp_conformance.explore.history import History
from dsp_conformance.explore.moves import MOVES
from dsp_conformance.explore.sketch import Sketch, SketchedDevice
from dsp_conformance.explore.stories import STORIES

__all__ = ["Generator"]

_SHORT: Final = range(22, 40)
_LONG: Final = range(75, 106)
_LONG_SHARE: Final = 0.2
_STORY_SHARE: Final = 0.22
_MAKERS: Final = ("A", "B")
_OTHER_STATUSES: Final = tuple(
    status
    for status in DeviceStatus
    if status
    not in {DeviceStatus.SUSPENDED, DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED}
)


@dataclass(slots=True)
class Generator:
    """Draws one history after the other.

    Attributes:
        abilities: what the product and its testbed can do; nothing else is drawn.
        seed: two generators with the same seed and abilities draw the same histories.
    """

    abilities: Abilities
    seed: int = 0
    _random: Random = field(init=False, repr=False)
    _decks: Decks = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - histories are to be drawn again, not to be secret
        self._decks = Decks(self._random)

    def draw(self) -> History:
        """Draw the next history: many of about 30 events, some of about 90."""
        models = self._models()
        draw = Draw(self._random, self._decks, self.abilities, Sketch(models))
        self._set_up(draw)
        length = self._random.choice(_LONG if draw.chance(_LONG_SHARE) else _SHORT)
        tries = 0
        while len(draw.sketch.events) < length and tries < 3 * length:
            tries += 1
            device = self._next_device(draw)
            self._add(
                draw, self._story(draw, device) if draw.chance(_STORY_SHARE) else self._move(draw, device)
            )
        self._finish(draw)
        return History(models=models, events=tuple(draw.sketch.events))

    def histories(self) -> Iterator[History]:
        """Draw for ever."""
        while True:
            yield self.draw()

    def _models(self) -> dict[str, ExploredModel]:
        """Return one to three models: mostly of meters, some of the other types in turn."""
        types = tuple(sorted(self.abilities.device_types & METERS)) or (DeviceType.ESME,)
        others = tuple(sorted(self.abilities.device_types - METERS))
        models: dict[str, ExploredModel] = {}
        for number in range(self._random.choice((1, 2, 2, 3))):
            device_type = self._decks.deal("type", types)
            if number and others and self._random.random() < 0.35:  # noqa: PLR2004
                device_type = self._decks.deal("other type", others)
            smets1 = bool(self.abilities.smets1) and device_type in METERS and self._random.random() < 0.2  # noqa: PLR2004
            maker = self._random.choice(_MAKERS)
            # The same name at another manufacturer is another model; a name is of one type alone.
            hardware = (
                device_type.value
                if maker not in self._makers_of(models, device_type)
                else f"{device_type} {number}"
            )
            models[f"model {number + 1}"] = ExploredModel(
                device_type=device_type, manufacturer=maker, hardware=hardware, smets1=smets1
            )
        return models

    def _makers_of(self, models: dict[str, ExploredModel], device_type: DeviceType) -> set[str]:
        return {each.manufacturer for each in models.values() if each.device_type is device_type}

    def _set_up(self, draw: Draw) -> None:
        shared = draw.new_version()
        names = iter("ABCDEFGH")
        for number, (name, model) in enumerate(draw.sketch.models.items()):
            version = shared if draw.chance(0.5) else draw.new_version()
            if model.device_type is not DeviceType.IHD:
                draw.sketch.add([ListFirmware(model=name, version=version)])
                if draw.chance(0.6):
                    draw.sketch.add([ListFirmware(model=name, version=draw.new_version())])
            count = draw.one_of((1, 2, 2, 3)) if number == 0 else draw.one_of((1, 1, 2))
            for _ in range(count):
                status = self._first_status(draw, model)
                draw.sketch.add(
                    [ProvideDevice(device=next(names), model=name, version=version, status=status)]
                )

    def _first_status(self, draw: Draw, model: ExploredModel) -> DeviceStatus:
        if model.device_type not in METERS or draw.chance(0.68):
            return DeviceStatus.COMMISSIONED
        if draw.chance(0.88):
            return DeviceStatus.INSTALLED_NOT_COMMISSIONED
        return self._decks.deal("first status", _OTHER_STATUSES)

    def _next_device(self, draw: Draw) -> SketchedDevice:
        """Return what something happens to next: more often a Suspended meter."""
        devices = list(draw.sketch.devices.values())
        weights = [
            (3 if device.suspended else 2) * (3 if device.model.device_type in METERS else 1)
            for device in devices
        ]
        return self._random.choices(devices, weights)[0]

    def _story(self, draw: Draw, device: SketchedDevice) -> list[Event]:
        return list(self._decks.deal("story", STORIES)(draw, device))

    def _move(self, draw: Draw, device: SketchedDevice) -> list[Event]:
        weights = [move.suspended if device.suspended else move.in_service for move in MOVES]
        return list(self._random.choices(MOVES, weights)[0].draw(draw, device))

    def _add(self, draw: Draw, events: list[Event]) -> None:
        """Let events happen, all of them or, where the testbed lacks something, none."""
        if not any(map(self.abilities.lacks, events)):
            draw.sketch.add(events)

    def _finish(self, draw: Draw) -> None:
        """Send some Devices what changes keys or the inventory, and then ask once more."""
        for device in list(draw.sketch.devices.values()):
            if device.model.device_type in METERS and draw.chance(0.4):
                kind = Kind.CRITICAL if draw.chance(0.6) else Kind.NON_CRITICAL
                changed = draw.request(device, kind, changing=True)
                self._add(draw, [*changed, *draw.named_request(device, "4.1.1", way=1)])
