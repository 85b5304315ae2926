"""Requests spoilt in one thing, mostly SR11.2: requests that no DSP may take (ledger DUIS-05)."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import ServiceRequest
from dsp_conformance.duis.namespaces import ds, sr
from dsp_conformance.duis.request_bodies import ActivateFirmware, ReadFirmwareVersion, ReadInventory
from dsp_conformance.duis.terms import CommandVariant, UserRole
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import service_request
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.session import UserSession

_OLDER_BY: Final = 1
_HASH_OCTETS: Final = 32


def good(session: UserSession, device: StagedDevice, counter: int, variant: str = "11.2") -> ServiceRequest:
    """Return the request that the bad ones differ from in one thing.

    Args:
        session: who sends it.
        device: what it is about.
        counter: its number.
        variant: ``11.2``, sent over the WAN; ``8.2``, for the Non-Device service; or ``11.3``, whose
            Pre-Command the Transform service makes.
    """
    target, device_id = device.device_id, device.device_id
    match variant:
        case "8.2":
            target, sent_as = session.connection.dcc_id, CommandVariant.NON_DEVICE
            body = ReadInventory(device_id).to_xml()
        case "11.3":
            sent_as = CommandVariant.PRE_COMMAND
            body = ActivateFirmware(secrets.token_bytes(_HASH_OCTETS)).to_xml()
        case _:
            sent_as = CommandVariant.NON_CRITICAL_WAN
            body = ReadFirmwareVersion().to_xml()
    request_id = RequestID(session.user.eui, target, counter)
    return session.request(request_id, service_request(variant), sent_as, body)


def send_good(stage: Stage, device: StagedDevice, variant: str) -> Exchange:
    """Send the request without any defect, and return the exchange."""
    session = stage.traffic.supplier_of(device.model.device_type)
    return session.send_spoilt(
        lambda counter: (
            request := good(session, device, counter, variant),
            session.signed(request),
        )
    )


def send_bad(stage: Stage, device: StagedDevice, defect: str, variant: str = "11.2") -> Exchange:
    """Send the request of that variant with that defect, and return the exchange."""
    session = stage.traffic.supplier_of(device.model.device_type)
    if defect in _REPEATED:
        first = stage.traffic.send(device, service_request("11.2"), ReadFirmwareVersion().to_xml())
        if not first.accepted:
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                "the request that is then repeated was not accepted",
                expected="SR11.2 accepted for the Commissioned Device",
                found=first.title,
                hint="DUIS-04 and MP105-01 tell more about SR11.2",
            )
        return session.send_spoilt(lambda _: _REPEATED[defect](session, first))
    spoil = _DEFECTS[defect]

    def make(counter: int) -> tuple[ServiceRequest, bytes]:
        request = good(session, device, counter, variant)
        return request, spoil(stage, session, request)

    return session.send_spoilt(make)


def _after_signing(change: Callable[[bytes], bytes]) -> Callable[[Stage, UserSession, ServiceRequest], bytes]:
    return lambda _stage, session, request: change(session.signed(request))


def _before_signing(
    change: Callable[[etree._Element], None],
) -> Callable[[Stage, UserSession, ServiceRequest], bytes]:
    """Spoil the document, and sign it as it is then: the signature is right, the document is not."""

    def make(_: Stage, session: UserSession, request: ServiceRequest) -> bytes:
        root = request.to_xml()
        change(root)
        return session.signed_document(root)

    return make


def _element(root: etree._Element, path: str) -> etree._Element:
    found = root.find("/".join(map(sr, path.split("/"))))
    assert found is not None, f"a request has {path}"
    return found


def _unsigned(_: Stage, __: UserSession, request: ServiceRequest) -> bytes:
    return xml.serialise(request.to_xml())


def _signed_by_another(stage: Stage, _: UserSession, request: ServiceRequest) -> bytes:
    return stage.traffic.act_as(UserRole.OU).signed(request)


def _signature_of_other_data(_: Stage, session: UserSession, request: ServiceRequest) -> bytes:
    root = request.to_xml()
    root.append(_other_signature(session, request))
    return xml.serialise(root)


def _value_of_other_signature(_: Stage, session: UserSession, request: ServiceRequest) -> bytes:
    """Spoil the signature's value alone: the digest is that of the document, so only the key can tell."""
    root = xml.parse(session.signed(request))
    value, other = root.find(f".//{ds('SignatureValue')}"), _other_signature(session, request)
    assert value is not None, "a signed request has a signature"
    value.text = other.findtext(ds("SignatureValue"))
    return xml.serialise(root)


