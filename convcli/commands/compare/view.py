"""A comparison of paddings in the terminal: a title, facts, tables, a verdict, notes."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.display.terminal.facts import phrases
from convcli.display.terminal.figure_table import FigureTable

__all__ = ["Report"]


@dataclass(frozen=True, eq=False)
class Report:
    """A Rich renderable: a title, lines about what was done, the verdict, tables with headings, notes."""

    title: str
    facts: Sequence[str]
    verdict: str
    tables: Sequence[tuple[str, FigureTable]]
    notes: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.title, style="bold")
        for fact in self.facts:
            yield phrases(fact, options.max_width, style="dim")
        for heading, figures in self.tables:
            yield Text("")
            if heading:
                yield Text(heading)
            yield figures
        yield Text("")
        if self.verdict:
            yield Text(self.verdict, style="bold")
        for note in self.notes:
            yield Text(note, style="dim")
