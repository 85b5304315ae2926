"""How deviations change a DSP: one small function for each seam, each wrapping what stands there already.

Whatever a deviation must remember is made when it is applied, so every DSP starts afresh.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dsp_conformance.duis.catalogue import DeviceType, Kind
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage
from dsp_conformance.duis.request_bodies import execution_time_of
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.stub.access_control import Rejected
from dsp_conformance.stub.mp105 import NO_CHANGE, InventoryChange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lxml import etree

    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.signing import XmlSigner
    from dsp_conformance.gbcs.firmware_version import FirmwareVersion
    from dsp_conformance.stub.access_control import Case, Check, Refusal
    from dsp_conformance.stub.cpl import CplEntry, ProductModel
    from dsp_conformance.stub.deviations.deviation import Change
    from dsp_conformance.stub.dsp import Answer, DspOptions, ReferenceDsp
    from dsp_conformance.stub.inventory import DeviceRecord
    from dsp_conformance.stub.mp105 import FirmwareList, StatusException
    from dsp_conformance.stub.services import Result, Services
    from dsp_conformance.stub.state import DspState
    from dsp_conformance.stub.traffic import DeviceTraffic, Order

AfterRead: TypeAlias = "Callable[[DeviceRecord, FirmwareVersion | None, FirmwareList], InventoryChange]"
Deliver: TypeAlias = "Callable[[DeviceTraffic, Order, ResponseCode, ResponseContent | None], None]"
Act: TypeAlias = "Callable[[Services, Case], Result]"
Send: TypeAlias = "Callable[[DeviceTraffic, Order], None]"
Seal: TypeAlias = "Callable[[Response, XmlSigner], bytes]"

NO_ANSWER: Final = frozenset({ResponseCode.E20, ResponseCode.E21})

METERS: Final = frozenset({DeviceType.ESME, DeviceType.GSME})


# Rules ------------------------------------------------------------------------------------------------


def exceptions(change: Callable[[StatusException], tuple[StatusException, ...]]) -> Change:
    """Change the exception list row by row: each becomes none, one or several."""
    return lambda options: replace(
        options,
        rules=replace(
            options.rules,
            exceptions=tuple(new for row in options.rules.exceptions for new in change(row)),
        ),
    )


def row_of(variant: str, change: Callable[[StatusException], tuple[StatusException, ...]]) -> Change:
    """Change the row of one Service Reference Variant on the exception list."""
    return exceptions(lambda row: change(row) if row.variant == variant else (row,))


def after_read(make: Callable[[AfterRead], AfterRead]) -> Change:
    """Change what the response to SR11.2 does to the inventory."""
    return lambda options: replace(
        options, rules=replace(options.rules, after_firmware_read=make(options.rules.after_firmware_read))
    )


def amended_read(amend: Callable[[DeviceRecord, InventoryChange], InventoryChange]) -> Change:
    """Amend the change that the response to SR11.2 leads to, where it leads to one."""

    def make(inner: AfterRead) -> AfterRead:
        def rule(record: DeviceRecord, version: FirmwareVersion | None, cpl: FirmwareList) -> InventoryChange:
            change = inner(record, version, cpl)
            return change if change == NO_CHANGE else amend(record, change)

        return rule

    return after_read(make)


def amended_activation(
    amend: Callable[[DeviceRecord, InventoryChange, bool], InventoryChange],
) -> Change:
    """Amend the change that the outcome of SR11.3 leads to, told whether that was a success."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.rules.after_activation

        def rule(
            record: DeviceRecord, *, succeeded: bool, version: FirmwareVersion, cpl: FirmwareList
        ) -> InventoryChange:
            found = inner(record, succeeded=succeeded, version=version, cpl=cpl)
            return amend(record, found, succeeded)

        return replace(options, rules=replace(options.rules, after_activation=rule))

    return change


