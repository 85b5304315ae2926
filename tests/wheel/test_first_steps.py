"""What somebody does first who installed the wheel, in a folder in which nothing is."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wheel.conftest import Installed


def test_the_doctor_finds_the_bundled_stub_in_good_health(installed: Installed, tmp_path: Path) -> None:
    done = installed.run("doctor", "--json", cwd=tmp_path)

    told = json.loads(done.stdout)
    assert {one["status"] for one in told["checks"]} == {"ok"}, done.stdout
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_init_doctor_and_run_lead_to_a_verdict_over_tls(installed: Installed, tmp_path: Path) -> None:
    command = [str(installed.program), "stub", "serve", "--port", "0", "--tls", "pki", "--mutual-tls"]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path
        ) as stub,
        ExitStack() as leave,
    ):
        assert stub.stdout is not None
        leave.callback(stub.terminate)
        url = json.loads(stub.stdout.readline())["control_url"]
        settings = {
            "testbed.url": url,
            "tls.ca": "pki/root.pem",
            "tls.certificate": "pki/tls/suite.pem",
            "tls.key": "pki/tls/suite.key.pem",
            "receiver.tls.certificate": "pki/tls/receiver.pem",
            "receiver.tls.key": "pki/tls/receiver.key.pem",
            "receiver.tls.client_ca": "pki/root.pem",
        }
        given = [f"--set={key}={value}" for key, value in settings.items()]
        written = installed.run("init", "lab/target.toml", "--preset=stub", *given, cwd=tmp_path)
        assert written.returncode == 0, written.stderr
        assert "Before it can be used" not in written.stdout

        examined = installed.run("doctor", "--target", "lab/target.toml", cwd=tmp_path)
        assert examined.returncode == 0, examined.stdout
        assert "18 ok" in examined.stdout

        scenario = (
            "features/mp105/reading_suspended_meters.feature::"
            "A Suspended electricity meter tells its firmware version"
        )
        ran = installed.run("run", "--target", "lab/target.toml", "--scenario", scenario, cwd=tmp_path)
    assert ran.returncode == 3, ran.stdout  # a selection is never conformant
    results = json.loads((tmp_path / "reports" / "latest" / "results.json").read_text(encoding="utf-8"))
    assert [one["verdict"] for one in results["scenarios"]] == ["pass"]
