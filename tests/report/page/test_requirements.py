"""What the page says of each requirement: how many scenarios say what, and what speaks against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dsp_conformance.ledger.verdicts import NotApplicable, RequirementNotMet, SuiteFault
from dsp_conformance.report.page.requirements import RequirementView, grouped, obstacles

if TYPE_CHECKING:
    from tests.report.page.conftest import Made, Workshop


def views_of(workshop: Workshop, *made: Made) -> dict[str, RequirementView]:
    run = workshop.source(*made).run
    shown: Any = {name: name for name in run.records}  # what is shown of a scenario is not asked about here
    groups = grouped(run, run.requirement_results(), shown)
    assert [group.id for group in groups] == ["MP105", "SCOPE", "BASE", "DUIS"]
    assert groups[0].title == run.ledger.groups["MP105"]
    return {view.result.id: view for group in groups for view in group.requirements}


def named(*names: str) -> tuple[Any, ...]:
    return tuple(f"features/small.feature::{name}" for name in names)


@pytest.mark.parametrize(
    ("endings", "counted", "sentence"),
    [
        ("P", "1 of 1 passed", "Met in the one scenario that looked at it."),
        ("PP", "2 of 2 passed", "Met in both scenarios that looked at it."),
        ("PPPN", "3 of 3 passed, 1 not run", "Met in all 3 scenarios that looked at it."),
        ("PF", "1 of 2 passed", "Not met in 1 of the 2 scenarios that looked at it."),
        ("FFN", "0 of 2 passed, 1 not run", "Not met in both scenarios that looked at it."),
        ("PPU", "2 of 3 passed", "Nothing certain can be said, as 1 of the 3 scenarios that looked at it"),
        ("FE", "0 of 2 passed", "The suite itself failed here, which says nothing about the product."),
        ("N", "0 of 0 passed, 1 not run", "Not assessed: not applicable: no smets1."),
        ("", "no scenario", "Not assessed: no scenario ran."),
    ],
)
def test_a_requirement_is_summed_up_by_the_scenarios_that_ran(
    workshop: Workshop, endings: str, counted: str, sentence: str
) -> None:
    kinds = {
        "P": lambda name: workshop.passing(name, "MP105-04"),
        "F": lambda name: workshop.failing(name, "MP105-04"),
        "U": lambda name: workshop.stuck(name, "MP105-04"),
        "E": lambda name: workshop.scenario(name, "MP105-04").ended_by(SuiteFault("gone")),
        "N": lambda name: workshop.scenario(name, "MP105-04").ended_by(NotApplicable("no smets1")),
    }
    view = views_of(workshop, *(kinds[one](str(at)) for at, one in enumerate(endings)))["MP105-04"]
    assert view.counted == counted
    assert view.sentence.startswith(sentence)
    assert view.told == len(endings)
    assert len(view.troubled) == sum(one in "FUE" for one in endings)


def test_the_bar_is_as_wide_as_the_scenarios_are_many_and_its_worst_part_comes_last(
    workshop: Workshop,
) -> None:
    made = [
        workshop.passing("a", "MP105-04"),
        workshop.failing("b", "MP105-04"),
        workshop.stuck("c", "MP105-04"),
    ]
    views = views_of(workshop, *made, workshop.passing("d", "MP105-04"))
    assert [(bar.key, bar.start, bar.width) for bar in views["MP105-04"].bars] == [
        ("pass", 0.0, 50.0),
        ("inconclusive", 50.0, 25.0),
        ("fail", 75.0, 25.0),
    ]
    assert views["MP105-01"].bars == []


def test_a_scenario_stands_under_its_first_requirement_and_is_linked_from_the_others(
    workshop: Workshop,
) -> None:
    views = views_of(
        workshop,
        workshop.passing("good", "MP105-04", "MP105-06"),
        workshop.failing("bad", "MP105-06", "MP105-07"),
    )
    assert views["MP105-04"].own == named("good")
    assert (views["MP105-06"].own, [one.name for one in views["MP105-06"].elsewhere]) == (
        named("bad"),
        ["good"],
    )
    assert [one.name for one in views["MP105-07"].elsewhere] == ["bad"]


def test_scenarios_that_failed_come_first_then_those_by_name(workshop: Workshop) -> None:
    made = [workshop.passing("a", "MP105-04"), workshop.stuck("b", "MP105-04")]
    made += [workshop.failing(name, "MP105-04") for name in ("d", "c")]
    broken = workshop.scenario("e", "MP105-04").ended_by(SuiteFault("gone"))
    assert views_of(workshop, *made, broken)["MP105-04"].own == named("c", "d", "e", "b", "a")


def test_checks_are_counted_where_they_alone_speak_and_passed_ones_are_not_listed(workshop: Workshop) -> None:
    good = workshop.scenario("good", "MP105-04").step(
        "When", "asked", workshop.exchange(), workshop.exchange()
    )
    bad = workshop.scenario("bad", "MP105-04").step("When", "asked", workshop.exchange("x", "DUIS-01"))
    alone = views_of(workshop, good)["DUIS-01"]
    assert (alone.counted, alone.elsewhere) == ("2 checks, none failed", ())
    both = views_of(workshop, good, bad)["DUIS-01"]
    assert both.counted == "3 checks, 1 failed"
    assert [one.name for one in both.elsewhere] == ["bad"]


def test_what_speaks_against_a_requirement_is_told_once_for_each_kind_and_three_kinds_at_most(
    workshop: Workshop,
) -> None:
    def failing(name: str, found: str) -> Made:
        made = workshop.scenario(name, "MP105-04").step("When", "asked", workshop.exchange())
        return made.ended_by(RequirementNotMet(expected="I0", found=found))

    view = views_of(
        workshop,
        failing("a", "E5 of 00-DB-12-F0-00-00-00-08 after 3 s"),
        failing("b", "E5 of 00-DB-12-F0-00-00-00-09 after 12 s"),
        failing("c", "nothing"),
        failing("d", "silence"),
        failing("e", "noise"),
    )["MP105-04"]
    assert [one.scenario.name for one in view.against] == ["a", "c", "d"]
    first = view.against[0]
    assert first.attribution == "product defect"
    assert first.deciding == f"{first.scenario.anchor}-1"
    assert len(view.troubled) == 5


def test_a_cause_that_several_requirements_share_is_told_once(workshop: Workshop) -> None:
    views = views_of(
        workshop,
        workshop.stuck("a", "MP105-04"),
        workshop.stuck("b", "MP105-06"),
        workshop.scenario("c", "MP105-07").ended_by(SuiteFault("gone")),
        workshop.failing("d", "MP105-01"),
        workshop.failing("e", "MP105-02"),
    )
    [shared] = obstacles(views.values())
    assert [one.result.id for one in shared.requirements] == ["MP105-04", "MP105-06"]
    assert shared.cause.scenario.name == "a"


def test_a_requirement_tells_what_it_rests_on(workshop: Workshop) -> None:
    views = views_of(workshop)
    both = "S (DP105 problem statement and Panel paper) and P (public MP105 modification page)"
    assert views["MP105-04"].sources == both
    assert views["MP105-06"].sources == "P (public MP105 modification page)"
    assert views["MP105-08"].sources == "no published text that could be read"


def test_a_requirement_tells_whether_it_is_stated_there_or_how_it_is_derived(workshop: Workshop) -> None:
    views = views_of(workshop)
    assert (views["BASE-04"].standing, views["BASE-04"].stands_in) == ("Stated.", "S: stated")
    assert views["SCOPE-05"].standing == "Derived: S adds an exception to one check, so the others stay."
    assert views["SCOPE-05"].stands_in == "S: derived"
    assert views["MP105-04"].standing.startswith("Stated; beyond its words: S and P name no condition")
    assert (views["MP105-08"].standing, views["MP105-08"].stands_in) == ("", "")


def test_a_requirement_tells_by_which_line_of_the_profile_it_falls_away(workshop: Workshop) -> None:
    views = views_of(workshop)
    assert views["BASE-05"].applies == 'Falls away where the profile says smets1 = "no".'
    assert views["SCOPE-03"].applies == 'Falls away where the profile says secmp0007 = "yes".'
    assert views["MP105-01"].applies == ""
