"""A table of the layers of a stack. Data in, renderables out."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

__all__ = ["Summary", "SummaryRow", "amount"]

LAYER = 1
"""The column that gives way where the terminal is narrow, down to `LEAST` columns."""
LEAST = 8
GAP = 2


@dataclass(frozen=True, eq=False)
class SummaryRow:
    """One layer; `mark` is behind its name."""

    name: str
    type: str
    shape: tuple[int, ...]
    parameters: int
    field: tuple[int, int]
    macs: int
    seconds: float
    mark: str = ""


@dataclass(frozen=True, eq=False)
class Summary:
    """A Rich renderable of what each layer makes of one input, 80 columns wide or less.

    Attributes
    ----------
    title
        Above the table.
    rows
        The layers.
    notes
        Sentences below it.
    """

    title: str
    rows: Sequence[SummaryRow]
    notes: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"{self.title}\n", style="bold")
        heads = ("#", "layer", "type", "output", "weights", "sees", "MACs", "time")
        cells = [heads, *(_cells(number, row) for number, row in enumerate(self.rows, 1)), self._totals()]
        widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
        room = options.max_width - sum(widths) + widths[LAYER] - GAP * (len(heads) - 1)
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=True, padding=(0, GAP - 1, 0, 0)
        )
        for column, (head, foot) in enumerate(zip(heads, cells[-1], strict=True)):
            table.add_column(
                head,
                footer=foot,
                justify="left" if head in ("layer", "type") else "right",
                no_wrap=True,
                max_width=max(LEAST, min(widths[LAYER], room)) if column == LAYER else None,
            )
        for line in cells[1:-1]:
            table.add_row(*(Text(cell) for cell in line))
        yield table
        yield Text("")
        for note in self.notes:
            yield Text(note)

    def _totals(self) -> tuple[str, ...]:
        weights = sum(row.parameters for row in self.rows)
        macs = sum(row.macs for row in self.rows)
        return (
            "",
            "in all",
            "",
            "",
            amount(weights),
            "",
            amount(macs),
            _time(sum(r.seconds for r in self.rows)),
        )


def _cells(number: int, row: SummaryRow) -> tuple[str, ...]:
    return (
        str(number),
        row.name + row.mark,
        row.type,
        "x".join(map(str, row.shape)),
        amount(row.parameters),
        "x".join(map(str, row.field)),
        amount(row.macs),
        _time(row.seconds),
    )


def amount(count: int) -> str:
    """Write a count in four digits or fewer and a unit: 9408, 118 M, 1.9 G."""
    if count < 10_000:
        return str(count)
    value, units = count / 1000, iter("kMGTP")
    while value >= 999.5:
        value /= 1000
        next(units)
    return f"{value:.3g} {next(units)}"


def _time(seconds: float) -> str:
    if seconds < 0.0095:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e3:.0f} ms" if seconds < 9.9995 else f"{seconds:.1f} s"
