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

from convcli.commands.explain.animation import Cells, Film, Shot
from convcli.commands.explain.animation_steps import Array
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

    film: Film
    shot: Shot
    name: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        film, shot, width = self.film, self.shot, options.max_width
        yield Text(f"{self.name}: {film.moving.title}", style="bold", no_wrap=True, overflow="ellipsis")
        yield Text(f"{film.moving.facts}\n", style="dim", no_wrap=True, overflow="ellipsis")
        blocks = shot.blocks if max(shot.plane.window.shape) <= MOST_ROWS else []
        row, column = shot.step.at
        heads = [f"({row}, {column}):  ", ""]
        sums = [Text(head + line, style="bold") for head, line in zip(heads, shot.lines, strict=False)]
        lines = sum(len(text.wrap(console, width)) for text in sums)
        lines += 1 + len(blocks[0].values) if blocks else 0
        room = max(2, options.size.height - OTHERS - lines)
        words, tables = (film.input_words, film.result_words), self._numbers() if film.cells else []
        wide = sum(max(map(len, text.plain.split("\n"))) for text in tables) + GAP
        if tables and wide <= width and len(film.inputs[0]) <= room:
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
        film, trace = self.film, self.shot.plane.trace
        corners = zip((trace.rows, trace.columns), film.corner, strict=True)
        rows, columns = (axis.places - corner for axis, corner in corners)
        return rows, columns, np.subtract(self.shot.step.at, film.first)

    def _numbers(self) -> list[Text]:
        """Return input and result as tables of numbers."""
        film = self.film
        rows, columns, at = self._places()
        seen, made = (np.zeros(one.shape, np.bool_) for one in (film.inputs[0], film.result))
        seen[np.ix_(rows, columns)] = made[tuple(at)] = True
        result = np.where(self._done(), film.result, np.nan)
        return [
            _table(film.inputs[self.shot.plane.channel], seen, film.padding),
            _table(result, made, widest=film.result),
        ]

    def _pictures(self, columns: int, lines: int, console: Console) -> list[RenderableType]:
        """Return input and result in half blocks, window and output pixel marked."""
        film, colour = self.film, not console.no_color and console.color_system in ("256", "truecolor")
        rows, across, at = self._places()
        made = _rgb(film.result)
        made[~self._done()] = EMPTY
        ends = (rows[0], rows[-1] + 1), (across[0], across[-1] + 1)
        pixel = (at[0], at[0] + 1), (at[1], at[1] + 1)
        height, width = np.maximum(film.inputs[0].shape, film.result.shape).tolist()
        most = size_within((height, width), columns, lines)  # of both, which have one scale
        drawn = list[RenderableType]()
        for pixels, marked in ((_rgb(film.inputs[self.shot.plane.channel]), ends), (made, pixel)):
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
        shape = self.film.result.shape
        return np.arange(shape[0] * shape[1]).reshape(shape) < self.shot.done


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
