"""Plainer values: what may stand in a history instead of something special, if that makes no difference."""

from collections.abc import Iterator

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, Kind, UserRole
from dsp_conformance.explore.abilities import rows_for, senders_of, supplier_of
from dsp_conformance.explore.events import (
    Activate,
    AtOnce,
    ChangeEntry,
    EntryChange,
    Event,
    ExploredModel,
    ListFirmware,
    ProvideDevice,
    ReadFirmware,
    RunFirmware,
    SendImage,
    SendRequest,
    SetStatus,
    Spelling,
)
from dsp_conformance.explore.history import History

__all__ = ["plainer_at", "plainer_models"]

_USUAL_REQUEST = {Kind.NON_CRITICAL: "4.1.1", Kind.CRITICAL: "2.3"}


def plainer_at(history: History, place: int) -> Iterator[Event]:  # noqa: C901 - one case an event
    """Yield plainer events for one of a history, the plainest first."""
    event = history.events[place]
    models = {
        each.device: history.models[each.model] for each in history.events if isinstance(each, ProvideDevice)
    }
    match event:
        case ListFirmware(status=status, spelled=spelled):
            if status is not CplStatus.ACTIVE:
                yield event.model_copy(update={"status": CplStatus.WITHDRAWN})
            if spelled is not Spelling.PLAIN:
                yield event.model_copy(update={"spelled": Spelling.PLAIN})
        case ChangeEntry(to=to) if to not in {EntryChange.DELETED, EntryChange.ACTIVE}:
            yield event.model_copy(update={"to": EntryChange.DELETED})
        case ProvideDevice(status=status) | SetStatus(status=status):
            for plain in (DeviceStatus.COMMISSIONED, DeviceStatus.INSTALLED_NOT_COMMISSIONED):
                if status is plain:
                    break
                yield event.model_copy(update={"status": plain})
        case SendImage(devices=names) if len(names) > 1:
            yield from (event.model_copy(update={"devices": (name,)}) for name in names)
        case AtOnce(first=first, second=second):
            yield from (first, second)
        case ReadFirmware(device=name) | Activate(device=name) | SendRequest(device=name):
            if isinstance(event, Activate):  # that it runs the firmware may be all that counts
                yield RunFirmware(device=name, version=event.version)
            if name in models:
                yield from _plainer_requests(event, models[name])


def plainer_models(history: History) -> Iterator[History]:
    """Yield the history with a model of the second generation in the place of one of the first."""
    for name, model in history.models.items():
        if model.smets1:
            models = {**history.models, name: model.model_copy(update={"smets1": False})}
            yield history.model_copy(update={"models": models})


def _plainer_requests(event: ReadFirmware | Activate | SendRequest, model: ExploredModel) -> Iterator[Event]:
    supplier = supplier_of(model.device_type)
    match event:
        case ReadFirmware():
            values: dict[str, object] = {"role": supplier, "way": 1, "later": False, "lower_case": False}
        case Activate():
            values = {"way": 5, "later": False}
        case SendRequest(variant=variant, way=way):
            row = catalogue()[variant]
            usual = _USUAL_REQUEST[row.kind]
            if variant != usual and usual in rows_for(model):
                yield event.model_copy(update={"variant": usual, "role": _sender(usual, model)})
            values = {"role": _sender(variant, model), "way": 5 if way >= 5 else 1, "later": False}  # noqa: PLR2004 - signed
    changed = {name: value for name, value in values.items() if getattr(event, name) != value}
    if len(changed) > 1:
        yield event.model_copy(update=changed)
    yield from (event.model_copy(update={name: value}) for name, value in changed.items())


def _sender(variant: str, model: ExploredModel) -> UserRole:
    senders = senders_of(catalogue()[variant], model.device_type)
    supplier = supplier_of(model.device_type)
    return supplier if supplier in senders else min(senders)
