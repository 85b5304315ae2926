"""The reference DSP: from the octets of a request to the octets of its answer, and the work that follows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.xml import MalformedXml, XmlFlaw
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.stub.access_control import (
    SIGNED,
    Case,
    Policy,
    Refused,
    Rejected,
    first_refusal,
    read_request,
)
from dsp_conformance.stub.answers import AnswerWriter
from dsp_conformance.stub.delivery import Delivery
from dsp_conformance.stub.scheduler import Scheduler, SchedulerFull
from dsp_conformance.stub.seams import Seams
from dsp_conformance.stub.services import Acceptance, Services
from dsp_conformance.stub.state import DspState
from dsp_conformance.stub.traffic import DeviceTraffic
from dsp_conformance.tls.settings import ClientTls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.catalogue import Service, ServiceReferenceVariant
    from dsp_conformance.duis.messages import ServiceRequest
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.smki.pki import DeviceCredentials, DspCredentials
    from dsp_conformance.stub.delivery import RetryPolicy
    from dsp_conformance.stub.emulated_device import EmulatedDevice
    from dsp_conformance.stub.mp105 import Rules
    from dsp_conformance.stub.storage import StoredData
    from dsp_conformance.stub.traffic import Order

__all__ = ["Answer", "DspKeys", "DspOptions", "ReferenceDsp"]

_log = logging.getLogger(__name__)
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class DspOptions:
    """How a reference DSP behaves.

    Attributes:
        schema: what requests are judged by.
        dcc_id: its own ID, the target of non-device requests.
        rejection_code: the code for a device status that does not allow a request.
        rules: MP105's rules, or those before it.
        max_message_size: the largest request, in octets.
        no_answer_seconds: how long after a Device did not answer the User is told; None for silence.
        retry_policy: how stubbornly responses are delivered.
        seams: how each step is done, unless as it should be.
        tls: how it connects to receivers whose URLs are https.
    """

    schema: DuisSchema
    dcc_id: Eui64
    rejection_code: ResponseCode
    rules: Rules
    max_message_size: int
    no_answer_seconds: float | None
    retry_policy: RetryPolicy
    seams: Seams = field(default_factory=Seams)
    tls: ClientTls = field(default_factory=ClientTls)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP.

    Attributes:
        status: 200 for a DUIS Response, else 4xx or 503.
        octets: the signed Response, or one line of text.
        is_duis: which of the two.
        afterwards: to be called once the answer has been sent; it only queues work.
    """

    status: HTTPStatus
    octets: bytes
    is_duis: bool
    afterwards: Callable[[], None] | None = None

    @classmethod
    def refusal(cls, status: HTTPStatus, reason: str) -> Self:
        """An answer to what is no acceptable request: one line that says why."""
        line = " ".join(reason.split())
        return cls(status, f"{line[:_LONGEST_REASON]}\n".encode(), is_duis=False)


@dataclass(frozen=True, slots=True)
class DspKeys:
    """Who a DSP is; the same over every restart.

    Attributes:
        pki: makes the keys of emulated Devices.
        credentials: its own keys and certificates.
    """

    pki: EphemeralPki
    credentials: DspCredentials

    @classmethod
    def made_for(cls, dcc_id: Eui64) -> Self:
        """Make keys for a new DSP."""
        pki = EphemeralPki.create()
        return cls(pki, pki.dsp(dcc_id))


