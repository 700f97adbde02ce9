"""One output pixel on the terminal: window, kernel, products, and what became of their sum."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from convcli.display.terminal.cells import cell_style, colours, largest
from convcli.display.words import significant

__all__ = ["Explanation", "Grid", "Step", "written"]

Array = NDArray[np.float64]

MADE_UP = "bold magenta"
"""Padding: brackets say the same without colour."""

MOST_ROWS = 11
GAP = 3

DIGITS, FEW = 6, 4
"""How many digits numbers have, and how many where room is scarce."""

WHOLE = 1e6


@dataclass(frozen=True, eq=False)
class Grid:
    """Where a window lies, and what of it is padding.

    Attributes
    ----------
    rows, columns
        The places of the weights, counted in the picture's pixels.
    padded : (kh, kw) array of bool
        What lies beyond the picture.
    taken_from : (kh, kw) array of str
        For each place, the pixel that is seen there, as ``row,column``; empty where it is the constant.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    padded: NDArray[np.bool_]
    taken_from: NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Step:
    """One component of a kernel over one channel; all three arrays are kh x kw, the words may be empty.

    `given` is the kernel before it was rotated, or None.
    """

    title: str
    grid: Grid
    window: Array
    given: Array | None
    kernel: Array
    products: Array
    words: str


