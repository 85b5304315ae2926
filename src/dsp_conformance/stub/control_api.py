"""The Testbed Control API: the operations of `testbed-control.openapi.yaml` on a reference DSP, over HTTP."""

from __future__ import annotations

import base64
import hmac
import json
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from dsp_conformance import __version__, gbcs
from dsp_conformance.base.eui64 import Eui64, InvalidEui64
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.smki.certificates import check_certificate, public_key_of
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.stub.control_models import (
    CplEntryBody,
    CplPatchBody,
    DeviceBody,
    DevicePatchBody,
    FaultBody,
    LocalCommandBody,
    UserBody,
)
from dsp_conformance.stub.emulated_device import EmulatedDevice, NotForThisDevice, running_version
from dsp_conformance.stub.http_face import RESTART_PATH, BodyTooLarge, TooLargeResponse, read_body
from dsp_conformance.stub.inventory import DeviceExists, DeviceRecord
from dsp_conformance.stub.users import RegisteredUser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from starlette.types import ASGIApp, Receive, Scope, Send

    from dsp_conformance.stub.dsp import ReferenceDsp
    from dsp_conformance.stub.in_service import DspInService
    from dsp_conformance.stub.state import DspState

__all__ = ["CAPABILITIES", "ControlApi", "build_control_app"]

CAPABILITIES: Final = (
    "register-user",
    "edit-cpl",
    "provide-device",
    "set-status",
    "control-device",
    "inject-fault",
    "observe-device",
)
EXTENSIONS: Final = ("deliver-locally", "hold-response", "profile", "restart")
"""What it can do beyond version 1.0 of the API, told apart from the rest for those who know that version."""

PROFILE: Final = MappingProxyType(
    {"smets1": "yes", "resent_activation": "yes", "secmp0007": "no", "local_delivery": "yes"}
)
"""What the reference DSP is held to, whatever it does: also as it was before MP105, and under a deviation."""

_PRODUCT: Final = "dsp-conformance stub"
_MAX_BODY: Final = 1024 * 1024
_PROBLEM_TYPE: Final = "application/problem+json"
_Model = TypeVar("_Model", bound=BaseModel)


