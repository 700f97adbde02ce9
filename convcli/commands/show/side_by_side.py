"""Maps of several padding modes side by side, as tables of numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from convcli.commands.show.differences import differing, sentences
from convcli.commands.show.maps import ShownMap
from convcli.commands.show.view import FeatureMapTable, Table
from convcli.display.terminal.cells import colour_system
from convcli.display.terminal.facts import phrases
from convcli.display.terminal.sparkline import BARS, PLAIN
from convcli.display.words import size

__all__ = ["SideBySide"]

# Columns of text between two tables.
GAP = 3

# Lines of text that go with the rows of a table: a blank one, a heading, the numbers of columns.
AROUND = 3

# Lines of text around all tables: title, facts, what cells stand for, how many differ, a blank one.
FRAME = 8

BOLD = Style(bold=True)

Line: TypeAlias = list[Segment]


@dataclass(frozen=True, eq=False)
class SideBySide:
    """A Rich renderable: maps of one shape, a table for each padding mode, as many abreast as fit.

    Padding stands in brackets; where results differ between the modes, an asterisk stands behind them; lines
    below count these places. Of maps that do not fit in so many `lines` the top left corner is shown, unless
    `max_size` is given. `precision`, `max_size` and `peaks` are those of :class:`FeatureMapTable`.
    """

    title: str
    maps: Sequence[ShownMap]
    lines: int
    precision: int | None = None
    max_size: int | None = None
    peaks: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        system, bars = colour_system(console), PLAIN if options.ascii_only else BARS
        one, width = self.maps[0], options.max_width
        values = {shown.mode or "": shown.values for shown in self.maps}
        places = differing(values)
        marks = places if one.padded() is None and places.any() else None
        drawn, abreast = self._laid_out(marks, width, colour=system is not None)
        view, table = drawn[0]
        part = size(view.values.shape)
        corner = f" (the top left {part} is shown, --region shows others)"
        facts = *one.extent(), *one.settings
        yield Text(self.title, style="bold")
        yield phrases(", ".join(facts) + corner * (view.values.shape != one.values.shape), width)
        headings = [f"{shown.mode}: {shown.range(4)}" for shown in self.maps]
        if max(map(len, headings)) > _each(width, abreast):
            headings = list(values)
        style = BOLD if system else None
        blocks = [
            [[Segment(heading, style)], *table.lines(system, bars, view.end)]
            for heading, (_, table) in zip(headings, drawn, strict=True)
        ]
        for start in range(0, len(blocks), abreast):
            yield Segment.line()
            for line in _joined(blocks[start : start + abreast]):
                yield from (*line, Segment.line())
        yield Segment.line()
        what = "results" if one.kernel else "pixels"
        notes = view.notes(table, bars if system is None else "")
        said = [*notes, *sentences(values, places, one.names, what, " (*)" * (marks is not None))]
        for note in (*said, *["--json lists the best matches of each"] * self.peaks):
            yield phrases(note, width)

    def _laid_out(
        self, marks: NDArray[np.bool_] | None, width: int, *, colour: bool
    ) -> tuple[list[tuple[FeatureMapTable, Table]], int]:
        """Return the tables that show most numbers, of corners of large maps, and how many are abreast."""
        count, whole = len(self.maps), self.maps[0].values.shape
        longest = max(len(shown.mode or "") for shown in self.maps)
        found = []
        for rows in range(1, count + 1):
            each = _each(width, abreast := -(-count // rows))
            high, wide = whole
            if self.max_size is None:
                high, wide = (self.lines - FRAME) // rows - AROUND, width
            views = self._views(marks, (max(1, high), wide))
            tables = [view.laid_out(each, colour=colour) for view in views]
            if self.max_size is None and any(table.left_out for table in tables):
                views = self._views(marks, (max(1, high), min(len(table.columns) for table in tables)))
                tables = [view.laid_out(each, colour=colour) for view in views]
            fits = high > 0 and max(longest, *(table.width for table in tables)) <= each
            found.append((fits, tables[0].values.size, list(zip(views, tables, strict=True)), abreast))
        return max(found, key=lambda one: one[:2])[2:]

    def _views(self, marks: NDArray[np.bool_] | None, shape: tuple[int, ...]) -> list[FeatureMapTable]:
        """Return a table for each map, or of its corner of that shape."""
        corner = slice(shape[0]), slice(shape[1])
        one = self.maps[0]
        padding = one.padded()
        return [
            FeatureMapTable(
                shown.values[corner],
                first=one.names,
                precision=self.precision,
                max_size=self.max_size or 0,
                padding=None if padding is None else padding[corner],
                channel=one.channel,
                peaks=self.peaks,
                marks=None if marks is None else marks[corner],
                among=np.concatenate([each.values[corner] for each in self.maps]),
            )
            for shown in self.maps
        ]


def _each(width: int, abreast: int) -> int:
    """Return the columns of text for each of several tables."""
    return (width - GAP * (abreast - 1)) // abreast


def _joined(blocks: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """Yield lines of several blocks side by side."""
    widths = [max(map(Segment.get_line_length, block)) for block in blocks]
    for parts in zip_longest(*blocks, fillvalue=[]):
        line: Line = []
        for part, width in zip(parts, widths, strict=True):
            short = width - Segment.get_line_length(part)
            line += [*part, Segment(" " * (short + GAP))]
        yield line[:-1]
