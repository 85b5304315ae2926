"""Activations at a set time: a Device that was not ready yet is never taken for a fault of the product."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.activations import require_activated
from dsp_conformance.smki.pki import EphemeralPki

OLD, NEW = "0000A001", "0000A002"


class _Traffic:
    def __init__(self, due: float | None) -> None:
        self._due = due

    def due_of(self, _: object) -> float | None:
        return self._due


class _Stage:
    unanswered = object()

    def __init__(self, due: float | None) -> None:
        self.traffic = _Traffic(due)

    def remembered(self, _: object) -> Any:
        return type("Record", (), {"firmware_version": OLD})()


class _Device:
    name, running = "ESME", NEW


@pytest.fixture(scope="module")
def says() -> Callable[[str], gbcs.Message]:
    """Makes a meter's answer to SR11.2 that shows a version."""
    pki = EphemeralPki.create()
    user, device = (pki.service_user(Eui64(number.to_bytes(8))) for number in (1, 2))

    def make(version: str) -> gbcs.Message:
        octets = gbcs.build_read_firmware_response(
            gbcs.MessageCode.ECS52,
            device=device.eui,
            recipient=user.eui,
            counter=7,
            result=gbcs.FirmwareRead.success(gbcs.FirmwareVersion.parse(version)),
            own_key=device.gbcs_key_agreement.private_key,
            peer_key=user.gbcs_key_agreement.private_key.public_key(),
        )
        return gbcs.decode(octets)

    return make


def test_a_device_that_still_runs_the_old_firmware_at_the_set_time_allows_no_judgement(
    says: Callable[[str], gbcs.Message],
) -> None:
    with pytest.raises(Inconclusive) as raised:
        require_activated(cast("Any", _Stage(1.0)), cast("Any", _Device), says(OLD))
    assert raised.value.cause is Cause.PRECONDITION_UNMET
    assert OLD in raised.value.found


@pytest.mark.parametrize(("due", "version"), [(1.0, NEW), (1.0, "0000B000"), (None, OLD)])
def test_any_other_version_and_any_activation_at_once_are_judged(
    says: Callable[[str], gbcs.Message], due: float | None, version: str
) -> None:
    require_activated(cast("Any", _Stage(due)), cast("Any", _Device), says(version))
