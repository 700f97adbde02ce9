"""Several pictures in the terminal, beside each other where there is room."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from convcli.choices import Graphics
from convcli.display.terminal.graphics import CELL, drawn
from convcli.display.terminal.picture import LEAST_LINES, Picture
from convcli.display.words import shortened

__all__ = ["Pictures"]

# Columns of text between pictures, and of one at least, so that its label can be read.
GAP, NARROWEST = 2, 16

# Lines of a label that pictures are arranged for.
LABEL = 3

END = Segment.line()


@dataclass(frozen=True, eq=False)
class Pictures:
    """A Rich renderable of pictures with words above all of them, and above each its own.

    As many stand beside each other as makes them largest, so that all fit the terminal; where they would be
    lower than a few lines, they go on below.
    """

    pictures: Sequence[Picture]
    title: str = ""
    facts: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        head = [Text(self.title, style="bold"), Text(self.facts)]
        head = [text for text in head if text.plain]
        yield from head
        above = sum(len(text.wrap(console, options.max_width)) for text in head)
        protocol = self.pictures[0].protocol(console, options)
        height = options.size.height - above - 1
        abreast, columns = self._abreast(options.max_width, height)
        below = ceil(len(self.pictures) / abreast)
        each = (height + 1) // below - 1
        prepared = [one.prepared(*one.size(columns, each), protocol) for one in self.pictures]
        labels = [_label(one, protocol, columns) for one in prepared]
        highest = max(sum(len(text.wrap(console, columns)) for text in label) for label in labels)
        lines = min(max(LEAST_LINES, each - highest), prepared[0].max_lines)
        for start in range(0, len(prepared), abreast):
            if start:
                yield Text("")
            some = prepared[start : start + abreast]
            sizes = [one.size(columns, lines) for one in some]
            grid = Table.grid(padding=(0, GAP, 0, 0))
            for _ in some:
                grid.add_column(width=columns)
            grid.add_row(*(Group(*label) for label in labels[start : start + abreast]))
            if protocol is None or protocol is Graphics.BLOCKS:
                colour = protocol is not None
                grid.add_row(
                    *(
                        Segments([part for line in one.lines(*size, colour=colour) for part in (*line, END)])
                        for one, size in zip(some, sizes, strict=True)
                    )
                )
            yield grid
            if protocol is not None and protocol is not Graphics.BLOCKS:
                yield from _joined(some, sizes, protocol, columns)

    def _abreast(self, width: int, height: int) -> tuple[int, int]:
        """Return how many stand beside each other where the pictures are largest, and their columns."""
        choices = []
        for abreast in range(1, len(self.pictures) + 1):
            columns = (width - GAP * (abreast - 1)) // abreast
            if abreast > 1 and columns < NARROWEST:
                break
            lines = (height + 1) // ceil(len(self.pictures) / abreast) - 1 - LABEL
            size = self.pictures[0].size(columns, max(LEAST_LINES, lines))
            choices.append((lines >= LEAST_LINES, size, abreast, columns))
        return max(choices)[2:]


def _label(one: Picture, protocol: Graphics | None, columns: int) -> list[Text]:
    title, *facts = one.words(protocol)
    return [Text(shortened(title.plain, columns), style="bold"), *facts]


def _joined(
    some: Sequence[Picture], sizes: Sequence[tuple[int, int]], protocol: Graphics, columns: int
) -> RenderResult:
    """Draw pictures as one, with nothing between them, in the terminal's own graphics."""
    lines = max(ceil(rows / 2) for _, rows in sizes)
    across = len(some) * (columns + GAP) - GAP
    sheet = Image.new("RGBA", (across * CELL[0], lines * CELL[1]))
    for index, (one, (wide, rows)) in enumerate(zip(some, sizes, strict=True)):
        tile = Image.fromarray(one.pixels)
        room = (wide * CELL[0], rows * CELL[1] // 2)
        how = Image.Resampling.NEAREST if wide > tile.width else Image.Resampling.BOX
        sheet.paste(tile.resize(room, how), (index * (columns + GAP) * CELL[0], 0))
    yield from drawn(np.asarray(sheet), protocol, across, lines)
