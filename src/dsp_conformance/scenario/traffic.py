"""One scenario's traffic: its Service Users, what they sent and what came back.

Everything that passes is attached to the scenario's record, with the DUIS checks made of it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from dsp_conformance import gbcs
from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import ServiceReferenceVariant, catalogue
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import FutureDatedAlert, InventoryDevice, LocalCommand, Response
from dsp_conformance.duis.request_bodies import execution_time_of
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType, UserRole
from dsp_conformance.judging.expectations import found_record, payload_of, record_of, unknown_value
from dsp_conformance.ledger.verdicts import Cause, Inconclusive, RequirementNotMet
from dsp_conformance.record.scenario_record import ScenarioRecord
from dsp_conformance.scenario.arrivals import (
    check_origin,
    counts,
    is_alert,
    is_command_beside_response,
    unusable,
)
from dsp_conformance.scenario.conformance_run import ConformanceRun
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.missing_responses import excuse_for
from dsp_conformance.scenario.settling import once
from dsp_conformance.scenario.wires import wire_of, wire_of_delivery
from dsp_conformance.testbed.protocol import Capability
from dsp_conformance.user.checks import (
    SENT_BOTH_WAYS,
    SENT_TO_THE_DEVICE,
    check_response_count,
    check_unasked,
)
from dsp_conformance.user.critical_flow import CriticalFlow, send_critical
from dsp_conformance.user.exchange import Delivery, Exchange
from dsp_conformance.user.naming import answered_request
from dsp_conformance.user.service_user import ServiceUser
from dsp_conformance.user.session import UserSession, with_echo_checked

_NO_ANSWER: Final = frozenset({ResponseCode.E20, ResponseCode.E21})


@dataclass(frozen=True, slots=True)
class _Owed:
    """An accepted request that goes to a Device.

    Attributes:
        exchange: up to its acknowledgement.
        answered: whether the Device is known to answer it.
        late: whether the Device's response was held back, perhaps until the DSP had given up.
        due: the moment of the monotonic clock at which the response is late.
    """

    exchange: Exchange
    answered: bool
    late: bool
    due: float


@dataclass(slots=True)
class Traffic:
    """What one scenario's Service Users send and get.

    Attributes:
        run: what the scenario shares with others.
        record: takes the evidence.
        sessions: the Service Users of the scenario, by role.
    """

    run: ConformanceRun
    record: ScenarioRecord
    sessions: dict[UserRole, UserSession] = field(default_factory=dict)
    _owed: list[_Owed] = field(default_factory=list, repr=False)
    _asked: set[RequestID] = field(default_factory=set, repr=False)
    _handed_out: set[tuple[datetime, bytes]] = field(default_factory=set, repr=False)
    _due: dict[RequestID, float] = field(default_factory=dict, repr=False)

    def act_as(self, role: UserRole) -> UserSession:
        """Bring a Service User of that role into the scenario and return its session."""
        if role not in self.sessions:
            self.sessions[role] = self._session(self.run.user(role))
        return self.sessions[role]

    def sender_of(self, variant: ServiceReferenceVariant, device_type: DeviceType) -> UserSession:
        """Return a Service User that may send a request: the Device's supplier, if that may."""
        return self.act_as(sender_role(variant, device_type))

    def stranger(self) -> UserSession:
        """Return the session of a Service User that the DSP does not know."""
        return self._session(self.run.stranger(UserRole.IS))

    def another(self, role: UserRole) -> UserSession:
        """Return the session of a second Service User of a role, known to the DSP and entitled to nothing."""
        return self._session(self.run.another_user(role))

    def supplier_of(self, device_type: DeviceType) -> UserSession:
        """Return a Device's supplier: the gas supplier for a GSME, else the import supplier."""
        return self.act_as(supplier_role(device_type))

    def send(
        self,
        device: StagedDevice,
        variant: ServiceReferenceVariant,
        body: etree._Element,
        command_variant: CommandVariant = CommandVariant.NON_CRITICAL_WAN,
        sender: UserSession | None = None,
        *,
        lower_case: bool = False,
    ) -> Exchange:
        """Send a request about a Device, as its supplier where left out; a non-device one goes to the DCC."""
        session = sender or self.supplier_of(device.model.device_type)
        if command_variant is CommandVariant.NON_DEVICE:
            return session.send(variant, command_variant, body)
        exchange = session.send(variant, command_variant, body, device.device_id, lower_case=lower_case)
        self._note_due(exchange)
        self._expect_response(exchange, device)
        return exchange

    def send_critical(
        self,
        device: StagedDevice,
        variant: ServiceReferenceVariant,
        body: etree._Element,
        sender: UserSession | None = None,
        command_variant: CommandVariant = CommandVariant.SIGNED_WAN,
    ) -> CriticalFlow:
        """Run a critical request up to the acknowledgement of the signed Pre-Command."""
        session = sender or self.supplier_of(device.model.device_type)
        flow = send_critical(session, variant, body, device.device_id, command_variant)
        self._note_due(flow.transform)
        if flow.send is not None:
            self._expect_response(flow.send, device)
        return flow

    def response_to(self, exchange: Exchange) -> Response:
        """Wait for the asynchronous response to an accepted request and return it.

        Raises:
            RequirementNotMet: none came in time.
            Inconclusive: what came failed schema or signature, so that it proves nothing.
            SuiteFault: what came was lost in the suite itself.
        """
        timeout = self.run.connection.transport.timeouts.response
        delivery = self._delivery_of(
            exchange, lambda one: not is_command_beside_response(one, exchange.request)
        )
        if delivery is None:
            self._look_for_unreadable(exchange)
            self._look_for_misnamed(exchange)
            if (excuse := self._excuse_for(exchange)) is not None:
                raise excuse
            raise RequirementNotMet(
                expected=f"the response to {exchange.request.request_id} within {timeout:g} s",
                found="none",
                hint="check that the DSP can reach the receiver, and that the Device answered",
            )
        if not delivery.accepted or delivery.response is None:
            raise unusable(delivery)
        return delivery.response

    def alert_of(self, exchange: Exchange) -> FutureDatedAlert | None:
        """Wait for the alert that a future-dated request was carried out; None where none came in time."""
        delivery = self._delivery_of(exchange, is_alert)
        found = None if delivery is None or delivery.response is None else delivery.response.content
        return found if isinstance(found, FutureDatedAlert) else None

    def local_command_of(self, exchange: Exchange) -> LocalCommand | None:
        """Return the command for local delivery that an accepted request brought, wherever it came.

        It is in the acknowledgement, or, where it goes over the WAN as well, in a message of its own.

        Raises:
            Inconclusive: none came, and the product may not be to blame.
        """
        response = exchange.response
        if response is not None and isinstance(response.content, LocalCommand):
            return response.content
        if not exchange.accepted or exchange.request.command_variant not in SENT_BOTH_WAYS:
            return None
        delivery = self._delivery_of(exchange, lambda one: is_command_beside_response(one, exchange.request))
        if delivery is None and (excuse := self._excuse_for(exchange)) is not None:
            raise excuse
        found = None if delivery is None or delivery.response is None else delivery.response.content
        return found if isinstance(found, LocalCommand) else None

    def due_of(self, exchange: Exchange) -> float | None:
        """Return when a future-dated request is due, by the monotonic clock; None for one at once."""
        return self._due.get(exchange.request.request_id)

    def _note_due(self, exchange: Exchange) -> None:
        when = execution_time_of(exchange.request.body)
        if when is not None:
            seconds = (when - datetime.now(UTC)).total_seconds()
            self._due[exchange.request.request_id] = time.monotonic() + max(0.0, seconds)

    def _delivery_of(self, exchange: Exchange, wanted: Callable[[Delivery], bool]) -> Delivery | None:
        """Wait for a message to an accepted request, for as long as one may take once the request is due."""
        limit = self.run.connection.transport.timeouts.response
        limit += max(0.0, (self.due_of(exchange) or 0.0) - time.monotonic())
        delivery = self._session_of(exchange).wait_for_response(exchange, timeout=limit, wanted=wanted)
        if delivery is not None:
            self._handed_out.add((delivery.received_at, delivery.octets))
        return delivery

    def require_response(self, exchange: Exchange) -> None:
        """Wait for the asynchronous response to an accepted request, whose absence others judge.

        Raises:
            Inconclusive: none came in time, or one that proves nothing.
            SuiteFault: what came was lost in the suite itself.
        """
        try:
            self.response_to(exchange)
        except RequirementNotMet as error:
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                f"the response to SR{exchange.request.variant} is missing",
                expected=error.expected,
                found=error.found,
                hint="DUIS-03 and DUIS-04 judge this by themselves",
            ) from error

    def expect_payload(
        self, exchange: Exchange, device: StagedDevice, expect: Callable[[gbcs.Message], None]
    ) -> None:
        """Wait for the response to a request, and expect something of the Device's message in it.

        What the message says comes first: a wrong firmware version is wrong whoever wrote it.

        Raises:
            RequirementNotMet: no response came, or one that carries no message for this request, or another
                message than expected.
            Inconclusive: the message cannot be read, or its MAC or signature is not the Device's.
        """
        message = payload_of(self.response_to(exchange), counter=exchange.request.request_id.counter)
        expect(message)
        check_origin(message, device, self._session_of(exchange).user, self.record.observe)

    def read_record(self, device: StagedDevice) -> InventoryDevice:
        """Read a Device's inventory record with SR8.2.

        Raises:
            RequirementNotMet: the answer does not show it.
            Inconclusive: there is no usable answer.
        """
        session = self.supplier_of(device.model.device_type)
        return record_of(device.device_id, usable(session.read_inventory(device.device_id)))

    def record_if_shown(self, device: StagedDevice) -> InventoryDevice | None:
        """Read a Device's inventory record with SR8.2; None where the answer does not show it.

        Raises:
            Inconclusive: there is no usable answer.
        """
        session = self.supplier_of(device.model.device_type)
        return found_record(device.device_id, usable(session.read_inventory(device.device_id)))

    def record_once(self, device: StagedDevice, holds: Callable[[InventoryDevice], bool]) -> InventoryDevice:
        """Read a Device's record until something holds of it, or the profile's time to settle is over.

        Returns:
            The record as last read, whether it holds or not.
        """
        return once(self.run, lambda: self.read_record(device), holds)

    def record_in_status(self, device: StagedDevice, status: DeviceStatus) -> InventoryDevice:
        """Read a Device's record, which a precondition wants to show that status.

        Raises:
            Inconclusive: it does not, so that the scenario cannot judge anything.
        """
        try:
            record = self.record_once(device, lambda record: record.status is status)
            found = f"{record.status}"
        except RequirementNotMet as error:
            record, found = None, error.found
        if record is None or record.status is not status:
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                f"the {device.name} is not {status.value} in the inventory",
                expected=f"status {status.value} for {device.device_id}",
                found=found,
                hint="BASE-01 and BASE-07 judge suspension and the inventory by themselves: see these first",
            )
        return record

    @property
    def accepted(self) -> frozenset[RequestID]:
        """The requests of the scenario that were accepted and went to a Device."""
        return frozenset(owed.exchange.request.request_id for owed in self._owed)

    def expect_one_response(self, exchange: Exchange) -> None:
        """Expect that a request brought exactly one response so far.

        Raises:
            RequirementNotMet: it brought none or several.
            Inconclusive: it brought none, and the product may not be to blame.
        """
        found = self._responses(exchange)
        excuse = None if found else self._excuse_for(exchange)
        if excuse is not None:
            raise excuse
        if found != 1:
            raise RequirementNotMet(
                expected=f"exactly one response to {exchange.request.request_id}",
                found=f"{found} responses",
                hint="a Device's response that arrives twice is passed on once",
            )

    def misdelivered(self, exchange: Exchange) -> list[str]:
        """Tell of each message that names a request and came to a wrong address, so far, where it came."""
        connection, request_id = self.run.connection, exchange.request.request_id
        found = (
            connection.addresses.misdelivery(delivery, request_id.originator)
            for delivery in connection.inbox.answers_to(request_id)
            if delivery.accepted
        )
        return [flaw for flaw in found if flaw]

    def when_the_run_ends(self, check: Callable[[], None], *, about: Exchange | None = None) -> None:
        """Have something checked once the profile's silence has passed after this moment.

        Args:
            check: raises where it does not hold.
            about: the request that it is about; silence then counts from the moment at which that is due.
        """
        due = None if about is None else self.due_of(about)
        moment = max(self.run.now(), due or 0.0)

        def after_silence() -> None:
            self.run.wait_for_silence(moment)
            check()

        self.record.defer(after_silence)

    def _expect_response(self, exchange: Exchange, device: StagedDevice) -> None:
        if exchange.request.command_variant not in SENT_TO_THE_DEVICE or not exchange.accepted:
            return
        variant = exchange.request.variant
        later = execution_time_of(exchange.request.body) is not None
        answers = not device.cut_off and variant not in device.silent_for and not later
        late = variant in device.late_for
        device.silent_for.discard(variant)
        device.late_for.discard(variant)
        if not self._owed:
            self.when_the_run_ends(self._count_responses)
        due = time.monotonic() + self.run.connection.transport.timeouts.response
        answered = answers and self.run.can(Capability.PROVIDE_DEVICE)
        self._owed.append(_Owed(exchange, answered, late, due))

    def _count_responses(self) -> None:
        """DUIS-04, for every accepted request of the scenario: each brought exactly one response.

        The responses that no step waited for are checked here like those that one did, and so are those that
        name no request at all.
        """
        inbox = self.run.connection.inbox
        outcomes, excuses = [], []
        for owed in self._owed:
            request = owed.exchange.request
            if owed.answered:
                inbox.wait_for_answers(request.request_id, max(0.0, owed.due - time.monotonic()))
            self._attach_the_rest(owed.exchange)
            found = self._responses(owed.exchange)
            if owed.late and found > 1:
                found -= self._without_device(owed.exchange)
            excuse = self._excuse_for(owed.exchange) if owed.answered and not found else None
            if excuse is not None:
                excuses.append(excuse)
                continue
            elsewhere = self.misdelivered(owed.exchange)
            outcomes.append(
                check_response_count(request, found, answered=owed.answered, misdelivered=elsewhere)
            )
        for device_id in dict.fromkeys(owed.exchange.request.request_id.target for owed in self._owed):
            outcomes += [check_unasked(device_id, response) for response in self._unasked(device_id)]
        self.record.attach_exchange("responses counted at the end of the run", checks=outcomes)
        if excuses:
            raise excuses[0]

    def _excuse_for(self, exchange: Exchange) -> Inconclusive | None:
        return excuse_for(exchange, self.run, self._session_of(exchange))

    def _attach_the_rest(self, exchange: Exchange) -> None:
        request_id = exchange.request.request_id
        unjudged = self.run.connection.unjudged
        for delivery in self.run.connection.inbox.answers_to(request_id):
            if (delivery.received_at, delivery.octets) not in self._handed_out:
                self._attach_delivery(exchange, with_echo_checked(exchange.request, delivery, unjudged))

    def _unasked(self, device_id: Eui64) -> list[Response]:
        """Return what came about a Device of the scenario and names no request of the scenario."""
        return [
            delivery.response
            for delivery in self.run.connection.inbox.answers_about(device_id)
            if delivery.response is not None and answered_request(delivery) not in self._asked
        ]

    def _responses(self, exchange: Exchange) -> int:
        answers = self.run.connection.inbox.answers_to(exchange.request.request_id)
        return sum(counts(answer, exchange.request) for answer in answers)

    def _without_device(self, exchange: Exchange) -> int:
        """Count the messages that say no more than that the Device has not answered so far.

        Whether a response that comes later still may be passed on is laid down nowhere, so these do not
        count beside it.
        """
        answers = self.run.connection.inbox.answers_to(exchange.request.request_id)
        codes = [
            each.response.response_code
            for each in answers
            if counts(each, exchange.request) and each.response is not None
        ]
        given_up = sum(code in _NO_ANSWER for code in codes)
        if 0 < given_up < len(codes):
            self.record.observe("the DSP gave up waiting, and passed on the response when it came")
        return given_up

    def _session(self, user: ServiceUser) -> UserSession:
        return UserSession(user, self.run.connection, self._attach_exchange, self._attach_delivery)

    def _session_of(self, exchange: Exchange) -> UserSession:
        eui = exchange.request.request_id.originator
        return next(session for session in self.sessions.values() if session.user.eui == eui)

    def _look_for_unreadable(self, exchange: Exchange) -> None:
        """Blame a missing response on messages that came meanwhile and could not be read, if any."""
        for delivery in self.run.connection.inbox.everything():
            unreadable = delivery.response is None and not delivery.unknown
            if unreadable and delivery.received_at >= exchange.sent_at:
                self._attach_delivery(exchange, delivery)
                raise unusable(delivery)

    def _look_for_misnamed(self, exchange: Exchange) -> None:
        """Blame a missing response on one that names a request which was never sent, if there is one.

        Raises:
            RequirementNotMet: there is (DUIS-03).
        """
        device_id = exchange.request.request_id.target
        for response in self._unasked(device_id):
            flaw = check_unasked(device_id, response)
            raise RequirementNotMet(
                expected=f"a response that names {exchange.request.request_id}",
                found=f"one with {flaw.found}",
                hint="compare the RequestID of the asynchronous response with that of the request",
                requirements=(flaw.requirement,),
            )

    def _attach_exchange(self, exchange: Exchange) -> None:
        self._asked.add(exchange.request.request_id)
        facts = {"URL": exchange.url, "sent at": exchange.sent_at.isoformat(timespec="milliseconds")}
        if exchange.answer is not None:
            facts["HTTP status"] = str(exchange.answer.status)
            facts["answered after"] = f"{exchange.answer.seconds * 1000:.1f} ms"
        if exchange.trouble is not None:
            facts["trouble"] = f"{exchange.trouble.what}: {exchange.trouble.found}"
        octets = exchange.answer.octets if exchange.answer is not None else None
        self.record.attach_exchange(
            exchange.title,
            exchange.sent,
            octets,
            checks=exchange.checks,
            facts=facts,
            wire=wire_of(exchange),
        )

    def _attach_delivery(self, exchange: Exchange, delivery: Delivery) -> None:
        self.record.attach_exchange(
            f"SR{exchange.request.variant} ← {delivery.title}",
            None,
            delivery.octets,
            checks=delivery.checks,
            facts={
                "received at": delivery.received_at.isoformat(timespec="milliseconds"),
                **({"address": delivery.path} if delivery.path else {}),
                "our answer": "204" if delivery.accepted else f"refused: {delivery.refusal}",
            },
            wire=wire_of_delivery(exchange, delivery),
        )


