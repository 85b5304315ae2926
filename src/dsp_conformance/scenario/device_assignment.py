"""Which scenario gets which Devices of a list: decided before any runs, and alike in every process."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dsp_conformance.collection.collected import CollectedScenario
from dsp_conformance.ledger.verdicts import NotTestable
from dsp_conformance.scenario.dry_run import Cast, Rehearsal, WantedDevice
from dsp_conformance.testbed.device_list import DeviceList, ProvisionedDevice
from dsp_conformance.testbed.device_state import DeviceState
from dsp_conformance.testbed.leases import Leases, leases_on

_OTHER_DRIVER: Final = "a list of Devices stands still: the drivers 'control-api', 'command' and 'manual' can"
_MORE_DEVICES: Final = "'dsp-conformance testbed plan --target FILE' prints the Devices that are missing"


@dataclass(frozen=True, slots=True)
class AllottedDevice:
    """A Device of the list, for one scenario.

    Attributes:
        wanted: what the scenario asked for.
        device: what it gets.
    """

    wanted: WantedDevice
    device: ProvisionedDevice


class Pool:
    """The Devices of a list that no scenario has yet.

    Args:
        devices: those that there are.
    """

    def __init__(self, devices: Iterable[ProvisionedDevice]) -> None:
        self._free: dict[DeviceState, list[ProvisionedDevice]] = {}
        for device in devices:
            self._free.setdefault(device.state, []).append(device)
        self._related = Counter(device.family for group in self._free.values() for device in group)
        # Those that have no relatives first: the others may be wanted together.
        for group in self._free.values():
            group.sort(key=lambda device: self._related[device.family])

    def of(self, state: DeviceState) -> tuple[ProvisionedDevice, ...]:
        """The free ones in that state."""
        return tuple(self._free.get(state, ()))

    def take(self, cast: Cast) -> tuple[tuple[AllottedDevice, ...], tuple[WantedDevice, ...]]:
        """Take what a scenario asks for, all or nothing; return it, or else what of it is lacking."""
        taken: list[AllottedDevice] = []
        lacking: list[WantedDevice] = []
        families: dict[int, list[WantedDevice]] = {}
        for wanted in cast.devices:
            families.setdefault(wanted.family, []).append(wanted)
        together = [members for number, members in families.items() if number]
        for members in [*together, *([each] for each in families.get(0, ()))]:
            found = self._together([each.state for each in members])
            if found is None:
                lacking += members
                continue
            for wanted, device in zip(members, found, strict=True):
                self._free[device.state].remove(device)
                taken.append(AllottedDevice(wanted, device))
        if lacking:
            for allotted in taken:
                self._free[allotted.device.state].insert(0, allotted.device)
            return (), tuple(lacking)
        return tuple(taken), ()

    def _together(self, states: Sequence[DeviceState]) -> tuple[ProvisionedDevice, ...] | None:
        """Free Devices in these states, of one family if there are several."""
        for first in self.of(states[0]):
            found = [first]
            for state in states[1:]:
                relatives = (d for d in self.of(state) if d.family == first.family and d not in found)
                relative = next(relatives, None)
                if relative is None:
                    break
                found.append(relative)
            if len(found) == len(states):
                return tuple(found)
        return None


@dataclass(slots=True)
class DeviceAssignment:
    """Allots the Devices of a list to scenarios.

    Attributes:
        devices: the list.
        leases: by which only one scenario gets each Device, whatever was allotted.
    """

    devices: DeviceList
    leases: Leases = field(init=False)
    _rehearsal: Rehearsal = field(default_factory=Rehearsal)
    _allotted: dict[str, tuple[AllottedDevice, ...]] = field(default_factory=dict)
    _excluded: dict[str, NotTestable] = field(default_factory=dict)
    _spares: Mapping[DeviceState, tuple[ProvisionedDevice, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.leases = leases_on(self.devices)

    def consider(self, scenarios: Iterable[CollectedScenario]) -> None:
        """Allot Devices to these scenarios, in their order."""
        self._allotted.clear()
        self._excluded.clear()
        pool = Pool(self.devices.devices)
        for scenario in scenarios:
            cast = self._rehearsal.of(scenario)
            if reason := cannot_be_listed(cast):
                self._excluded[scenario.id] = reason
                continue
            taken, lacking = pool.take(cast)
            if lacking:
                told = "; ".join(dict.fromkeys(str(each.state) for each in lacking))
                self._excluded[scenario.id] = NotTestable(
                    what=f"the list holds no further Device for it ({told})", hint=_MORE_DEVICES
                )
            else:
                self._allotted[scenario.id] = taken
        self._spares = {each.state: pool.of(each.state) for each in self.devices.devices}

    def exclusion_of(self, scenario: CollectedScenario) -> NotTestable | None:
        """Why the list is not enough for a scenario; None if it is."""
        return self._excluded.get(scenario.id)

    def of(self, scenario_id: str) -> tuple[AllottedDevice, ...]:
        """The Devices of a scenario that was considered."""
        return self._allotted[scenario_id]

    def spares(self, state: DeviceState) -> tuple[ProvisionedDevice, ...]:
        """The Devices in that state that no scenario got."""
        return self._spares.get(state, ())


def cannot_be_listed(cast: Cast) -> NotTestable | None:
    """Why no list of Devices could ever be enough for a scenario; None if one could."""
    if cast.strange:
        told = f"what the step {cast.strange[0]!r} does to the testbed cannot be foreseen"
        return NotTestable(what=told, hint=_OTHER_DRIVER)
    return NotTestable(*cast.lacking, hint=_OTHER_DRIVER) if cast.lacking else None
