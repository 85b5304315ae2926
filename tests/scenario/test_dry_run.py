"""In a rehearsal nothing is sent, whichever Service User a step takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.terms import CommandVariant, DeviceType, UserRole
from dsp_conformance.scenario.dry_run import Rehearsal, _RequestSent
from dsp_conformance.scenario.dry_run_testbed import RehearsedTestbed
from dsp_conformance.scenario.traffic import Traffic, service_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.user.session import UserSession

READ = service_request("11.2")
USERS: dict[str, Callable[[Traffic], UserSession]] = {
    "act_as": lambda traffic: traffic.act_as(UserRole.ED),
    "another": lambda traffic: traffic.another(UserRole.IS),
    "stranger": lambda traffic: traffic.stranger(),
    "sender_of": lambda traffic: traffic.sender_of(READ, DeviceType.GSME),
    "supplier_of": lambda traffic: traffic.supplier_of(DeviceType.ESME),
}


def test_every_way_to_a_service_user_is_tried_here() -> None:
    ways = {
        name
        for name, method in vars(Traffic).items()
        if not name.startswith("_")
        and "UserSession" in str(getattr(method, "__annotations__", {}).get("return"))
    }
    assert ways == USERS.keys()


@pytest.mark.parametrize("way", USERS)
def test_no_service_user_sends_anything(way: str) -> None:
    traffic = Rehearsal()._stage(RehearsedTestbed(live=lambda: False)).traffic
    session = USERS[way](traffic)
    with pytest.raises(_RequestSent):
        session.send(READ, CommandVariant.NON_CRITICAL_WAN, ReadFirmwareVersion().to_xml(), Eui64(bytes(8)))
