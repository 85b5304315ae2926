"""Looking whether anybody listens where the DSP's services are, without asking anything."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.duis.terms import Service
from dsp_conformance.user.transport import DuisTransport, Endpoints, Obstacle, Timeouts

if TYPE_CHECKING:
    from tests.user.conftest import Peer


def test_a_service_where_somebody_listens_is_told_from_one_where_nobody_does(peer: Peer) -> None:
    with peer(socket.socket.close) as nobody:
        pass
    with peer(socket.socket.close) as somebody:
        transport = DuisTransport(Endpoints(f"{somebody}/serviceS", f"{nobody}/serviceD", somebody))
        assert transport.unreachable(Service.SEND_COMMAND) is None
        assert transport.unreachable(Service.TRANSFORM) is None
        found = transport.unreachable(Service.NON_DEVICE)
    assert found is not None
    assert (found.obstacle, found.url) == (Obstacle.CONNECT, f"{nobody}/serviceD")
    assert "refused" in found.detail


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://dsp.example/serviceS", ("dsp.example", 80)),
        ("https://dsp.example/serviceS", ("dsp.example", 443)),
        ("https://dsp.example:8443/", ("dsp.example", 8443)),
        ("http://[::1]:8080/", ("::1", 8080)),
    ],
)
def test_a_url_without_port_means_that_of_its_scheme(
    url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(address: tuple[str, int], timeout: float) -> socket.socket:
        asked.append((address, timeout))
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", note)
    transport = DuisTransport(Endpoints(url, url, url), Timeouts(connect=0.5))
    assert transport.unreachable(Service.SEND_COMMAND) is None
    assert asked == [(address, 0.5)]
