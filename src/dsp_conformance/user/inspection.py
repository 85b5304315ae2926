"""Turning octets from the DSP into a response and the checks made of it, on both ways in."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import MessageNames
from dsp_conformance.duis.messages import Response, UnexpectedShape
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.response import read_names
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners, verify
from dsp_conformance.smki.certificates import CertificateRole
from dsp_conformance.user.checks import CheckOutcome, check_form, check_signature, must_be_signed

_DSP_ROLES: Final = (CertificateRole.DSP_XML_SIGNING,)
_NAMING: Final = frozenset({"RequestID", "ResponseID"})
_REPEATED: Final = _NAMING | {"ServiceReference", "ServiceReferenceVariant"}
"""What an answer repeats of its request (DUIS-03)."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What looking at one message brought.

    Attributes:
        response: the response, or None where the octets hold none that can be read.
        checks: DUIS-01, and DUIS-02 where there was a document to check.
        unknown: why the suite cannot read a response in which nothing is known to be wrong, such as for a
            response code that only a later version of the schema has. Empty otherwise.
        named: the request that such a response names.
    """

    response: Response | None
    checks: tuple[CheckOutcome, ...]
    unknown: str = ""
    named: MessageNames = field(default_factory=MessageNames)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at the DSP's messages.

    Attributes:
        schema: the schema they are held to.
        signers: the DSP's XML signing certificates.
        limit: octets of the largest message accepted.
    """

    schema: DuisSchema
    signers: KnownSigners
    limit: int = xml.DEFAULT_LIMIT

    def inspect(
        self, octets: bytes, content_type: str, *, asynchronous: bool, bad_request: bytes | None = None
    ) -> Inspection:
        """Check form and signature of a message and read it as far as that goes.

        Args:
            octets: the message.
            content_type: the HTTP header as it came.
            asynchronous: whether it was posted to the receiver.
            bad_request: the request that it answers, if that was meant to be bad: what the answer repeats of
                what was bad is not judged.
        """
        try:
            root = xml.parse(octets, limit=self.limit)
        except xml.MalformedXml as error:
            return Inspection(None, (check_form(content_type, str(error), ()),))
        echoed = frozenset() if bad_request is None else self._bad_in(bad_request)
        violations = self.schema.violations(root)
        unjudged = [each for each in violations if each.newer or each.element in echoed]
        counted = [each for each in violations if each not in unjudged]
        form = check_form(content_type, None, counted, unjudged)
        response, unknown = None, ""
        try:
            response = Response.from_xml(_without(root, echoed) if echoed else root)
        except UnexpectedShape as error:
            if not form.passed:
                form = check_form(content_type, f"{form.found}; {error}", ())
            elif root.tag != sr("Response"):  # the schema knows other documents too
                form = check_form(content_type, str(error), ())
            else:
                unknown = str(error)
        required = must_be_signed(response, asynchronous=asynchronous)
        signature = check_signature(verify(root, self.signers, roles=_DSP_ROLES), required=required)
        named = read_names(root) if unknown else MessageNames()
        return Inspection(response, (form, signature), unknown, named)

    def _bad_in(self, request: bytes) -> frozenset[str]:
        """Return which elements an answer may repeat badly: those that were bad in the request itself."""
        try:
            root = xml.parse(request, limit=self.limit)
        except xml.MalformedXml:
            return _REPEATED
        bad = {each.element for each in self.schema.violations(root)} & _REPEATED
        return frozenset(bad | ({"ResponseID"} if "RequestID" in bad else set()))


def _without(root: etree._Element, elements: frozenset[str]) -> etree._Element:
    """Return a copy of a response without those of the elements that name its request."""
    copy = deepcopy(root.getroottree()).getroot()
    for header in copy.iterfind(sr("Header")):
        for name in elements & _NAMING:
            for element in header.findall(sr(name)):
                header.remove(element)
    return copy
