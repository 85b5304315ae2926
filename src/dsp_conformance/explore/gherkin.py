"""Prints a history as a Gherkin scenario in the suite's own words.

Versions that a sentence can name by their part in the story ("the firmware of the ESME") are not spelled out;
where one cannot, the whole scenario is told with versions of its own, in sentences that may have no step yet.
"""

from dataclasses import dataclass, field

from dsp_conformance.explore.history import History
from dsp_conformance.explore.outcomes import asks_itself, had_to_be
from dsp_conformance.explore.sentences import Said
from dsp_conformance.explore.telling import NamedOnlyError, Telling
from dsp_conformance.explore.violation import Violation

__all__ = ["Printed", "print_scenario"]


@dataclass(frozen=True, slots=True)
class Printed:
    """A scenario.

    Attributes:
        text: the feature, ready for `--features` where nothing is missing.
        missing: its sentences that have no step.
    """

    text: str
    missing: tuple[str, ...] = field(default=())


def print_scenario(history: History, violation: Violation, *, title: str = "") -> Printed:
    """Print a history that showed a violation.

    Args:
        history: the history, cut at the violation and shrunk.
        violation: what it showed.
        title: the scenario's; made of the violation where left out.
    """
    said = _told(history)
    last = history.events[min(violation.place, len(history.events) - 1)]
    name = said.names.get(violation.device, violation.device)
    had_to = had_to_be(violation, last, name, said.running.get(violation.device, ""))
    # Where what had to be is asked for by itself, the history's own request is not sent before it.
    lines = [*(said.lines[:-1] if asks_itself(had_to[0]) else said.lines), *had_to]
    title = title or f"{violation.blamed}: found {violation.found.split(' (', maxsplit=1)[0]}"
    head = [
        "Feature: Found by exploration",
        "",
        f"  @{violation.blamed}",
        f"  Scenario: {title}",
    ]
    steps = [f"    {keyword} {text}" for keyword, text in _keywords(lines)]
    missing = tuple(dict.fromkeys(line.text for line in lines if not line.has_step))
    return Printed("\n".join([*head, *steps]) + "\n", missing)


def _told(history: History) -> Telling:
    """Tell the events; each time that a version cannot be named by its part in the story, spell it out."""
    spelled_out: frozenset[str] = frozenset()
    for _ in range(len(history.events) + 1):
        telling = Telling(history, spelled_out)
        try:
            telling.tell()
        except NamedOnlyError as error:
            spelled_out |= {error.version}
        else:
            return telling
    raise AssertionError(f"{sorted(spelled_out)} are spelled out, and the history still cannot be told")


def _keywords(lines: list[Said]) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    before = ""
    for line in lines:
        told.append(("And" if line.keyword == before else line.keyword, line.text))
        before = line.keyword
    return told
