"""The switches of a profile: what each asks, and what a run makes of one that is undeclared or says no.

Rules of this module (requirement ledger, "A profile is complete before it supports a claim"):

- A switch matters where a MUST depends on it: by the ledger, or by a step that declares it.
- Where such a switch is undeclared, the scenarios run as if it said what makes them apply. The run can fail,
  and cannot end conformant.
- A switch that is declared so that a MUST falls away, or some of its scenarios, is named with the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsp_conformance.ledger.requirements import Applicability

__all__ = [
    "CONTRADICTED",
    "QUESTIONS",
    "SwitchEffect",
    "demand_of",
    "hint_for",
    "line_for",
    "lines_for",
    "said",
]

QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "smets1": "Does the product support SMETS1 meters?",
        "resent_activation": (
            "Does a re-sent SR11.3 update the inventory too, where the meter answers that it holds no image "
            "and already runs the new firmware? MP105 as approved asks for that."
        ),
        "secmp0007": "Does the product take SR11.2 for PPMID and HCALCS too, as SECMP0007 may have it?",
        "local_delivery": (
            "Does the product return commands for local delivery, as Command Variants 2, 3, 6 and 7 ask for?"
        ),
    }
)
"""Every switch of a profile, with the question that it answers."""


CONTRADICTED: Final = "profile contradicted"
"""The detail of a run that says where the testbed declares another profile than the target file."""


def said(value: bool | None) -> str:  # noqa: FBT001 - the value of a switch
    """A switch's value as a target file has it: yes, no or undeclared."""
    return "undeclared" if value is None else "yes" if value else "no"


def demand_of(applicability: Applicability) -> tuple[str, bool]:
    """The switch that something depends on, and the value with which it applies."""
    switch = applicability.removeprefix("not ")
    return switch, switch == applicability


def line_for(switch: str) -> str:
    """The line of the target file that declares a switch, such as 'smets1 = "yes" or "no"'."""
    return f'{switch} = "yes" or "no"'


def lines_for(switches: Iterable[str]) -> str:
    """What to write, and where, so that these switches are declared."""
    return f"write {', '.join(map(line_for, switches))} in [profile]"


def hint_for(demands: Iterable[Applicability], switches: Mapping[str, bool | None]) -> str:
    """What a tester has to know of the switches on which a failed scenario depends; empty if on none."""
    told = []
    for switch, needed in dict.fromkeys(map(demand_of, demands)):
        value = switches.get(switch)
        how = f"declares {switch} = {said(value)}" if value is not None else f"leaves {switch} undeclared"
        other = said(not needed)
        told.append(
            f"this is asked for because the profile {how} ({QUESTIONS[switch]}); if the answer is {other}, "
            f'set {switch} = "{other}" in the target file\'s [profile] section, and the verdict names it'
        )
    return "; ".join(told)


@dataclass(frozen=True, slots=True)
class SwitchEffect:
    """What one switch does to the MUST requirements of a run.

    Attributes:
        switch: its key in `[profile]`.
        declared: its value; None where it is undeclared.
        whole: the MUST requirements all of whose selected scenarios depend on it, sorted. Where the switch is
            declared, these fall away; where it is not, they run all the same.
        part: the MUST requirements of which that holds for some scenarios, sorted.
        scenarios: how many scenarios it is about.
    """

    switch: str
    declared: bool | None
    whole: tuple[str, ...]
    part: tuple[str, ...]
    scenarios: int

    @property
    def requirements(self) -> tuple[str, ...]:
        """All the requirements, sorted."""
        return tuple(sorted((*self.whole, *self.part)))

    @property
    def about(self) -> str:
        """Which requirements, such as "BASE-05, part of MP105-03"."""
        return ", ".join((*self.whole, *(f"part of {one}" for one in self.part)))

    def __str__(self) -> str:
        """The line of the profile and what falls away by it, such as 'smets1 = "no" (BASE-05)'."""
        return f'{self.switch} = "{said(self.declared)}" ({self.about})'

    def to_json(self) -> dict[str, Any]:
        """The effect as plain JSON values."""
        return {
            "switch": self.switch,
            "declared": said(self.declared),
            "requirements": list(self.whole),
            "parts_of": list(self.part),
            "scenarios": self.scenarios,
        }

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> SwitchEffect:
        """The inverse of `to_json`."""
        declared = {"undeclared": None, "yes": True, "no": False}[tree["declared"]]
        whole, part = tuple(tree["requirements"]), tuple(tree["parts_of"])
        return cls(tree["switch"], declared, whole, part, tree["scenarios"])
