"""What moves and stories draw from: the sketch of the history, the decks, and plain dice."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from dsp_conformance.duis.catalogue import ServiceReferenceVariant
from dsp_conformance.duis.terms import FutureDating, Kind, UserRole
from dsp_conformance.explore.abilities import Abilities, natural_roles, rows_for, senders_of, supplier_of
from dsp_conformance.explore.deck import Decks
from dsp_conformance.explore.events import (
    ChangeEntry,
    EntryChange,
    Event,
    ListFirmware,
    ReadFirmware,
    SendRequest,
    Spelling,
)
from dsp_conformance.explore.sketch import Sketch, SketchedDevice

__all__ = ["LEAVING", "Draw"]

LEAVING: Final = (EntryChange.DELETED, EntryChange.WITHDRAWN, EntryChange.CANCELLED, EntryChange.EXPIRED)
"""How an entry leaves the CPL."""

_CHANGES_MUCH: Final = ("8.", "12.", "6.15", "6.21", "6.23")
_DSP_KEEPS: Final = frozenset({FutureDating.DSP, FutureDating.DSP_AND_DEVICE})
_Thing = TypeVar("_Thing")


@dataclass(slots=True)
class Draw:
    """Draws values for one history.

    Attributes:
        random: the dice.
        decks: go on from history to history.
        abilities: what the product and its testbed can do.
        sketch: the history so far.
    """

    random: Random
    decks: Decks
    abilities: Abilities
    sketch: Sketch

    def one_of(self, things: Sequence[_Thing]) -> _Thing:
        """Return one of several things by dice."""
        return self.random.choice(things)

    def chance(self, probability: float) -> bool:
        """Throw dice."""
        return self.random.random() < probability

    def can(self, *capabilities: str) -> bool:
        """Tell whether the testbed has these capabilities."""
        return not any(map(self.abilities.without, capabilities))

    def new_version(self) -> str:
        """Return a version that nothing uses yet."""
        return f"{self.random.getrandbits(31) + 1:08X}"

    def near_version(self, version: str) -> str:
        """Return a version that one may take for another."""
        digit = f"{(int(version[-1], 16) + 1) % 16:X}"
        other = self.new_version()
        shifted = version.lstrip("0").ljust(8, "0")
        near = (
            version[:-1] + digit,
            version[:4] + other[4:],
            other[:4] + version[4:],
            bytes.fromhex(version)[::-1].hex().upper(),
            shifted if shifted != version else version[:-1] + digit,
        )
        return near[self.decks.deal("near", range(len(near)))]

    def active_version(self, device: SketchedDevice) -> tuple[list[Event], str]:
        """Return an Active version other than the recorded one, and what has to be listed for it before."""
        versions = [each for each in self.sketch.active(device.model_name) if each != device.recorded]
        if versions and self.chance(0.7):
            return [], self.one_of(versions)
        version = self.new_version()
        spelled = Spelling.PLAIN
        if self.chance(0.15):
            spelled = self.decks.deal("spelled", tuple(Spelling))
            version = f"00{version[2:]}"
        return [ListFirmware(model=device.model_name, version=version, spelled=spelled)], version

    def leave(self, device: SketchedDevice) -> list[Event]:
        """Have the firmware that a Device is recorded with leave the CPL."""
        if device.recorded not in self.sketch.active(device.model_name):
            return []
        to = self.decks.deal("leaving", LEAVING)
        return [ChangeEntry(model=device.model_name, version=device.recorded, to=to)]

    def role_for(self, device: SketchedDevice) -> UserRole:
        """Return who reads a Device: often its supplier, else whose turn it is."""
        device_type = device.model.device_type
        roles = tuple(sorted(natural_roles(device_type) & self.abilities.roles))
        supplier = supplier_of(device_type)
        if not roles or (supplier in roles and self.chance(0.4)):
            return supplier
        return self.decks.deal(("role", device_type), roles)

    def read(self, device: SketchedDevice) -> ReadFirmware:
        """Return SR11.2 at once over the WAN, by any role that reads the Device."""
        return ReadFirmware(device=device.name, role=self.role_for(device), lower_case=self.chance(0.05))

    def request(
        self, device: SketchedDevice, kind: Kind, *, changing: bool = False, later: bool = False
    ) -> list[Event]:
        """Return the request of a kind whose turn it is, by a role that may send it.

        Args:
            device: whom it is sent to.
            kind: critical or non-critical.
            changing: whether it is one that changes keys or the inventory, which come last for a Device.
            later: whether it is future-dated.
        """
        rows = tuple(
            row
            for row in rows_for(device.model).values()
            if row.kind is kind
            and row.variant.startswith(_CHANGES_MUCH) is changing
            and (not later or row.future_dated in _DSP_KEEPS)
        )
        if not rows:
            return []
        # A deck of its own for Suspended Devices: there each request is to get its turn.
        model = (device.model.device_type, device.model.smets1)
        name = ("request", *model, kind, changing, later, device.suspended)
        return self._sent(device, self.decks.deal(name, rows), later=later)

    def named_request(self, device: SketchedDevice, variant: str, way: int = 0) -> list[Event]:
        """Return one request by its variant, where the Device may be sent it."""
        row = rows_for(device.model).get(variant)
        return [] if row is None else self._sent(device, row, way=way)

    def _sent(
        self, device: SketchedDevice, row: ServiceReferenceVariant, *, way: int = 0, later: bool = False
    ) -> list[Event]:
        roles = tuple(sorted(senders_of(row, device.model.device_type) & self.abilities.roles))
        if not roles:
            return []
        critical = row.kind is Kind.CRITICAL
        if not way:
            local = not later and self.abilities.local_delivery is not False and self.chance(0.2)
            way = (5 if critical else 1) + (self.decks.deal(("way", critical), (1, 2)) if local else 0)
        role = self.decks.deal(("sender", row.variant, device.model.device_type), roles)
        return [
            SendRequest(device=device.name, variant=row.variant, role=role, way=way, later=later)  # type: ignore[arg-type]  # 1 to 3, or 5 to 7
        ]
