"""Possible records: what may be shown while the inventory lags, and what is learnt from it."""

from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus
from dsp_conformance.explore.records import ANYTHING, Possible, Record
from dsp_conformance.explore.world import Shown

SETTLE = 5.0
COMMISSIONED = Record(DeviceStatus.COMMISSIONED, "0000000A")
SUSPENDED = Record(DeviceStatus.SUSPENDED, "0000000A", DeviceStatus.COMMISSIONED)
RESTORED = Record(DeviceStatus.COMMISSIONED, "0000000B")
RECORDS = st.sampled_from([COMMISSIONED, SUSPENDED, RESTORED, SUSPENDED.recording("0000000B"), ANYTHING])


def shown(record: Record, at: float) -> Shown:
    return Shown(at, at + 0.01, record.status, record.version, ResponseCode.I0)


def test_what_was_possible_may_be_shown_until_all_has_settled() -> None:
    possible = Possible(frozenset({COMMISSIONED}))
    possible.become([SUSPENDED], 10.0, SETTLE)
    assert possible.may_lag_as(shown(COMMISSIONED, 14.9))
    assert not possible.fits(shown(COMMISSIONED, 14.9))
    assert not possible.may_lag_as(shown(COMMISSIONED, 15.0))


def test_records_of_before_may_be_shown_in_any_order() -> None:
    """An inventory of two copies is lawful."""
    possible = Possible(frozenset({COMMISSIONED}))
    possible.become([SUSPENDED], 10.0, SETTLE)
    possible.become([RESTORED], 11.0, SETTLE)
    for record in (RESTORED, COMMISSIONED, SUSPENDED, RESTORED):
        look = shown(record, 12.0)
        assert possible.may_lag_as(look)
        possible.learn(look)
    assert possible.now == {RESTORED}


def test_nothing_is_learnt_before_all_has_settled() -> None:
    possible = Possible(frozenset({SUSPENDED}))
    possible.become([SUSPENDED, RESTORED], 10.0, SETTLE)
    possible.learn(shown(SUSPENDED, 14.0))
    assert possible.now == {SUSPENDED, RESTORED}
    possible.learn(shown(RESTORED, 15.0))
    assert possible.now == {RESTORED}
    assert possible.confirmed


def test_the_same_set_again_is_no_standstill() -> None:
    """One record of it may have become the other, so what a look shows may be of before."""
    possible = Possible(frozenset({SUSPENDED, RESTORED}))
    possible.change(lambda record: {SUSPENDED, RESTORED}, 10.0, SETTLE)  # noqa: ARG005
    assert not possible.is_settled(14.0)
    possible.learn(shown(SUSPENDED, 14.0))
    assert possible.now == {SUSPENDED, RESTORED}


def test_a_rule_that_leaves_each_record_changes_nothing() -> None:
    possible = Possible(frozenset({SUSPENDED}), confirmed=True)
    possible.change(lambda record: {record}, 10.0, SETTLE)
    assert possible.confirmed
    assert possible.is_settled(10.0)


def test_what_sr8_2_leaves_out_contradicts_nothing() -> None:
    look = Shown(1.0, 1.1, None, None, ResponseCode.I0)
    assert SUSPENDED.shows_as(look)
    assert Record(DeviceStatus.SUSPENDED, None).shows_as(shown(SUSPENDED, 1.0))


def test_anything_becomes_what_is_shown_of_it() -> None:
    possible = Possible(frozenset({ANYTHING}))
    possible.learn(shown(RESTORED, 1.0))
    assert possible.now == {RESTORED}


@given(st.frozensets(RECORDS, min_size=1), st.frozensets(RECORDS), RECORDS, st.floats(0, 20))
def test_more_records_never_make_fewer_looks_allowed(
    some: frozenset[Record], more: frozenset[Record], record: Record, at: float
) -> None:
    few, many = Possible(frozenset({COMMISSIONED})), Possible(frozenset({COMMISSIONED}))
    few.become(some, 10.0, SETTLE)
    many.become(some | more, 10.0, SETTLE)
    assert few.may_show(at) <= many.may_show(at)
    look = shown(record, at)
    assert many.may_lag_as(look) or not few.may_lag_as(look)


@given(st.frozensets(RECORDS, min_size=1), RECORDS, st.floats(0, 20))
def test_no_look_leaves_nothing_possible(some: frozenset[Record], record: Record, at: float) -> None:
    possible = Possible(some)
    possible.become(some, 10.0, SETTLE)
    possible.learn(shown(record, at))
    assert possible.now
