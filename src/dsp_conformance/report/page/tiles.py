"""The picture of coverage: one tile for each requirement, with its verdict and how far it was tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsp_conformance.report.page.requirements import Bar, Group

__all__ = ["Picture", "Tile", "tiles_of"]

_ACROSS = 6
_WIDTH, _HEIGHT, _GAP = 50, 46, 6
_INSET = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """A requirement in the picture.

    Attributes:
        x: left edge.
        y: upper edge.
        key: class in the style sheet.
        symbol: of the verdict.
        number: the id without its group, such as "04".
        bars: its scenarios by verdict, scaled to the tile.
    """

    x: int
    y: int
    key: str
    symbol: str
    number: str
    bars: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All tiles of a group.

    Attributes:
        width: in pixels.
        height: in pixels.
        tiles: one for each requirement.
        text: the same in words.
    """

    width: int
    height: int
    tiles: tuple[Tile, ...]
    text: str


def tiles_of(group: Group) -> Picture:
    """The picture of a group of requirements."""
    tiles = []
    for place, one in enumerate(group.requirements):
        row, column = divmod(place, _ACROSS)
        tiles.append(
            Tile(
                1 + column * (_WIDTH + _GAP),
                1 + row * (_HEIGHT + _GAP),
                one.wording.key,
                one.wording.symbol,
                one.result.id.partition("-")[2] or one.result.id,
                tuple(_scaled(bar) for bar in one.bars),
            )
        )
    across = min(_ACROSS, len(tiles))
    down = -(-len(tiles) // _ACROSS)
    told = "; ".join(f"{one.result.id} {one.wording.word}, {one.counted}" for one in group.requirements)
    return Picture(
        2 + across * (_WIDTH + _GAP) - _GAP,
        2 + down * (_HEIGHT + _GAP) - _GAP,
        tuple(tiles),
        f"{group.title}: {told}",
    )


def _scaled(bar: Bar) -> tuple[str, float, float]:
    room = (_WIDTH - 2 * _INSET) / 100
    return bar.key, round(_INSET + bar.start * room, 1), round(bar.width * room, 1)
