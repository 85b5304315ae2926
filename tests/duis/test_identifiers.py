import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import COUNTER_LIMIT, InvalidMessageId, RequestID, ResponseID
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage
from dsp_conformance.duis.reading import moment
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema

quick = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

_USER = "90-B3-D5-1F-30-01-00-00"
_DEVICE = "00-DB-12-34-56-78-90-A0"

euis = st.binary(min_size=8, max_size=8).map(Eui64)
request_ids = st.builds(RequestID, euis, euis, st.integers(0, COUNTER_LIMIT))

_COUNTERS = [
    ("0", True),
    ("1", True),
    ("1660751141087", True),
    ("9999999999999999999", True),
    ("10000000000000000000", True),
    ("18446744073709551609", True),
    ("18446744073709551615", True),
    ("18446744073709551616", False),
    ("18446744073709551620", False),
    ("19000000000000000000", False),
    ("99999999999999999999", False),
    ("100000000000000000000", False),
    ("00", False),
    ("01", False),
    ("-1", False),
    ("+1", False),
    ("1.0", False),
    ("1_0", False),
    ("1 0", False),
    ("٣", False),
    ("", False),
]
_FORMS = [
    (f"{_USER}:{_DEVICE}:1", True),
    (f"{_USER.lower()}:{_DEVICE}:1", True),
    (f"{_USER}:{_DEVICE.lower()}:1", True),
    (f" \t\r\n{_USER}:{_DEVICE}:1\n ", True),
    (f"{_USER}:{_DEVICE}:1\N{NO-BREAK SPACE}", False),
    (f"{_USER}:{_DEVICE}", False),
    (f"{_USER}:{_DEVICE}:1:1", False),
    (f"{_USER}::1", False),
    (f"{_USER} :{_DEVICE}:1", False),
    (f"{_USER.replace('-', ':')}:{_DEVICE}:1", False),
    (f"{_USER[:-3]}:{_DEVICE}:1", False),
    (f"{_USER}-00:{_DEVICE}:1", False),
    (f"{_USER.replace('B', 'G')}:{_DEVICE}:1", False),
    ("", False),
]
_CASES = [(f"{_USER}:{_DEVICE}:{counter}", valid) for counter, valid in _COUNTERS] + _FORMS


@pytest.mark.parametrize(("text", "valid"), _CASES)
def test_an_identifier_has_the_form_of_the_interface(text: str, *, valid: bool) -> None:
    if valid:
        assert str(RequestID.parse(text)) == text.strip().upper()
        assert str(ResponseID.parse(text)) == text.strip().upper()
        return
    for kind in (RequestID, ResponseID):
        with pytest.raises(InvalidMessageId) as caught:
            kind.parse(text)
        assert (caught.value.element, caught.value.text) == (kind.__name__, text)
        assert kind.__name__ in str(caught.value)
        assert repr(text) in str(caught.value)


@pytest.mark.parametrize("element", ["RequestID", "ResponseID"])
def test_exactly_what_the_published_schema_accepts_is_read(element: str, published: DuisSchema) -> None:
    answer = Response(
        RequestID.parse(f"{_USER}:{_DEVICE}:1"),
        ResponseID.parse(f"{_DEVICE}:{_USER}:1"),
        ResponseCode("I0"),
        moment("2021-11-04T09:00:00Z"),
        ResponseMessage("11.2", "11.2", GbcsPayload(b"x")),
    ).to_xml()
    place = next(each for each in answer.iter(etree.Element) if etree.QName(each).localname == element)
    for text, valid in _CASES:
        place.text = text
        assert (published.violations(answer) == ()) is valid, text


@quick
@given(request_ids)
def test_the_text_form_of_any_identifier_reads_back(request_id: RequestID) -> None:
    assert RequestID.parse(str(request_id)) == request_id
    assert RequestID.parse(str(request_id).lower()) == request_id
    answer = request_id.response_id()
    assert ResponseID.parse(str(answer)) == answer


@quick
@given(request_ids, request_ids)
def test_a_response_mirrors_its_own_request_and_no_other(one: RequestID, other: RequestID) -> None:
    assert one.response_id().mirrors(one)
    assert str(one.response_id()) == f"{one.target}:{one.originator}:{one.counter}"
    assert one.response_id().mirrors(other) is (one == other)


def test_a_response_that_repeats_the_order_or_changes_the_counter_is_no_mirror() -> None:
    request_id = RequestID.parse(f"{_USER}:{_DEVICE}:7")
    assert not ResponseID.parse(f"{_USER}:{_DEVICE}:7").mirrors(request_id)
    assert not ResponseID.parse(f"{_DEVICE}:{_USER}:8").mirrors(request_id)
    assert ResponseID.parse(f"{_DEVICE.lower()}:{_USER}:7").mirrors(request_id)


def test_a_very_long_text_is_cut_in_the_message_and_kept_in_the_error() -> None:
    text = "x" * 100_000
    with pytest.raises(InvalidMessageId) as caught:
        RequestID.parse(text)
    assert caught.value.text == text
    assert str(caught.value).endswith(f"; found {'x' * 100!r}")
