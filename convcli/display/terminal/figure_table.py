"""Tables of figures that fit the terminal: columns without room are left out whole, and named below."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.display.language import Say, say_english
from convcli.display.terminal.facts import phrases, table
from convcli.display.terminal.sparkline import sparkline

__all__ = ["Column", "FigureTable"]

# Columns of text between two columns.
GAP = 2

# Least and greatest width of a sparkline, in columns of text.
SPARK = (6, 24)

# Width that names are shortened to, in columns of text, before whole columns are left out.
SHORTENED = 8

# Powers of ten that sparklines show.
DECADES = 4


@dataclass(frozen=True, eq=False)
class Column:
    """One column of words, or of `series` that are drawn as sparklines.

    Attributes
    ----------
    rank
        Where room is short, columns are chosen by rank, the lowest first.
    left
        Words are aligned to the left; figures, to the right, are the default.
    names
        Its words may be shortened, which figures never are.
    foot
        What stands below the rows, such as a sum.
    note
        A sentence below the table, where the column is shown.
    """

    head: str
    cells: Sequence[str] = ()
    series: Sequence[Sequence[float]] = ()
    rank: int = 0
    left: bool = False
    names: bool = False
    foot: str = ""
    note: str = ""

    @property
    def whole(self) -> int:
        """Its full width, in columns of text."""
        return SPARK[1] if self.series else max(map(cell_len, (self.head, self.foot, *self.cells)))

    @property
    def least(self) -> int:
        """Its least width, in columns of text."""
        if self.series:
            return max(cell_len(self.head), SPARK[0])
        return min(self.whole, SHORTENED) if self.names else self.whole


@dataclass(frozen=True, eq=False)
class FigureTable:
    """A Rich renderable: a table whose rows never wrap and whose figures are never cut.

    ``FigureTable([Column("layer", names, names=True), Column("time", times, rank=1)])``: where the terminal
    is too narrow for both, names are shortened; if that is not enough, ``time`` is left out, and said below.

    `strong` rows are bold.
    """

    columns: Sequence[Column]
    strong: frozenset[int] = frozenset()
    say: Say = say_english

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown = self._fitting(options.max_width)
        room = options.max_width - _least(shown)
        found = table(footer=any(column.foot for column in shown))
        drawn = []
        for column in shown:
            wide = max(column.least, min(column.whole, column.least + room))
            found.add_column(
                column.head,
                Text(column.foot),
                justify="left" if column.left or column.names else "right",
                no_wrap=True,
                max_width=wide if column.names else None,
            )
            drawn.append(
                [_line(values, wide, _limits(column.series), options.ascii_only) for values in column.series]
                if column.series
                else column.cells
            )
        for index, row in enumerate(zip(*drawn, strict=True)):
            found.add_row(*map(Text, row), style="bold" if index in self.strong else None)
        yield found
        if left := [column.head for column in self.columns if column not in shown]:
            yield phrases(
                self.say("no room for: {columns}", columns=self.say("; ").join(left)),
                options.max_width,
                "dim",
            )
        for column in shown:
            if column.note:
                yield Text(self.say("{head}: {note}", head=column.head, note=column.note), style="dim")

    def _fitting(self, width: int) -> list[Column]:
        chosen = list[Column]()
        for column in sorted(self.columns, key=lambda column: column.rank):
            if not chosen or _least([*chosen, column]) <= width:
                chosen.append(column)
        return [column for column in self.columns if column in chosen]


def _limits(series: Sequence[Sequence[float]]) -> tuple[float, float] | None:
    """Return one logarithmic scale for all lines: `DECADES` down from the greatest value."""
    greatest = max((value for values in series for value in values if value == value), default=0.0)
    return (greatest / 10**DECADES, greatest) if greatest > 0 else None


def _line(values: Sequence[float], width: int, limits: tuple[float, float] | None, ascii_only: bool) -> str:
    if limits is None or not any(value > 0 for value in values):
        return ""
    return sparkline(values, width, logarithmic=True, ascii_only=ascii_only, limits=limits)


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + GAP * (len(columns) - 1)
