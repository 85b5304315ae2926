"""Traffic with Devices: commands out, responses and alerts in, and what both lead to.

When a Device's message comes in, the SMI is updated first and the Service User told afterwards, so that a
User who has the response never reads the inventory as it was before.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from dsp_conformance import gbcs
from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.messages import FutureDatedAlert, GbcsPayload
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.mp105 import NO_CHANGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.stub.answers import AnswerWriter
    from dsp_conformance.stub.delivery import Delivery
    from dsp_conformance.stub.emulated_device import Command, EmulatedDevice
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import InventoryChange, Rules
    from dsp_conformance.stub.scheduler import Scheduler
    from dsp_conformance.stub.state import DspState
    from dsp_conformance.stub.storage import StoredData

__all__ = ["DeviceTraffic", "Order", "TrafficSeams"]

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 100
"""Requests to one Device that are known to be awaited no more; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command that has been accepted for a Device.

    Attributes:
        command: what is sent.
        reference: the Service Reference of the request.
        due: when the DSP sends it; None for at once.
    """

    command: Command
    reference: str
    due: datetime | None = None

    @classmethod
    def of(cls, command: Command) -> Self:
        """The order of a command that was sent."""
        return cls(command, catalogue()[command.variant].reference)

    @property
    def request_id(self) -> RequestID:
        """The request that it was made from."""
        return self.command.request_id


class DeviceTraffic:
    """Sends commands to emulated Devices and handles what they send back.

    Args:
        state: what the DSP knows.
        rules: what Devices' messages do to the SMI.
        answers: writes asynchronous responses.
        scheduler: who does the work.
        delivery: how responses reach the User.
        no_answer_seconds: how long after a command is lost, or its response is, the User is told so by E20
            or E21; None for silence. What is posted then is never judged.
        seams: how each step is done; as it should be where left out.
    """

    def __init__(
        self,
        *,
        state: DspState,
        rules: Rules,
        answers: AnswerWriter,
        scheduler: Scheduler,
        delivery: Delivery,
        no_answer_seconds: float | None,
        seams: TrafficSeams | None = None,
    ) -> None:
        self.state = state
        self.answers = answers
        self._rules = rules
        self._scheduler = scheduler
        self._delivery = delivery
        self._seams = seams or TrafficSeams()
        self._no_answer_seconds = no_answer_seconds
        self._outstanding: dict[RequestID, Order] = {}
        self._sent: set[RequestID] = set()

    @property
    def outstanding(self) -> int:
        """How many commands wait for their response."""
        return len(self._outstanding)

    def send(self, order: Order) -> None:
        """Send a command from another thread, at once or when it is due.

        Raises:
            SchedulerFull: too much work is waiting.
        """
        self._seams.send(self, order)

    def send_out(self, order: Order) -> None:
        """Note that a response is awaited, and have the command sent when it is due.

        Raises:
            SchedulerFull: too much work is waiting.
        """
        self._await(order)
        try:
            self._scheduler.after(_seconds_until(order.due), lambda: self._carry_out(order))
        except Exception:
            self.settle(order.request_id)
            raise

    def stored(self, data: StoredData) -> StoredData:
        """Add to a DSP's data what is under way; call it when nothing is done any more."""
        orders = self._outstanding.values()
        return replace(
            data,
            due=tuple(order for order in orders if order.request_id not in self._sent),
            awaited=tuple(order for order in orders if order.request_id in self._sent),
            undelivered=self._delivery.undelivered,
        )

    def resume(self, data: StoredData) -> None:
        """Go on with what a DSP before this one had under way, and listen to its Devices."""
        for order in data.due:
            self.send_out(order)
        for order in data.awaited:
            self._await(order)
            self._sent.add(order.request_id)
            self._expect_nothing(order, ResponseCode.E21)
        for device in self.state.devices.values():
            if (command := device.pending) is not None and command.activation is not None:
                self._listen_for_alert(Order.of(command), device, command.activation.execution_time)
        self._delivery.resume(data.undelivered)

    def release(self, device: EmulatedDevice) -> None:
        """Have the responses of a Device come in that were held back, one after the other.

        Raises:
            SchedulerFull: too much work is waiting.
        """
        held = device.release()

        def come_in() -> None:
            for each in held:
                self._seams.receive(self, Order.of(each.command), each.octets)

        self._scheduler.after(0.0, come_in)

    def later(self, seconds: float, job: Callable[[], None]) -> None:
        """Do something from another thread, in so many seconds.

        Raises:
            SchedulerFull: too much work is waiting.
        """
        self._scheduler.after(seconds, job)

    def _carry_out(self, order: Order) -> None:
        device = self.state.device(order.request_id.target)
        if device is None:
            self.settle(order.request_id)
            return
        with self.state.lock:
            self._sent.add(order.request_id)
        outcome = device.carry_out(order.command)
        if outcome.alert_due is not None:
            self._listen_for_alert(order, device, outcome.alert_due)
        for response in outcome.responses:
            self._seams.receive(self, order, response)
        if not outcome.responses:
            self._expect_nothing(order, ResponseCode.E21 if outcome.reached else ResponseCode.E20)

    def receive_response(self, order: Order, octets: bytes) -> None:
        """Handle a Device's response; a second one to the same request is dropped.

        One request, one response (ledger MP105-10, DUIS-04).
        """
        if self.settle(order.request_id) is not None:
            self.take_response(order, octets)
        elif self._forget_giving_up(order.request_id):
            self._seams.receive_late(self, order, octets)
        else:
            _log.info("dropped a second response to %s", order.request_id)

    def take_response(self, order: Order, octets: bytes) -> None:
        """Update the SMI by a Device's response, then deliver it to the User."""
        self._update_inventory(order, lambda record: self._seams.change(self, order, octets, record))
        self._seams.deliver(self, order, ResponseCode.I0, GbcsPayload(octets))

    def take_late_response(self, order: Order, octets: bytes) -> None:
        """Update the SMI by a response that comes when it is awaited no more, and tell the User nothing.

        The DSP's own wait is over, and the User was told so (E21). What the Device says is true however late
        it comes, and the SMI is to follow what a Device reports. But a request brings its User one response
        at most (ledger DUIS-04, MP105-10), and that was the E21. A success of SR11.3 that comes when SR11.2
        has restored the Device changes nothing further (ledger MP105-10): by the rules it records the version
        that is recorded already, and no status.
        """
        self._update_inventory(order, lambda record: self._seams.change(self, order, octets, record))

    def _listen_for_alert(self, order: Order, device: EmulatedDevice, due: datetime | None) -> None:
        self._scheduler.after(_seconds_until(due), lambda: self._carry_out_pending(order, device))

    def _carry_out_pending(self, order: Order, device: EmulatedDevice) -> None:
        octets = device.carry_out_pending(order.request_id)
        if octets is None:
            return
        alert = gbcs.activation_alert(gbcs.decode(octets))
        self._update_inventory(order, lambda record: self._seams.change_later(self, alert, record))
        content = FutureDatedAlert(f"{alert.alert_code:04X}", octets)
        self._seams.deliver(self, order, ResponseCode.I0, content)

    def change_after_response(self, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        """What a Device's response does to its record, by the rules."""
        match order.command.variant:
            case "11.2":
                version = gbcs.read_firmware_response(gbcs.decode(octets)).version
                return self._rules.after_firmware_read(record, version, self.state.cpl)
            case "11.3":
                outcome = gbcs.activation_response(gbcs.decode(octets))
                if isinstance(outcome, gbcs.Activation):
                    return self.change_after_outcome(outcome, record)
        return NO_CHANGE

    def change_after_outcome(
        self, outcome: gbcs.Activation | gbcs.ActivationAlert, record: DeviceRecord
    ) -> InventoryChange:
        """What the outcome of SR11.3, in a response or an alert, does to a Device's record, by the rules."""
        succeeded = outcome.code is gbcs.ActivationCode.SUCCESS
        return self._rules.after_activation(
            record, succeeded=succeeded, version=outcome.version, cpl=self.state.cpl
        )

    def _update_inventory(self, order: Order, decide: Callable[[DeviceRecord], InventoryChange]) -> None:
        with self.state.lock:
            record = self.state.inventory.get(order.request_id.target)
            if record is not None:
                reason = f"SR{order.command.variant} reported firmware in force"
                self.state.apply(record.device_id, decide(record), reason=reason)

    def _expect_nothing(self, order: Order, code: ResponseCode) -> None:
        if self._no_answer_seconds is None:
            self._note_giving_up(order)
        else:
            self._scheduler.after(self._no_answer_seconds, lambda: self._give_up(order, code))

    def _give_up(self, order: Order, code: ResponseCode) -> None:
        if self._note_giving_up(order):
            self._seams.deliver(self, order, code, None)

    def _await(self, order: Order) -> None:
        with self.state.lock:
            self._outstanding[order.request_id] = order

    def _note_giving_up(self, order: Order) -> bool:
        """Stop waiting for a response, and know it should it come all the same; False if nobody waited."""
        with self.state.lock:
            if self.settle(order.request_id) is None:
                return False
            given_up = self.state.given_up.setdefault(order.request_id.target, {})
            given_up[order.request_id] = None
            if len(given_up) > _REMEMBERED:
                del given_up[next(iter(given_up))]
            return True

    def _forget_giving_up(self, request_id: RequestID) -> bool:
        with self.state.lock:
            given_up = self.state.given_up.get(request_id.target, {})
            known = request_id in given_up
            given_up.pop(request_id, None)
            return known

    def settle(self, request_id: RequestID) -> Order | None:
        """Note that nobody waits for the response to a request any more; None if nobody did."""
        with self.state.lock:
            self._sent.discard(request_id)
            return self._outstanding.pop(request_id, None)

    def deliver(self, order: Order, code: ResponseCode, content: ResponseContent | None) -> None:
        """Deliver a response to the User who sent the request."""
        variant = order.command.variant
        self.post(order, self.answers.write(order.request_id, order.reference, variant, code, content))

    def post(self, order: Order, octets: bytes) -> None:
        """Post a document to the User who sent a request, if that User is still registered."""
        with self.state.lock:
            url = self._seams.address(self, order)
        if url is not None:
            self._delivery.post(url, octets, about=f"the response to {order.request_id}")

    def address_of(self, order: Order) -> str | None:
        """Return where the User who sent a request takes responses; None where nobody of that ID is known."""
        user = self.state.users.get(order.request_id.originator)
        return None if user is None else user.receive_response_url


@dataclass(frozen=True, slots=True)
class TrafficSeams:
    """How traffic with Devices is handled, step by step; each step can be replaced.

    Attributes:
        send: takes an accepted command.
        receive: takes a Device's response to it.
        receive_late: takes one that is awaited no more.
        change: decides what that response does to the Device's record.
        change_later: decides what the alert of a future-dated activation does to it.
        deliver: brings a response to the User.
        address: tells where that User takes responses, with the state's lock held.
    """

    send: Callable[[DeviceTraffic, Order], None] = DeviceTraffic.send_out
    receive: Callable[[DeviceTraffic, Order, bytes], None] = DeviceTraffic.receive_response
    receive_late: Callable[[DeviceTraffic, Order, bytes], None] = DeviceTraffic.take_late_response
    change: Callable[[DeviceTraffic, Order, bytes, DeviceRecord], InventoryChange] = (
        DeviceTraffic.change_after_response
    )
    change_later: Callable[[DeviceTraffic, gbcs.ActivationAlert, DeviceRecord], InventoryChange] = (
        DeviceTraffic.change_after_outcome
    )
    deliver: Callable[[DeviceTraffic, Order, ResponseCode, ResponseContent | None], None] = (
        DeviceTraffic.deliver
    )
    address: Callable[[DeviceTraffic, Order], str | None] = DeviceTraffic.address_of


def _seconds_until(due: datetime | None) -> float:
    return 0.0 if due is None else max(0.0, (due - datetime.now(UTC)).total_seconds())
