"""Turning octets from the DSP into a response and the checks made of it, on both ways in."""

from dataclasses import dataclass
from typing import Final

from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import Response, UnexpectedShape
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners, verify
from dsp_conformance.smki.certificates import CertificateRole
from dsp_conformance.user.checks import CheckOutcome, check_form, check_signature, must_be_signed

_DSP_ROLES: Final = (CertificateRole.DSP_XML_SIGNING,)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What looking at one message brought.

    Attributes:
        response: the response, or None where the octets hold none that can be read.
        checks: DUIS-01, and DUIS-02 where there was a document to check.
        unread: why the suite cannot read a response to which the schema does not object: the suite's own
            fault, such as a response code that only a later version of the schema has. None otherwise.
    """

    response: Response | None
    checks: tuple[CheckOutcome, ...]
    unread: UnexpectedShape | None = None


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

    def inspect(self, octets: bytes, content_type: str, *, asynchronous: bool) -> Inspection:
        """Check form and signature of a message and read it as far as that goes."""
        try:
            root = xml.parse(octets, limit=self.limit)
        except xml.MalformedXml as error:
            return Inspection(None, (check_form(content_type, str(error), ()),))
        form = check_form(content_type, None, self.schema.violations(root))
        response, unread = None, None
        try:
            response = Response.from_xml(root)
        except UnexpectedShape as error:
            if not form.passed:
                form = check_form(content_type, f"{form.found}; {error}", ())
            elif root.tag != sr("Response"):  # the schema knows other documents too
                form = check_form(content_type, str(error), ())
            else:
                unread = error
        required = must_be_signed(response, asynchronous=asynchronous)
        signature = check_signature(verify(root, self.signers, roles=_DSP_ROLES), required=required)
        return Inspection(response, (form, signature), unread)
