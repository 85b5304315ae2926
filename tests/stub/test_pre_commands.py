"""Issued Pre-Commands: bounded, used once, and compared octet by octet when they come back."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.stub.generic_messages import generic_pre_command
from dsp_conformance.stub.pre_commands import (
    IssuedPreCommand,
    PreCommandStore,
    SignedPreCommandFlaw,
    check_signed_pre_command,
)

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
KEY = ec.generate_private_key(ec.SECP256R1())
OCTETS = gbcs.build_pre_command(originator=USER, device=DEVICE, counter=1000, firmware_hash=bytes(32))
ISSUED = IssuedPreCommand("11.3", OCTETS)


def request_id(counter: int) -> RequestID:
    return RequestID(USER, DEVICE, counter)


def test_a_pre_command_signed_by_the_user_is_accepted() -> None:
    check_signed_pre_command(gbcs.sign_pre_command(OCTETS, KEY), ISSUED, KEY.public_key())


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"", "other octets"),
        (OCTETS, "other octets"),
        (OCTETS + b"\x40", "0 octets"),
        (OCTETS + b"\x40" + bytes(63), "63 octets"),
        (OCTETS + b"\x40" + bytes(65), "65 octets"),
        (OCTETS + b"\x40" + bytes(64), "another"),
        (OCTETS + b"\x40" + b"\xff" * 64, "another"),
        (
            gbcs.sign_pre_command(
                gbcs.build_pre_command(
                    originator=USER, device=DEVICE, counter=1000, firmware_hash=b"\x01" * 32
                ),
                KEY,
            ),
            "other octets",
        ),
        (
            gbcs.sign_pre_command(OCTETS, ec.generate_private_key(ec.SECP256R1())),
            "another",
        ),
    ],
    ids=["nothing", "unsigned", "no signature", "short", "long", "zeros", "ones", "other hash", "other key"],
)
def test_anything_else_is_refused_and_says_what_was_found(octets: bytes, found: str) -> None:
    with pytest.raises(SignedPreCommandFlaw) as caught:
        check_signed_pre_command(octets, ISSUED, KEY.public_key())

    assert caught.value.found == found


def test_without_a_registered_key_nothing_can_be_accepted() -> None:
    with pytest.raises(SignedPreCommandFlaw, match="none registered"):
        check_signed_pre_command(gbcs.sign_pre_command(OCTETS, KEY), ISSUED, None)


def test_a_generic_pre_command_has_the_form_of_every_pre_command() -> None:
    octets = generic_pre_command(request_id(1000), 0x0019)

    assert octets[:4] == OCTETS[:4] == bytes.fromhex("DF090100")
    assert octets[:28] == OCTETS[:28]


def test_a_used_pre_command_is_gone() -> None:
    store = PreCommandStore()
    store.issue(request_id(1), ISSUED)

    assert store.get(request_id(1)) == ISSUED
    assert store.get(request_id(2)) is None
    store.use(request_id(1))
    assert store.get(request_id(1)) is None


def test_old_and_surplus_pre_commands_are_forgotten() -> None:
    now = [0.0]
    store = PreCommandStore(capacity=3, lifetime_seconds=10, clock=lambda: now[0])
    for counter in range(1, 6):
        store.issue(request_id(counter), ISSUED)

    assert len(store) == 3
    assert store.get(request_id(2)) is None
    assert store.get(request_id(3)) == ISSUED
    now[0] = 10
    assert store.get(request_id(5)) is None
    store.issue(request_id(9), ISSUED)
    assert len(store) == 1
