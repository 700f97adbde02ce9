"""The frames of an animation in the terminal: numbers where they fit, else half blocks; and the sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from PIL import Image
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from convcli.commands.explain.animation.frames import Animation, Moment, moments
from convcli.commands.explain.animation.steps import Block
from convcli.display.drawn.contact_sheet import limits, picture, resized
from convcli.display.terminal.picture import Picture, size_within
from convcli.display.words import number

__all__ = ["frames"]

# Pixels of the longer side of a picture that is made smaller for a terminal.
MOST_PIXELS = 512

# Columns between two arrays beside each other.
GAP = 3

# Lines of the title, the facts, the keys and what is between them; most lines for the window at
# work, and least ones for input and result.
OTHERS, MOST_WORK, LEAST = 6, 8, 4

# Styles of marked cells and of padding; brackets and parentheses say the same without colour.
MARKED, PADDING = "black on dark_orange", "magenta"

# The same mark on pictures, which without colour is black or white; and what is not done yet.
MARK, EMPTY = (255, 135, 0), (90, 90, 90)


def frames(animation: Animation, name: str) -> list[tuple["Frame", float]]:
    """Return the frames of an animation about the picture `name`, and their milliseconds."""
    arrays = [block.values for block in (*animation.inputs, animation.result)]
    drawn = [picture(resized(values, MOST_PIXELS), limits(values)) for values in arrays]
    pictures = [Image.fromarray(each).convert("RGB") for each in drawn]
    return [(Frame(animation, moment, name, pictures), moment.time) for moment in moments(animation)]


@dataclass(frozen=True, eq=False)
class Frame:
    """A Rich renderable of one frame, as large as the terminal has room for.

    The `pictures` are those of the inputs and of the result, made smaller once for all frames.
    """

    animation: Animation
    moment: Moment
    name: str
    pictures: Sequence[Image.Image]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        animation, plane, count, width = (
            self.animation,
            self.moment.plane,
            self.moment.products,
            options.max_width,
        )
        sliding, say = animation.sliding, animation.sliding.say
        yield _line(say(": ").join((self.name, sliding.title)), "bold")
        yield _line(f"{sliding.facts}\n", "dim")
        head, *more = plane.lines(count, say)
        sums = [Text(line, style="bold") for line in (say(": ").join((str(plane.trace.at), head)), *more)]
        room = options.size.height - OTHERS - sum(len(text.wrap(console, width)) for text in sums)
        work = _tables(plane.blocks(count, say), width, min(MOST_WORK, room - LEAST))
        room = max(2, room - (work.row_count if work else 0))
        blocks = self._blocks()
        shown = _tables(blocks, width, room + 1) if animation.cells else None
        yield shown or self._pictures(blocks, width, room, console)
        yield Text("")
        yield from filter(None, (work, *sums))
        yield _line(say("q stops, Space pauses"), "dim")

    def _blocks(self) -> tuple[Block, Block]:
        """Return input and result, with the window and the output pixel marked, and what is known so far."""
        animation, trace = self.animation, self.moment.plane.trace
        source, result = animation.inputs[self.moment.plane.channel], animation.result
        seen, made = source.marked.copy(), result.marked.copy()
        places = (
            axis.places - at for axis, at in zip((trace.rows, trace.columns), animation.corner, strict=True)
        )
        seen[np.ix_(*places)] = made[tuple(np.subtract(trace.at, animation.first))] = True
        done = np.arange(made.size).reshape(made.shape) < self.moment.done
        return source._replace(marked=seen), result._replace(marked=made, known=done)

    def _pictures(self, blocks: Sequence[Block], width: int, lines: int, console: Console) -> Table:
        """Return input and result in half blocks, on one scale."""
        colour = not console.no_color and console.color_system in ("256", "truecolor")
        high, wide = np.max([block.values.shape for block in blocks], axis=0).tolist()
        most = size_within((high, wide), (width - GAP) // 2, lines)
        drawn = list[RenderableType]()
        for block, image in zip(
            blocks, (self.pictures[self.moment.plane.channel], self.pictures[-1]), strict=True
        ):
            rows, columns = block.values.shape
            size = max(1, most[0] * columns // wide), max(1, most[1] * rows // high)
            how = Image.Resampling.NEAREST if size[0] > columns else Image.Resampling.BOX
            small, box = np.array(image.resize(size, how)), []
            small[
                ~block.known[
                    np.ix_(np.arange(size[1]) * rows // size[1], np.arange(size[0]) * columns // size[0])
                ]
            ] = EMPTY
            for axis, count in enumerate(small.shape[:2]):
                marked = np.flatnonzero(block.marked.any(axis=1 - axis))
                first, last = (
                    int(at * count / block.values.shape[axis]) for at in (marked[0], marked[-1] + 1)
                )
                box.append(slice(first, max(first + 1, last)))
            part = small[box[0], box[1]]
            part[:] = MARK if colour else 255 * (part.mean() < 128)
            parts = Picture(small).lines(*size, colour=colour)
            drawn.append(Segments([segment for line in parts for segment in (*line, Segment.line())]))
        return _beside(
            [[Text(block.title, style="dim"), picture] for block, picture in zip(blocks, drawn, strict=True)]
        )


def _line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _tables(blocks: Sequence[Block], width: int, lines: int) -> Table | None:
    """Write numbers in columns, marked in brackets, padding in parentheses; None where there is no room.

    Arrays that are too wide to be beside each other are above each other.
    """
    texts = list[Sequence[Text]]()
    for block in blocks:
        words = [
            ["·" if value != value else number(value, 4) for value in row] for row in block.values.tolist()
        ]
        wide = max(len(word) for row in words for word in row)
        rows = [Text(block.title, style="dim"), *(Text() for _ in words)]
        for (row, column), known in np.ndenumerate(block.known):
            signs, style = ("()", PADDING) if block.padding[row, column] else ("  ", "")
            signs, style = ("[]", MARKED) if block.marked[row, column] else (signs, style)
            word = words[row][column] if known else "·"
            rows[row + 1].append(f"{signs[0]}{word}{signs[1]}".rjust(wide + 2), style=style)
        texts.append(rows)
    widths = [max(row.cell_len for row in rows) for rows in texts]
    if sum(widths) + GAP * (len(texts) - 1) > width:
        texts = [[row for rows in texts for row in rows]]
    fits = max(widths) <= width and max(map(len, texts)) <= lines
    return _beside(texts) if fits else None


def _beside(columns: Sequence[Sequence[RenderableType]]) -> Table:
    grid = Table.grid(padding=(0, GAP, 0, 0))
    for _ in columns:
        grid.add_column(no_wrap=True)
    for row in zip_longest(*columns, fillvalue=""):
        grid.add_row(*row)
    return grid
