"""Runs over TLS with client certificates both ways, and runs that TLS keeps from the DSP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsp_conformance.smki.pki import EphemeralPki

Start = Callable[..., Any]

ONE_STORY = "suspended_electricity_meter_tells"
SEVERAL = "suspended_electricity_meter_tells or suspended_gas_meter_tells"


@pytest.fixture
def target(serve_stub: Start, tmp_path: Path) -> Path:
    """The target file that a stub made, which demands client certificates."""
    serve_stub("--tls", str(tmp_path), "--mutual-tls")
    return tmp_path / "target.toml"


def changed(target: Path, *changes: tuple[str, str]) -> Path:
    text = target.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    target = target.with_name("changed.toml")
    target.write_text(text, encoding="utf-8")
    return target


def test_workers_speak_tls_too_and_share_one_receiver(run_some: Start, target: Path) -> None:
    run = run_some(SEVERAL, f"--target={target}", "-p", "xdist", "-n", "2")
    assert run.requirements("fail") == run.requirements("inconclusive") == set(), run.output
    assert {"MP105-01", "MP105-02", "DUIS-04"} <= run.requirements("pass")
    control_reading = 1
    assert run.results["receiver"] == {"messages taken": len(run.results["scenarios"]) + control_reading}
    assert "At the receiver" not in run.output


def test_a_dsp_that_demands_a_client_certificate_is_none_that_failed(run_some: Start, target: Path) -> None:
    text = target.read_text(encoding="utf-8")
    testbed = text[text.index("[tls]") : text.index("[receiver.tls]")].replace("[tls]", "[testbed.tls]")
    certificate = 'certificate = "tls/suite.pem"\nkey = "tls/suite.key.pem"\n'
    changes = [(certificate, ""), ("[receiver.tls]", f"{testbed}[receiver.tls]")]
    run = run_some(ONE_STORY, f"--target={changed(target, *changes)}")
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set()
    said = " ".join(run.output.split())
    assert "no TLS connection" in said
    assert "give it as [tls] certificate" in said


def test_an_authority_that_is_not_the_servers_is_told_and_nothing_fails(
    run_some: Start, target: Path, tmp_path: Path
) -> None:
    EphemeralPki.create().write(tmp_path / "other")
    ca = 'ca = "root.pem"\ncertificate'
    run = run_some(ONE_STORY, f"--target={changed(target, (ca, ca.replace('root', 'other/root')))}")
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set()
    said = " ".join(run.output.split())
    assert "the server's certificate is of an authority that is not trusted" in said
    assert "as [tls] ca" in said


def test_a_run_that_checks_no_server_says_so(run_some: Start, target: Path) -> None:
    change = ('ca = "root.pem"\ncertificate', "verify = false\ncertificate")
    run = run_some(ONE_STORY, f"--target={changed(target, change)}")
    assert "MP105-01" in run.requirements("pass"), run.output
    assert "not checked ([tls] verify = false)" in run.results["run"]["details"]["server certificates"]
    assert "not checked ([tls] verify = false)" in (run.folder / "summary.txt").read_text(encoding="utf-8")


def test_a_receiver_that_the_dsp_does_not_trust_is_told_by_what_came_to_it(
    run_some: Start, target: Path, tmp_path: Path
) -> None:
    other = EphemeralPki.create()
    other.write(tmp_path / "other", [other.tls_server(["127.0.0.1"], name="receiver")])
    text = target.read_text(encoding="utf-8").replace("tls/receiver", "other/tls/receiver")
    path = target.with_name("changed.toml")
    path.write_text(f"{text}\n[timeouts]\nresponse = 1\n", encoding="utf-8")
    run = run_some(ONE_STORY, f"--target={path}")
    assert run.exit_code == 3, run.output
    assert run.requirements("fail") == set()
    assert run.requirements("inconclusive") >= {"MP105-01"}
    assert "TLS handshakes with the receiver that failed: tlsv1 alert unknown ca" in " ".join(
        run.output.split()
    )
    assert any("handshakes" in what for what in run.results["receiver"])
