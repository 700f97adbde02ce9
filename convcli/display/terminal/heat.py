"""A matrix as colour: on a diverging scale around 0, or magnitudes in grey."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment

from convcli.display.colour_scales import GREYS
from convcli.display.terminal.cells import (
    Array,
    Pixel,
    averaged,
    cell_style,
    colour_system,
    colours,
    factor,
    half_blocks,
    largest,
    shares,
)
from convcli.display.words import significant

__all__ = ["SHADES", "Heat"]

# From 0 to the largest magnitude, where there is no colour; none could be taken for a sign.
SHADES = " .:;=o*%#@"


@dataclass(frozen=True, eq=False)
class Heat:
    """A Rich renderable of a matrix, drawn as the terminal has room for it.

    Small matrices are cells two columns wide, or as wide as their numbers; where they do not fit in width or
    height, half blocks draw two values per character, and beyond that blocks of values are averaged.
    Without colour each value is a sign (none where nothing is negative) and a shade, blank below 1%.

    Attributes
    ----------
    values : (H, W) array
        NaN is drawn dark grey, or ``??``.
    limit
        Magnitude of the fullest colour; the largest finite one where it is None.
    numbers, digits
        Write the values into their cells where they fit, in so many significant digits.
    magnitudes
        None is negative, and their scale is grey, from black to white, not blue and red around 0.
    max_width, max_height
        Columns and lines that are used at most; the width is never above the terminal's.
    """

    values: Array
    limit: float | None = None
    numbers: bool = False
    digits: int = 4
    magnitudes: bool = False
    max_width: int | None = None
    max_height: int = 32

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.size == 0:
            raise ValueError(f"values of shape {self.values.shape} are not a matrix")
        if self.max_height < 1 or (self.max_width is not None and self.max_width < 1):
            raise ValueError("max_width and max_height must be 1 or more")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines(options, colour_system(console)):
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        lines = self._lines(options, colour_system(console))
        widest = max(sum(segment.cell_length for segment in line) for line in lines)
        return Measurement(min(2, widest), widest)

    def _lines(self, options: ConsoleOptions, system: ColorSystem | None) -> Iterator[list[Segment]]:
        width = max(1, min(options.max_width, self.max_width or options.max_width))
        rows, columns = self.values.shape
        if self.numbers:
            texts = [[significant(value, self.digits) for value in row] for row in self.values.tolist()]
            cell = max(len(text) for row in texts for text in row) + 1
            if cell * columns <= width and rows <= self.max_height:
                yield from self._cells(
                    self.values, [[text.rjust(cell) for text in row] for row in texts], system
                )
                return
        fits = 2 * columns <= width and rows <= self.max_height
        if system and not options.ascii_only and not fits and width > 1:
            small = self._shrunk(2 * self.max_height, width)
            yield from half_blocks(self._colours(small))
            return
        small = self._shrunk(self.max_height, max(1, width // 2))
        texts = [["  "] * small.shape[1]] * small.shape[0] if system else self._shades(small)
        yield from self._cells(small, [[text[:width] for text in row] for row in texts], system)

    def _cells(
        self, values: Array, texts: list[list[str]], system: ColorSystem | None
    ) -> Iterator[list[Segment]]:
        for row, line in zip(self._colours(values), texts, strict=True):
            yield [Segment(text, cell_style(pixel, system)) for pixel, text in zip(row, line, strict=True)]

    def _colours(self, values: Array) -> list[list[Pixel]]:
        return colours(values, self._full(), GREYS if self.magnitudes else None)

    def _shrunk(self, rows: int, columns: int) -> Array:
        return averaged(self.values, factor(self.values.shape, rows, columns))

    def _shades(self, values: Array) -> list[list[str]]:
        signed = bool((self.values < 0).any())
        return [[_shade(share, signed) for share in row] for row in shares(values, self._full()).tolist()]

    def _full(self) -> float:
        return largest(self.values) if self.limit is None else self.limit


def _shade(share: float, signed: bool) -> str:
    if math.isnan(share):
        return "??"
    if abs(share) < 0.01:
        return "  "
    shade = SHADES[max(1, round(abs(share) * (len(SHADES) - 1)))]
    if not signed:
        return 2 * shade
    return f"{'-' if share < 0 else '+'}{shade}"
