"""What is run against what: the scenarios concerned first, then those that still owe a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsp_conformance.selfcheck.experiments import experiment, selected
from dsp_conformance.selfcheck.proof import Proof
from dsp_conformance.stub.deviations import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dsp_conformance.collection.collected import CollectedScenario
    from dsp_conformance.selfcheck.experiments import Experiment
    from dsp_conformance.selfcheck.findings import Finding
    from dsp_conformance.selfcheck.workshop import Task

    Make = Callable[..., CollectedScenario]
    FoundBy = Callable[..., Finding]

SENT = experiment("rejected-and-sent")  # violates SCOPE-02
RESTORED = experiment("rejected-and-restored")  # violates SCOPE-02
UNSIGNED = experiment("responses-unsigned")  # violates DUIS-02, which is checked on every message
LAWFUL = experiment("silence")  # concerns MP105-09


def test_a_violation_is_tried_on_the_scenarios_of_what_it_breaks(scenario: Make) -> None:
    mine, other = scenario("mine", "SCOPE-02"), scenario("other", "SCOPE-01")
    assert selected(SENT, (other, mine)) == (mine,)


def test_what_every_message_shows_is_tried_on_a_row_of_every_outline_too(scenario: Make) -> None:
    own = scenario("own", "DUIS-02")
    rows = (scenario("outline::a", "SCOPE-01"), scenario("outline::b", "SCOPE-01"))
    assert selected(UNSIGNED, (*rows, own)) == (own, rows[0])


def test_what_is_lawful_is_tried_on_a_row_of_every_outline_and_on_all_that_it_concerns(
    scenario: Make,
) -> None:
    rows = tuple(scenario(f"outline::{name}", "SCOPE-01") for name in "abc")
    concerned = tuple(scenario(f"concerned::{name}", "MP105-09") for name in "abc")
    single = scenario("single", "BASE-01")
    tried = selected(LAWFUL, (*rows, *concerned, single))
    assert {*concerned, single} < set(tried)
    assert len(set(rows) & set(tried)) == 1
    assert len(tried) == len(set(tried))
    assert tried == selected(LAWFUL, (*rows, *concerned, single))


def test_different_lawful_variations_are_tried_on_different_rows(scenario: Make) -> None:
    rows = tuple(scenario(f"outline::{name}", "SCOPE-01") for name in "abc")
    everything = [each for each in CATALOGUE.values() if each.is_lawful and "SCOPE-01" not in each.concerns]
    assert {row for each in everything for row in selected(experiment(each.id), rows)} == {*rows}


class Runs:
    """Stands for the workshop: notes what is asked of it, and finds what it was told."""

    def __init__(self, found_by: FoundBy, killing: set[tuple[str, str]]) -> None:
        self._found_by = found_by
        self._killing = killing
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def __call__(self, tasks: Sequence[Task]) -> Iterator[Finding]:
        for task in tasks:
            ran: dict[str, tuple[str, ...]] = {}
            self.asked.append((task.experiment.id, tuple(name.rpartition("::")[2] for name in task.nodeids)))
            for name in self.asked[-1][1]:
                killed = (task.experiment.id, name) in self._killing
                ran[name] = tuple(task.experiment.violates) if killed else ()
                if killed and task.sought:
                    break  # the rest is left out, as the real one does
            yield self._found_by(task.experiment, ran)


def _proof(
    tried: tuple[Experiment, ...],
    scenarios: tuple[CollectedScenario, ...],
    *,
    everything: bool = False,
    complete: bool = False,
) -> Proof:
    return Proof(tried, ("SCOPE-02",), scenarios, everything=everything, complete=complete)


def test_scenarios_that_were_left_out_get_their_chance_to_kill(found_by: FoundBy, scenario: Make) -> None:
    scenarios = tuple(scenario(name, "SCOPE-02") for name in "abc")
    runs = Runs(found_by, {(SENT.id, "a"), (RESTORED.id, "b"), (SENT.id, "c")})
    proof = _proof((SENT, RESTORED), scenarios, complete=True)
    told = list(proof.gather(runs))
    assert runs.asked[:2] == [(SENT.id, ("a", "b", "c")), (RESTORED.id, ("a", "b", "c"))]
    assert proof.matrix.is_proof
    assert [number for _, number, _ in told] == list(range(1, len(told) + 1))
    assert len(proof.matrix.findings) == 2


def test_a_scenario_that_kills_nothing_is_offered_every_violation_of_its_own_once(
    found_by: FoundBy, scenario: Make
) -> None:
    scenarios = (scenario("a", "SCOPE-02"), scenario("idle", "SCOPE-02"), scenario("strange", "BASE-01"))
    runs = Runs(found_by, {(SENT.id, "a"), (RESTORED.id, "a")})
    proof = _proof((SENT, RESTORED), scenarios, complete=True)
    list(proof.gather(runs))
    assert sorted(runs.asked[2:]) == [(RESTORED.id, ("idle",)), (SENT.id, ("idle",))]
    assert [one.id for one in proof.matrix.idle_scenarios] == ["idle", "strange"]
    assert not proof.matrix.is_proof


def test_a_named_deviation_is_tried_on_all_that_concerns_it_and_nothing_else(
    found_by: FoundBy, scenario: Make
) -> None:
    scenarios = (scenario("a", "SCOPE-02"), scenario("b", "SCOPE-02"), scenario("c", "BASE-01"))
    runs = Runs(found_by, {(SENT.id, "a")})
    proof = _proof((SENT,), scenarios)
    list(proof.gather(runs))
    assert runs.asked == [(SENT.id, ("a", "b"))]
    assert proof.matrix.findings[0].ran == ("a", "b")
    assert proof.matrix.is_proof


def test_all_scenarios_are_run_where_that_is_asked_for(found_by: FoundBy, scenario: Make) -> None:
    scenarios = (scenario("a", "SCOPE-02"), scenario("c", "BASE-01"))
    runs = Runs(found_by, {(SENT.id, "a")})
    proof = _proof((SENT, LAWFUL), scenarios, everything=True, complete=True)
    list(proof.gather(runs))
    assert runs.asked[:2] == [(SENT.id, ("a", "c")), (LAWFUL.id, ("a", "c"))]
