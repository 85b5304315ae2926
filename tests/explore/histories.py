"""Histories that tests write by hand."""

from dsp_conformance.duis.terms import DeviceStatus, DeviceType, UserRole
from dsp_conformance.explore.events import (
    ChangeEntry,
    EntryChange,
    Event,
    ExploredModel,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    RunFirmware,
    SendRequest,
)
from dsp_conformance.explore.history import History

OLD, NEW, THIRD = "0000000A", "0BCD1234", "77777777"

LISTED = ListFirmware(model="M", version=OLD)
NEW_LISTED = ListFirmware(model="M", version=NEW)
PROVIDED = ProvideDevice(device="A", model="M", version=OLD)
LEFT = ChangeEntry(model="M", version=OLD, to=EntryChange.DELETED)
RUNS_NEW = RunFirmware(device="A", version=NEW)
READ = ReadFirmware(device="A", role=UserRole.IS)
ASKED = SendRequest(device="A", variant="4.1.1", role=UserRole.IS, way=1)
SUSPENDED = (LISTED, NEW_LISTED, PROVIDED, LEFT)
"""A Device that is Suspended, while the CPL lists new firmware for its model."""


def installed() -> ProvideDevice:
    return PROVIDED.model_copy(update={"status": DeviceStatus.INSTALLED_NOT_COMMISSIONED})


def history(*events: Event, device_type: DeviceType = DeviceType.ESME, smets1: bool = False) -> History:
    """Return a history of one model, M."""
    model = ExploredModel(device_type=device_type, manufacturer="A", hardware="X", smets1=smets1)
    return History(models={"M": model}, events=events)
