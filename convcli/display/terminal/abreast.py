"""Pictures side by side in the terminal, each with words below it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.choices import Graphics
from convcli.display.terminal.graphics import chosen_protocol
from convcli.display.terminal.picture import Picture

__all__ = ["Abreast"]

Pixels = NDArray[np.uint8]

# Columns of text: the narrowest picture, and between pictures.
NARROWEST, GAP = 18, 2

# Lines that are left for words and the prompt.
WORDS = 7


@dataclass(frozen=True, eq=False)
class Abreast:
    """A Rich renderable: as many pictures side by side as the terminal is wide for, with lines of words.

    The terminal's own graphics show the `sheet` instead, which has all of them and their words.
    """

    pictures: Sequence[tuple[Pixels, Sequence[str]]]
    sheet: Pixels

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        most = max(8, console.size.height - WORDS)
        if chosen_protocol(Graphics.AUTO, console, os.environ) is not Graphics.BLOCKS:
            yield Picture(self.sheet, max_lines=most)
            return
        count = len(self.pictures)
        rows = ceil(count / max(1, (options.max_width + GAP) // (NARROWEST + GAP)))
        columns = ceil(count / rows)
        width = (options.max_width + GAP) // columns - GAP
        for begin in range(0, count, columns):
            row = self.pictures[begin : begin + columns]
            table = Table.grid(padding=(0, GAP, 0, 0))
            for _ in row:
                table.add_column(width=width)
            table.add_row(*(Picture(pixels, max_lines=most) for pixels, _ in row))
            for line in range(max(len(lines) for _, lines in row)):
                table.add_row(*(Text(lines[line] if line < len(lines) else "") for _, lines in row))
            yield table
