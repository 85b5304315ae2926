"""The driver for testbeds that a person works: one numbered instruction at a time, in the terminal."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, ClassVar, Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.testbed.by_operations import Answer, OperationsTestbed
from dsp_conformance.testbed.errors import NotDoneByHand, StoppedByHand
from dsp_conformance.testbed.operations import OperationName
from dsp_conformance.testbed.protocol import Capability, DspIdentity
from dsp_conformance.testbed.terminal import PersonLeft, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsp_conformance.testbed.operations import Operation
    from dsp_conformance.testbed.settings import ManualSettings

__all__ = ["CANNOT", "STOP", "ManualTestbed"]

CANNOT: Final = "cannot"
"""What the person answers where an instruction cannot be carried out; a reason may follow."""
STOP: Final = "stop"
"""What the person answers to end the run: nothing more is asked."""

_DONE: Final = f"Press Enter when this is done, or type '{CANNOT}' (and why) or '{STOP}':"
_WHICH: Final = f"Type its Device ID (EUI-64) and press Enter, or type '{CANNOT}' (and why) or '{STOP}':"
_SETTLED: Final = "Wait until the suspensions that follow are done."
_RESTART: Final = "Restart the DSP, with its data kept, and wait until it answers again."
_AFFIRMED: Final = frozenset({"done", "ok", "yes"})
_INDENT: Final = " " * 6

_MEMBERS: Final = {
    "device_id": "Device ID",
    "device_type": "device type",
    "smets_version": "generation",
    "status": "status",
    "manufacturer": "manufacturer",
    "model": "model with hardware version",
    "firmware_version": "firmware version",
    "running_firmware_version": "firmware that the Device itself runs",
    "responsible_users": "Service Users entitled to it",
}

_FAULTS: Final = {
    "response-lost": "let the Device carry it out, and its response never reach the DSP",
    "device-error": "let the Device answer with a GBCS-level error and carry nothing out",
    "unreachable": "let it never reach the Device",
    "duplicate-response": "let the Device's response reach the DSP twice",
    "response-held": "let the Device carry it out, and hold its response back until told to let it go",
}


def _done(line: str) -> str:
    if line and line.casefold() not in _AFFIRMED:
        raise ValueError(f"expected Enter alone, '{CANNOT}' or '{STOP}', got {line!r}")
    return line


def _eui64_of(line: str) -> str:
    return str(Eui64.parse(line))


class ManualTestbed(OperationsTestbed):
    """A testbed that a person works; instructions of several threads come one after the other.

    The DSP is named by the target file, so the testbed tells nothing of it.

    Args:
        settings: what the person can do.

    Raises:
        NoTerminal: there is no terminal to tell anybody anything.
    """

    _nobody: ClassVar[DspIdentity] = DspIdentity("", "")

    def __init__(self, settings: ManualSettings) -> None:
        self._capabilities = settings.capabilities
        self._terminal = Terminal()
        self._turn = threading.Lock()
        self._given = 0
        self._announced = ""
        self._stopped = False
        self._entries: dict[str, str] = {}
        self._devices: dict[str, str] = {}

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the person can do, by the target file."""
        return self._capabilities

    @property
    def dsp(self) -> DspIdentity:
        """Nothing: the target file tells."""
        return self._nobody

    def announce(self, what: str) -> None:
        """Head the next instruction with what it is for."""
        with self._turn:
            self._announced = what

    def close(self) -> None:
        """Say what is left of the run, and let go of the terminal."""
        left = [*self._devices.values(), *(f"CPL entry {each}" for each in self._entries.values())]
        try:
            if left:
                self._terminal.say("\nThe run is over. What was made for it and may go now:")
                self._terminal.say("\n".join(f"{_INDENT}{each}" for each in left))
        except PersonLeft:
            pass
        self._terminal.close()

    def _carry_out(self, operation: Operation) -> Answer:
        body = operation.body or {}
        with self._turn:
            match operation.name:
                case OperationName.ADD_CPL_ENTRY:
                    return self._add_entry(operation, body)
                case OperationName.PROVIDE_DEVICE:
                    return self._provide(operation, body)
                case OperationName.SET_CPL_STATUS:
                    entry = self._entries[operation.about]
                    self._instruct(operation, f"Make this CPL entry {body['status']}: {entry}. {_SETTLED}")
                case OperationName.REMOVE_CPL_ENTRY:
                    entry = self._entries[operation.about]
                    self._instruct(operation, f"Remove this entry from the CPL: {entry}. {_SETTLED}")
                    del self._entries[operation.about]
                case OperationName.FORGET_DEVICE:
                    self._instruct(operation, f"Take away the {self._named(operation.about)}.")
                    self._devices.pop(operation.about, None)
                case OperationName.CHANGE_DEVICE:
                    self._instruct(operation, self._change(operation.about, body))
                case OperationName.INJECT_FAULT:
                    self._instruct(operation, self._fault(operation.about, body))
                case OperationName.RELEASE_RESPONSES:
                    held = f"the responses of the {self._named(operation.about)} that were held back"
                    self._instruct(operation, f"Let {held} reach the DSP now.")
                case OperationName.RESTART:
                    self._instruct(operation, _RESTART)
                case _:  # pragma: no cover - `ManualForm` offers nothing else
                    raise NotDoneByHand("there is no instruction for it", operation.sentence)
        return Answer(b"", "the person at the terminal")

    def _add_entry(self, operation: Operation, body: Mapping[str, object]) -> Answer:
        entry = (
            f"{body['device_type']}, manufacturer {body['manufacturer']}, model {body['model']}, "
            f"firmware version {body['firmware_version']}"
        )
        self._instruct(operation, f"Add an entry to the CPL, with status {body['status']}: {entry}.")
        entry_id = f"of instruction {self._given}"  # read as "the CPL entry of instruction 3"
        self._entries[entry_id] = entry
        return _answer(cpl_entry_id=entry_id)

    def _provide(self, operation: Operation, body: Mapping[str, object]) -> Answer:
        width = max(map(len, _MEMBERS.values()))
        lines = [
            f"{_INDENT}{label:<{width}}  {_shown(body[member])}"
            for member, label in _MEMBERS.items()
            if member in body
        ]
        told = "Put a Device that answers into the Smart Metering Inventory:"
        device_id = self._instruct(operation, "\n".join([told, *lines]), _WHICH, _eui64_of)
        self._devices[device_id] = f"{body['device_type']} {device_id}"
        return _answer(device_id=device_id)

    def _change(self, device_id: str, change: Mapping[str, object]) -> str:
        named = self._named(device_id)
        if "running_firmware_version" in change:
            version = change["running_firmware_version"]
            return f"Make the {named} run firmware {version} itself; the inventory stays as it is."
        if "reachable" in change:
            able = "reach" if change["reachable"] else "no longer reach"
            return f"Let commands {able} the {named}."
        return f"Make the {named} {change['status']} in the inventory, as the ordinary processes would."

    def _fault(self, device_id: str, body: Mapping[str, object]) -> str:
        which = f"the next {body['count']} commands" if body["count"] != 1 else "the next command"
        named = self._named(device_id)
        return (
            f"Arrange for {which} of SR{body['service_reference_variant']} to the {named}: "
            f"{_FAULTS[str(body['fault'])]}."
        )

    def _named(self, device_id: str) -> str:
        return self._devices.get(device_id, f"Device {device_id}")

    def _instruct(
        self,
        operation: Operation,
        instruction: str,
        question: str = _DONE,
        read: Callable[[str], str] = _done,
    ) -> str:
        """Give one instruction and wait until it is carried out; ask again where the answer makes no sense.

        Raises:
            NotDoneByHand: the person says that it cannot be done.
            StoppedByHand: the person has ended the run, now or before.
        """
        if self._stopped:
            raise StoppedByHand(operation.sentence)
        self._given += 1
        try:
            if self._announced:
                self._terminal.say(f"\n== {self._announced}")
                self._announced = ""
            self._terminal.say(f"\n[{self._given}] {instruction}")
            while True:
                line = self._terminal.ask(f"    {question}")
                word, _, rest = line.partition(" ")
                match word.casefold().rstrip(":,"):
                    case "cannot":
                        raise NotDoneByHand(rest.strip(), operation.sentence)
                    case "stop":
                        self._stopped = True
                        raise StoppedByHand(operation.sentence)
                try:
                    return read(line)
                except ValueError as error:
                    self._terminal.say(f"    {error}")
        except PersonLeft:
            self._stopped = True
            raise StoppedByHand(operation.sentence) from None


def _answer(**members: str) -> Answer:
    return Answer(json.dumps(members).encode(), "the person at the terminal")


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "nobody" if isinstance(value, list) else str(value)
