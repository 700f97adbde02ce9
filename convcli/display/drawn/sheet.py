"""Labelled pictures on white paper: words at the top, pictures and captions below; all lengths in pixels."""

from collections.abc import Sequence
from functools import cache
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from convcli.display.words import printable

__all__ = ["FAINT", "INK", "PAPER", "Sheet", "Words", "font", "scaled", "wrapped"]

Point = tuple[float, float]
Ink = tuple[int, int, int] | str

PAPER, INK, FAINT = (255, 255, 255), (20, 20, 20), (110, 110, 110)


@cache
def font(size: int) -> Any:
    """Return Pillow's own font, which is the same everywhere."""
    return ImageFont.load_default(size)


class Words(NamedTuple):
    """Lines of one font size, `step` from one to the next."""

    lines: Sequence[str]
    size: int
    step: int
    ink: Ink = INK

    @property
    def width(self) -> float:
        """Width of the longest line."""
        return max(float(font(self.size).getlength(printable(line))) for line in self.lines)


class Sheet:
    """White paper with words at the top; `top` is where what is `below` begins, a margin after them."""

    def __init__(self, width: float, head: Sequence[Words], below: int, margin: int) -> None:
        self.margin, self.top = margin, 2 * margin + sum(len(words.lines) * words.step for words in head)
        self.image = Image.new("RGB", (ceil(width), self.top + below), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        y = margin
        for words in head:
            for line in words.lines:
                self.text((margin, y), line, words.size, words.ink)
                y += words.step

    def cell(self, index: int, columns: int, step: tuple[int, int]) -> tuple[int, int]:
        """Return the upper left corner of a cell of a grid, whose cells are `step` apart across and down."""
        return self.margin + index % columns * step[0], self.top + index // columns * step[1]

    def text(self, at: Point, text: str, size: int, ink: Ink = INK, anchor: str | None = None) -> None:
        """Write one line; what is not printable is escaped."""
        self.draw.text(at, printable(text), ink, font(size), anchor)

    def paste(
        self, at: tuple[int, int], tile: Image.Image | NDArray[np.uint8], *, framed: bool = False
    ) -> None:
        """Place a picture, inside a thin frame or not."""
        tile = tile if isinstance(tile, Image.Image) else Image.fromarray(tile)
        self.image.paste(tile, at)
        if framed:
            x, y = at
            self.draw.rectangle((x - 1, y - 1, x + tile.width, y + tile.height), outline=FAINT)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """The sheet, H x W x 3."""
        return np.asarray(self.image)


def scaled(tile: Image.Image, scale: float) -> Image.Image:
    """Return a picture with means of its pixels where `scale` is below 1, else with each of them repeated."""
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))), how)


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Return the lines of a text that are not wider than `width`, broken between words."""
    lines = [""]
    for word in printable(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font(size).getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
