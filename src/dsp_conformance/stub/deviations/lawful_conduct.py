"""Lawful variations of conduct: what the DSP may do otherwise because nothing lays it down."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import DeviceStatus, Kind, catalogue
from dsp_conformance.duis.messages import Inventory, InventoryDevice, ServiceRequest, UnexpectedShape
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.access_control import Case, Refusal, Refused, Rejected
from dsp_conformance.stub.deviations.changes import (
    Act,
    AfterRead,
    acting,
    after_read,
    check,
    finishing,
    with_checks,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, lawful
from dsp_conformance.stub.deviations.listing import listed_as_active, listed_by
from dsp_conformance.stub.deviations.suspension import lagging, shown
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.dsp import Answer, DspOptions, ReferenceDsp
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList, InventoryChange

__all__ = ["DEVIATIONS"]

_A_MOMENT: Final = timedelta(seconds=0.4)


def _ordered(*names: str) -> Change:
    """Make some checks in this order, before all the others but those of originator, counter and Device."""

    def change(options: DspOptions) -> DspOptions:
        first = ("originator", "counter", "device")
        rest = (name for name in options.seams.checks if name not in {*first, *names})
        order = (*first, *names, *rest)
        return with_checks(options, {name: options.seams.checks[name] for name in order})

    return change


def _http_for_strangers(_: Case, refusal: Refusal | None) -> Refusal | None:
    return None if refusal is None else Refused(HTTPStatus.FORBIDDEN, "unknown")


def _code_for_replays(_: Case, refusal: Refusal | None) -> Refusal | None:
    return None if refusal is None else Rejected(ResponseCode.E2, "counter used already")


def _coded(dsp: ReferenceDsp, octets: bytes, answer: Answer) -> Answer:
    """Answer bad requests in DUIS, where they can be read, instead of by an HTTP status."""
    if answer.is_duis:
        return answer
    try:
        request = ServiceRequest.from_xml(xml.parse(octets))
    except (xml.MalformedXml, UnexpectedShape):
        return answer
    if request.variant not in catalogue():
        return answer  # the schema has no room for a variant that does not exist
    written = dsp.traffic.answers.write(
        request.request_id, request.reference, request.variant, ResponseCode.E2
    )
    return replace(answer, status=HTTPStatus.OK, octets=written, is_duis=True)


def _any_client_error(_: ReferenceDsp, __: bytes, answer: Answer) -> Answer:
    return answer if answer.is_duis else replace(answer, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _silent(options: DspOptions) -> DspOptions:
    return replace(options, no_answer_seconds=None)


def _records_unlisted(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        change = inner(record, version, cpl)
        if version is not None and record.is_suspended and change.firmware_version is None:
            return replace(change, firmware_version=str(version))
        return change

    return rule


def _records_always(inner: AfterRead) -> AfterRead:
    def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
        change = inner(record, version, cpl)
        if version is not None and record.status is DeviceStatus.COMMISSIONED:
            return replace(change, firmware_version=str(version))
        return change

    return rule


def _without_optional(_: Services, device: InventoryDevice) -> InventoryDevice:
    return replace(device, smets_version=None, firmware_version_status=None, cpl_status=None)


def _bare_display(_: Services, device: InventoryDevice) -> InventoryDevice:
    """Show of a Type 2 Device what the schema demands (SEC glossary: the SMI keeps no status of it)."""
    return (
        replace(_without_optional(_, device), status=None, firmware_version=None)
        if _is_display(device)
        else device
    )


def _no_display(_: Services, device: InventoryDevice) -> InventoryDevice | None:
    return None if _is_display(device) else device


def _is_display(device: InventoryDevice) -> bool:
    return device.device_type.is_type_2


def _short_version(_: Services, device: InventoryDevice) -> InventoryDevice:
    return replace(device, firmware_version=(device.firmware_version or "").lstrip("0") or "0")


def _version_in_lower_case(_: Services, device: InventoryDevice) -> InventoryDevice:
    return replace(device, firmware_version=(device.firmware_version or "").lower())


def _two_copies(options: DspOptions) -> DspOptions:
    """Answer SR8.2 in turn out of the inventory and out of a copy of it that lags."""
    asked: Counter[Eui64] = Counter()

    def of_the_copy(services: Services, device: InventoryDevice) -> bool:
        del services
        asked[device.device_id] += 1
        return asked[device.device_id] % 2 == 0

    return lagging(0.5, when_restored=False, where=of_the_copy)(options)


def _barred_a_moment_longer(case: Case, refusal: Refusal | None) -> Refusal | None:
    """Keep ordinary requests back from a restored Device for a moment."""
    device = case.device
    if device is None or case.entry.variant == "11.2" or case.entry.kind is not Kind.NON_CRITICAL:
        return refusal
    statuses = [change.status for change in device.history[-2:]]
    restored = len(statuses) > 1 and statuses[0] is DeviceStatus.SUSPENDED and not device.is_suspended
    if restored and datetime.now(UTC) - device.history[-1].at < _A_MOMENT:
        return Rejected(case.policy.rejection_code, "not yet known to be restored")
    return refusal


def _http_202(_: ReferenceDsp, __: bytes, answer: Answer) -> Answer:
    return replace(answer, status=HTTPStatus.ACCEPTED) if answer.afterwards is not None else answer


def _with_neighbours(inner: Act) -> Act:
    """Show other Devices beside the one asked about, before it."""

    def act(services: Services, case: Case) -> Result:
        result = inner(services, case)
        if not isinstance(result, Acceptance) or not isinstance(result.content, Inventory):
            return result
        (device,) = result.content.devices
        others = [each for each in services.state.inventory.records() if each.device_id != device.device_id]
        shown_too = tuple(
            InventoryDevice(
                each.device_id, each.device_type, each.status, each.product.manufacturer, each.product.model
            )
            for each in others[:3]
        )
        return replace(result, content=Inventory((*shown_too, device)))

    return act


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "entitlement-checked-first",
        "Entitlement is checked before the other checks of the Device.",
        _ordered("entitlement"),
        concerns="SCOPE-03 SCOPE-04 SCOPE-05",
    ),
    lawful(
        "device-checks-in-another-order",
        "The checks about the Device are made in another order.",
        _ordered("entitlement", "service", "command_variant", "device_type"),
        concerns="SCOPE-03 SCOPE-04 SCOPE-05",
    ),
    lawful(
        "status-checked-before-type",
        "The Device's status is checked before its type.",
        _ordered("device_status", "device_type"),
        concerns="SCOPE-03 SCOPE-04 SCOPE-05",
    ),
    lawful(
        "strangers-refused-by-http",
        "An unknown user is refused by HTTP 403.",
        check("originator", _http_for_strangers),
        concerns="SCOPE-05",
    ),
    lawful(
        "replays-refused-by-code",
        "A replayed request is rejected with a DUIS code.",
        check("counter", _code_for_replays),
        concerns="DUIS-05",
    ),
    lawful(
        "bad-requests-refused-by-code",
        "Bad requests are rejected with a DUIS code.",
        finishing(_coded),
        concerns="DUIS-05",
    ),
    lawful(
        "bad-requests-refused-by-422",
        "Bad requests are refused by HTTP 422.",
        finishing(_any_client_error),
        concerns="DUIS-05",
    ),
    lawful("silence", "Nothing is posted where a Device does not answer.", _silent, concerns="MP105-09"),
    lawful(
        "unlisted-version-recorded",
        "A version that the CPL does not list is recorded, and restores nothing.",
        after_read(_records_unlisted),
        concerns="MP105-08",
    ),
    lawful(
        "version-always-recorded",
        "SR11.2 to a Commissioned meter records the version too.",
        after_read(_records_always),
        concerns="MP105-10 SCOPE-04",
    ),
    lawful(
        "cpl-without-type",
        "The CPL is looked up without the device type.",
        listed_by(
            lambda entry, product, asked: listed_as_active(
                entry, asked, product=replace(product, device_type=entry.product.device_type)
            )
        ),
        concerns="MP105-08",
    ),
    lawful(
        "inventory-without-optional-elements",
        "SR8.2 leaves out what it may leave out.",
        shown(_without_optional),
        concerns="BASE-07 MP105-08",
    ),
    lawful(
        "bare-displays",
        "SR8.2 shows neither status nor firmware of an IHD.",
        shown(_bare_display),
        concerns="BASE-01 SCOPE-05",
    ),
    lawful(
        "displays-not-shown",
        "SR8.2 does not show IHDs.",
        shown(_no_display),
        concerns="BASE-01 SCOPE-05",
    ),
    lawful(
        "inventory-in-short",
        "SR8.2 writes versions without leading zeros.",
        shown(_short_version),
        concerns="BASE-07 MP105-04 MP105-05",
    ),
    lawful(
        "inventory-in-lower-case",
        "SR8.2 writes versions in lower case.",
        shown(_version_in_lower_case),
        concerns="BASE-07 MP105-04 MP105-05",
    ),
    lawful(
        "inventory-lags",
        "SR8.2 shows what became of a Device's status a fifth of a second later.",
        lagging(0.2, when_restored=False),
        concerns="BASE-01 BASE-06 BASE-07 MP105-04 MP105-05 MP105-06",
    ),
    lawful(
        "inventory-of-two-copies",
        "SR8.2 shows a Device's status by turns as it is and as it was half a second ago.",
        _two_copies,
        concerns="BASE-01 BASE-06 MP105-04 MP105-05 MP105-08 MP105-09 MP105-10 MP105-11 SCOPE-02 SCOPE-06",
    ),
    lawful(
        "restored-device-barred-a-moment-longer",
        "Ordinary requests to a restored Device are let through a moment after SR8.2 shows it restored.",
        check("device_status", _barred_a_moment_longer),
        concerns="MP105-07",
    ),
    lawful(
        "acknowledged-by-http-202",
        "Acknowledgements of requests to a Device come with HTTP 202.",
        finishing(_http_202),
        concerns="DUIS-04 MP105-03",
    ),
    lawful(
        "inventory-with-neighbours",
        "SR8.2 shows other Devices beside the one asked about.",
        acting(_with_neighbours),
        concerns="BASE-07 SCOPE-06",
    ),
)
"""What may be done otherwise."""
