"""The shopping list: which Devices in which states a full run needs, and which of them a list lacks."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsp_conformance.collection.collected import CollectedScenario
from dsp_conformance.collection.planning import AnyState, Circumstances, exclusion_of
from dsp_conformance.duis.terms import UserRole
from dsp_conformance.ledger.requirements import Ledger
from dsp_conformance.ledger.verdicts import NotApplicable, NotTestable
from dsp_conformance.scenario.device_assignment import Pool, cannot_be_listed
from dsp_conformance.scenario.dry_run import Cast, Rehearsal, WantedDevice
from dsp_conformance.testbed.device_list import COLUMNS, ProvisionedDevice
from dsp_conformance.testbed.device_state import DeviceState, Runs
from dsp_conformance.testbed.protocol import SmetsVersion


@dataclass(frozen=True, slots=True)
class WantedBy:
    """A Device that a scenario needs.

    Attributes:
        scenario: which scenario.
        wanted: which Device.
        missing: whether the list has none for it.
    """

    scenario: CollectedScenario
    wanted: WantedDevice
    missing: bool

    @property
    def family(self) -> tuple[str, int] | None:
        """What names it and its relatives, which have to be of one model; None if it has none."""
        return (self.scenario.id, self.wanted.family) if self.wanted.family else None


@dataclass(frozen=True, slots=True)
class ShoppingList:
    """What a full run needs of a list.

    Attributes:
        wanted: every Device of every scenario that finds its Devices in a list.
        unlistable: the other scenarios, each with the reason.
    """

    wanted: tuple[WantedBy, ...]
    unlistable: tuple[tuple[CollectedScenario, NotTestable], ...]

    @property
    def missing(self) -> tuple[WantedBy, ...]:
        """What is not there yet."""
        return tuple(each for each in self.wanted if each.missing)


def shopping_list(
    scenarios: Iterable[CollectedScenario],
    ledger: Ledger,
    switches: dict[str, bool | None],
    devices: Iterable[ProvisionedDevice] = (),
) -> ShoppingList:
    """Read off the scenarios what a full run needs.

    Args:
        scenarios: all of them.
        ledger: tells with the switches which of them apply.
        switches: what the product declares.
        devices: those that are there.
    """
    everybody = frozenset(UserRole)  # who sends is for [[users]] to say, and no matter of Devices
    circumstances = Circumstances(switches, everybody, frozenset(), AnyState())
    rehearsal, pool = Rehearsal(), Pool(devices)
    wanted: list[WantedBy] = []
    unlistable = []
    for scenario in scenarios:
        excluded = exclusion_of(scenario, ledger, circumstances)
        if isinstance(excluded, NotApplicable):
            continue
        cast = rehearsal.of(scenario)
        if reason := excluded or cannot_be_listed(cast):
            unlistable.append((scenario, reason))
            continue
        _, lacking = pool.take(cast)
        if lacking:  # what is there of it is used all the same
            pool.take(Cast(tuple(each for each in cast.devices if each not in lacking)))
        wanted += [WantedBy(scenario, each, each in lacking) for each in cast.devices]
    return ShoppingList(tuple(wanted), tuple(unlistable))


def template_rows(wanted: Iterable[WantedBy]) -> list[dict[str, str]]:
    """Return an entry of a list for each Device, with the cells filled in that the scenario lays down."""
    rows = []
    families: dict[tuple[str, int], int] = {}
    for each in wanted:
        row = dict.fromkeys(COLUMNS, "") | _laid_down(each.wanted.state)
        if each.family is not None:
            number = families.setdefault(each.family, len(families) + 1)
            row["note"] = f"same manufacturer, model and firmware as all others of group {number}"
        rows.append(row)
    return rows


def _laid_down(state: DeviceState) -> dict[str, str]:
    return {
        "device_type": state.device_type.value,
        "status": state.status.value,
        "suspended_from": state.suspended_from.value if state.suspended_from else "",
        "smets_version": state.smets_version.value if state.smets_version is SmetsVersion.SMETS1 else "",
        "running_firmware_listed": "" if state.runs is Runs.RECORDED else state.runs.value,
        "activation_response": "lost" if state.activation_lost else "",
        "entitled": "supplier" if state.supplier_only else "",
        "new_firmware_image": "FILE" if state.new_firmware else "",
    }
