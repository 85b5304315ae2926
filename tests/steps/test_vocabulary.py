"""The sentences of the features and how they are read."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_bdd.parser import FeatureParser
from pytest_bdd.parsers import StepParser

from dsp_conformance.ledger.requirements import REQUIREMENT_ID
from dsp_conformance.scenario.request_making import WAYS
from steps.vocabulary import ROLES, device_name, sentence

FEATURES = Path(__file__).parents[2] / "features"


def matches(parser: StepParser, text: str) -> bool:
    return parser.is_matching(text)


def test_a_sentence_takes_either_article() -> None:
    parser = sentence("a(n) {meter} whose firmware was removed from the CPL")
    assert parser.parse_arguments("an ESME whose firmware was removed from the CPL") == {"meter": "ESME"}
    assert parser.parse_arguments("a GSME whose firmware was removed from the CPL") == {"meter": "GSME"}


def test_a_sentence_is_matched_whole() -> None:
    parser = sentence("a Suspended {meter}")
    assert matches(parser, "a Suspended ESME")
    assert not matches(parser, "a Suspended ESME and a twin that is Commissioned")
    assert not matches(parser, "once a Suspended ESME")


def test_words_outside_the_field_are_no_devices_statuses_or_roles() -> None:
    assert not matches(sentence("a Suspended {meter}"), "a Suspended toaster")
    assert not matches(
        sentence("the inventory shows the {device} as {status}"), "the inventory shows the ESME as Lost"
    )
    assert not matches(sentence("a(n) {role}"), "a water supplier")


@pytest.mark.parametrize("role", ROLES)
def test_every_user_role_can_be_named(role: str) -> None:
    article = "an" if role[0] in "aeio" else "a"
    assert sentence("a(n) {role}").parse_arguments(f"{article} {role}") == {"role": role}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_read_whole_though_one_begins_another(way: str) -> None:
    assert sentence("sent to both {way}").parse_arguments(f"sent to both {way}") == {"way": way}


def test_a_device_keeps_its_name_without_the_quotes() -> None:
    found = sentence("the inventory record of the {device} is unchanged").parse_arguments(
        'the inventory record of the "other model" is unchanged'
    )
    assert found is not None
    assert device_name(found["device"]) == "other model"
    assert device_name("twin") == "twin"


def test_the_vocabulary_stays_small() -> None:
    steps = [
        line
        for path in (FEATURES.parent / "steps").glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"@(given|when|then)\(", line)
    ]
    assert 20 < len(steps) <= 75


def test_every_scenario_has_a_requirement_or_only_observes() -> None:
    files = (str(path.relative_to(FEATURES)) for path in FEATURES.rglob("*.feature"))
    parsed = [FeatureParser(str(FEATURES), file).parse() for file in files]
    tags = {(each.name, one.name): one.tags | each.tags for each in parsed for one in each.scenarios.values()}
    assert all("observed" in found or any(map(REQUIREMENT_ID.fullmatch, found)) for found in tags.values())
    assert any("observed" in found for found in tags.values())


def test_features_speak_without_codes_and_technique() -> None:
    for path in FEATURES.rglob("*.feature"):
        text = path.read_text(encoding="utf-8")
        found = re.search(r"\bE\d+\b|XML|HTTP|URL|JSON|</", text)
        assert found is None, f"{path.name}: {found and found.group()}"


def test_requirement_tags_never_stand_on_examples() -> None:
    for path in FEATURES.rglob("*.feature"):
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        tagged = [after for line, after in pairwise(lines) if line.startswith("@")]
        assert tagged
        assert all(line.startswith(("Scenario", "@")) for line in tagged), path.name