def suspends(make: Callable[[CplEntry, DeviceRecord, bool], bool]) -> Change:
    """Change whom the removal of an entry suspends, told whom it should; of Devices of its model only."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.rules.suspends
        rules = replace(
            options.rules, suspends=lambda entry, record: make(entry, record, inner(entry, record))
        )
        return replace(options, rules=rules)

    return change


def suspending(
    make: Callable[[Callable[[DspState, CplEntry], None]], Callable[[DspState, CplEntry], None]],
) -> Change:
    """Change how the Devices concerned are suspended when an entry in force leaves the CPL."""

    def change(options: DspOptions) -> DspOptions:
        suspend = make(options.seams.state.suspend)
        return replace(
            options, seams=replace(options.seams, state=replace(options.seams.state, suspend=suspend))
        )

    return change


class Listing:
    """A Central Products List that answers by a rule of its own.

    Args:
        lists: tells whether firmware is listed as Active for a model.
    """

    def __init__(self, lists: Callable[[ProductModel, str], bool]) -> None:
        self._lists = lists

    def lists_as_active(self, product: ProductModel, firmware_version: str, /) -> bool:
        """Tell whether that firmware may be in use on that model."""
        return self._lists(product, firmware_version)


# Access control and what follows ----------------------------------------------------------------------


def check(name: str, amend: Callable[[Case, Refusal | None], Refusal | None]) -> Change:
    """Amend what one check of access control says."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.checks[name]

        def amended(case: Case) -> Refusal | None:
            return amend(case, inner(case))

        return with_checks(options, {**options.seams.checks, name: amended})

    return change


def with_checks(options: DspOptions, checks: Mapping[str, Check]) -> DspOptions:
    """Return options with other checks of access control."""
    return replace(options, seams=replace(options.seams, checks=MappingProxyType(dict(checks))))


def status_lets_through(when: Callable[[Case], bool]) -> Change:
    """Let requests through that the check of the Device's status keeps back."""
    return check("device_status", lambda case, refusal: None if when(case) else refusal)


def status_keeps_back(when: Callable[[Case], bool]) -> Change:
    """Keep requests back for the Device's status that the check lets through."""

    def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
        return Rejected(case.policy.rejection_code, "kept back") if when(case) else refusal

    return check("device_status", amend)


def reads_also(*types: DeviceType) -> Change:
    """Let SR11.2 through to other types of Device too; what these answer nobody can read, nor records."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.traffic.change

        def amend(case: Case, refusal: Refusal | None) -> Refusal | None:
            return None if case.entry.variant == "11.2" and device_type_of(case) in types else refusal

        def unread(
            traffic: DeviceTraffic, order: Order, octets: bytes, record: DeviceRecord
        ) -> InventoryChange:
            return NO_CHANGE if record.device_type in types else inner(traffic, order, octets, record)

        traffic = replace(options.seams.traffic, change=unread)
        deaf = replace(options, seams=replace(options.seams, traffic=traffic))
        return check("device_type", amend)(check("device_status", amend)(deaf))

    return change


def is_read_of_suspended(case: Case) -> bool:
    """Tell whether a request is SR11.2 for a Suspended Device."""
    return case.entry.variant == "11.2" and is_suspended(case)


def is_ordinary(case: Case) -> bool:
    """Tell whether a request is one that a Suspended meter must not be sent."""
    excepted = {row.variant for row in case.policy.exceptions}
    return (
        is_suspended(case)
        and case.entry.kind is Kind.NON_CRITICAL
        and case.entry.variant not in excepted
        and device_type_of(case) in METERS
    )


def is_later(case: Case) -> bool:
    """Tell whether a request is future-dated, as far as its own body says."""
    return execution_time_of(case.request.body) is not None


def is_suspended(case: Case) -> bool:
    """Tell whether a request is for a Suspended Device."""
    return case.is_device_request and case.device is not None and case.device.is_suspended


def device_type_of(case: Case) -> DeviceType | None:
    """Return the type of the Device that a request is for."""
    return None if case.device is None else case.device.device_type


def acting(make: Callable[[Act], Act]) -> Change:
    """Change what an allowed request leads to."""
    return lambda options: replace(options, seams=replace(options.seams, act=make(options.seams.act)))


def after_refusal(follow: Callable[[ReferenceDsp, Case, Refusal], None]) -> Change:
    """Have something follow a refusal."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.after_refusal

        def both(dsp: ReferenceDsp, case: Case, refusal: Refusal) -> None:
            inner(dsp, case, refusal)
            follow(dsp, case, refusal)

        return replace(options, seams=replace(options.seams, after_refusal=both))

    return change


