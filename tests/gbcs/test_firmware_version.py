"""Firmware versions: 4 octets, 8 upper-case hexadecimal digits, and short forms in inventories."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp_conformance.gbcs import (
    FirmwareMatch,
    FirmwareVersion,
    GbcsValueError,
    InvalidFirmwareVersion,
    compare_firmware,
)

quick = settings(max_examples=100, deadline=None, derandomize=True)


@quick
@given(octets=st.binary(min_size=4, max_size=4))
def test_a_version_is_rendered_as_8_upper_case_digits_and_read_back_in_either_case(octets: bytes) -> None:
    version = FirmwareVersion(octets)
    text = str(version)
    assert text == f"{int.from_bytes(octets):08X}"
    assert FirmwareVersion.parse(text) == FirmwareVersion.parse(text.lower()) == version
    assert text in repr(version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9001",
        "123ABCD",
        "00123ABCD",
        "0123ABCG",
        "0x12ABCD",
        " 123ABCD",
        "0123ABCD\n",
        "0123 BCD",
        "\u0661" * 8,
    ],
)
def test_any_other_text_is_refused_and_shown(text: str) -> None:
    with pytest.raises(InvalidFirmwareVersion) as refused:
        FirmwareVersion.parse(text)
    assert refused.value.text == text
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize("octets", [b"", bytes(3), bytes(5)])
def test_a_version_has_exactly_four_octets(octets: bytes) -> None:
    with pytest.raises(GbcsValueError, match="4 octets"):
        FirmwareVersion(octets)


@pytest.mark.parametrize(
    ("one", "other", "match"),
    [
        ("0123ABCD", "0123abcd", FirmwareMatch.EXACT),
        ("9001", "9001", FirmwareMatch.EXACT),
        ("r1.2", "R1.2", FirmwareMatch.EXACT),
        ("9001", "00009001", FirmwareMatch.NORMALISED),
        ("ab", "000000AB", FirmwareMatch.NORMALISED),
        ("0", "00000000", FirmwareMatch.NORMALISED),
        ("9001", "00002329", FirmwareMatch.DIFFERENT),
        ("9001", "90010000", FirmwareMatch.DIFFERENT),
        ("0123ABCD", "0123ABCE", FirmwareMatch.DIFFERENT),
        ("R1", "000000R1", FirmwareMatch.DIFFERENT),
        ("-1", "-0000001", FirmwareMatch.DIFFERENT),
        ("", "00000000", FirmwareMatch.DIFFERENT),
        ("000009001", "9001", FirmwareMatch.DIFFERENT),
        ("\u0661", "\u0660\u0661", FirmwareMatch.DIFFERENT),
    ],
)
def test_versions_match_by_digits_and_never_as_decimal(one: str, other: str, match: FirmwareMatch) -> None:
    assert compare_firmware(one, other) is match
    assert compare_firmware(other, one) is match
    assert match.same == (match is not FirmwareMatch.DIFFERENT)
