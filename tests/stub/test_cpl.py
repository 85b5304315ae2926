"""The Central Products List: keys, statuses and lookups."""

from __future__ import annotations

import pytest

from dsp_conformance.duis.catalogue import CplStatus, DeviceType
from dsp_conformance.stub.cpl import CentralProductsList, ProductModel

METER = ProductModel(DeviceType.ESME, "106C", "433100AC")


@pytest.fixture
def cpl() -> CentralProductsList:
    return CentralProductsList()


@pytest.mark.parametrize("other", ["0123abcd", "123ABCD", "123abcd"])
def test_firmware_is_found_whatever_its_case_and_leading_zeros(cpl: CentralProductsList, other: str) -> None:
    cpl.add(METER, "0123ABCD", CplStatus.ACTIVE)

    assert cpl.lists_as_active(METER, other)


@pytest.mark.parametrize(
    "product",
    [
        ProductModel(DeviceType.GSME, "106C", "433100AC"),
        ProductModel(DeviceType.ESME, "106D", "433100AC"),
        ProductModel(DeviceType.ESME, "106C", "433100AD"),
    ],
)
def test_an_entry_speaks_of_its_own_type_manufacturer_and_model_only(
    cpl: CentralProductsList, product: ProductModel
) -> None:
    cpl.add(METER, "0123ABCD", CplStatus.ACTIVE)

    assert cpl.status_of(METER, "0123ABCD") is CplStatus.ACTIVE
    assert cpl.status_of(product, "0123ABCD") is None


def test_other_firmware_of_the_same_model_is_not_listed(cpl: CentralProductsList) -> None:
    cpl.add(METER, "9001", CplStatus.ACTIVE)

    assert cpl.lists_as_active(METER, "00009001")
    assert not cpl.lists_as_active(METER, "00009002")
    assert not cpl.lists_as_active(METER, "90010000")


@pytest.mark.parametrize("status", [each for each in CplStatus if each is not CplStatus.ACTIVE])
def test_only_an_active_entry_is_in_force(cpl: CentralProductsList, status: CplStatus) -> None:
    entry = cpl.add(METER, "0123ABCD", CplStatus.ACTIVE)
    cpl.set_status(entry.entry_id, status)

    assert cpl.status_of(METER, "0123ABCD") is status
    assert not cpl.lists_as_active(METER, "0123ABCD")


def test_one_active_entry_of_several_with_the_same_key_is_enough(cpl: CentralProductsList) -> None:
    first = cpl.add(METER, "0123ABCD", CplStatus.ACTIVE)
    second = cpl.add(METER, "123abcd", CplStatus.ACTIVE)

    cpl.set_status(first.entry_id, CplStatus.WITHDRAWN)
    assert cpl.lists_as_active(METER, "0123ABCD")
    cpl.remove(second.entry_id)
    assert cpl.status_of(METER, "0123ABCD") is CplStatus.WITHDRAWN


def test_removed_entries_leave_nothing_behind(cpl: CentralProductsList) -> None:
    ids = [cpl.add(METER, f"{number:08X}", CplStatus.ACTIVE).entry_id for number in range(5)]
    for entry_id in ids:
        cpl.remove(entry_id)

    assert len(cpl) == 0
    assert cpl._ids_by_product == {}
    assert cpl.add(METER, "0123ABCD", CplStatus.ACTIVE).entry_id not in ids


def test_an_unknown_entry_is_a_key_error(cpl: CentralProductsList) -> None:
    with pytest.raises(KeyError):
        cpl.set_status("cpl-7", CplStatus.ACTIVE)
    with pytest.raises(KeyError):
        cpl.remove("cpl-7")
