"""What happens to a Device, coarsely: the events of a history as some thirty words."""

from collections.abc import Iterator
from enum import StrEnum, unique
from typing import Final

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.terms import Kind
from dsp_conformance.explore.abilities import Abilities, supplier_of
from dsp_conformance.explore.events import (
    LOCAL_WAYS,
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    DeviceFault,
    EntryChange,
    Event,
    GiveUp,
    ListFirmware,
    ReadFirmware,
    ReleaseResponses,
    RestartDsp,
    RunFirmware,
    SendImage,
    SendRequest,
    SetReachable,
    SetStatus,
    TimeComes,
)
from dsp_conformance.explore.knowledge import DeviceModel

__all__ = ["Word", "lacking_for", "words_of"]


@unique
class Word(StrEnum):
    """What happens, coarsely."""

    LISTED = "firmware is listed for its model"
    WITHDRAWN = "an entry of its model becomes Withdrawn"
    CANCELLED = "an entry of its model becomes Cancelled"
    EXPIRED = "an entry of its model becomes Expired"
    DELETED = "an entry of its model is deleted"
    RELISTED = "an entry of its model becomes Active again"
    RUNS = "it runs other firmware"
    READ = "SR11.2 by its supplier"
    READ_BY_OTHERS = "SR11.2 by another role"
    READ_LOCALLY = "SR11.2 for local delivery"
    READ_BOTH = "SR11.2 over the WAN and for local delivery"
    READ_LATER = "SR11.2 for later"
    IMAGE = "SR11.1 for it alone"
    IMAGES = "SR11.1 for several Devices"
    ACTIVATED = "SR11.3"
    ACTIVATED_LOCALLY = "SR11.3 for local delivery, with or without the WAN"
    ACTIVATED_LATER = "SR11.3 for later"
    RESENT = "SR11.3, sent again"
    CREDENTIALS = "SR6.23"
    TOP_UP = "SR2.2"
    CRITICAL = "another critical request"
    NON_CRITICAL = "another non-critical request"
    NON_CRITICAL_LOCAL = "another non-critical request for local delivery, with or without the WAN"
    NON_CRITICAL_LATER = "another non-critical request for later"
    AT_ONCE = "two requests of two Users at once"
    FAULT = "a fault waits for its next command"
    HELD = "its next response is held back"
    REACH = "it can no longer be reached, or again"
    GIVEN_UP = "the DSP stops waiting for it"
    DUE = "the time of a kept request comes"
    RELEASED = "its held responses arrive"
    RESTARTED = "the DSP is restarted"
    STATUS_SET = "another process sets its status"


_ENTRY_WORDS: Final = {
    EntryChange.ACTIVE: Word.RELISTED,
    EntryChange.CANCELLED: Word.CANCELLED,
    EntryChange.EXPIRED: Word.EXPIRED,
    EntryChange.WITHDRAWN: Word.WITHDRAWN,
    EntryChange.DELETED: Word.DELETED,
}


def words_of(event: Event, device: DeviceModel) -> Iterator[Word]:
    """Yield the words for what an event is to a Device."""
    match event:
        case ListFirmware(model=name):
            if name == device.model_name:
                yield Word.LISTED
        case ChangeEntry(model=name, to=to):
            if name == device.model_name:
                yield _ENTRY_WORDS[to]
        case ReadFirmware() | Activate() | SendRequest() | SendImage() | AtOnce():
            yield _word_of_request(event, device)
        case ArrangeFault(fault=fault):
            yield Word.HELD if fault is DeviceFault.RESPONSE_HELD else Word.FAULT
        case _:
            if (word := _OTHER_WORDS.get(type(event))) is not None:
                yield word


_OTHER_WORDS: Final[dict[type, Word]] = {
    RunFirmware: Word.RUNS,
    SetReachable: Word.REACH,
    GiveUp: Word.GIVEN_UP,
    TimeComes: Word.DUE,
    ReleaseResponses: Word.RELEASED,
    RestartDsp: Word.RESTARTED,
    SetStatus: Word.STATUS_SET,
}


def _word_of_request(  # noqa: PLR0911 - one answer a request
    event: ReadFirmware | Activate | SendRequest | SendImage | AtOnce, device: DeviceModel
) -> Word:
    match event:
        case AtOnce():
            return Word.AT_ONCE
        case SendImage(devices=devices):
            return Word.IMAGE if len(devices) == 1 else Word.IMAGES
        case Activate(version=version, way=way, later=later):
            if later:
                return Word.ACTIVATED_LATER
            if way in LOCAL_WAYS:
                return Word.ACTIVATED_LOCALLY
            return Word.RESENT if version in device.activated else Word.ACTIVATED
        case ReadFirmware():
            return _word_of_reading(event, device)
        case SendRequest():
            return _word_of_other(event)


def _word_of_reading(event: ReadFirmware, device: DeviceModel) -> Word:
    if event.later:
        return Word.READ_LATER
    if event.way in LOCAL_WAYS:
        return Word.READ_LOCALLY if event.way == min(LOCAL_WAYS) else Word.READ_BOTH
    usual = event.role is supplier_of(device.model.device_type)
    return Word.READ if usual else Word.READ_BY_OTHERS


def _word_of_other(event: SendRequest) -> Word:
    if event.variant in {"6.23", "2.2"}:
        return Word.CREDENTIALS if event.variant == "6.23" else Word.TOP_UP
    if catalogue()[event.variant].kind is Kind.CRITICAL:
        return Word.CRITICAL
    if event.later:
        return Word.NON_CRITICAL_LATER
    return Word.NON_CRITICAL_LOCAL if event.way in LOCAL_WAYS else Word.NON_CRITICAL


_CAPABILITIES: Final = {
    Word.RUNS: "control-device",
    Word.REACH: "control-device",
    Word.FAULT: "inject-fault",
    Word.GIVEN_UP: "inject-fault",
    Word.HELD: "hold-response",
    Word.RELEASED: "hold-response",
    Word.RESTARTED: "restart",
    Word.STATUS_SET: "set-status",
}
_LOCAL: Final = frozenset(
    {Word.READ_LOCALLY, Word.READ_BOTH, Word.ACTIVATED_LOCALLY, Word.NON_CRITICAL_LOCAL}
)
_KEPT: Final = frozenset({Word.READ_LATER, Word.NON_CRITICAL_LATER, Word.DUE})


def lacking_for(word: Word, abilities: Abilities) -> str:
    """Say why nothing of a word can happen with these abilities; empty where it can."""
    if (capability := _CAPABILITIES.get(word)) is not None:
        return abilities.without(capability)
    if word in _LOCAL and abilities.local_delivery is False:
        return "the product returns no commands for local delivery"
    return "future-dated requests are left out" if word in _KEPT and not abilities.future_dating else ""