class _Problem(Exception):  # noqa: N818  # the API's own word for a refusal
    """A refusal, with the reason."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail

    def response(self) -> Response:
        return _problem_response(self.status, self.detail)


def _problem_response(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = {"title": status.phrase, "status": status.value, "detail": detail}
    return Response(json.dumps(body), status, headers, _PROBLEM_TYPE)


class ControlApi:
    """The operations, one method each.

    Args:
        in_service: whom they act on.
        duis_url: base of the DUIS services, as others reach them.
    """

    def __init__(self, in_service: DspInService, duis_url: str) -> None:
        self._in_service = in_service
        self._duis_url = duis_url

    @property
    def _dsp(self) -> ReferenceDsp:
        return self._in_service.dsp

    @property
    def _state(self) -> DspState:
        return self._dsp.state

    async def get_capabilities(self, request: Request) -> Response:
        """What this testbed can do, and which DSP stands behind it."""
        del request
        signing = self._dsp.credentials.xml_signing.certificate_pem().decode()
        dsp = {
            "name": _PRODUCT,
            "version": __version__,
            "dcc_id": str(self._dsp.options.dcc_id),
            "duis_url": self._duis_url,
            "signing_certificates": [signing],
        }
        told = {
            "capabilities": list(CAPABILITIES),
            "extensions": list(EXTENSIONS),
            "profile": dict(PROFILE),
            "dsp": dsp,
        }
        return _json(told)

    async def put_user(self, request: Request) -> Response:
        """Register a Service User; its XML signing certificate has to name it, and only its key is used."""
        try:
            user_id = Eui64.parse(request.path_params["user_id"])
        except InvalidEui64 as error:
            raise _Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"user_id: {error}") from None
        body = await _read(request, UserBody)
        try:
            check_certificate(body.signing_certificate, eui=user_id)
        except SmkiError as error:
            detail = f"signing_certificate: {error}"
            raise _Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from None
        user = RegisteredUser(
            user_id=user_id,
            roles=frozenset(body.roles),
            signers=KnownSigners((body.signing_certificate,), dated=False),
            receive_response_url=body.receive_response_url,
            gbcs_signing_key=_public_key(body.gbcs_signing_certificate),
            gbcs_key_agreement_key=_public_key(body.gbcs_key_agreement_certificate),
        )
        with self._state.lock:
            self._state.users.register(user)
        return _done()

    async def post_cpl_entry(self, request: Request) -> Response:
        """Add an entry to the CPL."""
        body = await _read(request, CplEntryBody)
        entry = self._state.add_cpl_entry(body.product, body.firmware_version, body.status)
        return _json({"cpl_entry_id": entry.entry_id}, HTTPStatus.CREATED)

    async def patch_cpl_entry(self, request: Request) -> Response:
        """Change an entry's status; the suspensions that follow are finished before the answer."""
        entry_id = self._known_entry(request)
        body = await _read(request, CplPatchBody)
        try:
            self._state.set_cpl_status(entry_id, body.status)
        except KeyError:
            raise _unknown_entry(entry_id) from None
        return _done()

    async def delete_cpl_entry(self, request: Request) -> Response:
        """Remove an entry; the suspensions that follow are finished before the answer."""
        entry_id = self._known_entry(request)
        try:
            self._state.remove_cpl_entry(entry_id)
        except KeyError:
            raise _unknown_entry(entry_id) from None
        return _done()

    async def post_device(self, request: Request) -> Response:
        """Put a Device into the inventory and an emulated one behind it."""
        body = await _read(request, DeviceBody)
        device_id = self._state.unused_device_id() if body.device_id is None else body.device_id
        record = DeviceRecord(
            device_id=device_id,
            product=body.product,
            smets_version=body.smets_version,
            firmware_version=body.firmware_version,
            status=body.status,
            responsible_users=None if body.responsible_users is None else frozenset(body.responsible_users),
        )
        running = running_version(body.running_firmware_version or body.firmware_version)
        assert running is not None, "the body's patterns allow nothing else"
        device = EmulatedDevice(
            body.device_type,
            self._dsp.device_credentials(device_id),
            running,
            read_response=self._dsp.options.seams.read_response,
        )
        try:
            self._state.add_device(record, device)
        except DeviceExists as error:
            raise _Problem(HTTPStatus.CONFLICT, str(error)) from None
        provided = {
            "device_id": str(device_id),
            "gbcs_signing_certificate": device.credentials.signing.certificate_pem().decode(),
            "gbcs_key_agreement_certificate": device.credentials.key_agreement.certificate_pem().decode(),
        }
        return _json(provided, HTTPStatus.CREATED)

    async def patch_device(self, request: Request) -> Response:
        """Change the emulated Device, or its status in the SMI."""
        device_id, device = self._known_device(request)
        body = await _read(request, DevicePatchBody)
        if body.running_firmware_version is not None:
            device.run_firmware(gbcs.FirmwareVersion.parse(body.running_firmware_version))
        if body.reachable is not None:
            device.set_reachable(reachable=body.reachable)
        if body.status is not None:
            try:
                with self._state.lock:
                    self._state.inventory.set_status(device_id, body.status, reason="set by the testbed")
            except KeyError:
                raise _unknown_device(str(device_id)) from None
        return _done()

    async def delete_device(self, request: Request) -> Response:
        """Forget the Device."""
        device_id, _ = self._known_device(request)
        self._state.remove_device(device_id)
        return _done()

    async def post_fault(self, request: Request) -> Response:
        """Arrange a fault."""
        _, device = self._known_device(request)
        body = await _read(request, FaultBody)
        device.arrange(body.fault, body.service_reference_variant, body.count)
        return _done()

    async def post_release(self, request: Request) -> Response:
        """Let the responses of a Device go that are held back."""
        _, device = self._known_device(request)
        self._dsp.traffic.release(device)
        return _done()

    async def post_restart(self, request: Request) -> Response:
        """Restart the DSP, and answer when it is back with its data."""
        del request
        await self._in_service.restart()
        return _done()

    async def get_commands(self, request: Request) -> Response:
        """List the commands that reached the Device over the WAN, oldest first."""
        _, device = self._known_device(request)
        return _json(
            [
                {
                    "request_id": str(command.request_id),
                    "service_reference_variant": command.variant,
                    "received_at": command.received_at.isoformat().replace("+00:00", "Z"),
                }
                for command in device.commands()
            ]
        )

    async def post_local_command(self, request: Request) -> Response:
        """Bring a command of SR11.2 to the Device over the HAN, and return what it answers."""
        device_id, device = self._known_device(request)
        body = await _read(request, LocalCommandBody)
        try:
            command = gbcs.decode(body.command)
            if not isinstance(command, gbcs.MacWrapped) or command.message.recipient != device_id:
                raise _Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"command: expected one for {device_id}")
            answer = self._dsp.services.bring_locally(device, command)
        except (gbcs.GbcsDecodeError, NotForThisDevice) as error:
            raise _Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"command: {error}") from None
        return _json({"response": base64.b64encode(answer).decode()})

    def _known_entry(self, request: Request) -> str:
        entry_id: str = request.path_params["cpl_entry_id"]
        with self._state.lock:
            if self._state.cpl.get(entry_id) is None:
                raise _unknown_entry(entry_id)
        return entry_id

    def _known_device(self, request: Request) -> tuple[Eui64, EmulatedDevice]:
        text: str = request.path_params["device_id"]
        try:
            device_id = Eui64.parse(text)
        except InvalidEui64:
            raise _unknown_device(text) from None
        device = self._state.device(device_id)
        if device is None:
            raise _unknown_device(text)
        return device_id, device


