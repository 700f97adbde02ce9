"""Tables of how paddings differ, fitted to the terminal's width."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.display.terminal.facts import table
from convcli.display.terminal.sparkline import sparkline

__all__ = ["Column", "FigureTable", "Report"]

# Columns of text between two columns.
GAP = 2

# Least and greatest width of a sparkline, in columns of text.
SPARK = (6, 24)

# Powers of ten that sparklines show.
DECADES = 4


@dataclass(frozen=True, eq=False)
class Column:
    """One column of words, or of `series` that are drawn as sparklines.

    Columns of the highest rank are left out first where room is short; 0 stays. The note is said below the
    table where the column is shown.
    """

    head: str
    cells: Sequence[str] = ()
    series: Sequence[Sequence[float]] = ()
    rank: int = 0
    left: bool = False
    note: str = ""

    @property
    def width(self) -> int:
        """How much it needs at least."""
        if self.series:
            return max(len(self.head), SPARK[0])
        return max(len(self.head), *map(len, self.cells)) if self.cells else len(self.head)


@dataclass(frozen=True, eq=False)
class FigureTable:
    """A Rich renderable: a table whose rows never wrap; columns that have no room are named below it.

    `strong` are the rows that matter most.
    """

    columns: Sequence[Column]
    strong: frozenset[int] = frozenset()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = list(self.columns)
        while _width(shown) > options.max_width and any(column.rank for column in shown):
            shown.remove(max(reversed(shown), key=lambda column: column.rank))
        room = options.max_width - _width(shown)
        found = table()
        drawn = []
        for column in shown:
            found.add_column(column.head, justify="left" if column.left else "right", no_wrap=True)
            wide = max(SPARK[0], min(SPARK[1], column.width + room))
            drawn.append(
                [_line(values, wide, _limits(column.series), options.ascii_only) for values in column.series]
                if column.series
                else column.cells
            )
        for index, row in enumerate(zip(*drawn, strict=True)):
            found.add_row(*map(Text, row), style="bold" if index in self.strong else None)
        yield found
        if left := [column.head for column in self.columns if column not in shown]:
            yield Text(f"no room for: {', '.join(left)}", style="dim")
        for column in shown:
            if column.note:
                yield Text(f"{column.head}: {column.note}", style="dim")


def _limits(series: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """Return one logarithmic scale for all lines: `DECADES` down from the greatest value."""
    greatest = max((value for values in series for value in values if value == value), default=0.0)
    return (greatest / 10**DECADES, greatest) if greatest > 0 else None


def _line(values: Sequence[float], width: int, limits: tuple[float, float] | None, ascii_only: bool) -> str:
    if limits is None or not any(value > 0 for value in values):
        return ""
    return sparkline(values, width, logarithmic=True, ascii_only=ascii_only, limits=limits)


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


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
            yield Text(fact, style="dim")
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
