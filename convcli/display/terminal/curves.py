"""Curves of numbers over an axis, in Braille dots, or in dots of ASCII, two above each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from convcli.display.terminal.facts import phrases
from convcli.display.ticks import nice_ticks
from convcli.display.words import number, significant

__all__ = ["STYLES", "Curve", "aligned"]

Array = NDArray[Any]
Dots = NDArray[np.bool_]

# Colours of a first, second and third curve: the terminal's own, which suit its background.
STYLES = ("cyan", "yellow", "green")

# The bit of each dot in a Braille character, from U+2800 on (Unicode 15.0, section 21.1).
BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])

# Characters of one column of two dots, by the bits of the upper and the lower one.
PLAIN_BITS, PLAIN = np.array([[1], [2]]), " '.:"

# Columns of text from one number of the horizontal axis to the next, at least.
APART = 10

# Line of 0, and the axes: corner, line and tick; the second of each without Unicode.
ZERO, AXES = ("┈", "-"), ("└─┴", "+-+")


@dataclass(frozen=True, eq=False, kw_only=True)
class Curve:
    """A Rich renderable of one curve with axes and their numbers, as wide as the terminal.

    Attributes
    ----------
    title
        The line above it, in its colour.
    values : (N,) array
        What is not finite is left out.
    axis
        The horizontal axis in a word or two, for pictures.
    first, last
        Places of the first and the last value on the horizontal axis; without `last` they are samples.
    rows
        Lines of text, without title and axis.
    stems
        Lines from 0 to each value, for a few: else a line through all of them.
    margin
        Columns of the numbers on the left, at least.
    """

    title: str
    values: Array
    axis: str = "sample"
    first: float = 0.0
    last: float | None = None
    kind: int = 0
    rows: int = 5
    stems: bool = False
    margin: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        plain = options.ascii_only
        margin = max(self.margin, self.needs)
        width = max(2, options.max_width - margin - 1)
        yield phrases(self.title, options.max_width, STYLES[self.kind])
        labels = self._labels()
        for row, cells in enumerate(self._cells(width, plain=plain)):
            yield Segment(f"{labels.get(row, '').rjust(margin)} ")
            for text, dim in cells:
                yield Segment(text, Style(dim=True) if dim else Style.parse(STYLES[self.kind]))
            yield Segment.line()
        line, numbers = self._axis(width, AXES[plain])
        yield Segment(f"{' ' * margin}{line}\n{' ' * (margin + 1)}{numbers}".rstrip())
        yield Segment.line()

    @property
    def ends(self) -> tuple[float, float]:
        """Places of the first and the last value on the horizontal axis."""
        return self.first, self.first + len(self.values) - 1 if self.last is None else self.last

    @property
    def needs(self) -> int:
        """Columns of the numbers on the left."""
        return max(map(len, self._labels().values()))

    def _limits(self) -> tuple[float, float]:
        """Return the least and the greatest value, or 0 where that is beyond."""
        finite = self.values[np.isfinite(self.values)]
        low, high = min(0.0, float(finite.min(initial=0))), max(0.0, float(finite.max(initial=0)))
        return low, high if high > low else low + 1.0

    def _labels(self) -> dict[int, str]:
        """Return the numbers of the vertical axis by lines of text."""
        low, high = self._limits()
        ticks = nice_ticks(low, high, max(2, (self.rows + 1) // 2 + 1))
        return {
            min(self.rows - 1, int((high - tick) / (high - low) * self.rows)): significant(tick, 4)
            for tick in ticks
        }

    def _cells(self, width: int, *, plain: bool) -> Iterator[list[tuple[str, bool]]]:
        """Yield the characters of each line of text in runs, and whether they are faint."""
        bits = PLAIN_BITS if plain else BRAILLE
        down, across = bits.shape
        dots = self._dots(self.rows * down, width * across)
        codes = np.einsum("rdca,da->rc", dots.reshape(self.rows, down, width, across), bits)
        low, high = self._limits()
        zero = int(high / (high - low) * self.rows) if low < 0 < high else -1
        for row, line in enumerate(codes.tolist()):
            empty = ZERO[plain] if row == min(zero, self.rows - 1) else " "
            yield [
                (empty, True) if code == 0 else (PLAIN[code] if plain else chr(0x2800 + code), False)
                for code in line
            ]

    def _dots(self, height: int, width: int) -> Dots:
        """Return which of height x width dots the curve covers."""
        low, high = self._limits()
        columns, least, greatest = self.spans(width)
        with np.errstate(invalid="ignore"):
            ends = [np.nan_to_num((high - value) / (high - low) * height) for value in (greatest, least)]
        # rounded, so that no dot depends on the last digits of a value between two
        top, bottom = (np.clip(end.round(6).astype(int), 0, height - 1) for end in ends)
        rows = np.arange(height)[:, None]
        dots = np.zeros((height, width), np.bool_)
        dots[:, columns] = (rows >= top) & (rows <= bottom) & np.isfinite(least)
        return dots

    def spans(self, width: int) -> tuple[Array, Array, Array]:
        """Return columns of dots or pixels, and the least and the greatest value of the curve in each."""
        values = np.where(np.isfinite(self.values), self.values, np.nan).astype(np.float64)
        count = len(values)
        if count == 1 or (self.stems and 2 * count <= width):
            columns = ((np.arange(count) + 0.5) / count * width).astype(int)
            return columns, np.minimum(values, 0), np.maximum(values, 0)
        places = np.linspace(0, width - 1, count)
        edges = np.interp(np.clip(np.arange(width + 1) - 0.5, 0, width - 1), places, values)
        least, greatest = np.fmin(edges[:-1], edges[1:]), np.fmax(edges[:-1], edges[1:])
        nearest = np.rint(places).astype(int)
        np.fmin.at(least, nearest, values)
        np.fmax.at(greatest, nearest, values)
        return np.arange(width), least, greatest

    def _axis(self, width: int, signs: str) -> tuple[str, str]:
        """Return the horizontal axis and its numbers."""
        count, (first, last) = len(self.values), self.ends
        line, numbers = [*signs[1] * width], [" "] * width
        for tick in nice_ticks(first, last, max(2, width // APART)):
            if self.last is None and tick != int(tick):
                continue
            share = (tick - first) / ((last - first) or 1.0)
            if count == 1 or (self.stems and count <= width):
                share = (share * (count - 1) + 0.5) / count
            column = min(width - 1, int(share * width))
            word = number(tick, 4)
            start = max(0, min(width - len(word), column - (len(word) - 1) // 2))
            if any(sign != " " for sign in numbers[max(0, start - 1) : start + len(word) + 1]):
                continue
            line[column] = signs[2]
            numbers[start : start + len(word)] = word
        return signs[0] + "".join(line), "".join(numbers)


def aligned(curves: Sequence[Curve]) -> list[Curve]:
    """Return the curves with axes below each other."""
    margin = max(curve.needs for curve in curves)
    return [replace(curve, margin=margin) for curve in curves]
