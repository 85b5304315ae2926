"""Everything the stub sends is valid by the published schema, not only by the bundled profile."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import DeviceStatus, DeviceType, Service
from dsp_conformance.duis.messages import (
    FutureDatedAlert,
    GbcsPayload,
    Inventory,
    LocalCommand,
    PreCommand,
    Response,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.xml import parse
from dsp_conformance.stub.emulated_device import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.stub.conftest import Bench

UNKNOWN = Eui64.parse("00-DB-12-34-56-78-90-FF")
IMAGE = b"the new firmware"
NEW = "0123ABCE"


@pytest.fixture(scope="session")
def official(shared_data: Path) -> DuisSchema:
    return DuisSchema.from_folder(shared_data / "duis-schema-5.4")


def test_every_form_of_answer_is_valid_by_the_published_schema(
    make_bench: Callable[..., Bench], official: DuisSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_bench()
    answers: list[Response] = []
    checked = bench.checked

    def judge(octets: bytes) -> Response:
        assert official.violations(parse(octets)) == ()
        answers.append(checked(octets))
        return answers[-1]

    monkeypatch.setattr(bench, "checked", judge)
    esme, gsme = bench.suspended(DeviceType.ESME), bench.suspended(DeviceType.GSME)
    gone = bench.device(status=DeviceStatus.DECOMMISSIONED)
    user = bench.user
    for device_id in (esme, gsme):
        for variant in (1, 2, 3):
            bench.ask(user.read_firmware(device_id, variant))
        bench.ask(user.inventory(device_id))
    bench.ask(user.inventory(UNKNOWN))
    bench.ask(user.request("4.1.1", gone))
    bench.ask(user.request("4.1.1", bench.device(), 3))
    bench.ask(user.update_firmware(IMAGE, NEW, esme, gsme))
    bench.ask(user.update_firmware(IMAGE, NEW, esme, gone, UNKNOWN))
    bench.ask(user.update_firmware(IMAGE, NEW, UNKNOWN))
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    for at, variant in ((None, 5), (None, 6), (None, 7), (due, 5)):
        asked = user.activate(esme, hashlib.sha256(IMAGE).digest(), at)
        bench.ask(user.signed(asked, bench.pre_command(asked), variant))
    bench.emulated(gsme).arrange(Fault.RESPONSE_LOST, "11.2", 1)
    bench.ask(user.read_firmware(gsme))

    bench.receiver.wait(10)
    for octets in bench.receiver.received:
        judge(octets)
    contents = {type(answer.content) for answer in answers}
    assert contents == {
        type(None),
        FutureDatedAlert,
        GbcsPayload,
        Inventory,
        LocalCommand,
        PreCommand,
        UpdateFirmwareWarning,
    }
    assert {ResponseCode.E19, ResponseCode.E21, ResponseCode.E51} <= {each.response_code for each in answers}


def test_requests_are_judged_by_the_published_schema_where_it_is_given(
    make_bench: Callable[..., Bench], shared_data: Path
) -> None:
    """The bundled profile lets the bodies of other requests pass unread; the published schema does not."""
    lax, strict = make_bench(), make_bench(schema_folder=shared_data / "duis-schema-5.4")
    statuses = []
    for bench in (lax, strict):
        request = bench.user.request("2.2", bench.device())
        statuses.append(bench.send(bench.user.octets(request), Service.SEND_COMMAND).status)

    assert statuses == [200, 400]
    response = strict.ask(strict.user.read_firmware(strict.suspended()))
    assert response.response_code is ResponseCode.I99
