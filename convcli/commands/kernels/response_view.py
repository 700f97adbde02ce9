"""A kernel's frequency response in the terminal: a picture with its axes, and two profiles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from convcli.display.terminal.cells import Array, colour_system, largest
from convcli.display.terminal.heat import Heat
from convcli.display.terminal.sparkline import sparkline
from convcli.display.words import significant

__all__ = ["Response"]

# Magnitudes below this share of the largest are rounding: nothing comes through.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Response:
    """A Rich renderable of (2n + 1) x (2n + 1) magnitudes: -1/2 to 1/2 cycles per pixel along both axes."""

    magnitudes: Array

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        size = len(self.magnitudes)
        lines = (size + 1) // 2
        yield Text("  |H(u, v)|, cycles per pixel: u down, v across", style="dim")
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(justify="right", no_wrap=True, width=6)
        grid.add_column(no_wrap=True)
        ends = {0: "-1/2", lines // 2: "0", lines - 1: "1/2"}
        names = "\n".join(ends.get(line, "") for line in range(lines))
        # Cells are two columns wide; every second frequency keeps both ends, and 0 in the middle.
        every = 1 if colour_system(console) and not options.ascii_only else 2
        drawn = self.magnitudes[::every, ::every]
        heat = Heat(drawn, magnitudes=True, max_width=size + 1, max_height=lines)
        grid.add_row(Text(names, style="dim"), heat)
        grid.add_row(Text(""), Text(f"-1/2{'0':^{size - 7}}1/2", style="dim"))
        yield grid
        middle = size // 2
        exact = np.where(self.magnitudes < ROUNDING * largest(self.magnitudes), 0.0, self.magnitudes)
        yield _profile("along v", exact[middle, middle:].tolist(), options)
        yield _profile("along u", exact[middle:, middle].tolist(), options)


def _profile(name: str, values: Sequence[float], options: ConsoleOptions) -> Table:
    """Show how the response changes from frequency 0 to 1/2."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(ratio=1)
    last = len(values) - 1
    said = ", ".join(
        f"{significant(values[index])} at {word}"
        for index, word in ((0, "0"), (last // 2, "1/4"), (last, "1/2"))
    )
    bars = sparkline(values, len(values), ascii_only=options.ascii_only)
    grid.add_row(Text(f"  {name}"), Text(bars), Text(said))
    return grid
