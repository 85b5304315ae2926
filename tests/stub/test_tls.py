"""The stub over TLS: the folder of certificates, and handshakes with it both ways."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.stub.delivery import Delivery, RetryPolicy
from dsp_conformance.stub.scheduler import Scheduler
from dsp_conformance.stub.settings import SettingsError, StubSettings
from dsp_conformance.stub.tls import stub_tls
from dsp_conformance.tls.contexts import tls_adapter
from dsp_conformance.tls.settings import ClientTls, OwnCertificate
from dsp_conformance.tls.troubles import tls_trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.stub.conftest import StubProcess


def suite(folder: Path) -> ClientTls:
    """The suite's end of a connection to a stub that filled this folder."""
    own = OwnCertificate(folder / "tls" / "suite.pem", folder / "tls" / "suite.key.pem")
    return ClientTls(folder / "root.pem", own)


def capabilities(url: str, tls: ClientTls) -> int:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", tls_adapter(tls))
        return session.get(f"{url}/capabilities", timeout=10).status_code


def prepare(folder: Path, **more: object) -> None:
    stub_tls(StubSettings(tls=folder, **more))  # type: ignore[arg-type]


def test_a_folder_without_certificates_is_filled_and_keys_are_their_owners_alone(tmp_path: Path) -> None:
    prepare(tmp_path / "new")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").rglob("*.key.pem")}
    assert modes == {f"{name}.key.pem": 0o600 for name in ("stub", "stub-client", "suite", "receiver")}


def test_a_folder_with_certificates_is_left_as_it_is(tmp_path: Path) -> None:
    prepare(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    prepare(tmp_path, mutual_tls=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.pem")} == before


def test_certificates_of_the_users_own_authority_serve_as_well(tmp_path: Path) -> None:
    pki = EphemeralPki.create()
    pki.write(tmp_path, [pki.tls_server(["127.0.0.1"], name="stub"), pki.tls_client("stub-client")])
    prepare(tmp_path, mutual_tls=True)


@pytest.mark.parametrize("name", ["stub.pem", "stub.key.pem", "stub-client.pem", "stub-client.key.pem"])
def test_a_file_that_is_missing_is_told_and_nothing_is_made_over(tmp_path: Path, name: str) -> None:
    prepare(tmp_path)
    (tmp_path / "tls" / name).unlink()
    with pytest.raises(SettingsError, match=re.escape(str(tmp_path / "tls" / name))):
        prepare(tmp_path)


def test_a_certificate_for_other_hosts_than_the_one_that_is_told_is_refused(tmp_path: Path) -> None:
    prepare(tmp_path, advertised_url="https://stub.example:8079")
    prepare(tmp_path, advertised_url="https://stub.example:8079")
    with pytest.raises(SettingsError, match=r"a certificate for other\.example"):
        prepare(tmp_path, advertised_url="https://other.example:8079")


def test_client_certificates_cannot_be_demanded_without_tls() -> None:
    with pytest.raises(SettingsError, match=r"mutual-tls: expected --tls"):
        stub_tls(StubSettings(mutual_tls=True))


def test_a_target_file_of_somebody_elses_is_not_written_over(tmp_path: Path) -> None:
    prepared = stub_tls(StubSettings(tls=tmp_path))
    assert prepared is not None
    own = prepared.write_target("https://127.0.0.1:1/testbed/v1", None)
    assert prepared.write_target("https://127.0.0.1:2/testbed/v1", None) == own
    assert "127.0.0.1:2" in own.read_text(encoding="utf-8")
    own.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="another target file"):
        prepared.write_target("https://127.0.0.1:3/testbed/v1", None)
    assert own.read_text(encoding="utf-8") == "# mine\n"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match="tls: expected a folder"):
        prepare(tmp_path / "file" / "folder")


def test_it_demands_client_certificates_where_told(
    start_stub: Callable[..., StubProcess], tmp_path: Path
) -> None:
    for mutual in (False, True):
        stub = start_stub(tls=str(tmp_path), mutual_tls=mutual)
        assert stub.duis_url.startswith("https://127.0.0.1:")
        assert capabilities(stub.control_url, suite(tmp_path)) == 200
        nobody = replace(suite(tmp_path), own=None)
        if not mutual:
            assert capabilities(stub.control_url, nobody) == 200
            continue
        with pytest.raises(requests.ConnectionError) as caught:
            capabilities(stub.control_url, nobody)
        trouble = tls_trouble(caught.value, stub.control_url, nobody)
        assert trouble is not None
        assert "[tls] certificate" in trouble.hint
        stub.process.terminate()
        _, log = stub.process.communicate(timeout=10)
        assert "a TLS handshake failed: peer did not return a certificate" in log
        assert stub.control_url in (tmp_path / "target.toml").read_text(encoding="utf-8")


def test_what_keeps_it_from_a_users_receiver_is_in_its_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(tmp_path / "ours")
    tls = stub_tls(StubSettings(tls=tmp_path / "ours"))
    assert tls is not None
    scheduler = Scheduler()
    delivery = Delivery(scheduler, RetryPolicy(attempts=1), tls=tls.client)
    delivery.post("https://127.0.0.1:9/", b"<Response/>", about="a response")
    scheduler.close()
    delivery.close()
    assert "gave up delivering a response to https://127.0.0.1:9/" in caplog.text
