"""Drawn histories: repeatable, of mixed length, with every rare word in turn, and within what can be."""

from collections import Counter
from dataclasses import replace

import pytest

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.terms import DeviceType, Kind, UserRole
from dsp_conformance.explore.abilities import Abilities, refusal_of_catalogue, rows_for
from dsp_conformance.explore.events import (
    Activate,
    AtOnce,
    Event,
    ExploredModel,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    SendRequest,
    devices_of,
)
from dsp_conformance.explore.generator import Generator
from dsp_conformance.explore.history import History
from tests.explore.memory_world import ABILITIES

MANY = 300


def drawn(abilities: Abilities = ABILITIES, seed: int = 1, count: int = MANY) -> list[History]:
    generator = Generator(abilities, seed)
    return [generator.draw() for _ in range(count)]


@pytest.fixture(scope="module")
def histories() -> list[History]:
    return drawn()


def test_the_same_seed_draws_the_same() -> None:
    assert drawn(seed=4, count=5) == drawn(seed=4, count=5)
    assert drawn(seed=4, count=5) != drawn(seed=5, count=5)


def test_many_are_short_and_some_are_long(histories: list[History]) -> None:
    lengths = [len(history.events) for history in histories]
    short = sum(20 <= length <= 50 for length in lengths)
    long = sum(75 <= length <= 125 for length in lengths)
    assert short > 0.6 * MANY
    assert long > 0.1 * MANY
    assert short + long > 0.95 * MANY


def test_every_history_holds_together(histories: list[History]) -> None:
    for history in histories:
        history.check()
        devices: set[str] = set()
        for event in history.events:
            if isinstance(event, ProvideDevice):
                devices.add(event.device)
            assert set(devices_of(event)) <= devices


def test_several_devices_of_one_model_and_a_second_active_version_are_usual(histories: list[History]) -> None:
    several = second = 0
    for history in histories:
        provided = Counter(e.model for e in history.events if isinstance(e, ProvideDevice))
        first = next(place for place, e in enumerate(history.events) if isinstance(e, ProvideDevice))
        several += max(provided.values()) > 1
        second += sum(isinstance(e, ListFirmware) for e in history.events[:first]) > 1
    assert several > 0.5 * MANY
    assert second > 0.4 * MANY


def singles(history: History) -> list[Event]:
    events: list[Event] = []
    for event in history.events:
        events += (event.first, event.second) if isinstance(event, AtOnce) else (event,)
    return events


def test_every_role_and_every_request_gets_its_turn(histories: list[History]) -> None:
    readers: set[tuple[DeviceType, UserRole]] = set()
    asked: set[tuple[DeviceType, str]] = set()
    for history in histories:
        models = {e.device: history.models[e.model] for e in history.events if isinstance(e, ProvideDevice)}
        for event in singles(history):
            if isinstance(event, ReadFirmware):
                readers.add((models[event.device].device_type, event.role))
            if isinstance(event, SendRequest):
                asked.add((models[event.device].device_type, event.variant))
    electricity = {UserRole.IS, UserRole.ES, UserRole.RSA, UserRole.ED, UserRole.OU}
    gas = {UserRole.GS, UserRole.RSA, UserRole.GT, UserRole.OU}
    assert {role for kind, role in readers if kind is DeviceType.ESME} == electricity
    assert {role for kind, role in readers if kind is DeviceType.GSME} == gas
    for device_type in (DeviceType.ESME, DeviceType.GSME):
        rows = rows_for(ExploredModel(device_type=device_type, manufacturer="A", hardware="X"))
        critical = {variant for variant, row in rows.items() if row.kind is Kind.CRITICAL}
        assert critical <= {variant for kind, variant in asked if kind is device_type}


def test_no_request_is_drawn_that_no_user_would_send(histories: list[History]) -> None:
    for history in histories:
        models = {e.device: history.models[e.model] for e in history.events if isinstance(e, ProvideDevice)}
        for event in singles(history):
            if isinstance(event, ReadFirmware | SendRequest | Activate):
                assert not refusal_of_catalogue(event, models[event.device])


def test_what_changes_keys_or_the_inventory_comes_last_for_its_device(histories: list[History]) -> None:
    for history in histories:
        changed: set[str] = set()
        for event in singles(history):
            for device in devices_of(event):
                probe = isinstance(event, SendRequest) and event.variant == "4.1.1"
                assert device not in changed or probe
            if isinstance(event, SendRequest) and event.variant.startswith(("8.", "6.15", "6.21")):
                changed.add(event.device)


@pytest.mark.parametrize(
    "change",
    [
        {"capabilities": frozenset({"edit-cpl", "provide-device"})},
        {"roles": frozenset({UserRole.IS, UserRole.GS})},
        {"device_types": frozenset({DeviceType.GSME})},
        {"local_delivery": False},
        {"smets1": False},
        {"future_dating": False},
    ],
)
def test_nothing_is_drawn_that_testbed_or_product_lack(change: dict[str, object]) -> None:
    abilities = replace(ABILITIES, **change)  # type: ignore[arg-type]  # each by its name
    for history in drawn(abilities, count=60):
        assert not any(map(abilities.lacks_model, history.models.values()))
        assert not any(map(abilities.lacks, history.events))
        assert len(history.events) > 15


def test_a_critical_request_is_sent_in_the_ways_of_critical_requests(histories: list[History]) -> None:
    ways: dict[Kind, set[int]] = {Kind.CRITICAL: set(), Kind.NON_CRITICAL: set()}
    for history in histories:
        for event in singles(history):
            if isinstance(event, SendRequest):
                ways[catalogue()[event.variant].kind].add(event.way)
    assert ways == {Kind.CRITICAL: {5, 6, 7}, Kind.NON_CRITICAL: {1, 2, 3}}
