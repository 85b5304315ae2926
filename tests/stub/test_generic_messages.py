"""Messages of the requests that nobody looks into: any reader of GBCS takes them for what they are."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import DeviceType, Kind, catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.stub.generic_messages import (
    code_for,
    generic_command,
    generic_pre_command,
    generic_response,
    generic_signed_command,
)

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
REQUEST = RequestID(USER, DEVICE, 1000)
CODE = 0x0027
BROKER, METER, SIGNING = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))


def test_a_command_has_the_brokers_mac() -> None:
    message = gbcs.decode(generic_command(REQUEST, CODE, BROKER, METER.public_key()))

    assert isinstance(message, gbcs.MacWrapped)
    assert message.message.kind is gbcs.Kind.COMMAND
    assert (message.message.originator, message.message.recipient) == (USER, DEVICE)
    assert gbcs.verify_mac(message, METER, BROKER.public_key())


def test_a_signed_pre_command_becomes_a_command_with_both_protections() -> None:
    signed = gbcs.sign_pre_command(generic_pre_command(REQUEST, CODE), SIGNING)

    message = gbcs.decode(generic_signed_command(REQUEST, CODE, signed[-64:], BROKER, METER.public_key()))

    assert isinstance(message, gbcs.MacWrapped)
    assert message.message.encode() == signed
    assert gbcs.verify_signature(message.message, SIGNING.public_key())
    assert gbcs.verify_mac(message, METER, BROKER.public_key())


@pytest.mark.parametrize(
    ("variant", "device_type", "code"),
    [
        ("4.1.1", DeviceType.ESME, 0x0027),
        ("4.1.1", DeviceType.GSME, 0x0074),
        ("11.2", DeviceType.ESME, 0x0059),
        ("11.2", DeviceType.GSME, 0x0084),
        ("11.2", DeviceType.PPMID, 0x0129),
        ("2.2", DeviceType.GSME, 0x0007),
        ("8.2", DeviceType.ESME, 0),
    ],
)
def test_the_code_is_that_of_the_request_for_the_type_of_device(
    variant: str, device_type: DeviceType, code: int
) -> None:
    assert code_for(variant, device_type) == code


def test_every_device_request_has_a_code_for_each_meter_that_it_is_for() -> None:
    for entry in catalogue().values():
        for device_type in entry.device_types & {DeviceType.ESME, DeviceType.GSME}:
            if entry.kind is not Kind.NON_DEVICE:
                assert code_for(entry.variant, device_type) in gbcs.codes_of(entry.variant) != frozenset()


def test_a_response_answers_its_request_and_is_in_its_use_case() -> None:
    contents = set()
    for succeeded in (True, False):
        message = gbcs.decode(
            generic_response(REQUEST, CODE, METER, BROKER.public_key(), succeeded=succeeded)
        )
        inner = gbcs.grouped(message)
        contents.add(inner.content)
        assert inner.kind is gbcs.Kind.RESPONSE
        assert gbcs.request_counter_of(message) == 1000
        assert inner.message_code == CODE
    assert len(contents) == 2
