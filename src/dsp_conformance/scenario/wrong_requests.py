"""SR11.2 and SR11.3 to a Suspended meter, wrong in one thing that another check than its status must find."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import Response
from dsp_conformance.duis.request_bodies import ActivateFirmware, ReadFirmwareVersion
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.terms import CommandVariant, DeviceStatus, DeviceType, Service, UserRole
from dsp_conformance.ledger.verdicts import Cause, Inconclusive
from dsp_conformance.scenario.devices import Model, StagedDevice, new_version
from dsp_conformance.scenario.request_making import MadeRequest
from dsp_conformance.scenario.stage import Stage
from dsp_conformance.scenario.traffic import service_request, supplier_role
from dsp_conformance.user.critical_flow import CriticalFlow
from dsp_conformance.user.exchange import Exchange
from dsp_conformance.user.session import UserSession

_COMMISSIONED: Final = "Commissioned meter"
_DISPLAY: Final = "display"


def _unknown_user(stage: Stage, meter: StagedDevice) -> Exchange:
    return _read(stage.traffic.stranger(), meter.device_id)


def _not_entitled(stage: Stage, meter: StagedDevice) -> Exchange:
    return _read(stage.traffic.act_as(UserRole.OU), meter.device_id)


def _to_an_ihd(stage: Stage, meter: StagedDevice) -> Exchange:
    model = Model.unique(DeviceType.IHD)
    display = stage.provide(_DISPLAY, model, model.device(new_version(), DeviceStatus.COMMISSIONED))
    display.record = stage.traffic.record_if_shown(display)  # which shows that it exists, if there is one
    return _read(_supplier(stage, meter), display.device_id)


def _command_variant(stage: Stage, meter: StagedDevice) -> Exchange:
    # For `wrong_variant_to_a_commissioned`, should it be needed: Devices are made before anything is asked.
    _commissioned(stage, meter)
    return _pre_command(stage, meter)


def _commissioned(stage: Stage, meter: StagedDevice, users: frozenset[Eui64] | None = None) -> StagedDevice:
    other = stage.listed_device(_COMMISSIONED, Model.unique(meter.model.device_type), users=users)
    stage.remember(other, DeviceStatus.COMMISSIONED)
    return other


def _pre_command(stage: Stage, meter: StagedDevice) -> Exchange:
    return _read(_supplier(stage, meter), meter.device_id, CommandVariant.PRE_COMMAND)


def _service(stage: Stage, meter: StagedDevice) -> Exchange:
    return _read(_supplier(stage, meter), meter.device_id, service=Service.NON_DEVICE)


def _no_device(stage: Stage, meter: StagedDevice) -> Exchange:
    nobody = Eui64(meter.device_id.octets[:4] + secrets.token_bytes(4))
    return _read(_supplier(stage, meter), nobody)


def _supplier(stage: Stage, meter: StagedDevice) -> UserSession:
    return stage.traffic.supplier_of(meter.model.device_type)


def _read(
    session: UserSession,
    device_id: Eui64,
    command_variant: CommandVariant = CommandVariant.NON_CRITICAL_WAN,
    *,
    service: Service | None = None,
) -> Exchange:
    body = ReadFirmwareVersion().to_xml()
    return session.send(service_request("11.2"), command_variant, body, device_id, service=service)


NOT_ENTITLED: Final = "by a user not entitled to the meter"
"""Here a Service User of another role sends the request."""

WRONGLY: Final[Mapping[str, Callable[[Stage, StagedDevice], Exchange]]] = MappingProxyType(
    {
        "by an unknown user": _unknown_user,
        NOT_ENTITLED: _not_entitled,
        "to an IHD": _to_an_ihd,
        "with a Command Variant it cannot have": _command_variant,
        "to another service of the DSP": _service,
        "to a Device that does not exist": _no_device,
    }
)
"""What a feature can say of how SR11.2 is sent."""


def _by_another_supplier(stage: Stage, meter: StagedDevice) -> Exchange:
    other = _commissioned(stage, meter, frozenset({_supplier(stage, meter).user.eui}))
    return _activation(stage, meter, other, stage.traffic.another(supplier_role(meter.model.device_type)))


def _by_an_other_user(stage: Stage, meter: StagedDevice) -> Exchange:
    other, sender = _commissioned(stage, meter), stage.traffic.act_as(UserRole.OU)
    read = MadeRequest(_read(sender, other.device_id))
    read.require_accepted("the other user may not read a Commissioned meter, and is hardly entitled to any")
    return _activation(stage, meter, other, sender)


def _activation(stage: Stage, meter: StagedDevice, other: StagedDevice, sender: UserSession) -> Exchange:
    """Send SR11.3 and return the exchange that is judged: the first one, with Command Variant 4.

    A DSP that makes a Pre-Command of it may look at the User when that is signed. Whether it does so for
    every meter, or because this one is Suspended, shows with one that is not.
    """
    flow = _activate(stage, meter, sender)
    if not flow.transform.accepted or not _activate(stage, other, sender).transform.accepted:
        return flow.transform
    stage.traffic.record.observe(
        "Pre-Commands are made for anybody: the User is looked at when they are signed"
    )
    return flow.last


def _activate(stage: Stage, meter: StagedDevice, sender: UserSession) -> CriticalFlow:
    body = ActivateFirmware(hashlib.sha256(secrets.token_bytes(32)).digest()).to_xml()
    return stage.traffic.send_critical(meter, service_request("11.3"), body, sender)


ANOTHER_SUPPLIER: Final = "by another supplier"
"""Here a Service User of the supplier's role, to whom the meter is not entrusted, sends the request."""

