"""The table of formats in the terminal."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.commands.formats.report import HEADINGS, NOTES, as_pillow_reads_them, cells, promised, refused
from convcli.display.terminal.facts import table

__all__ = ["FormatTable"]


class FormatTable:
    """A Rich renderable of what is promised, and of what is not."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid = table()
        for heading in HEADINGS:
            grid.add_column(heading, overflow="fold", style="bold" if heading == "format" else "")
        for format in promised():
            grid.add_row(*map(Text, cells(format)))
        yield grid
        for sentence in (*NOTES, as_pillow_reads_them(), refused()):
            yield Text(f"\n{sentence}", style="dim")
