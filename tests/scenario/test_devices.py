"""Models and firmware that scenarios make up."""

import hashlib

import pytest

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.gbcs import FirmwareMatch, FirmwareVersion, compare_firmware
from dsp_conformance.scenario.devices import (
    NEAR_MISSES,
    NUMBERS,
    Model,
    NewFirmware,
    new_version,
    version_missed,
)


def test_models_are_never_alike() -> None:
    models = {Model.unique(DeviceType.ESME) for _ in range(500)}
    assert len(models) == 500


def test_another_manufacturer_is_another_one_and_makes_the_model_of_the_same_name() -> None:
    for _ in range(200):
        model = Model.unique(DeviceType.GSME)
        other = model.of_other_manufacturer()
        assert other.manufacturer != model.manufacturer
        assert len(other.manufacturer) == 4
        assert (other.name, other.device_type) == (model.name, model.device_type)


def test_another_model_is_of_the_same_manufacturer() -> None:
    model = Model.unique(DeviceType.ESME)
    other = model.renamed()
    assert other.name != model.name
    assert (other.manufacturer, other.device_type) == (model.manufacturer, model.device_type)


def test_a_version_is_eight_upper_case_digits_and_never_zero() -> None:
    versions = {new_version() for _ in range(500)}
    assert len(versions) == 500
    assert all(int(each, 16) > 0 and len(each) == 8 and each == each.upper() for each in versions)


def test_a_number_above_7fffffff_is_negative_as_a_signed_one() -> None:
    for _ in range(200):
        version = NUMBERS["above 7FFFFFFF"]()
        assert len(version) == 8
        assert int.from_bytes(bytes.fromhex(version), signed=True) < 0


def test_a_number_without_any_letter_is_another_one_as_a_decimal() -> None:
    for _ in range(200):
        version = NUMBERS["without any letter"]()
        assert len(version) == 8
        assert version.isdecimal()
        assert int(version) != int(version, 16)


@pytest.mark.parametrize("near", NEAR_MISSES)
def test_a_near_miss_is_listed_as_another_version_and_never_the_same(near: str) -> None:
    for _ in range(200):
        version = version_missed(near)
        assert len(FirmwareVersion.parse(version).octets) == 4
        for other in NEAR_MISSES[near](version):
            assert 1 <= len(other) <= 8
            assert compare_firmware(version, other) is FirmwareMatch.DIFFERENT


def test_near_misses_are_as_near_as_they_say() -> None:
    near = {how: NEAR_MISSES[how]("12A40F9C") for how in NEAR_MISSES}
    assert near["with the same first four digits"] == ("12A410AD",)
    assert near["with the same last four digits"] == ("23B50F9C",)
    assert set(near["with its bytes in another order"]) == {"9C0FA412", "0F9C12A4", "A4129C0F"}
    differing = [
        [place for place in range(8) if other[place] != "12A40F9C"[place]]
        for other in near["one digit apart"]
    ]
    assert differing == [[7], [6], [5], [4], [3], [2], [1], [0]]
    assert NEAR_MISSES["with its zeros in front"]("12340000") == ("1234",)
    assert NEAR_MISSES["with its zeros at the end"]("00001234") == ("12340000",)


def test_an_entry_and_a_device_of_a_model_share_its_key() -> None:
    model = Model.unique(DeviceType.ESME)
    entry, device = model.entry("0000A001"), model.device("0000A001", DeviceStatus.COMMISSIONED)
    assert (entry.device_type, entry.manufacturer, entry.model, entry.firmware_version) == (
        device.device_type,
        device.manufacturer,
        device.model,
        device.firmware_version,
    )
    assert entry.status is CplStatus.ACTIVE
    assert device.running_firmware_version == "0000A001"


def test_an_image_is_named_by_its_sha_256() -> None:
    firmware = NewFirmware("0000A002", b"image", "cpl-1")
    assert firmware.image_hash == hashlib.sha256(b"image").digest()
