"""What all findings together say: a proof or not, and which scenarios kill nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsp_conformance.selfcheck.experiments import experiment
from dsp_conformance.selfcheck.findings import suite_error
from dsp_conformance.selfcheck.matrix import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.selfcheck.findings import Finding

    Make = Callable[..., CollectedScenario]
    FoundBy = Callable[..., Finding]

SENT = experiment("rejected-and-sent")  # violates SCOPE-02
LAWFUL = experiment("another-prefix")


def test_a_matrix_is_a_proof_only_if_every_finding_is_right(found_by: FoundBy, scenario: Make) -> None:
    scenarios = (scenario("one", "SCOPE-02"),)
    killed, passed = found_by(SENT, {"one": ("SCOPE-02",)}), found_by(LAWFUL, {"one": ()})

    def is_proof(*findings: Finding) -> bool:
        return Matrix(findings, ("SCOPE-02",), scenarios).is_proof

    assert is_proof(killed, passed)
    assert not is_proof(killed, suite_error(LAWFUL, "gone", 1.0))
    assert not is_proof(found_by(SENT, {"one": ()}), passed)
    assert not is_proof(killed, found_by(LAWFUL, {"one": ("SCOPE-02",)}))


def test_of_the_whole_catalogue_every_scenario_has_to_kill_something(
    found_by: FoundBy, scenario: Make
) -> None:
    scenarios = (scenario("one", "SCOPE-02"), scenario("two", "SCOPE-02"))
    for ran, proven in (
        ({"one": ("SCOPE-02",), "two": ("SCOPE-02",)}, True),
        ({"one": ("SCOPE-02",), "two": ()}, False),
        ({"one": ("SCOPE-02",)}, False),
    ):
        findings = (found_by(SENT, ran),)
        assert Matrix(findings, ("SCOPE-02",), scenarios, complete=True).is_proof is proven
        assert Matrix(findings, ("SCOPE-02",), scenarios).is_proof


def test_of_the_whole_catalogue_every_requirement_has_to_be_violated(
    found_by: FoundBy, scenario: Make
) -> None:
    findings, scenarios = (found_by(SENT, {"one": ("SCOPE-02",)}),), (scenario("one", "SCOPE-02"),)
    matrix = Matrix(findings, ("SCOPE-01", "SCOPE-02"), scenarios, complete=True)
    assert matrix.unbroken_requirements == ("SCOPE-01",)
    assert not matrix.is_proof


def test_a_scenario_kills_by_a_requirement_of_its_own_that_is_violated(
    found_by: FoundBy, scenario: Make
) -> None:
    scenarios = (
        scenario("right", "SCOPE-02"),
        scenario("not its own", "SCOPE-01"),
        scenario("not violated", "SCOPE-01", "SCOPE-02"),
    )
    found = found_by(
        SENT, {"right": ("SCOPE-02",), "not its own": ("SCOPE-02",), "not violated": ("SCOPE-01",)}
    )
    matrix = Matrix((found,), ("SCOPE-02",), scenarios)
    assert matrix.killers(found) == {"right"}
    assert [one.id for one in matrix.idle_scenarios] == ["not its own", "not violated"]


def test_a_scenario_that_only_observes_owes_no_kill(found_by: FoundBy, scenario: Make) -> None:
    observing = replace(scenario("seen"), tags=("observed",))
    matrix = Matrix((found_by(SENT, {}),), (), (scenario("idle", "SCOPE-02"), observing))
    assert [one.id for one in matrix.idle_scenarios] == ["idle"]
