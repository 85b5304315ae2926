"""A command for local delivery, brought to an emulated Device, is answered as over the WAN."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import DeviceType
from dsp_conformance.duis.messages import LocalCommand
from dsp_conformance.stub.emulated_device import Fault, NotForThisDevice

if TYPE_CHECKING:
    from tests.stub.conftest import Bench, StubProcess

METER = {"device_type": "ESME", "manufacturer": "106C", "model": "433100AC", "firmware_version": "0123ABCD"}


def command_for(bench: Bench, device_id: Eui64) -> gbcs.MacWrapped:
    content = bench.ask(bench.user.read_firmware(device_id, 2)).content
    assert isinstance(content, LocalCommand)
    message = gbcs.decode(content.octets)
    assert isinstance(message, gbcs.MacWrapped)
    return message


@pytest.mark.parametrize("device_type", [DeviceType.ESME, DeviceType.GSME])
def test_the_answer_shows_what_runs_and_is_protected_for_the_user(
    bench: Bench, device_type: DeviceType
) -> None:
    device_id = bench.suspended(device_type)
    device = bench.emulated(device_id)
    device.set_reachable(reachable=False)
    device.arrange(Fault.DEVICE_ERROR, "11.2", 1)
    command = command_for(bench, device_id)

    answer = gbcs.decode(bench.dsp.services.bring_locally(device, command))

    assert gbcs.read_firmware_response(answer).version == device.running
    assert gbcs.request_counter_of(answer) == command.message.counter
    assert isinstance(answer, gbcs.MacWrapped)
    user_key = bench.user.credentials.gbcs_key_agreement.private_key
    assert gbcs.verify_mac(answer, user_key, device.key_agreement_key)
    assert device.commands() == ()


def test_a_command_of_another_device_has_the_wrong_mac(bench: Bench) -> None:
    command = command_for(bench, bench.suspended())

    with pytest.raises(NotForThisDevice, match="found another MAC"):
        bench.dsp.services.bring_locally(bench.emulated(bench.suspended()), command)


def post(stub: StubProcess, device_id: str, body: Any) -> Any:
    return stub.control("POST", f"/devices/{device_id}/local-commands", body)


def test_the_api_tells_why_a_command_is_not_taken(stub: StubProcess) -> None:
    device_id = stub.control("POST", "/devices", METER).json()["device_id"]
    key = ec.generate_private_key(ec.SECP256R1())

    def made_up(code: gbcs.MessageCode) -> str:
        octets = gbcs.build_read_firmware_command(
            code,
            originator=Eui64.parse(device_id),
            device=Eui64.parse(device_id),
            counter=1,
            own_key=key,
            peer_key=key.public_key(),
        )
        return base64.b64encode(octets).decode()

    refused = [
        post(stub, device_id, {"command": made_up(gbcs.MessageCode.ECS52)}),
        post(stub, device_id, {"command": base64.b64encode(b"\xdf\x09").decode()}),
        post(stub, device_id, {"command": "no base64"}),
        post(stub, device_id, {}),
    ]

    assert [one.status_code for one in refused] == [422] * 4
    details = [one.json()["detail"] for one in refused]
    assert "found another MAC" in details[0]
    assert all("command" in detail for detail in details)
    assert post(stub, "00-DB-FF-FF-FF-FF-FF-FF", {"command": ""}).status_code == 404
