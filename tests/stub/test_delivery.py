"""Delivery to a User's receiver, over real sockets."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.stub.delivery import Delivery, RetryPolicy
from dsp_conformance.stub.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stub.conftest import Receiver


@pytest.fixture
def delivery() -> Iterator[Delivery]:
    with Scheduler() as scheduler:
        delivery = Delivery(scheduler, RetryPolicy(attempts=3, first_pause_seconds=0.01))
        yield delivery
    delivery.close()


def deliver(delivery: Delivery, url: str, octets: bytes = b"<Response/>") -> None:
    delivery._scheduler.after(0, lambda: delivery.post(url, octets, about="a response"))


def wait_for(receiver: Receiver, count: int) -> None:
    with receiver.arrived:
        assert receiver.arrived.wait_for(lambda: len(receiver.received) >= count, 3)


def test_a_message_that_is_taken_is_posted_once(delivery: Delivery, receiver: Receiver) -> None:
    deliver(delivery, receiver.url)

    wait_for(receiver, 1)
    receiver.silence()
    assert receiver.received == [b"<Response/>"]


@pytest.mark.parametrize("status", [400, 302, 500, 503])
def test_a_message_that_is_not_taken_is_posted_again(
    delivery: Delivery, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]
    deliver(delivery, receiver.url)

    wait_for(receiver, 2)
    receiver.silence()


def test_a_message_that_is_never_taken_is_given_up_and_logged(
    delivery: Delivery, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [400] * 9
    deliver(delivery, receiver.url)

    wait_for(receiver, 3)
    receiver.silence()
    assert "gave up delivering a response" in caplog.text
    assert "HTTP status 400" in caplog.text


def test_nobody_listening_is_given_up_as_well(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with Scheduler() as scheduler:
        delivery = Delivery(scheduler, RetryPolicy(attempts=1))
        delivery.post(f"http://127.0.0.1:{port}/", b"<Response/>", about="a response")
    delivery.close()

    assert "no answer (ConnectionError)" in caplog.text


def test_pauses_double() -> None:
    policy = RetryPolicy(first_pause_seconds=0.1)

    assert [policy.pause_before(attempt) for attempt in (1, 2, 3, 4)] == [0, 0.1, 0.2, 0.4]
