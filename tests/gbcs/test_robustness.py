"""Whatever is decoded, either it encodes to the same octets again or GbcsDecodeError names the offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dsp_conformance.gbcs import GbcsDecodeError, GroupedMessage, Kind, decode

if TYPE_CHECKING:
    from collections.abc import Callable


class HasSamples(Protocol):
    @property
    def all(self) -> tuple[bytes, ...]: ...

    @property
    def pre_commands(self) -> tuple[bytes, ...]: ...


quick = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def mutations(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """One to three edits at places given as shares of the length, so that they fit every message."""
    edits = draw(
        st.lists(
            st.tuples(
                st.floats(0, 1, exclude_max=True),
                st.sampled_from(["change", "insert", "delete", "repeat"]),
                st.integers(0, 255),
            ),
            min_size=1,
            max_size=3,
        )
    )

    def mutate(octets: bytes) -> bytes:
        for share, edit, octet in edits:
            at = int(share * len(octets))
            before, after = octets[:at], octets[at:]
            match edit:
                case "change":
                    octets = before + bytes((octet,)) + after[1:]
                case "insert":
                    octets = before + bytes((octet,)) + after
                case "delete":
                    octets = before + after[1:]
                case _:
                    octets = before + after[:octet] + after
        return octets

    return mutate


def decodes_exactly_or_is_refused(octets: bytes, interpret: Callable[[bytes], object]) -> bool:
    """`interpret` asserts that encoding gives the same octets."""
    error = refusal_of(octets, interpret)
    if error is None:
        return True
    assert 0 <= error.offset <= len(octets), error
    assert error.expected, error
    assert error.found, error
    assert str(error.offset) in str(error)
    return False


def refusal_of(octets: bytes, interpret: Callable[[bytes], object]) -> GbcsDecodeError | None:
    try:
        interpret(octets)
    except GbcsDecodeError as error:
        return error
    return None


@quick
@given(octets=st.binary(max_size=200))
@example(octets=b"")
@example(octets=b"\xdd")
@example(octets=b"\xdd" + bytes(6) + b"\xff" + b"\xff" * 127)
@example(octets=b"\xdf\x09\x01" + bytes(8) + b"\x80")
def test_random_octets_are_refused_with_an_offset(
    octets: bytes, interpret: Callable[[bytes], object]
) -> None:
    assert not decodes_exactly_or_is_refused(octets, interpret)


@quick
@given(tail=st.binary(max_size=120), tag=st.sampled_from([bytes.fromhex("DD000000000000"), b"\xdf\x09"]))
def test_random_octets_after_a_good_start_are_refused_with_an_offset(
    tail: bytes, tag: bytes, interpret: Callable[[bytes], object]
) -> None:
    assert not decodes_exactly_or_is_refused(tag + tail, interpret)


@quick
@given(mutate=mutations(), data=st.data())
def test_a_mutated_message_decodes_to_the_same_octets_or_is_refused(
    mutate: Callable[[bytes], bytes],
    data: st.DataObject,
    samples: HasSamples,
    interpret: Callable[[bytes], object],
) -> None:
    decodes_exactly_or_is_refused(mutate(data.draw(st.sampled_from(samples.all))), interpret)


@quick
@given(mutate=mutations(), data=st.data())
def test_a_mutated_vector_decodes_to_the_same_octets_or_is_refused(
    mutate: Callable[[bytes], bytes],
    data: st.DataObject,
    vectors: dict[str, bytes],
    interpret: Callable[[bytes], object],
) -> None:
    decodes_exactly_or_is_refused(mutate(data.draw(st.sampled_from(sorted(vectors.values())))), interpret)


def test_every_sample_is_accepted(samples: HasSamples, interpret: Callable[[bytes], object]) -> None:
    assert all(decodes_exactly_or_is_refused(octets, interpret) for octets in samples.all)


def assert_no_proper_start_is_accepted(octets: bytes, interpret: Callable[[bytes], object]) -> None:
    """The Pre-Command is the one proper start of a message that is a message itself."""
    message = decode(octets)
    signed_pre_command = (
        isinstance(message, GroupedMessage) and message.kind is Kind.COMMAND and message.signature is not None
    )
    for end in range(len(octets)):
        accepted = decodes_exactly_or_is_refused(octets[:end], interpret)
        is_pre_command = signed_pre_command and end == len(octets) - 65
        assert accepted == is_pre_command, f"{end} octets of {octets.hex()}"


def test_every_truncated_message_is_refused_with_its_offset(
    samples: HasSamples, interpret: Callable[[bytes], object]
) -> None:
    for octets in samples.all:
        assert_no_proper_start_is_accepted(octets, interpret)


def test_every_truncated_vector_is_refused_with_its_offset(
    vectors: dict[str, bytes], interpret: Callable[[bytes], object]
) -> None:
    for octets in vectors.values():
        assert_no_proper_start_is_accepted(octets, interpret)


@pytest.mark.parametrize("trailing", [b"\x00", b"\x40", b"\xff", bytes(64)])
def test_octets_after_a_message_are_refused(
    trailing: bytes, samples: HasSamples, interpret: Callable[[bytes], object]
) -> None:
    for octets in samples.all:
        if octets in samples.pre_commands and trailing == b"\x00":
            continue  # the length of an empty signature, which a Pre-Command may end with
        with pytest.raises(GbcsDecodeError) as refused:
            interpret(octets + trailing)
        assert refused.value.offset >= len(octets) - 12 or octets[0] == 0xDD
