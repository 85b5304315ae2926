"""What drivers share that carry operations as JSON: each method of the protocol is one operation."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from dsp_conformance.testbed import _wire, operations
from dsp_conformance.testbed.errors import MissingCapability, TestbedAnswerUnusable, TestbedError
from dsp_conformance.testbed.protocol import Capability, DspIdentity, ProvidedDevice, ReachedCommand

if TYPE_CHECKING:
    from types import TracebackType

    from dsp_conformance.base.eui64 import Eui64
    from dsp_conformance.duis.terms import CplStatus, DeviceStatus
    from dsp_conformance.testbed.operations import Operation
    from dsp_conformance.testbed.protocol import CplEntry, DeviceSpec, Fault, UserRegistration

__all__ = ["Answer", "OperationsTestbed", "Watcher"]

_T = TypeVar("_T")


class Answer:
    """What a testbed answered to an operation that it carried out.

    Attributes:
        content: JSON; empty where the operation has no answer.
        source: where it came from: an address, a program or a person.
    """

    __slots__ = ("content", "source")

    def __init__(self, content: bytes, source: str) -> None:
        self.content, self.source = content, source


Watcher = Callable[["Operation", float, Answer | None, TestbedError | None], None]
"""Takes an operation, how many seconds it took, and the testbed's answer, or else why it was not done."""


class OperationsTestbed(ABC):
    """A testbed that is asked for one operation at a time; it is a context manager that closes it.

    A driver implements `_carry_out`, and `close` if it holds anything.
    """

    __test__: ClassVar[bool] = False  # the name is the field's; pytest is not to collect it

    watcher: Watcher = staticmethod(lambda _operation, _seconds, _answer, _error: None)
    """Told of every operation once it is over, done or not, in the thread that asked for it."""

    @abstractmethod
    def _carry_out(self, operation: Operation) -> Answer:
        """Have one operation done and return what the testbed says.

        Raises:
            TestbedError: it was not done.
        """

    def close(self) -> None:  # noqa: B027 - most drivers hold nothing
        """Let go of what the driver holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def announce(self, what: str) -> None:  # noqa: B027 - to be overridden where there is somebody
        """See `Testbed.announce`; most testbeds have nobody to tell."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this testbed can do, asked once."""
        return self._told.all

    @property
    def dsp(self) -> DspIdentity:
        """The DSP build behind it, asked once."""
        told = self._told.dsp
        return DspIdentity(
            told.name,
            told.version,
            told.dcc_id,
            told.duis_url,
            told.signing_certificates,
            self._told.switches,
        )

    @cached_property
    def _told(self) -> _wire.Capabilities:
        return self._ask(operations.ask_capabilities(), _wire.CAPABILITIES)

    def register_user(self, user: UserRegistration) -> None:
        """Register a Service User, or replace its registration (`register-user`)."""
        self._do(operations.register_user(user))

    def add_cpl_entry(self, entry: CplEntry) -> str:
        """Add an entry to the CPL and return the entry's id at the testbed (`edit-cpl`)."""
        return self._ask(operations.add_cpl_entry(entry), _wire.ADDED_CPL_ENTRY).cpl_entry_id

    def set_cpl_status(self, entry_id: str, status: CplStatus) -> None:
        """Change an entry's status; returns when the suspensions that follow are done (`edit-cpl`)."""
        self._do(operations.set_cpl_status(entry_id, status))

    def remove_cpl_entry(self, entry_id: str) -> None:
        """Remove an entry; returns when the suspensions that follow are done (`edit-cpl`)."""
        self._do(operations.remove_cpl_entry(entry_id))

    def provide_device(self, device: DeviceSpec) -> ProvidedDevice:
        """Put a Device into the inventory, with an emulated Device behind it (`provide-device`)."""
        told = self._ask(operations.provide_device(device), _wire.PROVIDED)
        return ProvidedDevice(
            told.device_id, told.gbcs_signing_certificate, told.gbcs_key_agreement_certificate
        )

    def forget_device(self, device_id: Eui64) -> None:
        """Take a provided Device away (`provide-device`)."""
        self._do(operations.forget_device(device_id))

    def run_firmware(self, device_id: Eui64, version: str) -> None:
        """Make the emulated Device run this version, 8 upper-case hexadecimal digits (`control-device`)."""
        self._do(operations.run_firmware(device_id, version))

    def set_reachable(self, device_id: Eui64, *, reachable: bool) -> None:
        """Let commands reach the emulated Device, or none (`control-device`)."""
        self._do(operations.set_reachable(device_id, reachable=reachable))

    def set_status(self, device_id: Eui64, status: DeviceStatus) -> None:
        """Change the status in the inventory as the ordinary processes would (`set-status`)."""
        self._do(operations.set_status(device_id, status))

    def inject_fault(self, device_id: Eui64, variant: str, fault: Fault, *, count: int = 1) -> None:
        """Arrange a fault for the next `count` commands of this Service Request (`inject-fault`)."""
        self._do(operations.inject_fault(device_id, variant, fault, count))

    def release_responses(self, device_id: Eui64) -> None:
        """Let the responses go that were held back (`hold-response`)."""
        self._do(operations.release_responses(device_id))

    def commands(self, device_id: Eui64) -> tuple[ReachedCommand, ...]:
        """The commands that reached the emulated Device over the WAN, oldest first (`observe-device`)."""
        told = self._ask(operations.list_commands(device_id), _wire.COMMANDS)
        return tuple(
            ReachedCommand(each.request_id, each.service_reference_variant, each.received_at) for each in told
        )

    def deliver_locally(self, device_id: Eui64, command: bytes) -> bytes:
        """Bring a command to the emulated Device over the HAN and return its answer (`deliver-locally`)."""
        return self._ask(operations.deliver_locally(device_id, command), _wire.LOCAL_RESPONSE).response

    def restart(self) -> None:
        """Restart the DSP; returns when it answers again, with its data kept (`restart`)."""
        self._do(operations.restart())

    def _do(self, operation: Operation) -> Answer:
        if operation.needs is not None and operation.needs not in self.capabilities:
            raise MissingCapability(operation.needs, operation.sentence)
        begun = time.perf_counter()
        try:
            answer = self._carry_out(operation)
        except TestbedError as error:
            self.watcher(operation, time.perf_counter() - begun, None, error)
            raise
        self.watcher(operation, time.perf_counter() - begun, answer, None)
        return answer

    def _ask(self, operation: Operation, form: TypeAdapter[_T]) -> _T:
        answer = self._do(operation)
        try:
            return form.validate_json(answer.content)
        except ValidationError as error:
            problems = tuple(_problem(each["loc"], each["msg"]) for each in error.errors())
            raise TestbedAnswerUnusable(answer.source, problems, operation.sentence) from error


def _problem(where: tuple[int | str, ...], what: str) -> str:
    return f"{'.'.join(map(str, where))}: {what}" if where else what
