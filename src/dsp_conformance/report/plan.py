"""What of the suite applies to a target and can be tested there: known before the first scenario runs.

Rules of this module, where the ledger leaves room:

- A scenario applies if *all* its requirements apply: its steps assert them together, so that it could not be
  carried out in part. A requirement that has to be judged on its own has a scenario of its own.
- A switch that the profile leaves undeclared rules nothing out; the plan says what that leaves open.
- Whether a scenario applies is looked at first: what does not apply needs no testbed.
- A testbed that does not answer excludes nothing: the run then says that it cannot be reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from dsp_conformance.duis.terms import UserRole
from dsp_conformance.report.ledger import ruled_out
from dsp_conformance.report.switches import SwitchEffect, effects_of, lines_for
from dsp_conformance.report.verdicts import Exclusion, NotApplicable, NotTestable, judge
from dsp_conformance.testbed.protocol import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.report.collected import CollectedScenario
    from dsp_conformance.report.ledger import Ledger
    from dsp_conformance.report.needs import Need

_MORE_CAPABLE = "implement it in the testbed, or use one that has it"


_STAGING = frozenset(
    {
        Capability.EDIT_CPL,
        Capability.PROVIDE_DEVICE,
        Capability.SET_STATUS,
        Capability.CONTROL_DEVICE,
        Capability.INJECT_FAULT,
    }
)
"""The capabilities with which a testbed brings Devices into states."""


class Staging(Protocol):
    """Tells which scenarios find Devices in the states that they need, where none can be brought about."""

    def consider(self, scenarios: Iterable[CollectedScenario]) -> None:
        """Take note of all the scenarios that are to run: what one of them uses, no other can."""

    def exclusion_of(self, scenario: CollectedScenario) -> NotTestable | None:
        """Why a scenario cannot run; None if it can."""


class AnyState:
    """Has every Device in every state: what is excluded then, is so for another reason."""

    def consider(self, scenarios: Iterable[CollectedScenario]) -> None:
        """Nothing to do."""

    def exclusion_of(self, _scenario: CollectedScenario) -> None:
        """No reason."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a target declares and offers.

    Attributes:
        switches: per switch of the profile: yes, no, or undeclared (None or absent).
        roles: user roles for which the target file names a Service User.
        capabilities: what the testbed can do; None if it did not say.
        staging: decides in the place of these capabilities which states of Devices can be had; None where the
            capabilities tell.
    """

    switches: Mapping[str, bool | None] = field(default_factory=dict)
    roles: frozenset[UserRole] = frozenset()
    capabilities: frozenset[Capability] | None = None
    staging: Staging | None = None

    def lacking(self, needs: Iterable[Need]) -> list[Capability]:
        """The capabilities that the testbed would have to have as well, each once."""
        if self.capabilities is None:
            return []
        wanted = (
            Capability.REGISTER_USER if isinstance(need, UserRole) else need
            for need in needs
            if need not in self.roles and (self.staging is None or need not in _STAGING)
        )
        return [one for one in dict.fromkeys(wanted) if one not in self.capabilities]


def exclusion_of(
    scenario: CollectedScenario, ledger: Ledger, circumstances: Circumstances
) -> NotApplicable | NotTestable | None:
    """Why a scenario is not to run against this target; None if it is."""
    for demand in scenario.demands(ledger):
        if reason := ruled_out(demand, circumstances.switches):
            return NotApplicable(reason)
    if lacking := circumstances.lacking(scenario.needs):
        return NotTestable(*lacking, hint=_MORE_CAPABLE)
    return None if circumstances.staging is None else circumstances.staging.exclusion_of(scenario)


def consider(scenarios: Iterable[CollectedScenario], ledger: Ledger, circumstances: Circumstances) -> None:
    """Have states of Devices allotted to those of the selected scenarios that are not excluded otherwise."""
    if circumstances.staging is not None:
        plain = replace(circumstances, staging=AnyState())
        circumstances.staging.consider(
            scenario for scenario in scenarios if exclusion_of(scenario, ledger, plain) is None
        )


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

    @classmethod
    def of(
        cls,
        scenarios: Iterable[CollectedScenario],
        ledger: Ledger,
        circumstances: Circumstances,
        *,
        left_out: int = 0,
    ) -> Plan:
        """The plan for these scenarios, selected from so many more."""
        scenarios = list(scenarios)
        consider(scenarios, ledger, circumstances)
        excluded: dict[tuple[Exclusion, str], list[CollectedScenario]] = {}
        assessed: set[str] = set()
        for scenario in scenarios:
            reason = exclusion_of(scenario, ledger, circumstances)
            if reason is None:
                assessed.update(scenario.requirements)
                continue
            judged = judge(reason)
            assert judged.exclusion is not None, "a reason not to run is an exclusion"
            excluded.setdefault((judged.exclusion, judged.finding.what), []).append(scenario)
        return cls(
            len(scenarios),
            tuple(
                ExcludedGroup(
                    exclusion,
                    what,
                    tuple(scenario.id for scenario in group),
                    tuple(sorted({tag for scenario in group for tag in scenario.requirements})),
                )
                for (exclusion, what), group in excluded.items()
            ),
            tuple(sorted({tag for scenario in scenarios for tag in scenario.requirements} - assessed)),
            circumstances.capabilities is not None,
            left_out,
            sum(scenario.added for scenario in scenarios),
            tuple(effects_of(scenarios, ledger, circumstances.switches)),
        )

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
