"""A feature map as a table of numbers, each cell coloured by its value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from convcli.commands.show.aligned_numbers import Written, written
from convcli.display.colour_scales import CHANNELS, GREYS
from convcli.display.terminal.cells import (
    Array,
    Pixel,
    averaged,
    cell_style,
    colour_system,
    colours,
    factor,
    farthest,
    largest,
    shares,
)
from convcli.display.terminal.facts import phrases
from convcli.display.terminal.sparkline import BARS, PLAIN, bar
from convcli.display.words import significant

__all__ = ["FeatureMapTable", "Table"]

FAINT, BOLD = Style(dim=True), Style(bold=True)


@dataclass(frozen=True, eq=False)
class FeatureMapTable:
    """A Rich renderable of one feature map: a table of coloured numbers, never wider than the terminal.

    Where some are negative, cells are coloured on the diverging scale around 0, blue negative and red
    positive; otherwise from black to white, or to the colour of their channel. Without colour signs and a bar
    behind each number, as high as its magnitude, say the same. A map that does not fit is pooled to one that
    does, or, where that is not wanted, its last columns are left out; both are said.

    Attributes
    ----------
    title, facts, after
        Words above the table, in bold and plain, and lines below it.
    first
        What the first row and column are called.
    padding
        Which values are padding: they stand in brackets.
    marks
        Which values are bold, with an asterisk behind them.
    among
        The values of all tables that this one stands beside: they have one scale of colours, and equally many
        decimals.
    channel
        Red, green or blue.
    peaks
        Pooled cells hold the value farthest from 0, with its sign, not the mean.
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
    padding: NDArray[np.bool_] | None = None
    channel: str | None = None
    peaks: bool = False
    marks: NDArray[np.bool_] | None = None
    among: Array | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        system = colour_system(console)
        table = self.laid_out(options.max_width, colour=system is not None)
        if self.title:
            yield Text(self.title, style="bold")
        pooled = f"pooled {table.side}x{table.side}" if table.side > 1 else ""
        if facts := ", ".join(filter(None, (self.facts, pooled))):
            yield phrases(facts, options.max_width)
        bars = PLAIN if options.ascii_only else BARS
        for line in table.lines(system, bars, self.end):
            yield from line
            yield Segment.line()
        for note in (*self.notes(table, bars if system is None else ""), *self.after):
            yield phrases(note, options.max_width)

    @property
    def end(self) -> Pixel | None:
        """The fullest colour of a scale from black; None where some values are negative."""
        values = self.values if self.among is None else self.among
        return None if (values < 0).any() else CHANNELS.get(self.channel or "", GREYS)

    def laid_out(self, width: int, *, colour: bool) -> "Table":
        """Return the numbers that fit, in their words."""
        if self.max_size is not None:
            size = self.max_size or max(self.values.shape)
            return self._drawn(factor(self.values.shape, size, size), width, colour)
        side = factor(self.values.shape, self.max_rows, width)
        while True:
            table = self._drawn(side, width, colour)
            if not table.left_out or side >= max(self.values.shape):
                return table
            side = max(side + 1, factor(self.values.shape, self.max_rows, table.values.shape[1]))

    def _drawn(self, side: int, width: int, colour: bool) -> "Table":
        """Lay the table out with blocks of `side`, and the columns that fit."""
        rows, columns = (-(-n // side) for n in self.values.shape)
        names = [self.first[0] + side * row for row in range(rows)]
        margin = max(len(str(names[0])), len(str(names[-1])))
        shown = max(1, min(columns, (width - margin) // 2))
        padding, marks = (
            None if mask is None else averaged(mask.astype(np.float64), side) > 0
            for mask in (self.padding, self.marks)
        )
        brackets = padding is not None
        while True:
            part = self.values[:, : shown * side]
            starts = (np.arange(0, n, side) for n in part.shape)
            values: Array = farthest(part, *starts) if self.peaks else averaged(part, side)
            words = written(values, self.precision, plus=not colour and self.end is None, among=self.among)
            heads = [self.first[1] + side * column for column in range(shown)]
            behind = (0 if colour else 1) + brackets + (marks is not None)
            cell = max(words.width + brackets + behind, *(len(str(head)) + behind for head in heads)) + 1
            fits = max(1, (width - margin) // cell)
            if shown <= fits:
                full = largest(values if self.among is None else self.among)
                return Table(
                    values, words, names, heads, side, cell, margin, columns - shown, full, padding, marks
                )
            shown = fits

    def notes(self, table: "Table", bars: str) -> Iterator[str]:
        """Say what cells stand for; `bars` are the characters behind numbers, where there are no colours."""
        if table.words.power:
            yield f"in units of 1e{table.words.power:+03d}"
        full = significant(table.full / 10.0**table.words.power, 4)
        if full == "0":
            pass
        elif bars:
            yield f"bars behind numbers: distance from 0, {bars[-1]} is {full}"
        elif self.end is None:
            yield f"blue is negative, red positive, fullest at {full}"
        else:
            name = self.channel if self.end != GREYS else "white"
            yield f"black is 0, {name} {full}"
        if table.padding is not None:
            yield "[ ] is padding" if table.side == 1 else "[ ] holds padding"
        if table.side > 1:
            what = "value farthest from 0 among" if self.peaks else "mean of"
            yield (
                f"pooled: each cell is the {what} {table.side} x {table.side} values, named by the first; "
                "--max-size 0 or --region shows them as they are"
            )
        if table.left_out:
            start = self.first[1] + table.side * table.values.shape[1]
            columns = f"{table.left_out} more column{'s' if table.left_out > 1 else ''}"
            yield f"{columns} to the right, from {start} on, did not fit; --region shows them"


class Table(NamedTuple):
    """The numbers that are drawn, and how: `side` of blocks, `cell` and `margin` in columns of text.

    `full` is the magnitude of the fullest colour.
    """

    values: Array
    words: Written
    rows: Sequence[int]
    columns: Sequence[int]
    side: int
    cell: int
    margin: int
    left_out: int
    full: float
    padding: NDArray[np.bool_] | None
    marks: NDArray[np.bool_] | None

    @property
    def width(self) -> int:
        """Columns of text."""
        return self.margin + self.cell * len(self.columns)

    def lines(self, system: ColorSystem | None, bars: str, end: Pixel | None) -> Iterator[list[Segment]]:
        """Yield the lines of the table, all of one width."""
        full = self.full
        faint = FAINT if system else None
        behind = (0 if system else 1) + (self.padding is not None) + (self.marks is not None)
        heads = (str(head).rjust(self.cell - behind) for head in self.columns)
        yield [Segment(" " * self.margin + (" " * behind).join(heads), faint)]
        pixels = colours(self.values, full, end)
        heights = np.abs(np.nan_to_num(shares(self.values, full)))
        for row, name in enumerate(self.rows):
            line = [Segment(str(name).rjust(self.margin), faint)]
            for column, text in enumerate(self.words.words[row]):
                if not system:
                    height = float(heights[row, column])
                    text += bar(height, bars) if height else " "
                if self.padding is not None:
                    text = f"[{text}]" if self.padding[row, column] else f"{text} "
                style = cell_style(pixels[row][column], system)
                if self.marks is not None:
                    text += "*" if self.marks[row, column] else " "
                    style = style + BOLD if style and self.marks[row, column] else style
                line.append(Segment(text.rjust(self.cell), style))
            yield line