def _other_signature(session: UserSession, request: ServiceRequest) -> etree._Element:
    other_id = replace(request.request_id, counter=request.request_id.counter + 1)
    other = xml.parse(session.signed(replace(request, request_id=other_id)))
    signature = other.find(ds("Signature"))
    assert signature is not None, "a signed request has a signature"
    return signature


def _altered(octets: bytes) -> bytes:
    root = xml.parse(octets)
    _element(root, "Header/CommandVariant").text = str(CommandVariant.NON_CRITICAL_BOTH.value)
    return xml.serialise(root)


def _without_body(root: etree._Element) -> None:
    root.remove(_element(root, "Body"))


def _unknown_body(root: etree._Element) -> None:
    _element(root, "Body/ReadFirmwareVersion").tag = sr("ReadFirmwareColour")


def _unknown_variant(root: etree._Element) -> None:
    _element(root, "Header/ServiceReferenceVariant").text = "11.99"


def _no_number(root: etree._Element) -> None:
    request_id = _element(root, "Header/RequestID")
    request_id.text = f"{(request_id.text or '').rpartition(':')[0]}:next"


def _extra_element(root: etree._Element) -> None:
    etree.SubElement(_element(root, "Header"), sr("Urgency")).text = "high"


def _doctype(octets: bytes) -> bytes:
    declaration, _, rest = octets.partition(b"?>")
    return declaration + b"?><!DOCTYPE sr:Request>" + rest.lstrip()


def _entity(octets: bytes) -> bytes:
    declaration, _, rest = octets.partition(b"?>")
    document_type = b'?><!DOCTYPE sr:Request [<!ENTITY reference "11.2">]>'
    return declaration + document_type + rest.lstrip().replace(b">11.2<", b">&reference;<", 1)


_DEFECTS: Final[Mapping[str, Callable[[Stage, UserSession, ServiceRequest], bytes]]] = MappingProxyType(
    {
        "empty": _after_signing(lambda _: b""),
        "cut off in the middle": _after_signing(lambda octets: octets[: len(octets) // 2]),
        "no document": _after_signing(lambda _: b"SR11.2, please"),
        "preceded by a document type": _after_signing(_doctype),
        "written with an entity of its own": _after_signing(_entity),
        "unsigned": _unsigned,
        "altered after it was signed": _after_signing(_altered),
        "signed by another user": _signed_by_another,
        "signed with a signature of other data": _signature_of_other_data,
        "signed with the value of another signature": _value_of_other_signature,
        "without its body": _before_signing(_without_body),
        "with a body that nobody knows": _before_signing(_unknown_body),
        "of a variant that does not exist": _before_signing(_unknown_variant),
        "numbered without a number": _before_signing(_no_number),
        "with an element too many": _before_signing(_extra_element),
    }
)


def _replayed(_: UserSession, first: Exchange) -> tuple[ServiceRequest, bytes]:
    return first.request, first.sent


def _older(session: UserSession, first: Exchange) -> tuple[ServiceRequest, bytes]:
    request_id = first.request.request_id
    older_id = replace(request_id, counter=request_id.counter - _OLDER_BY)
    request = replace(first.request, request_id=older_id)
    return request, session.signed(request)


_REPEATED: Final[Mapping[str, Callable[[UserSession, Exchange], tuple[ServiceRequest, bytes]]]] = (
    MappingProxyType({"a copy of one that was accepted": _replayed, "numbered lower than one before": _older})
)

DEFECTS: Final = (*_DEFECTS, *_REPEATED)
"""What a feature can say of a bad request."""
