"""Blocks of numbers as text: matrices in coloured cells, windows with places, beside or above each other."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.text import Text

from convcli.display.language import Say
from convcli.display.terminal.cells import cell_style, colours, largest
from convcli.display.words import number, size
from convcli.engine.analysis.pixel_trace import WindowTrace

__all__ = [
    "CHOSEN",
    "PADDING",
    "Array",
    "Room",
    "fitted",
    "marked",
    "matrix",
    "middle",
    "partly",
    "places",
    "skipped",
]

Array = NDArray[np.float64]

# Padding in colour; brackets say the same without.
PADDING = "bold magenta"

# A pixel that is chosen; a star says the same without.
CHOSEN = "bold green"

# Columns of text between blocks beside each other.
GAP = 3

# Significant digits of numbers, and where there is little room.
DIGITS, FEW_DIGITS = 6, 4

# Lays out some columns of a kernel, with so many digits, for blocks beside (else above) each other.
Blocks = Callable[[slice, int, bool], list[Text]]


class Room(NamedTuple):
    """The columns of text that there are, the colours of the terminal, and rows of a matrix at most."""

    width: int
    system: ColorSystem | None
    rows: int


def fitted(columns: int, width: int, blocks: Blocks) -> tuple[Text, slice]:
    """Put blocks beside each other where they fit whole, else one above the other with fewer columns."""
    whole = slice(0, columns)
    most = width // 2  # a column takes two characters at least
    for digits in (DIGITS, FEW_DIGITS) if columns <= most else ():
        one = _beside(blocks(whole, digits, True))
        if _width(one) <= width:
            return one, whole
    for count in range(min(columns, most), 0, -1):
        across = middle(columns, count)
        above = blocks(across, FEW_DIGITS, False)
        if max(map(_width, above)) <= width:
            break
    return Text("\n\n").join(above), across


def _beside(blocks: Sequence[Text]) -> Text:
    columns = [block.split("\n", allow_blank=True) for block in blocks]
    widths = [_width(block) for block in blocks]
    lines = []
    for row in range(max(map(len, columns))):
        line = Text()
        for column, width in zip(columns, widths, strict=True):
            part = column[row] if row < len(column) else Text()
            line.append_text(part)
            line.append(" " * (width - part.cell_len + GAP))
        line.rstrip()
        lines.append(line)
    return Text("\n").join(lines)


def _width(text: Text) -> int:
    return max(map(cell_len, text.plain.split("\n")))


def middle(count: int, most: int) -> slice:
    """Return the `most` middle ones of `count` places."""
    start = max(0, (count - most) // 2)
    return slice(start, min(count, start + most))


def marked(words: str, style: str, count: int) -> Text:
    """Return `words`, of which the first characters are in colour."""
    text = Text(words)
    text.stylize(style, 0, count)
    return text


def partly(shown: Text, seen: Sequence[int], whole: Sequence[int], say: Say) -> Text:
    """Return what is `shown`, and below it, unless that is the whole window, which part of it that is."""
    if tuple(seen) != tuple(whole):
        words = say(
            "shown: the middle {part} of {whole}; all of them count", part=size(seen), whole=size(whole)
        )
        shown.append(f"\n{words}", style="italic")
    return shown


def matrix(
    values: Array,
    whole: Array,
    place: tuple[slice, slice],
    digits: int,
    room: Room,
    gaps: Sequence[bool] = (),
) -> Text:
    """Write a part of `values` in cells coloured around 0; behind a row with a gap, a blank line."""
    part = values[place]
    texts = [[number(value, digits) for value in row] for row in part.tolist()]
    wide = max(len(text) for row in texts for text in row) + 1
    lines = []
    for row, (line, pixels) in enumerate(zip(texts, colours(part, largest(whole)), strict=True)):
        cells = zip(line, pixels, strict=True)
        lines.append(
            Text.assemble(
                *((text.rjust(wide), cell_style(pixel, room.system) or "") for text, pixel in cells)
            )
        )
        if row < len(gaps) and gaps[row]:
            lines.append(Text())
    return Text("\n").join(lines)


def skipped(places: NDArray[np.intp]) -> list[bool]:
    """Tell behind which places dilation skips some."""
    return [second - first > 1 for first, second in pairwise(places.tolist())] + [False]


def places(
    trace: WindowTrace,
    texts: NDArray[np.str_],
    place: tuple[slice, slice],
    *,
    brackets: bool = True,
    chosen: NDArray[np.bool_] | None = None,
    signal: bool = False,
) -> Text:
    """Write a part of a window with the places of its rows and columns; pixels that dilation skips are dots.

    Padding is in `brackets`; behind a star is what is `chosen`. The only row of a `signal` has no place.
    """
    padded = trace.padded[place]
    rows, columns = trace.rows.places[place[0]], trace.columns.places[place[1]]
    behind = " " if brackets else ""
    cells = np.char.add(texts, behind)
    if brackets:
        cells = np.where(padded, np.char.add(np.char.add("[", texts), "]"), cells)
        cells = np.where(trace.beyond[place], "- ", cells)
    styles = np.where(padded, PADDING, "").astype(object)
    if chosen is not None:
        cells = np.where(chosen[place], np.char.add("*", cells), cells)
        styles[chosen[place]] = CHOSEN
    heads = [f"{place}{behind}" for place in columns]
    wide = max(len(text) for text in (*cells.ravel().tolist(), *heads)) + 1
    labels = ["" if signal else str(place) for place in rows]
    label = max(map(len, labels))
    gaps = skipped(columns) if brackets else [False] * len(columns)
    dots = "".join(f"·{behind}".rjust(wide) + "  " * gap for gap in gaps)
    lines = [
        Text(" " * label + "".join(h.rjust(wide) + "  " * gap for h, gap in zip(heads, gaps, strict=True)))
    ]
    for row, (name, gap) in enumerate(zip(labels, skipped(rows), strict=True)):
        line = Text(name.rjust(label))
        for column, skips in enumerate(gaps):
            line.append(cells[row, column].rjust(wide), style=styles[row, column])
            line.append(" ·" * skips)
        lines += [line, Text(" " * label + dots)] if gap and brackets else [line]
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)
