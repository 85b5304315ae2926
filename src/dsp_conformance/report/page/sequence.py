"""A scenario as a sequence diagram: who sent what to whom, in order of time, step by step.

It shows what the suite saw: requests and answers, asynchronous messages, and what the testbed was asked to
do. Between DSP and Device the suite sees nothing but what the testbed tells of commands that arrived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from dsp_conformance.report.page.anchors import exchange_anchor
from dsp_conformance.report.page.deciding import Placed, placed_exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.record.evidence import Evidence, Operation
    from dsp_conformance.record.scenario_record import ScenarioRecord

__all__ = ["Arrow", "Band", "Diagram", "diagram_of"]

_LEFT = 58
_APART = 184
_TOP = 44
_BAND = 26
_ARROW = 34
_NOTE = 22
_LONGEST_BAND = 84
_CHARACTER = 6.6
_LONGEST_LABEL = 27
_LONGEST_NOTE = 60


class Party(IntEnum):
    """The columns, from the left."""

    USER = 0
    DSP = 1
    DEVICE = 2
    TESTBED = 3


_NAMES = {
    Party.USER: "Service User",
    Party.DSP: "DSP",
    Party.DEVICE: "Device",
    Party.TESTBED: "Testbed",
}
_OPERATIONS = {
    "capabilities": ("what can you do?", Party.DSP),
    "register-user": ("register Service User", Party.DSP),
    "add-cpl-entry": ("add CPL entry", Party.DSP),
    "set-cpl-status": ("change CPL entry", Party.DSP),
    "remove-cpl-entry": ("remove CPL entry", Party.DSP),
    "provide-device": ("provide Device", Party.DSP),
    "forget-device": ("take Device away", Party.DSP),
    "change-device": ("change Device", Party.DEVICE),
    "inject-fault": ("arrange a fault", Party.DEVICE),
    "list-commands": ("which commands arrived?", Party.DEVICE),
    "deliver-locally": ("deliver command locally", Party.DEVICE),
    "release-responses": ("release held responses", Party.DEVICE),
    "restart": ("restart the DSP", Party.DSP),
}
_ARRIVED = re.compile(r'"service_reference_variant": ?"([0-9.]+)"')


@dataclass(frozen=True, slots=True)
class Band:
    """A line across the diagram: a step, or a note.

    Attributes:
        y: the text's base line.
        text: what it says.
        kind: class in the style sheet: "step", "step bad" or "note bad".
    """

    y: int
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message from one party to another.

    Attributes:
        y: the line.
        start: where the line begins.
        end: where its head is.
        text: what stands above it.
        kind: class in the style sheet: "ask", "answer" or "operation", followed by "bad" if a check failed.
        target: anchor of the exchange; empty for what is none.
    """

    y: int
    start: int
    end: int
    text: str
    kind: str
    target: str

    @property
    def path(self) -> str:
        """Line and open head, as SVG path data."""
        way = -1 if self.end > self.start else 1
        return f"M{self.start} {self.y}H{self.end}m{7 * way}-4l{-7 * way} 4 {7 * way} 4"

    @property
    def middle(self) -> int:
        """Where the text is centred."""
        return (self.start + self.end) // 2


@dataclass(frozen=True, slots=True)
class Diagram:
    """A whole diagram.

    Attributes:
        width: in pixels.
        height: in pixels.
        parties: where each party's line is, and its name.
        bands: steps and notes.
        arrows: messages.
        summary: the diagram in one sentence.
    """

    width: int
    height: int
    parties: tuple[tuple[int, str], ...]
    bands: tuple[Band, ...]
    arrows: tuple[Arrow, ...]
    summary: str


def diagram_of(record: ScenarioRecord) -> Diagram | None:
    """The diagram of a scenario; None where nobody sent anything."""
    drawing = _Drawing(record)
    return drawing.drawn() if drawing.arrows else None


