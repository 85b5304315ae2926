from __future__ import annotations

import pytest

from dsp_conformance.user.admission import Admission, same_path


def statuses(door: Admission, count: int, path: str = "/") -> list[int]:
    return [0 if (away := door.refusal(path)) is None else away.status for _ in range(count)]


def test_a_burst_is_let_in_and_then_no_more_than_the_rate() -> None:
    now = [100.0]
    door = Admission(rate=4, clock=lambda: now[0])
    assert statuses(door, 6) == [0, 0, 0, 0, 429, 429]
    now[0] = 100.5
    assert statuses(door, 3) == [0, 0, 429]
    now[0] = 500.0
    assert statuses(door, 5) == [0, 0, 0, 0, 429], "idle time is not saved up"


def test_what_is_turned_away_at_the_door_takes_nobody_elses_place() -> None:
    door = Admission(rate=1, path="/responses", clock=lambda: 0.0)
    assert statuses(door, 3, "/other") == [404, 404, 404]
    assert statuses(door, 1, "/responses") == [0]


def test_the_reason_names_the_setting() -> None:
    door = Admission(rate=1, path="/responses", clock=lambda: 0.0)
    elsewhere = door.refusal("/other")
    assert elsewhere is not None
    assert elsewhere.what == "messages posted to another path than /responses"
    door.refusal("/responses")
    beyond = door.refusal("/responses")
    assert beyond is not None
    assert "[limits] max_messages_per_second" in beyond.what


@pytest.mark.parametrize(
    ("told", "came", "same"),
    [
        ("/", "", True),
        ("/a", "/a/", True),
        ("/a/", "/a", True),
        ("/a%20b", "/a b", True),
        ("/a", "/A", False),
        ("/a", "/a/b", False),
        ("/a", "/", False),
    ],
)
def test_a_path_is_compared_as_it_is_meant(told: str, came: str, same: bool) -> None:  # noqa: FBT001
    assert same_path(told, came) is same


_EUI = "90-B3-D5-1F-30-01-00-01"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/duis", 0),
        (f"/duis/{_EUI}", 0),
        (f"/duis/{_EUI.lower()}/", 0),
        ("/mine/", 0),
        (f"/mine/{_EUI}", 0),
        (f"/{_EUI}", 404),
        (f"/duis/{_EUI}/more", 404),
        ("/duis/more", 404),
    ],
)
def test_users_own_addresses_are_let_in_below_the_path_and_where_they_are_told(
    path: str, status: int
) -> None:
    door = Admission(rate=1, path="/duis", further=("/mine",), clock=lambda: 0.0)
    assert statuses(door, 1, path) == [status]
