"""How each request about a Device is made: with which body, on which way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lxml import etree

from dsp_conformance.duis.catalogue import ServiceReferenceVariant
from dsp_conformance.duis.request_bodies import (
    ActivateFirmware,
    ReadFirmwareVersion,
    UpdateFirmware,
    dated,
    execution_time_of,
)
from dsp_conformance.duis.terms import CommandVariant, Kind
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.devices import StagedDevice
from dsp_conformance.scenario.request_bodies import request_body
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import service_request, usable
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.session import UserSession


@dataclass(frozen=True, slots=True)
class MadeRequest:
    """A request that was made, up to its synchronous answer.

    Attributes:
        exchange: the last exchange of it: for a critical request the one with the signed Pre-Command.
        flaw: why the Pre-Command of a critical request was not signed; empty otherwise.
    """

    exchange: Exchange
    flaw: str = ""

    def require_accepted(self, purpose: str) -> None:
        """See that a precondition's request was accepted.

        Raises:
            Inconclusive: it was not, so that the scenario cannot judge anything.
        """
        code = usable(self.exchange).response_code
        if self.flaw or not self.exchange.accepted:
            raise Inconclusive(
                Cause.PRECONDITION_UNMET,
                purpose,
                expected=f"SR{self.exchange.request.variant} accepted",
                found=self.flaw or code.value,
                hint="the scenarios that judge this request by itself tell more",
            )


@dataclass(frozen=True, slots=True)
class Way:
    """How a request is asked.

    Attributes:
        non_critical: the Command Variant of a non-critical request.
        critical: that of the signed Pre-Command of a critical one.
        later: whether it is future-dated, by a moment.
        lower_case: whether its EUIs are written in lower case.
    """

    non_critical: CommandVariant = CommandVariant.NON_CRITICAL_WAN
    critical: CommandVariant = CommandVariant.SIGNED_WAN
    later: bool = False
    lower_case: bool = False


OVER_THE_WAN: Final = Way()
A_MOMENT_LATER: Final = Way(later=True)
WAYS: Final[Mapping[str, Way]] = MappingProxyType(
    {
        "over the WAN": OVER_THE_WAN,
        "for local delivery": Way(CommandVariant.NON_CRITICAL_LOCAL, CommandVariant.SIGNED_LOCAL),
        "over the WAN and for local delivery": Way(
            CommandVariant.NON_CRITICAL_BOTH, CommandVariant.SIGNED_BOTH
        ),
        "to be carried out a moment later": A_MOMENT_LATER,
        "with EUIs in lower case": Way(lower_case=True),
    }
)
"""What a feature can say of how a request is asked (`domain.md`, Command Variants and Messages)."""


def make_request(
    stage: Stage,
    device: StagedDevice,
    variant: str,
    *,
    sender: UserSession | None = None,
    way: Way = OVER_THE_WAN,
    others: Sequence[StagedDevice] = (),
) -> MadeRequest:
    """Send a request about a Device in the way that the request is meant to be sent.

    SR8.2 asks the inventory, SR11.1 sends the Device's new firmware; critical requests go through the
    critical flow (SR11.3 for the new firmware), non-critical ones to the Device.

    Args:
        stage: the scenario's.
        device: what it is about.
        variant: the Service Reference Variant.
        sender: who sends it; the Device's supplier where left out.
        way: how it is asked.
        others: Devices that SR11.1 lists after the first; one of them all has new firmware, which is for all.
    """
    traffic, request = stage.traffic, service_request(variant)
    if variant == "8.2":
        session = sender or traffic.supplier_of(device.model.device_type)
        return MadeRequest(session.read_inventory(device.device_id))
    if variant == "11.1":
        listed = (device, *others)
        firmware = next((each.new_firmware for each in listed if each.new_firmware), None)
        firmware = firmware or stage.firmware_of(device)
        device_ids = tuple(each.device_id for each in listed)
        body = UpdateFirmware(firmware.image, firmware.version, device_ids).to_xml()
        exchange = traffic.send(device, request, body, CommandVariant.NON_DEVICE, sender)
        for each in listed:
            each.new_firmware = firmware
        return MadeRequest(exchange)
    body = _body(stage, device, request)
    # Some requests can be made for later alone. A vendor's body may name a day that nobody waits for.
    if way.later or execution_time_of(body) is not None:
        body = dated(body, stage.run.moment_later())
    if request.kind is Kind.CRITICAL:
        flow = traffic.send_critical(device, request, body, sender, way.critical)
        if variant == "11.3" and flow.accepted and device.new_firmware is not None:
            stage.activated(device)
        return MadeRequest(flow.last, flow.flaw)
    sent = traffic.send(device, request, body, way.non_critical, sender, lower_case=way.lower_case)
    return MadeRequest(sent)


def _body(stage: Stage, device: StagedDevice, request: ServiceReferenceVariant) -> etree._Element:
    match request.variant:
        case "11.2":
            return ReadFirmwareVersion().to_xml()
        case "11.3" if device.new_firmware is not None:
            return ActivateFirmware(stage.firmware_of(device).image_hash).to_xml()
        case _:
            return request_body(
                request,
                device.model.device_type,
                stage.run.body_folders,
                device_id=device.device_id,
                other_device_id=stage.run.somebody(),
            )
