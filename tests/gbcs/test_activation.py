"""SR11.3, the answers: at once, accepted for later, and the alert that follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp_conformance.gbcs import (
    Activation,
    ActivationAccepted,
    ActivationAlert,
    ActivationCode,
    AlertCode,
    FirmwareVersion,
    GbcsDecodeError,
    GbcsValueError,
    GroupedMessage,
    Kind,
    MessageCode,
    Supplementary,
    activation_alert,
    activation_response,
    build_activation_alert,
    build_activation_response,
    decode,
    grouped,
    request_counter_of,
    verify_signature,
)
from dsp_conformance.gbcs.activation import dlms_date_time

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

    from dsp_conformance.base.eui64 import Eui64


class HasKeys(Protocol):
    @property
    def device_signing(self) -> ec.EllipticCurvePrivateKey: ...


class HasSamples(Protocol):
    @property
    def mac_wrapped(self) -> tuple[bytes, ...]: ...
    @property
    def signed_by_device(self) -> tuple[bytes, ...]: ...
    @property
    def commands(self) -> tuple[bytes, ...]: ...


CONTENT = 34
COUNTERS = st.integers(0, 2**64 - 1)
VERSIONS = st.builds(FirmwareVersion, st.binary(min_size=4, max_size=4))
CODES = st.sampled_from(ActivationCode)
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
quick = settings(max_examples=100, deadline=None, derandomize=True)


@quick
@given(
    outcome=st.builds(Activation, CODES, VERSIONS) | st.just(ActivationAccepted()),
    counter=COUNTERS,
    at=st.none() | TIMES,
    request_counter=st.none() | COUNTERS,
)
def test_an_answer_is_signed_and_comes_back_as_it_was_given(
    *,
    outcome: Activation | ActivationAccepted,
    counter: int,
    at: datetime | None,
    request_counter: int | None,
    keys: HasKeys,
    user: Eui64,
    device: Eui64,
) -> None:
    octets = build_activation_response(
        device=device,
        recipient=user,
        counter=counter,
        outcome=outcome,
        signing_key=keys.device_signing,
        at=at,
        supplementary=None if request_counter is None else Supplementary(user, request_counter),
    )
    message = decode(octets)
    assert activation_response(message) == outcome
    assert request_counter_of(message) == (counter if request_counter is None else request_counter)
    assert grouped(message).date_time == (b"" if at is None else dlms_date_time(at))
    assert verify_signature(grouped(message), keys.device_signing.public_key())


@quick
@given(
    alert=st.builds(
        ActivationAlert,
        alert_code=st.sampled_from(AlertCode),
        at=TIMES,
        command_counter=COUNTERS,
        code=CODES,
        version=VERSIONS,
    ),
    counter=COUNTERS,
)
def test_an_alert_is_signed_and_belongs_to_the_command_that_it_names(
    alert: ActivationAlert, counter: int, keys: HasKeys, user: Eui64, device: Eui64
) -> None:
    message = decode(
        build_activation_alert(
            device=device, recipient=user, counter=counter, alert=alert, signing_key=keys.device_signing
        )
    )
    assert activation_alert(message) == alert
    assert request_counter_of(message) == alert.command_counter
    assert grouped(message).counter == counter
    assert verify_signature(grouped(message), keys.device_signing.public_key())


def test_a_command_counter_of_more_than_8_octets_is_refused(
    keys: HasKeys, user: Eui64, device: Eui64
) -> None:
    alert = ActivationAlert(
        alert_code=AlertCode.ACTIVATED,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        command_counter=2**64 - 1,
        code=ActivationCode.SUCCESS,
        version=FirmwareVersion.parse("0123ABCD"),
    )
    octets = build_activation_alert(
        device=device, recipient=user, counter=1, alert=alert, signing_key=keys.device_signing
    )
    assert activation_alert(decode(octets)).command_counter == 2**64 - 1
    largest, next_one = b"\x02\x09\x00" + b"\xff" * 8, b"\x02\x09\x01" + bytes(8)
    assert largest in octets
    with pytest.raises(GbcsDecodeError, match="command's counter"):
        activation_alert(decode(octets.replace(largest, next_one)))


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("0501", 1, id="null-with-length"),
        pytest.param("05", 1, id="half-a-null"),
        pytest.param("0500 00", 2, id="trailing-after-null"),
        pytest.param("3109 020100 0404 0123ABCD", 0, id="tag"),
        pytest.param("3009 020104 0404 0123ABCD", 3, id="code-beyond-3"),
        pytest.param("3009 0201FF 0404 0123ABCD", 3, id="negative-code"),
        pytest.param("300A 02020000 0404 0123ABCD", 3, id="code-not-shortest"),
        pytest.param("3009 020100 0403 0123ABCD", 6, id="version-length"),
        pytest.param("3009 020100 0304 0123ABCD", 5, id="version-type"),
        pytest.param("3003 020100", 5, id="no-version"),
        pytest.param("300B 020100 0404 0123ABCD 0500", 11, id="trailing-inside"),
        pytest.param("3009 020100 0404 0123ABCD 00", 11, id="trailing"),
    ],
)
def test_a_malformed_answer_is_refused_at_its_offset(
    content: str, offset: int, user: Eui64, device: Eui64
) -> None:
    message = GroupedMessage(
        Kind.RESPONSE,
        1,
        device,
        user,
        MessageCode.CS06,
        content=bytes.fromhex(content),
        signature=bytes(64),
    )
    with pytest.raises(GbcsDecodeError) as refused:
        activation_response(decode(message.encode()))
    assert refused.value.offset == CONTENT + offset


ALERT_CODE = "0203008F66"
TIME = "180F" + b"20300115090000Z".hex()
OUTCOME = "3009 020100 0404 0123ABCD"


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        pytest.param("3125" + ALERT_CODE + TIME + "020203E9" + OUTCOME, 0, id="tag"),
        pytest.param("3025 0203008F65" + TIME + "020203E9" + OUTCOME, 3, id="alert-code-below"),
        pytest.param("3025 0203008F68" + TIME + "020203E9" + OUTCOME, 3, id="alert-code-above"),
        pytest.param("3024 02028F66" + TIME + "020203E9" + OUTCOME, 3, id="negative-alert-code"),
        pytest.param("3025" + ALERT_CODE + TIME + "02020001" + OUTCOME, 25, id="counter-not-shortest"),
        pytest.param("3021" + ALERT_CODE + TIME + OUTCOME, 24, id="no-counter"),
        pytest.param("301A" + ALERT_CODE + TIME + "020203E9", 28, id="no-outcome"),
        pytest.param("301C" + ALERT_CODE + TIME + "020203E9 0500", 28, id="null-for-outcome"),
        pytest.param("3027" + ALERT_CODE + TIME + "020203E9" + OUTCOME + "0500", 39, id="trailing-inside"),
        pytest.param("3025" + ALERT_CODE + TIME + "020203E9" + OUTCOME + "00", 39, id="trailing"),
    ],
)
def test_a_malformed_alert_is_refused_at_its_offset(
    content: str, offset: int, user: Eui64, device: Eui64
) -> None:
    message = GroupedMessage(
        Kind.ALERT,
        1,
        device,
        user,
        MessageCode.ACTIVATION_ALERT,
        content=bytes.fromhex(content),
        signature=bytes(64),
    )
    for read in (activation_alert, request_counter_of):
        with pytest.raises(GbcsDecodeError) as refused:
            read(decode(message.encode()))
        assert refused.value.offset == CONTENT + offset


def test_messages_of_another_kind_or_use_case_are_refused(samples: HasSamples) -> None:
    response, alert = decode(samples.signed_by_device[0]), decode(samples.signed_by_device[-1])
    others = [decode(octets) for octets in (*samples.mac_wrapped, *samples.commands)]
    for message in (alert, *others):
        with pytest.raises(GbcsDecodeError, match="at octet 0 expected a response of CS06, found"):
            activation_response(message)
    for message in (response, *others):
        with pytest.raises(GbcsDecodeError, match="expected an alert of ACTIVATION_ALERT, found"):
            activation_alert(message)


def test_a_headers_date_time_is_dlms_in_utc_without_day_of_week() -> None:
    at = datetime(2030, 7, 1, 0, 30, 5, microsecond=9, tzinfo=timezone(timedelta(hours=1)))
    assert dlms_date_time(at) == bytes.fromhex("07EE 06 1E FF 17 1E 05 00 8000 FF")
    with pytest.raises(GbcsValueError, match="time zone"):
        dlms_date_time(datetime(2030, 1, 1))  # noqa: DTZ001  # the point


def test_an_alert_about_an_impossible_command_or_time_cannot_be_made() -> None:
    version, at = FirmwareVersion.parse("0123ABCD"), datetime(2030, 1, 1, tzinfo=UTC)
    for field, counter, when in (("command counter", 2**64, at), ("time", 1, at.replace(microsecond=1))):
        with pytest.raises(GbcsValueError) as refused:
            ActivationAlert(AlertCode.ACTIVATED, when, counter, ActivationCode.SUCCESS, version)
        assert refused.value.field == field
