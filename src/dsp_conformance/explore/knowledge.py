"""What is known of single Devices, CPL entries and requests under way: the values that the model keeps."""

from dataclasses import dataclass, field
from typing import Final

from dsp_conformance.duis.terms import CplStatus
from dsp_conformance.explore.events import Activate, DeviceFault, ExploredModel, ReadFirmware, SendRequest
from dsp_conformance.explore.records import Possible, Records

__all__ = ["DeviceModel", "Entry", "Pending", "Touch"]

_CLOCKS_DIFFER: Final = 1.0
"""So many seconds before its time a future-dated request may already be executed."""


@dataclass(slots=True)
class Entry:
    """An entry of the CPL.

    Attributes:
        status: as it is now.
        left: whether the version was Active for the model before, and left the list.
    """

    status: CplStatus
    left: bool = False


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that happened while a Device had a record.

    Attributes:
        requirement: which is broken if the record is not as the rule of the event has it.
        before: what was possible before.
        moved: whether the rule changes anything.
        narrower: as in `Violation`.
    """

    requirement: str
    before: Records
    moved: bool = False
    narrower: str = ""


@dataclass(slots=True)
class Pending:
    """A request that was accepted, and of which more may come.

    Attributes:
        event: what was sent.
        device: to whom.
        suspended: whether the Device was Suspended for certain when it was sent.
        certain: whether it was certain then whether the Device is Suspended.
        barred: whether a Device that is Suspended when it is due must not be sent it.
        due: when a future-dated one is to be executed.
        resent: whether SR11.3 for the same version was sent before it, since the Device was suspended.
        running: the versions that the Device may have run when it executed it.
        answers_surely: whether the Device answers, and nothing keeps its response from the DSP.
        fails: whether the Device answers with an error.
        held: whether its response is held back.
        crossed: whether the Device's status may have changed since it was sent.
        widened: whether its time came while something else happened.
        given_up: whether the DSP has stopped waiting for it.
        responses: how many responses came.
        told: whether the alert of a future-dated activation came.
        over: whether nothing more is expected of it.
    """

    event: ReadFirmware | Activate | SendRequest
    device: str
    suspended: bool
    certain: bool
    barred: bool = False
    due: float | None = None
    resent: bool = False
    running: frozenset[str] = frozenset()
    answers_surely: bool = False
    fails: bool = False
    held: bool = False
    crossed: bool = False
    widened: bool = False
    given_up: bool = False
    responses: int = 0
    told: bool = False
    over: bool = False

    def is_due(self, at: float) -> bool:
        """Tell whether its time may have come at a moment."""
        return self.due is not None and self.due <= at + _CLOCKS_DIFFER

    @property
    def stays_barred(self) -> bool:
        """Whether it must not reach the Device, as that was Suspended all the time."""
        return self.barred and self.suspended and not self.crossed


@dataclass(slots=True)
class DeviceModel:
    """What is known of one Device.

    Attributes:
        name: what the history calls it.
        model_name: the name of its model.
        model: its model.
        possible: the records that it may have.
        running: the versions that it may run; one where that is certain.
        image: the version whose image it holds for certain.
        reachable: whether commands reach it.
        faults: those that wait for its next command, by variant.
        faults_certain: whether it is certain which faults still wait.
        keys_changed: whether a request changed who is entitled to it.
        activated: the versions for which SR11.3 was sent over the WAN since it was suspended.
        unanswered: those of them whose response never reached the DSP.
        suspensions: how often it was suspended.
        restorations: how often its record had to be restored.
        seen: whether SR8.2 has shown a record that is possible since the last change.
        touches: what happened since SR8.2 last showed what was possible, and the last thing before that.
    """

    name: str
    model_name: str
    model: ExploredModel
    possible: Possible
    running: frozenset[str]
    image: str | None = None
    reachable: bool = True
    faults: dict[str, list[DeviceFault]] = field(default_factory=dict)
    faults_certain: bool = True
    keys_changed: bool = False
    activated: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    suspensions: int = 0
    restorations: int = 0
    seen: bool = False
    touches: list[Touch] = field(default_factory=list)

    @property
    def surely_suspended(self) -> bool:
        """Whether it is Suspended, whichever of the possible records it has."""
        return all(record.suspended for record in self.possible.now)

    @property
    def surely_in_service(self) -> bool:
        """Whether it is not Suspended, whichever of the possible records it has."""
        return not any(record.suspended or record.status is None for record in self.possible.now)

    def next_fault(self, variant: str) -> DeviceFault | None:
        """Use up the fault that waits for a command that would reach the Device."""
        queue = self.faults.get(variant)
        return queue.pop(0) if queue else None
