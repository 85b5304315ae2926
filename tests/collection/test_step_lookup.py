"""Steps are found where pytest-bdd itself finds them, and each sentence once."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from dsp_conformance.collection.step_lookup import StepLookup

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

FEATURE = """Feature: F
  Scenario Outline: s
    Given a <state> meter
    Given a <state> meter
    Examples:
      | id | state |
      | a  | new   |
      | b  | new   |
      | c  | old   |
"""
STEPS = """
from pytest_bdd import given, parsers, scenarios
from dsp_conformance.collection import step_lookup

asked = []
own = step_lookup.find_fixturedefs_for_step

def counting(*, step, fixturemanager, node):
    asked.append(step.name)
    return own(step=step, fixturemanager=fixturemanager, node=node)

step_lookup.find_fixturedefs_for_step = counting
scenarios("a.feature")

@given(parsers.parse("a {state} meter"))
def _(state):
    assert state in {"new", "old"}

def test_each_sentence_was_asked_for_once():
    assert asked == ["a new meter", "a old meter"]
"""
OTHER = """
from pytest_bdd import given, scenarios
scenarios("a.feature")

@given("a new meter")
def _(): pass

@given("a old meter")
def _(): raise LookupError("the definition of this module")
"""
CONFTEST = """
from dsp_conformance.collection.step_lookup import StepLookup

def pytest_configure(config):
    StepLookup().install(config)
"""


def _run(pytester: pytest.Pytester, **modules: str) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST)
    (pytester.path / "a.feature").write_text(FEATURE)
    pytester.makepyfile(**modules)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_a_sentence_is_looked_up_once_however_many_scenarios_share_it(pytester: pytest.Pytester) -> None:
    _run(pytester, test_steps=STEPS).assert_outcomes(passed=4)


def test_each_module_keeps_its_own_definitions(pytester: pytest.Pytester) -> None:
    plain = STEPS.partition("def test_")[0]
    result = _run(pytester, test_steps=plain, test_other=OTHER)
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*LookupError: the definition of this module"])


def test_pytest_bdd_is_left_as_it_was() -> None:
    undo: list[Callable[[], None]] = []
    config = cast("pytest.Config", SimpleNamespace(add_cleanup=undo.append))
    lookup, module = StepLookup(), import_module("pytest_bdd.scenario")
    before = module.find_fixturedefs_for_step
    lookup.install(config)
    assert module.find_fixturedefs_for_step is lookup
    undo.pop()()
    assert module.find_fixturedefs_for_step is before
