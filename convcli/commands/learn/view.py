"""Terminal drawings of a fit: weights, losses, trials of borders and sizes, a command to copy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from convcli.display.language import Say, say_english
from convcli.display.terminal.facts import indented, table
from convcli.display.terminal.heat import Heat
from convcli.display.terminal.sparkline import sparkline
from convcli.display.words import significant

__all__ = ["Beside", "CommandLine", "Losses", "continued", "open_directions", "trials", "weights"]

Array = NDArray[np.floating[Any]]

# Significant digits of the largest weight; the others have as many decimal places.
DIGITS = 4

# Most weights of a kernel whose standard errors are drawn one by one; of any kernel their range is printed.
ERRORS_WITHIN = 49

# Columns between two drawings that stand side by side.
GAP = 4

# Directions left open by the pictures that are drawn.
OPEN_DRAWN = 4


def weights(heading: str, values: Array, errors: Array, say: Say = say_english) -> Iterator[RenderableType]:
    """Draw one kernel, and the standard errors of its weights where they are known and few."""
    kernel = Group(
        Text(heading, style="bold"),
        indented(Heat(_rounded(values), numbers=True, digits=DIGITS, max_height=24)),
    )
    known = np.isfinite(errors).all() and errors.any() and 1 < values.size <= ERRORS_WITHIN
    yield Beside(kernel, StandardErrors(errors, say("standard errors"))) if known else kernel


@dataclass(frozen=True, eq=False)
class Beside:
    """Two Rich renderables side by side where the terminal is wide enough, else one below the other."""

    left: RenderableType
    right: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = [Measurement.get(console, options, item).maximum for item in (self.left, self.right)]
        if sum(wide) + GAP > options.max_width:
            yield self.left
            yield Text("")
            yield self.right
            return
        grid = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
        grid.add_row(self.left, self.right)
        yield grid


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """A Rich renderable of the weights' standard errors; nothing where they do not fit into the width."""

    values: Array
    heading: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = self._lines()
        if len(lines[0]) <= options.max_width:
            yield Text(f"  {self.heading}", style="dim")
            yield from (Text(line, no_wrap=True) for line in lines)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, max(cell_len(f"  {self.heading}"), len(self._lines()[0])))

    def _lines(self) -> list[str]:
        texts = [[significant(value, 2) for value in row] for row in self.values.tolist()]
        width = max(len(text) for row in texts for text in row) + 1
        return ["  " + "".join(text.rjust(width) for text in row) for row in texts]


def _rounded(values: Array) -> NDArray[np.float64]:
    """Round to as many places as the largest weight has with `DIGITS` digits: what is less is nothing."""
    largest = float(np.abs(values).max())
    if not 1e-200 < largest < 1e200:
        return np.asarray(values, np.float64)
    unit = 10.0 ** (int(np.floor(np.log10(largest))) - DIGITS + 1)
    return np.asarray(np.round(values / unit) * unit, np.float64)


def trials(heading: str, rows: Sequence[tuple[str, str, str]], say: Say = say_english) -> Table:
    """Return the borders or sizes that were tried: name, residual, remark; remarks make a row bold."""
    found = table()
    found.add_column(f"  {heading}", no_wrap=True)
    found.add_column(say("residual"), justify="right", no_wrap=True)
    found.add_column("", overflow="fold")
    for name, residual, remark in rows:
        found.add_row(Text(f"  {name}"), Text(residual), Text(remark), style="bold" if remark else "")
    return found


def open_directions(kernels: Sequence[Array], say: Say = say_english) -> Iterator[RenderableType]:
    """Draw kernels that may be added to the one that was found, as the pictures do not tell."""
    drawn = kernels[:OPEN_DRAWN]
    some = say(" ({drawn} of {count})", drawn=len(drawn), count=len(kernels))
    more = some if len(drawn) < len(kernels) else ""
    yield Text(f"\n  {say('left open: any multiple of these may be added')}{more}", style="dim")
    for index, kernel in enumerate(drawn):
        if index:
            yield Text("")
        plane = kernel if kernel.ndim == 2 else np.hstack(list(kernel))
        yield indented(Heat(_rounded(plane), numbers=True, digits=2, max_height=12))


@dataclass(frozen=True, eq=False)
class Losses:
    """A Rich renderable of the losses of descent, from the first step."""

    values: Sequence[float]
    say: Say = say_english

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(1, min(60, options.max_width - 4))
        positive = min(self.values) > 0
        heading = self.say("loss of each step, logarithmic" if positive else "loss of each step")
        yield Text(f"\n  {heading}", style="dim")
        bars = sparkline(self.values, width, logarithmic=positive, ascii_only=options.ascii_only)
        yield Text(f"  {bars}")


@dataclass(frozen=True, eq=False)
class CommandLine:
    """A Rich renderable of a command to copy, to be printed uncropped: its words may be long."""

    words: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in continued(self.words, options.max_width):
            yield Text(line, no_wrap=True, overflow="ignore")


def continued(words: Sequence[str], width: int) -> list[str]:
    r"""Lay the words of a command out in lines of at most `width` columns, each but the last ending in ``\``.

    A word that is longer than a line has one of its own, uncut.
    """
    lines, line = [], words[0]
    for word in words[1:]:
        if cell_len(line) + 1 + cell_len(word) + 2 > width:
            lines.append(line + " \\")
            line = "  " + word
        else:
            line += " " + word
    return [*lines, line]
