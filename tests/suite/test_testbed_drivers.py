"""The core story through each testbed driver: a Suspended meter is restored by reading its firmware."""

from __future__ import annotations

import csv
import re
import secrets
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType, UserRole
from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.testbed import ControlApiTestbed, CplEntry, DeviceSpec, SmetsVersion, UserRegistration
from dsp_conformance.testbed.leases import Leases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OnTerminal
    from tests.suite.conftest import FinishedRun

CORE_STORY = "electricity_meter_returns_to_the_status"
CORE_STORY_ID = (
    "features/mp105/restoring_suspended_meters.feature"
    "::A Suspended electricity meter returns to the status it held before"
)
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "testbed-program" / "testbed.py"


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


def _core_story_passed(finished: FinishedRun) -> None:
    assert finished.chosen_passed, finished.output
    scenarios = finished.results["scenarios"]
    assert len(scenarios) == 2
    assert {"MP105-04", "MP105-06"} <= finished.requirements("pass")


def test_through_the_control_api(
    run_some: Callable[..., FinishedRun], serve_stub: Callable[..., str], tmp_path: Path
) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'[testbed]\ndriver = "control-api"\nurl = "{serve_stub()}"\n[profile]\nsilence_seconds = 0.5\n',
        encoding="utf-8",
    )

    _core_story_passed(run_some(CORE_STORY, f"--target={file}"))


