"""A site whose DSP the suite does not know as its stub, and the story that each driver tells on it."""

from __future__ import annotations

import csv
import secrets
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType, UserRole
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.testbed import ControlApiTestbed, CplEntry, DeviceSpec, SmetsVersion, UserRegistration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.suite.conftest import FinishedRun

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class CoreStory:
    """A Suspended ESME is restored by reading its firmware, as SR8.2 shows: from both statuses before."""

    select: str = "electricity_meter_returns_to_the_status"
    id: str = (
        "features/mp105/restoring_suspended_meters.feature"
        "::A Suspended electricity meter returns to the status it held before"
    )

    @staticmethod
    def passed(finished: FinishedRun) -> bool:
        assert finished.chosen_passed, finished.output
        assert len(finished.results["scenarios"]) == 2
        return {"MP105-04", "MP105-06"} <= finished.requirements("pass")


@pytest.fixture(scope="session")
def core_story() -> CoreStory:
    return CoreStory()


@dataclass
class Site:
    """A stub whose testbed the suite does not know: users are registered, and everything stands in files."""

    folder: Path
    testbed: ControlApiTestbed
    text: str
    users: dict[str, Eui64]

    def provision(self, rows: list[dict[str, str]], name: str = "devices.csv") -> Path:
        """Bring the stub into what a list to fill in asks for, and fill it in."""
        models: dict[str, _Made] = {}
        for number, row in enumerate(rows):
            made = models.setdefault(row["note"] or str(number), _Made(self.testbed, row))
            device = self.testbed.provide_device(made.spec(row, self.users["supplier"]))
            row |= {
                "device_id": str(device.device_id),
                "manufacturer": made.manufacturer,
                "model": made.model,
                "firmware_version": made.recorded,
            }
            for key in ("gbcs_signing_certificate", "gbcs_key_agreement_certificate"):
                certificate = getattr(device, key)
                row[key] = f"{device.device_id}-{key}.pem"
                (self.folder / row[key]).write_bytes(certificate.public_bytes(Encoding.PEM))
            if row["new_firmware_image"]:
                row["new_firmware_version"] = made.other
                row["new_firmware_image"] = f"{made.other}.bin"
                (self.folder / row["new_firmware_image"]).write_bytes(bytes.fromhex(made.other) * 64)
            if row["running_firmware_listed"]:
                row["running_firmware_version"] = made.other
                made.changes.append(device.device_id)
        for made in models.values():
            made.settle()
        file = self.folder / name
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return file

    def target(self, testbed_section: str) -> Path:
        file = self.folder / "target.toml"
        file.write_text(f"{self.text}\n[testbed]\n{testbed_section}\n", encoding="utf-8")
        return file


class _Made:
    """A model with its firmware, for the Devices of one group."""

    def __init__(self, testbed: ControlApiTestbed, row: dict[str, str]) -> None:
        self.testbed, self.row = testbed, row
        self.manufacturer, self.model = secrets.token_hex(2).upper(), secrets.token_hex(4).upper()
        self.recorded = secrets.token_hex(4).upper()
        self.other = f"000A{secrets.token_hex(2).upper()}"  # has zeros to leave out, and a letter
        self.changes: list[Eui64] = []
        self.entry = "" if row["device_type"] == "IHD" else testbed.add_cpl_entry(self._listed(self.recorded))

    def _listed(self, version: str, *, where: str = "", status: str = "Active") -> CplEntry:
        other_type = {"ESME": DeviceType.GSME, "GSME": DeviceType.ESME}
        device_type = DeviceType(self.row["device_type"])
        return CplEntry(
            other_type[device_type] if where == "other device type" else device_type,
            "FFFF" if where == "other manufacturer" else self.manufacturer,
            "FFFFFFFF" if where == "other model" else self.model,
            version,
            CplStatus(status),
        )

    def spec(self, row: dict[str, str], supplier: Eui64) -> DeviceSpec:
        return DeviceSpec(
            DeviceType(row["device_type"]),
            self.manufacturer,
            self.model,
            self.recorded,
            self.recorded,
            DeviceStatus(row["suspended_from"] or row["status"]),
            SmetsVersion(row["smets_version"] or "SMETS2"),
            responsible_users=frozenset({supplier}) if row["entitled"] == "supplier" else None,
        )

    def settle(self) -> None:
        where = self.row["running_firmware_listed"]
        spelled = {
            "Active in lower case": self.other.lower(),
            "Active without leading zeros": self.other.lstrip("0"),
        }
        if self.row["new_firmware_image"] or where in set(CplStatus):
            self.testbed.add_cpl_entry(self._listed(self.other, status=where or "Active"))
        elif where in spelled:
            self.testbed.add_cpl_entry(self._listed(spelled[where]))
        elif where.startswith("other"):
            self.testbed.add_cpl_entry(self._listed(self.other, where=where))
        if self.row["status"] == "Suspended":
            self.testbed.remove_cpl_entry(self.entry)
        for device_id in self.changes:
            self.testbed.run_firmware(device_id, self.other)


