"""A scenario as the page shows it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.record.scenario_record import StepStatus
from dsp_conformance.report.page import words
from dsp_conformance.report.page.anchors import exchange_anchor, scenario_anchor
from dsp_conformance.report.page.bodies import laid_out
from dsp_conformance.report.page.deciding import deciding_exchange, placed_exchanges
from dsp_conformance.report.page.sequence import diagram_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markupsafe import Markup

    from dsp_conformance.record.evidence import Check, Evidence, Message, Operation
    from dsp_conformance.record.scenario_record import Reason, ScenarioRecord
    from dsp_conformance.report.page.deciding import Placed
    from dsp_conformance.report.page.sequence import Diagram

__all__ = ["Body", "ExchangeView", "ScenarioView", "StepView", "name_of"]

_STEP_SYMBOLS = {
    StepStatus.PASSED: ("pass", "✓"),
    StepStatus.FAILED: ("fail", "✗"),
    StepStatus.INCONCLUSIVE: ("inconclusive", "?"),
    StepStatus.ERROR: ("error", "!"),
}
_FACTS_OF_THE_WIRE = ("URL", "HTTP status", "answered after", "received at", "sent at")


def name_of(record: ScenarioRecord) -> str:
    """A scenario's name, with its Examples row where it has one."""
    row = record.identity.row.get("id")
    return f"{record.identity.name} ({row})" if row else record.identity.name


@dataclass(frozen=True, slots=True)
class Body:
    """One message of an exchange.

    Attributes:
        label: what it is: "Request", "Answer" or "Message".
        message: its size and digest.
        text: the message laid out; None where it is not on the page.
    """

    label: str
    message: Message
    text: Markup | None


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """An exchange; its bodies are fetched when they are asked for, so that they need not be held.

    Attributes:
        anchor: its place.
        number: within the scenario, from 1.
        title: such as "SR11.2 CV1 → I99".
        deciding: it decided the scenario's verdict.
        met: the requirements whose checks it passed.
        failed: the checks that it failed.
        facts: names and values.
    """

    anchor: str
    number: int
    title: str
    deciding: bool
    met: tuple[str, ...]
    failed: tuple[Check, ...]
    facts: tuple[tuple[str, str], ...]
    _placed: Placed
    _messages: Callable[[int], tuple[bytes | None, bytes | None]] | None

    def bodies(self) -> Iterator[Body]:
        """The messages that there are, laid out where they are on the page."""
        exchange = self._placed.exchange
        sent, received = self._messages(self._placed.index) if self._messages else (None, None)
        if exchange.request is not None:
            yield Body("Request", exchange.request, laid_out(sent) if sent is not None else None)
        if exchange.response is not None:
            label = "Message" if exchange.request is None else "Answer"
            yield Body(label, exchange.response, laid_out(received) if received is not None else None)


@dataclass(frozen=True, slots=True)
class StepView:
    """A step, or what was seen outside of any.

    Attributes:
        key: class in the style sheet.
        symbol: one character.
        status: in a word.
        title: the step as the feature words it.
        exchanges: those of the step.
        observations: what was noted and not judged.
        operations: what the testbed was asked.
    """

    key: str
    symbol: str
    status: str
    title: str
    exchanges: tuple[ExchangeView, ...]
    observations: tuple[str, ...]
    operations: tuple[Operation, ...]


class ScenarioView:
    """A scenario for the page.

    Args:
        record: the scenario.
        messages: fetches the bodies of an exchange by its index.
        included: indices of the exchanges whose bodies go into the page.
        command: with which the suite was run.
        known: why the vendor's baseline calls its failure a known one.
    """

    def __init__(
        self,
        record: ScenarioRecord,
        messages: Callable[[int], tuple[bytes | None, bytes | None]],
        included: frozenset[int],
        command: str,
        known: tuple[str, ...] = (),
    ) -> None:
        self._record, self._messages, self._included, self._command = record, messages, included, command
        self.known = known
        self.anchor = scenario_anchor(record.identity.id)
        self.name = name_of(record)
        self.id = record.identity.id
        self.feature = record.identity.feature
        self.requirements = record.identity.requirements
        self.wording = words.of_scenario(record)
        self.attribution = record.attribution if record.verdict is not Verdict.PASS else None
        self.fine = record.verdict in (Verdict.PASS, Verdict.NONE)
        self._decided = deciding_exchange(record)

    @property
    def reasons(self) -> list[Reason]:
        """Why it did not simply pass."""
        return self._record.reasons

    @property
    def failed_checks(self) -> list[Check]:
        """Failed checks, each finding once."""
        return list({str(check.finding): check for check in self._record.failed_checks()}.values())

    @property
    def seconds(self) -> float:
        """How long its steps took."""
        return max(0, self._record.stop - self._record.start) / 1000

    @property
    def deciding(self) -> str:
        """The place of the exchange that decided; empty if none did."""
        return "" if self._decided is None else exchange_anchor(self.id, self._decided)

    @property
    def again(self) -> str:
        """The command that runs this scenario alone."""
        return f"{self._command} --scenario {shlex.quote(self.id)}"

    @property
    def diagram(self) -> Diagram | None:
        """Its sequence diagram; None where nobody sent anything."""
        return diagram_of(self._record)

    def steps(self) -> Iterator[StepView]:
        """What was seen before the steps, the steps, and what was seen at the end of the run."""
        placed = list(placed_exchanges(self._record))
        before = [one for one in placed if one.step is None and not one.late]
        late = [one for one in placed if one.late]
        yield from self._outside("before the steps", self._record.evidence, before)
        for number, step in enumerate(self._record.steps):
            mark = _STEP_SYMBOLS.get(step.status, ("none", words.NOTHING))
            own = [one for one in placed if one.step == number]
            yield self._step(mark, step.status, step.title, step.evidence, own)
        yield from self._outside("by the end of the run", self._record.late, late)

    def _outside(self, title: str, evidence: Evidence, placed: list[Placed]) -> Iterator[StepView]:
        if placed or evidence.observations or evidence.operations:
            bad = any(not check.passed for one in placed for check in one.exchange.checks)
            mark = ("fail", "✗") if bad else ("none", "·")
            yield self._step(mark, "", title, evidence, placed)

    def _step(
        self, mark: tuple[str, str], status: str, title: str, evidence: Evidence, placed: list[Placed]
    ) -> StepView:
        return StepView(
            *mark,
            status,
            title,
            tuple(map(self._exchange, placed)),
            tuple(evidence.observations),
            tuple(evidence.operations),
        )

    def _exchange(self, placed: Placed) -> ExchangeView:
        exchange = placed.exchange
        checks = exchange.checks
        failed = tuple(check for check in checks if not check.passed)
        broken = {check.requirement for check in failed}
        met = dict.fromkeys(check.requirement for check in checks if check.requirement not in broken)
        facts = [(name, exchange.facts[name]) for name in _FACTS_OF_THE_WIRE if name in exchange.facts]
        facts += [item for item in exchange.facts.items() if item[0] not in _FACTS_OF_THE_WIRE]
        return ExchangeView(
            exchange_anchor(self.id, placed.index),
            placed.index + 1,
            exchange.title,
            placed.index == self._decided,
            tuple(met),
            failed,
            tuple(facts),
            placed,
            self._messages if placed.index in self._included else None,
        )
