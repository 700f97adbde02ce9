"""One output pixel on the terminal: window, kernel and products, beside each other where there is room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from convcli.choices import PadMode
from convcli.commands.explain.facts import facts, results
from convcli.commands.explain.steps import Explained, Part, channel_names, taken_from
from convcli.display.terminal.cells import cell_style, colour_system, colours, largest
from convcli.display.terminal.facts import indented, pairs
from convcli.display.words import number, size
from convcli.engine.analysis.pixel_trace import PixelTrace
from convcli.options.specs import FilterSpec

__all__ = ["Steps", "explanation"]

Array = NDArray[np.float64]

# Padding in colour; brackets say the same without.
PADDING = "bold magenta"

# Rows of a kernel that are shown, the middle ones.
MOST_ROWS = 11

# Columns of text between blocks beside each other.
GAP = 3

# Significant digits of numbers, and where there is little room.
DIGITS, FEW_DIGITS = 6, 4

# Up to as many products, their sum is written out.
WRITTEN_OUT = 9

# Lays out some columns of a kernel, with so many digits, for blocks beside (else above) each other.
Blocks = Callable[[slice, int, bool], list[Text]]


def explanation(found: Explained, name: str, text: str, spec: FilterSpec) -> Group:
    """Return the report on one output pixel of the picture `name`; `text` is the kernel's SPEC."""
    constant = number(spec.pad_value or 0.0) if spec.pad is PadMode.CONSTANT else "0"
    rows, columns = found.axes
    return Group(
        Text(f"{name}: output pixel ({rows.at}, {columns.at})", style="bold"),
        pairs(facts(found, text, spec)),
        Steps(found.parts, channel_names(found.image), f"the constant {constant}", rotated=spec.convolve),
        Text(""),
        pairs(results(found, spec)),
    )


@dataclass(frozen=True, eq=False)
class Steps:
    """A Rich renderable of the arithmetic: each component of the kernel over each channel.

    `constant` says what padding shows that no pixel of the picture stands for; kernels that are `rotated`
    are shown as given, too.
    """

    parts: Sequence[Part]
    channels: Sequence[str]
    constant: str
    rotated: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = _Room(options.max_width - 2, colour_system(console))
        alone = len(self.parts) == len(self.channels) == 1
        before: tuple[int, ...] = ()
        for part in self.parts:
            trace = part.trace
            for channel, name in enumerate(self.channels):
                yield Text("")
                if title := ", ".join(filter(None, (part.name, name))):
                    yield Text(title, style="bold")
                if self.rotated and (channel == 0 or trace.kernel.ndim == 3):
                    planes = (_plane(part.given, channel), _plane(trace.kernel, channel))
                    yield indented(_rotation(*planes, room))
                    yield Text("")
                yield indented(_arithmetic(trace, channel, room))
                if words := _sum(trace, channel, alone=alone):
                    yield indented(Text(words))
                taps = trace.padded.shape
                if trace.padded.any() and taps != before:
                    yield Text("")
                    yield indented(_sources(trace, self.constant, room))
                before = taps


class _Room(NamedTuple):
    """The columns of text that there are, and the colours of the terminal."""

    width: int
    system: ColorSystem | None


def _plane(kernel: Array, channel: int) -> Array:
    return kernel if kernel.ndim == 2 else kernel[channel]


def _sum(trace: PixelTrace, channel: int, *, alone: bool) -> str:
    """Write a sum of few products out; give the total of many, unless the results below give it `alone`."""
    products, total = trace.products[channel], number(trace.channel_sums[channel])
    if products.size > WRITTEN_OUT:
        return "" if alone else f"sum of the {products.size} products: {total}"
    first, *rest = (number(value) for value in products.ravel().tolist())
    return first + "".join(f" - {w[1:]}" if w[0] == "-" else f" + {w}" for w in rest) + f" = {total}"


def _rotation(given: Array, turned: Array, room: _Room) -> Text:
    """Show the kernel as given beside itself turned, or one above the other."""
    down = _middle(turned.shape[0], MOST_ROWS)

    def blocks(across: slice, digits: int, _beside: bool) -> list[Text]:
        titled = (("kernel as given\n", given), ("rotated by 180 degrees\n", turned))
        return [
            Text(title).append_text(_matrix(part, turned, (down, across), digits, room))
            for title, part in titled
        ]

    return _fitted(turned.shape[1], room.width, blocks)[0]