def usable(exchange: Exchange) -> Response:
    """Return the DUIS response of an exchange.

    Raises:
        Inconclusive: there is none to judge: the target did not answer in DUIS, or not in a readable way.
    """
    if exchange.response is not None:
        return exchange.response
    trouble = exchange.trouble
    assert trouble is not None, "an exchange without response has a trouble"
    if trouble.unknown:
        raise unknown_value(trouble.found)
    if trouble.environment:
        raise Inconclusive(
            Cause.TARGET_UNREACHABLE,
            trouble.what,
            expected=f"a DUIS answer to SR{exchange.request.variant} at {exchange.url}",
            found=trouble.found,
            hint=trouble.hint or "check the service URLs in the target file and that the DSP runs",
        )
    raise Inconclusive(
        Cause.UNUSABLE_ANSWER,
        trouble.what,
        expected="a DUIS response",
        found=trouble.found,
        hint="look at the answer in the evidence",
        requirement="DUIS-01",
    )


def supplier_role(device_type: DeviceType) -> UserRole:
    """Return the user role of a Device's supplier: gas supplier for a GSME, else import supplier."""
    return UserRole.GS if device_type is DeviceType.GSME else UserRole.IS


def sender_role(variant: ServiceReferenceVariant, device_type: DeviceType) -> UserRole:
    """Return a user role that may send a request: the Device's supplier, if that may."""
    supplier = supplier_role(device_type)
    if not variant.user_roles or supplier in variant.user_roles:
        return supplier
    return min(variant.user_roles)


def service_request(variant: str) -> ServiceReferenceVariant:
    """Return the catalogue's entry of a Service Reference Variant, such as ``4.1.1``."""
    return catalogue()[variant]
