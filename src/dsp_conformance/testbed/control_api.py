"""The driver for testbeds that speak the Testbed Control API (testbed-control.openapi.yaml) over HTTP."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pydantic import ValidationError

from dsp_conformance.testbed import _wire
from dsp_conformance.testbed._http import ControlApiClient, Timeouts
from dsp_conformance.testbed.by_operations import Answer, OperationsTestbed
from dsp_conformance.testbed.errors import MissingCapability, TestbedRefused
from dsp_conformance.testbed.operations import OperationName
from dsp_conformance.tls.settings import ClientTls

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from dsp_conformance.testbed.operations import Operation

__all__ = ["ControlApiTestbed"]

_NOT_IMPLEMENTED = 501
_SHOWN = 200
_RESTART_SECONDS = 600.0

_CALLS: Final[Mapping[OperationName, tuple[str, str]]] = MappingProxyType(
    {
        OperationName.CAPABILITIES: ("GET", "capabilities"),
        OperationName.REGISTER_USER: ("PUT", "users/{about}"),
        OperationName.ADD_CPL_ENTRY: ("POST", "cpl-entries"),
        OperationName.SET_CPL_STATUS: ("PATCH", "cpl-entries/{about}"),
        OperationName.REMOVE_CPL_ENTRY: ("DELETE", "cpl-entries/{about}"),
        OperationName.PROVIDE_DEVICE: ("POST", "devices"),
        OperationName.FORGET_DEVICE: ("DELETE", "devices/{about}"),
        OperationName.CHANGE_DEVICE: ("PATCH", "devices/{about}"),
        OperationName.INJECT_FAULT: ("POST", "devices/{about}/faults"),
        OperationName.LIST_COMMANDS: ("GET", "devices/{about}/commands"),
        OperationName.DELIVER_LOCALLY: ("POST", "devices/{about}/local-commands"),
        OperationName.RELEASE_RESPONSES: ("POST", "devices/{about}/held-responses/release"),
        OperationName.RESTART: ("POST", "restart"),
    }
)
"""Method and path of each operation (testbed-control.openapi.yaml, `paths`)."""


class ControlApiTestbed(OperationsTestbed):
    """A testbed behind the Testbed Control API; may be used from several threads at once.

    It is a context manager: leaving it closes the connections.
    """

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

    def close(self) -> None:
        """Close the connections of all threads."""
        self._client.close()

    def _carry_out(self, operation: Operation) -> Answer:
        method, template = _CALLS[operation.name]
        path = template.format(about=quote(operation.about, safe=""))
        longer = _RESTART_SECONDS if operation.name is OperationName.RESTART else 0.0
        answer = self._client.call(method, path, operation.body, operation.sentence, at_least=longer)
        if answer.status_code == _NOT_IMPLEMENTED and operation.needs is not None:
            raise MissingCapability(operation.needs, operation.sentence)
        if not answer.ok or answer.is_redirect:
            raise _refusal(answer, operation.sentence)
        return Answer(answer.content, answer.url)


def _refusal(answer: requests.Response, operation: str) -> TestbedRefused:
    try:
        problem = _wire.PROBLEM.validate_json(answer.content)
    except ValidationError:
        # Whatever stands there instead: a proxy's page, a server's own error.
        return TestbedRefused(
            answer.status_code, answer.reason or "no reason given", answer.text[:_SHOWN], operation
        )
    return TestbedRefused(answer.status_code, problem.title, problem.detail, operation)
