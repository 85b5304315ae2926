"""How octets are read and lengths written, and what a refusal shows of what stands there."""

from __future__ import annotations

import pytest

from dsp_conformance.gbcs import GbcsDecodeError
from dsp_conformance.gbcs._octets import OctetReader, encode_length, with_length


@pytest.mark.parametrize("length", [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000])
def test_a_length_is_read_back_as_it_was_written(length: int) -> None:
    assert OctetReader(encode_length(length)).length("the field") == length


@pytest.mark.parametrize("written", ["80", "8100", "817F", "820080", "8200FF", "FF" + "00" * 127])
def test_a_length_in_any_form_but_the_shortest_is_refused_where_it_begins(written: str) -> None:
    octets = b"\x00" + bytes.fromhex(written) + bytes(0x100)
    reader = OctetReader(octets)
    reader.take(1, "what stands before")
    with pytest.raises(GbcsDecodeError, match="the length of the field in its shortest form") as refused:
        reader.prefixed("the field")
    assert refused.value.offset == 1
    assert refused.value.found.startswith(written[:32])


@pytest.mark.parametrize(
    ("left_over", "shown"),
    [
        (b"\xab", "AB"),
        (bytes(range(16)), "000102030405060708090A0B0C0D0E0F"),
        (bytes(range(17)), "000102030405060708090A0B0C0D0E0F... (17 octets)"),
        (bytes(5000), "00000000000000000000000000000000... (5000 octets)"),
    ],
)
def test_octets_that_are_left_over_are_shown_in_upper_case_up_to_sixteen(
    left_over: bytes, shown: str
) -> None:
    with pytest.raises(GbcsDecodeError) as refused:
        OctetReader(left_over, base=7).finish("the field")
    assert (refused.value.offset, refused.value.expected) == (7, "the end of the field")
    assert refused.value.found == shown


@pytest.mark.parametrize(
    ("octets", "offset", "number", "octet", "found"),
    [
        ("", 3, 1, "DF", "nothing"),
        ("DE09", 3, 1, "DF", "DE"),
        ("DF", 4, 2, "09", "nothing"),
        ("DF0802", 4, 2, "09", "08"),
    ],
)
def test_the_first_octet_that_differs_is_told_and_what_stands_there_alone(
    octets: str, offset: int, number: int, octet: str, found: str
) -> None:
    with pytest.raises(GbcsDecodeError) as refused:
        OctetReader(bytes.fromhex(octets), base=3).expect(b"\xdf\x09", "the start")
    assert refused.value.offset == offset
    assert refused.value.expected == f"the start ({octet} as octet {number} of DF09)"
    assert refused.value.found == found


def test_octets_that_end_too_early_are_told_with_how_many_there_are() -> None:
    reader = OctetReader(with_length(b"abc")[:-1], base=10)
    with pytest.raises(GbcsDecodeError, match="3 octets of the field, found the end after 2") as refused:
        reader.prefixed("the field")
    assert refused.value.offset == 13
