"""Deviations about the DSP's messages themselves: form, signature, and the request that they name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import Inventory, PreCommand, Response, ResponseMessage
from dsp_conformance.duis.namespaces import DS, sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.stub.deviations.changes import (
    NO_ANSWER,
    Seal,
    is_acknowledgement,
    is_asynchronous,
    is_rejection,
    redrawn,
    rewritten,
    sealing,
    variant_of,
)
from dsp_conformance.stub.deviations.deviation import Change, Deviation, violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.stub.dsp import DspOptions

__all__ = ["DEVIATIONS", "unsigned"]


def _seams(**fields: object) -> Change:
    return lambda options: replace(options, seams=replace(options.seams, **fields))  # type: ignore[arg-type]


def unsigned(when: Callable[[Response], bool]) -> Change:
    """Leave the signature out."""
    return _octets(lambda response, _: xml.serialise(response.to_xml()), when)


def _octets(make: Callable[[Response, bytes], bytes], when: Callable[[Response], bool]) -> Change:
    """Change the octets of responses after they were signed."""

    def wrap(inner: Seal) -> Seal:
        def seal(response: Response, signer: XmlSigner) -> bytes:
            octets = inner(response, signer)
            return make(response, octets) if when(response) else octets

        return seal

    return sealing(wrap)


def _signed_by_another(when: Callable[[Response], bool], *, as_user: bool = False) -> Change:
    """Sign with a certificate of the same issuing authority's kind that is not the DSP's."""

    def change(options: DspOptions) -> DspOptions:
        pki = EphemeralPki.create()
        held = pki.service_user(options.dcc_id) if as_user else pki.dsp(options.dcc_id)
        other = XmlSigner(held.xml_signing)

        def wrap(inner: Seal) -> Seal:
            return lambda response, signer: inner(response, other if when(response) else signer)

        return sealing(wrap)(options)

    return change


def _next_id(request_id: RequestID | None) -> RequestID | None:
    return None if request_id is None else replace(request_id, counter=request_id.counter + 1)


def _named_wrongly(response: Response) -> Response:
    return replace(response, request_id=_next_id(response.request_id))


def _named_wrongly_altogether(response: Response) -> Response:
    wrong = _next_id(response.request_id)
    return replace(response, request_id=wrong, response_id=None if wrong is None else wrong.response_id())


def _mirrored_wrongly(response: Response) -> Response:
    wrong = _next_id(response.request_id)
    return replace(response, response_id=None if wrong is None else wrong.response_id())


def _swapped(response: Response) -> Response:
    right = response.request_id
    if right is None:
        return response
    return replace(response, request_id=RequestID(right.target, right.originator, right.counter))


def _of_other_variant(response: Response) -> Response:
    assert isinstance(response.body, ResponseMessage), "asynchronous responses have one"
    return replace(response, body=replace(response.body, reference="11.1", variant="11.1"))


def _of_other_reference(response: Response) -> Response:
    assert isinstance(response.body, ResponseMessage), "asynchronous responses have one"
    return replace(response, body=replace(response.body, reference="11.1"))


def _with_another_element(root: etree._Element) -> etree._Element:
    etree.SubElement(root, sr("Remark")).text = "done"
    return root


def _without_date(root: etree._Element) -> etree._Element:
    for element in root.iter(sr("ResponseDateTime")):
        element.text = "yesterday"
    return root


def _altered(_: Response, octets: bytes) -> bytes:
    """Move the date into another century, which no schema minds."""
    return octets.replace(b"ResponseDateTime>20", b"ResponseDateTime>21", 1)


def _signature_in_der(_: Response, octets: bytes) -> bytes:
    root = xml.parse(octets)
    (value,) = root.iter(f"{{{DS}}}SignatureValue")
    value.text = "MEUCIQ" + (value.text or "")
    return xml.serialise(root)


def _is_read(response: Response) -> bool:
    return is_asynchronous(response) and variant_of(response) == "11.2"


def _is_ordinary_rejection(response: Response) -> bool:
    return is_rejection(response) and response.response_code is ResponseCode.E51


DEVIATIONS: Final[tuple[Deviation, ...]] = (
    violation(
        "answers-as-text", "DUIS-01", "Answers are declared as text/xml.", _seams(media_type="text/xml")
    ),
    violation(
        "responses-as-text",
        "DUIS-01",
        "Asynchronous responses are declared as text/xml.",
        _seams(delivered_media_type="text/xml"),
    ),
    violation(
        "responses-with-an-element-too-many",
        "DUIS-01",
        "Asynchronous responses carry an element that the schema does not know.",
        redrawn(_with_another_element, is_asynchronous),
    ),
    violation(
        "rejections-invalid",
        "DUIS-01",
        "Rejections carry a date that is none.",
        redrawn(_without_date, is_rejection),
    ),
    violation(
        "answers-cut-off",
        "DUIS-01",
        "Acknowledgements lack their last octets.",
        _octets(lambda _, octets: octets[:-8], is_acknowledgement),
    ),
    violation(
        "responses-unsigned", "DUIS-02", "Asynchronous responses are unsigned.", unsigned(is_asynchronous)
    ),
    violation(
        "missing-answers-unsigned",
        "DUIS-02",
        "What tells the User that a Device did not answer is unsigned.",
        unsigned(lambda response: response.response_code in NO_ANSWER),
    ),
    violation(
        "inventories-unsigned",
        "DUIS-02",
        "Inventory answers are unsigned.",
        unsigned(lambda response: isinstance(response.content, Inventory)),
    ),
    violation(
        "pre-commands-unsigned",
        "DUIS-02",
        "Pre-Commands are unsigned.",
        unsigned(lambda response: isinstance(response.content, PreCommand)),
    ),
    violation(
        "acknowledgements-altered",
        "DUIS-02",
        "Acknowledgements are altered after they were signed.",
        _octets(_altered, is_acknowledgement),
    ),
    violation(
        "rejections-altered",
        "DUIS-02",
        "Rejections are altered after they were signed.",
        _octets(_altered, is_rejection),
    ),
    violation(
        "responses-altered",
        "DUIS-02",
        "Asynchronous responses are altered after they were signed.",
        _octets(_altered, is_asynchronous),
    ),
    violation(
        "responses-signed-by-another",
        "DUIS-02",
        "Asynchronous responses are signed with an unknown key.",
        _signed_by_another(is_asynchronous),
    ),
    violation(
        "inventories-signed-by-a-user",
        "DUIS-02",
        "Inventory answers are signed as a Service User signs.",
        _signed_by_another(lambda response: isinstance(response.content, Inventory), as_user=True),
    ),
    violation(
        "signatures-misshapen",
        "DUIS-02",
        "The signature value of Pre-Commands is not r and s.",
        _octets(_signature_in_der, lambda response: isinstance(response.content, PreCommand)),
    ),
    violation(
        "acknowledgements-name-another-request",
        "DUIS-03",
        "Acknowledgements name another RequestID.",
        rewritten(_named_wrongly, is_acknowledgement),
    ),
    violation(
        "rejections-name-another-request",
        "DUIS-03",
        "Rejections with E51 name another RequestID.",
        rewritten(_named_wrongly, _is_ordinary_rejection),
    ),
    violation(
        "responses-name-another-request",
        "DUIS-03",
        "Responses of SR11.2 name another RequestID.",
        rewritten(_named_wrongly, _is_read),
    ),
    violation(
        "responses-belong-to-another-request",
        "DUIS-04",
        "Responses of SR11.2 name another RequestID, and mirror it.",
        rewritten(_named_wrongly_altogether, _is_read),
    ),
    violation(
        "responses-mirror-another-request",
        "DUIS-03",
        "Responses of SR11.2 carry the ResponseID of another.",
        rewritten(_mirrored_wrongly, _is_read),
    ),
    violation(
        "inventories-mirror-another-request",
        "DUIS-03",
        "Inventory answers carry the ResponseID of another.",
        rewritten(_mirrored_wrongly, lambda response: isinstance(response.content, Inventory)),
    ),
    violation(
        "responses-swap-the-request-id",
        "DUIS-03",
        "Responses of SR11.2 swap the RequestID's two ends.",
        rewritten(_swapped, _is_read),
    ),
    violation(
        "responses-repeat-another-variant",
        "DUIS-03",
        "Responses of SR11.2 say that they are of SR11.1.",
        rewritten(_of_other_variant, _is_read),
    ),
    violation(
        "acknowledgements-repeat-another-reference",
        "DUIS-03",
        "Acknowledgements repeat another service reference.",
        rewritten(_of_other_reference, is_acknowledgement),
    ),
    violation(
        "acknowledged-by-i0",
        "DUIS-04",
        "Requests to a Device are acknowledged by I0.",
        rewritten(lambda response: replace(response, response_code=ResponseCode.I0), is_acknowledgement),
    ),
)
"""What messages look like."""
