"""A sheet of A4 to write on: embedded fonts, text that fits, and marks that no font has to know."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BOLD", "GREY", "INK", "LINE", "MARGIN", "REGULAR", "WIDTH", "Sheet"]

REGULAR, BOLD = "Vera", "VeraBd"
INK, GREY, LINE = "#1a2027", "#525d69", "#c6ced6"
MARGIN = 15 * mm
WIDTH = A4[0] - 2 * MARGIN
"""Between the margins, in points."""

_SMALLEST = 5.0
_LEADING = 1.32
_ELLIPSIS = "..."


@cache
def _fonts() -> dict[str, frozenset[int]]:
    """Register the fonts that come with the library; what each of them can write."""
    folder = Path(reportlab.__file__).parent / "fonts"
    known = {}
    for name in (REGULAR, BOLD):
        font = TTFont(name, str(folder / f"{name}.ttf"))
        pdfmetrics.registerFont(font)
        known[name] = frozenset(font.face.charToGlyph)
    return known


class Sheet:
    """One page, written from its top downwards.

    Args:
        path: the file to write.
        title: of the document.
        subject: of the document.

    Attributes:
        y: where the next line goes, in points from the foot of the page.
    """

    def __init__(self, path: Path, *, title: str, subject: str) -> None:
        self._written = _fonts()
        self._canvas = Canvas(str(path), pagesize=A4, lang="en-GB", initialFontName=REGULAR)  # type: ignore[arg-type] # a name, whatever the stubs say
        self._canvas.setTitle(title)
        self._canvas.setSubject(subject)
        self._canvas.setAuthor("dsp-conformance")
        self._canvas.setCreator("dsp-conformance")
        self.y = A4[1] - MARGIN

    @property
    def left(self) -> float:
        """How many points are left above the margin at the foot."""
        return self.y - MARGIN

    def save(self) -> None:
        """Write the file."""
        self._canvas.showPage()
        self._canvas.save()

    def line(
        self,
        text: str,
        size: float,
        *,
        x: float = 0,
        width: float = WIDTH,
        font: str = REGULAR,
        ink: str = INK,
    ) -> None:
        """Write one line at `y`, made smaller, and in the end shorter, until it fits."""
        text = self._writable(text, font)
        while size > _SMALLEST and pdfmetrics.stringWidth(text, font, size) > width:
            size -= 0.25
        self._put(self._shortened(text, font, size, width), size, (x, self.y), font, ink)

    def paragraph(
        self,
        text: str,
        size: float,
        lines: int,
        *,
        x: float = 0,
        width: float = WIDTH,
        font: str = REGULAR,
        ink: str = INK,
    ) -> float:
        """Write a paragraph of so many lines at most, its first one at `y`; how many points it takes."""
        split = self.split(text, size, width, font)
        shown = split[:lines]
        if len(split) > lines:
            shown[-1] = self._shortened(f"{shown[-1]} {split[lines]}", font, size, width)
        for number, each in enumerate(shown):
            self._put(each, size, (x, self.y - number * size * _LEADING), font, ink)
        return max(1, len(shown)) * size * _LEADING

    def split(self, text: str, size: float, width: float, font: str = REGULAR) -> list[str]:
        """The lines of a paragraph, long words broken."""
        lines: list[str] = []
        for each in simpleSplit(self._writable(text, font), font, size, width):
            while pdfmetrics.stringWidth(each, font, size) > width and len(each) > 1:
                fits = next(
                    n
                    for n in range(len(each) - 1, 0, -1)
                    if n == 1 or self._fits(each[:n], font, size, width)
                )
                lines.append(each[:fits])
                each = each[fits:]  # noqa: PLW2901 - the rest of the same line
            lines.append(each)
        return lines

    def box(self, height: float, edge: str, fill: str) -> None:
        """Draw a box from `y` downwards over the whole width, with a heavy edge at its left."""
        canvas = self._canvas
        canvas.setFillColor(HexColor(fill))
        canvas.setStrokeColor(HexColor(edge))
        canvas.setLineWidth(0.8)
        canvas.rect(MARGIN, self.y - height, WIDTH, height, stroke=1, fill=1)
        canvas.setFillColor(HexColor(edge))
        canvas.rect(MARGIN, self.y - height, 5, height, stroke=0, fill=1)

    def rule(self, ink: str = LINE, width: float = 0.5) -> None:
        """Draw a line across the page at `y`."""
        self._canvas.setStrokeColor(HexColor(ink))
        self._canvas.setLineWidth(width)
        self._canvas.line(MARGIN, self.y, MARGIN + WIDTH, self.y)

    def mark(self, key: str, x: float, size: float, ink: str) -> None:
        """Draw a verdict's symbol at `y`: a tick, a cross, a question or exclamation mark, or a dash."""
        if key in {"inconclusive", "error"}:
            self._put("?" if key == "inconclusive" else "!", size, (x + size * 0.2, self.y), BOLD, ink)
            return
        strokes: dict[str, Sequence[tuple[float, float, float, float]]] = {
            "pass": ((0.05, 0.3, 0.3, 0.02), (0.3, 0.02, 0.75, 0.7)),
            "fail": ((0.1, 0.02, 0.7, 0.68), (0.1, 0.68, 0.7, 0.02)),
        }
        self._canvas.setStrokeColor(HexColor(ink))
        self._canvas.setLineWidth(size * 0.13)
        self._canvas.setLineCap(1)
        for x0, y0, x1, y1 in strokes.get(key, ((0.1, 0.3, 0.7, 0.3),)):
            self._canvas.line(
                MARGIN + x + x0 * size, self.y + y0 * size, MARGIN + x + x1 * size, self.y + y1 * size
            )

    def _put(self, text: str, size: float, at: tuple[float, float], font: str, ink: str) -> None:
        self._canvas.setFillColor(HexColor(ink))
        self._canvas.setFont(font, size)
        self._canvas.drawString(MARGIN + at[0], at[1], text)

    @staticmethod
    def _fits(text: str, font: str, size: float, width: float) -> bool:
        return pdfmetrics.stringWidth(text, font, size) <= width

    def _shortened(self, text: str, font: str, size: float, width: float) -> str:
        if self._fits(text, font, size, width):
            return text
        while text and not self._fits(text + _ELLIPSIS, font, size, width):
            text = text[:-1]
        return text.rstrip() + _ELLIPSIS

    def _writable(self, text: str, font: str) -> str:
        """The text with what the font lacks written without its accents, or as a question mark."""
        known = self._written[font]
        return "".join(
            one if ord(one) in known else self._nearest(one, known) for one in " ".join(text.split())
        )

    @staticmethod
    def _nearest(character: str, known: frozenset[int]) -> str:
        plain = unicodedata.normalize("NFKD", character)
        return "".join(one for one in plain if ord(one) in known and not unicodedata.combining(one)) or "?"
