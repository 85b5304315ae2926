"""What a request may be answered, by the record of its Device."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, Kind
from dsp_conformance.explore.access import Asked, Demand, Verdict, allowed, demand, verdict_on
from dsp_conformance.explore.records import ANYTHING, Record
from tests.explore.memory_world import ABILITIES

OLD = "0000000A"
SUSPENDED = Record(DeviceStatus.SUSPENDED, OLD, DeviceStatus.COMMISSIONED)
COMMISSIONED = Record(DeviceStatus.COMMISSIONED, OLD)

records = st.sampled_from([ANYTHING, SUSPENDED, *(Record(status, OLD) for status in DeviceStatus)])
codes = st.sampled_from(["I0", "I99", "E1", "E2", "E4", "E5", "E11", "E17", "E19", "E51"]).map(ResponseCode)


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    row = draw(st.sampled_from(list(catalogue().values())))
    way = draw(st.sampled_from(sorted(variant.value for variant in row.command_variants)))
    device_type = draw(st.sampled_from(list(DeviceType)))
    return Asked(
        row.variant, row.kind, way, draw(st.booleans()), device_type, draw(st.booleans()), draw(st.booleans())
    )


def judged(asked: Asked, code: ResponseCode, *records: Record) -> Verdict:
    demanded = allowed(asked, records, ABILITIES)
    return verdict_on(code, taken=code.is_success, demanded=demanded, abilities=ABILITIES)


@given(requests(), st.frozensets(records, min_size=1), st.frozensets(records), codes)
def test_more_possible_records_never_make_fewer_answers_allowed(
    asked: Asked, some: frozenset[Record], more: frozenset[Record], code: ResponseCode
) -> None:
    if judged(asked, code, *some) is Verdict.FITS:
        assert judged(asked, code, *some, *more) is Verdict.FITS


@given(requests(), records)
def test_something_is_always_allowed(asked: Asked, record: Record) -> None:
    demanded = demand(asked, record, ABILITIES)
    assert demanded.accepted or demanded.rejected


@given(requests(), records, codes)
def test_whatever_breaks_a_demand_breaks_a_requirement(
    asked: Asked, record: Record, code: ResponseCode
) -> None:
    if judged(asked, code, record) is not Verdict.FITS:
        assert allowed(asked, [record], ABILITIES).requirement


def asked(
    variant: str,
    way: int,
    device_type: DeviceType = DeviceType.ESME,
    *,
    later: bool = False,
    smets1: bool = False,
) -> Asked:
    return Asked(variant, catalogue()[variant].kind, way, later, device_type, smets1)


@pytest.mark.parametrize(
    ("request_", "requirement"),
    [
        (asked("11.2", 1), "MP105-01"),
        (asked("11.2", 1, later=True), "MP105-01"),
        (asked("11.2", 3, DeviceType.GSME), "MP105-02"),
        (asked("11.3", 5), "BASE-02"),
        (asked("7.2", 6), "BASE-02"),
        (asked("6.23", 1), "BASE-04"),
        (asked("2.2", 2, smets1=True), "BASE-05"),
        (Asked("11.1", Kind.NON_DEVICE, 8, later=False, device_type=DeviceType.ESME), "BASE-03"),
    ],
)
def test_what_a_suspended_meter_may_be_sent_must_be_accepted(request_: Asked, requirement: str) -> None:
    demanded = demand(request_, SUSPENDED, ABILITIES)
    assert (demanded.requirement, demanded.accepted, demanded.rejected) == (requirement, True, False)
    assert judged(request_, ResponseCode.E51, SUSPENDED) is Verdict.BARRED
    assert judged(request_, ResponseCode.E5, SUSPENDED) is Verdict.BARRED
    assert judged(request_, ResponseCode.E2, SUSPENDED) is Verdict.REFUSED


@pytest.mark.parametrize(
    ("request_", "requirement"),
    [
        (asked("4.1.1", 1), "SCOPE-01"),
        (asked("4.1.1", 2, DeviceType.GSME), "SCOPE-01"),
        (asked("2.2", 1), "SCOPE-01"),
        (asked("2.2", 1, smets1=True), "BASE-05"),
        (asked("2.2", 2), "BASE-05"),
        (asked("11.2", 1, DeviceType.PPMID), "SCOPE-03"),
    ],
)
def test_what_a_suspended_device_may_not_be_sent_must_be_rejected(request_: Asked, requirement: str) -> None:
    assert demand(request_, SUSPENDED, ABILITIES).requirement == requirement
    assert judged(request_, ResponseCode.I99, SUSPENDED) is Verdict.OPEN
    assert judged(request_, ResponseCode.E51, SUSPENDED) is Verdict.FITS
    assert judged(request_, ResponseCode.E5, SUSPENDED) is Verdict.WRONG_CODE


def test_the_profile_says_with_which_code() -> None:
    other = replace(ABILITIES, rejection_code=ResponseCode.E5)
    demanded = demand(asked("4.1.1", 1), SUSPENDED, other)
    assert verdict_on(ResponseCode.E5, taken=False, demanded=demanded, abilities=other) is Verdict.FITS
    assert verdict_on(ResponseCode.E51, taken=False, demanded=demanded, abilities=other) is Verdict.WRONG_CODE


def test_a_commissioned_device_is_barred_from_nothing() -> None:
    for request_ in (asked("4.1.1", 1), asked("7.2", 5), asked("11.2", 1)):
        assert judged(request_, ResponseCode.E51, COMMISSIONED) is Verdict.BARRED
        assert judged(request_, ResponseCode.I99, COMMISSIONED) is Verdict.FITS


def test_what_else_a_product_refuses_a_commissioned_device_is_its_own_matter_save_sr11_2() -> None:
    assert judged(asked("4.1.1", 1), ResponseCode.E2, COMMISSIONED) is Verdict.FITS
    assert judged(asked("11.2", 1), ResponseCode.E2, COMMISSIONED) is Verdict.REFUSED


def test_a_device_out_of_service_is_not_read() -> None:
    record = Record(DeviceStatus.DECOMMISSIONED, OLD)
    assert judged(asked("11.2", 1), ResponseCode.I99, record) is Verdict.OPEN
    assert demand(asked("11.2", 1), record, ABILITIES).requirement == "SCOPE-04"
    assert judged(asked("11.2", 1), ResponseCode.E19, record) is Verdict.FITS


def test_a_profile_that_leaves_secmp0007_open_settles_nothing_of_it() -> None:
    for switch in (None, True):
        demanded = demand(asked("11.2", 1, DeviceType.PPMID), SUSPENDED, replace(ABILITIES, secmp0007=switch))
        assert demanded == Demand("", accepted=True, rejected=True, refused_otherwise=True)
