"""What of the suite is to run against a target, decided from declarations and capabilities alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.collection.bindings import Binding
from dsp_conformance.collection.collected import CollectedScenario, CollectedStep
from dsp_conformance.collection.planning import Circumstances, exclusion_of, plan_of
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.ledger.requirements import Keyword, Ledger, Requirement
from dsp_conformance.ledger.verdicts import Exclusion, NotApplicable, NotTestable
from dsp_conformance.record.plan import Plan
from dsp_conformance.testbed.protocol import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.collection.needs import Need
    from dsp_conformance.ledger.requirements import Applicability

DEMANDS: dict[str, Applicability | None] = {"CORE-01": None, "CORE-02": "smets1", "CORE-03": "not smets1"}
LEDGER = Ledger(
    (
        Requirement(
            id=name,
            title=name,
            text="A conforming DSP.",
            keyword=Keyword.MUST,
            revision=1,
            applicability=demand,
        )
        for name, demand in DEMANDS.items()
    ),
    {"CORE": "The core"},
)
EDIT, PROVIDE, USER = Capability.EDIT_CPL, Capability.PROVIDE_DEVICE, Capability.REGISTER_USER


def scenario(
    name: str,
    *requirements: str,
    needs: tuple[Need, ...] = (),
    switches: tuple[Applicability, ...] = (),
    added: bool = False,
) -> CollectedScenario:
    step = CollectedStep("Given", "a", "a", 3, (Binding("f", "steps/a.py", 1, needs, switches),))
    return CollectedScenario(
        f"a.feature::{name}", f"a.feature::{name}", name, "a.feature", 2, name, "", requirements, (step,),
        added=added,
    )  # fmt: skip


class Shelf:
    """A testbed with Devices in certain states alone; those that need one of no state get none."""

    def __init__(self, *served: str) -> None:
        self.served = served
        self.considered: list[str] = []

    def consider(self, scenarios: Iterable[CollectedScenario]) -> None:
        self.considered += [one.name for one in scenarios]

    def exclusion_of(self, scenario: CollectedScenario) -> NotTestable | None:
        return None if scenario.name in self.served else NotTestable(what="no Device is left")


def able(*capabilities: Capability, staging: Shelf | None = None) -> Circumstances:
    return Circumstances(capabilities=frozenset(capabilities), staging=staging)


# -- one scenario


def test_what_a_testbed_lacks_is_named_once_and_in_the_order_in_which_it_is_needed() -> None:
    needs: tuple[Need, ...] = (PROVIDE, UserRole("IS"), EDIT, USER)
    assert able().lacking(needs) == [PROVIDE, USER, EDIT]
    assert able(PROVIDE).lacking(needs) == [USER, EDIT]
    assert able(PROVIDE, EDIT, USER).lacking(needs) == []
    assert Circumstances().lacking(needs) == []


def test_a_service_user_whom_the_target_file_names_need_not_be_registered() -> None:
    named = Circumstances(roles=frozenset({UserRole("IS")}), capabilities=frozenset())
    assert named.lacking([UserRole("IS")]) == []
    assert named.lacking([UserRole("GS")]) == [USER]


def test_states_of_devices_are_not_asked_of_a_testbed_that_tells_otherwise_which_there_are() -> None:
    every: list[Need] = [*Capability]
    beyond = [
        USER,
        Capability.OBSERVE_DEVICE,
        Capability.DELIVER_LOCALLY,
        Capability.HOLD_RESPONSE,
        Capability.RESTART,
    ]
    assert able(staging=Shelf()).lacking(every) == beyond
    assert able().lacking(every) == every


def test_whether_a_scenario_applies_is_looked_at_before_what_the_testbed_can_do() -> None:
    wanting = scenario("s", "CORE-02", needs=(EDIT,))
    absent = Circumstances({"smets1": False}, capabilities=frozenset())
    reason = exclusion_of(wanting, LEDGER, absent)
    assert isinstance(reason, NotApplicable)
    assert reason.reason == "the profile says smets1 = no"
    applies = Circumstances({"smets1": True}, capabilities=frozenset())
    assert isinstance(exclusion_of(wanting, LEDGER, applies), NotTestable)


@pytest.mark.parametrize(
    ("demands", "switches", "declared", "runs"),
    [
        (["CORE-01"], [], False, True),
        (["CORE-01", "CORE-02"], [], False, False),
        (["CORE-01", "CORE-02"], [], True, True),
        (["CORE-01", "CORE-03"], [], True, False),
        (["CORE-01"], ["smets1"], False, False),
        (["CORE-01"], ["smets1"], True, True),
        (["CORE-01"], ["not smets1"], True, False),
        (["CORE-02", "CORE-03"], [], None, True),
        (["CORE-01"], ["not smets1"], None, True),
        (["ACME-01"], [], False, True),
    ],
)
def test_every_requirement_and_every_step_has_to_apply(
    demands: list[str], switches: list[Applicability], *, declared: bool | None, runs: bool
) -> None:
    one = scenario("s", *demands, switches=tuple(switches))
    reason = exclusion_of(one, LEDGER, Circumstances({"smets1": declared}))
    assert (reason is None) == runs
    assert runs or isinstance(reason, NotApplicable)


def test_a_scenario_without_a_device_in_its_state_is_not_testable_and_one_that_lacks_more_says_what() -> None:
    shelf = Shelf("served")
    assert exclusion_of(scenario("served", needs=(EDIT,)), LEDGER, able(staging=shelf)) is None
    left = exclusion_of(scenario("left"), LEDGER, able(staging=shelf))
    assert str(left) == "not testable: no Device is left"
    lacking = exclusion_of(scenario("left", needs=(USER,)), LEDGER, able(staging=shelf))
    assert "'register-user'" in str(lacking)
    assert "what to do: implement it in the testbed, or use one that has it" in str(lacking)


# -- all of them


def test_devices_are_shared_among_the_scenarios_that_nothing_else_excludes() -> None:
    shelf, absent = Shelf("a", "d"), {"smets1": False}
    scenarios = [
        scenario("a", "CORE-01", needs=(EDIT,)),
        scenario("b", "CORE-02"),
        scenario("c", "CORE-01", needs=(USER,)),
        scenario("d", "CORE-01"),
    ]
    plan = plan_of(scenarios, LEDGER, Circumstances(absent, capabilities=frozenset(), staging=shelf))
    assert shelf.considered == ["a", "d"]
    assert plan.applicable == 2


def plan() -> Plan:
    return plan_of(
        [
            scenario("a", "CORE-01"),
            scenario("b", "CORE-02", "CORE-01"),
            scenario("c", "CORE-02"),
            scenario("d", "CORE-03", needs=(EDIT,)),
            scenario("e", needs=(EDIT,), added=True),
        ],
        LEDGER,
        Circumstances({"smets1": False}, capabilities=frozenset()),
        left_out=2,
    )


def test_a_plan_groups_what_is_not_to_run_by_reason_and_counts_it() -> None:
    made = plan()
    assert [(one.exclusion, one.scenarios, one.requirements) for one in made.groups] == [
        (Exclusion.NOT_APPLICABLE, ("a.feature::b", "a.feature::c"), ("CORE-01", "CORE-02")),
        (Exclusion.NOT_TESTABLE, ("a.feature::d", "a.feature::e"), ("CORE-03",)),
    ]
    assert (made.selected, made.applicable, made.left_out, made.added) == (5, 1, 2, 1)
    assert (made.count(Exclusion.NOT_APPLICABLE), made.count(Exclusion.NOT_TESTABLE)) == (2, 2)
    assert made.unassessed == ("CORE-02", "CORE-03")
    assert made.capabilities_known


def test_a_plan_is_told_with_all_that_keeps_the_product_from_being_conformant() -> None:
    assert plan().lines() == [
        "plan: 5 scenarios: 1 to run, 2 not applicable to this product, 2 not testable on this testbed",
        "  not applicable: the profile says smets1 = no: 2 scenarios (CORE-01, CORE-02)",
        "  not testable: the testbed lacks the capability 'edit-cpl': 2 scenarios (CORE-03)",
        "  a selection: 2 scenarios left out, so this run makes nothing conformant",
        "  1 scenario of these added, and judged apart",
        "  requirements that this run will not assess: CORE-02, CORE-03",
    ]
    only = plan_of([scenario("e", needs=(EDIT,))], LEDGER, able()).lines()
    assert only == [
        "plan: 1 scenario: 0 to run, 0 not applicable to this product, 1 not testable on this testbed",
        "  not testable: the testbed lacks the capability 'edit-cpl': 1 scenario",
    ]


def test_a_testbed_that_does_not_tell_what_it_can_do_excludes_nothing_and_that_is_told() -> None:
    made = plan_of([scenario("d", "CORE-03", needs=(EDIT,))], LEDGER, Circumstances())
    assert (made.applicable, made.capabilities_known) == (1, False)
    assert made.lines()[-1].startswith("  the testbed does not tell what it can do")


def test_a_plan_is_the_same_after_it_went_through_json() -> None:
    tree = json.loads(json.dumps(plan().to_json()))
    assert Plan.from_json(tree) == plan()
    assert (tree["selected"], tree["to_run"], tree["left_out"], tree["added"]) == (5, 1, 2, 1)
    assert tree["requirements_not_assessed"] == ["CORE-02", "CORE-03"]
    assert tree["excluded"][1] == {
        "exclusion": "not testable",
        "reason": "not testable: the testbed lacks the capability 'edit-cpl'",
        "requirements": ["CORE-03"],
        "scenarios": ["a.feature::d", "a.feature::e"],
    }
