"""No output of a run holds a secret, whatever DSP, testbed and suite let slip."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.base.redaction import MARK
from dsp_conformance.smki.identity import CertificateRole
from dsp_conformance.smki.pki import EphemeralPki

Start = Callable[..., Any]

ROOT = Path(__file__).parents[2]
USER = "90-B3-D5-1F-30-01-00-00"
TOKEN = "c4nary+t0ken/with<odd>&signs"
KEY_PASSWORD = "c4nary pass phrase"
TLS_PASSWORD = "c4nary-of-tls-0815"
COOKIE = "c4narycookie4711"
CREDENTIAL = "c4narycredential42"

GOOD = "suspended_electricity_meter_tells"
ECHOED_BY_THE_TESTBED = "suspended_gas_meter_tells"
ECHOED_IN_XML = "(still_rejected and esme-4.1.1)"
ECHOED_ON_A_PAGE = "(still_rejected and esme-4.1.2)"
RAISED_BY_THE_SUITE = "(leaves_no_trace and esme-4.1.1)"
ALL = [GOOD, ECHOED_BY_THE_TESTBED, ECHOED_IN_XML, ECHOED_ON_A_PAGE, RAISED_BY_THE_SUITE]

BREAKS = """
import os
from pathlib import Path

def pytest_bdd_before_step_call(request):
    if "leaves_no_trace" in request.node.name:
        token, password = os.environ["DSP_TOKEN"], os.environ["DSP_KEY_PASSWORD"]
        key = Path(os.environ["DSP_KEY_FILE"]).read_text()
        print("opened with", password)
        raise RuntimeError(f"cannot open {key} with {password!r} as {token}")
"""


@dataclass
class Leaks:
    """What stands between the suite and the stub, and lets slip what it hears.

    Attributes:
        stub: the stub's address.
        told: how often it did, by what.
        receiver: where the suite takes messages.
    """

    stub: str
    told: set[str] = field(default_factory=set)
    receiver: str = ""

    def answer(
        self, method: str, path: str, headers: dict[str, str], octets: bytes
    ) -> tuple[int, str, bytes]:
        """Status, content type and body of an answer."""
        if path.endswith("/devices") and b'"GSME"' in octets:
            self.told.add("testbed")
            body = f'{{"title": "no", "detail": "{headers["Authorization"]} may not; Cookie: a={COOKIE}"}}'
            return 403, "application/problem+json", body.encode()
        if b"Variant>4.1.1<" in octets:
            self.told.add("xml")
            escaped = TOKEN.replace("&", "&amp;").replace("<", "&lt;")
            return 200, "application/xml", f"<Fault user='{escaped}'>{escaped}</Fault>".encode()
        if b"Variant>4.1.2<" in octets:
            self.told.add("page")
            page = f"Authorization: Bearer {CREDENTIAL}\nSet-Cookie: session={COOKIE}\n{TOKEN}\n"
            return 500, "text/plain", page.encode()
        kind = {"Content-Type": headers.get("Content-Type", "application/json")}
        passed = requests.request(method, self.stub + path, data=octets, headers=kind, timeout=20)
        if method == "PUT":
            self.post_junk(re.findall(rb'"receive_response_url": ?"([^"]+)"', octets)[0].decode())
        return passed.status_code, passed.headers.get("Content-Type", ""), passed.content

    def post_junk(self, url: str) -> None:
        """Post what is no message to the receiver, with credentials all over it."""
        self.told.add("receiver")
        headers = {
            "Authorization": f"Bearer {CREDENTIAL}",
            "Cookie": f"session={COOKIE}",
            "Content-Type": "application/xml",
            "X-Echo": TOKEN,
        }
        requests.post(
            url, data=f"<x>{TOKEN} {KEY_PASSWORD}</x>".encode("utf-16"), headers=headers, timeout=20
        )
        requests.post(url, data=f"<<{TOKEN}>>".encode(), headers=headers, timeout=20)


@contextmanager
def leaking(control_url: str) -> Iterator[tuple[str, Leaks]]:
    """Serve it; gives its address."""
    leaks = Leaks(control_url.removesuffix("/testbed/v1"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_call(self) -> None:
            octets = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, kind, body = leaks.answer(self.command, self.path, dict(self.headers), octets)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Set-Cookie", f"session={COOKIE}")
            self.send_header("Authorization", f"Bearer {CREDENTIAL}")
            self.send_header("X-Echo", TOKEN)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_call  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", leaks
        server.shutdown()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a user's keys and those of a TLS client, encrypted."""
    folder = tmp_path_factory.mktemp("keys")
    pki = EphemeralPki.create()
    client = pki.tls_client()
    pki.write(folder, [client])
    user = pki.service_user(Eui64.parse(USER), CertificateRole.SUPPLIER)
    for name, held, password in (
        ("xml", user.xml_signing, KEY_PASSWORD),
        ("signing", user.gbcs_signing, None),
        ("agreement", user.gbcs_key_agreement, KEY_PASSWORD),
        ("client", client.credential, TLS_PASSWORD),
    ):
        (folder / f"{name}.pem").write_bytes(held.certificate_pem())
        (folder / f"{name}.key").write_bytes(held.private_key_pem(password=password))
    return folder


