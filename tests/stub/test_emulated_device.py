"""The emulated Device: answers, images, activations, faults and its list of commands."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import DeviceType
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.gbcs import ActivationCode, FirmwareVersion, MacWrapped, MessageCode
from dsp_conformance.stub.emulated_device import Command, EmulatedDevice, Fault, running_version

if TYPE_CHECKING:
    from dsp_conformance.smki.pki import DeviceCredentials, EphemeralPki

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
USER_KEY = ec.generate_private_key(ec.SECP256R1())
OLD = FirmwareVersion.parse("0123ABCD")
NEW = FirmwareVersion.parse("0123ABCE")
IMAGE = hashlib.sha256(b"image").digest()
OTHER_IMAGE = hashlib.sha256(b"another").digest()


@pytest.fixture(scope="module")
def credentials(pki: EphemeralPki) -> DeviceCredentials:
    return pki.device(DEVICE)


@pytest.fixture
def esme(credentials: DeviceCredentials) -> EmulatedDevice:
    return EmulatedDevice(DeviceType.ESME, credentials, OLD)


def command(variant: str, counter: int = 1000, activation: gbcs.ActivateFirmware | None = None) -> Command:
    return Command(RequestID(USER, DEVICE, counter), variant, USER_KEY.public_key(), activation)


def activate(
    device: EmulatedDevice, sha256: bytes = IMAGE, at: datetime | None = None, counter: int = 1000
) -> gbcs.Activation | gbcs.ActivationAccepted:
    asked = gbcs.ActivateFirmware(sha256, counter, at)
    (octets,) = device.carry_out(command("11.3", counter, asked)).responses
    return gbcs.activation_response(gbcs.decode(octets))


@pytest.mark.parametrize(
    ("device_type", "code"), [(DeviceType.ESME, MessageCode.ECS52), (DeviceType.GSME, MessageCode.GCS38)]
)
def test_a_meter_reports_the_firmware_it_runs_protected_for_the_user(
    credentials: DeviceCredentials, device_type: DeviceType, code: MessageCode
) -> None:
    device = EmulatedDevice(device_type, credentials, OLD)
    device.run_firmware(NEW)

    (octets,) = device.carry_out(command("11.2")).responses

    message = gbcs.decode(octets)
    assert isinstance(message, MacWrapped)
    assert message.message.message_code is code
    assert (message.message.originator, message.message.recipient) == (DEVICE, USER)
    assert gbcs.request_counter_of(message) == 1000
    assert gbcs.read_firmware_response(message).version == NEW
    assert gbcs.verify_mac(message, USER_KEY, device.key_agreement_key)


def test_an_activation_without_an_image_is_code_1_with_the_version_that_runs(esme: EmulatedDevice) -> None:
    assert activate(esme) == gbcs.Activation(ActivationCode.NO_IMAGE_HELD, OLD)


def test_an_activation_of_another_image_is_code_2_and_keeps_the_image(esme: EmulatedDevice) -> None:
    esme.hold_image(IMAGE, NEW)

    assert activate(esme, OTHER_IMAGE) == gbcs.Activation(ActivationCode.HASH_MISMATCH, OLD)
    assert activate(esme) == gbcs.Activation(ActivationCode.SUCCESS, NEW)


def test_a_success_runs_the_new_version_and_uses_the_image_up(esme: EmulatedDevice) -> None:
    esme.hold_image(IMAGE, NEW)

    assert activate(esme) == gbcs.Activation(ActivationCode.SUCCESS, NEW)
    assert esme.running == NEW
    assert activate(esme) == gbcs.Activation(ActivationCode.NO_IMAGE_HELD, NEW)


def test_an_activation_response_is_signed_by_the_device(esme: EmulatedDevice) -> None:
    asked = gbcs.ActivateFirmware(IMAGE, 1000)
    (octets,) = esme.carry_out(command("11.3", activation=asked)).responses

    key = esme.credentials.signing.private_key.public_key()
    assert gbcs.verify_signature(gbcs.grouped(gbcs.decode(octets)), key)


class TestFutureDated:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)

    def test_it_is_accepted_only_and_the_alert_tells_what_became_of_it(self, esme: EmulatedDevice) -> None:
        esme.hold_image(IMAGE, NEW)
        outcome = esme.carry_out(command("11.3", activation=gbcs.ActivateFirmware(IMAGE, 1000, self.at)))

        (octets,) = outcome.responses
        assert gbcs.activation_response(gbcs.decode(octets)) == gbcs.ActivationAccepted()
        assert outcome.alert_due == self.at
        assert esme.running == OLD
        alert = esme.carry_out_pending(RequestID(USER, DEVICE, 1000))
        assert alert is not None
        told = gbcs.activation_alert(gbcs.decode(alert))
        assert (told.alert_code, told.code) == (gbcs.AlertCode.ACTIVATED, ActivationCode.SUCCESS)
        assert (told.version, told.command_counter) == (NEW, 1000)
        assert esme.running == NEW

    def test_a_failure_is_told_as_one(self, esme: EmulatedDevice) -> None:
        activate(esme, at=self.at)

        alert = esme.carry_out_pending(RequestID(USER, DEVICE, 1000))
        assert alert is not None
        told = gbcs.activation_alert(gbcs.decode(alert))
        assert (told.alert_code, told.code) == (gbcs.AlertCode.FAILED, ActivationCode.NO_IMAGE_HELD)
        assert told.version == OLD

    def test_it_is_carried_out_once(self, esme: EmulatedDevice) -> None:
        activate(esme, at=self.at)

        assert esme.carry_out_pending(RequestID(USER, DEVICE, 1000)) is not None
        assert esme.carry_out_pending(RequestID(USER, DEVICE, 1000)) is None

    def test_a_cancellation_cancels_it(self, esme: EmulatedDevice) -> None:
        esme.hold_image(IMAGE, NEW)
        activate(esme, at=self.at)
        asked = gbcs.ActivateFirmware(IMAGE, 1001, gbcs.CANCELLATION)
        outcome = esme.carry_out(command("11.3", 1001, asked))

        assert outcome.alert_due is None
        assert esme.carry_out_pending(RequestID(USER, DEVICE, 1000)) is None
        assert esme.running == OLD

    def test_a_later_one_replaces_it(self, esme: EmulatedDevice) -> None:
        activate(esme, at=self.at)
        activate(esme, at=self.at, counter=1001)

        assert esme.carry_out_pending(RequestID(USER, DEVICE, 1000)) is None
        assert esme.carry_out_pending(RequestID(USER, DEVICE, 1001)) is not None

    def test_a_lost_response_takes_the_alert_with_it_but_not_the_activation(
        self, esme: EmulatedDevice
    ) -> None:
        esme.hold_image(IMAGE, NEW)
        esme.arrange(Fault.RESPONSE_LOST, "11.3", 1)
        esme.carry_out(command("11.3", activation=gbcs.ActivateFirmware(IMAGE, 1000, self.at)))

        assert esme.carry_out_pending(RequestID(USER, DEVICE, 1000)) is None
        assert esme.running == NEW


class TestFaults:
    def test_a_lost_response_leaves_the_command_carried_out(self, esme: EmulatedDevice) -> None:
        esme.hold_image(IMAGE, NEW)
        esme.arrange(Fault.RESPONSE_LOST, "11.3", 1)

        outcome = esme.carry_out(command("11.3", activation=gbcs.ActivateFirmware(IMAGE, 1000)))

        assert outcome.reached
        assert outcome.responses == ()
        assert esme.running == NEW
        assert len(esme.commands()) == 1

    def test_a_device_error_carries_nothing_out(self, esme: EmulatedDevice) -> None:
        esme.hold_image(IMAGE, NEW)
        esme.arrange(Fault.DEVICE_ERROR, "11.3", 1)

        assert activate(esme) == gbcs.Activation(ActivationCode.ACTIVATION_FAILURE, OLD)
        assert activate(esme) == gbcs.Activation(ActivationCode.SUCCESS, NEW)

    @pytest.mark.parametrize(("device_type", "failure"), [(DeviceType.ESME, 0x01), (DeviceType.GSME, 0xC0)])
    def test_a_device_error_of_a_read_has_no_version(
        self, credentials: DeviceCredentials, device_type: DeviceType, failure: int
    ) -> None:
        device = EmulatedDevice(device_type, credentials, OLD)
        device.arrange(Fault.DEVICE_ERROR, "11.2", 1)

        (octets,) = device.carry_out(command("11.2")).responses

        result = gbcs.read_firmware_response(gbcs.decode(octets))
        assert (result.version, result.failure) == (None, failure)

    def test_a_duplicate_response_comes_twice(self, esme: EmulatedDevice) -> None:
        esme.arrange(Fault.DUPLICATE_RESPONSE, "11.2", 1)

        first, second = esme.carry_out(command("11.2")).responses

        assert first == second
        assert len(esme.commands()) == 1

    def test_an_unreachable_device_gets_no_command(self, esme: EmulatedDevice) -> None:
        esme.arrange(Fault.UNREACHABLE, "11.2", 1)

        assert not esme.carry_out(command("11.2")).reached
        assert esme.commands() == ()
        assert esme.carry_out(command("11.2")).reached

    def test_a_fault_is_for_its_own_request_and_its_count(self, esme: EmulatedDevice) -> None:
        esme.arrange(Fault.RESPONSE_LOST, "11.2", 2)

        assert len(esme.carry_out(command("4.1.1")).responses) == 1
        assert [len(esme.carry_out(command("11.2")).responses) for _ in range(3)] == [0, 0, 1]

    def test_faults_come_in_the_order_they_were_arranged(self, esme: EmulatedDevice) -> None:
        esme.arrange(Fault.DUPLICATE_RESPONSE, "11.2", 1)
        esme.arrange(Fault.RESPONSE_LOST, "11.2", 1)

        assert [len(esme.carry_out(command("11.2")).responses) for _ in range(3)] == [2, 0, 1]

    def test_a_command_that_reaches_no_device_uses_no_fault_up(self, esme: EmulatedDevice) -> None:
        esme.arrange(Fault.DUPLICATE_RESPONSE, "11.2", 1)
        esme.set_reachable(reachable=False)

        assert not esme.carry_out(command("11.2")).reached
        esme.set_reachable(reachable=True)
        assert len(esme.carry_out(command("11.2")).responses) == 2


def test_an_unreachable_device_gets_no_image(esme: EmulatedDevice) -> None:
    esme.set_reachable(reachable=False)
    esme.hold_image(IMAGE, NEW)
    esme.set_reachable(reachable=True)

    assert activate(esme) == gbcs.Activation(ActivationCode.NO_IMAGE_HELD, OLD)


def test_commands_are_listed_oldest_first_and_not_without_end(esme: EmulatedDevice) -> None:
    for counter in range(300):
        esme.carry_out(command("4.1.1", counter))

    counters = [logged.request_id.counter for logged in esme.commands()]
    assert counters == list(range(100, 300))
    assert {logged.variant for logged in esme.commands()} == {"4.1.1"}


@pytest.mark.parametrize(
    ("text", "version"), [("9001", "00009001"), ("123abcd", "0123ABCD"), ("not hex", None), ("", "00000000")]
)
def test_short_forms_are_filled_up_to_what_a_device_reports(text: str, version: str | None) -> None:
    found = running_version(text)

    assert (None if found is None else str(found)) == version
