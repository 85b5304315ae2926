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
from typing import TYPE_CHECKING, Protocol

from dsp_conformance.duis.terms import UserRole
from dsp_conformance.ledger.requirements import ruled_out
from dsp_conformance.ledger.switches import QUESTIONS, SwitchEffect, demand_of
from dsp_conformance.ledger.verdicts import Exclusion, NotApplicable, NotTestable, judge
from dsp_conformance.record.plan import ExcludedGroup, Plan
from dsp_conformance.testbed.protocol import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.collection.needs import Need
    from dsp_conformance.ledger.requirements import Ledger

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


def plan_of(
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
    return Plan(
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


def effects_of(
    scenarios: Iterable[CollectedScenario], ledger: Ledger, switches: Mapping[str, bool | None]
) -> Iterator[SwitchEffect]:
    """What each switch does that is undeclared, or is declared so that something falls away.

    Args:
        scenarios: those selected.
        ledger: which requirements are a MUST, and which depend on a switch.
        switches: the profile's, by name.
    """
    must = [
        (one, [tag for tag in one.requirements if ledger.is_must(tag)])
        for one in scenarios
        if not one.added  # added scenarios decide nothing
    ]
    for switch in QUESTIONS:
        value = switches.get(switch)
        concerned: dict[str, int] = {}
        count = 0
        for scenario, tags in must:
            needed = {wanted for name, wanted in map(demand_of, scenario.demands(ledger)) if name == switch}
            if tags and needed and (value is None or needed != {value}):
                count += 1
                for tag in tags:
                    concerned[tag] = concerned.get(tag, 0) + 1
        if count:
            whole = tuple(
                sorted(tag for tag, some in concerned.items() if some == sum(tag in tags for _, tags in must))
            )
            part = tuple(sorted(set(concerned).difference(whole)))
            yield SwitchEffect(switch, value, whole, part, count)
