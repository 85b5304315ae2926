"""What a profile's switches do to the MUST requirements of a run."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, get_args

import pytest

from dsp_conformance.collection.bindings import Binding
from dsp_conformance.collection.collected import CollectedScenario, CollectedStep
from dsp_conformance.collection.planning import effects_of
from dsp_conformance.ledger.requirements import Applicability, Keyword, Ledger, Requirement
from dsp_conformance.ledger.switches import (
    QUESTIONS,
    SwitchEffect,
    demand_of,
    hint_for,
    line_for,
    lines_for,
)
from dsp_conformance.stub.control_api import PROFILE
from dsp_conformance.target import Profile
from dsp_conformance.target.form import ProfileForm
from dsp_conformance.testbed._wire import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

DEMANDS: dict[str, Applicability | None] = {
    "CORE-01": None,
    "CORE-02": "smets1",
    "CORE-03": "not secmp0007",
    "CORE-04": "resent_activation",
}
LEDGER = Ledger(
    (
        Requirement(
            id=name,
            title=name,
            text="A conforming DSP.",
            keyword=Keyword.ASSUMED if name == "CORE-04" else Keyword.MUST,
            revision=1,
            applicability=demand,
        )
        for name, demand in DEMANDS.items()
    ),
    {"CORE": "The core"},
)
"""One requirement that always applies, one for each way of depending on a switch, and an assumption."""


def scenario(*tags: str, steps: tuple[Applicability, ...] = (), added: bool = False) -> CollectedScenario:
    step = CollectedStep("Given", "a", "a", 3, (Binding("f", "steps/a.py", 1, (), steps),))
    name = "-".join((*tags, *steps))
    return CollectedScenario(name, name, name, "a.feature", 2, name, "", tags, (step,), added=added)


SCENARIOS = (
    scenario("CORE-01"),
    scenario("CORE-01", steps=("local_delivery",)),
    scenario("CORE-02"),
    scenario("CORE-02", "CORE-01"),
    scenario("CORE-03"),
    scenario("CORE-04"),
    scenario("CORE-02", steps=("local_delivery",), added=True),
)


def effects(**declared: bool | None) -> dict[str, str]:
    return {one.switch: one.about for one in effects_of(SCENARIOS, LEDGER, declared)}


def test_every_switch_on_which_a_must_depends_and_that_is_undeclared_is_told_with_what_depends_on_it() -> (
    None
):
    everything = {
        "smets1": "CORE-02, part of CORE-01",
        "secmp0007": "CORE-03",
        "local_delivery": "part of CORE-01",
    }
    assert effects() == everything
    assert effects(smets1=None, secmp0007=None, local_delivery=None) == everything
    assert all(one.declared is None for one in effects_of(SCENARIOS, LEDGER, {}))


def test_a_switch_that_is_declared_is_told_where_a_must_falls_away_by_it() -> None:
    assert effects(smets1=True, secmp0007=False, local_delivery=True) == {}
    absent = effects(smets1=False, secmp0007=True, local_delivery=False)
    assert absent == effects()
    declared = [one.declared for one in effects_of(SCENARIOS, LEDGER, {"smets1": False, "secmp0007": True})]
    assert declared == [False, True, None]


def test_neither_assumptions_nor_added_scenarios_make_a_switch_matter() -> None:
    assert "resent_activation" not in effects()
    (local,) = effects_of([SCENARIOS[-1], SCENARIOS[1]], LEDGER, {"smets1": True})
    assert (local.switch, local.scenarios) == ("local_delivery", 1)


def test_an_effect_reads_as_the_line_of_the_profile_and_is_the_same_after_it_went_through_json() -> None:
    for declared, text in ((False, "no"), (True, "yes"), (None, "undeclared")):
        effect = SwitchEffect("smets1", declared, ("BASE-05",), ("MP105-01",), 9)
        assert str(effect) == f'smets1 = "{text}" (BASE-05, part of MP105-01)'
        assert effect.requirements == ("BASE-05", "MP105-01")
        assert SwitchEffect.from_json(json.loads(json.dumps(effect.to_json()))) == effect


@pytest.mark.parametrize(
    ("applicability", "switch", "needed"), [("smets1", "smets1", True), ("not secmp0007", "secmp0007", False)]
)
def test_what_depends_on_a_switch_applies_with_one_of_its_values(
    applicability: Applicability, switch: str, *, needed: bool
) -> None:
    assert demand_of(applicability) == (switch, needed)


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        ({"secmp0007": False}, 'declares secmp0007 = no ({}); if the answer is yes, set secmp0007 = "yes"'),
        ({}, 'leaves secmp0007 undeclared ({}); if the answer is yes, set secmp0007 = "yes"'),
    ],
)
def test_a_hint_names_the_switch_its_question_and_the_line_that_says_otherwise(
    switches: Mapping[str, bool], told: str
) -> None:
    hint = hint_for(["not secmp0007"], switches)
    assert told.format(QUESTIONS["secmp0007"]) in hint
    assert hint_for([], switches) == ""


def test_what_to_write_is_told_line_by_line() -> None:
    assert line_for("smets1") == 'smets1 = "yes" or "no"'
    both = 'write smets1 = "yes" or "no", secmp0007 = "yes" or "no" in [profile]'
    assert lines_for(["smets1", "secmp0007"]) == both


def test_ledger_target_file_testbed_and_stub_know_the_same_switches() -> None:
    known = list(QUESTIONS)
    assert {demand_of(one)[0] for one in get_args(Applicability)} == set(known)
    assert list(Profile().switches) == known
    assert set(known) < {field.name for field in fields(Profile)}
    assert set(known) < set(ProfileForm.model_fields)
    told = CAPABILITIES.validate_python(
        {
            "capabilities": [],
            "extensions": ["profile"],
            "profile": dict(PROFILE),
            "dsp": {"name": "", "version": ""},
        }
    )
    assert list(told.switches) == known
