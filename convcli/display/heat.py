"""A matrix as colour on a diverging scale around 0: blue is negative, red positive."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

from convcli.display.diverging import diverging

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
        drawn = self._lines(width, _has_colour(console), options.ascii_only)
        for line in drawn:
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        lines = list(self._lines(self._width(options), _has_colour(console), options.ascii_only))
        widest = max(sum(segment.cell_length for segment in line) for line in lines)
        return Measurement(min(2, widest), widest)

    def _width(self, options: ConsoleOptions) -> int:
        return max(1, min(options.max_width, self.max_width or options.max_width))

    def _lines(self, width: int, colour: bool, ascii_only: bool) -> Iterator[list[Segment]]:
        rows, columns = self.values.shape
        if self.numbers:
            texts = [[_written(value, self.digits) for value in row] for row in self.values.tolist()]
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
        colours = _colours(values, self._full())
        for row, line in zip(colours, texts, strict=True):
            yield [
                Segment(text, _style(pixel) if colour else None)
                for pixel, text in zip(row, line, strict=True)
            ]

    def _half_blocks(self, values: Array) -> Iterator[list[Segment]]:
        colours = _colours(values, self._full())
        for top in range(0, len(colours), 2):
            below = colours[top + 1] if top + 1 < len(colours) else [None] * len(colours[top])
            yield [
                Segment("▀", Style(color=_colour(up), bgcolor=_colour(down) if down else None))
                for up, down in zip(colours[top], below, strict=True)
            ]

    def _shades(self, values: Array) -> list[list[str]]:
        signed = bool((self.values < 0).any())
        return [[_shade(share, signed) for share in row] for row in _shares(values, self._full()).tolist()]

    def _full(self) -> float:
        if self.limit is not None:
            return self.limit
        finite = self.values[np.isfinite(self.values)]
        return float(np.abs(finite).max()) if finite.size else 0.0


def _has_colour(console: Console) -> bool:
    return console.color_system is not None and not console.no_color


def _shrunk(values: Array, rows: int, columns: int) -> Array:
    """Average blocks so that at most `rows` x `columns` values remain, in proportion."""
    factor = max(1, math.ceil(values.shape[0] / rows), math.ceil(values.shape[1] / columns))
    if factor == 1:
        return values
    down, across = (np.arange(0, side, factor) for side in values.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.add.reduceat(np.add.reduceat(values, down, axis=0), across, axis=1)
    counts = np.outer(np.diff([*down, values.shape[0]]), np.diff([*across, values.shape[1]]))
    return np.asarray(sums / counts)


def _colours(values: Array, full: float) -> list[list[tuple[int, int, int]]]:
    share = _shares(values, full)
    return [[(r, g, b) for r, g, b in row] for row in diverging(share).tolist()]


def _shares(values: Array, full: float) -> Array:
    """Scale to -1..1, where 1 is `full`."""
    if full == 0:
        return np.where(np.isnan(values), np.nan, np.sign(values))
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(values / full, -1, 1))


def _shade(share: float, signed: bool) -> str:
    if math.isnan(share):
        return "??"
    if abs(share) < 0.01:
        return "  "
    shade = _SHADES[max(1, round(abs(share) * (len(_SHADES) - 1)))]
    if not signed:
        return 2 * shade
    return f"{'-' if share < 0 else '+'}{shade}"


def _style(pixel: tuple[int, int, int]) -> Style:
    light = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2] > 140
    return Style(color=_colour((0, 0, 0) if light else (255, 255, 255)), bgcolor=_colour(pixel))


def _colour(pixel: tuple[int, int, int]) -> Color:
    return Color.from_rgb(*pixel)


def _written(value: float, digits: int) -> str:
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text
