"""The driver against the bundled reference DSP, each in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType, UserRole
from dsp_conformance.running.stub_process import StubProcess
from dsp_conformance.smki.identity import identity_of
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.testbed import (
    Capability,
    ControlApiTestbed,
    CplEntry,
    DeviceSpec,
    Fault,
    TestbedRefused,
    UserRegistration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
ESME = DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD")


@pytest.fixture(scope="module")
def stub() -> Iterator[ControlApiTestbed]:
    with StubProcess() as process, ControlApiTestbed(process.control_url) as testbed:
        yield testbed


def test_the_stub_offers_every_capability_and_tells_who_it_is(stub: ControlApiTestbed) -> None:
    assert stub.capabilities == frozenset(Capability)
    assert stub.dsp.dcc_id is not None
    assert stub.dsp.duis_url is not None
    assert {identity_of(each).eui for each in stub.dsp.signing_certificates} == {stub.dsp.dcc_id}


def test_every_operation_is_taken(stub: ControlApiTestbed) -> None:
    user = EphemeralPki.create().service_user(USER)
    stub.register_user(
        UserRegistration(
            USER,
            frozenset(UserRole),
            user.xml_signing.certificate,
            "http://127.0.0.1:9/",
            user.gbcs_signing.certificate,
            user.gbcs_key_agreement.certificate,
        )
    )
    entry = stub.add_cpl_entry(CplEntry(DeviceType.ESME, "106C", "433100AC", "0123ABCD"))
    device = stub.provide_device(ESME)
    stub.run_firmware(device.device_id, "0000ABCD")
    stub.set_reachable(device.device_id, reachable=False)
    stub.inject_fault(device.device_id, "11.2", Fault.DEVICE_ERROR, count=2)
    stub.set_status(device.device_id, DeviceStatus.INSTALLED_NOT_COMMISSIONED)
    stub.set_cpl_status(entry, CplStatus.WITHDRAWN)
    stub.remove_cpl_entry(entry)
    stub.inject_fault(device.device_id, "11.3", Fault.RESPONSE_HELD)
    stub.release_responses(device.device_id)
    stub.restart()

    assert stub.commands(device.device_id) == ()
    stub.forget_device(device.device_id)


def test_a_provided_device_has_certificates_in_its_name(stub: ControlApiTestbed) -> None:
    device = stub.provide_device(ESME)

    for certificate in (device.gbcs_signing_certificate, device.gbcs_key_agreement_certificate):
        assert certificate is not None
        assert identity_of(certificate).eui == device.device_id


def test_what_the_stub_refuses_is_told_with_its_reason(stub: ControlApiTestbed) -> None:
    device = stub.provide_device(ESME)
    stub.forget_device(device.device_id)

    with pytest.raises(TestbedRefused) as forgotten:
        stub.forget_device(device.device_id)
    with pytest.raises(TestbedRefused) as suspended:
        stub.set_status(stub.provide_device(ESME).device_id, DeviceStatus.SUSPENDED)
    with pytest.raises(TestbedRefused) as taken:
        stub.provide_device(DeviceSpec(DeviceType.GSME, "1", "2", "3", device_id=_one_more(stub)))
    with pytest.raises(TestbedRefused, match="command: ") as meaningless:
        stub.deliver_locally(_one_more(stub), b"no command")

    assert (forgotten.value.status, suspended.value.status, taken.value.status) == (404, 422, 409)
    assert meaningless.value.status == 422
    assert str(device.device_id) in str(forgotten.value)


def _one_more(stub: ControlApiTestbed) -> Eui64:
    return stub.provide_device(ESME).device_id
