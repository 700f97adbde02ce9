"""Numbers of parameters as bars on a logarithmic scale, for the terminal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from convcli.commands.run.summary_table import amount

__all__ = ["ParameterBars"]

# Columns of text of the shortest and longest scale.
LEAST, MOST = 12, 60

# Powers of ten between two labels, and columns of text of the longest: 1, 1000, 1 M, 1 G ...
UNIT, LABEL = 3, 4


@dataclass(frozen=True, eq=False)
class ParameterBars:
    """A Rich renderable: a bar for each name and count above a scale; nothing where no bar fits."""

    counts: Sequence[tuple[str, int]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names = max(len(name) for name, _ in self.counts)
        figures = max(len(amount(count)) for _, count in self.counts)
        margin = names + figures + 4
        width = min(MOST, options.max_width - margin - LABEL)
        if width < LEAST:
            return
        decades = UNIT * math.ceil(math.log10(max(10, *(count for _, count in self.counts))) / UNIT)
        yield Text("parameters, logarithmic", style="dim")
        for name, count in self.counts:
            bar = ("#" if options.ascii_only else "█") * max(1, round(width * math.log10(count) / decades))
            yield Text(f"{name:<{names}}  {amount(count):>{figures}}  {bar}")
        yield Text(" " * margin + _scale(decades, width), style="dim")


def _scale(decades: int, width: int) -> str:
    """Return labels, each where the bar of its count ends; where they are too close, some are left out."""
    step = UNIT * math.ceil((LABEL + 1) * decades / UNIT / width)
    labels = ""
    for power in range(0, decades + 1, step):
        labels = labels.ljust(round(width * power / decades)) + amount(10**power)
    return labels