class _Drawing:
    def __init__(self, record: ScenarioRecord) -> None:
        self.bands: list[Band] = []
        self.arrows: list[Arrow] = []
        self._id = record.identity.id
        self._y = _TOP
        self._rightmost = Party.DSP
        self._messages = self._operations = 0
        placed = list(placed_exchanges(record))
        self._events(record.evidence, [one for one in placed if one.step is None and not one.late])
        for number, step in enumerate(record.steps):
            bad = step.status in {"failed", "inconclusive", "error"}
            own = [one for one in placed if one.step == number]
            if own or step.evidence.operations or bad:
                self._band(("✗ " if bad else "") + step.title, bad=bad)
                self._events(step.evidence, own)
        late = [one for one in placed if one.late]
        if late:
            self._band("seen by the end of the run")
            self._events(record.late, late)

    def drawn(self) -> Diagram:
        columns = range(self._rightmost + 1)
        parties = tuple((self._x(Party(one)), _NAMES[Party(one)]) for one in columns)
        named = ", ".join(name for _, name in parties)
        said = f"{self._messages} messages" + (
            f" and {self._operations} testbed operations" if self._operations else ""
        )
        widest = max((len(band.text) for band in self.bands), default=0)
        return Diagram(
            max(self._x(self._rightmost) + _LEFT, round(widest * _CHARACTER) + 12),
            self._y + 14,
            parties,
            tuple(self.bands),
            tuple(self.arrows),
            f"Sequence diagram between {named}: {said}, listed in words below",
        )

    @staticmethod
    def _x(party: Party) -> int:
        return _LEFT + _APART * party

    def _band(self, text: str, *, bad: bool = False) -> None:
        self._y += _BAND
        self.bands.append(Band(self._y, _cut(text, _LONGEST_BAND), "step bad" if bad else "step"))

    def _events(self, evidence: Evidence, placed: list[Placed]) -> None:
        happened: list[tuple[int, Placed | Operation]] = [(_began(one), one) for one in placed]
        happened += [(one.at, one) for one in evidence.operations]
        for _, one in sorted(happened, key=lambda each: each[0]):
            if isinstance(one, Placed):
                self._exchange(one)
            else:
                self._operation(one)

    def _exchange(self, placed: Placed) -> None:
        exchange = placed.exchange
        failed = sorted({check.requirement for check in exchange.checks if not check.passed})
        target = exchange_anchor(self._id, placed.index)
        asked, _, answered = exchange.title.partition(" → ")
        number = placed.index + 1
        if exchange.request is not None:
            self._arrow(Party.USER, Party.DSP, f"{number} {asked}", "ask", target)
        if exchange.response is not None:
            answer = answered if exchange.request is not None else asked.replace("← ", "")
            mark = f"✗ {number} " if failed else f"{number} "
            kind = "answer" if exchange.request is not None else "ask"
            self._arrow(Party.DSP, Party.USER, mark + answer, kind + (" bad" if failed else ""), target)
        if failed:
            self._note(f"✗ {number} {', '.join(failed)} not met")
        elif exchange.request is not None and exchange.response is None:
            self._note(f"✗ {number} no answer")

    def _operation(self, operation: Operation) -> None:
        words, party = _OPERATIONS.get(operation.name, (operation.name.replace("-", " "), Party.DSP))
        bad = operation.outcome != "done"
        self._operations += 1
        self._arrow(
            Party.TESTBED, party, ("✗ " if bad else "") + words, "operation bad" if bad else "operation", ""
        )
        for variant in _arrived(operation):
            self._arrow(Party.DSP, Party.DEVICE, f"SR{variant} arrived", "answer", "")

    def _arrow(self, source: Party, target: Party, text: str, kind: str, anchor: str) -> None:
        self._y += _ARROW
        self._rightmost = max(self._rightmost, source, target)
        self._messages += kind != "operation"
        gap = 1 if target > source else -1
        self.arrows.append(
            Arrow(self._y, self._x(source), self._x(target) - gap, _cut(text, _LONGEST_LABEL), kind, anchor)
        )

    def _note(self, text: str) -> None:
        self._y += _NOTE
        self.bands.append(Band(self._y, _cut(text, _LONGEST_NOTE), "note bad"))


def _arrived(operation: Operation) -> Iterator[str]:
    """The Service Requests whose commands a testbed saw arrive at the Device."""
    if operation.name == "list-commands" and operation.outcome == "done":
        yield from _ARRIVED.findall(operation.result)


def _began(placed: Placed) -> int:
    wire = placed.exchange.wire
    return wire.began if wire is not None else placed.exchange.at


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
