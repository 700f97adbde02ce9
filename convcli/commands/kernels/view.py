"""Tables for people: the catalogue of kernels and the sheet of one kernel. Data in, renderables out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from convcli.commands.kernels.response_view import Response
from convcli.display.terminal.heat import Heat

__all__ = ["Catalogue", "CatalogueRow", "Sheet", "SheetPart"]

Array = NDArray[np.float64]

PICTURE = 10
"""Columns of a small picture in the catalogue."""

ROOMY = 64
"""Columns of a terminal from which on the catalogue has two pictures of a kernel and its response."""


@dataclass(frozen=True, eq=False)
class CatalogueRow:
    """One named kernel: what it does, its parameters as words, its matrices, and their joint response."""

    name: str
    about: str
    parameters: str
    pictures: tuple[Array, ...]
    response: Array


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A Rich renderable of the library: name, picture, frequency response, what it does."""

    rows: Sequence[CatalogueRow]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        roomy = options.max_width >= ROOMY
        abreast = 2 if roomy else 1
        table = Table(box=box.SIMPLE, pad_edge=False, leading=1)
        table.add_column("kernel", no_wrap=True, style="bold")
        table.add_column("picture", width=(PICTURE + 2) * abreast - 2, no_wrap=True)
        if roomy:
            table.add_column("response", width=PICTURE, no_wrap=True)
        table.add_column("what it does", ratio=1)
        for row in self.rows:
            strip = Table.grid(padding=(0, 2, 0, 0))
            shown = row.pictures[:abreast]
            strip.add_row(*(Heat(picture, max_width=PICTURE, max_height=5) for picture in shown))
            more = len(row.pictures) - abreast
            words = Text(row.about)
            if more > 0:
                words.append(f"; {more} more like these")
            if row.parameters:
                words.append(f"\n{row.parameters}", style="dim")
            response = [Heat(row.response, max_width=PICTURE, max_height=5)] if roomy else []
            table.add_row(Text(row.name), strip, *response, words)
        yield table
        yield Text("Red is positive, blue negative. See one: convcli kernels show NAME", style="dim")
        if roomy:
            yield Text(
                "Response: how strongly waves come through, slow ones in the middle, fine ones at the edges",
                style="dim",
            )


@dataclass(frozen=True, eq=False)
class SheetPart:
    """One component of a kernel: its matrix, facts as pairs of words, its response as `Response` has it."""

    title: str
    weights: Array
    facts: tuple[tuple[str, str], ...]
    response: Array


@dataclass(frozen=True, eq=False)
class Sheet:
    """A Rich renderable of everything that can be said about one kernel.

    Attributes
    ----------
    name, facts, parts
        Of the kernel as a whole, and of each of its components.
    joint
        The response of all of them together, where there are several that become one map.
    """

    name: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[SheetPart, ...]
    joint: Array | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.name, style="bold")
        yield _facts(self.facts)
        for part in self.parts:
            yield Text("")
            if len(self.parts) > 1:
                yield Text(part.title, style="bold")
            yield Padding(Heat(part.weights, numbers=True, max_height=24), (0, 0, 0, 2))
            yield _facts(part.facts)
            yield Response(part.response)
        if self.joint is not None:
            yield Text("\njoint response", style="bold")
            yield Response(self.joint)


def _facts(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1)
    for what, value in pairs:
        table.add_row(Text(f"  {what}"), Text(value))
    return table
