"""The Response: every answer and alert of the DSP, synchronous or not (schema type ``Response``)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeAlias

from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import reading
from dsp_conformance.duis.identifiers import MessageNames, RequestID, ResponseID
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.response_content import OtherContent, ResponseContent, read_content
from dsp_conformance.duis.service_request import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class ResponseMessage:
    """The answer to one request.

    Attributes:
        reference: the Service Reference it repeats.
        variant: the ServiceReferenceVariant it repeats.
        content: what it carries, or None for a bare acknowledgement or rejection.
    """

    reference: str
    variant: str
    content: ResponseContent | None = None

    def add_to(self, body: etree._Element) -> None:
        """Append the element to a response's Body."""
        element = reading.add(body, "ResponseMessage")
        reading.add(element, "ServiceReference", self.reference)
        reading.add(element, "ServiceReferenceVariant", self.variant)
        if isinstance(self.content, OtherContent):
            raise TypeError(f"{self.content.element} is read, never written")
        if self.content is not None:
            self.content.add_to(element)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``ResponseMessage`` element."""
        names = (sr("ServiceReference"), sr("ServiceReferenceVariant"))
        contents = [each for each in reading.child_elements(element) if each.tag not in names]
        if len(contents) > 1:
            found = ", ".join(map(reading.local_name, contents))
            raise reading.UnexpectedShape(reading.path_of(element), "one content element at most", found)
        return cls(
            reference=reading.value(element, "ServiceReference", str, "a Service Reference"),
            variant=reading.value(element, "ServiceReferenceVariant", str, "a ServiceReferenceVariant"),
            content=read_content(contents[0]) if contents else None,
        )


@dataclass(frozen=True, slots=True)
class DeviceAlert:
    """A Device's own alert.

    Attributes:
        alert_code: hexadecimal digits in upper case, such as ``8F66``.
        octets: the GBCS alert.
    """

    alert_code: str
    octets: bytes

    def add_to(self, body: etree._Element) -> None:
        """Append the element to a response's Body."""
        element = reading.add(body, "DeviceAlertMessage")
        reading.add(element, "AlertCode", self.alert_code)
        reading.add_octets(element, "GBCSPayload", self.octets)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``DeviceAlertMessage`` element."""
        return cls(
            alert_code=reading.value(element, "AlertCode", reading.hexadecimal, "hexadecimal digits"),
            octets=reading.value(element, "GBCSPayload", reading.octets_from_base64, "base64"),
        )


@dataclass(frozen=True, slots=True)
class DccAlert:
    """An alert of the DCC itself; never judged (ledger, "What is never judged").

    Attributes:
        alert_code: such as ``N28``.
        event: the element that tells what happened, such as ``DeviceStatusChangeEvent``.
        change: for a change of status, which one, such as ``DeviceSuspended``.
        device_id: the Device concerned, where the event names one.
    """

    alert_code: str
    event: str
    change: str | None = None
    device_id: Eui64 | None = None

    def add_to(self, body: etree._Element) -> None:
        """Append the element to a response's Body; only a change of status can be written."""
        if self.event != "DeviceStatusChangeEvent" or self.change is None or self.device_id is None:
            raise TypeError(f"{self.event} is read, never written")
        message = reading.add(body, "DCCAlertMessage")
        reading.add(message, "DCCAlertCode", self.alert_code)
        event = reading.add(reading.add(message, "DCCAlert"), self.event)
        reading.add(event, "DeviceID", str(self.device_id))
        reading.add(reading.add(event, "DeviceStatusChange"), self.change)

    @classmethod
    def read(cls, element: etree._Element) -> Self:
        """Read a ``DCCAlertMessage`` element."""
        event = reading.only_child(reading.child(element, "DCCAlert"), "one event")
        changes = reading.optional_child(event, "DeviceStatusChange")
        change = None if changes is None else reading.only_child(changes, "one change")
        return cls(
            alert_code=reading.value(element, "DCCAlertCode", str, "an alert code"),
            event=reading.local_name(event),
            change=None if change is None else reading.local_name(change),
            device_id=reading.optional_value(event, "DeviceID", Eui64.parse, "an EUI-64"),
        )