@dataclass(frozen=True, eq=False)
class Explanation:
    """A Rich renderable of one output pixel.

    Attributes
    ----------
    title
        Which pixel of which picture.
    facts
        Pairs of words: picture, kernel, padding, sizes.
    constant
        What padding shows that no pixel of the picture stands for, as words.
    steps
        The arithmetic.
    results
        Pairs of words: sum, bias, value, stored pixel.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    constant: str
    steps: tuple[Step, ...]
    results: tuple[tuple[str, str], ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.title, style="bold")
        yield _pairs(self.facts)
        width = options.max_width - 2
        before: Step | None = None
        for step in self.steps:
            yield Text("")
            if step.title:
                yield Text(step.title, style="bold")
            if step.given is not None and (before is None or step.kernel is not before.kernel):
                yield Padding(_rotation(step.given, step.kernel, width), (0, 0, 0, 2))
                yield Text("")
            yield Padding(_arithmetic(step, width), (0, 0, 0, 2))
            if step.words:
                yield Padding(Text(step.words), (0, 0, 0, 2))
            if step.grid.padded.any() and (before is None or step.grid is not before.grid):
                yield Text("")
                yield Padding(self._sources(step.grid, width), (0, 0, 0, 2))
            before = step
        yield Text("")
        yield _pairs(self.results)

    def _sources(self, grid: Grid, width: int) -> Text:
        constant = grid.padded & (grid.taken_from == "")
        marked = Text.assemble(("[ ]", MADE_UP), " is padding")
        if constant.any() and (constant == grid.padded).all():
            return marked.append(f": {self.constant}")
        marked.append("; the row,column that it was taken from:")
        texts = np.where(grid.padded, grid.taken_from, "·")
        return marked.append("\n").append_text(_cropped(grid, texts, width))


def written(value: float, digits: int = DIGITS) -> str:
    """Write a number in a few significant digits, never as ``-0``; whole ones in full up to a million."""
    if abs(value) < WHOLE and value == round(value):
        return f"{round(value)}"
    return significant(value, digits)


def _pairs(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for what, value in pairs:
        table.add_row(Text(f"  {what}"), Text(value))
    return table


def _rotation(given: Array, turned: Array, width: int) -> Text:
    """Show the kernel as given beside itself turned, or one above the other."""
    down = _middle(turned.shape[0], MOST_ROWS)

    def blocks(across: slice, digits: int, _beside: bool) -> list[Text]:
        parts = (("kernel as given", given), ("rotated by 180 degrees", turned))
        return [
            _titled(title, _matrix(part, turned, (down, across), digits), apart=False)
            for title, part in parts
        ]

    return _fitted(turned.shape[1], width, blocks)[0]


def _arithmetic(step: Step, width: int) -> Text:
    """Show window, kernel and products beside each other, else one above the other, as much as fits."""
    rows, columns = step.kernel.shape
    down = _middle(rows, MOST_ROWS)
    gaps = _skipped(step.grid.rows[down])

    def blocks(across: slice, digits: int, beside: bool) -> list[Text]:
        place = (down, across)
        texts = np.array([[written(value, digits) for value in row] for row in step.window[place].tolist()])
        apart = gaps if beside else ()
        kernel = _matrix(step.kernel, step.kernel, place, digits, apart)
        products = _matrix(step.products, step.products, place, digits, apart)
        return [
            _titled("window", _places(step.grid, texts, place), apart=False),
            _titled("x kernel", kernel, apart=beside),
            _titled("= products", products, apart=beside),
        ]

    shown, across = _fitted(columns, width, blocks)
    seen = (down.stop - down.start, across.stop - across.start)
    if seen != (rows, columns):
        note = f"\nshown: the middle {seen[0]} x {seen[1]} of {rows} x {columns}; sums are over all of them"
        shown.append(note, style="italic")
    return shown


def _fitted(columns: int, width: int, blocks: Callable[[slice, int, bool], list[Text]]) -> tuple[Text, slice]:
    """Put blocks beside each other where they fit whole, else one above the other with fewer columns."""
    whole = slice(0, columns)
    for digits in (DIGITS, FEW):
        beside = _beside(blocks(whole, digits, True))
        if _wide(beside) <= width:
            return beside, whole
    for count in range(columns, 0, -1):
        across = _middle(columns, count)
        above = blocks(across, FEW, False)
        if max(map(_wide, above)) <= width:
            break
    return Text("\n\n").join(above), across


def _beside(blocks: Sequence[Text]) -> Text:
    columns = [block.split("\n", allow_blank=True) for block in blocks]
    widths = [_wide(block) for block in blocks]
    lines = []
    for row in range(max(map(len, columns))):
        line = Text()
        for column, width in zip(columns, widths, strict=True):
            part = column[row] if row < len(column) else Text()
            line.append_text(part)
            line.append(" " * (width - len(part) + GAP))
        line.rstrip()
        lines.append(line)
    return Text("\n").join(lines)


def _wide(text: Text) -> int:
    return max(map(len, text.plain.split("\n")))


def _middle(count: int, most: int) -> slice:
    start = max(0, (count - most) // 2)
    return slice(start, min(count, start + most))


def _titled(title: str, content: Text, *, apart: bool) -> Text:
    return Text.assemble(title, "\n\n" if apart else "\n", content)


def _matrix(
    values: Array, whole: Array, place: tuple[slice, slice], digits: int, gaps: Sequence[bool] = ()
) -> Text:
    """Write a part of `values` in cells coloured around 0; behind a row with a gap, a blank line."""
    part = values[place]
    texts = [[written(value, digits) for value in row] for row in part.tolist()]
    wide = max(len(text) for row in texts for text in row) + 1
    lines = []
    for row, (line, pixels) in enumerate(zip(texts, colours(part, largest(whole)), strict=True)):
        cells = zip(line, pixels, strict=True)
        lines.append(Text.assemble(*((text.rjust(wide), cell_style(pixel)) for text, pixel in cells)))
        if row < len(gaps) and gaps[row]:
            lines.append(Text())
    return Text("\n").join(lines)


def _cropped(grid: Grid, texts: NDArray[np.str_], width: int) -> Text:
    """Show as many columns of places as fit, the middle ones."""
    rows, columns = texts.shape
    down = _middle(rows, MOST_ROWS)

    def blocks(across: slice, _digits: int, _beside: bool) -> list[Text]:
        return [_places(grid, texts[down, across], (down, across), brackets=False)]

    return _fitted(columns, width, blocks)[0]


def _skipped(places: Sequence[int]) -> list[bool]:
    """Tell behind which places dilation skips some."""
    return [second - first > 1 for first, second in pairwise(places)] + [False]


def _places(
    grid: Grid, texts: NDArray[np.str_], place: tuple[slice, slice], *, brackets: bool = True
) -> Text:
    """Write a matrix with the places of its rows and columns; pixels that dilation skips are dots."""
    padded = grid.padded[place]
    rows, columns = grid.rows[place[0]], grid.columns[place[1]]
    behind = " " if brackets else ""
    cells = np.char.add(texts, behind)
    if brackets:
        cells = np.where(padded, np.char.add(np.char.add("[", texts), "]"), cells)
    heads = [f"{place}{behind}" for place in columns]
    wide = max(len(text) for text in (*cells.ravel().tolist(), *heads)) + 1
    label = max(len(str(place)) for place in rows)
    gaps = _skipped(columns) if brackets else [False] * len(columns)
    dots = "".join(f"·{behind}".rjust(wide) + "  " * gap for gap in gaps)
    lines = [
        Text(" " * label + "".join(h.rjust(wide) + "  " * gap for h, gap in zip(heads, gaps, strict=True)))
    ]
    for row, (number, gap) in enumerate(zip(rows, _skipped(rows), strict=True)):
        line = Text(str(number).rjust(label))
        for column, skips in enumerate(gaps):
            line.append(cells[row, column].rjust(wide), style=MADE_UP if padded[row, column] else "")
            line.append(" ·" * skips)
        lines += [line, Text(" " * label + dots)] if gap and brackets else [line]
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)