class ReferenceDsp:
    """A DSP with everything it needs, kept in memory. A context manager, closed at its end.

    Args:
        options: how it behaves.
        identity: the keys of a DSP before this one; keys of its own where left out.
        data: what that DSP has left.
        devices: the emulated Devices behind it.
    """

    def __init__(
        self,
        options: DspOptions,
        identity: DspKeys | None = None,
        data: StoredData | None = None,
        devices: Mapping[Eui64, EmulatedDevice] | None = None,
    ) -> None:
        self.options = options
        self.state = DspState(options.rules, options.seams.state, data, devices)
        self.identity = identity or DspKeys.made_for(options.dcc_id)
        self._credentials = self.identity.credentials
        self._catalogue = catalogue()
        self._policy = Policy(options.dcc_id, options.rejection_code, options.rules.exceptions)
        self._answers = AnswerWriter(self._credentials.xml_signing, seal=options.seams.seal)
        self.services = Services(self.state, self._credentials.gbcs_key_agreement.private_key)
        self._scheduler = Scheduler()
        self._delivery = Delivery(
            self._scheduler, options.retry_policy, options.seams.delivered_media_type, options.tls
        )
        self.traffic = DeviceTraffic(
            state=self.state,
            rules=options.rules,
            answers=self._answers,
            scheduler=self._scheduler,
            delivery=self._delivery,
            no_answer_seconds=options.no_answer_seconds,
            seams=options.seams.traffic,
        )
        if data is not None:
            self.traffic.resume(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def credentials(self) -> DspCredentials:
        """The DSP's own keys and certificates."""
        return self._credentials

    def device_credentials(self, device_id: Eui64) -> DeviceCredentials:
        """Make the keys and certificates of an emulated Device."""
        return self.identity.pki.device(device_id)

    @property
    def devices(self) -> Mapping[Eui64, EmulatedDevice]:
        """The emulated Devices behind it, by ID."""
        return self.state.devices

    def stopped(self) -> StoredData:
        """Stop working, and return what is kept for good."""
        self.close()
        return self.traffic.stored(self.state.stored())

    def close(self) -> None:
        """Stop working and close the connections."""
        self._scheduler.close()
        self._delivery.close()

    def handle(self, service: Service, octets: bytes) -> Answer:
        """Handle one request; whatever comes, an answer goes back.

        Args:
            service: the service it was posted to.
            octets: the document as it stood on the wire.
        """
        return self.options.seams.finish(self, octets, self._answer(service, octets))

    def _answer(self, service: Service, octets: bytes) -> Answer:
        seams = self.options.seams
        if not self._scheduler.has_room:
            return Answer.refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too much work is waiting; try again later")
        try:
            root = seams.parse(octets, limit=self.options.max_message_size)
        except MalformedXml as error:
            too_large = error.flaw is XmlFlaw.TOO_LARGE
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
            return Answer.refusal(status, str(error))
        refusal = seams.schema_check(root, self.options.schema)
        if refusal is not None:
            return Answer.refusal(refusal.status, refusal.reason)
        read = read_request(root, self._catalogue)
        if isinstance(read, Refused):
            return Answer.refusal(read.status, read.reason)
        request, entry = read
        with self.state.lock:
            user = self.state.users.get(request.request_id.originator)
        refusal = seams.signature_check(root, request, user)
        if refusal is not None:
            return Answer.refusal(refusal.status, refusal.reason)
        return self._decide(service, request, entry)

    def _decide(self, service: Service, request: ServiceRequest, entry: ServiceReferenceVariant) -> Answer:
        """Check a message that is believed, and act on it; one at a time, so that counters only rise."""
        seams = self.options.seams
        with self.state.lock:
            case = self._case(service, request, entry)
            refusal = first_refusal(case, seams.checks.values())
            if refusal is not None:
                seams.after_refusal(self, case, refusal)
            decision = refusal or seams.act(self.services, case)
            if isinstance(decision, Refused):
                return Answer.refusal(decision.status, decision.reason)
            if case.user is not None and request.command_variant not in SIGNED:
                self.state.users.use_counter(request.request_id.originator, request.request_id.counter)
        if isinstance(decision, Rejected):
            decision = Acceptance(decision.code)
        octets = self._answers.write(
            request.request_id, request.reference, request.variant, decision.code, decision.content
        )
        return Answer(HTTPStatus.OK, octets, is_duis=True, afterwards=self._sending(decision.order))

    def _case(self, service: Service, request: ServiceRequest, entry: ServiceReferenceVariant) -> Case:
        request_id = request.request_id
        return Case(
            service=service,
            request=request,
            entry=entry,
            user=self.state.users.get(request_id.originator),
            last_counter=self.state.users.last_counter(request_id.originator),
            device=self.state.inventory.get(request_id.target),
            pre_command=self.state.pre_commands.get(request_id),
            policy=self._policy,
        )

    def _sending(self, order: Order | None) -> Callable[[], None] | None:
        if order is None:
            return None

        def send() -> None:
            try:
                self.traffic.send(order)
            except SchedulerFull as full:
                _log.warning("dropped the command of %s: %s", order.request_id, full)

        return send
