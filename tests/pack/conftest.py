"""Packs of made-up runs, and a tester who signs them."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from benchmarks.synthetic import Shape, write_journal
from dsp_conformance.pack.making import make_pack
from dsp_conformance.pack.signing import Signer, load_signer
from dsp_conformance.record import journal
from dsp_conformance.report.writers import write_all

if TYPE_CHECKING:
    from pathlib import Path

Edit = Callable[[dict[str, bytes]], None]


def openssl(*arguments: str | Path, folder: Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a made-up run that failed."""
    folder = tmp_path_factory.mktemp("reports")
    write_journal(folder / journal.NAME, Shape(failing=frozenset({1})))
    assert write_all(journal.read(folder / journal.NAME), folder) == []
    return folder


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates made by OpenSSL: an authority, a tester with EC and with RSA keys, a stranger."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ca", "ec", "stranger"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key", folder=folder)
    openssl("genrsa", "-out", "rsa.key", "2048", folder=folder)
    for name in ("ca", "stranger"):
        openssl(
            *("req", "-x509", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-days", "30"),
            *("-out", f"{name}.pem"),
            folder=folder,
        )
    for name in ("ec", "rsa"):
        openssl(
            "req",
            "-new",
            "-key",
            f"{name}.key",
            "-subj",
            f"/CN=tester {name}",
            "-out",
            f"{name}.csr",
            folder=folder,
        )
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-days", "30", "-out", f"{name}.pem"),
            folder=folder,
        )
    openssl(
        *("pkcs8", "-topk8", "-in", "ec.key", "-passout", "pass:open sesame", "-out", "locked.key"),
        folder=folder,
    )
    return folder


@pytest.fixture(scope="session")
def signer(keys: Path) -> Signer:
    return load_signer(keys / "ec.key", keys / "ec.pem", None)


@pytest.fixture(scope="session")
def packed(reports: Path, signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed pack of the made-up run."""
    pack = tmp_path_factory.mktemp("packs") / "pack.zip"
    make_pack(reports, pack, signer)
    return pack


@pytest.fixture
def edited(packed: Path, tmp_path: Path) -> Callable[[Edit], Path]:
    """Make a copy of the pack whose files were edited."""

    def edit(change: Edit) -> Path:
        with zipfile.ZipFile(packed) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        change(files)
        copy = tmp_path / "edited.zip"
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, octets in files.items():
                archive.writestr(name, octets)
        return copy

    return edit
