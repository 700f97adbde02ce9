"""A table of the layers of a stack, for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from convcli.display.terminal.figure_table import Column, FigureTable
from convcli.display.words import printable, significant
from convcli.stacks.trace import LayerTrace

__all__ = ["Summary", "amount"]

# Headings, and the order in which narrow terminals leave columns out: the highest first.
HEADS = {"#": 5, "layer": 0, "type": 4, "output": 0, "weights": 1, "sees": 3, "MACs": 2, "time": 6}

# Behind the names of layers with padding that no window reaches.
MARK = " *"


@dataclass(frozen=True, eq=False)
class Summary:
    """A Rich renderable of what each layer makes of one input, 80 columns wide or less; notes below it."""

    title: str
    traces: Sequence[LayerTrace]
    notes: Sequence[RenderableType]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"{self.title}\n", style="bold")
        rows = [_cells(trace) for trace in self.traces]
        yield FigureTable(
            [
                Column(head, cells, rank=rank, left=head == "type", names=head == "layer", foot=foot)
                for (head, rank), cells, foot in zip(
                    HEADS.items(), zip(*rows, strict=True), self._totals(), strict=True
                )
            ]
        )
        yield Text("")
        for note in self.notes:
            yield Text(note) if isinstance(note, str) else note

    def _totals(self) -> tuple[str, ...]:
        weights = amount(sum(trace.parameters for trace in self.traces))
        macs = amount(sum(trace.macs for trace in self.traces))
        return "", "in all", "", "", weights, "", macs, _time(sum(trace.seconds for trace in self.traces))


def _cells(trace: LayerTrace) -> tuple[str, ...]:
    return (
        str(trace.number),
        printable(trace.name) + (MARK if any(trace.unused_padding) else ""),
        trace.type,
        "x".join(map(str, trace.shape)),
        amount(trace.parameters),
        "x".join(map(str, trace.receptive_field)),
        amount(trace.macs),
        _time(trace.seconds),
    )


def amount(count: int) -> str:
    """Write a count in four digits or fewer and a unit: 9408, 118 M, 1.9 G."""
    if count < 10_000:
        return str(count)
    value, units = count / 1000, iter("kMGTPEZYRQ")
    while value >= 999.5:
        value /= 1000
        next(units)
    return f"{significant(value)} {next(units)}"


def _time(seconds: float) -> str:
    if seconds < 0.0095:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e3:.0f} ms" if seconds < 9.9995 else f"{seconds:.1f} s"
