"""A matrix as colour on a diverging scale around 0: blue is negative, red positive."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

from convcli.display.terminal.cells import (
    averaged,
    cell_style,
    colours,
    factor,
    has_colour,
    largest,
    rgb,
    shares,
)
from convcli.display.words import significant

__all__ = ["Heat"]

Array = NDArray[np.float64]

_SHADES = " .:;=o*%#@"  # none that could be taken for a sign


@dataclass(frozen=True, eq=False)
class Heat:
    """A Rich renderable of a matrix; nothing in it depends on the size of the terminal but how it is drawn.

    Small matrices are cells two columns wide, or as wide as their numbers; where they do not fit in width or
    height, half blocks draw two values per character, and beyond that blocks of values are averaged.
    Without colour each value is a sign (none where nothing is negative) and a shade, blank below 1%.

    Attributes
    ----------
    values
        2-D real array; NaN is drawn dark grey, or ``??``.
    limit
        The magnitude that is drawn in the fullest colour; the largest finite one where it is None.
    numbers
        Write the values into their cells, where they fit.
    digits
        How many significant digits they have.
    max_width, max_height
        Columns and lines that are used at most; the width is never above the terminal's.
    """

    values: Array
    limit: float | None = None
    numbers: bool = False
    digits: int = 4
    max_width: int | None = None
    max_height: int = 32

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.size == 0:
            raise ValueError(f"values of shape {self.values.shape} are not a matrix")
        if self.max_height < 1 or (self.max_width is not None and self.max_width < 1):
            raise ValueError("max_width and max_height must be 1 or more")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = self._width(options)
        drawn = self._lines(width, has_colour(console), options.ascii_only)
        for line in drawn:
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        lines = list(self._lines(self._width(options), has_colour(console), options.ascii_only))
        widest = max(sum(segment.cell_length for segment in line) for line in lines)
        return Measurement(min(2, widest), widest)

    def _width(self, options: ConsoleOptions) -> int:
        return max(1, min(options.max_width, self.max_width or options.max_width))

    def _lines(self, width: int, colour: bool, ascii_only: bool) -> Iterator[list[Segment]]:
        rows, columns = self.values.shape
        if self.numbers:
            texts = [[significant(value, self.digits) for value in row] for row in self.values.tolist()]
            cell = max(len(text) for row in texts for text in row) + 1
            if cell * columns <= width and rows <= self.max_height:
                yield from self._cells(
                    self.values, [[text.rjust(cell) for text in row] for row in texts], colour
                )
                return
        fits = 2 * columns <= width and rows <= self.max_height
        if colour and not ascii_only and not fits and width > 1:
            yield from self._half_blocks(_shrunk(self.values, 2 * self.max_height, width))
            return
        small = _shrunk(self.values, self.max_height, max(1, width // 2))
        texts = [["  "] * small.shape[1]] * small.shape[0] if colour else self._shades(small)
        yield from self._cells(small, [[text[:width] for text in row] for row in texts], colour)

    def _cells(self, values: Array, texts: list[list[str]], colour: bool) -> Iterator[list[Segment]]:
        for row, line in zip(colours(values, self._full()), texts, strict=True):
            yield [
                Segment(text, cell_style(pixel) if colour else None)
                for pixel, text in zip(row, line, strict=True)
            ]

    def _half_blocks(self, values: Array) -> Iterator[list[Segment]]:
        drawn = colours(values, self._full())
        for top in range(0, len(drawn), 2):
            below = drawn[top + 1] if top + 1 < len(drawn) else [None] * len(drawn[top])
            yield [
                Segment("▀", Style(color=rgb(up), bgcolor=rgb(down) if down else None))
                for up, down in zip(drawn[top], below, strict=True)
            ]

    def _shades(self, values: Array) -> list[list[str]]:
        signed = bool((self.values < 0).any())
        return [[_shade(share, signed) for share in row] for row in shares(values, self._full()).tolist()]

    def _full(self) -> float:
        return largest(self.values) if self.limit is None else self.limit


def _shrunk(values: Array, rows: int, columns: int) -> Array:
    return averaged(values, factor(values.shape, rows, columns))


def _shade(share: float, signed: bool) -> str:
    if math.isnan(share):
        return "??"
    if abs(share) < 0.01:
        return "  "
    shade = _SHADES[max(1, round(abs(share) * (len(_SHADES) - 1)))]
    if not signed:
        return 2 * shade
    return f"{'-' if share < 0 else '+'}{shade}"
