"""The Service User against the bundled reference DSP, each in a process of its own, over real HTTP."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dsp_conformance import gbcs
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.messages import GbcsPayload, Inventory, LocalCommand
from dsp_conformance.duis.request_bodies import ActivateFirmware, ReadFirmwareVersion, UpdateFirmware
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.smki.certificates import public_key_of
from dsp_conformance.testbed import ControlApiTestbed, CplEntry, DeviceSpec, Fault, UserRegistration
from dsp_conformance.user.counters import Counters
from dsp_conformance.user.critical_flow import send_critical
from dsp_conformance.user.inbox import Inbox
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.receiver import running_receiver
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.session import Connection, UserSession
from dsp_conformance.user.transport import DuisTransport, Endpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsp_conformance.testbed import ProvidedDevice
    from dsp_conformance.user.exchange import Delivery, Exchange
    from dsp_conformance.user.service_user import ServiceUser

OLD, NEW = "0123ABCD", "0123ABCE"
IMAGE = b"firmware"
SR11_2 = catalogue()["11.2"]


@dataclass
class Traffic:
    """A Service User registered at a running stub, and all that passed between them."""

    testbed: ControlApiTestbed
    session: UserSession
    exchanges: list[Exchange] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def device(self, model: str) -> ProvidedDevice:
        return self.testbed.provide_device(DeviceSpec(DeviceType.ESME, "106C", model, OLD))

    def read_firmware(self, device: ProvidedDevice, command_variant: int = 1) -> Exchange:
        body = ReadFirmwareVersion().to_xml()
        return self.session.send(SR11_2, CommandVariant(command_variant), body, device.device_id)

    def payload(self, exchange: Exchange) -> gbcs.Message:
        delivery = self.session.wait_for_response(exchange, timeout=5)
        assert delivery is not None
        assert delivery.response is not None
        assert isinstance(delivery.response.content, GbcsPayload)
        return gbcs.decode(delivery.response.content.octets)


@pytest.fixture(scope="module")
def traffic(service_user: ServiceUser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    with StubProcess() as process, ControlApiTestbed(process.control_url) as testbed:
        dsp, inbox = testbed.dsp, Inbox()
        assert dsp.dcc_id is not None
        services = (f"{dsp.duis_url}/api/v1/{name}" for name in ("serviceS", "serviceD", "serviceT"))
        inspector = Inspector(DuisSchema.bundled(), KnownSigners(dsp.signing_certificates))
        counters = Counters(tmp_path_factory.mktemp("counters"))
        connection = Connection(DuisTransport(Endpoints(*services)), inspector, inbox, counters, dsp.dcc_id)
        with running_receiver(ReceiverSettings(), inspector, inbox) as url:
            assert service_user.gbcs_signing is not None
            assert service_user.gbcs_key_agreement is not None
            testbed.register_user(
                UserRegistration(
                    service_user.eui,
                    service_user.roles,
                    service_user.xml_signing.certificate,
                    url,
                    service_user.gbcs_signing.certificate,
                    service_user.gbcs_key_agreement.certificate,
                )
            )
            session = UserSession(service_user, connection)
            traffic = Traffic(testbed, session)
            session.on_exchange = traffic.exchanges.append
            session.on_delivery = lambda _, delivery: traffic.deliveries.append(delivery)
            yield traffic


@pytest.fixture(autouse=True)
def everything_that_passed_is_in_order(traffic: Traffic, official_schema: DuisSchema) -> Iterator[None]:
    """Whatever a test is about: both sides' messages pass the official schema, and every check passes."""
    traffic.exchanges.clear()
    traffic.deliveries.clear()
    yield
    assert traffic.exchanges
    for exchange in traffic.exchanges:
        assert exchange.answer is not None
        assert official_schema.violations(xml.parse(exchange.sent)) == ()
        assert official_schema.violations(xml.parse(exchange.answer.octets)) == ()
        assert [check for check in exchange.checks if not check.passed] == []
    for delivery in traffic.deliveries:
        assert official_schema.violations(xml.parse(delivery.octets)) == ()
        assert [check for check in delivery.checks if not check.passed] == []