def finishing(finish: Callable[[ReferenceDsp, bytes, Answer], Answer]) -> Change:
    """Have the last word on answers."""

    def change(options: DspOptions) -> DspOptions:
        inner = options.seams.finish

        def both(dsp: ReferenceDsp, octets: bytes, answer: Answer) -> Answer:
            return finish(dsp, octets, inner(dsp, octets, answer))

        return replace(options, seams=replace(options.seams, finish=both))

    return change


# Answers and their delivery ---------------------------------------------------------------------------


def sealing(make: Callable[[Seal], Seal]) -> Change:
    """Change how responses become octets."""
    return lambda options: replace(options, seams=replace(options.seams, seal=make(options.seams.seal)))


def rewritten(rewrite: Callable[[Response], Response], when: Callable[[Response], bool]) -> Change:
    """Rewrite responses before they are signed."""
    return sealing(
        lambda inner: (
            lambda response, signer: inner(rewrite(response) if when(response) else response, signer)
        )
    )


def redrawn(redraw: Callable[[etree._Element], etree._Element], when: Callable[[Response], bool]) -> Change:
    """Change the documents of responses before they are signed."""
    from dsp_conformance.duis import xml  # noqa: PLC0415 - needed by few

    def make(inner: Seal) -> Seal:
        def seal(response: Response, signer: XmlSigner) -> bytes:
            if not when(response):
                return inner(response, signer)
            root = redraw(response.to_xml())
            signer.sign(root)
            return xml.serialise(root)

        return seal

    return sealing(make)


def delivering(make: Callable[[Deliver], Deliver]) -> Change:
    """Change how responses are brought to the User."""
    return lambda options: replace(
        options,
        seams=replace(
            options.seams,
            traffic=replace(options.seams.traffic, deliver=make(options.seams.traffic.deliver)),
        ),
    )


def in_traffic(options: DspOptions, **steps: Callable[..., Any]) -> DspOptions:
    """Return options with other steps of the traffic with Devices, by the names of `TrafficSeams`."""
    return replace(options, seams=replace(options.seams, traffic=replace(options.seams.traffic, **steps)))


def in_state(options: DspOptions, **steps: Callable[..., Any]) -> DspOptions:
    """Return options with other steps of changing the state, by the names of `StateSeams`."""
    return replace(options, seams=replace(options.seams, state=replace(options.seams.state, **steps)))


def sending(make: Callable[[Send], Send]) -> Change:
    """Change how accepted commands are sent."""
    return lambda options: replace(
        options,
        seams=replace(
            options.seams, traffic=replace(options.seams.traffic, send=make(options.seams.traffic.send))
        ),
    )


def dropping(when: Callable[[Order, DeviceRecord], bool]) -> Change:
    """Acknowledge some requests for some Devices, and leave it at that."""

    def make(send: Send) -> Send:
        def sent(traffic: DeviceTraffic, order: Order) -> None:
            record = traffic.state.inventory.get(order.request_id.target)
            if record is None or not when(order, record):
                send(traffic, order)

        return sent

    return sending(make)


def never_sent(when: Callable[[DeviceRecord], bool]) -> Change:
    """Acknowledge SR11.2 for some Devices, and leave it at that."""
    return dropping(lambda order, record: order.command.variant == "11.2" and when(record))


def is_acknowledgement(response: Response) -> bool:
    """Tell whether a response acknowledges a request to a Device."""
    return response.response_code.value == "I99"


def is_rejection(response: Response) -> bool:
    """Tell whether an answer rejects a request; E20 and E21 come later, and from no check."""
    return response.response_code.value.startswith("E") and response.response_code not in NO_ANSWER


def is_asynchronous(response: Response) -> bool:
    """Tell whether a response carries a Device's message."""
    return isinstance(response.content, GbcsPayload)


def variant_of(response: Response) -> str:
    """Return the Service Reference Variant that a response repeats."""
    return response.body.variant if isinstance(response.body, ResponseMessage) else ""


def is_any(response: Response) -> bool:
    """Tell that a response is one."""
    del response
    return True
