"""A Device's record in the inventory as the ledger sees it, and the sets of records that are possible."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from dsp_conformance.duis.terms import DeviceStatus
from dsp_conformance.explore.world import Shown

__all__ = ["ANYTHING", "Possible", "Record", "Records"]


class Record(NamedTuple):
    """One possible record.

    Attributes:
        status: None stands for any.
        version: the recorded version; None stands for any.
        before: of a Suspended Device the status that it returns to; None where nothing lays it down.
    """

    status: DeviceStatus | None
    version: str | None
    before: DeviceStatus | None = None

    @property
    def suspended(self) -> bool:
        """Whether the Device is Suspended for certain."""
        return self.status is DeviceStatus.SUSPENDED

    def suspend(self, before: DeviceStatus | None) -> "Record":
        """Return the record of the Device when it became Suspended."""
        return Record(DeviceStatus.SUSPENDED, self.version, before)

    def recording(self, version: str | None) -> "Record":
        """Return the record with another version."""
        return Record(self.status, version, self.before)

    def shows_as(self, shown: Shown) -> bool:
        """Tell whether SR8.2 may show this record so; what it leaves out contradicts nothing."""
        return (self.status is None or shown.status is None or self.status is shown.status) and (
            self.version is None or shown.version is None or self.version == shown.version
        )

    def made_certain(self, shown: Shown) -> "Record":
        """Return the record with what SR8.2 shows of it in the place of anything."""
        status = shown.status if self.status is None else self.status
        return Record(status, shown.version if self.version is None else self.version, self.before)


Records = frozenset[Record]

ANYTHING: Final = Record(None, None)
"""The record of which nothing is known and nothing is demanded."""


@dataclass(slots=True)
class Possible:
    """The records that a Device may have, and those that may still be shown of it.

    The inventory may lag: until `settle_seconds` have passed, any record that was possible since may be
    shown, in any order, since an inventory of two copies is lawful (ledger, "Waiting").

    Attributes:
        now: what the record may be; never empty.
        confirmed: whether SR8.2 has shown a record out of `now` after that time.
    """

    now: Records
    confirmed: bool = False
    _former: list[tuple[float, Records]] = field(default_factory=list)

    def become(self, records: Iterable[Record], at: float, settle_seconds: float) -> None:
        """Note that the record may have become another one at some moment up to `at`."""
        after = frozenset(records)
        assert after, "a rule left no record possible"
        # The same set again is no standstill: one record of it may have become another one of it.
        self._former.append((at + settle_seconds, self.now))
        self.now, self.confirmed = after, False

    def change(self, rule: Callable[[Record], Iterable[Record]], at: float, settle_seconds: float) -> None:
        """Apply a rule to each possible record; one that leaves each as it is changes nothing."""
        after = {record: frozenset(rule(record)) for record in self.now}
        if any(records != {record} for record, records in after.items()):
            self.become(frozenset().union(*after.values()), at, settle_seconds)

    def settled_at(self) -> float:
        """The moment from which nothing but `now` may be shown; 0.0 where it always may not."""
        return max((until for until, _ in self._former), default=0.0)

    def is_settled(self, at: float) -> bool:
        """Tell whether nothing but `now` may be shown at a moment."""
        return at >= self.settled_at()

    def may_show(self, at: float) -> Records:
        """Return what may be shown, or be gone by, at a moment."""
        former = [records for until, records in self._former if until > at]
        return self.now.union(*former) if former else self.now

    def was_ever(self, at: float, holds: Callable[[Record], bool]) -> bool:
        """Tell whether any record that may be shown at a moment is such."""
        return any(map(holds, self.may_show(at)))

    def fits(self, shown: Shown) -> bool:
        """Tell whether SR8.2 shows what the record may be now."""
        return any(record.shows_as(shown) for record in self.now)

    def may_lag_as(self, shown: Shown) -> bool:
        """Tell whether SR8.2 shows what may be shown at the moment when it was asked."""
        return any(record.shows_as(shown) for record in self.may_show(shown.asked))

    def learn(self, shown: Shown) -> None:
        """Keep the records that fit what SR8.2 shows; nothing is learnt before the time to settle is over.

        What does not fit is a violation, and teaches nothing.
        """
        if not self.is_settled(shown.asked):
            return
        self._former.clear()
        fitting = frozenset(record.made_certain(shown) for record in self.now if record.shows_as(shown))
        if fitting:
            self.now, self.confirmed = fitting, True