def test_the_firmware_version_is_read_over_the_wan(traffic: Traffic, service_user: ServiceUser) -> None:
    device = traffic.device("1")
    exchange = traffic.read_firmware(device)
    assert exchange.title == "SR11.2 CV1 → I99"
    message = traffic.payload(exchange)
    assert gbcs.request_counter_of(message) == exchange.request.request_id.counter
    assert str(gbcs.read_firmware_response(message).version) == OLD
    assert isinstance(message, gbcs.MacWrapped)
    assert service_user.gbcs_key_agreement is not None
    assert device.gbcs_key_agreement_certificate is not None
    key = public_key_of(device.gbcs_key_agreement_certificate)
    assert gbcs.verify_mac(message, service_user.gbcs_key_agreement.private_key, key)


def test_a_command_for_local_delivery_comes_at_once(traffic: Traffic) -> None:
    exchange = traffic.read_firmware(traffic.device("2"), 2)
    assert exchange.response is not None
    assert exchange.response.response_code == "I0"
    assert isinstance(exchange.response.content, LocalCommand)


def test_the_inventory_shows_a_device(traffic: Traffic) -> None:
    device = traffic.device("3")
    exchange = traffic.session.read_inventory(device.device_id)
    assert exchange.response is not None
    assert isinstance(exchange.response.content, Inventory)
    (record,) = exchange.response.content.devices
    assert (record.device_id, record.status) == (device.device_id, DeviceStatus.COMMISSIONED)


def test_firmware_is_sent_and_activated_in_the_critical_flow(traffic: Traffic) -> None:
    traffic.testbed.add_cpl_entry(CplEntry(DeviceType.ESME, "106C", "4", NEW))
    device = traffic.device("4")
    update = UpdateFirmware(IMAGE, NEW, (device.device_id,)).to_xml()
    assert traffic.session.send(catalogue()["11.1"], CommandVariant.NON_DEVICE, update).accepted
    activate = ActivateFirmware(hashlib.sha256(IMAGE).digest()).to_xml()
    flow = send_critical(traffic.session, catalogue()["11.3"], activate, device.device_id)
    assert flow.accepted, flow
    outcome = gbcs.activation_response(traffic.payload(flow.last))
    assert outcome == gbcs.Activation(gbcs.ActivationCode.SUCCESS, gbcs.FirmwareVersion.parse(NEW))


def test_a_rejected_request_brings_no_response(traffic: Traffic) -> None:
    device = traffic.device("5")
    traffic.testbed.forget_device(device.device_id)
    exchange = traffic.read_firmware(device)
    assert not exchange.accepted
    assert exchange.title == "SR11.2 CV1 → E19"
    assert traffic.session.wait_for_response(exchange, timeout=0.05) is None


def test_duplicate_responses_are_both_kept(traffic: Traffic) -> None:
    device = traffic.device("7")
    traffic.testbed.inject_fault(device.device_id, "11.2", Fault.DUPLICATE_RESPONSE)
    exchange = traffic.read_firmware(device)
    request_id = exchange.request.request_id
    assert traffic.session.wait_for_response(exchange, timeout=5) is not None
    assert {each.accepted for each in traffic.session.connection.inbox.answers_to(request_id)} == {True}


def test_many_threads_of_one_user_are_all_served(traffic: Traffic) -> None:
    """The DSP rejects a counter that does not rise, so they reach it in order."""
    devices = [traffic.device(f"8{number}") for number in range(4)]
    with ThreadPoolExecutor(16) as pool:
        exchanges = list(pool.map(lambda number: traffic.read_firmware(devices[number % 4]), range(48)))
        messages = list(pool.map(traffic.payload, exchanges))
    assert all(exchange.accepted for exchange in exchanges)
    counters = [exchange.request.request_id.counter for exchange in exchanges]
    assert [gbcs.request_counter_of(message) for message in messages] == counters
