from __future__ import annotations

import pytest

from dsp_conformance.user.receiver_settings import ReceiverSettings, ReceiverUnusable


@pytest.mark.parametrize(
    ("public_url", "path", "own_path"),
    [
        (None, None, "/"),
        ("https://user.example", None, "/"),
        ("https://user.example/Receive?x=1", None, "/Receive"),
        ("https://user.example/Receive", "/dsp", "/dsp"),
        (None, "/dsp", "/dsp"),
    ],
)
def test_messages_should_come_at_the_path_that_is_set_or_else_at_that_of_the_public_url(
    public_url: str | None, path: str | None, own_path: str
) -> None:
    assert ReceiverSettings(public_url=public_url, path=path).own_path == own_path


def test_what_cannot_be_used_is_told_by_the_field_to_change() -> None:
    taken = ReceiverUnusable("127.0.0.1:80", "Address already in use")
    assert str(taken).startswith(
        "receiver.bind = '127.0.0.1:80': expected an address and free port, found: Ad"
    )
    assert str(taken).endswith("Choose another port, or 0 for any free one.")
    assert str(ReceiverUnusable("127.0.0.1:80", "", "no key")) == "[receiver.tls]: no key"