def build_control_app(api: ControlApi, token: str | None) -> ASGIApp:
    """Return the application that serves the API.

    Args:
        api: the operations.
        token: the bearer token that every call has to present; None for none.
    """
    entry, device = "/cpl-entries/{cpl_entry_id}", "/devices/{device_id}"
    app = Starlette(
        routes=[
            Route("/capabilities", api.get_capabilities, methods=["GET"]),
            Route("/users/{user_id}", api.put_user, methods=["PUT"]),
            Route("/cpl-entries", api.post_cpl_entry, methods=["POST"]),
            _by_method(entry, {"PATCH": api.patch_cpl_entry, "DELETE": api.delete_cpl_entry}),
            Route("/devices", api.post_device, methods=["POST"]),
            _by_method(device, {"PATCH": api.patch_device, "DELETE": api.delete_device}),
            Route(f"{device}/faults", api.post_fault, methods=["POST"]),
            Route(f"{device}/local-commands", api.post_local_command, methods=["POST"]),
            Route(f"{device}/held-responses/release", api.post_release, methods=["POST"]),
            Route(f"{device}/commands", api.get_commands, methods=["GET"]),
            Route(RESTART_PATH, api.post_restart, methods=["POST"]),
        ],
        exception_handlers={
            HTTPException: _refuse_path,
            _Problem: _refuse,
            BodyTooLarge: _refuse_size,
            ClientDisconnect: _ignore,
        },
    )
    return app if token is None else _BearerGuard(app, token)


def _by_method(path: str, endpoints: dict[str, Callable[[Request], Awaitable[Response]]]) -> Route:
    """Return one route for several methods, so that any other method is refused as such."""

    async def endpoint(request: Request) -> Response:
        return await endpoints[request.method](request)

    return Route(path, endpoint, methods=list(endpoints))


class _BearerGuard:
    """Lets a request through that presents the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        presented = b""
        if scope["type"] == "http":
            presented = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(presented, self._expected):
            await self._app(scope, receive, send)
            return
        challenge = {"www-authenticate": "Bearer"}
        detail = "send the token of the stub's token file as Authorization: Bearer"
        refusal = _problem_response(HTTPStatus.UNAUTHORIZED, detail, challenge)
        await refusal(scope, receive, send)


async def _read(request: Request, model: type[_Model]) -> _Model:
    """Read and validate a body: 400 for what is no JSON, 422 for JSON that the operation cannot use."""
    octets = await read_body(request, _MAX_BODY)
    try:
        return model.model_validate_json(octets)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        detail = f"{place}: {first['msg']}" if place else first["msg"]
        malformed = first["type"] == "json_invalid"
        status = HTTPStatus.BAD_REQUEST if malformed else HTTPStatus.UNPROCESSABLE_ENTITY
        raise _Problem(status, detail) from None


def _public_key(certificate: x509.Certificate | None) -> ec.EllipticCurvePublicKey | None:
    return None if certificate is None else public_key_of(certificate)


def _unknown_device(text: str) -> _Problem:
    return _Problem(HTTPStatus.NOT_FOUND, f"no Device {text}; POST /devices provides one")


def _unknown_entry(entry_id: str) -> _Problem:
    return _Problem(HTTPStatus.NOT_FOUND, f"no CPL entry {entry_id}; POST /cpl-entries adds one")


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(json.dumps(content), status, media_type="application/json")


def _done() -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _refuse(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, _Problem), "registered for no other"
    return error.response()


async def _refuse_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for no other"
    detail = f"no operation {request.method} {request.url.path}"
    return _problem_response(HTTPStatus(error.status_code), detail, dict(error.headers or {}))


async def _refuse_size(request: Request, error: Exception) -> Response:
    del request
    problem = _problem_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
    return TooLargeResponse(bytes(problem.body), _PROBLEM_TYPE, _MAX_BODY)


async def _ignore(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
