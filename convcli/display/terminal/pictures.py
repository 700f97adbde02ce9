"""Pictures in the terminal, as well as it can show them, beside each other where there is room."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from convcli.choices import Graphics
from convcli.display.terminal.facts import phrases
from convcli.display.terminal.graphics import CELL, chosen_protocol, drawn
from convcli.display.terminal.line_breaks import broken
from convcli.display.terminal.picture import Picture
from convcli.display.words import shortened

__all__ = ["Pictures"]

# Columns of text between pictures, and least columns of one, so that its label can be read.
GAP, NARROWEST = 2, 16

# Lines of a label that the arrangement allows for.
LABEL = 3

# Most lines of a picture, and least, where the terminal has no room for more below the words.
MOST_LINES, LEAST_LINES = 40, 4

END = Segment.line()


@dataclass(frozen=True, eq=False)
class Pictures:
    """A Rich renderable of pictures with words above all of them, and above each its own.

    They are half blocks, two pixels a character in 24-bit colours or the nearest of 256; shades of characters
    where there are fewer colours; or the terminal's own graphics. As many stand beside each other as makes
    them largest. With the words and a line for the prompt they fit the terminal; where they would be lower
    than a few lines, they go on below.
    """

    pictures: Sequence[Picture]
    title: str = ""
    facts: str = ""
    graphics: Graphics = Graphics.AUTO

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        def height(words: Sequence[Text], width: int) -> int:
            return sum(len(broken(text, width).wrap(console, width)) for text in words)

        head = _words(self.title, self.facts, options.max_width)
        yield from head
        protocol = self._protocol(console, options)
        colour, graphics = protocol is not None, protocol not in (None, Graphics.BLOCKS)
        room = options.size.height - 1 - height(head, options.max_width)
        abreast, columns = self._abreast(options.max_width, room)
        each = (room + 1) // ceil(len(self.pictures) / abreast) - 1
        finer = CELL[0] if graphics else 1
        made = [
            one.prepared(*(finer * n for n in one.size(columns, each)), colour=colour)
            for one in self.pictures
        ]
        labels = [_words(shortened(one.title, columns), one.facts, columns) for one in made]
        highest = max(height(label, columns) for label in labels)
        lines = min(max(LEAST_LINES, each - highest), MOST_LINES)
        for start in range(0, len(made), abreast):
            if start:
                yield Text("")
            some = [(one, one.size(columns, lines)) for one in made[start : start + abreast]]
            yield _beside([Group(*label) for label in labels[start : start + abreast]], columns)
            if graphics and protocol is not None:
                yield from _joined(some, protocol, columns)
            else:
                parts = [[*one.lines(*size, colour=colour)] for one, size in some]
                yield _beside(
                    [Segments([s for line in lines for s in (*line, END)]) for lines in parts], columns
                )

    def _protocol(self, console: Console, options: ConsoleOptions) -> Graphics | None:
        """Return how pictures are drawn; None is in shades of characters."""
        protocol = chosen_protocol(self.graphics, console, os.environ)
        few = console.no_color or options.ascii_only or console.color_system not in ("256", "truecolor")
        return None if few and protocol is Graphics.BLOCKS else protocol

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


def _words(title: str, facts: str, width: int) -> list[Text]:
    return [text for text in (Text(title, style="bold"), phrases(facts, width)) if text.plain]


def _beside(items: Sequence[RenderableType], columns: int) -> RenderableType:
    if len(items) == 1:
        return items[0]
    # The gaps are columns of their own: Rich 14.0 takes the room of padding from the widths.
    grid = Table.grid(padding=0)
    row = list[RenderableType]()
    for item in items:
        if row:
            grid.add_column(width=GAP)
            row.append("")
        grid.add_column(width=columns)
        row.append(item)
    grid.add_row(*row)
    return grid


def _joined(
    some: Sequence[tuple[Picture, tuple[int, int]]], protocol: Graphics, columns: int
) -> RenderResult:
    """Draw pictures as one, with nothing between them, in the terminal's own graphics."""
    (one, size), *others = some
    lines = max(ceil(rows / 2) for _, (_, rows) in some)
    if not others:
        yield from drawn(one.pixels, protocol, size[0], lines)
        return
    across = len(some) * (columns + GAP) - GAP
    sheet = Image.new("RGBA", (across * CELL[0], lines * CELL[1]))
    for index, (one, (wide, rows)) in enumerate(some):
        tile = Image.fromarray(one.pixels)
        room = (wide * CELL[0], rows * CELL[1] // 2)
        how = Image.Resampling.NEAREST if wide > tile.width else Image.Resampling.BOX
        sheet.paste(tile.resize(room, how), (index * (columns + GAP) * CELL[0], 0))
    yield from drawn(np.asarray(sheet), protocol, across, lines)
