"""Which message bodies stand on the page, and how they are laid out.

A page that held all bodies of a long run would be too big to send. What decided comes first: the deciding
exchanges of what did not pass, then all exchanges of what did not pass, then the deciding exchange of each
scenario that passed, then what else its judging steps exchanged; until the room is used up. Every message is
in the journal, octet by octet, and each exchange on the page names its size and SHA-256.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from dsp_conformance.duis.xml import readable
from dsp_conformance.ledger.verdicts import Verdict
from dsp_conformance.report.page.deciding import deciding_exchange, placed_exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsp_conformance.record.evidence import Exchange
    from dsp_conformance.record.scenario_record import ScenarioRecord

__all__ = ["LONGEST", "ROOM", "chosen_bodies", "laid_out"]

ROOM = 5_000_000
"""Octets of messages on one page; laying them out adds about a quarter."""

LONGEST = 60_000
"""Characters of one message as laid out; what is longer is cut."""

_FINE = (Verdict.PASS, Verdict.NONE)


def chosen_bodies(records: Iterable[ScenarioRecord], room: int = ROOM) -> frozenset[tuple[str, int]]:
    """The exchanges whose bodies go into the page, as scenario id and index of the exchange.

    Args:
        records: all scenarios.
        room: octets that they may have together.
    """
    ranked: list[tuple[int, str, int, int]] = []
    for record in records:
        decided = deciding_exchange(record)
        fine = record.verdict in _FINE
        for placed in placed_exchanges(record):
            rank = _rank(fine=fine, deciding=placed.index == decided, judged=placed.judged, late=placed.late)
            ranked.append((rank, record.identity.id, placed.index, _size(placed.exchange)))
    chosen = set()
    for _, identifier, index, size in sorted(ranked):
        if size <= room:
            room -= size
            chosen.add((identifier, index))
    return frozenset(chosen)


def _rank(*, fine: bool, deciding: bool, judged: bool, late: bool) -> int:
    if not fine:
        return 0 if deciding else 1
    if deciding:
        return 2
    return 3 if judged and not late else 4


def _size(exchange: Exchange) -> int:
    return sum(min(message.size, LONGEST) for message in (exchange.request, exchange.response) if message)


def laid_out(octets: bytes) -> Markup:
    """A message indented for the eye, escaped for HTML, and cut where it is very long.

    Quotation marks stay as they are: in text they need no escape, and XML is full of them.
    """
    text = readable(octets)
    cut = len(text) - LONGEST
    if cut > 0:
        text = f"{text[:LONGEST]}\n... {cut} more characters; the journal holds them all"
    text = "".join(one if one.isprintable() or one in "\n\t" else "�" for one in text) if _odd(text) else text
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;"))  # noqa: S704 - escaped here


def _odd(text: str) -> bool:
    """Whether there are characters that HTML does not allow, or that would turn the text around."""
    return not text.replace("\n", "").replace("\t", "").isprintable()
