"""A list of Devices: read from CSV and TOML alike, and refused with every problem at its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.testbed.device_list import COLUMNS, DeviceListError, load_device_list
from dsp_conformance.testbed.device_state import DeviceState, Runs
from dsp_conformance.testbed.protocol import SmetsVersion

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "00-DB-12-34-56-78-90-A0"
COMMISSIONED = {
    "device_id": FIRST,
    "device_type": "ESME",
    "status": "Commissioned",
    "manufacturer": "106C",
    "model": "433100AC",
    "firmware_version": "9001",
}
SUSPENDED = COMMISSIONED | {"status": "Suspended", "suspended_from": "Commissioned"}
LOST = SUSPENDED | {
    "running_firmware_version": "0000abcd",
    "running_firmware_listed": "Active",
    "new_firmware_version": "0000ABCD",
    "new_firmware_image": "new.bin",
    "activation_response": "lost",
}


def _csv(folder: Path, *rows: dict[str, str]) -> Path:
    lines = [",".join(COLUMNS), *(",".join(f'"{row.get(key, "")}"' for key in COLUMNS) for row in rows)]
    file = folder / "devices.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def _toml(folder: Path, *rows: dict[str, str]) -> Path:
    file = folder / "devices.toml"
    tables = ("[[devices]]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in row.items()) for row in rows)
    file.write_text("\n".join(tables), encoding="utf-8")
    return file


@pytest.mark.parametrize("write", [_csv, _toml])
def test_everything_that_is_said_of_a_device_is_read(write: object, tmp_path: Path) -> None:
    pki = EphemeralPki.create().device(Eui64.parse(FIRST))
    (tmp_path / "new.bin").write_bytes(b"an image")
    (tmp_path / "sign.pem").write_bytes(pki.signing.certificate_pem())
    row = LOST | {
        "smets_version": "SMETS1",
        "cpl_status": "Withdrawn",
        "entitled": "supplier",
        "gbcs_signing_certificate": "sign.pem",
        "note": "a note, of the vendor's",
    }
    other = COMMISSIONED | {"device_id": FIRST.lower().replace("a0", "a1")}

    listed = load_device_list(write(tmp_path, row, other))  # type: ignore[operator]

    first, second = listed.devices
    assert first.state == DeviceState(
        DeviceType.ESME,
        DeviceStatus.SUSPENDED,
        SmetsVersion.SMETS1,
        DeviceStatus.COMMISSIONED,
        Runs.ACTIVE,
        new_firmware=True,
        activation_lost=True,
        supplier_only=True,
    )
    assert first.provided.gbcs_signing_certificate == pki.signing.certificate
    assert (first.running, first.new_version, first.image) == ("0000ABCD", "0000ABCD", b"an image")
    assert first.cpl_status is CplStatus.WITHDRAWN
    assert second.state == DeviceState(DeviceType.ESME, DeviceStatus.COMMISSIONED)
    assert second.running == "00009001"
    assert second.provided.gbcs_signing_certificate is None


def test_devices_of_one_model_with_the_same_firmware_are_of_one_family(tmp_path: Path) -> None:
    (tmp_path / "new.bin").write_bytes(b"an image")
    rows = [
        COMMISSIONED,
        COMMISSIONED | {"firmware_version": "00009001"},
        COMMISSIONED | {"model": "433100AD"},
        LOST,
    ]
    numbered = [row | {"device_id": f"{FIRST[:-1]}{number}"} for number, row in enumerate(rows)]

    one, same, other_model, other_firmware = (
        d.family for d in load_device_list(_csv(tmp_path, *numbered)).devices
    )

    assert one == same
    assert len({one, other_model, other_firmware}) == 3


WRONG = {
    "no id": ({"device_id": ""}, "device_id", "found nothing"),
    "bad id": ({"device_id": "00-DB"}, "device_id", "EUI-64"),
    "type": ({"device_type": "ESNE"}, "device_type", "ESME"),
    "status": ({"status": "suspended"}, "status", "Suspended"),
    "from of another": ({"suspended_from": "Commissioned"}, "suspended_from", "nothing of a Commissioned"),
    "version": ({"firmware_version": "xyz"}, "firmware_version", "hexadecimal"),
    "model": ({"model": "x" * 31}, "model", "30 characters"),
    "cpl": ({"cpl_status": "Expired"}, "cpl_status", "Active of a Commissioned"),
    "running alone": ({"running_firmware_version": "0000ABCD"}, "running_firmware_listed", "together"),
    "listed alone": ({"running_firmware_listed": "Active"}, "running_firmware_listed", "together"),
    "listed where": (
        {"running_firmware_version": "0000ABCD", "running_firmware_listed": "here"},
        "running_firmware_listed",
        "other model",
    ),
    "new alone": ({"new_firmware_version": "0000ABCD"}, "new_firmware_image", "together"),
    "image": (
        {"new_firmware_version": "0000ABCD", "new_firmware_image": "none.bin"},
        "new_firmware_image",
        "readable file",
    ),
    "lost of another": ({"activation_response": "lost"}, "activation_response", "new_firmware_version"),
    "entitled": ({"entitled": "me"}, "entitled", "'supplier'"),
    "certificate": ({"gbcs_signing_certificate": "none.pem"}, "certificate", "none.pem"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("write", [_csv, _toml])
def test_each_wrong_cell_is_told_with_its_place(case: str, write: object, tmp_path: Path) -> None:
    change, key, expected = WRONG[case]

    with pytest.raises(DeviceListError) as caught:
        load_device_list(write(tmp_path, COMMISSIONED | change))  # type: ignore[operator]

    (problem,) = caught.value.problems
    assert problem.startswith(("line 2", "devices[1]"))
    assert key in problem
    assert expected in problem
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [({"suspended_from": ""}, "suspended_from"), ({"cpl_status": "Active"}, "cpl_status")],
)
def test_a_suspended_device_has_a_past_and_no_active_firmware(
    change: dict[str, str], key: str, tmp_path: Path
) -> None:
    with pytest.raises(DeviceListError, match=key):
        load_device_list(_csv(tmp_path, SUSPENDED | change))


def test_a_device_that_is_listed_twice_is_told_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(DeviceListError) as caught:
        load_device_list(_csv(tmp_path, COMMISSIONED, COMMISSIONED | {"device_id": FIRST.lower()}))

    assert (
        f"line 3 device_id: expected an EUI-64 of its own for every Device, found {FIRST}, as in line 2"
        in str(caught.value)
    )


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    rows = [COMMISSIONED | {"device_type": "X", "status": "Y"}, SUSPENDED | {"suspended_from": ""}]

    with pytest.raises(DeviceListError) as caught:
        load_device_list(_csv(tmp_path, *rows))

    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.csv", None, "No such file"),
        ("d.csv", b"\xff\xfe", "UTF-8"),
        ("d.csv", b"", "first line"),
        ("d.csv", b"device_id,colour\n", "colour"),
        ("d.csv", b"device_id,status\n1\n", "expected 2 cells, found 1"),
        ("d.csv", b'device_id,status\n"1,2\n', "CSV"),
        ("d.toml", b"[[devices]\n", "TOML"),
        ("d.toml", b"devices = 7\n", "[[devices]]"),
        ("d.toml", b"[[device]]\n", "[[devices]]"),
    ],
)
def test_a_file_that_is_no_list_is_told(name: str, content: bytes | None, told: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(DeviceListError) as caught:
        load_device_list(tmp_path / name)

    assert told in str(caught.value)


def test_empty_lines_and_a_mark_of_spreadsheets_are_passed_over(tmp_path: Path) -> None:
    file = _csv(tmp_path, COMMISSIONED)
    file.write_bytes(
        b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n" + b"," * 17 + b"\r\n"
    )

    assert len(load_device_list(file).devices) == 1
