"""Lawful variations of waiting: how long, how its end is told, and what is made of what comes after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis.catalogue import DeviceStatus
from dsp_conformance.duis.messages import DccAlert, Response
from dsp_conformance.stub.deviations.changes import NO_ANSWER, Deliver, delivering, in_traffic, suspends
from dsp_conformance.stub.deviations.deviation import Deviation, lawful
from dsp_conformance.stub.traffic import DeviceTraffic

if TYPE_CHECKING:
    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.stub.cpl import CplEntry
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.traffic import Order

__all__ = ["DEVIATIONS"]

_PATIENT_SECONDS: Final = 1.0


def _patient(options: DspOptions) -> DspOptions:
    return replace(options, no_answer_seconds=_PATIENT_SECONDS)


def _drop(traffic: DeviceTraffic, order: Order, octets: bytes) -> None:
    del traffic, order, octets


def _told_by_alert(inner: Deliver) -> Deliver:
    """Post an alert where a Device does not answer, instead of a response."""

    def deliver(
        traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
    ) -> None:
        if code not in NO_ANSWER:
            inner(traffic, order, code, content)
            return
        # Which alert it would be is laid down nowhere: this is one that can be written, and names the Device.
        alert = DccAlert("N29", "DeviceStatusChangeEvent", "DeviceRestored", order.request_id.target)
        told = Response(None, None, code, datetime.now(UTC), alert)
        traffic.post(order, traffic.answers.seal(told))

    return deliver


def _recovered_too(entry: CplEntry, record: DeviceRecord, right: bool) -> bool:  # noqa: FBT001 - of `suspends`
    recovered = record.status is DeviceStatus.RECOVERED
    return right or (recovered and entry.covers(record.product, record.firmware_version))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "patience",
        "The response of a Device is waited for longer.",
        _patient,
        concerns="MP105-07 MP105-08 MP105-10",
    ),
    lawful(
        "late-responses-dropped",
        "A response that comes when it is awaited no more is dropped.",
        lambda options: in_traffic(options, receive_late=_drop),
        concerns="MP105-08 MP105-10",
    ),
    lawful(
        "late-responses-passed-on",
        "A response that comes when it is awaited no more is passed on, though the User was told of none.",
        lambda options: in_traffic(options, receive_late=DeviceTraffic.take_response),
        concerns="MP105-08 MP105-10",
    ),
    lawful(
        "given-up-by-alert",
        "An alert, and no response, is posted where a Device does not answer.",
        delivering(_told_by_alert),
        concerns="MP105-07 MP105-09",
    ),
    lawful(
        "recovered-suspended-too",
        "A Recovered Device is suspended too when its firmware leaves the CPL.",
        suspends(_recovered_too),
        concerns="BASE-01 MP105-06",
    ),
)
"""What may be done otherwise."""