@dataclass(frozen=True, slots=True)
class OtherBody:
    """A body that no requirement looks into, such as a SMETS1 response.

    Attributes:
        element: the name of the element.
    """

    element: str


ResponseBody: TypeAlias = ResponseMessage | DeviceAlert | DccAlert | OtherBody


@dataclass(frozen=True, slots=True)
class Response:
    """One response or alert.

    Attributes:
        request_id: the request answered; absent from alerts.
        response_id: the mirror image of the RequestID; an acknowledgement may leave it out.
        response_code: the DSP's verdict on the request.
        response_date_time: when the DSP says it answered, with time zone; written to the millisecond.
        body: what it says.
        schema_version: the DUIS version stated on the root element.
    """

    request_id: RequestID | None
    response_id: ResponseID | None
    response_code: ResponseCode
    response_date_time: datetime
    body: ResponseBody
    schema_version: str = SCHEMA_VERSION

    @property
    def names(self) -> MessageNames:
        """The request that it names."""
        return MessageNames(self.request_id, self.response_id)

    @property
    def content(self) -> ResponseContent | None:
        """What the ResponseMessage carries, or None where there is none or the body is an alert."""
        return self.body.content if isinstance(self.body, ResponseMessage) else None

    def to_xml(self) -> etree._Element:
        """Return the unsigned document."""
        root = etree.Element(sr("Response"), nsmap={"sr": SR})
        root.set("schemaVersion", self.schema_version)
        header = reading.add(root, "Header")
        reading.add_if(header, "RequestID", self.request_id)
        reading.add_if(header, "ResponseID", self.response_id)
        reading.add(header, "ResponseCode", self.response_code.value)
        when = reading.moment_text(self.response_date_time, "milliseconds")
        reading.add(header, "ResponseDateTime", when)
        if isinstance(self.body, OtherBody):
            raise TypeError(f"{self.body.element} is read, never written")
        self.body.add_to(reading.add(root, "Body"))
        return root

    @classmethod
    def from_xml(cls, root: etree._Element) -> Self:
        """Read a response or alert.

        Raises:
            UnexpectedShape: the document is no DUIS response.
        """
        if root.tag != sr("Response"):
            raise reading.UnexpectedShape(reading.path_of(root), "a DUIS Response", str(root.tag))
        header = reading.child(root, "Header")
        return cls(
            request_id=reading.optional_value(header, "RequestID", RequestID.parse, "a RequestID"),
            response_id=reading.optional_value(header, "ResponseID", ResponseID.parse, "a ResponseID"),
            response_code=reading.value(
                header, "ResponseCode", ResponseCode, "one of the 194 response codes"
            ),
            response_date_time=reading.value(header, "ResponseDateTime", reading.moment, "a date and time"),
            body=_read_body(reading.child(root, "Body")),
            schema_version=root.get("schemaVersion", "").strip(),
        )


def read_names(root: etree._Element) -> MessageNames:
    """Read which request a response names, even if the rest cannot be read; none if that cannot be either."""
    try:
        header = reading.child(root, "Header")
        return MessageNames(
            reading.optional_value(header, "RequestID", RequestID.parse, "a RequestID"),
            reading.optional_value(header, "ResponseID", ResponseID.parse, "a ResponseID"),
        )
    except reading.UnexpectedShape:
        return MessageNames()


def _read_body(body: etree._Element) -> ResponseBody:
    element = reading.only_child(body, "one response or alert")
    name = reading.local_name(element)
    match name:
        case "ResponseMessage":
            return ResponseMessage.read(element)
        case "DeviceAlertMessage":
            return DeviceAlert.read(element)
        case "DCCAlertMessage":
            return DccAlert.read(element)
        case _:
            return OtherBody(name)
