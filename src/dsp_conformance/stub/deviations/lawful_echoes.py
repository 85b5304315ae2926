"""Lawful variations that nothing lays down: newer values, and echoes of what was bad in a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import DeviceStatus, DeviceType
from dsp_conformance.duis.messages import DccAlert, Inventory, InventoryDevice, Response, ResponseMessage
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.stub.deviations.changes import NO_ANSWER, Act, acting, finishing, redrawn
from dsp_conformance.stub.deviations.deviation import Deviation, lawful
from dsp_conformance.stub.deviations.lawful_messages import with_alerts
from dsp_conformance.stub.services import Acceptance, Result, Services

if TYPE_CHECKING:
    from lxml import etree

    from dsp_conformance.stub.access_control import Case
    from dsp_conformance.stub.dsp import Answer, ReferenceDsp
    from dsp_conformance.stub.traffic import Order

__all__ = ["DEVIATIONS"]

_NEIGHBOUR: Final = Eui64.parse("90-B3-D5-1F-30-EE-EE-EE")


def _newer_code(root: etree._Element) -> etree._Element:
    for code in root.iter(sr("ResponseCode")):
        code.text = "E22"
    return root


def _newer_alert(order: Order) -> DccAlert:
    return DccAlert("N999", "DeviceStatusChangeEvent", "DeviceRestored", order.request_id.target)


def _with_neighbour(inner: Act) -> Act:
    """Show another Device before the one asked about."""
    other = InventoryDevice(_NEIGHBOUR, DeviceType.CAD, DeviceStatus.PENDING, "0000", "00000000")

    def act(services: Services, case: Case) -> Result:
        result = inner(services, case)
        if not isinstance(result, Acceptance) or not isinstance(result.content, Inventory):
            return result
        return replace(result, content=Inventory((other, *result.content.devices)))

    return act


def _of_newer_type(root: etree._Element) -> etree._Element:
    for device in root.iter(sr("Device")):
        if device.findtext(sr("DeviceID")) == str(_NEIGHBOUR):
            for kind in device.iterfind(sr("DeviceType")):
                kind.text = "SAPC"
    return root


def _echoed(dsp: ReferenceDsp, octets: bytes, answer: Answer) -> Answer:
    """Reject in DUIS what could not be taken, and repeat how it named itself, good or bad."""
    if answer.is_duis:
        return answer
    try:
        header = xml.parse(octets).find(sr("Header"))
    except xml.MalformedXml:
        return answer
    named = None if header is None else header.findtext(sr("RequestID"))
    if header is None or named is None:
        return answer
    reference, variant = (
        header.findtext(sr(name)) or "" for name in ("ServiceReference", "ServiceReferenceVariant")
    )
    body = ResponseMessage(reference, variant)
    root = Response(None, None, ResponseCode.E2, datetime.now(UTC), body).to_xml()
    (written,) = root.iterfind(sr("Header"))
    originator, target, counter = (*named.split(":"), "", "")[:3]
    for place, name, text in (
        (0, "RequestID", named),
        (1, "ResponseID", f"{target}:{originator}:{counter}"),
    ):
        element = written.makeelement(sr(name), {}, None)
        element.text = text
        written.insert(place, element)
    XmlSigner(dsp.credentials.xml_signing).sign(root)
    return replace(answer, status=HTTPStatus.OK, octets=xml.serialise(root), is_duis=True)


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "newer-code-for-silence",
        "That a Device did not answer is told by a code that the schema does not list.",
        redrawn(_newer_code, lambda response: response.response_code in NO_ANSWER),
        concerns="MP105-09 DUIS-01",
    ),
    lawful(
        "newer-dcc-alerts",
        "DCC Alerts are posted whose code the schema does not list.",
        with_alerts(_newer_alert),
        concerns="DUIS-01 DUIS-04",
    ),
    lawful(
        "inventory-with-a-newer-neighbour",
        "SR8.2 shows beside the Device asked about one of a type that the schema does not list.",
        lambda options: redrawn(_of_newer_type, lambda response: isinstance(response.content, Inventory))(
            acting(_with_neighbour)(options)
        ),
        concerns="DUIS-01 BASE-07",
    ),
    lawful(
        "bad-requests-echoed",
        "Bad requests are rejected with a DUIS code, and repeated as they came: RequestID, variant and all.",
        finishing(_echoed),
        concerns="DUIS-01 DUIS-05",
    ),
)
"""What may be newer, or bad because the request was."""
