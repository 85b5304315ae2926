from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.user.addresses import Addresses, own_url, url_at, user_in
from dsp_conformance.user.exchange import Delivery

ONE, OTHER = (Eui64.parse(f"90-B3-D5-1F-30-01-00-0{digit}") for digit in (1, 2))
STRANGER = Eui64.parse("90-B3-D5-1F-30-01-00-09")


def _at(path: str) -> Delivery:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Delivery(moment, "application/xml", b"", 0, None, (), accepted=True, path=path)


@pytest.mark.parametrize(
    ("receiver", "url"),
    [
        ("http://127.0.0.1:8123/", f"http://127.0.0.1:8123/{ONE}"),
        ("http://127.0.0.1:8123", f"http://127.0.0.1:8123/{ONE}"),
        ("https://user.example/duis/", f"https://user.example/duis/{ONE}"),
        ("https://user.example/duis?x=1", f"https://user.example/duis/{ONE}?x=1"),
    ],
)
def test_a_users_own_address_is_a_path_below_the_receivers(receiver: str, url: str) -> None:
    assert own_url(receiver, ONE) == url
    assert url_at(receiver, "/other").endswith("/other" + url.partition("?")[1] + url.partition("?")[2])


def test_a_path_names_the_user_whose_eui_ends_it() -> None:
    assert user_in(f"/duis/{ONE}") == user_in(f"/{str(ONE).lower()}/") == ONE
    assert user_in(f"/{ONE}/more") is user_in("/") is user_in("") is None


@pytest.fixture
def registered() -> Addresses:
    addresses = Addresses()
    for user in (ONE, OTHER):
        addresses.give(user, own_url("http://user.example/duis", user))
    return addresses


@pytest.mark.parametrize(
    "path", [f"/duis/{ONE}", f"/duis/{ONE}/", f"/duis/{str(ONE).lower()}", f"/behind/a/proxy/{ONE}", ""]
)
def test_a_message_at_the_users_own_address_is_right(registered: Addresses, path: str) -> None:
    assert registered.misdelivery(_at(path), ONE) == ""


def test_a_message_at_another_address_than_the_registered_one_is_wrong(registered: Addresses) -> None:
    told = registered.misdelivery(_at(f"/duis/{OTHER}"), ONE)
    assert f"at /duis/{OTHER}, the address of {OTHER}," in told
    assert f"instead of /duis/{ONE}, the address of {ONE}" in told
    for path in ("/duis", "/", f"/duis/{ONE}/more", f"/duis/{STRANGER}"):
        assert registered.misdelivery(_at(path), ONE).startswith(f"at {path} instead of /duis/{ONE}")


def test_a_user_without_a_known_address_may_be_reached_anywhere_but_at_anothers() -> None:
    addresses = Addresses()
    addresses.give(OTHER, "/responses/other")
    assert addresses.misdelivery(_at("/responses"), ONE) == ""
    assert addresses.misdelivery(_at(f"/{ONE}"), ONE) == ""
    told = addresses.misdelivery(_at("/responses/other/"), ONE)
    assert f"the address of {OTHER}, instead of any path that is no other User's" in told
    assert addresses.misdelivery(_at("/responses/other/"), OTHER) == ""
    assert addresses.misdelivery(_at("/responses"), OTHER) != ""
