"""The plan of a run, as a value: what is going to run, and what is not for which reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsp_conformance.ledger.switches import SwitchEffect, lines_for
from dsp_conformance.ledger.verdicts import Exclusion

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ExcludedGroup:
    """Scenarios that are not to run for one and the same reason.

    Attributes:
        exclusion: which class they fall into.
        what: the reason in one line, as their results will say it.
        scenarios: their ids.
        requirements: the requirements that they are about; sorted.
    """

    exclusion: Exclusion
    what: str
    scenarios: tuple[str, ...]
    requirements: tuple[str, ...]

    def __str__(self) -> str:
        """Reason, number and requirements in one line."""
        about = f" ({', '.join(self.requirements)})" if self.requirements else ""
        return f"{self.what}: {_scenarios(len(self.scenarios))}{about}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is going to do.

    Attributes:
        selected: how many scenarios are selected.
        groups: those that are not to run, by reason.
        unassessed: requirements all of whose selected scenarios are not to run; sorted.
        capabilities_known: whether the testbed told what it can do.
        left_out: how many scenarios there are besides those selected.
        added: how many of those selected `--features` added.
        switches: what the profile's switches do to MUST requirements, as far as they do anything.
    """

    selected: int
    groups: tuple[ExcludedGroup, ...]
    unassessed: tuple[str, ...]
    capabilities_known: bool
    left_out: int
    added: int
    switches: tuple[SwitchEffect, ...] = ()

    @property
    def undeclared(self) -> tuple[SwitchEffect, ...]:
        """The switches on which a MUST depends and that nobody has declared."""
        return tuple(one for one in self.switches if one.declared is None)

    @property
    def declared_absent(self) -> tuple[SwitchEffect, ...]:
        """The switches that are declared so that a MUST falls away, or some of its scenarios."""
        return tuple(one for one in self.switches if one.declared is not None)

    def count(self, exclusion: Exclusion) -> int:
        """How many scenarios fall into that class."""
        return sum(len(group.scenarios) for group in self.groups if group.exclusion is exclusion)

    @property
    def applicable(self) -> int:
        """How many scenarios are to run."""
        return self.selected - sum(len(group.scenarios) for group in self.groups)

    def lines(self) -> list[str]:
        """The plan for people: the numbers, then each reason, then what will not be assessed."""
        numbers = (
            f"plan: {_scenarios(self.selected)}: {self.applicable} to run, "
            f"{self.count(Exclusion.NOT_APPLICABLE)} not applicable to this product, "
            f"{self.count(Exclusion.NOT_TESTABLE)} not testable on this testbed"
        )
        told = [numbers, *(f"  {group}" for group in self.groups)]
        if self.left_out:
            told.append(
                f"  a selection: {_scenarios(self.left_out)} left out, so this run makes nothing conformant"
            )
        told += [
            f"  an incomplete profile: {lines_for([one.switch])}: until then {_scenarios(one.scenarios)} "
            f"({one.about}) can fail the product and not make it conformant"
            for one in self.undeclared
        ]
        if self.added:
            told.append(f"  {_scenarios(self.added)} of these added, and judged apart")
        if self.unassessed:
            told.append(f"  requirements that this run will not assess: {', '.join(self.unassessed)}")
        if not self.capabilities_known:
            told.append("  the testbed does not tell what it can do, so nothing is left out on its account")
        return told

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return {
            "selected": self.selected,
            "left_out": self.left_out,
            "added": self.added,
            "to_run": self.applicable,
            "excluded": [
                {
                    "exclusion": group.exclusion,
                    "reason": group.what,
                    "requirements": list(group.requirements),
                    "scenarios": list(group.scenarios),
                }
                for group in self.groups
            ],
            "requirements_not_assessed": list(self.unassessed),
            "capabilities_known": self.capabilities_known,
            "switches": [one.to_json() for one in self.switches],
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Plan:
        """The inverse of `to_json`."""
        groups = tuple(
            ExcludedGroup(
                Exclusion(group["exclusion"]),
                group["reason"],
                tuple(group["scenarios"]),
                tuple(group["requirements"]),
            )
            for group in tree["excluded"]
        )
        unassessed = tuple(tree["requirements_not_assessed"])
        told = tree["capabilities_known"]
        switches = tuple(map(SwitchEffect.from_json, tree["switches"]))
        return cls(tree["selected"], groups, unassessed, told, tree["left_out"], tree["added"], switches)


def _scenarios(count: int) -> str:
    return "1 scenario" if count == 1 else f"{count} scenarios"
