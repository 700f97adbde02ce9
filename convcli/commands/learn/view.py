"""What learning a kernel from pictures found, for people. Data in, renderables out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from convcli.display.terminal.heat import Heat
from convcli.display.terminal.sparkline import sparkline

__all__ = ["FitPart", "FitSheet", "Trial", "continued"]

Array = NDArray[np.floating[Any]]
Matrix = NDArray[np.float64]

DIGITS = 4
"""How many digits the largest weight is written with; the others have as many places."""

ERRORS_WITHIN = 49
"""Standard errors are drawn of kernels of up to as many weights; their range is always told."""

OPEN_DRAWN = 4
"""Of the directions that are left open, how many are drawn."""


@dataclass(frozen=True, eq=False)
class FitPart:
    """One kernel: its title (of several channels), weights, standard errors, and facts as pairs of words."""

    title: str
    weights: Array
    errors: Array
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Trial:
    """One border or size that was tried, what it left unexplained, and a remark."""

    name: str
    residual: str
    remark: str = ""


@dataclass(frozen=True, eq=False)
class FitSheet:
    """A Rich renderable of a fit, to be printed uncropped: words of the command may be long.

    Attributes
    ----------
    title
        Which pictures.
    verdict
        Sentences: what is to be thought of it.
    parts
        The kernel, or one for each channel.
    facts
        Pairs of words about the fit.
    trials
        Tables of what was tried: heading and rows.
    freedom
        Kernels that may be added without any difference.
    losses
        Of descent, from the first step.
    heading, command
        Words of a command to copy, and what it does; empty if there is none.
    """

    title: str
    verdict: tuple[str, ...]
    parts: tuple[FitPart, ...]
    facts: tuple[tuple[str, str], ...]
    trials: tuple[tuple[str, tuple[Trial, ...]], ...] = ()
    freedom: tuple[Array, ...] = ()
    losses: Sequence[float] = field(default_factory=tuple)
    heading: str = ""
    command: tuple[str, ...] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.title, style="bold")
        for sentence in self.verdict:
            yield Text(sentence)
        for part in self.parts:
            yield from _part(part)
        yield Text("")
        yield _facts(self.facts)
        if self.losses:
            yield from _losses(self.losses, options)
        for heading, rows in self.trials:
            yield Text("")
            yield _trials(heading, rows)
        if self.freedom:
            yield from _freedom(self.freedom)
        if self.command:
            yield Text(f"\n{self.heading}", style="dim")
            for line in continued(self.command, options.max_width):
                yield Text(line, no_wrap=True, overflow="ignore")


def _part(part: FitPart) -> Iterator[RenderableType]:
    yield Text("")
    if part.title:
        yield Text(part.title, style="bold")
    yield _indented(Heat(_places(part.weights), numbers=True, digits=DIGITS, max_height=24))
    told = np.isfinite(part.errors).all() and part.errors.any()
    if told and 1 < part.weights.size <= ERRORS_WITHIN:
        yield Text("  standard errors", style="dim")
        yield _indented(Heat(np.asarray(part.errors, np.float64), numbers=True, digits=2))
    yield _facts(part.facts)


def _places(weights: Array) -> Matrix:
    """Round to as many places as the largest weight has with `DIGITS` digits: what is less is nothing."""
    largest = float(np.abs(weights).max())
    if not 1e-200 < largest < 1e200:
        return np.asarray(weights, np.float64)
    unit = 10.0 ** (int(np.floor(np.log10(largest))) - DIGITS + 1)
    return np.asarray(np.round(weights / unit) * unit, np.float64)


def _indented(heat: Heat) -> Padding:
    return Padding(heat, (0, 0, 0, 2))


def _facts(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for what, value in pairs:
        table.add_row(Text(f"  {what}"), Text(value))
    return table


def _losses(losses: Sequence[float], options: ConsoleOptions) -> Iterator[Text]:
    width = max(1, min(60, options.max_width - 4))
    positive = min(losses) > 0
    yield Text(f"\n  loss of each step{', logarithmic' if positive else ''}", style="dim")
    yield Text("  " + sparkline(losses, width, logarithmic=positive, ascii_only=options.ascii_only))


def _trials(heading: str, rows: Sequence[Trial]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(f"  {heading}", no_wrap=True)
    table.add_column("residual", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for row in rows:
        style = "bold" if row.remark else ""
        table.add_row(Text(f"  {row.name}"), Text(row.residual), Text(row.remark), style=style)
    return table


def _freedom(freedom: Sequence[Array]) -> Iterator[RenderableType]:
    shown = freedom[:OPEN_DRAWN]
    more = f" ({len(shown)} of {len(freedom)})" if len(shown) < len(freedom) else ""
    yield Text(f"\n  left open: any multiple of these may be added{more}", style="dim")
    for index, direction in enumerate(shown):
        if index:
            yield Text("")
        plane = direction if direction.ndim == 2 else np.hstack(list(direction))
        yield _indented(Heat(_places(plane), numbers=True, digits=2, max_height=12))


def continued(words: Sequence[str], width: int) -> list[str]:
    r"""Lay the words of a command out in lines of at most `width` columns, each but the last ending in ``\``.

    A word that is longer than a line has one of its own, uncut.
    """
    lines, line = [], words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) + 2 > width:
            lines.append(line + " \\")
            line = "  " + word
        else:
            line += " " + word
    return [*lines, line]
