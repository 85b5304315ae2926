"""Histories and the form in which they are stored."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp_conformance.explore.events import AtOnce, ReadFirmware, SendImage, devices_of
from dsp_conformance.explore.generator import Generator
from dsp_conformance.explore.history import History, HistoryUnusable, without_device
from tests.explore.histories import ASKED, LISTED, PROVIDED, READ, SUSPENDED, history
from tests.explore.memory_world import ABILITIES


@given(st.integers(min_value=0, max_value=10_000))
@settings(max_examples=40, deadline=None)
def test_what_is_stored_reads_back_to_the_same_history(seed: int) -> None:
    drawn = Generator(ABILITIES, seed).draw()
    assert History.from_json(drawn.to_json()) == drawn


def test_an_event_of_a_newer_suite_is_named_and_not_guessed_at() -> None:
    stored = json.loads(history(*SUSPENDED).to_json())
    stored["events"].append({"event": "open-window", "device": "A"})
    with pytest.raises(
        HistoryUnusable, match=r"events\[4\]\.event: expected one of .*found 'open-window'.*newer"
    ):
        History.from_json(json.dumps(stored))


def test_a_newer_form_is_refused_as_such() -> None:
    stored = history(*SUSPENDED).to_json().replace('"format": 1', '"format": 2')
    with pytest.raises(HistoryUnusable, match="format: expected 1, found 2"):
        History.from_json(stored)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"version": "not hexadecimal"}, "events[0]"),
        ({"model": ""}, "events[0]"),
        ({"colour": "green"}, "events[0]"),
        ({"model": "N"}, "events[0].model"),
    ],
)
def test_a_wrong_value_is_found_where_it_stands(change: dict[str, str], where: str) -> None:
    stored = json.loads(history(*SUSPENDED).to_json())
    stored["events"][0] |= change
    with pytest.raises(HistoryUnusable) as error:
        History.from_json(json.dumps(stored))
    assert error.value.where.startswith(where)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"format": 1}', '{"events": 3, "format": 1}', "[" * 5000]
)
def test_what_is_no_history_is_refused_with_what_one_is(text: str) -> None:
    with pytest.raises(HistoryUnusable, match="expected"):
        History.from_json(text)


def test_no_name_is_that_of_two_types_of_device() -> None:
    """Whether the type is part of the CPL's key is never judged, so no history asks."""
    stored = json.loads(history(*SUSPENDED).to_json())
    stored["models"]["N"] = stored["models"]["M"] | {"device_type": "GSME"}
    with pytest.raises(HistoryUnusable, match="another manufacturer or hardware"):
        History.from_json(json.dumps(stored))


def test_a_history_keeps_the_models_that_it_speaks_of_alone() -> None:
    assert set(history(*SUSPENDED).with_events(SUSPENDED).models) == {"M"}
    assert not history(*SUSPENDED).with_events([READ]).models


def test_an_event_without_a_device_is_about_the_others() -> None:
    other = ReadFirmware(device="B", role=READ.role)
    image = SendImage(devices=("A", "B"), version=LISTED.version)
    both = AtOnce(first=READ, second=other)
    assert without_device(image, "A") == SendImage(devices=("B",), version=LISTED.version)
    assert without_device(both, "A") == other
    assert without_device(both, "B") == READ
    assert without_device(AtOnce(first=READ, second=ASKED), "A") is None
    assert without_device(PROVIDED, "A") is None
    assert without_device(LISTED, "A") is LISTED
    assert devices_of(both) == ("A", "B")
