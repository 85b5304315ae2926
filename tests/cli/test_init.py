"""`init`: what it writes, refuses and asks."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.ledger.switches import QUESTIONS
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.target import load_target

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "dsp_conformance", "init"]
SCHEMA = "dsp-conformance-target.schema.json"


def _init(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        cwd=cwd,
    )


@pytest.mark.parametrize("preset", ["stub", "dcc-boxed"])
def test_a_preset_loads_as_it_is_written(preset: str, tmp_path: Path) -> None:
    done = _init("--preset", preset, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "Before it can be used" not in done.stdout
    assert load_target(tmp_path / "target.toml").testbed is not None
    assert (tmp_path / SCHEMA).is_file()


def test_settings_go_before_the_preset_and_paths_become_relative_to_the_file(tmp_path: Path) -> None:
    pki = EphemeralPki.create()
    dsp = pki.dsp(Eui64.parse("90-B3-D5-1F-30-00-00-02"))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "dsp.pem").write_bytes(dsp.xml_signing.certificate_pem())

    done = _init(
        "lab/target.toml",
        "--preset=stub",
        "--set=profile.rejection_code=E5",
        "--set=dsp.version=7.1",
        "--set=dsp.signing_certificates=keys/dsp.pem",
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    tree = tomllib.loads((tmp_path / "lab" / "target.toml").read_text(encoding="utf-8"))
    assert tree["dsp"] == {"version": "7.1", "signing_certificates": ["../keys/dsp.pem"]}
    target = load_target(tmp_path / "lab" / "target.toml")
    assert target.profile.rejection_code.value == "E5"
    assert len(target.dsp.signing_certificates) == 1


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text("mine", encoding="utf-8")

    done = _init("--preset=stub", cwd=tmp_path)

    assert done.returncode == 2
    assert "target.toml is there already" in done.stderr
    assert (tmp_path / "target.toml").read_text(encoding="utf-8") == "mine"
    assert _init("--preset=stub", "--force", cwd=tmp_path).returncode == 0
    assert load_target(tmp_path / "target.toml").testbed is not None


def test_a_schema_file_of_another_hand_is_kept(tmp_path: Path) -> None:
    (tmp_path / SCHEMA).write_text("mine", encoding="utf-8")

    assert _init("--preset=stub", cwd=tmp_path).returncode == 2
    assert not (tmp_path / "target.toml").exists()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("testbed.driver=carrier-pigeon", "[testbed] driver: expected one of the drivers"),
        ("dsp.base_uri=http://a", "did you mean 'base_url'?"),
        ("profile.rejection_code=I99", "[profile] rejection_code: expected"),
        ("nonsense", "--set: expected SECTION.KEY=VALUE"),
        ("nowhere.key=1", "The sections are dsp, users"),
    ],
)
def test_what_cannot_stand_in_the_file_is_told_and_nothing_is_written(
    setting: str, said: str, tmp_path: Path
) -> None:
    done = _init("--preset=stub", f"--set={setting}", cwd=tmp_path)

    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_still_missing_is_told(tmp_path: Path) -> None:
    done = _init("--preset=stub", "--set=dsp.signing_certificates=none.pem", cwd=tmp_path)

    assert done.returncode == 0
    assert "Before it can be used" in done.stdout
    assert "[dsp] signing_certificates[1]: expected" in done.stdout


def test_without_a_terminal_and_without_options_nothing_is_guessed(tmp_path: Path) -> None:
    done = _init(cwd=tmp_path)

    assert done.returncode == 2
    assert "no terminal to ask in" in done.stderr


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    done = _init("file/target.toml", "--preset=stub", cwd=tmp_path)

    assert done.returncode == 2
    assert "expected a place to write to" in done.stderr


def _asked(answers: list[str], cwd: Path) -> tuple[int, str]:
    """Answer at a terminal, then end its input; returns the exit code and all that was said."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        COMMAND, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd
    ) as process:
        os.close(slave)
        os.write(master, "".join(f"{answer}\n" for answer in answers).encode() + b"\x04")
        said, _ = process.communicate(timeout=60)
    os.close(master)
    return process.returncode, said


