"""The table of formats in the terminal."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.commands.formats.report import HEADINGS, NOTES, as_pillow_reads_them, cells, promised, refused
from convcli.display.terminal.figure_table import Column, FigureTable

__all__ = ["FormatTable"]

# Rank of each column, from the left: where the terminal is narrow, the highest are left out first.
RANKS = (0, 0, 1, 2, 3, 5, 4)


class FormatTable:
    """A Rich renderable of what is promised, and of what is not."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = zip(*map(cells, promised()), strict=True)
        yield FigureTable(
            [
                Column(heading, words, rank=rank, left=True)
                for heading, words, rank in zip(HEADINGS, rows, RANKS, strict=True)
            ]
        )
        for sentence in (*NOTES, as_pillow_reads_them(), refused()):
            yield Text(f"\n{sentence}", style="dim")
