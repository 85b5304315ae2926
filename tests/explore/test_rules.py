"""The rules of the ledger on a Device's record, as properties and as the demands that they state."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.explore.records import ANYTHING, Record, Records
from dsp_conformance.explore.rules import (
    Standing,
    after_activation,
    after_leaving,
    after_listing,
    after_other_process,
    after_reading,
    after_removal_of_inactive,
    after_request,
    loosely_after_message,
)

OLD, NEW = "0000000A", "0000000B"
COM, INC = DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED
SUSPENDED = DeviceStatus.SUSPENDED

statuses = st.sampled_from([status for status in DeviceStatus if status is not SUSPENDED])
versions = st.sampled_from([OLD, NEW, "0000000C"])
suspended = st.builds(Record, st.just(SUSPENDED), versions, st.sampled_from([COM, INC, None]))
records = st.one_of(st.builds(Record, statuses, versions), suspended, st.just(ANYTHING))
standings = st.sampled_from(list(Standing))
outcomes = st.integers(0, 3)
types = st.sampled_from(list(DeviceType))

RULES: dict[str, st.SearchStrategy[Callable[[Record], Records]]] = {
    "leaving": st.builds(lambda v, t: lambda r: after_leaving(r, v, t), versions, types),
    "removal of inactive": st.builds(
        lambda v, t: lambda r: after_removal_of_inactive(r, v, t), versions, types
    ),
    "listing": st.builds(lambda v: lambda r: after_listing(r, v), versions),
    "reading": st.builds(lambda v, s: lambda r: after_reading(r, v, s), versions, standings),
    "activation": st.builds(
        lambda v, s, o, again: lambda r: after_activation(r, v, s, o, resent=again),
        versions,
        standings,
        outcomes,
        st.booleans(),
    ),
    "loosely": st.builds(lambda v: lambda r: loosely_after_message(r, v), versions),
    "request": st.builds(
        lambda v: lambda r: after_request(r, v), st.sampled_from(["4.1.1", "8.1.1", "8.4", "2.3"])
    ),
    "other process": st.builds(
        lambda s, listed: lambda r: after_other_process(r, s, listed=listed), statuses, st.booleans()
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_leaves_some_record_possible(name: str) -> None:
    @given(RULES[name], records)
    def holds(rule: Callable[[Record], Records], record: Record) -> None:
        assert rule(record)

    holds()


@given(records, versions, standings)
def test_what_is_loose_allows_what_is_strict(record: Record, version: str, standing: Standing) -> None:
    """Overlapping events, and messages in another status than they were asked for in, allow no less."""
    strict = after_reading(record, version, standing)
    loose = loosely_after_message(record, version)
    if record.status is not SUSPENDED and standing is not Standing.NOT_ACTIVE:
        loose |= {record}
    assert strict <= loose


@given(suspended, versions, standings, outcomes, st.booleans())
def test_only_active_firmware_brings_a_suspended_device_back(
    record: Record,
    version: str,
    standing: Standing,
    outcome: int,
    again: bool,  # noqa: FBT001 - drawn
) -> None:
    after = after_reading(record, version, standing) | after_activation(
        record, version, standing, outcome, resent=again
    )
    if standing is Standing.NOT_ACTIVE:
        assert all(each.suspended and each.before is record.before for each in after)


@given(suspended, versions, standings)
def test_a_device_returns_to_no_other_status_than_it_held(
    record: Record, version: str, standing: Standing
) -> None:
    for each in after_reading(record, version, standing):
        assert each.suspended or each.status is record.before


@given(st.builds(Record, statuses, versions), versions, standings, st.integers(1, 3), st.booleans())
def test_listed_firmware_suspends_nobody(
    record: Record,
    version: str,
    standing: Standing,
    outcome: int,
    again: bool,  # noqa: FBT001 - drawn
) -> None:
    if standing is not Standing.NOT_ACTIVE:
        after = after_activation(record, version, standing, outcome, resent=again)
        assert not any(each.suspended for each in after | after_reading(record, version, standing))


@pytest.mark.parametrize("before", [COM, INC])
def test_a_suspended_device_that_reports_active_firmware_must_return(before: DeviceStatus) -> None:
    record = Record(SUSPENDED, OLD, before)
    assert after_reading(record, NEW, Standing.ACTIVE) == {Record(before, NEW)}
    assert after_activation(record, NEW, Standing.ACTIVE, 0, resent=False) == {Record(before, NEW)}
    assert after_activation(record, NEW, Standing.ACTIVE, 1, resent=True) == {Record(before, NEW)}


def test_a_success_must_be_recorded_listed_or_not() -> None:
    record = Record(SUSPENDED, OLD, COM)
    assert after_activation(record, NEW, Standing.NOT_ACTIVE, 0, resent=False) == {record.recording(NEW)}
    assert after_activation(Record(COM, OLD), NEW, Standing.ACTIVE, 0, resent=False) == {Record(COM, NEW)}


def test_the_removed_version_restores_nothing() -> None:
    record = Record(SUSPENDED, OLD, COM)
    assert after_reading(record, OLD, Standing.NOT_ACTIVE) == {record}
    assert after_activation(record, OLD, Standing.NOT_ACTIVE, 3, resent=True) == {record}


@pytest.mark.parametrize("status", [COM, INC])
def test_exactly_the_devices_recorded_with_the_version_must_be_suspended(status: DeviceStatus) -> None:
    assert after_leaving(Record(status, OLD), OLD, DeviceType.ESME) == {Record(SUSPENDED, OLD, status)}
    assert after_leaving(Record(status, NEW), OLD, DeviceType.ESME) == {Record(status, NEW)}
    assert after_leaving(Record(status, OLD), OLD, DeviceType.IHD) == {Record(status, OLD)}


def test_a_suspended_device_keeps_the_status_it_returns_to_when_its_entry_goes_on_leaving() -> None:
    record = Record(SUSPENDED, OLD, INC)
    assert after_leaving(record, OLD, DeviceType.GSME) == {record}
    assert after_removal_of_inactive(record, OLD, DeviceType.GSME) == {record}


def test_nothing_else_that_is_sent_changes_a_suspended_device() -> None:
    record = Record(SUSPENDED, OLD, COM)
    for variant in ("2.3", "6.23", "6.15.1", "8.7.1", "7.2"):
        assert after_request(record, variant) == {record}
