"""Lawful variations about SMETS1 Devices: their responses have a form of their own, which is never judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsp_conformance.duis import xml
from dsp_conformance.duis.namespaces import SR, sr
from dsp_conformance.stub.deviations.changes import (
    Deliver,
    Seal,
    delivering,
    is_asynchronous,
    sealing,
)
from dsp_conformance.stub.deviations.deviation import Deviation, lawful

if TYPE_CHECKING:
    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import Response, ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.duis.signing import XmlSigner
    from dsp_conformance.stub.dsp import DspOptions
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

__all__ = ["DEVIATIONS"]

_OWN_FORM: Final = """\
<SMETS1ResponseMessage xmlns="{sr}" xmlns:ra="http://www.dccinterface.co.uk/ResponseAndAlert" \
xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><SMETS1SignedResponse schemaVersion="5.4">\
<SMETS1Response><Header>\
<ra:BusinessOriginatorID>{device}</ra:BusinessOriginatorID>\
<ra:BusinessTargetID>{user}</ra:BusinessTargetID>\
<ra:OriginatorCounter>{counter}</ra:OriginatorCounter>\
</Header><Body><ResponseMessage/></Body></SMETS1Response>\
<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="urn:example:c"/>\
<ds:SignatureMethod Algorithm="urn:example:s"/><ds:Reference URI=""><ds:Transforms>\
<ds:Transform Algorithm="urn:example:t"/></ds:Transforms><ds:DigestMethod Algorithm="urn:example:d"/>\
<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>\
<ds:SignatureValue>AAAA</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509IssuerSerial>\
<ds:X509IssuerName>CN=Z1,OU=07</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber>\
</ds:X509IssuerSerial></ds:X509Data></ds:KeyInfo></ds:Signature>\
</SMETS1SignedResponse></SMETS1ResponseMessage>"""
"""What a SMETS1 service provider signs; nobody looks into it, so its signature is made up."""


def _in_own_form(options: DspOptions) -> DspOptions:
    concerned: set[RequestID] = set()

    def deliver(inner: Deliver) -> Deliver:
        def of_smets1(
            traffic: DeviceTraffic, order: Order, code: ResponseCode, content: ResponseContent | None
        ) -> None:
            record = traffic.state.inventory.get(order.request_id.target)
            if record is not None and record.smets_version == "SMETS1":
                concerned.add(order.request_id)
            inner(traffic, order, code, content)

        return of_smets1

    def seal(inner: Seal) -> Seal:
        def in_own_form(response: Response, signer: XmlSigner) -> bytes:
            request_id = response.request_id
            if request_id not in concerned or request_id is None or not is_asynchronous(response):
                return inner(response, signer)
            root = response.to_xml()
            body = root.find(sr("Body"))
            assert body is not None, "every response has one"
            own = _OWN_FORM.format(
                sr=SR, device=request_id.target, user=request_id.originator, counter=request_id.counter
            )
            body[:] = [xml.parse(own.encode())]
            signer.sign(root)
            return xml.serialise(root)

        return in_own_form

    return sealing(seal)(delivering(deliver)(options))


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    lawful(
        "smets1-in-its-own-form",
        "Responses of SMETS1 Devices come as SMETS1ResponseMessage, without any GBCS payload.",
        _in_own_form,
        concerns="MP105-01 MP105-02 MP105-04 MP105-05 BASE-05 BASE-08 DUIS-03 DUIS-04",
    ),
)
"""What a SMETS1 response may look like."""
