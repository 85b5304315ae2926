"""What a product and its testbed can do: which events may be drawn, and by which settings they are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from dsp_conformance.duis.catalogue import ServiceReferenceVariant, catalogue
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import DeviceType, FutureDating, Kind, UserRole
from dsp_conformance.explore.events import (
    LOCAL_WAYS,
    Activate,
    ArrangeFault,
    AtOnce,
    DeviceFault,
    Event,
    ExploredModel,
    ReadFirmware,
    ReleaseResponses,
    RestartDsp,
    RunFirmware,
    SendImage,
    SendRequest,
    SetReachable,
    SetStatus,
)
from dsp_conformance.testbed.protocol import Capability

__all__ = [
    "METERS",
    "Abilities",
    "natural_roles",
    "refusal_of_catalogue",
    "rows_for",
    "senders_of",
    "supplier_of",
]

METERS: Final = frozenset({DeviceType.ESME, DeviceType.GSME})
"""The device types that the ledger's rules on Suspended Devices speak of."""

_EVERY_CAPABILITY: Final = frozenset(capability.value for capability in Capability)

_ROLES: Final[Mapping[DeviceType, frozenset[UserRole]]] = MappingProxyType(
    {
        DeviceType.ESME: frozenset({UserRole.IS, UserRole.ES, UserRole.RSA, UserRole.ED, UserRole.OU}),
        DeviceType.GSME: frozenset({UserRole.GS, UserRole.RSA, UserRole.GT, UserRole.OU}),
    }
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a product and its testbed can do.

    Attributes:
        capabilities: the testbed's, extensions included, by the names of the Testbed Control API.
        roles: the user roles that there are Service Users of.
        device_types: the types of Device that the testbed provides.
        rejection_code: with which a request is rejected for a Device's status.
        settle_seconds: how long the inventory, and whoever checks requests, may lag behind.
        smets1: whether SMETS1 Devices are supported; None where the profile does not say.
        resent_activation: whether a re-sent SR11.3 also updates the inventory; None as above.
        secmp0007: whether SR11.2 is for PPMID and HCALCS too; None as above.
        local_delivery: whether commands are returned for local delivery; None as above.
        future_dating: whether requests that the DSP keeps until their time are to be drawn.
    """

    capabilities: frozenset[str] = _EVERY_CAPABILITY
    roles: frozenset[UserRole] = frozenset(UserRole)
    device_types: frozenset[DeviceType] = frozenset(
        {DeviceType.ESME, DeviceType.GSME, DeviceType.PPMID, DeviceType.HCALCS, DeviceType.IHD}
    )
    rejection_code: ResponseCode = ResponseCode.E51
    settle_seconds: float = 5.0
    smets1: bool | None = None
    resent_activation: bool | None = None
    secmp0007: bool | None = None
    local_delivery: bool | None = None
    future_dating: bool = True

    def lacks(self, event: Event) -> str:  # noqa: PLR0911 - one answer an event
        """Say why an event cannot be on this testbed with this product; empty where it can."""
        match event:
            case AtOnce(first=first, second=second):
                return self.lacks(first) or self.lacks(second)
            case ReadFirmware(role=role, way=way, later=later) | SendRequest(role=role, way=way, later=later):
                return self._lacks_role(role) or self._lacks_way(way, later=later)
            case Activate(way=way):
                return self._lacks_way(way, later=False)
            case ArrangeFault(fault=DeviceFault.RESPONSE_HELD) | ReleaseResponses():
                return self.without("hold-response")
            case ArrangeFault():
                return self.without("inject-fault")
            case RunFirmware() | SetReachable():
                return self.without("control-device")
            case RestartDsp():
                return self.without("restart")
            case SetStatus():
                return self.without("set-status")
            case _:
                return ""

    def without(self, capability: str) -> str:
        """Say that the testbed lacks a capability; empty where it has it."""
        return "" if capability in self.capabilities else f"the testbed lacks {capability}"

    def lacks_model(self, model: ExploredModel) -> str:
        """Say why there can be no Devices of a model; empty where there can."""
        if model.device_type not in self.device_types:
            return f"the testbed provides no {model.device_type.value}"
        return "the profile has no SMETS1 Devices" if model.smets1 and not self.smets1 else ""

    def _lacks_role(self, role: UserRole) -> str:
        return "" if role in self.roles else f"there is no Service User of role {role.value}"

    def _lacks_way(self, way: int, *, later: bool) -> str:
        if way in LOCAL_WAYS and self.local_delivery is False:
            return "the product returns no commands for local delivery"
        return "future-dated requests are left out" if later and not self.future_dating else ""


def supplier_of(device_type: DeviceType) -> UserRole:
    """Return the role of a Device's supplier: gas supplier for a GSME, else import supplier."""
    return UserRole.GS if device_type is DeviceType.GSME else UserRole.IS


def natural_roles(device_type: DeviceType) -> frozenset[UserRole]:
    """Return the roles that have to do with a type of Device, so that no other check stands in their way."""
    return _ROLES.get(device_type, frozenset({UserRole.IS}))


def rows_for(model: ExploredModel) -> Mapping[str, ServiceReferenceVariant]:
    """Return the requests that Devices of a model may be sent at once, by variant in the catalogue's order.

    SR11.2 and SR11.3 are events of their own. SMETS1 Devices are sent Non-Critical requests alone.
    """
    return _rows_for(model.device_type, smets1=model.smets1)


@cache
def _rows_for(device_type: DeviceType, *, smets1: bool) -> Mapping[str, ServiceReferenceVariant]:
    return MappingProxyType(
        {
            row.variant: row
            for row in catalogue().values()
            if row.on_demand
            and row.variant not in {"11.2", "11.3"}
            and device_type in row.device_types
            and not (smets1 and row.kind is Kind.CRITICAL)
        }
    )


def senders_of(row: ServiceReferenceVariant, device_type: DeviceType) -> frozenset[UserRole]:
    """Return the roles that may send a request to a type of Device; its supplier where no source says."""
    return (row.user_roles & natural_roles(device_type)) or frozenset({supplier_of(device_type)})


def refusal_of_catalogue(  # noqa: PLR0911 - one answer a reason
    event: SendRequest | ReadFirmware | Activate | SendImage, model: ExploredModel
) -> str:
    """Say why no User would send a request to a Device of a model; empty where one would.

    Whoever sent it all the same would test another check than that of the Device's status.
    """
    device_type = model.device_type
    match event:
        case SendRequest(variant=variant, role=role, way=way, later=later):
            row = rows_for(model).get(variant)
            if row is None:
                return f"SR{variant} is not for Devices of type {device_type.value}"
            if way not in {each.value for each in row.command_variants}:
                return f"SR{variant} is {row.kind.value}"
            if later and row.future_dated not in {FutureDating.DSP, FutureDating.DSP_AND_DEVICE}:
                return f"the DSP keeps no SR{variant} for later"
            return "" if role in senders_of(row, device_type) else f"SR{variant} is not for role {role.value}"
        case ReadFirmware(role=role):
            return (
                "" if role in natural_roles(device_type) else f"a {device_type.value} is not read by {role}"
            )
        case _:
            if device_type not in METERS or model.smets1:
                return "firmware is sent to SMETS2 meters alone"
            return ""
