"""Requests, responses and alerts as values: the public face of the modules that read and write them."""

from dsp_conformance.duis.reading import UnexpectedShape
from dsp_conformance.duis.response import (
    DccAlert,
    DeviceAlert,
    OtherBody,
    Response,
    ResponseBody,
    ResponseMessage,
)
from dsp_conformance.duis.response_content import (
    FutureDatedAlert,
    GbcsPayload,
    Inventory,
    InventoryDevice,
    LocalCommand,
    OtherContent,
    PreCommand,
    ResponseContent,
    UpdateFirmwareWarning,
)
from dsp_conformance.duis.service_request import SCHEMA_VERSION, ServiceRequest

__all__ = [
    "SCHEMA_VERSION",
    "DccAlert",
    "DeviceAlert",
    "FutureDatedAlert",
    "GbcsPayload",
    "Inventory",
    "InventoryDevice",
    "LocalCommand",
    "OtherBody",
    "OtherContent",
    "PreCommand",
    "Response",
    "ResponseBody",
    "ResponseContent",
    "ResponseMessage",
    "ServiceRequest",
    "UnexpectedShape",
    "UpdateFirmwareWarning",
]
