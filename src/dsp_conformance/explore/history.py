"""A history: models and the events that happen to them, with the JSON form in which it is stored."""

import json
from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsp_conformance.explore.events import (
    AtOnce,
    Event,
    ExploredModel,
    ListFirmware,
    ProvideDevice,
    SendImage,
    devices_of,
)

__all__ = ["FORMAT", "History", "HistoryUnusable"]

FORMAT: Final = 1
"""The number of the JSON form. A later form that an older suite cannot read gets another."""

_KNOWN: Final = tuple(sorted(kind.model_fields["event"].default for kind in get_args(Event)))


class HistoryUnusable(ValueError):  # noqa: N818 - named for what it says, as InvalidEui64 is
    """A stored history cannot be replayed.

    Attributes:
        where: the place in it, such as ``events[3]``.
        expected: what may stand there.
        found: what stands there.
        hint: what to do next.
    """

    def __init__(self, where: str, *, expected: str, found: str, hint: str) -> None:
        super().__init__(where, expected, found, hint)
        self.where = where
        self.expected = expected
        self.found = found
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}; {self.hint}"


class History(BaseModel):
    """Models and events.

    Attributes:
        format: the number of the JSON form.
        models: the models that the events speak of, by name; no manufacturer and hardware stand for two
            device types.
        events: what happens, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    models: dict[str, ExploredModel]
    events: tuple[Annotated[Event, Field(discriminator="event")], ...]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a stored history.

        Raises:
            HistoryUnusable: it is none, or one of a newer suite.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unusable("the file", "a history in JSON", str(error)) from error
        if not isinstance(raw, dict) or "events" not in raw:
            raise _unusable("the file", "an object with `format`, `models` and `events`", type(raw).__name__)
        if raw.get("format") != FORMAT:
            raise _unusable("format", str(FORMAT), repr(raw.get("format")), _NEWER)
        _look_for_unknown_events(raw["events"])
        try:
            history = cls.model_validate(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise _unusable(_place(first["loc"]), first["msg"], repr(first.get("input"))) from error
        history.check()
        return history

    def to_json(self) -> str:
        """Write it, one event a line, values that are usual left out."""
        models = {
            name: model.model_dump(mode="json", exclude_defaults=True) for name, model in self.models.items()
        }
        lines = ",\n".join(f"    {json.dumps(_dumped(event))}" for event in self.events)
        return (
            f'{{\n  "format": {FORMAT},\n  "models": {json.dumps(models)},\n  "events": [\n{lines}\n  ]\n}}\n'
        )

    def with_events(self, events: Iterable[Event]) -> "History":
        """Return the history with other events, and with the models that these speak of alone."""
        kept = tuple(events)
        used = {event.model for event in kept if isinstance(event, ListFirmware | ProvideDevice)}
        models = {name: model for name, model in self.models.items() if name in used}
        return History.model_construct(format=FORMAT, models=models, events=kept)

    @property
    def devices(self) -> tuple[str, ...]:
        """The Devices that it provides, in that order."""
        return tuple(dict.fromkeys(e.device for e in self.events if isinstance(e, ProvideDevice)))

    def check(self) -> None:
        """See that it holds together.

        Raises:
            HistoryUnusable: it does not.
        """
        named: dict[tuple[str, str], str] = {}
        for name, model in self.models.items():
            key = (model.manufacturer, model.hardware)
            if key in named:
                raise _unusable(
                    f"models.{name}", "another manufacturer or hardware", f"those of {named[key]}"
                )
            named[key] = name
        for place, event in enumerate(self.events):
            model_name = getattr(event, "model", None)
            if model_name is not None and model_name not in self.models:
                raise _unusable(f"events[{place}].model", f"one of {', '.join(self.models)}", model_name)

    def about(self, device: str) -> tuple[int, ...]:
        """Return the places of the events that are about a Device."""
        return tuple(place for place, event in enumerate(self.events) if device in devices_of(event))


def without_device(event: Event, device: str) -> Event | None:
    """Return an event without a Device, or None where nothing of it is left."""
    match event:
        case SendImage(devices=devices) if device in devices and len(devices) > 1:
            return event.model_copy(update={"devices": tuple(name for name in devices if name != device)})
        case AtOnce(first=first, second=second) if first.device != second.device:
            if device == first.device:
                return second
            return first if device == second.device else event
        case _:
            return None if device in devices_of(event) else event


_NEWER: Final = "replay it with the version of the suite that stored it, or a newer one"


def _dumped(event: Event) -> dict[str, object]:
    return {"event": event.event, **event.model_dump(mode="json", exclude_defaults=True)} | (
        {side: _dumped(getattr(event, side)) for side in ("first", "second")}
        if isinstance(event, AtOnce)
        else {}
    )


def _look_for_unknown_events(events: object) -> None:
    if not isinstance(events, list):
        raise _unusable("events", "a list", type(events).__name__)
    for place, event in enumerate(events):
        kind = event.get("event") if isinstance(event, dict) else None
        if kind not in _KNOWN:
            raise _unusable(f"events[{place}].event", f"one of {', '.join(_KNOWN)}", repr(kind), _NEWER)


def _unusable(
    where: str, expected: str, found: str, hint: str = "replay a history as the suite stored it"
) -> HistoryUnusable:
    return HistoryUnusable(where, expected=expected, found=found, hint=hint)


def _place(loc: tuple[int | str, ...]) -> str:
    return (
        "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
        or "the file"
    )
