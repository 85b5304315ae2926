from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.base.eui64 import Eui64, InvalidEui64

octets = st.binary(min_size=8, max_size=8)


@given(octets)
def test_the_text_form_reads_back_as_the_same_eui(value: bytes) -> None:
    assert Eui64.parse(str(Eui64(value))).octets == value


@given(octets)
def test_the_case_of_the_text_makes_no_difference(value: bytes) -> None:
    upper = Eui64.parse(value.hex("-").upper())
    lower = Eui64.parse(value.hex("-").lower())

    assert upper == lower
    assert hash(upper) == hash(lower)
    assert str(upper) == str(lower) == value.hex("-").upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00-DB-12-34-56-78-90",
        "00-DB-12-34-56-78-90-A0-01",
        "00DB1234567890A0",
        "00:DB:12:34:56:78:90:A0",
        "00-DB-12-34-56-78-90-AG",
        " 00-DB-12-34-56-78-90-A0",
        "00-DB-12-34-56-78-90-A0\n",
        "00-DB-12-34-56-78-9-0A0",
        "\u0660\u0660-DB-12-34-56-78-90-A0",
    ],
)
def test_any_other_form_is_refused_with_the_text_that_came(text: str) -> None:
    with pytest.raises(InvalidEui64) as refused:
        Eui64.parse(text)

    assert refused.value.text == text
    assert repr(text) in str(refused.value)
    assert "00-DB-12-34-56-78-90-A0" in str(refused.value)


@given(st.text())
def test_whatever_is_not_an_eui_is_refused_by_its_own_error_only(text: str) -> None:
    try:
        parsed = Eui64.parse(text)
    except InvalidEui64:
        return
    assert str(parsed) == text.upper()


def test_a_long_text_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidEui64) as refused:
        Eui64.parse("A" * 100_000)

    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("length", [0, 7, 9])
def test_only_eight_octets_make_an_eui(length: int) -> None:
    with pytest.raises(InvalidEui64):
        Eui64(bytes(length))


def test_euis_sort_by_their_octets() -> None:
    low, high = Eui64.parse("00-00-00-00-00-00-00-FF"), Eui64.parse("00-00-00-00-00-00-01-00")

    assert sorted([high, low]) == [low, high]


def test_an_eui_survives_a_journey_between_processes() -> None:
    eui = Eui64.parse("00-DB-12-34-56-78-90-A0")

    assert pickle.loads(pickle.dumps(eui)) == eui


def test_the_error_survives_a_journey_between_processes() -> None:
    assert pickle.loads(pickle.dumps(InvalidEui64("x"))).text == "x"
