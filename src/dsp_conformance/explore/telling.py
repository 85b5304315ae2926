"""Tells the events of a history one by one, as sentences of the features."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dsp_conformance.duis.terms import DeviceStatus, DeviceType
from dsp_conformance.explore.events import (
    Activate,
    ArrangeFault,
    AtOnce,
    ChangeEntry,
    DeviceFault,
    EntryChange,
    Event,
    ExploredModel,
    GiveUp,
    ListFirmware,
    ProvideDevice,
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
from dsp_conformance.explore.firmware_told import FirmwareTold, NamedOnlyError
from dsp_conformance.explore.sentences import (
    METERS_BY_TYPE,
    ROLES,
    Said,
    article,
    given,
    lost_activation,
    provided,
    request,
    then,
    trouble,
    when,
)

__all__ = ["NamedOnlyError", "Telling"]

_ORDINALS: Final = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


@dataclass(slots=True)
class Telling(FirmwareTold):
    """Tells one history."""

    def tell(self) -> None:
        """Tell all events.

        Raises:
            NamedOnlyError: a version has to be spelled out.
        """
        events = self._in_order()
        while events:
            self.lines.extend(self._sentences(events.pop(0), events))
        for _, version in self._unsaid:  # listed for something that no sentence implies
            raise NamedOnlyError(version)

    def _in_order(self) -> list[Event]:
        """Return the events; firmware that is spelled out is listed once a Device names its model."""
        events = list(self.history.events)
        for event in self.history.events:
            if not isinstance(event, ListFirmware) or event.version not in self.spelled_out:
                continue
            place = next(place for place, each in enumerate(events) if each is event)
            for later, other in enumerate(events[place:], start=place):
                if isinstance(other, ProvideDevice) and other.model == event.model:
                    events.insert(later, events.pop(place))
                    break
                if other is not event and getattr(other, "version", "") == event.version:
                    break
        return events

    def _sentences(self, event: Event, later: list[Event]) -> Iterator[Said]:
        match event:
            case ListFirmware():
                yield from self._listed(event)
            case ChangeEntry():
                yield from self._changed(event)
            case ProvideDevice():
                yield from self._provided(event, later)
            case RunFirmware(device=device, version=version):
                yield from self._runs(device, version)
            case SendImage(devices=devices, version=version):
                yield from self._sent(devices, version)
            case Activate():
                yield from self._activated(event)
            case ArrangeFault(device=device, variant="11.3", fault=DeviceFault.RESPONSE_LOST) if (
                later and isinstance(later[0], Activate) and self._loses(later[0], device)
            ):
                self.running[device] = later.pop(0).version  # type: ignore[union-attr]  # an Activate
                yield lost_activation(self.names[device])
            case _:
                yield from self._others(event)

    def _others(self, event: Event) -> Iterator[Said]:
        name = self.names.get(getattr(event, "device", ""), "")
        match event:
            case ReadFirmware() | SendRequest():
                yield request(event, name, self._supplier(event.device))
            case AtOnce():
                yield self._at_once(event)
            case ArrangeFault(variant=variant, fault=fault):
                yield trouble(name, variant, fault)
            case SetReachable(reachable=reachable):
                text = "can be reached again" if reachable else "cannot be reached"
                yield given(f"the {name} {text}", has_step=not reachable)
            case GiveUp():
                yield self._given_up(name)
            case TimeComes():
                yield self._time_comes(name)
            case ReleaseResponses():
                yield when(f"the late response of the {name} arrives", has_step=name in METERS_BY_TYPE)
            case RestartDsp():
                yield given("the DSP has been restarted")
            case SetStatus(status=status):
                text = f"the {name} has since become {status.value}"
                yield given(text, has_step=name in METERS_BY_TYPE)
            case _:
                raise AssertionError(event)

    def _given_up(self, name: str) -> Said:
        if self.lines and self.lines[-1].text == lost_activation(name).text:
            return when("the DSP no longer waits for that response")
        return when(f"the DSP no longer waits for the response of the {name}", has_step=False)

    def _time_comes(self, name: str) -> Said:
        kept = self.lines[-1].text if self.lines else ""
        if kept.endswith(f"to the {name} to be carried out a moment later"):
            if "SR11.2" in kept:
                return then(f"the response shows the firmware that the {name} runs")
            if "SR11.3" in kept:
                return then("the alert shows that the new firmware is active")
        return when(f"the time of the request to the {name} comes", has_step=False)

    def _provided(self, event: ProvideDevice, later: list[Event]) -> Iterator[Said]:
        model = self.history.models[event.model]
        key = (event.model, event.version)
        kind = model.device_type.value
        name = kind if kind not in self.names.values() else f'"{_ORDINALS[len(self.names) - 1]}"'
        like = [each for each in self._models if self.names[each] == kind]
        same = self._likeness(event, model, like[0]) if like else ""
        device = event.device
        self.names[device], self._models[device] = name, event.model
        self._recorded[device] = self.running[device] = event.version
        was_listed = self._unsaid.pop(key, None) is not None
        status, quoted = event.status, "" if name == kind else name
        if event.version in self.spelled_out:
            yield provided(status, kind, smets1=model.smets1, version=event.version, name=quoted)
        elif same:
            yield given(f"{article(status.value)} {kind} of {same} firmware, called the {name}")
        elif was_listed and not quoted and not model.smets1 and self._leaves_at_once(event, later):
            was = f"{article(kind)} that was {status.value} when its firmware was removed from the CPL"
            yield given(was, has_step=kind in METERS_BY_TYPE)
        else:
            yield provided(status, kind, smets1=model.smets1, name=quoted)

    def _likeness(self, event: ProvideDevice, model: ExploredModel, like: str) -> str:
        """Say how a Device is like the first of its type; nothing where no sentence says so."""
        other = self._model_of(like)
        if model.device_type not in {DeviceType.ESME, DeviceType.GSME} or model.smets1 or other.smets1:
            return ""
        same_version = event.version == self._recorded[like] == self.running[like]
        if self._models[like] == event.model:
            same_known = (event.model, event.version) not in self._unsaid
            return (
                f"the same model with {'the same' if same_version else 'other'}"
                if same_known == same_version
                else ""
            )
        if not same_version:
            return ""
        if model.manufacturer == other.manufacturer:
            return "another model with the same"
        return "another manufacturer with the same" if model.hardware == other.hardware else ""

    def _leaves_at_once(self, event: ProvideDevice, later: list[Event]) -> bool:
        """Tell whether its firmware is deleted next, and take that in."""
        gone = ChangeEntry(model=event.model, version=event.version, to=EntryChange.DELETED)
        between: list[Event] = []
        for place, each in enumerate(later):
            if each == gone and event.status in {
                DeviceStatus.COMMISSIONED,
                DeviceStatus.INSTALLED_NOT_COMMISSIONED,
            }:
                del later[place]
                return all(isinstance(one, ListFirmware) for one in between)
            if not isinstance(each, ListFirmware):
                return False
            between.append(each)
        return False

    def _loses(self, event: Activate, device: str) -> bool:
        usual = event.way == 5 and not event.later  # noqa: PLR2004 - at once, over the WAN
        return usual and event.device == device and self._new.get(device) == event.version

    def _at_once(self, event: AtOnce) -> Said:
        first, second = event.first, event.second
        texts = [
            request(each, self.names[each.device], self._supplier(each.device)).text
            for each in (first, second)
        ]
        if (
            isinstance(first, ReadFirmware)
            and isinstance(second, ReadFirmware)
            and first.device == second.device
        ):
            who = " and the ".join(ROLES[each.role] for each in (first, second))
            return when(
                f"the {who} send SR11.2 Read Firmware Version to the {self.names[first.device]} at once"
            )
        return when(f"at once {' and '.join(texts)}", has_step=False)