def test_in_a_terminal_it_asks_and_asks_again_where_an_answer_cannot_be_right(tmp_path: Path) -> None:
    answers = [
        "control-apy",  # asked again
        "control-api",
        "",  # has to be given
        "http://127.0.0.1:8090/testbed/v1",
        "127.0.0.1:8079",  # asked again
        "http://127.0.0.1:8079",
        *("", "", "ACME DSP", "", ""),  # dcc_id, signing certificates, name, version, users
        *("", "E5"),  # public_url, rejection code
        *("perhaps", "yes", "no", "", "undeclared"),  # smets1, asked twice, and the other switches
    ]
    code, said = _asked(answers, tmp_path)

    assert code == 0, said
    assert "did you mean 'control-api'?" in said
    assert "It has to be given." in said
    assert "found '127.0.0.1:8079'" in said
    target = load_target(tmp_path / "target.toml")
    assert target.dsp.name == "ACME DSP"
    assert target.dsp.endpoints is not None
    assert target.profile.rejection_code.value == "E5"
    assert "found 'perhaps'" in said
    assert list(target.profile.switches.values()) == [True, False, None, None]
    asked, _, missing = said.partition("The profile is incomplete.")
    assert all(question in asked for question in QUESTIONS.values())
    assert [switch for switch in QUESTIONS if f'{switch} = "yes" or "no"' in missing] == [
        "secmp0007",
        "local_delivery",
    ]


def test_an_incomplete_profile_is_not_written_in_silence(tmp_path: Path) -> None:
    settings = [f"--set=profile.{switch}=no" for switch in QUESTIONS]

    whole = _init("--preset=dcc-boxed", *settings, cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
    assert "incomplete" not in whole.stdout
    assert not any(load_target(tmp_path / "target.toml").profile.switches.values())

    lacking = _init("--preset=dcc-boxed", "--force", *settings[1:], cwd=tmp_path)
    assert lacking.returncode == 0
    told = f'smets1 = "yes" or "no": {QUESTIONS["smets1"]}'
    assert told in lacking.stdout.partition("The profile is incomplete.")[2]
    assert "local_delivery" not in lacking.stdout


@pytest.mark.parametrize(("preset", "complete"), [("stub", True), ("dcc-boxed", False)])
def test_a_preset_declares_what_is_known_and_nothing_else(
    preset: str, tmp_path: Path, *, complete: bool
) -> None:
    done = _init(f"--preset={preset}", cwd=tmp_path)

    assert done.returncode == 0
    assert ("The profile is incomplete." in done.stdout) is not complete


def test_where_an_address_is_https_it_asks_for_certificates_and_where_the_receiver_is(tmp_path: Path) -> None:
    pki = EphemeralPki.create()
    pki.write(tmp_path, [pki.tls_client("suite"), pki.tls_server(["127.0.0.1"], name="receiver")])
    user = pki.service_user(Eui64.parse("90-B3-D5-1F-30-01-00-00")).xml_signing
    (tmp_path / "user.pem").write_bytes(user.certificate_pem())
    (tmp_path / "user.key").write_bytes(user.private_key_pem())
    answers = [
        *("control-api", "https://127.0.0.1:8443/testbed/v1"),
        *("", "", "", "", ""),  # base_url, dcc_id, signing certificates, name, version
        *("90-B3-D5-1F-30-01-00-00", "IS, GS", "user.pem", "user.key"),
        *("", "", "", "", ""),  # its password and GBCS files
        *("127.0.0.1:8123", ""),  # bind, public_url
        *("tls/suite.pem", "tls/suite.key.pem", "root.pem"),
        *("tls/receiver.pem", "tls/receiver.key.pem", "root.pem"),
        *("", "", "", "", ""),  # rejection code, and the switches
    ]

    code, said = _asked(answers, tmp_path)

    assert code == 0, said
    assert "Several are separated by commas." in said
    tree = tomllib.loads((tmp_path / "target.toml").read_text(encoding="utf-8"))
    assert tree["users"][0]["roles"] == ["IS", "GS"]
    assert tree["tls"] == {
        "certificate": "tls/suite.pem",
        "key": "tls/suite.key.pem",
        "ca": "root.pem",
    }
    assert tree["receiver"] == {
        "bind": "127.0.0.1:8123",
        "tls": {"certificate": "tls/receiver.pem", "key": "tls/receiver.key.pem", "client_ca": "root.pem"},
    }
    assert load_target(tmp_path / "target.toml").receiver.tls is not None


def test_answers_that_end_too_soon_leave_nothing_behind(tmp_path: Path) -> None:
    code, said = _asked(["control-api"], tmp_path)

    assert code == 2
    assert "nothing was written" in said
    assert list(tmp_path.iterdir()) == []
