"""The bundled stub as the suite starts and stops it."""

import sys

import pytest
import requests

from dsp_conformance.running.stub_process import StubNotStarted, StubProcess


def test_the_stub_gets_ready_and_stops() -> None:
    with StubProcess() as stub:
        told = requests.get(f"{stub.control_url}/capabilities", timeout=5).json()
        assert "provide-device" in told["capabilities"]
        assert stub.control_url.startswith("http://127.0.0.1:")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{stub.control_url}/capabilities", timeout=5)


def test_a_stub_that_cannot_start_is_told_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "echo")
    with StubProcess() as stub, pytest.raises(StubNotStarted, match="ready line") as refused:
        _ = stub.control_url
    assert "stub serve" in str(refused.value)
