"""Turning octets from the DSP into a response and the checks made of it, on both ways in."""

from dataclasses import dataclass
from typing import Final

from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import Response, UnexpectedShape
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
    """

    response: Response | None
    checks: tuple[CheckOutcome, ...]


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
        diagnosis = verify(root, self.signers, roles=_DSP_ROLES)
        try:
            response = Response.from_xml(root)
        except UnexpectedShape as error:
            if form.passed:  # the schema allows what cannot be read, so the reader is at fault, not the DSP
                raise
            form = check_form(content_type, f"{form.found}; {error}", ())
            response = None
        required = must_be_signed(response, asynchronous=asynchronous)
        return Inspection(response, (form, check_signature(diagnosis, required=required)))
