"""Bad requests: each differs in one thing from a good one, which the stub takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.messages import ServiceRequest
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners, SignatureOutcome, verify
from dsp_conformance.duis.terms import DeviceStatus, DeviceType, Service
from dsp_conformance.scenario.bad_requests import DEFECTS, good, send_bad, send_good
from dsp_conformance.scenario.devices import Model

if TYPE_CHECKING:
    from dsp_conformance.scenario.devices import StagedDevice
    from dsp_conformance.scenario.stage import Stage
    from dsp_conformance.user.exchange import Exchange
    from dsp_conformance.user.session import UserSession

NO_DOCUMENT = {
    "empty",
    "cut off in the middle",
    "no document",
    "preceded by a document type",
    "written with an entity of its own",
}
NOT_BY_THE_SCHEMA = {
    "without its body",
    "with a body that nobody knows",
    "of a variant that does not exist",
    "numbered without a number",
    "with an element too many",
}
WRONGLY_SIGNED = {
    "unsigned": {SignatureOutcome.UNSIGNED},
    "altered after it was signed": {SignatureOutcome.DIGEST},
    "signed by another user": {SignatureOutcome.CERTIFICATE, SignatureOutcome.ORIGINATOR},
    "signed with a signature of other data": {SignatureOutcome.DIGEST},
    "signed with the value of another signature": {SignatureOutcome.KEY},
}
REPEATED = {"a copy of one that was accepted", "numbered lower than one before"}


@dataclass
class Bad:
    """A bad request on its way, and the Service User and meter that it claims to be about."""

    stage: Stage
    meter: StagedDevice

    @property
    def session(self) -> UserSession:
        return self.stage.traffic.supplier_of(self.meter.model.device_type)

    def send(self, defect: str) -> Exchange:
        return send_bad(self.stage, self.meter, defect)

    def outcome(self, octets: bytes) -> SignatureOutcome:
        user = self.session.user
        signers = KnownSigners([user.xml_signing.certificate])
        return verify(xml.parse(octets), signers, originator=user.eui).outcome


@pytest.fixture
def bad(stage: Stage) -> Bad:
    meter = stage.listed_device("ESME", Model.unique(DeviceType.ESME))
    stage.remember(meter, DeviceStatus.COMMISSIONED)
    return Bad(stage, meter)


def violations(octets: bytes) -> tuple[object, ...]:
    return tuple(DuisSchema.bundled().violations(xml.parse(octets)))


def test_every_defect_is_of_one_kind() -> None:
    kinds = (NO_DOCUMENT, NOT_BY_THE_SCHEMA, set(WRONGLY_SIGNED), REPEATED)
    assert sorted(DEFECTS) == sorted(defect for kind in kinds for defect in kind)


def test_the_good_request_is_accepted(bad: Bad) -> None:
    def make(counter: int) -> tuple[ServiceRequest, bytes]:
        request = good(bad.session, bad.meter, counter)
        return request, bad.session.signed(request)

    exchange = bad.session.send_spoilt(make)
    assert exchange.accepted
    assert not violations(exchange.sent)
    assert bad.outcome(exchange.sent) is SignatureOutcome.VALID


OTHER_SERVICES = {"8.2": Service.NON_DEVICE, "11.3": Service.TRANSFORM}


@pytest.mark.parametrize("variant", OTHER_SERVICES)
def test_the_good_request_to_another_service_is_accepted_there(bad: Bad, variant: str) -> None:
    exchange = send_good(bad.stage, bad.meter, variant)
    assert exchange.accepted
    assert exchange.service is OTHER_SERVICES[variant]
    assert not violations(exchange.sent)


@pytest.mark.parametrize("variant", OTHER_SERVICES)
@pytest.mark.parametrize("defect", ["unsigned", "signed by another user"])
def test_only_the_signature_of_a_bad_request_to_another_service_is_wrong(
    bad: Bad, variant: str, defect: str
) -> None:
    exchange = send_bad(bad.stage, bad.meter, defect, variant)
    assert exchange.service is OTHER_SERVICES[variant]
    assert exchange.request.variant == variant
    assert bad.outcome(exchange.sent) in WRONGLY_SIGNED[defect]
    assert not exchange.accepted


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_stub_refuses_it(bad: Bad, defect: str) -> None:
    exchange = bad.send(defect)
    assert not exchange.accepted
    assert exchange.answer is not None
    assert 400 <= exchange.answer.status < 500


@pytest.mark.parametrize("defect", sorted(NO_DOCUMENT))
def test_it_is_no_document_that_may_be_read(bad: Bad, defect: str) -> None:
    with pytest.raises(xml.MalformedXml):
        xml.parse(bad.send(defect).sent)


@pytest.mark.parametrize("defect", ["preceded by a document type", "written with an entity of its own"])
def test_a_reader_that_obeys_document_types_finds_nothing_else_wrong(bad: Bad, defect: str) -> None:
    trusting = etree.XMLParser(resolve_entities=True, no_network=True)
    root = etree.fromstring(bad.send(defect).sent, trusting)
    expanded = xml.parse(etree.tostring(root))  # what such a reader works with: no document type any more
    assert not DuisSchema.bundled().violations(expanded)
    assert bad.outcome(etree.tostring(expanded)) is SignatureOutcome.VALID


@pytest.mark.parametrize("defect", sorted(NOT_BY_THE_SCHEMA))
def test_it_is_well_signed_and_invalid_by_the_schema(bad: Bad, defect: str) -> None:
    octets = bad.send(defect).sent
    assert violations(octets)
    assert bad.outcome(octets) in {SignatureOutcome.VALID, SignatureOutcome.ORIGINATOR}


@pytest.mark.parametrize("defect", sorted(WRONGLY_SIGNED))
def test_it_is_valid_by_the_schema_and_wrongly_signed(bad: Bad, defect: str) -> None:
    octets = bad.send(defect).sent
    assert bad.outcome(octets) in WRONGLY_SIGNED[defect]
    if defect != "unsigned":
        assert not violations(octets)


@pytest.mark.parametrize("defect", sorted(REPEATED))
def test_only_its_number_is_wrong(bad: Bad, defect: str) -> None:
    exchange = bad.send(defect)
    assert not violations(exchange.sent)
    assert bad.outcome(exchange.sent) is SignatureOutcome.VALID
    (accepted,) = bad.stage.traffic.accepted
    counters = ServiceRequest.from_xml(xml.parse(exchange.sent)).request_id.counter, accepted.counter
    assert counters[0] == counters[1] - (defect == "numbered lower than one before")