def test_through_a_program_that_two_workers_call(
    run_some: Callable[..., FinishedRun],
    serve_stub: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TESTBED_URL", serve_stub())
    file = tmp_path / "target.toml"
    file.write_text(
        f'[testbed]\ndriver = "command"\ncommand = ["{sys.executable}", "{EXAMPLE}"]\n'
        "[profile]\nsilence_seconds = 0.5\n",
        encoding="utf-8",
    )

    _core_story_passed(run_some(CORE_STORY, f"--target={file}", "-n2"))


def test_a_program_that_fails_leaves_the_run_inconclusive_with_what_it_said(
    run_some: Callable[..., FinishedRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_URL", "http://127.0.0.1:1")
    file = tmp_path / "target.toml"
    command = f'["{sys.executable}", "{EXAMPLE}"]'
    file.write_text(f'[testbed]\ndriver = "command"\ncommand = {command}\n', encoding="utf-8")

    finished = run_some(CORE_STORY, f"--target={file}")

    assert finished.exit_code == 3, finished.output
    for scenario in finished.results["scenarios"]:
        (reason,) = scenario["reasons"]
        assert "no answer from http://127.0.0.1:1" in reason["found"]
        assert scenario["attribution"] == "precondition or testbed"


@dataclass
class Person:
    """Does at a stub's testbed what the terminal says, and goes on until nothing more is asked."""

    testbed: ControlApiTestbed
    entries: dict[str, str] = field(default_factory=dict)

    def work(self, terminal: OnTerminal) -> int:
        while "'stop':" in (asked := terminal.until("'stop':")):
            terminal.type(self._do(" ".join(asked.split())))
        return terminal.ends()

    def _do(self, asked: str) -> str:
        named = r"ESME, manufacturer (\w+), model (\w+), firmware version (\w+)\."
        if found := re.search(rf"Add an entry to the CPL, with status Active: ({named})", asked):
            entry = CplEntry(DeviceType.ESME, found[2], found[3], found[4])
            self.entries[found[1]] = self.testbed.add_cpl_entry(entry)
        elif found := re.search(rf"Remove this entry from the CPL: CPL entry ({named})", asked):
            self.testbed.remove_cpl_entry(self.entries[found[1]])
        elif found := re.search(r"Make the ESME (\S+) run firmware (\w+) itself", asked):
            self.testbed.run_firmware(Eui64.parse(found[1]), found[2])
        else:
            found = re.search(
                r"manufacturer (\w+) model with hardware version (\w+) firmware version (\w+) "
                r"firmware that the Device itself runs (\w+)",
                asked,
            )
            assert found, asked
            # What the inventory records and what the Device runs are the same to begin with.
            status = DeviceStatus(re.findall(r"status (\w+) manufacturer", asked)[0])
            spec = DeviceSpec(DeviceType.ESME, found[1], found[2], found[3], found[4], status)
            return str(self.testbed.provide_device(spec).device_id)
        return ""


def test_through_a_person_at_the_terminal(
    site: Site,
    at_terminal: Callable[..., OnTerminal],
    ended: Callable[[int, Path], FinishedRun],
    tmp_path: Path,
) -> None:
    target = site.target('driver = "manual"')
    reports = tmp_path / "reports"
    options = [f"--scenario={CORE_STORY_ID}", f"--target={target}", f"--reports={reports}"]

    code = Person(site.testbed).work(terminal := at_terminal("-m", "dsp_conformance", "run", *options))

    assert "[10] " in terminal.read
    assert "What was made for it and may go now" in terminal.read
    _core_story_passed(ended(code, reports))


def test_a_person_who_stops_leaves_the_run_inconclusive(
    site: Site, at_terminal: Callable[..., OnTerminal], tmp_path: Path
) -> None:
    target = site.target('driver = "manual"')
    options = ["-k", "gas_meter_returns", f"--target={target}", f"--reports={tmp_path / 'reports'}"]
    terminal = at_terminal("-m", "pytest", "features", "-p", "no:cacheprovider", *options)

    terminal.until("'stop':")
    terminal.type("cannot: no lab today")
    terminal.until("'stop':")
    terminal.type("stop")

    assert terminal.ends() == 3


def test_a_person_is_not_asked_by_several_workers(site: Site, run_whole: Callable[..., FinishedRun]) -> None:
    target = site.target('driver = "manual"')

    finished = run_whole(f"--target={target}", "-n2")

    assert finished.exit_code == 2
    assert "a driver that several workers can share" in finished.output
    assert "Run without -n" in finished.output


def test_without_a_terminal_a_person_cannot_be_asked(site: Site, tmp_path: Path) -> None:
    target = site.target('driver = "manual"')

    done = subprocess.run(
        [sys.executable, "-m", "dsp_conformance", "run", f"--target={target}", f"--reports={tmp_path / 'r'}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )

    assert done.returncode == 2
    assert "expected a terminal for the driver 'manual'" in done.stderr
    assert "Traceback" not in done.stderr


def _first_of_each_state(rows: list[dict[str, str]], count: int) -> list[dict[str, str]]:
    """The first rows of each state; groups as wholes."""
    seen: Counter[tuple[str, ...]] = Counter()
    chosen = []
    for row in rows:
        state = tuple(row.values())
        seen[state] += 1
        if row["note"] or seen[state] <= count:
            chosen.append(dict(row))
    return chosen


def test_through_a_list_of_devices(
    site: Site, run_whole: Callable[..., FinishedRun], shopping_list: list[dict[str, str]]
) -> None:
    site.provision(_first_of_each_state(shopping_list, 1))
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    _core_story_passed(run_whole(f"--target={target}", f"--scenario={CORE_STORY_ID}", "-n2"))


@pytest.fixture
def core_rows(shopping_list: list[dict[str, str]]) -> list[dict[str, str]]:
    """Two Devices for the row "com" of the core story, and none for "inc"."""
    core = dict.fromkeys(shopping_list[0], "") | {
        "device_type": "ESME",
        "status": "Suspended",
        "suspended_from": "Commissioned",
        "running_firmware_listed": "Active",
    }
    assert core in shopping_list
    return [dict(core), dict(core)]


def _restored_meanwhile(site: Site, row: dict[str, str]) -> None:
    """Have a Device be Commissioned that its list calls Suspended."""
    device_id = Eui64.parse(row["device_id"])
    model = (DeviceType.ESME, row["manufacturer"], row["model"], row["firmware_version"])
    site.testbed.forget_device(device_id)
    site.testbed.add_cpl_entry(CplEntry(*model))
    site.testbed.provide_device(DeviceSpec(*model, device_id=device_id))


def _said(finished: FinishedRun) -> str:
    return "\n".join(
        each.read_text("utf-8", "replace") for each in finished.folder.rglob("*") if each.is_file()
    )


def test_a_device_that_is_not_as_listed_is_set_aside_for_one_that_is(
    site: Site, run_some: Callable[..., FinishedRun], core_rows: list[dict[str, str]]
) -> None:
    site.provision(core_rows)
    _restored_meanwhile(site, core_rows[0])
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    finished = run_some(CORE_STORY, f"--target={target}")

    outcome = {each["row"]["id"]: each for each in finished.results["scenarios"]}
    assert outcome["com"]["verdict"] == "pass"
    aside = f"{core_rows[0]['device_id']} of devices.csv is set aside: status: expected Suspended, "
    assert f"{aside}found Commissioned" in _said(finished)
    assert (outcome["inc"]["verdict"], outcome["inc"]["exclusion"]) == ("none", "not testable")
    (reason,) = outcome["inc"]["reasons"]
    assert "the list holds no further Device for it (ESME, Suspended from InstalledNotC" in reason["what"]
    assert "testbed plan" in reason["hint"]


def test_without_a_device_that_is_as_listed_nothing_is_said_of_the_product(
    site: Site, run_some: Callable[..., FinishedRun], core_rows: list[dict[str, str]]
) -> None:
    site.provision(core_rows[:1])
    _restored_meanwhile(site, core_rows[0])
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    finished = run_some(CORE_STORY, f"--target={target}")

    outcome = {each["row"]["id"]: each for each in finished.results["scenarios"]}
    assert (outcome["com"]["verdict"], outcome["com"]["attribution"]) == (
        "inconclusive",
        "precondition or testbed",
    )
    (reason,) = outcome["com"]["reasons"]
    assert "status: expected Suspended, found Commissioned" in reason["found"]
    assert not finished.requirements("fail")


def test_a_list_that_another_run_has_ends_a_run_before_it_starts(
    site: Site, run_some: Callable[..., FinishedRun], core_rows: list[dict[str, str]]
) -> None:
    list_file = site.provision(core_rows)
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    with Leases(list_file).held():
        finished = run_some(CORE_STORY, f"--target={target}")

    assert finished.exit_code == 2
    assert "expected a list that no other run uses" in finished.output


def test_a_list_that_cannot_be_used_ends_a_run_before_it_starts(
    site: Site, run_whole: Callable[..., FinishedRun]
) -> None:
    (site.folder / "devices.csv").write_text("device_id,device_type\nme,ESNE\n", encoding="utf-8")
    target = site.target('driver = "provisioned"\ndevices = "devices.csv"')

    finished = run_whole(f"--target={target}")

    assert finished.exit_code == 2
    assert "[testbed] devices" in finished.output
    assert "line 2 device_type: expected one of ESME" in finished.output
    assert "Traceback" not in finished.output
