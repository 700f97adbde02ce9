"""The frames of an animation in the terminal: numbers where they fit, else half blocks; and the sum."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from convcli.commands.explain.animation.frames import Animation, Cells, Moment
from convcli.commands.explain.animation.steps import Array
from convcli.display.drawn.contact_sheet import picture
from convcli.display.terminal.picture import Picture, size_within
from convcli.display.words import number

__all__ = ["Frame"]

# Columns between two arrays beside each other.
GAP = 3

# Lines of the title, the facts, the keys and what is between them; most rows of a kernel that are shown.
OTHERS, MOST_ROWS = 6, 7

# Styles of marked cells and of padding; brackets and parentheses say the same without colour.
MARKED, PADDING = "black on dark_orange", "magenta"

# The same mark on pictures, which without colour is black or white; and what is not done yet.
MARK, EMPTY = (255, 135, 0), (90, 90, 90)


@dataclass(frozen=True, eq=False)
class Frame:
    """A Rich renderable of one frame, as large as the terminal has room for."""

    animation: Animation
    moment: Moment
    name: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        animation, moment, width = self.animation, self.moment, options.max_width
        yield Text(f"{self.name}: {animation.sliding.title}", style="bold", no_wrap=True, overflow="ellipsis")
        yield Text(f"{animation.sliding.facts}\n", style="dim", no_wrap=True, overflow="ellipsis")
        blocks = moment.blocks if max(moment.plane.window.shape) <= MOST_ROWS else []
        row, column = moment.step.at
        heads = [f"({row}, {column}):  ", ""]
        sums = [Text(head + line, style="bold") for head, line in zip(heads, moment.lines, strict=False)]
        lines = sum(len(text.wrap(console, width)) for text in sums)
        lines += 1 + len(blocks[0].values) if blocks else 0
        room = max(2, options.size.height - OTHERS - lines)
        words, tables = (
            (animation.input_words, animation.result_words),
            self._numbers() if animation.cells else [],
        )
        wide = sum(max(map(len, text.plain.split("\n"))) for text in tables) + GAP
        if tables and wide <= width and len(animation.inputs[0]) <= room:
            yield _beside(words, tables)
        else:
            yield _beside(words, self._pictures((width - GAP) // 2, room, console))
        yield Text("")
        if blocks:
            tables = [_table(block.values, block.marked, block.padding, block.whole) for block in blocks]
            yield _beside([block.title for block in blocks], tables)
        yield from sums
        yield Text("q stops, Space pauses", style="dim")

    def _places(self) -> tuple[Array, Array, Array]:
        """Return the rows and columns of the window among the cells of the input, and the output pixel."""
        animation, trace = self.animation, self.moment.plane.trace
        corners = zip((trace.rows, trace.columns), animation.corner, strict=True)
        rows, columns = (axis.places - corner for axis, corner in corners)
        return rows, columns, np.subtract(self.moment.step.at, animation.first)

    def _numbers(self) -> list[Text]:
        """Return input and result as tables of numbers."""
        animation = self.animation
        rows, columns, at = self._places()
        seen, made = (np.zeros(one.shape, np.bool_) for one in (animation.inputs[0], animation.result))
        seen[np.ix_(rows, columns)] = made[tuple(at)] = True
        result = np.where(self._done(), animation.result, np.nan)
        return [
            _table(animation.inputs[self.moment.plane.channel], seen, animation.padding),
            _table(result, made, widest=animation.result),
        ]

    def _pictures(self, columns: int, lines: int, console: Console) -> list[RenderableType]:
        """Return input and result in half blocks, window and output pixel marked."""
        animation, colour = (
            self.animation,
            not console.no_color and console.color_system in ("256", "truecolor"),
        )
        rows, across, at = self._places()
        made = _rgb(animation.result)
        made[~self._done()] = EMPTY
        ends = (rows[0], rows[-1] + 1), (across[0], across[-1] + 1)
        pixel = (at[0], at[0] + 1), (at[1], at[1] + 1)
        height, width = np.maximum(animation.inputs[0].shape, animation.result.shape).tolist()
        most = size_within((height, width), columns, lines)  # of both, which have one scale
        drawn = list[RenderableType]()
        for pixels, marked in ((_rgb(animation.inputs[self.moment.plane.channel]), ends), (made, pixel)):
            size = max(1, most[0] * pixels.shape[1] // width), max(1, most[1] * pixels.shape[0] // height)
            how = Image.Resampling.NEAREST if size[0] > pixels.shape[1] else Image.Resampling.BOX
            small = np.array(Image.fromarray(pixels).resize(size, how))
            box = []
            for (low, high), count, length in zip(marked, small.shape, pixels.shape, strict=False):
                first = min(max(0, int(low * count / length)), count - 1)
                box.append(slice(first, max(first + 1, int(high * count / length))))
            dark = small[tuple(box)].mean() < 128
            small[tuple(box)] = MARK if colour else 255 * dark
            parts = Picture(small).lines(*size, colour=colour)
            drawn.append(Segments([segment for line in parts for segment in (*line, Segment.line())]))
        return drawn

    def _done(self) -> Cells:
        """Return which cells of the result are done."""
        shape = self.animation.result.shape
        return np.arange(shape[0] * shape[1]).reshape(shape) < self.moment.done


def _table(
    values: Array, marked: Cells | None = None, padding: Cells | None = None, widest: Array | None = None
) -> Text:
    """Write numbers in columns as wide as `widest` needs; marked in brackets, padding in parentheses."""
    wide = max(len(number(value, 4)) for value in (values if widest is None else widest).ravel().tolist())
    text = Text()
    for row, line in enumerate(values.tolist()):
        text.append("\n" * bool(row))
        for column, value in enumerate(line):
            signs, style = "  ", ""
            if padding is not None and padding[row, column]:
                signs, style = "()", PADDING
            if marked is not None and marked[row, column]:
                signs, style = "[]", MARKED
            word = "·" if np.isnan(value) else number(value, 4)
            text.append(f"{signs[0]}{word}{signs[1]}".rjust(wide + 2), style=style)
    return text


def _rgb(values: Array) -> NDArray[np.uint8]:
    pixels = picture(values)
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def _beside(titles: Sequence[str], items: Iterable[RenderableType]) -> Table:
    grid = Table.grid(padding=(0, GAP, 0, 0))
    for _ in titles:
        grid.add_column(no_wrap=True)
    grid.add_row(*(Text(title, style="dim") for title in titles))
    grid.add_row(*items)
    return grid
