"""Traffic with Devices: commands out, responses and alerts in, and what both lead to.

When a Device's message comes in, the SMI is updated first and the Service User told afterwards, so that a
User who has the response never reads the inventory as it was before.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dsp_conformance import gbcs
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

__all__ = ["DeviceTraffic", "Order"]

_log = logging.getLogger(__name__)


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
    ) -> None:
        self._state = state
        self._rules = rules
        self._answers = answers
        self._scheduler = scheduler
        self._delivery = delivery
        self._no_answer_seconds = no_answer_seconds
        self._outstanding: dict[RequestID, Order] = {}

    @property
    def outstanding(self) -> int:
        """How many commands wait for their response."""
        return len(self._outstanding)

    def send(self, order: Order) -> None:
        """Send a command from another thread, at once or when it is due.

        Raises:
            SchedulerFull: too much work is waiting.
        """
        with self._state.lock:
            self._outstanding[order.request_id] = order
        try:
            self._scheduler.after(_seconds_until(order.due), lambda: self._carry_out(order))
        except Exception:
            self._settle(order.request_id)
            raise

    def _carry_out(self, order: Order) -> None:
        device = self._state.device(order.request_id.target)
        if device is None:
            self._settle(order.request_id)
            return
        outcome = device.carry_out(order.command)
        if outcome.alert_due is not None:
            wait = _seconds_until(outcome.alert_due)
            self._scheduler.after(wait, lambda: self._carry_out_pending(order, device))
        for response in outcome.responses:
            self.receive_response(order.request_id, response)
        if not outcome.responses:
            self._expect_nothing(order, ResponseCode.E21 if outcome.reached else ResponseCode.E20)

    def receive_response(self, request_id: RequestID, octets: bytes) -> None:
        """Handle a Device's response: update the SMI, then deliver it to the User.

        A response that nobody waits for, such as the second to one request, is dropped: one request, one
        response (ledger MP105-10, DUIS-04).
        """
        order = self._settle(request_id)
        if order is None:
            _log.info("dropped a second response to %s", request_id)
            return
        self._update_inventory(order, lambda record: self._change_after_response(order, octets, record))
        self._deliver(order, ResponseCode.I0, GbcsPayload(octets))

    def _carry_out_pending(self, order: Order, device: EmulatedDevice) -> None:
        octets = device.carry_out_pending(order.request_id)
        if octets is None:
            return
        alert = gbcs.activation_alert(gbcs.decode(octets))
        self._update_inventory(order, lambda record: self._change_after_outcome(record, alert))
        self._deliver(order, ResponseCode.I0, FutureDatedAlert(f"{alert.alert_code:04X}", octets))

    def _change_after_response(self, order: Order, octets: bytes, record: DeviceRecord) -> InventoryChange:
        match order.command.variant:
            case "11.2":
                version = gbcs.read_firmware_response(gbcs.decode(octets)).version
                return self._rules.after_firmware_read(record, version, self._state.cpl)
            case "11.3":
                outcome = gbcs.activation_response(gbcs.decode(octets))
                if isinstance(outcome, gbcs.Activation):
                    return self._change_after_outcome(record, outcome)
        return NO_CHANGE

    def _change_after_outcome(
        self, record: DeviceRecord, outcome: gbcs.Activation | gbcs.ActivationAlert
    ) -> InventoryChange:
        succeeded = outcome.code is gbcs.ActivationCode.SUCCESS
        return self._rules.after_activation(
            record, succeeded=succeeded, version=outcome.version, cpl=self._state.cpl
        )

    def _update_inventory(self, order: Order, decide: Callable[[DeviceRecord], InventoryChange]) -> None:
        with self._state.lock:
            record = self._state.inventory.get(order.request_id.target)
            if record is not None:
                reason = f"SR{order.command.variant} reported firmware in force"
                self._state.apply(record.device_id, decide(record), reason=reason)

    def _expect_nothing(self, order: Order, code: ResponseCode) -> None:
        if self._no_answer_seconds is None:
            self._settle(order.request_id)
        else:
            self._scheduler.after(self._no_answer_seconds, lambda: self._give_up(order, code))

    def _give_up(self, order: Order, code: ResponseCode) -> None:
        if self._settle(order.request_id) is not None:
            self._deliver(order, code, None)

    def _settle(self, request_id: RequestID) -> Order | None:
        with self._state.lock:
            return self._outstanding.pop(request_id, None)

    def _deliver(self, order: Order, code: ResponseCode, content: ResponseContent | None) -> None:
        with self._state.lock:
            user = self._state.users.get(order.request_id.originator)
        if user is None:
            return
        octets = self._answers.write(order.request_id, order.reference, order.command.variant, code, content)
        about = f"the response to {order.request_id}"
        self._delivery.post(user.receive_response_url, octets, about=about)


def _seconds_until(due: datetime | None) -> float:
    return 0.0 if due is None else max(0.0, (due - datetime.now(UTC)).total_seconds())