@pytest.fixture
def environment(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSP_TOKEN", TOKEN)
    monkeypatch.setenv("DSP_KEY_PASSWORD", KEY_PASSWORD)
    monkeypatch.setenv("DSP_TLS_PASSWORD", TLS_PASSWORD)
    monkeypatch.setenv("DSP_KEY_FILE", str(keys / "signing.key"))
    (tmp_path / "breaks.py").write_text(BREAKS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")


def target_file(folder: Path, keys: Path, address: str) -> Path:
    path = folder / "target.toml"
    path.write_text(
        f"""
[testbed]
driver = "control-api"
url = "{address}/testbed/v1"
token_env = "DSP_TOKEN"
[dsp]
base_url = "{address}"
[tls]
ca = "{keys / "root.pem"}"
certificate = "{keys / "client.pem"}"
key = "{keys / "client.key"}"
key_password_env = "DSP_TLS_PASSWORD"
[[users]]
eui = "{USER}"
roles = ["IS", "GS", "ES"]
certificate = "{keys / "xml.pem"}"
key = "{keys / "xml.key"}"
key_password_env = "DSP_KEY_PASSWORD"
[profile]
settle_seconds = 0.2
silence_seconds = 0.2
""",
        encoding="utf-8",
    )
    return path


def canaries(keys: Path) -> list[bytes]:
    """What must not be found."""
    secrets = [TOKEN, KEY_PASSWORD, TLS_PASSWORD, COOKIE, CREDENTIAL, TOKEN.replace("<", "&lt;")]
    for file in (keys / "xml.key", keys / "signing.key", keys / "client.key"):
        secrets += [line for line in file.read_text().splitlines() if not line.startswith("-----")]
    return [one.encode() for one in secrets]


def everything(folder: Path, output: str) -> Iterator[tuple[str, bytes]]:
    """All that a run left, and whatever is packed or encoded in it."""
    pieces = [("terminal", output.encode())]
    pieces += [
        (str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    ]
    for name, octets in pieces:
        yield name, octets
        if zipfile.is_zipfile(io.BytesIO(octets)):
            with zipfile.ZipFile(io.BytesIO(octets)) as archive:
                yield from ((f"{name}/{member}", archive.read(member)) for member in archive.namelist())
        for encoded in re.findall(rb"[A-Za-z0-9+/]{20,}={0,2}", octets):
            with_padding = encoded.rstrip(b"=") + b"=" * (-len(encoded.rstrip(b"=")) % 4)
            if len(with_padding.rstrip(b"=")) % 4 != 1:
                yield f"{name}, decoded", base64.b64decode(with_padding)


def assert_nothing_leaked(folder: Path, output: str, keys: Path) -> None:
    wanted = canaries(keys)
    names, found = set(), []
    for name, octets in everything(folder, output):
        names.add(name.partition(",")[0])
        for text in (octets, octets.replace(b"\\\\", b"\\"), octets.replace(b"\x00", b"")):
            found += [
                (name, secret, text[max(0, text.find(secret) - 200) : text.find(secret) + 60])
                for secret in wanted
                if secret in text
            ]
    assert {"terminal", "journal.jsonl", "results.json", "junit.xml", "matrix.csv", "index.html"} <= names
    assert any(name.startswith("allure-results/") for name in names)
    assert found == []


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("chosen", "arguments", "verdicts"),
    [
        ([GOOD], [], {"pass"}),
        (ALL[:4], ["-p", "xdist", "-n", "2"], {"pass", "inconclusive", "fail"}),
        (ALL, [], {"pass", "inconclusive", "fail", "error"}),
        (ALL, ["-p", "xdist", "-n", "2"], {"pass", "inconclusive", "fail", "error"}),
    ],
    ids=["good", "bad on workers", "broken", "broken on workers"],
)
def test_no_output_holds_a_secret(
    run_some: Start,
    serve_stub: Start,
    tmp_path: Path,
    keys: Path,
    *,
    chosen: list[str],
    arguments: list[str],
    verdicts: set[str],
) -> None:
    with leaking(serve_stub()) as (address, leaks):
        target = target_file(tmp_path, keys, address)
        run = run_some(" or ".join(chosen), f"--target={target}", "-p", "breaks", "--showlocals", *arguments)
    assert {one["verdict"] for one in run.results["scenarios"]} == verdicts, run.output
    assert leaks.told == ({"receiver", "testbed", "xml", "page"} if len(chosen) > 1 else {"receiver"})
    assert_nothing_leaked(run.folder, run.output, keys)
    assert MARK in (run.folder / "journal.jsonl").read_text(encoding="utf-8")
    if len(chosen) > 1:
        assert "secrets in the response" in (run.folder / "results.json").read_text(encoding="utf-8")


@pytest.mark.usefixtures("environment")
def test_no_command_line_shows_one_and_no_pack_holds_one(
    serve_stub: Start, tmp_path: Path, keys: Path
) -> None:
    folder = tmp_path / "reports"
    scenario = (
        "features/mp105/reading_suspended_meters.feature::A Suspended gas meter tells its firmware version"
    )
    with leaking(serve_stub()) as (address, leaks):
        target = f"--target={target_file(tmp_path, keys, address)}"
        done = command_line("run", f"--reports={folder}", target, "--scenario", scenario)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "testbed" in leaks.told
    assert f"Bearer {MARK}" in done.stdout or f"Cookie: {MARK}" in done.stdout
    pack = tmp_path / "evidence.zip"
    key, certificate = f"--key={keys / 'xml.key'}", f"--certificate={keys / 'xml.pem'}"
    signing = ["--key-password-env=DSP_KEY_PASSWORD", key, certificate]
    packed = command_line("pack", f"--reports={folder}", f"--output={pack}", *signing)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    verified = command_line("verify", str(pack))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    pack.rename(folder / pack.name)  # to be searched with the rest
    said = "".join(one.stdout + one.stderr for one in (done, packed, verified))
    assert_nothing_leaked(folder, said, keys)


def command_line(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dsp_conformance", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("old", "new", "secret"),
    [
        ("DSP_TOKEN", TOKEN, TOKEN),
        ("DSP_TOKEN", COOKIE, COOKIE),
        ('base_url = "http://', f'base_url = "http://user:{CREDENTIAL}@', CREDENTIAL),
    ],
    ids=["a token for its variable", "a token that could be a variable", "user and password in an address"],
)
def test_a_secret_in_the_wrong_place_of_a_target_file_is_not_told(
    tmp_path: Path, keys: Path, old: str, new: str, secret: str
) -> None:
    target = target_file(tmp_path, keys, "http://127.0.0.1:9")
    target.write_text(target.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = command_line("run", f"--target={target}", f"--reports={tmp_path / 'reports'}")
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert secret not in done.stdout + done.stderr