@pytest.fixture(scope="session")
def shopping_list() -> list[dict[str, str]]:
    """The list to fill in that a full run needs."""
    command = [sys.executable, "-m", "dsp_conformance", "testbed", "plan", "--csv"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return list(csv.DictReader(printed.stdout.splitlines()))


@pytest.fixture
def site(serve_stub: Callable[..., str], tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    pki = EphemeralPki.create()
    lines: list[str] = []
    users: dict[str, Eui64] = {}
    # Bound and not listened at: so nobody else gets the port, and the suite's receiver may listen there.
    with socket.socket() as reserved, ControlApiTestbed(serve_stub()) as testbed:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        dsp = testbed.dsp
        for number, (name, roles) in enumerate({"supplier": "IS GS", "other": "ES RSA ED GT OU"}.items()):
            users[name] = eui = Eui64.parse(f"90-B3-D5-1F-30-01-00-0{number}")
            user = pki.service_user(eui)
            keys = {"xml": user.xml_signing, "sign": user.gbcs_signing, "agree": user.gbcs_key_agreement}
            for use, credential in keys.items():
                (folder / f"{name}-{use}.pem").write_bytes(credential.certificate_pem())
                (folder / f"{name}-{use}.key").write_bytes(credential.private_key_pem())
            testbed.register_user(
                UserRegistration(
                    eui,
                    frozenset(map(UserRole, roles.split())),
                    user.xml_signing.certificate,
                    f"http://127.0.0.1:{port}/",
                    user.gbcs_signing.certificate,
                    user.gbcs_key_agreement.certificate,
                )
            )
            lines += [
                "[[users]]",
                f'eui = "{eui}"',
                f"roles = {roles.split()}",
                f'certificate = "{name}-xml.pem"',
                f'key = "{name}-xml.key"',
                f'gbcs_signing_certificate = "{name}-sign.pem"',
                f'gbcs_signing_key = "{name}-sign.key"',
                f'gbcs_key_agreement_certificate = "{name}-agree.pem"',
                f'gbcs_key_agreement_key = "{name}-agree.key"',
            ]
        (folder / "dsp.pem").write_bytes(
            b"".join(each.public_bytes(Encoding.PEM) for each in dsp.signing_certificates)
        )
        head = [
            "[dsp]",
            'name = "a DSP"',
            'version = "1"',
            f'base_url = "{dsp.duis_url}"',
            f'dcc_id = "{dsp.dcc_id}"',
            'signing_certificates = ["dsp.pem"]',
            "[receiver]",
            f'bind = "127.0.0.1:{port}"',
            "[profile]",
            "silence_seconds = 0.5",
        ]
        yield Site(folder, testbed, "\n".join(head + lines), users)
