"""One Service User at work: builds, signs and posts requests, and gives back checked exchanges."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.catalogue import ServiceReferenceVariant, catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import SCHEMA_VERSION, ServiceRequest
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.request_bodies import ReadInventory
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.terms import CommandVariant, Service, service_for
from dsp_conformance.user.addresses import Addresses
from dsp_conformance.user.checks import CheckOutcome, check_acceptance_code, check_echo
from dsp_conformance.user.counters import Counters
from dsp_conformance.user.exchange import Delivery, Exchange, Trouble
from dsp_conformance.user.inbox import Arrivals
from dsp_conformance.user.inspection import Inspector
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.transport import (
    MEDIA_TYPE,
    DuisTransport,
    HttpAnswer,
    TargetUnreachable,
    utc_now,
)

_OK = 200
_TAKEN = range(201, 300)
"""HTTP statuses that a DUIS answer may come with too: which one is laid down nowhere (``domain.md``)."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What every Service User of a run shares.

    Attributes:
        transport: posts to the DSP's services.
        inspector: looks at what comes back.
        inbox: what the receiver took in.
        counters: hands out request counters.
        dcc_id: the target of non-device requests.
        schema_version: the DUIS version that requests state.
        sent: the requests of this process, with the time at which each was last sent.
        addresses: where each Service User's messages have to arrive.
        unjudged: the Devices whose messages are never judged: those of SMETS1.
    """

    transport: DuisTransport
    inspector: Inspector
    inbox: Arrivals
    counters: Counters
    dcc_id: Eui64
    schema_version: str = SCHEMA_VERSION
    sent: dict[RequestID, datetime] = field(default_factory=dict, repr=False, compare=False)
    addresses: Addresses = field(default_factory=Addresses, repr=False, compare=False)
    unjudged: set[Eui64] = field(default_factory=set, repr=False, compare=False)


@dataclass(slots=True)
class UserSession:
    """One Service User's traffic with the DSP.

    Attributes:
        user: who it is.
        connection: what it shares with the others.
        on_exchange: told of every exchange when it is complete, in the thread that sent it.
        on_delivery: told of every delivery that is handed out, in the thread that waited for it.
    """

    user: ServiceUser
    connection: Connection
    on_exchange: Callable[[Exchange], None] = lambda _: None
    on_delivery: Callable[[Exchange, Delivery], None] = lambda _exchange, _delivery: None
    _signer: XmlSigner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._signer = XmlSigner(self.user.xml_signing)

    def send(
        self,
        variant: ServiceReferenceVariant,
        command_variant: CommandVariant,
        body: etree._Element,
        device_id: Eui64 | None = None,
        *,
        service: Service | None = None,
        lower_case: bool = False,
    ) -> Exchange:
        """Send one request with a fresh counter and return the exchange, whatever came of it.

        Args:
            variant: the request to make.
            command_variant: what the DSP is to make of it.
            body: the element inside ``Body``.
            device_id: the Device it is for, or None for a non-device request, which goes to the DCC.
            service: where it is posted; the service of the Command Variant where left out.
            lower_case: whether its EUIs are written in lower case (``domain.md``, Messages).

        Raises:
            CounterUnusable: the Service User's counter cannot be kept.
        """
        target = self.connection.dcc_id if device_id is None else device_id
        # Held until the acknowledgement, so that requests arrive in the order of their counters.
        with self.connection.counters.hold(self.user.eui) as counter:
            request_id = RequestID(self.user.eui, target, counter)
            request = self.request(request_id, variant, command_variant, body)
            octets = self.signed(request, lower_case=lower_case)
            exchange = self._post(request, octets, service)
        self.on_exchange(exchange)
        return exchange

    def send_spoilt(self, make: Callable[[int], tuple[ServiceRequest, bytes]]) -> Exchange:
        """Send octets that are meant to be wrong, with a fresh counter.

        What the answer echoes is not checked: the DSP need not have understood the request, nor is what it
        repeats of what was bad.

        Args:
            make: given the counter, returns the request that is spoilt and the octets to send in its place.
        """
        with self.connection.counters.hold(self.user.eui) as counter:
            request, octets = make(counter)
            exchange = self._post(request, octets, spoilt=True)
        self.on_exchange(exchange)
        return exchange

    def send_again_as(
        self,
        first: Exchange,
        variant: ServiceReferenceVariant,
        command_variant: CommandVariant,
        body: etree._Element,
    ) -> Exchange:
        """Send the second request of a critical flow, with the RequestID of the first (``domain.md``)."""
        request = self.request(first.request.request_id, variant, command_variant, body)
        exchange = self._post(request, self.signed(request))
        self.on_exchange(exchange)
        return exchange

    def read_inventory(self, device_id: Eui64) -> Exchange:
        """Ask for one Device's record in the Smart Metering Inventory (SR8.2)."""
        return self.send(catalogue()["8.2"], CommandVariant.NON_DEVICE, ReadInventory(device_id).to_xml())

    def wait_for_response(
        self,
        exchange: Exchange,
        *,
        timeout: float | None = None,
        wanted: Callable[[Delivery], bool] = lambda _: True,
    ) -> Delivery | None:
        """Wait for the asynchronous response to an accepted request.

        Args:
            exchange: the accepted request.
            timeout: seconds to wait at most; the configured time for responses where left out.
            wanted: which of the messages that name the request is meant; the first where left out.

        Returns:
            That message, with DUIS-03 checked too; None where none came in time.
        """
        limit = self.connection.transport.timeouts.response if timeout is None else timeout
        deadline, seen = time.monotonic() + limit, 0
        while True:
            left = max(0.0, deadline - time.monotonic())
            answers = self.connection.inbox.wait_for_answers(
                exchange.request.request_id, left, count=seen + 1
            )
            found = next(filter(wanted, answers[seen:]), None)
            if found is not None:
                delivery = with_echo_checked(exchange.request, found, self.connection.unjudged)
                self.on_delivery(exchange, delivery)
                return delivery
            if len(answers) <= seen:
                return None
            seen = len(answers)

    def request(
        self,
        request_id: RequestID,
        variant: ServiceReferenceVariant,
        command_variant: CommandVariant,
        body: etree._Element,
    ) -> ServiceRequest:
        """Return a request that states the run's DUIS version."""
        return ServiceRequest(
            request_id,
            command_variant,
            variant.reference,
            variant.variant,
            body,
            self.connection.schema_version,
        )

    def signed(self, request: ServiceRequest, *, lower_case: bool = False) -> bytes:
        """Return a request as it goes onto the wire, signed by this Service User."""
        root = request.to_xml()
        for element in root.iter(sr("RequestID")) if lower_case else ():
            element.text = str(request.request_id).lower()
        return self.signed_document(root)

    def signed_document(self, root: etree._Element) -> bytes:
        """Return any unsigned document as octets, signed by this Service User; `root` gets the signature."""
        self._signer.sign(root)
        return xml.serialise(root)

    def _post(
        self, request: ServiceRequest, octets: bytes, service: Service | None = None, *, spoilt: bool = False
    ) -> Exchange:
        service = service or service_for(request.command_variant)
        url = self.connection.transport.endpoints.url_of(service)
        sent_at = self.connection.sent[request.request_id] = utc_now()
        exchange = Exchange(request, service, url, octets, sent_at, None, None, (), None)
        try:
            answer = self.connection.transport.post(service, octets)
        except TargetUnreachable as error:
            hint = "" if error.tls is None else f"{error.tls.key}: {error.tls.hint}"
            what = error.obstacle.value
            trouble = Trouble(environment=True, what=what, found=f"{error.detail} at {error.url}", hint=hint)
            return replace(exchange, trouble=trouble)
        return _judged(exchange, answer, self.connection.inspector, spoilt=spoilt)


