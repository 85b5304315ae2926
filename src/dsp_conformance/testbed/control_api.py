"""The driver for testbeds that speak the Testbed Control API (testbed-control.openapi.yaml) over HTTP."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import TypeAdapter, ValidationError

from dsp_conformance.testbed import _wire
from dsp_conformance.testbed._http import ControlApiClient, Timeouts
from dsp_conformance.testbed.errors import MissingCapability, TestbedAnswerUnusable, TestbedRefused
from dsp_conformance.testbed.protocol import Capability, DspIdentity, ProvidedDevice, ReachedCommand
from dsp_conformance.tls.settings import ClientTls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import requests
    from cryptography.x509 import Certificate

    from dsp_conformance.duis.terms import CplStatus, DeviceStatus
    from dsp_conformance.eui64 import Eui64
    from dsp_conformance.testbed.protocol import CplEntry, DeviceSpec, Fault, UserRegistration

__all__ = ["ControlApiTestbed"]

_NOT_IMPLEMENTED = 501
_SHOWN = 200
_T = TypeVar("_T")


class ControlApiTestbed:
    """A testbed behind the Testbed Control API; may be used from several threads at once.

    It is a context manager: leaving it closes the connections.
    """

    __test__: ClassVar[bool] = False  # the name is the field's; pytest is not to collect it

    def __init__(
        self,
        url: str,
        token: str | None = None,
        timeouts: Timeouts | None = None,
        tls: ClientTls | None = None,
    ) -> None:
        """Make a driver; nothing is sent yet.

        Args:
            url: the base of the API, such as `http://127.0.0.1:8090/testbed/v1`.
            token: the bearer token, if the testbed wants one.
            timeouts: how long a call may take.
            tls: how to connect where the URL is https.

        Raises:
            ValueError: if the token holds what no HTTP header may hold; the message does not show it.
        """
        self._client = ControlApiClient(url, token, timeouts or Timeouts(), tls or ClientTls())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads."""
        self._client.close()

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this testbed can do, asked once."""
        return self._told.capabilities

    @property
    def dsp(self) -> DspIdentity:
        """The DSP build behind it, asked once."""
        told = self._told.dsp
        return DspIdentity(told.name, told.version, told.dcc_id, told.duis_url, told.signing_certificates)

    @cached_property
    def _told(self) -> _wire.Capabilities:
        operation = "tell what it can do"
        answer = self._call("GET", "capabilities", operation=operation, needs=None)
        return self._read(_wire.CAPABILITIES, answer, operation)

    def register_user(self, user: UserRegistration) -> None:
        """Register a Service User, or replace its registration (`register-user`)."""
        body = {
            "roles": sorted(user.roles),
            "signing_certificate": _pem(user.signing_certificate),
            "gbcs_signing_certificate": _pem(user.gbcs_signing_certificate),
            "gbcs_key_agreement_certificate": _pem(user.gbcs_key_agreement_certificate),
            "receive_response_url": user.receive_response_url,
        }
        operation = f"register the Service User {user.eui}"
        self._call("PUT", f"users/{user.eui}", body, operation=operation, needs=Capability.REGISTER_USER)

    def add_cpl_entry(self, entry: CplEntry) -> str:
        """Add an entry to the CPL and return the entry's id at the testbed (`edit-cpl`)."""
        body = {
            "device_type": entry.device_type,
            "manufacturer": entry.manufacturer,
            "model": entry.model,
            "firmware_version": entry.firmware_version,
            "status": entry.status,
        }
        operation = f"add firmware {entry.firmware_version} of {entry.manufacturer}/{entry.model} to the CPL"
        answer = self._call("POST", "cpl-entries", body, operation=operation, needs=Capability.EDIT_CPL)
        return self._read(_wire.ADDED_CPL_ENTRY, answer, operation).cpl_entry_id

    def set_cpl_status(self, entry_id: str, status: CplStatus) -> None:
        """Change an entry's status; returns when the suspensions that follow are done (`edit-cpl`)."""
        operation = f"make the CPL entry {entry_id} {status.value}"
        path = f"cpl-entries/{quote(entry_id, safe='')}"
        self._call("PATCH", path, {"status": status}, operation=operation, needs=Capability.EDIT_CPL)

    def remove_cpl_entry(self, entry_id: str) -> None:
        """Remove an entry; returns when the suspensions that follow are done (`edit-cpl`)."""
        operation = f"remove the CPL entry {entry_id}"
        path = f"cpl-entries/{quote(entry_id, safe='')}"
        self._call("DELETE", path, operation=operation, needs=Capability.EDIT_CPL)

    def provide_device(self, device: DeviceSpec) -> ProvidedDevice:
        """Put a Device into the inventory, with an emulated Device behind it (`provide-device`)."""
        users = device.responsible_users
        body = {
            "device_id": None if device.device_id is None else str(device.device_id),
            "device_type": device.device_type,
            "smets_version": device.smets_version,
            "status": device.status,
            "manufacturer": device.manufacturer,
            "model": device.model,
            "firmware_version": device.firmware_version,
            "running_firmware_version": device.running_firmware_version,
            "responsible_users": None if users is None else sorted(map(str, users)),
        }
        operation = f"provide a Device of type {device.device_type.value} ({device.status.value})"
        answer = self._call("POST", "devices", body, operation=operation, needs=Capability.PROVIDE_DEVICE)
        told = self._read(_wire.PROVIDED, answer, operation)
        return ProvidedDevice(
            told.device_id, told.gbcs_signing_certificate, told.gbcs_key_agreement_certificate
        )

    def forget_device(self, device_id: Eui64) -> None:
        """Take a provided Device away (`provide-device`)."""
        operation = f"forget the Device {device_id}"
        self._call("DELETE", f"devices/{device_id}", operation=operation, needs=Capability.PROVIDE_DEVICE)

    def run_firmware(self, device_id: Eui64, version: str) -> None:
        """Make the emulated Device run this version, 8 upper-case hexadecimal digits (`control-device`)."""
        change = {"running_firmware_version": version}
        operation = f"make the Device {device_id} run firmware {version}"
        self._call(
            "PATCH", f"devices/{device_id}", change, operation=operation, needs=Capability.CONTROL_DEVICE
        )

    def set_reachable(self, device_id: Eui64, *, reachable: bool) -> None:
        """Let commands reach the emulated Device, or none (`control-device`)."""
        change = {"reachable": reachable}
        operation = f"make the Device {device_id} {'reachable' if reachable else 'unreachable'}"
        self._call(
            "PATCH", f"devices/{device_id}", change, operation=operation, needs=Capability.CONTROL_DEVICE
        )

    def set_status(self, device_id: Eui64, status: DeviceStatus) -> None:
        """Change the status in the inventory as the ordinary processes would (`set-status`)."""
        operation = f"make the Device {device_id} {status.value}"
        self._call(
            "PATCH",
            f"devices/{device_id}",
            {"status": status},
            operation=operation,
            needs=Capability.SET_STATUS,
        )

    def inject_fault(self, device_id: Eui64, variant: str, fault: Fault, *, count: int = 1) -> None:
        """Arrange a fault for the next `count` commands of this Service Request (`inject-fault`)."""
        body = {"service_reference_variant": variant, "fault": fault, "count": count}
        operation = f"arrange {fault.value} for SR{variant} at the Device {device_id}"
        self._call(
            "POST", f"devices/{device_id}/faults", body, operation=operation, needs=Capability.INJECT_FAULT
        )

    def commands(self, device_id: Eui64) -> tuple[ReachedCommand, ...]:
        """The commands that reached the emulated Device over the WAN, oldest first (`observe-device`)."""
        operation = f"list the commands that reached the Device {device_id}"
        answer = self._call(
            "GET", f"devices/{device_id}/commands", operation=operation, needs=Capability.OBSERVE_DEVICE
        )
        told = self._read(_wire.COMMANDS, answer, operation)
        return tuple(
            ReachedCommand(each.request_id, each.service_reference_variant, each.received_at) for each in told
        )

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        operation: str,
        needs: Capability | None,
    ) -> requests.Response:
        """Do one call; members of the body that are None are left out."""
        if needs is not None and needs not in self.capabilities:
            raise MissingCapability(needs, operation)
        sent = None if body is None else {name: value for name, value in body.items() if value is not None}
        answer = self._client.call(method, path, sent, operation)
        if answer.status_code == _NOT_IMPLEMENTED and needs is not None:
            raise MissingCapability(needs, operation)
        if not answer.ok or answer.is_redirect:
            raise _refusal(answer, operation)
        return answer

    @staticmethod
    def _read(form: TypeAdapter[_T], answer: requests.Response, operation: str) -> _T:
        try:
            return form.validate_json(answer.content)
        except ValidationError as error:
            problems = tuple(_problem(each["loc"], each["msg"]) for each in error.errors())
            raise TestbedAnswerUnusable(answer.url, problems, operation) from error


def _pem(certificate: Certificate | None) -> str | None:
    return None if certificate is None else certificate.public_bytes(Encoding.PEM).decode("ascii")


def _problem(where: tuple[int | str, ...], what: str) -> str:
    return f"{'.'.join(map(str, where))}: {what}" if where else what


def _refusal(answer: requests.Response, operation: str) -> TestbedRefused:
    try:
        problem = _wire.PROBLEM.validate_json(answer.content)
    except ValidationError:
        # Whatever stands there instead: a proxy's page, a server's own error.
        return TestbedRefused(
            answer.status_code, answer.reason or "no reason given", answer.text[:_SHOWN], operation
        )
    return TestbedRefused(answer.status_code, problem.title, problem.detail, operation)
