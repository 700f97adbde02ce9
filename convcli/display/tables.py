"""Tables for people: the catalogue of kernels and the sheet of one kernel. Data in, renderables out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from convcli.display.heat import Heat

__all__ = ["Catalogue", "CatalogueRow", "Sheet", "SheetPart"]

Array = NDArray[np.float64]

PICTURE = 10
"""Columns of a small picture in the catalogue."""


@dataclass(frozen=True, eq=False)
class CatalogueRow:
    """One named kernel: what it does, its parameters as words, and its matrices."""

    name: str
    about: str
    parameters: str
    pictures: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A Rich renderable of the library: name, picture, what it does."""

    rows: Sequence[CatalogueRow]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=box.SIMPLE, pad_edge=False, leading=1)
        table.add_column("kernel", no_wrap=True, style="bold")
        table.add_column("picture", width=2 * PICTURE + 2, no_wrap=True)
        table.add_column("what it does", ratio=1)
        for row in self.rows:
            strip = Table.grid(padding=(0, 2, 0, 0))
            strip.add_row(*(Heat(picture, max_width=PICTURE, max_height=5) for picture in row.pictures[:2]))
            more = len(row.pictures) - 2
            words = Text(row.about)
            if more > 0:
                words.append(f"; {more} more like these")
            if row.parameters:
                words.append(f"\n{row.parameters}", style="dim")
            table.add_row(Text(row.name), strip, words)
        yield table
        yield Text("Red is positive, blue negative. See one: convcli kernels show NAME", style="dim")


@dataclass(frozen=True, eq=False)
class SheetPart:
    """One component of a kernel: its matrix, facts as pairs of words, its response from -1/2 to 1/2."""

    title: str
    weights: Array
    facts: tuple[tuple[str, str], ...]
    response: Array


@dataclass(frozen=True, eq=False)
class Sheet:
    """A Rich renderable of everything that can be said about one kernel."""

    name: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[SheetPart, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.name, style="bold")
        yield _facts(self.facts)
        for part in self.parts:
            yield Text("")
            if len(self.parts) > 1:
                yield Text(part.title, style="bold")
            yield Padding(Heat(part.weights, numbers=True, max_height=24), (0, 0, 0, 2))
            yield _facts(part.facts)
            yield Group(
                Text(
                    "  |H(u, v)|, cycles per pixel: u down, v across, -1/2 to 1/2, 0 in the middle",
                    style="dim",
                ),
                Padding(Heat(part.response, max_width=48, max_height=12), (0, 0, 0, 2)),
            )


def _facts(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1)
    for what, value in pairs:
        table.add_row(Text(f"  {what}"), Text(value))
    return table