OTHER_USER: Final = "by an other user"
"""Here a Service User sends the request who may ask the meter, and has no role that may send it."""

ACTIVATING_WRONGLY: Final[Mapping[str, Callable[[Stage, StagedDevice], Exchange]]] = MappingProxyType(
    {ANOTHER_SUPPLIER: _by_another_supplier, OTHER_USER: _by_an_other_user}
)
"""What a feature can say of how SR11.3 is sent."""

REASONS: Final[Mapping[str, ResponseCode]] = MappingProxyType(
    {
        "the user is unknown": ResponseCode.E1,
        "the role may not send it": ResponseCode.E2,
        "the user is not entitled to the Device": ResponseCode.E4,
        "the request is not for that type of Device": ResponseCode.E11,
        "the request cannot have that Command Variant": ResponseCode.E12,
        "the request belongs to another service": ResponseCode.E13,
        "the Device does not exist": ResponseCode.E19,
    }
)
"""What a feature can say of why it is rejected, and the code that says so (ledger SCOPE-05)."""

UNKNOWN_USER: Final = "the user is unknown"
"""Here an HTTP status is as good: a DSP cannot check the signature of somebody that it does not know."""

WRONG_TYPE: Final = "the request is not for that type of Device"
"""Here a DSP that answers "unknown Device" may be right, if the inventory does not show the Device either."""

WRONG_VARIANT: Final = "the request cannot have that Command Variant"
"""A DSP may look at the status first, and the order of the checks is never judged: MP105 excepts SR11.2 with
Command Variants 1 to 3 alone. Then a Commissioned meter shows whether the Command Variant is looked at."""


def require_display_known(stage: Stage, response: Response) -> None:
    """See that the DSP knows the IHD that SR11.2 was sent to, where it does not say E11, which shows it.

    The inventory need not show an IHD (ledger, "What is never judged"). An answer that it does not exist is
    then no failure: the testbed alone says that it does.

    Raises:
        Inconclusive: it is called unknown, and SR8.2 does not show it.
    """
    display = stage.devices.get(_DISPLAY)
    if display is not None and response.response_code is ResponseCode.E19 and display.record is None:
        raise Inconclusive(
            Cause.PRECONDITION_UNMET,
            "the DSP does not know the IHD that the testbed provided",
            expected=f"a record of {display.device_id} in the answer to SR8.2, or E11 for SR11.2",
            found="no record, and E19",
            hint="see that testbed and DSP speak of one and the same inventory",
        )


def wrong_variant_to_a_commissioned(stage: Stage) -> Exchange:
    """Send SR11.2 with that Command Variant to a Commissioned meter of the type that the scenario judges."""
    return _pre_command(stage, stage.device(_COMMISSIONED))
