"""The Smart Metering Inventory: records, status history, and what was before a suspension."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import DeviceStatus, DeviceType
from dsp_conformance.stub.cpl import ProductModel
from dsp_conformance.stub.inventory import DeviceExists, DeviceRecord, SmartMeteringInventory

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
METER = ProductModel(DeviceType.ESME, "106C", "433100AC")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def inventory() -> SmartMeteringInventory:
    inventory = SmartMeteringInventory(lambda: AT)
    inventory.add(DeviceRecord(DEVICE, METER, "SMETS2", "0123ABCD", DeviceStatus.INSTALLED_NOT_COMMISSIONED))
    return inventory


def test_a_suspension_keeps_the_status_it_came_from(inventory: SmartMeteringInventory) -> None:
    record = inventory.set_status(DEVICE, DeviceStatus.SUSPENDED, reason="left the CPL")

    assert record.status is DeviceStatus.SUSPENDED
    assert record.status_before_suspension is DeviceStatus.INSTALLED_NOT_COMMISSIONED


def test_a_second_suspension_does_not_overwrite_what_was_before_the_first(
    inventory: SmartMeteringInventory,
) -> None:
    inventory.set_status(DEVICE, DeviceStatus.SUSPENDED, reason="left the CPL")
    record = inventory.set_status(DEVICE, DeviceStatus.SUSPENDED, reason="left the CPL once more")

    assert record.status_before_suspension is DeviceStatus.INSTALLED_NOT_COMMISSIONED


def test_the_end_of_a_suspension_forgets_what_was_before_it(inventory: SmartMeteringInventory) -> None:
    inventory.set_status(DEVICE, DeviceStatus.SUSPENDED, reason="left the CPL")
    record = inventory.set_status(DEVICE, DeviceStatus.COMMISSIONED, reason="restored")

    assert record.status_before_suspension is None
    assert [change.status for change in record.history] == [
        DeviceStatus.INSTALLED_NOT_COMMISSIONED,
        DeviceStatus.SUSPENDED,
        DeviceStatus.COMMISSIONED,
    ]
    assert {change.at for change in record.history} == {AT}


def test_the_history_of_a_device_is_bounded(inventory: SmartMeteringInventory) -> None:
    for _ in range(100):
        record = inventory.set_status(DEVICE, DeviceStatus.COMMISSIONED, reason="again")

    assert len(record.history) == 32


def test_a_device_id_is_taken_once(inventory: SmartMeteringInventory) -> None:
    other = DeviceRecord(DEVICE, METER, "SMETS2", "00009001", DeviceStatus.PENDING)

    with pytest.raises(DeviceExists, match="00-DB-12-34-56-78-90-A0"):
        inventory.add(other)
    known = inventory.get(DEVICE)
    assert known is not None
    assert known.firmware_version == "0123ABCD"


def test_a_forgotten_device_leaves_nothing_behind(inventory: SmartMeteringInventory) -> None:
    inventory.remove(DEVICE)

    assert len(inventory) == 0
    assert inventory.of_product(METER) == ()
    assert inventory._ids_by_product == {}
    with pytest.raises(KeyError):
        inventory.remove(DEVICE)


def test_recording_firmware_leaves_the_status_alone(inventory: SmartMeteringInventory) -> None:
    record = inventory.record_firmware(DEVICE, "0123ABCE")

    assert record.firmware_version == "0123ABCE"
    assert record.status is DeviceStatus.INSTALLED_NOT_COMMISSIONED
    assert len(record.history) == 1


@pytest.mark.parametrize(("responsible", "entitled"), [(None, True), (frozenset({DEVICE}), False)])
def test_entitlement_is_everybodys_unless_users_are_named(
    inventory: SmartMeteringInventory, *, responsible: frozenset[Eui64] | None, entitled: bool
) -> None:
    user = Eui64.parse("90-B3-D5-1F-30-01-00-00")
    device = Eui64.parse("00-DB-12-34-56-78-90-A1")
    record = inventory.add(
        DeviceRecord(
            device, METER, "SMETS2", "0123ABCD", DeviceStatus.COMMISSIONED, responsible_users=responsible
        )
    )

    assert record.entitles(user) is entitled
