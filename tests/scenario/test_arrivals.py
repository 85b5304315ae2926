"""What arrives: whether it counts, whose it is, and who is to blame where it cannot be used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import FutureDatedAlert, LocalCommand, ResponseMessage, ServiceRequest
from dsp_conformance.duis.request_bodies import ReadFirmwareVersion
from dsp_conformance.duis.terms import CommandVariant
from dsp_conformance.judging.expectations import payload_of
from dsp_conformance.ledger.verdicts import Attribution, Cause, Inconclusive, SuiteFault, judge
from dsp_conformance.scenario.arrivals import check_origin, counts, unusable
from dsp_conformance.scenario.request_making import make_request
from dsp_conformance.user.checks import CheckOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.user.exchange import Delivery
    from dsp_conformance.user.service_user import ServiceUser


@pytest.fixture
def meter(stage: Stage, make_meter: Callable[[Stage], StagedDevice]) -> StagedDevice:
    return make_meter(stage)


@pytest.fixture
def user(stage: Stage, meter: StagedDevice) -> ServiceUser:
    return stage.traffic.supplier_of(meter.model.device_type).user


@pytest.fixture
def delivery(stage: Stage, meter: StagedDevice) -> Delivery:
    """The response to SR11.2."""
    request_id = make_request(stage, meter, "11.2").exchange.request.request_id
    return stage.run.connection.inbox.wait_for_answers(request_id, 10)[0]


@pytest.fixture
def message(delivery: Delivery) -> gbcs.MacWrapped:
    """The Device's message in it."""
    assert delivery.response is not None
    assert delivery.response.request_id is not None
    found = payload_of(delivery.response, counter=delivery.response.request_id.counter)
    assert isinstance(found, gbcs.MacWrapped)
    return found


OVER_THE_WAN = ServiceRequest(
    RequestID(Eui64(bytes(8)), Eui64(bytes(8)), 1),
    CommandVariant.NON_CRITICAL_WAN,
    "11.2",
    "11.2",
    ReadFirmwareVersion().to_xml(),
)


def never(text: str) -> None:
    raise AssertionError(text)


def test_a_message_with_the_devices_own_mac_is_its_own(
    message: gbcs.MacWrapped, meter: StagedDevice, user: ServiceUser
) -> None:
    check_origin(message, meter, user, never)


def test_a_message_with_another_mac_proves_nothing(
    message: gbcs.MacWrapped, meter: StagedDevice, user: ServiceUser
) -> None:
    with pytest.raises(Inconclusive) as caught:
        check_origin(replace(message, mac=bytes(12)), meter, user, never)
    assert caught.value.cause is Cause.UNUSABLE_ANSWER
    assert str(meter.device_id) in caught.value.expected


def test_a_mac_that_nobody_has_the_certificates_for_is_noted_and_not_judged(
    message: gbcs.MacWrapped, meter: StagedDevice, user: ServiceUser
) -> None:
    wrong = replace(message, mac=bytes(12))
    said: list[str] = []
    check_origin(wrong, meter, replace(user, gbcs_key_agreement=None), said.append)
    meter.provided = replace(meter.provided, gbcs_key_agreement_certificate=None)
    check_origin(wrong, meter, user, said.append)
    assert [text.startswith("the MAC") for text in said] == [True, True]


def test_a_message_with_a_signature_is_judged_by_that(
    message: gbcs.MacWrapped, meter: StagedDevice, user: ServiceUser
) -> None:
    assert user.gbcs_signing is not None
    signed = gbcs.sign(message.message, user.gbcs_signing.private_key)
    own = replace(meter.provided, gbcs_signing_certificate=user.gbcs_signing.certificate)
    with pytest.raises(Inconclusive, match="not the Device's"):
        check_origin(signed, meter, user, never)
    meter.provided = own
    check_origin(signed, meter, user, never)
    meter.provided = replace(own, gbcs_signing_certificate=None)
    said: list[str] = []
    check_origin(signed, meter, user, said.append)
    assert [text.startswith("the signature") for text in said] == [True]


def test_a_response_counts_unless_it_was_refused_or_is_no_response(delivery: Delivery) -> None:
    assert counts(delivery, OVER_THE_WAN)
    assert not counts(replace(delivery, accepted=False), OVER_THE_WAN)
    assert not counts(replace(delivery, response=None), OVER_THE_WAN)
    assert counts(replace(delivery, response=None, unknown="a newer code"), OVER_THE_WAN)


def test_the_alert_of_a_future_dated_command_is_no_second_response(delivery: Delivery) -> None:
    response = delivery.response
    assert response is not None
    assert isinstance(response.body, ResponseMessage)
    alert = FutureDatedAlert("8F66", b"", 1, 1)
    body = replace(response.body, content=alert)
    assert not counts(replace(delivery, response=replace(response, body=body)), OVER_THE_WAN)


@pytest.mark.parametrize("variant", CommandVariant)
def test_the_command_for_local_delivery_is_no_second_response_where_it_was_asked_for_beside_one(
    delivery: Delivery, variant: CommandVariant
) -> None:
    response = delivery.response
    assert response is not None
    assert isinstance(response.body, ResponseMessage)
    body = replace(response.body, content=LocalCommand(b"command"))
    command = replace(delivery, response=replace(response, body=body))
    both = variant in {CommandVariant.NON_CRITICAL_BOTH, CommandVariant.SIGNED_BOTH}
    assert counts(command, replace(OVER_THE_WAN, command_variant=variant)) is not both


def test_a_message_that_the_suite_could_not_read_is_the_suites_fault(delivery: Delivery) -> None:
    fault = unusable(replace(delivery, unread="an element without a name"))
    assert isinstance(fault, SuiteFault)
    assert fault.found == "an element without a name"


def test_a_message_with_a_newer_value_is_nobodys_fault(delivery: Delivery) -> None:
    reason = unusable(replace(delivery, response=None, unknown="a newer code"))
    assert isinstance(reason, Inconclusive)
    assert (reason.cause, reason.found) == (Cause.UNKNOWN_VALUE, "a newer code")
    assert judge(reason).attribution is not Attribution.PRODUCT


def test_a_message_that_failed_a_check_is_blamed_by_the_first_that_failed(delivery: Delivery) -> None:
    wrong = [CheckOutcome(f"DUIS-0{each}", passed=False, expected="x", found=str(each)) for each in (8, 9)]
    fault = unusable(replace(delivery, accepted=False, checks=(*delivery.checks, *wrong)))
    assert isinstance(fault, Inconclusive)
    assert (fault.cause, fault.requirement, fault.found) == (Cause.UNUSABLE_ANSWER, "DUIS-08", "8")
