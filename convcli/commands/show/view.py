"""A feature map as a table of numbers, each cell coloured by its value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from convcli.commands.show.aligned_numbers import Written, written
from convcli.display.terminal.cells import (
    Array,
    averaged,
    cell_style,
    colours,
    factor,
    has_colour,
    largest,
    shares,
)
from convcli.display.terminal.sparkline import BARS, PLAIN, bar

__all__ = ["FeatureMapTable"]

FAINT = Style(dim=True)


@dataclass(frozen=True, eq=False)
class FeatureMapTable:
    """A Rich renderable of one feature map: a table of coloured numbers, never wider than the terminal.

    Cells are coloured on the diverging scale around 0: blue is negative, red positive. Without colour signs
    and a bar behind each number, as high as its magnitude, say the same. A map that does not fit is pooled by
    mean to one that does, or, where that is not wanted, its last columns are left out; both are said.

    Attributes
    ----------
    title, facts, after
        Words above the table, in bold and plain, and lines below it.
    first
        What the first row and column are called.
    precision
        Decimals; None: four digits of the largest number.
    max_size
        Rows and columns at most; 0: never pooled; None: what fits.
    max_rows
        Rows that fit.
    """

    values: Array
    title: str = ""
    facts: str = ""
    after: Sequence[str] = ()
    first: tuple[int, int] = (0, 0)
    precision: int | None = None
    max_size: int | None = None
    max_rows: int = 32

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colour = has_colour(console)
        if self.title:
            yield Text(self.title, style="bold")
        if self.facts:
            yield Text(self.facts)
        table = self._table(options.max_width, colour)
        for line in table.lines(colour, PLAIN if options.ascii_only else BARS):
            yield from line
            yield Segment.line()
        for note in (*self._notes(table), *self.after):
            yield Text(note)

    def _table(self, width: int, colour: bool) -> "_Table":
        if self.max_size is not None:
            size = self.max_size or max(self.values.shape)
            return self._drawn(factor(self.values.shape, size, size), width, colour)
        side = factor(self.values.shape, self.max_rows, width)
        while True:
            table = self._drawn(side, width, colour)
            if not table.left_out or side >= max(self.values.shape):
                return table
            side = max(side + 1, factor(self.values.shape, self.max_rows, table.values.shape[1]))

    def _drawn(self, side: int, width: int, colour: bool) -> "_Table":
        """Lay the table out with blocks of `side`, and the columns that fit."""
        rows, columns = (-(-n // side) for n in self.values.shape)
        names = [self.first[0] + side * row for row in range(rows)]
        margin = max(len(str(names[0])), len(str(names[-1])))
        signed = not colour and bool((self.values < 0).any())
        shown = max(1, min(columns, (width - margin) // 2))
        while True:
            values = averaged(self.values[:, : shown * side], side)
            words = written(values, self.precision, plus=signed)
            last = self.first[1] + side * (shown - 1)
            cell = max(words.width + (0 if colour else 1), len(str(last))) + 1
            fits = max(1, (width - margin) // cell)
            if shown <= fits:
                return _Table(values, words, names, self.first[1], side, cell, margin, columns - shown)
            shown = fits

    def _notes(self, table: "_Table") -> Iterator[str]:
        if table.words.power:
            yield f"in units of 1e{table.words.power:+03d}"
        if table.side > 1:
            yield (
                f"pooled: each cell is the mean of {table.side} x {table.side} values, named by the first; "
                "--max-size 0 or --region shows them as they are"
            )
        if table.left_out:
            start = self.first[1] + table.side * table.values.shape[1]
            columns = f"{table.left_out} more column{'s' if table.left_out > 1 else ''}"
            yield f"{columns} to the right, from {start} on, did not fit; --region shows them"


class _Table(NamedTuple):
    """The numbers that are drawn, and how: `side` of blocks, `cell` and `margin` in columns of text."""

    values: Array
    words: Written
    rows: Sequence[int]
    first: int
    side: int
    cell: int
    margin: int
    left_out: int

    def lines(self, colour: bool, bars: str) -> Iterator[list[Segment]]:
        full = largest(self.values)
        gap = 0 if colour else 1
        heads = (str(self.first + self.side * n).rjust(self.cell - gap) for n in range(self.values.shape[1]))
        yield [Segment(" " * self.margin + (" " * gap).join(heads), FAINT if colour else None)]
        pixels = colours(self.values, full)
        heights = np.abs(np.nan_to_num(shares(self.values, full)))
        for row, name in enumerate(self.rows):
            line = [Segment(str(name).rjust(self.margin), FAINT if colour else None)]
            for column, word in enumerate(self.words.words[row]):
                text = word.rjust(self.cell - gap)
                if not colour:
                    height = float(heights[row, column])
                    text += bar(height, bars) if height else " "
                line.append(Segment(text, cell_style(pixels[row][column]) if colour else None))
            yield line
