"""The seams of the reference DSP: each step that it takes, replaceable by itself.

As they stand here the steps are right. A deviation puts another in the place of one, mostly by wrapping it,
so that several deviations can be had at once (`dsp_conformance.stub.deviations`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from dsp_conformance import gbcs
from dsp_conformance.duis import xml
from dsp_conformance.stub import access_control
from dsp_conformance.stub.answers import sealed
from dsp_conformance.stub.services import Services
from dsp_conformance.stub.state import StateSeams
from dsp_conformance.stub.traffic import TrafficSeams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lxml import etree

    from dsp_conformance.duis.messages import Response, ServiceRequest
    from dsp_conformance.duis.schema import DuisSchema
    from dsp_conformance.duis.signing import XmlSigner
    from dsp_conformance.stub.access_control import Case, Check, Refusal, Refused
    from dsp_conformance.stub.dsp import Answer, ReferenceDsp
    from dsp_conformance.stub.services import Result
    from dsp_conformance.stub.users import RegisteredUser

__all__ = ["CHECKS_BY_NAME", "Seams"]

CHECKS_BY_NAME: Final[Mapping[str, Check]] = MappingProxyType(
    {check.__name__.removesuffix("_check"): check for check in access_control.CHECKS}
)
"""The checks of a request by name, such as `device_status`, in the order they are made."""


class _Parse(Protocol):
    def __call__(self, octets: bytes, *, limit: int) -> etree._Element: ...


def _nothing_more(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
    del dsp, case, refusal


def _as_it_is(dsp: ReferenceDsp, octets: bytes, answer: Answer) -> Answer:
    del dsp, octets
    return answer


@dataclass(frozen=True, slots=True)
class Seams:
    """How a DSP does what it does.

    Attributes:
        parse: reads a document.
        schema_check: judges it by the schema.
        signature_check: judges its signature, given its originator if registered.
        checks: the checks of a request, by name, in the order they are made.
        after_refusal: what follows a refused request, with the state's lock held; nothing should.
        act: what an allowed request leads to, with the state's lock held.
        finish: has the last word on an answer, given the octets of the request.
        seal: makes the octets of a response.
        pause_seconds: how long an answer waits before it goes out.
        media_type: what answers are declared as.
        delivered_media_type: what asynchronous responses are declared as.
        read_response: makes an emulated Device's answers to SR11.2.
        traffic: how traffic with Devices is handled.
        state: how the state is changed.
    """

    parse: _Parse = xml.parse
    schema_check: Callable[[etree._Element, DuisSchema], Refused | None] = access_control.schema_check
    signature_check: Callable[[etree._Element, ServiceRequest, RegisteredUser | None], Refused | None] = (
        access_control.signature_check
    )
    checks: Mapping[str, Check] = field(default_factory=lambda: CHECKS_BY_NAME)
    after_refusal: Callable[[ReferenceDsp, Case, Refusal], None] = _nothing_more
    act: Callable[[Services, Case], Result] = Services.accept
    finish: Callable[[ReferenceDsp, bytes, Answer], Answer] = _as_it_is
    seal: Callable[[Response, XmlSigner], bytes] = sealed
    pause_seconds: float = 0.0
    media_type: str = "application/xml"
    delivered_media_type: str = "application/xml"
    read_response: Callable[..., bytes] = gbcs.build_read_firmware_response
    traffic: TrafficSeams = field(default_factory=TrafficSeams)
    state: StateSeams = field(default_factory=StateSeams)
