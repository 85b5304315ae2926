from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.gbcs import (
    Activation,
    ActivationAccepted,
    ActivationAlert,
    ActivationCode,
    AlertCode,
    FirmwareRead,
    FirmwareVersion,
    Kind,
    Message,
    MessageCode,
    Supplementary,
    activate_firmware,
    activation_alert,
    activation_response,
    build_activation_alert,
    build_activation_command,
    build_activation_response,
    build_pre_command,
    build_read_firmware_command,
    build_read_firmware_response,
    check_read_firmware_command,
    decode,
    grouped,
    read_firmware_response,
    request_counter_of,
    sign_pre_command,
)
from dsp_conformance.gbcs.activation import activation_content
from dsp_conformance.gbcs.read_firmware import response_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Fresh keys of both ends: nothing here is published anywhere."""

    user_signing: ec.EllipticCurvePrivateKey
    user_agreement: ec.EllipticCurvePrivateKey
    device_signing: ec.EllipticCurvePrivateKey
    device_agreement: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Samples:
    """One message of every form, made with the builders."""

    mac_wrapped: tuple[bytes, ...]
    signed_by_device: tuple[bytes, ...]
    pre_commands: tuple[bytes, ...]
    signed_pre_commands: tuple[bytes, ...]
    commands: tuple[bytes, ...]

    @property
    def all(self) -> tuple[bytes, ...]:
        return (
            *self.mac_wrapped,
            *self.signed_by_device,
            *self.pre_commands,
            *self.signed_pre_commands,
            *self.commands,
        )


@pytest.fixture(scope="session")
def keys() -> Keys:
    user_signing, user_agreement, device_signing, device_agreement = (
        ec.generate_private_key(ec.SECP256R1()) for _ in range(4)
    )
    return Keys(user_signing, user_agreement, device_signing, device_agreement)


@pytest.fixture(scope="session")
def user() -> Eui64:
    return Eui64.parse("90-B3-D5-1F-30-01-00-00")


@pytest.fixture(scope="session")
def device() -> Eui64:
    return Eui64.parse("00-DB-12-34-56-78-90-A0")


@pytest.fixture(scope="session")
def samples(keys: Keys, user: Eui64, device: Eui64) -> Samples:
    counter = 1_700_000_000_000
    party = Supplementary(Eui64.parse("90-B3-D5-1F-30-01-00-07"), counter + 1)
    when = datetime(2030, 1, 15, 9, tzinfo=UTC)
    version = FirmwareVersion.parse("0123ABCD")
    codes = (MessageCode.ECS52, MessageCode.GCS38, MessageCode.CS08)
    requests = tuple(
        build_read_firmware_command(
            code,
            originator=user,
            device=device,
            counter=counter,
            own_key=keys.user_agreement,
            peer_key=keys.device_agreement.public_key(),
            supplementary=supplementary,
        )
        for code in codes
        for supplementary in (None, party)
    )
    answers = tuple(
        build_read_firmware_response(
            code,
            device=device,
            recipient=user,
            counter=counter,
            result=result,
            own_key=keys.device_agreement,
            peer_key=keys.user_agreement.public_key(),
            supplementary=supplementary,
        )
        for code in codes
        for result in (FirmwareRead.success(version), FirmwareRead.failed(1))
        for supplementary in (None, party)
    )
    outcomes = (Activation(ActivationCode.SUCCESS, version), ActivationAccepted())
    signed = tuple(
        build_activation_response(
            device=device,
            recipient=user,
            counter=counter,
            outcome=outcome,
            signing_key=keys.device_signing,
            at=when,
            supplementary=party,
        )
        for outcome in outcomes
    )
    alert = build_activation_alert(
        device=device,
        recipient=user,
        counter=7,
        alert=ActivationAlert(AlertCode.ACTIVATED, when, counter, ActivationCode.SUCCESS, version),
        signing_key=keys.device_signing,
    )
    pre_commands = tuple(
        build_pre_command(
            originator=user,
            device=device,
            counter=counter,
            firmware_hash=bytes(range(32)),
            execution_time=execution_time,
        )
        for execution_time in (None, when)
    )
    signed_pre_commands = tuple(sign_pre_command(octets, keys.user_signing) for octets in pre_commands)
    commands = tuple(
        build_activation_command(octets, keys.user_agreement, keys.device_agreement.public_key())
        for octets in signed_pre_commands
    )
    return Samples((*requests, *answers), (*signed, alert), pre_commands, signed_pre_commands, commands)


@pytest.fixture(scope="session")
def vectors(shared_data: Path) -> dict[str, bytes]:
    """The published vectors by the name of their file, without `_GBCS.HEX`."""
    return {
        path.name.removesuffix("_GBCS.HEX"): bytes.fromhex(path.read_text(encoding="ascii"))
        for path in sorted((shared_data / "gbcs-vectors").glob("*.HEX"))
    }


@pytest.fixture(scope="session")
def interpret() -> Callable[[bytes], object]:
    """Decodes a message and its content as far as it goes, and checks that encoding gives the same octets."""
    return _interpret


def _interpret(octets: bytes) -> object:
    message = decode(octets)
    inner = grouped(message)
    value, content = _content_of(message)
    assert content == inner.content
    assert message.encode() == octets
    assert request_counter_of(message) >= 0
    return value


def _content_of(message: Message) -> tuple[object, bytes]:
    inner = grouped(message)
    match inner.kind, inner.message_code:
        case Kind.ALERT, _:
            alert = activation_alert(message)
            return alert, alert.encode()
        case Kind.COMMAND, MessageCode.CS06:
            command = activate_firmware(message)
            return command, command.encode()
        case Kind.COMMAND, _:
            check_read_firmware_command(message)
            return None, inner.content
        case _, MessageCode.CS06:
            outcome = activation_response(message)
            return outcome, activation_content(outcome)
        case _, code:
            result = read_firmware_response(message)
            return result, response_content(code, inner.counter, result)
