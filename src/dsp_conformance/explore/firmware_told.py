"""Tells what happens to firmware, versions named by their part in the story wherever they can be."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from dsp_conformance.duis.terms import CplStatus, UserRole
from dsp_conformance.explore.abilities import supplier_of
from dsp_conformance.explore.events import (
    Activate,
    ChangeEntry,
    EntryChange,
    ExploredModel,
    ListFirmware,
    ProvideDevice,
)
from dsp_conformance.explore.history import History
from dsp_conformance.explore.sentences import Said, given, leaves, listed_and_run, request, when

__all__ = ["FirmwareTold", "NamedOnlyError"]

_TWO: Final = 2
Key = tuple[str, str]


class NamedOnlyError(Exception):
    """A version cannot be named by its part in the story, so it has to be spelled out from the beginning.

    Attributes:
        version: the version.
    """

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


@dataclass(slots=True)
class FirmwareTold:
    """What was told of a history so far.

    Attributes:
        history: the history.
        spelled_out: the versions that are spelled out.
        lines: what was told so far.
        names: what the scenario calls each Device.
        running: the version that each Device runs.
    """

    history: History
    spelled_out: frozenset[str] = frozenset()
    lines: list[Said] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    _models: dict[str, str] = field(default_factory=dict)
    _recorded: dict[str, str] = field(default_factory=dict)
    _own: dict[str, str] = field(default_factory=dict)
    _new: dict[str, str] = field(default_factory=dict)
    _unsaid: dict[Key, ListFirmware] = field(default_factory=dict)

    def _listed(self, event: ListFirmware) -> Iterator[Said]:
        key = (event.model, event.version)
        if event.version not in self.spelled_out:
            runners = [name for name in self._of_model(event.model) if self.running[name] == event.version]
            if runners and event.status is CplStatus.ACTIVE and runners[0] not in self._own:
                self._own[runners[0]] = event.version
                name = self.names[runners[0]]
                yield given(f"the firmware that the {name} runs has since become Active on the CPL")
            else:
                self._unsaid[key] = event  # said when a Device first has to do with it
            return
        status = event.status.value
        text = f"the CPL lists firmware {event.version} as {status} for the {self._model_text(event.model)}"
        yield given(text, has_step=False)

    def _changed(self, event: ChangeEntry) -> Iterator[Said]:
        version, to = event.version, event.to
        devices = self._of_model(event.model)
        if version in self.spelled_out:
            firmware = f"firmware {version} of the {self._model_text(event.model)}"
            yield when(leaves(firmware, to), has_step=False)
        elif recorded := [name for name in devices if self._recorded[name] == version]:
            yield when(leaves(f"the firmware of the {self.names[recorded[0]]}", to))
        elif runs := [name for name in devices if self._own.get(name) == version == self.running[name]]:
            yield when(leaves(f"the firmware that the {self.names[runs[0]]} runs", to))
        elif (
            new := [name for name in devices if self._new.get(name) == version]
        ) and to is EntryChange.DELETED:
            yield given(f"the new firmware of the {self.names[new[0]]} has since been removed from the CPL")
        else:
            raise NamedOnlyError(version)

    def _runs(self, device: str, version: str) -> Iterator[Said]:
        key, name = (self._models[device], version), self.names[device]
        before, self.running[device] = self.running[device], version
        others = [each for each in self._models if each != device and self.running[each] == version]
        meters = [each for each in others if self.names[each] in {"ESME", "GSME"}]
        if version in self.spelled_out:
            yield given(f"the {name} now runs firmware {version}", has_step=False)
        elif version == before:
            yield given(f"the {name} now runs the firmware that was removed from the CPL")
        elif (entry := self._unsaid.pop(key, None)) is not None:
            self._own[device] = version
            yield listed_and_run(name, entry.status, entry.spelled)
        elif elsewhere := self._listed_elsewhere(device, version):
            yield given(f"the {name} now runs firmware listed for another {elsewhere} only")
        elif meters:
            yield given(f"the {name} runs the same firmware as the {self.names[meters[0]]}")
        elif self._is_told_of_once(version):
            yield given(f"the {name} now runs firmware on no CPL entry")
        else:
            raise NamedOnlyError(version)

    def _listed_elsewhere(self, device: str, version: str) -> str:
        """Say for what else alone a version is listed, where no Device is of that; and take that in."""
        model = self._model_of(device)
        for key, entry in self._unsaid.items():
            other = self.history.models[key[0]]
            unused = not any(
                isinstance(event, ProvideDevice) and event.model == key[0] for event in self.history.events
            )
            if key[1] == version and entry.status is CplStatus.ACTIVE and unused:
                del self._unsaid[key]
                return "model" if other.manufacturer == model.manufacturer else "manufacturer"
        return ""

    def _is_told_of_once(self, version: str) -> bool:
        """Tell whether a version stands once in the history, and none is near it."""
        near = 0
        for event in self.history.events:
            other = getattr(event, "version", "")
            near += bool(other) and (other[:4] == version[:4] or other[4:] == version[4:])
            near += bool(other) and bytes.fromhex(other)[::-1].hex().upper() == version != other
        return near == 1

    def _sent(self, devices: tuple[str, ...], version: str) -> Iterator[Said]:
        key = (self._models[devices[0]], version)
        names = [self.names[device] for device in devices]
        to = " and the ".join(names)
        text = f"the supplier sends SR11.1 Update Firmware to the {to}"
        if version in self.spelled_out:
            yield when(f"{text} with firmware {version}", has_step=False)
        elif self._new.get(devices[0]) == version or self._unsaid.pop(key, None) is not None:
            if self._new.get(devices[0]) != version:
                yield given(f"new firmware that the CPL lists as Active for the model of the {names[0]}")
            self._new[devices[0]] = version
            yield when(text, has_step=len(devices) <= _TWO)
        else:
            raise NamedOnlyError(version)

    def _activated(self, event: Activate) -> Iterator[Said]:
        version, device = event.version, event.device
        said = request(event, self.names[device], self._supplier(device))
        if version in self.spelled_out:
            yield when(f"{said.text} with firmware {version}", has_step=False)
        elif self._new.get(device) == version or (device not in self._new and self._is_told_of_once(version)):
            yield said
        else:
            raise NamedOnlyError(version)

    def _model_of(self, device: str) -> ExploredModel:
        return self.history.models[self._models[device]]

    def _supplier(self, device: str) -> UserRole:
        return supplier_of(self._model_of(device).device_type)

    def _of_model(self, model: str) -> list[str]:
        return [device for device, name in self._models.items() if name == model]

    def _model_text(self, model: str) -> str:
        devices = self._of_model(model)
        return f"model of the {self.names[devices[0]]}" if devices else f"model called {model}"
