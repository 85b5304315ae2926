"""The README promises commands and a target file: they are what CI runs and what the suite takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dsp_conformance.duis.terms import UserRole
from dsp_conformance.eui64 import Eui64
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.target import Profile, load_target
from dsp_conformance.target.form import SECTIONS
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.transport import Timeouts

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)


def test_the_readmes_two_commands_are_what_ci_runs(readme: str) -> None:
    commands = [line.partition("#")[0].strip() for line in _blocks(readme, "sh")[0].splitlines()]

    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert len(commands) == 2
    for command in commands:
        assert f"summarised {command}" in ci


def test_the_readmes_target_file_works(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _blocks(readme, "toml")[0]
    tree = tomllib.loads(text)
    (user,) = tree["users"]
    pki = EphemeralPki.create()
    dsp = pki.dsp(Eui64.parse(tree["dsp"]["dcc_id"]))
    held = pki.service_user(Eui64.parse(user["eui"]))
    (tmp_path / "pki").mkdir()
    (tmp_path / tree["dsp"]["signing_certificates"][0]).write_bytes(dsp.xml_signing.certificate_pem())
    for certificate, key, credential in (
        ("certificate", "key", held.xml_signing),
        ("gbcs_signing_certificate", "gbcs_signing_key", held.gbcs_signing),
        ("gbcs_key_agreement_certificate", "gbcs_key_agreement_key", held.gbcs_key_agreement),
    ):
        (tmp_path / user[certificate]).write_bytes(credential.certificate_pem())
        (tmp_path / user[key]).write_bytes(credential.private_key_pem(password="open sesame"))
    monkeypatch.setenv(user["key_password_env"], "open sesame")
    monkeypatch.setenv(tree["testbed"]["token_env"], "a-token-of-enough-letters")
    (tmp_path / "target.toml").write_text(text, encoding="utf-8")

    target = load_target(tmp_path / "target.toml")

    assert target.users[0].roles == {UserRole.IS, UserRole.ES, UserRole.GS}
    # What it gives as examples are the defaults, so that leaving them out changes nothing.
    assert target.profile == Profile()
    assert target.timeouts == Timeouts()
    assert target.receiver == ReceiverSettings()


def test_the_readme_names_every_key_of_the_target_file(readme: str) -> None:
    text = _blocks(readme, "toml")[0]

    missing = [
        f"{section}.{key}"
        for section, form in SECTIONS.items()
        for key in form.model_fields
        if re.search(rf"\b{key}\b", text) is None
    ]
    assert missing == []


def test_the_readmes_shortest_target_file_works(readme: str, tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(_blocks(readme, "toml")[1], encoding="utf-8")

    assert load_target(tmp_path / "target.toml").testbed is not None
