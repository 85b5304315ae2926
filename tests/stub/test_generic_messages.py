"""Messages of the requests that nobody looks into: any reader of GBCS takes them for what they are."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance import gbcs
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.eui64 import Eui64
from dsp_conformance.stub.generic_messages import (
    generic_command,
    generic_pre_command,
    generic_response,
    generic_signed_command,
)

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
REQUEST = RequestID(USER, DEVICE, 1000)
BROKER, METER, SIGNING = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))


def test_a_command_has_the_brokers_mac() -> None:
    message = gbcs.decode(generic_command(REQUEST, BROKER, METER.public_key()))

    assert isinstance(message, gbcs.MacWrapped)
    assert message.message.kind is gbcs.Kind.COMMAND
    assert (message.message.originator, message.message.recipient) == (USER, DEVICE)
    assert gbcs.verify_mac(message, METER, BROKER.public_key())


def test_a_signed_pre_command_becomes_a_command_with_both_protections() -> None:
    signed = gbcs.sign_pre_command(generic_pre_command(REQUEST), SIGNING)

    message = gbcs.decode(generic_signed_command(REQUEST, signed[-64:], BROKER, METER.public_key()))

    assert isinstance(message, gbcs.MacWrapped)
    assert message.message.encode() == signed
    assert gbcs.verify_signature(message.message, SIGNING.public_key())
    assert gbcs.verify_mac(message, METER, BROKER.public_key())


def test_a_response_answers_its_request_and_is_none_of_sr11_2_or_sr11_3() -> None:
    contents = set()
    for succeeded in (True, False):
        message = gbcs.decode(generic_response(REQUEST, METER, BROKER.public_key(), succeeded=succeeded))
        inner = gbcs.grouped(message)
        contents.add(inner.content)
        assert inner.kind is gbcs.Kind.RESPONSE
        assert gbcs.request_counter_of(message) == 1000
        assert not isinstance(inner.message_code, gbcs.MessageCode)
    assert len(contents) == 2