def _arithmetic(trace: PixelTrace, channel: int, room: _Room) -> Text:
    """Show window, kernel and products beside each other, else one above the other, as much as fits."""
    window, kernel, products = trace.window[channel], _plane(trace.kernel, channel), trace.products[channel]
    rows, columns = kernel.shape
    down = _middle(rows, MOST_ROWS)
    gaps = _skipped(trace.rows.places[down])

    def blocks(across: slice, digits: int, beside: bool) -> list[Text]:
        place = (down, across)
        texts = np.array([[number(value, digits) for value in row] for row in window[place].tolist()])
        apart, below = (gaps, "\n\n") if beside else ((), "\n")
        return [
            Text("window\n").append_text(_places(trace, texts, place)),
            Text(f"x kernel{below}").append_text(_matrix(kernel, kernel, place, digits, room, apart)),
            Text(f"= products{below}").append_text(_matrix(products, products, place, digits, room, apart)),
        ]

    shown, across = _fitted(columns, room.width, blocks)
    seen = (down.stop - down.start, across.stop - across.start)
    if seen != (rows, columns):
        note = f"\nshown: the middle {size(seen)} of {rows} x {columns}; sums are over all of them"
        shown.append(note, style="italic")
    return shown


def _sources(trace: PixelTrace, constant: str, room: _Room) -> Text:
    """Say where padding was taken from, pixel by pixel unless all of it is the constant."""
    marked = Text.assemble(("[ ]", PADDING), " is padding")
    if trace.constant[trace.padded].all():
        return marked.append(f": {constant}")
    marked.append("; the row,column that it was taken from:\n")
    texts = np.array(
        [
            [
                "·" if not padded else "" if at is None else f"{at[0]},{at[1]}"
                for at, padded in zip(*row, strict=True)
            ]
            for row in zip(taken_from(trace), trace.padded.tolist(), strict=True)
        ]
    )
    down = _middle(len(texts), MOST_ROWS)

    def blocks(across: slice, _digits: int, _beside: bool) -> list[Text]:
        return [_places(trace, texts[down, across], (down, across), brackets=False)]

    return marked.append_text(_fitted(texts.shape[1], room.width, blocks)[0])


def _fitted(columns: int, width: int, blocks: Blocks) -> tuple[Text, slice]:
    """Put blocks beside each other where they fit whole, else one above the other with fewer columns."""
    whole = slice(0, columns)
    for digits in (DIGITS, FEW_DIGITS):
        beside = _beside(blocks(whole, digits, True))
        if _width(beside) <= width:
            return beside, whole
    for count in range(columns, 0, -1):
        across = _middle(columns, count)
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
            line.append(" " * (width - len(part) + GAP))
        line.rstrip()
        lines.append(line)
    return Text("\n").join(lines)


def _width(text: Text) -> int:
    return max(map(len, text.plain.split("\n")))


def _middle(count: int, most: int) -> slice:
    start = max(0, (count - most) // 2)
    return slice(start, min(count, start + most))


def _matrix(
    values: Array,
    whole: Array,
    place: tuple[slice, slice],
    digits: int,
    room: _Room,
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


def _skipped(places: NDArray[np.intp]) -> list[bool]:
    """Tell behind which places dilation skips some."""
    return [second - first > 1 for first, second in pairwise(places.tolist())] + [False]


def _places(
    trace: PixelTrace, texts: NDArray[np.str_], place: tuple[slice, slice], *, brackets: bool = True
) -> Text:
    """Write a matrix with the places of its rows and columns; pixels that dilation skips are dots."""
    padded = trace.padded[place]
    rows, columns = trace.rows.places[place[0]], trace.columns.places[place[1]]
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
    for row, (place_, gap) in enumerate(zip(rows, _skipped(rows), strict=True)):
        line = Text(str(place_).rjust(label))
        for column, skips in enumerate(gaps):
            line.append(cells[row, column].rjust(wide), style=PADDING if padded[row, column] else "")
            line.append(" ·" * skips)
        lines += [line, Text(" " * label + dots)] if gap and brackets else [line]
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)
