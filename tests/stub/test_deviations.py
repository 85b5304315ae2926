"""The catalogue of deviations: what it holds, and that each entry can be applied."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.stub import deviations as package
from dsp_conformance.stub.deviations import CATALOGUE, UnknownDeviation, deviating, find
from dsp_conformance.stub.settings import SettingsError, StubSettings

if TYPE_CHECKING:
    from dsp_conformance.stub.deviations import Deviation
    from dsp_conformance.stub.dsp import DspOptions

LEDGER = tomllib.loads((Path(__file__).parents[2] / "features" / "requirements.toml").read_text())
EVERY = pytest.mark.parametrize("deviation", CATALOGUE.values(), ids=CATALOGUE)


def test_no_two_deviations_share_an_id() -> None:
    every = [deviation.id for module in package._MODULES for deviation in module.DEVIATIONS]
    assert not [name for name, count in Counter(every).items() if count > 1]


def test_there_are_violations_and_lawful_variations_enough() -> None:
    lawful = [deviation for deviation in CATALOGUE.values() if deviation.is_lawful]
    assert len(lawful) >= 20
    assert len(CATALOGUE) - len(lawful) >= 80


@pytest.mark.parametrize("requirement", LEDGER["requirements"])
def test_every_requirement_is_violated_by_two_deviations_at_least(requirement: str) -> None:
    assert sum(requirement in deviation.violates for deviation in CATALOGUE.values()) >= 2


@EVERY
def test_a_deviation_has_an_id_a_sentence_and_requirements_of_the_ledger(deviation: Deviation) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", deviation.id)
    assert re.fullmatch(r"[A-Z].*[^.]\.", deviation.sentence)
    assert deviation.violates <= LEDGER["requirements"].keys()
    assert bool(deviation.violates) is not deviation.is_lawful


@EVERY
def test_a_deviation_changes_the_options_it_is_applied_to_and_no_others(deviation: Deviation) -> None:
    options = StubSettings().dsp_options()
    before = _parts(options)
    assert _parts(deviation.apply(options)) != before
    assert _parts(options) == before


def _parts(options: DspOptions) -> tuple[object, ...]:
    """What deviations change; the checks with the order that they are made in."""
    checks = tuple(options.seams.checks.items())
    return options.rules, options.seams, options.no_answer_seconds, checks


def test_two_deviations_of_one_seam_hold_both() -> None:
    options = StubSettings().dsp_options()
    both = deviating(options, find(["credentials-kept-back", "top-up-kept-back"]))
    assert {row.variant for row in both.rules.exceptions} == {"11.1", "11.2"}


def test_an_unknown_id_is_refused_with_the_nearest_spelling() -> None:
    with pytest.raises(UnknownDeviation, match="rejected-and-sent") as caught:
        find(["rejected-and-snt"])
    assert caught.value.id == "rejected-and-snt"
    assert caught.value.nearest[0] == "rejected-and-sent"


def test_a_stub_is_not_started_with_an_unknown_deviation() -> None:
    with pytest.raises(SettingsError, match="rejected-and-sent"):
        StubSettings(deviations=("rejected-and-snt",)).dsp_options()
