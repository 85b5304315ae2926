from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.identity import CertificateRole
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER = "90-B3-D5-1F-30-01-00-00"
DSP = "90-B3-D5-1F-30-00-00-02"
DEVICE = "00-DB-12-34-56-78-90-A0"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class Written:
    """A folder with keys and certificates, and the target file that names them.

    The file's text can be changed one place at a time, which must be there to be changed.
    """

    folder: Path
    text: str

    @property
    def file(self) -> Path:
        return self.folder / "target.toml"

    def with_change(self, old: str, new: str) -> Path:
        assert self.text.count(old) == 1, f"{self.text.count(old)} times in the file: {old}"
        self.file.write_text(self.text.replace(old, new), encoding="utf-8")
        return self.file

    def unchanged(self) -> Path:
        self.file.write_text(self.text, encoding="utf-8")
        return self.file


TEXT = f"""
[dsp]
name = "ACME DSP"
version = "7.1"
base_url = "http://dsp.example:8079/"
dcc_id = "{DSP.lower()}"
signing_certificates = ["pki/dsp.pem"]

[[users]]
eui = "{USER}"
roles = ["IS", "GS"]
certificate = "pki/xml.pem"
key = "pki/xml.key"
key_password_env = "DSP_TEST_KEY_PASSWORD"
gbcs_signing_certificate = "pki/signing.pem"
gbcs_signing_key = "pki/signing.key"
gbcs_key_agreement_certificate = "pki/agreement.pem"
gbcs_key_agreement_key = "pki/agreement.key"

[receiver]
bind = "[::1]:8123"
public_url = "http://receiver.example/duis"

[testbed]
driver = "control-api"
url = "http://dsp.example:8090/testbed/v1/"
token_env = "DSP_TEST_TOKEN"

[timeouts]
connect = 1
answer = 2.5
response = 30

[limits]
max_message_size = 1048576

[profile]
rejection_code = "E5"
settle_seconds = 7
silence_seconds = 0.5
assumed = "enforce"
duis_version = "5.3"
smets1 = "yes"
resent_activation = "no"
secmp0007 = "undeclared"
"""


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("target")
    pki_folder = folder / "pki"
    pki_folder.mkdir()
    pki = EphemeralPki.create()
    user = pki.service_user(Eui64.parse(USER), CertificateRole.SUPPLIER)
    for name, credential, password in (
        ("xml", user.xml_signing, PASSWORD),
        ("signing", user.gbcs_signing, None),
        ("agreement", user.gbcs_key_agreement, None),
        ("dsp", pki.dsp(Eui64.parse(DSP)).xml_signing, None),
        ("other", pki.service_user(Eui64.parse(DEVICE), CertificateRole.SUPPLIER).gbcs_signing, None),
        ("device", pki.device(Eui64.parse(DEVICE)).signing, None),
    ):
        (pki_folder / f"{name}.pem").write_bytes(credential.certificate_pem())
        (pki_folder / f"{name}.key").write_bytes(credential.private_key_pem(password=password))
    return folder


@pytest.fixture
def written(keys_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    monkeypatch.setenv("DSP_TEST_KEY_PASSWORD", PASSWORD)
    monkeypatch.setenv("DSP_TEST_TOKEN", "s3cret-token")
    return Written(keys_folder, TEXT)


@pytest.fixture
def write(keys_folder: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        return Written(keys_folder, text).unchanged()

    return write
