"""Labelled pictures on white paper: words at the top, pictures and captions below; all lengths in pixels."""

from bisect import bisect
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from convcli.display.drawn.lettering import FAINT, INK, PAPER, Ink, text_width, with_font_note, write
from convcli.display.words import printable

__all__ = ["FAINT", "INK", "PAPER", "Sheet", "Tile", "Words", "lay_out", "scaled", "wrapped"]

Point = tuple[float, float]

# Narrowest column of words below pictures, in pixels.
NARROWEST = 200


class Words(NamedTuple):
    """Lines of one font size, `step` from one to the next."""

    lines: Sequence[str]
    size: int
    step: int
    ink: Ink = INK

    @property
    def width(self) -> float:
        """Width of the longest line."""
        return max(text_width(line, self.size) for line in self.lines)


class Tile(NamedTuple):
    """A picture and the lines below it."""

    picture: Image.Image
    lines: Sequence[str]


class Sheet:
    """White paper with words at the top, and under them, from row `top` on, `below` rows for pictures."""

    def __init__(self, width: float, head: Sequence[Words], below: int, margin: int) -> None:
        self.margin = margin
        self.top = margin + sum(len(words.lines) * words.step for words in head) + (margin if head else 0)
        self.image = Image.new("RGB", (ceil(width), self.top + below), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.texts: list[str] = []
        y = margin
        for words in head:
            for line in words.lines:
                self.text((margin, y), line, words.size, words.ink)
                y += words.step

    def cell(self, index: int, columns: int, step: tuple[int, int]) -> tuple[int, int]:
        """Return the upper left corner of a cell of a grid, whose cells are `step` apart across and down."""
        return self.margin + index % columns * step[0], self.top + index // columns * step[1]

    def text(self, at: Point, text: str, size: int, ink: Ink = INK, anchor: str = "la") -> None:
        """Write one line; characters that are not printable are escaped."""
        write(self.draw, at, text, size, ink, anchor)
        self.texts.append(text)

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
        """The sheet, H x W x 3, with a line at its end if it has characters that no font has."""
        return np.asarray(with_font_note(self.image, self.texts))


def lay_out(
    head: Sequence[Words],
    tiles: Sequence[Tile],
    columns: int,
    size: int,
    margin: int,
    *,
    framed: bool = False,
) -> Sheet:
    """Return a sheet of tiles in cells of one size, row by row, with words of `size` below them.

    Lines that are wider than all pictures are broken; what comes after the first line of a tile is faint.
    """
    step, widest = size + 3, max(tile.picture.width for tile in tiles)
    labels = [
        [
            (part, FAINT if number else INK)
            for number, line in enumerate(tile.lines)
            for part in wrapped(line, size, max(NARROWEST, widest))
        ]
        for tile in tiles
    ]
    cell = max(widest, ceil(max(text_width(line, size) for label in labels for line, _ in label)))
    across = max(columns * (cell + margin), *(words.width for words in head), 0)
    tallest = max(tile.picture.height for tile in tiles)
    high = tallest + max(map(len, labels)) * step + 3 + margin
    sheet = Sheet(ceil(across) + 2 * margin, head, ceil(len(tiles) / columns) * high + margin, margin)
    for index, tile in enumerate(tiles):
        left, above = sheet.cell(index, columns, (cell + margin, high))
        sheet.paste((left, above), tile.picture, framed=framed)
        for number, (line, ink) in enumerate(labels[index]):
            sheet.text((left, above + tile.picture.height + 3 + number * step), line, size, ink)
    return sheet


def scaled(tile: Image.Image, scale: float) -> Image.Image:
    """Return a picture with means of its pixels where `scale` is below 1, else with each of them repeated."""
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    return tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))), how)


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Return the lines of a text that are not wider than `width`, broken between words where it can be."""
    rest, lines = printable(text), list[str]()
    while rest:
        lengths = range(1, len(rest) + 1)
        end = max(1, bisect(lengths, width, key=lambda length: text_width(rest[:length], size)))
        if end < len(rest) and (space := rest.rfind(" ", 0, end + 1)) > 0:
            end = space
        lines.append(rest[:end])
        rest = rest[end:].lstrip()
    return lines or [""]
