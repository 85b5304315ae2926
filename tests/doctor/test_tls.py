"""The doctor over TLS, with client certificates both ways: real handshakes, and what is wrong with them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.doctor.conftest import Consultation

    Consult = Callable[..., Consultation]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stub that demands client certificates, with the target file that it wrote."""
    folder = tmp_path_factory.mktemp("tls") / "stub"
    command = [sys.executable, "-m", "dsp_conformance", "stub", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--tls", str(folder), "--mutual-tls"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        yield folder
        process.terminate()


@pytest.fixture
def folder(served: Path, tmp_path: Path) -> Path:
    return shutil.copytree(served, tmp_path / "copy")


def _changed(folder: Path, old: str, new: str) -> Path:
    file = folder / "target.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_all_is_well_where_both_ends_trust_each_other(consult: Consult, folder: Path) -> None:
    found = consult(folder / "target.toml")

    assert found.errors == found.skipped == []
    assert found["tls"].found.endswith("is trusted")
    assert "[receiver.tls] certificate: valid until" in found["keys"].found
    assert found["public-url"].status == found["response"].status == "ok"


def test_a_server_of_an_authority_that_is_not_trusted(consult: Consult, folder: Path) -> None:
    other = EphemeralPki.create()
    other.write(folder / "other")

    found = consult(_changed(folder, 'ca = "root.pem"', 'ca = "other/root.pem"'))

    assert found.errors == ["tls"]
    assert "of an authority that is not trusted" in found["tls"].found
    assert "[tls] ca" in found["tls"].advice
    assert {"services", "inventory"} <= set(found.skipped)


def test_a_server_that_demands_a_client_certificate(consult: Consult, folder: Path) -> None:
    _changed(folder, 'certificate = "tls/suite.pem"\n', "")

    found = consult(_changed(folder, 'key = "tls/suite.key.pem"\n', ""))

    assert "tls" in found.errors
    assert "[tls] certificate" in found["tls"].advice


def test_a_certificate_that_is_not_checked_is_warned_of(consult: Consult, folder: Path) -> None:
    found = consult(_changed(folder, 'ca = "root.pem"', "verify = false"))

    assert found.errors == []
    assert found["tls"].status == "warning"
    assert "is not checked" in found["tls"].found


def test_a_receiver_whose_certificate_is_for_another_host(consult: Consult, folder: Path) -> None:
    pki = EphemeralPki.create()
    pki.write(folder / "other", [pki.tls_server(["tester.example"], name="receiver")])
    _changed(folder, '"tls/receiver.pem"', '"other/tls/receiver.pem"')
    _changed(folder, "[profile]", "[timeouts]\nresponse = 0.5\n\n[profile]")

    found = consult(_changed(folder, '"tls/receiver.key.pem"', '"other/tls/receiver.key.pem"'))

    assert found.errors == ["public-url"]
    assert "for another host" in found["public-url"].found
    assert "[receiver] public_url" in found["public-url"].advice
