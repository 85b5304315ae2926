"""The ServiceRequest: what a Service User posts to the DSP (schema type ``Request``)."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final, Self

from lxml import etree

from dsp_conformance.duis import reading
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.duis.terms import CommandVariant

SCHEMA_VERSION: Final = "5.4"
"""The DUIS version a message states where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """One Service Request.

    The schema ties neither Command Variant nor reference to the body (``wire.md``, Schema), so a request
    can be nonsense on purpose.

    Attributes:
        request_id: who asks, whom it is about, and the counter.
        command_variant: what is to be made of it.
        reference: the Service Reference, such as ``11.2``.
        variant: the ServiceReferenceVariant, such as ``4.1.1``.
        body: the element inside ``Body``, such as ``ReadFirmwareVersion``; left out of comparisons.
        schema_version: the DUIS version stated on the root element.
    """

    request_id: RequestID
    command_variant: CommandVariant
    reference: str
    variant: str
    body: etree._Element = field(compare=False)
    schema_version: str = SCHEMA_VERSION

    def to_xml(self) -> etree._Element:
        """Return the unsigned document."""
        root = etree.Element(sr("Request"), nsmap={"sr": SR})
        root.set("schemaVersion", self.schema_version)
        header = reading.add(root, "Header")
        reading.add(header, "RequestID", str(self.request_id))
        reading.add(header, "CommandVariant", str(self.command_variant.value))
        reading.add(header, "ServiceReference", self.reference)
        reading.add(header, "ServiceReferenceVariant", self.variant)
        body = deepcopy(self.body)
        body.tail = None
        reading.add(root, "Body").append(body)
        return root

    @classmethod
    def from_xml(cls, root: etree._Element) -> Self:
        """Read a request.

        Raises:
            UnexpectedShape: the document is no DUIS request.
        """
        if root.tag != sr("Request"):
            raise reading.UnexpectedShape(reading.path_of(root), "a DUIS Request", str(root.tag))
        header = reading.child(root, "Header")
        return cls(
            request_id=reading.value(header, "RequestID", RequestID.parse, "a RequestID"),
            command_variant=reading.value(
                header, "CommandVariant", _command_variant, "a Command Variant, 1 to 8"
            ),
            reference=reading.value(header, "ServiceReference", str, "a Service Reference"),
            variant=reading.value(header, "ServiceReferenceVariant", str, "a ServiceReferenceVariant"),
            body=reading.only_child(reading.child(root, "Body"), "one service request"),
            schema_version=root.get("schemaVersion", "").strip(),
        )


def _command_variant(text: str) -> CommandVariant:
    return CommandVariant(reading.integer(text))
