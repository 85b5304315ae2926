"""TLS in the target file: each key right, and wrong in each way that is mended differently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.smki.issuing import Issuer, Validity
from dsp_conformance.smki.pki import EphemeralPki, TlsCredentials
from dsp_conformance.target import TargetError, load_target
from dsp_conformance.testbed.settings import ControlApiSettings
from dsp_conformance.tls.settings import ClientTls, OwnCertificate, ServerTls

if TYPE_CHECKING:
    from pathlib import Path

    from dsp_conformance.target import TargetProblem

PASSWORD = "correct horse"
TEXT = """
[testbed]
driver = "control-api"
url = "https://127.0.0.1:8090/testbed/v1"

[tls]
ca = "pki/root.pem"
certificate = "pki/tls/client.pem"
key = "pki/tls/client.key.pem"

[receiver]
bind = "127.0.0.1:0"

[receiver.tls]
certificate = "pki/tls/server.pem"
key = "pki/tls/server.key.pem"
client_ca = "pki/root.pem"
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls-target")
    pki = EphemeralPki.create()
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=9)
    expired = Issuer.of(pki.issuing, Validity(past, past + timedelta(days=1)))
    client = pki.tls_client()
    pki.write(
        folder / "pki",
        [
            client,
            pki.tls_client("other"),
            pki.tls_server(["127.0.0.1"]),
            TlsCredentials("old-client", expired.tls_client("old"), pki.issuing),
            TlsCredentials("old-server", expired.tls_server("old", ["127.0.0.1"]), pki.issuing),
        ],
    )
    locked = client.credential.private_key_pem(password=PASSWORD)
    (folder / "pki" / "tls" / "locked.key.pem").write_bytes(locked)
    (folder / "pki" / "no-certificate.pem").write_text("nothing of the kind\n")
    return folder


def load(folder: Path, *changes: tuple[str, str]) -> list[TargetProblem]:
    """The problems of the file with these changes."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "target.toml"
    file.write_text(text, encoding="utf-8")
    try:
        load_target(file)
    except TargetError as error:
        return list(error.problems)
    return []


def test_every_end_is_loaded_with_paths_relative_to_the_file(folder: Path) -> None:
    assert load(folder) == []
    target = load_target(folder / "target.toml")
    tls = folder / "pki" / "tls"
    client = ClientTls(folder / "pki/root.pem", OwnCertificate(tls / "client.pem", tls / "client.key.pem"))
    assert target.tls == client
    assert isinstance(target.testbed, ControlApiSettings)
    assert target.testbed.tls == client, "the testbed is reached the same way unless its own section says how"
    server = OwnCertificate(tls / "server.pem", tls / "server.key.pem")
    assert target.receiver.tls == ServerTls(server, folder / "pki/root.pem")
    assert target.unverified == {}


def test_the_testbed_may_have_a_section_of_its_own(folder: Path) -> None:
    assert load(folder, ("[tls]", '[testbed.tls]\nca = "pki/issuing.pem"\n\n[tls]')) == []
    target = load_target(folder / "target.toml")
    assert isinstance(target.testbed, ControlApiSettings)
    assert target.testbed.tls == ClientTls(folder / "pki/issuing.pem", section="testbed.tls")
    assert target.tls.ca == folder / "pki/root.pem"


def test_a_key_may_be_locked_by_a_password_of_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSP_TEST_TLS_PASSWORD", PASSWORD)
    change = 'key = "pki/tls/locked.key.pem"\nkey_password_env = "DSP_TEST_TLS_PASSWORD"'
    assert load(folder, ('key = "pki/tls/client.key.pem"', change)) == []
    target = load_target(folder / "target.toml")
    assert target.tls.own is not None
    assert target.tls.own.password == PASSWORD
    assert PASSWORD not in repr(target)


def test_that_servers_are_not_checked_is_something_reports_say(folder: Path) -> None:
    assert load(folder, ('ca = "pki/root.pem"\ncertificate', "verify = false\ncertificate")) == []
    (said,) = load_target(folder / "target.toml").unverified.values()
    assert "not checked" in said
    assert "[tls]" in said


WRONG = [
    # section, key, old, new, expected, found
    (
        "tls",
        "ca",
        '[tls]\nca = "pki/root.pem"',
        '[tls]\nca = "pki/none.pem"',
        "a file",
        "nothing at this path",
    ),
    ("tls", "ca", '[tls]\nca = "pki/root.pem"', '[tls]\nca = "pki/no-certificate.pem"', "PEM form", "none"),
    ("tls", "certificate", "tls/client.pem", "tls/old-client.pem", "one valid at", "one that expired at"),
    ("tls", "certificate", "tls/client.pem", "tls/server.pem", "for a TLS client", "not for it"),
    ("tls", "key", "tls/client.key.pem", "tls/other.key.pem", "the key of the first", "another key"),
    ("tls", "key", '\nkey = "pki/tls/client.key.pem"', "", "that goes with certificate", "nothing"),
    (
        "tls",
        "key_password_env",
        "tls/client.key.pem",
        "tls/locked.key.pem",
        "a password for this key",
        "none",
    ),
    ("tls", "verify", "[tls]", "[tls]\nverify = false", "no ca beside it", "false"),
    ("tls", "verify", "[tls]", '[tls]\nverify = "no"', "true, or false", "'no'"),
    ("tls", "keys", "[tls]", '[tls]\nkeys = "a"', "one of the keys ca, certificate, key,", "another"),
    ("receiver.tls", "certificate", "tls/server.pem", "tls/old-server.pem", "one valid at", "expired"),
    ("receiver.tls", "certificate", "tls/server.pem", "tls/client.pem", "for a TLS server", "not for it"),
    (
        "receiver.tls",
        "key",
        "tls/server.key.pem",
        "tls/client.key.pem",
        "the key of the first",
        "another key",
    ),
    (
        "receiver.tls",
        "key",
        '\nkey = "pki/tls/server.key.pem"',
        "",
        "the certificate's private key",
        "nothing",
    ),
    ("receiver.tls", "client_ca", 'client_ca = "pki/root.pem"', 'client_ca = "pki"', "a file", "a directory"),
    ("receiver.tls", "ca", "client_ca", "ca", "one of the keys certificate,", "another"),
]


@pytest.mark.parametrize(("section", "key", "old", "new", "expected", "found"), WRONG)
def test_what_is_wrong_is_told_by_section_key_and_reason(
    folder: Path, section: str, key: str, old: str, new: str, expected: str, found: str
) -> None:
    problems = load(folder, (old, new))
    (problem,) = [each for each in problems if (each.section, each.key) == (section, key)]
    assert expected in problem.expected
    assert found in problem.found
    assert f"[{section}] {key}: expected" in str(problem)


def test_a_password_that_does_not_open_the_key_is_told_by_the_key_of_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSP_TEST_TLS_PASSWORD", "wrong horse")
    change = 'key = "pki/tls/locked.key.pem"\nkey_password_env = "DSP_TEST_TLS_PASSWORD"'
    (problem,) = load(folder, ('key = "pki/tls/client.key.pem"', change))
    assert (problem.section, problem.key) == ("tls", "key_password_env")
    assert "does not open it" in problem.found
    assert "wrong horse" not in str(problem)


def test_a_section_that_is_none_is_told(folder: Path) -> None:
    (problem,) = load(folder, ('bind = "127.0.0.1:0"', "tls = true"), ("[receiver.tls]", "[[ignored]]"))[:1]
    assert (problem.section, problem.key, problem.expected) == (
        "receiver.tls",
        "",
        "a section [receiver.tls]",
    )
