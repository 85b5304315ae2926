"""Who is told of everything that a scenario's record takes in, at the moment it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from dsp_conformance.record.evidence import Exchange, Operation
    from dsp_conformance.record.scenario_record import Reason, ScenarioRecord

Place = int | Literal["scenario", "late"]
"""Where evidence belongs: the step of that index (from 0), the scenario outside of steps, its late checks."""


class Watcher(Protocol):
    """What a record calls; the journal's writer is one."""

    def exchange_attached(self, record: ScenarioRecord, place: Place, exchange: Exchange) -> None:
        """An exchange or message was attached; its octets are still there."""

    def operation_attached(self, record: ScenarioRecord, place: Place, operation: Operation) -> None:
        """The testbed did something, or failed to."""

    def observed(self, record: ScenarioRecord, place: Place, text: str) -> None:
        """Something was noted."""

    def step_begun(self, record: ScenarioRecord, index: int) -> None:
        """A step began."""

    def step_ended(self, record: ScenarioRecord, index: int) -> None:
        """A step ended, with the status that its record has now."""

    def worsened(self, record: ScenarioRecord, reason: Reason) -> None:
        """A reason was added."""


class Unwatched:
    """A watcher that does nothing."""

    def exchange_attached(self, record: ScenarioRecord, place: Place, exchange: Exchange) -> None:
        """See `Watcher`."""

    def operation_attached(self, record: ScenarioRecord, place: Place, operation: Operation) -> None:
        """See `Watcher`."""

    def observed(self, record: ScenarioRecord, place: Place, text: str) -> None:
        """See `Watcher`."""

    def step_begun(self, record: ScenarioRecord, index: int) -> None:
        """See `Watcher`."""

    def step_ended(self, record: ScenarioRecord, index: int) -> None:
        """See `Watcher`."""

    def worsened(self, record: ScenarioRecord, reason: Reason) -> None:
        """See `Watcher`."""
