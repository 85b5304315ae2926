"""What was visited: pairs of a meter's state and an event, coarse enough that all can be visited."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final, NamedTuple

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.explore.abilities import METERS, Abilities
from dsp_conformance.explore.knowledge import DeviceModel
from dsp_conformance.explore.model import HistoryModel
from dsp_conformance.explore.rules import Standing
from dsp_conformance.explore.words import Word, lacking_for

__all__ = ["Condition", "Coverage", "Pair", "State", "condition_of", "every_pair"]


@unique
class State(StrEnum):
    """In what state a Device is, as far as it is known."""

    COMMISSIONED = "Commissioned"
    INSTALLED = "InstalledNotCommissioned"
    RESTORED = "restored after a suspension"
    SUSPENDED = "Suspended, runs what left the CPL"
    RUNS_ACTIVE = "Suspended, runs Active firmware"
    RUNS_OTHER = "Suspended, runs other firmware"
    AGAIN = "Suspended for the second time or more"
    OTHER = "another status, or not certain"


class Condition(NamedTuple):
    """A type of Device in a state."""

    device_type: DeviceType
    state: State


class Pair(NamedTuple):
    """A condition and what happened to a Device in it."""

    condition: Condition
    word: Word


_TWICE: Final = 2


def condition_of(device: DeviceModel, model: HistoryModel) -> Condition:
    """Return the condition of a Device as far as it is known."""
    return Condition(device.model.device_type, _state_of(device, model))


def _state_of(device: DeviceModel, model: HistoryModel) -> State:  # noqa: PLR0911 - one answer a state
    statuses = {record.status for record in device.possible.now}
    if statuses == {DeviceStatus.SUSPENDED}:
        if device.suspensions >= _TWICE:
            return State.AGAIN
        (*_, running) = device.running
        if any(record.version == running for record in device.possible.now):
            return State.SUSPENDED
        return (
            State.RUNS_OTHER if model.standing(device, running) is Standing.NOT_ACTIVE else State.RUNS_ACTIVE
        )
    if DeviceStatus.SUSPENDED in statuses or len(statuses) != 1:
        return State.OTHER
    if device.suspensions:
        return State.RESTORED
    match statuses.pop():
        case DeviceStatus.COMMISSIONED:
            return State.COMMISSIONED
        case DeviceStatus.INSTALLED_NOT_COMMISSIONED:
            return State.INSTALLED
        case _:
            return State.OTHER


_SUSPENDED: Final = frozenset({State.SUSPENDED, State.RUNS_ACTIVE, State.RUNS_OTHER, State.AGAIN})


def every_pair() -> tuple[Pair, ...]:
    """Return the pairs that the picture shows: both types of meter, each state that is certain, each word."""
    return tuple(
        Pair(Condition(device_type, state), word)
        for device_type in sorted(METERS)
        for state in State
        if state is not State.OTHER
        for word in Word
    )


@dataclass(slots=True)
class Coverage:
    """What an exploration visited.

    Attributes:
        abilities: what the product and its testbed can do.
        visits: how often each pair was visited; those beyond the picture too, such as of a PPMID.
    """

    abilities: Abilities
    visits: Counter[Pair] = field(default_factory=Counter)

    def add(self, pairs: Iterable[Pair]) -> None:
        """Add what one history visited."""
        self.visits.update(pairs)

    def why_never(self, pair: Pair) -> str:
        """Say why a pair cannot be on this testbed with this product; empty where it can."""
        condition, word = pair
        if condition.device_type not in self.abilities.device_types:
            return f"the testbed provides no {condition.device_type.value}"
        if condition.state in _SUSPENDED and word is Word.STATUS_SET:
            return "no other process takes a Device out of Suspended"
        if condition.state in {State.RUNS_ACTIVE, State.RUNS_OTHER}:
            return self.abilities.without("control-device") or lacking_for(word, self.abilities)
        return lacking_for(word, self.abilities)

    @property
    def visited(self) -> tuple[Pair, ...]:
        """The pairs of the picture that were visited."""
        return tuple(pair for pair in every_pair() if self.visits[pair])

    @property
    def never_visited(self) -> tuple[Pair, ...]:
        """Those that were not, and could have been."""
        return tuple(pair for pair in every_pair() if not self.visits[pair] and not self.why_never(pair))

    @property
    def impossible(self) -> dict[Pair, str]:
        """Those that cannot be, with the reason."""
        reasons = {pair: self.why_never(pair) for pair in every_pair() if not self.visits[pair]}
        return {pair: reason for pair, reason in reasons.items() if reason}