def with_echo_checked(
    request: ServiceRequest, delivery: Delivery, unjudged: Collection[Eui64] = ()
) -> Delivery:
    """Return the delivery with the check that it belongs to the request it answers (DUIS-03).

    Args:
        request: the request.
        delivery: the message.
        unjudged: the Devices whose messages are never judged.
    """
    if delivery.response is None:
        return delivery
    judged = request.request_id.target not in unjudged
    check = check_echo(request, delivery.response, payload_judged=judged)
    return replace(delivery, checks=(*delivery.checks, check))


def _judged(exchange: Exchange, answer: HttpAnswer, inspector: Inspector, *, spoilt: bool) -> Exchange:
    exchange = replace(exchange, answer=answer)
    if (obstacle := _no_duis(answer)) is not None:
        return replace(exchange, trouble=obstacle)
    bad_request = exchange.sent if spoilt else None
    inspection = inspector.inspect(
        answer.octets, answer.content_type, asynchronous=False, bad_request=bad_request
    )
    checks: list[CheckOutcome] = [*inspection.checks]
    if inspection.unknown:
        what = "the answer holds what this version of the suite does not know"
        trouble = Trouble(environment=False, what=what, found=inspection.unknown, unknown=True)
        return replace(exchange, checks=tuple(checks), trouble=trouble)
    if inspection.response is None:
        found = next(check.found for check in checks if not check.passed)
        trouble = Trouble(
            environment=False, what="the answer is no DUIS response that can be read", found=found
        )
        return replace(exchange, checks=tuple(checks), trouble=trouble)
    if spoilt:
        return replace(exchange, checks=tuple(checks), response=inspection.response)
    checks.append(check_echo(exchange.request, inspection.response))
    if (code := check_acceptance_code(exchange.request, inspection.response)) is not None:
        checks.append(code)
    return replace(exchange, checks=tuple(checks), response=inspection.response)


def _no_duis(answer: HttpAnswer) -> Trouble | None:
    """Tell why an HTTP answer comes from something else than a DSP's DUIS service, if it does."""
    if answer.status != _OK and not (answer.status in _TAKEN and answer.octets):
        excerpt = answer.octets[:200].decode("utf-8", errors="replace").strip()
        place = dict(answer.headers).get("location", "")
        led = f" to {place[:200]}, and redirects are not followed" if place else ""
        return Trouble(
            environment=True,
            what="an HTTP status that carries no DUIS answer",
            found=f"HTTP {answer.status}{led}{excerpt and f': {excerpt}'}",
        )
    if answer.content_type in {"text/html", "application/xhtml+xml"}:
        return Trouble(
            environment=True, what=f"a web page instead of {MEDIA_TYPE}", found=answer.content_type
        )
    return None
