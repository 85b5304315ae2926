"""A testbed that cannot do everything: what that leaves out is known before anything runs."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.suite.conftest import FinishedRun


@contextmanager
def lacking(control_url: str, *capabilities: str) -> Iterator[str]:
    """Serve a testbed that is another one less some capabilities, of which it says that it has none."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_PUT(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def do_PATCH(self) -> None:
            self._pass_on()

        def do_DELETE(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
            url = f"{control_url}{self.path}"
            answer = requests.request(self.command, url, data=body, headers=kind, timeout=30)
            content = answer.content
            if self.path == "/capabilities":
                told = answer.json()
                for kind_of in ("capabilities", "extensions"):
                    told[kind_of] = [one for one in told[kind_of] if one not in capabilities]
                content = json.dumps(told).encode()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    "missing",
    [
        ["edit-cpl", "provide-device"],
        ["control-device", "inject-fault", "observe-device"],
        ["set-status", "deliver-locally", "hold-response", "restart"],
    ],
    ids=" ".join,
)
def test_whatever_a_testbed_lacks_is_declared_beside_the_steps_that_need_it(
    run_some: Callable[..., FinishedRun],
    serve_stub: Callable[..., str],
    tmp_path: Path,
    missing: list[str],
) -> None:
    with lacking(serve_stub(), *missing) as url:
        file = tmp_path / "target.toml"
        file.write_text(
            f'[testbed]\ndriver = "control-api"\nurl = "{url}"\n'
            "[profile]\nsilence_seconds = 1\n"
            'smets1 = "yes"\nresent_activation = "yes"\nlocal_delivery = "yes"\n',
            encoding="utf-8",
        )
        # Those left aside are many, and need nothing that others do not need as well.
        select = "not noncritical_requests and not a_critical_request"
        finished = run_some(select, f"--target={file}", "-n2")

    scenarios = finished.results["scenarios"]
    left_out = [one for one in scenarios if one["exclusion"] == "not testable"]
    assert left_out
    # A need that a step does not declare would show as a scenario that ends in one of its steps.
    assert {reason["phase"] for one in left_out for reason in one["reasons"]} == {"set-up"}
    assert {one["verdict"] for one in scenarios if one not in left_out} <= {"pass", "none"}
    assert len(left_out) == sum(
        len(group["scenarios"])
        for group in finished.results["plan"]["excluded"]
        if group["exclusion"] == "not testable"
    )
    assert f"{len(left_out)} not testable on this testbed" in finished.output
    told = [group["reason"] for group in finished.results["plan"]["excluded"]]
    assert len(told) == len(set(told))  # each reason once, however many scenarios it concerns
    assert all(
        repr(each) in finished.output for each in missing if each != "observe-device"
    )  # no step's need
    assert finished.exit_code in {3, 5}  # those left aside keep a verdict away
    unassessed = finished.results["plan"]["requirements_not_assessed"]
    assert ("requirements that this run will not assess" in finished.output) is bool(unassessed)
    assert bool(unassessed) is not ("restart" in missing)  # an extension is no requirement's only way
