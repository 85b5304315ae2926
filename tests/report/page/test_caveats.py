"""What a verdict assumes, and what was not looked at: told where it holds, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.ledger.switches import SwitchEffect
from dsp_conformance.ledger.verdicts import Exclusion, NotApplicable
from dsp_conformance.record.plan import ExcludedGroup, Plan
from dsp_conformance.report.page.caveats import assumptions, untested

if TYPE_CHECKING:
    from dsp_conformance.record.run import Run
    from dsp_conformance.report.page.caveats import Caveat
    from tests.report.page.conftest import Made, Workshop


def assumed(run: Run) -> dict[str, Caveat]:
    return {one.about: one for one in assumptions(run, run.requirement_results())}


def test_a_run_that_could_not_be_plainer_assumes_its_build_and_its_testbed_alone(workshop: Workshop) -> None:
    run = workshop.source(workshop.passing("good", "MP105-04")).run
    run.identity = replace(
        run.identity, suite_changes=None, profile={"smets1": True}, schema_origin="published"
    )
    plain = {
        "This build alone",
        "The road of the responses",
        "States made by the testbed",
        "Demands that nothing published settles",
    }
    assert assumed(run).keys() == plain


def test_whatever_else_a_verdict_assumes_is_told(workshop: Workshop) -> None:
    details = {"server certificates": "not checked at the DSP"}
    told = assumed(workshop.source(workshop.passing("good", "MP105-04"), details=details).run)
    assert told["Modified suite"].text.endswith("Changed: steps/own.py added, conftest.py changed.")
    assert "Rejection code E51" in told
    assert "Profile schema instead of the official one" in told
    assert told["Server certificates"].text == "TLS server certificates were not checked at the DSP."


def planned(*switches: SwitchEffect) -> Plan:
    return Plan(3, (), (), capabilities_known=True, left_out=0, added=0, switches=switches)


def test_a_switch_that_nobody_declared_is_told_with_its_question_and_one_that_is_declared_is_not(
    workshop: Workshop,
) -> None:
    open_one = SwitchEffect("smets1", None, ("BASE-05",), ("MP105-01",), 9)
    absent = SwitchEffect("local_delivery", False, (), ("MP105-03",), 2)
    run = workshop.source(workshop.passing("good", "MP105-04"), plan=planned(open_one, absent)).run
    told = assumed(run)
    assert [about for about in told if about.startswith("Undeclared")] == ["Undeclared: smets1"]
    caveat = told["Undeclared: smets1"]
    assert "Does the product support SMETS1 meters?" in caveat.text
    assert "9 scenarios ran as if" in caveat.text
    assert caveat.text.endswith('write smets1 = "yes" or "no" in [profile].')
    assert caveat.links == ("BASE-05", "MP105-01")


def test_a_testbed_that_contradicts_the_target_file_is_told(workshop: Workshop) -> None:
    made = workshop.passing("good", "MP105-04")
    contradiction = "smets1 is yes in the target file, which counts, and no at the testbed"
    told = assumed(workshop.source(made, details={"profile contradicted": contradiction}).run)
    assert told["Contradictory profile"].text == f"{contradiction}."
    assert "Contradictory profile" not in assumed(workshop.source(made).run)


@pytest.mark.parametrize(
    ("enforce", "said"),
    [(False, 'decide nothing (profile: assumed = "report")'), (True, '(profile: assumed = "enforce")')],
)
def test_requirements_that_nothing_published_settles_are_named_with_what_becomes_of_them(
    workshop: Workshop, said: str, *, enforce: bool
) -> None:
    run = workshop.source(workshop.passing("good", "MP105-08"), enforce_assumed=enforce).run
    caveat = assumed(run)["Demands that nothing published settles"]
    assert caveat.links == ("MP105-08", "MP105-09", "MP105-10", "SCOPE-04")
    assert said in caveat.text
    assert ("count like the others" in caveat.text) == enforce


def test_what_was_noted_is_told_once_with_its_number_the_most_frequent_first(workshop: Workshop) -> None:
    def noting(name: str, *texts: str) -> Made:
        return workshop.passing(name, "MP105-04").step("And", "x", observations=texts)

    run = workshop.source(
        noting("a", "seldom"), noting("b", "often", "often"), noting("c", "often"), noting("d", "a rarity")
    ).run
    noted = [one.text for one in assumptions(run, []) if one.about == "Noted and not judged"]
    assert noted == ["often (in 2 scenarios)", "a rarity (in 1 scenario)", "seldom (in 1 scenario)"]


def test_what_was_not_tested_is_told_with_its_reason(workshop: Workshop) -> None:
    run = workshop.source(
        workshop.passing("good", "MP105-04"),
        workshop.scenario("out", "BASE-05").ended_by(NotApplicable("no smets1")),
    ).run
    run.plan = Plan(
        3,
        (ExcludedGroup(Exclusion.NOT_APPLICABLE, "no smets1", ("out", "more"), ("BASE-05",)),),
        ("BASE-05",),
        capabilities_known=False,
        left_out=1,
        added=0,
    )
    results = run.requirement_results()
    told = {one.about: one for one in untested(run, results)}
    assert "1 scenario of the suite" in told["A selection"].text
    assert (told["Not applicable"].text, told["Not applicable"].links) == (
        "no smets1: 2 scenarios.",
        ("BASE-05",),
    )
    assert told["BASE-05: not applicable"].text.endswith(": not applicable: no smets1.")
    assert "MP105-01: not assessed" in told
    assert not any(about.startswith("MP105-04") for about in told)
    assert "Unknown testbed" in told

    run.plan = Plan(2, (), (), capabilities_known=True, left_out=0, added=0)
    assert {"A selection", "Not applicable", "Unknown testbed"}.isdisjoint(
        one.about for one in untested(run, results)
    )
    run.plan = None
    assert "Unknown testbed" not in {one.about for one in untested(run, results)}
