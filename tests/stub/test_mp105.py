"""MP105's rules as tables, each with its negation: suspension, the exception list, the way out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import (
    CommandVariant,
    CplStatus,
    DeviceStatus,
    DeviceType,
    Kind,
    catalogue,
)
from dsp_conformance.gbcs import FirmwareVersion
from dsp_conformance.stub.cpl import CplEntry, ProductModel
from dsp_conformance.stub.inventory import DeviceRecord
from dsp_conformance.stub.mp105 import (
    EXCEPTIONS,
    NO_CHANGE,
    InventoryChange,
    Rules,
    permitted_while_suspended,
)

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
OLD = "0123ABCD"
NEW = FirmwareVersion.parse("0123ABCE")
METERS = (DeviceType.ESME, DeviceType.GSME)
SUSPENDABLE = (DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED)
AS_OF = Rules.as_of_mp105()
BEFORE = Rules.before_mp105()


def product(device_type: DeviceType = DeviceType.ESME) -> ProductModel:
    return ProductModel(device_type, "106C", "433100AC")


def record(
    device_type: DeviceType = DeviceType.ESME,
    *,
    status: DeviceStatus = DeviceStatus.SUSPENDED,
    before: DeviceStatus | None = DeviceStatus.COMMISSIONED,
    firmware_version: str = OLD,
    smets_version: str = "SMETS2",
) -> DeviceRecord:
    return DeviceRecord(
        DEVICE,
        product(device_type),
        smets_version,
        firmware_version,
        status,
        before if status is DeviceStatus.SUSPENDED else None,
    )


@dataclass
class Listed:
    """A CPL that lists some versions as Active for one model."""

    versions: frozenset[str]
    product: ProductModel

    def lists_as_active(self, product: ProductModel, firmware_version: str) -> bool:
        return product == self.product and firmware_version in self.versions


def listing(*versions: str, device_type: DeviceType = DeviceType.ESME) -> Listed:
    return Listed(frozenset(versions), product(device_type))


class TestSuspension:
    entry = CplEntry("cpl-1", product(), OLD, CplStatus.WITHDRAWN)

    @pytest.mark.parametrize("status", DeviceStatus)
    def test_a_device_is_suspended_from_two_statuses_and_no_other(self, status: DeviceStatus) -> None:
        assert AS_OF.suspends(self.entry, record(status=status)) is (status in SUSPENDABLE)

    def test_a_device_recorded_with_other_firmware_keeps_its_status(self) -> None:
        other = record(status=DeviceStatus.COMMISSIONED, firmware_version="00009001")

        assert not AS_OF.suspends(self.entry, other)

    def test_a_device_recorded_in_short_form_is_the_same(self) -> None:
        short = record(status=DeviceStatus.COMMISSIONED, firmware_version="123abcd")

        assert AS_OF.suspends(self.entry, short)

    def test_a_device_of_another_model_keeps_its_status(self) -> None:
        other = record(DeviceType.GSME, status=DeviceStatus.COMMISSIONED)

        assert not AS_OF.suspends(self.entry, other)

    def test_an_ihd_is_not_on_the_list_at_all(self) -> None:
        entry = CplEntry("cpl-1", product(DeviceType.IHD), OLD, CplStatus.WITHDRAWN)

        assert not AS_OF.suspends(entry, record(DeviceType.IHD, status=DeviceStatus.COMMISSIONED))
        for device_type in (DeviceType.PPMID, DeviceType.HCALCS, DeviceType.CHF, DeviceType.GPF):
            entry = CplEntry("cpl-1", product(device_type), OLD, CplStatus.WITHDRAWN)
            assert AS_OF.suspends(entry, record(device_type, status=DeviceStatus.COMMISSIONED))


class TestExceptionList:
    @pytest.mark.parametrize("rules", [AS_OF, BEFORE], ids=["as-of-mp105", "before-mp105"])
    @pytest.mark.parametrize("smets_version", ["SMETS1", "SMETS2"])
    @pytest.mark.parametrize("device_type", METERS)
    def test_what_may_go_to_a_suspended_meter_is_exactly_what_the_ledger_says(
        self, rules: Rules, smets_version: str, device_type: DeviceType
    ) -> None:
        suspended = record(device_type, smets_version=smets_version)
        permitted = {
            (entry.variant, int(command_variant))
            for entry in catalogue().values()
            if entry.kind is Kind.NON_CRITICAL
            for command_variant in entry.command_variants
            if permitted_while_suspended(rules.exceptions, entry, command_variant, suspended)
        }

        expected = {("6.23", 1), ("6.23", 2), ("6.23", 3)}
        if smets_version == "SMETS1":
            expected |= {("2.2", 2)}
        if rules is AS_OF:
            expected |= {("11.2", 1), ("11.2", 2), ("11.2", 3)}
        assert permitted == expected

    @pytest.mark.parametrize("rules", [AS_OF, BEFORE], ids=["as-of-mp105", "before-mp105"])
    def test_every_critical_request_may_go_to_a_suspended_device(self, rules: Rules) -> None:
        critical = [entry for entry in catalogue().values() if entry.kind is Kind.CRITICAL]

        assert len(critical) > 30
        for entry in critical:
            for variant in entry.command_variants:
                assert permitted_while_suspended(rules.exceptions, entry, variant, record())

    @pytest.mark.parametrize("device_type", [DeviceType.PPMID, DeviceType.HCALCS, DeviceType.CHF])
    def test_reading_firmware_is_excepted_for_meters_only(self, device_type: DeviceType) -> None:
        entry, variant = catalogue()["11.2"], CommandVariant.NON_CRITICAL_WAN

        assert permitted_while_suspended(EXCEPTIONS, entry, variant, record(DeviceType.ESME))
        assert not permitted_while_suspended(EXCEPTIONS, entry, variant, record(device_type))

    def test_mp105_brought_one_row(self) -> None:
        assert [row.variant for row in EXCEPTIONS if row.came_with_mp105] == ["11.2"]
        assert [row.variant for row in BEFORE.exceptions] == ["11.1", "6.23", "2.2"]


class TestAfterFirmwareRead:
    @pytest.mark.parametrize("device_type", METERS)
    @pytest.mark.parametrize("before", SUSPENDABLE)
    def test_listed_firmware_is_recorded_and_the_status_before_suspension_returns(
        self, device_type: DeviceType, before: DeviceStatus
    ) -> None:
        cpl = listing(str(NEW), device_type=device_type)

        change = AS_OF.after_firmware_read(record(device_type, before=before), NEW, cpl)

        assert change == InventoryChange("0123ABCE", before)

    @pytest.mark.parametrize(
        "cpl",
        [listing(), listing(OLD), listing(str(NEW), device_type=DeviceType.GSME)],
        ids=["unlisted", "another version listed", "listed for another type"],
    )
    def test_firmware_that_is_not_listed_for_the_model_changes_nothing(self, cpl: Listed) -> None:
        assert AS_OF.after_firmware_read(record(), NEW, cpl) == NO_CHANGE

    def test_the_removed_firmware_changes_nothing(self) -> None:
        cpl = listing(str(NEW))

        assert AS_OF.after_firmware_read(record(), FirmwareVersion.parse(OLD), cpl) == NO_CHANGE

    def test_a_device_level_error_changes_nothing(self) -> None:
        assert AS_OF.after_firmware_read(record(), None, listing(OLD, str(NEW))) == NO_CHANGE

    @pytest.mark.parametrize("status", [each for each in DeviceStatus if each is not DeviceStatus.SUSPENDED])
    def test_a_device_that_is_not_suspended_is_left_alone(self, status: DeviceStatus) -> None:
        assert AS_OF.after_firmware_read(record(status=status), NEW, listing(str(NEW))) == NO_CHANGE

    def test_before_mp105_it_changed_nothing(self) -> None:
        assert BEFORE.after_firmware_read(record(), NEW, listing(str(NEW))) == NO_CHANGE


class TestAfterActivation:
    @pytest.mark.parametrize("rules", [AS_OF, BEFORE], ids=["as-of-mp105", "before-mp105"])
    @pytest.mark.parametrize("before", SUSPENDABLE)
    def test_a_success_with_listed_firmware_restores_with_and_without_mp105(
        self, rules: Rules, before: DeviceStatus
    ) -> None:
        change = rules.after_activation(
            record(before=before), succeeded=True, version=NEW, cpl=listing(str(NEW))
        )

        assert change == InventoryChange("0123ABCE", before)

    @pytest.mark.parametrize("rules", [AS_OF, BEFORE], ids=["as-of-mp105", "before-mp105"])
    def test_a_success_with_unlisted_firmware_is_recorded_and_restores_nothing(self, rules: Rules) -> None:
        change = rules.after_activation(record(), succeeded=True, version=NEW, cpl=listing())

        assert change == InventoryChange("0123ABCE", None)

    @pytest.mark.parametrize("rules", [AS_OF, BEFORE], ids=["as-of-mp105", "before-mp105"])
    def test_a_success_of_a_device_in_use_is_recorded(self, rules: Rules) -> None:
        in_use = record(status=DeviceStatus.COMMISSIONED)

        change = rules.after_activation(in_use, succeeded=True, version=NEW, cpl=listing(str(NEW)))

        assert change == InventoryChange("0123ABCE", None)

    def test_no_success_with_listed_firmware_restores_a_suspended_device_since_mp105(self) -> None:
        arguments = {"succeeded": False, "version": NEW, "cpl": listing(str(NEW))}

        assert AS_OF.after_activation(record(), **arguments) == InventoryChange(  # type: ignore[arg-type]
            "0123ABCE", DeviceStatus.COMMISSIONED
        )
        assert BEFORE.after_activation(record(), **arguments) == NO_CHANGE  # type: ignore[arg-type]

    def test_no_success_with_the_old_firmware_restores_nothing(self) -> None:
        old = FirmwareVersion.parse(OLD)

        change = AS_OF.after_activation(record(), succeeded=False, version=old, cpl=listing(str(NEW)))

        assert change == NO_CHANGE

    def test_no_success_of_a_device_in_use_changes_nothing(self) -> None:
        in_use = record(status=DeviceStatus.COMMISSIONED)

        change = AS_OF.after_activation(in_use, succeeded=False, version=NEW, cpl=listing(str(NEW)))

        assert change == NO_CHANGE
