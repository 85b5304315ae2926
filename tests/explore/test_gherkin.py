"""Histories as scenarios: in sentences that have a step, or are said to have none."""

import importlib
import pkgutil
from pathlib import Path

import pytest
from pytest_bdd.parser import FeatureParser
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

import steps
from dsp_conformance.explore.generator import Generator
from dsp_conformance.explore.gherkin import print_scenario
from dsp_conformance.explore.loop import Looks, replay
from dsp_conformance.explore.outcomes import had_to_be
from dsp_conformance.explore.shrinker import shrink
from dsp_conformance.explore.violation import Violation, ViolationKind
from tests.explore.exploring import explore, replaying
from tests.explore.histories import (
    ASKED,
    LEFT,
    LISTED,
    NEW_LISTED,
    PROVIDED,
    READ,
    RUNS_NEW,
    SUSPENDED,
    history,
    installed,
)
from tests.explore.memory_dsp import FAULTS
from tests.explore.memory_world import ABILITIES, MemoryWorld


@pytest.fixture(scope="module")
def definitions() -> list[StepFunctionContext]:
    for module in pkgutil.iter_modules(steps.__path__):
        importlib.import_module(f"steps.{module.name}")
    return list(step_function_context_registry.values())


def has_step(keyword: str, text: str, definitions: list[StepFunctionContext]) -> bool:
    return any(each.type == keyword and each.parser.is_matching(text) for each in definitions)


def sentences(text: str) -> list[tuple[str, str]]:
    """Return the steps of a printed scenario, each with the kind that it is."""
    found, kind = [], ""
    for line in text.split("Scenario:")[1].splitlines()[1:]:
        keyword, sentence = line.strip().split(" ", maxsplit=1)
        kind = kind if keyword == "And" else keyword.lower()
        found.append((kind, sentence))
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_each_sentence_has_a_step_or_is_said_to_have_none(
    fault: str, definitions: list[StepFunctionContext], tmp_path: Path
) -> None:
    found = explore(6_000, fault, seed=7, looks=Looks.ALL)
    assert found.violation is not None
    assert found.history is not None
    shrunk = shrink(found.history, found.violation, replaying(fault))
    printed = print_scenario(shrunk.history, shrunk.violation)
    for kind, sentence in sentences(printed.text):
        assert has_step(kind, sentence, definitions) == (sentence not in printed.missing), sentence
    (tmp_path / "found.feature").write_text(printed.text, encoding="utf-8")
    feature = FeatureParser(str(tmp_path), "found.feature").parse()
    (scenario,) = feature.scenarios.values()
    assert len(scenario.steps) == len(sentences(printed.text))
    assert scenario.tags == {shrunk.violation.blamed}


def test_every_drawn_history_can_be_told() -> None:
    for written in (Generator(ABILITIES, seed).draw() for seed in range(60)):
        replayed = replay(written, MemoryWorld(written, "restores-anything"))
        violation = replayed.violation or nothing_wrong(len(written.events))
        places = range(violation.place + 1)
        kept = [e for n, e in enumerate(written.events) if n in places and n not in replayed.passed_over]
        text = print_scenario(written.with_events(kept), violation).text
        assert text.startswith("Feature: ")


def nothing_wrong(place: int) -> Violation:
    return Violation("DUIS-01", ViolationKind.MESSAGE, "", "A", place, expected="", found="")


def test_a_version_is_named_by_its_part_in_the_story() -> None:
    told = history(*SUSPENDED, RUNS_NEW, READ)
    violation = replay(told, MemoryWorld(told, "no-restoration"), looks=Looks.ALL).violation
    assert violation is not None
    printed = print_scenario(told, violation, title="A meter is restored")
    assert not printed.missing
    assert printed.text == (
        "Feature: Found by exploration\n\n"
        "  @MP105-04\n"
        "  Scenario: A meter is restored\n"
        "    Given an ESME that was Commissioned when its firmware was removed from the CPL\n"
        "    And the ESME now runs firmware that the CPL lists as Active for its model\n"
        "    When the supplier sends SR11.2 Read Firmware Version to the ESME\n"
        "    Then the inventory shows the ESME as Commissioned with that firmware\n"
    )


def test_a_version_that_has_no_part_of_its_own_is_spelled_out_everywhere() -> None:
    near = RUNS_NEW.model_copy(update={"version": f"{RUNS_NEW.version[:4]}FFFF"})
    told = history(LISTED, PROVIDED, NEW_LISTED, LEFT, near, READ)
    violation = replay(told, MemoryWorld(told, "restores-near-versions"), looks=Looks.ALL).violation
    assert violation is not None
    printed = print_scenario(told, violation)
    assert NEW_LISTED.version in printed.text
    assert near.version in printed.text
    assert len(printed.missing) == 2


def test_a_request_that_the_last_sentence_sends_is_not_sent_before_it() -> None:
    told = history(*SUSPENDED, ASKED)
    violation = replay(told, MemoryWorld(told, "open-to-4.1.1"), looks=Looks.ALL).violation
    assert violation is not None
    assert print_scenario(told, violation).text.count("4.1.1") == 1


def test_the_status_before_is_told(definitions: list[StepFunctionContext]) -> None:
    told = history(LISTED, NEW_LISTED, installed(), LEFT, RUNS_NEW, READ)
    violation = replay(told, MemoryWorld(told, "restores-to-commissioned"), looks=Looks.ALL).violation
    assert violation is not None
    lines = had_to_be(violation, READ, "ESME", RUNS_NEW.version)
    assert [line.text for line in lines] == [
        "the inventory shows the ESME as InstalledNotCommissioned with that firmware"
    ]
    assert has_step("then", lines[0].text, definitions)
