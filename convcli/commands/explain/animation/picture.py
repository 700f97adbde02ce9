"""The frames of an animation as pictures: input and result, below them the window at work and its sum."""

from collections.abc import Iterator
from itertools import product
from math import ceil
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from convcli.commands.explain.animation.frames import Animation, Moment, moments
from convcli.commands.explain.animation.steps import Array
from convcli.display.colour_scales import diverging
from convcli.display.contrast import readable
from convcli.display.drawn.contact_sheet import limits, picture, resized
from convcli.display.drawn.lettering import FAINT, PAPER, text_width, write
from convcli.display.drawn.sheet import Sheet, Words, scaled, wrapped
from convcli.display.terminal.cells import largest
from convcli.display.words import number, shortened
from convcli.imaging.image import Frame

__all__ = ["drawn"]

# Width and height of a frame in pixels, as slides and videos have them; its margin, the gap between arrays.
WIDTH, HEIGHT, MARGIN, GAP = 1280, 720, 28, 44

# Height of the room for input and result, and for the window at work.
ABOVE, BELOW = 384, 116

# Largest side of a cell, and the least that has room for numbers of three digits; the share of the width that
# the window at work has, beside its sum.
CELL, ROOMY, SHARE = 96, 23, 0.55

# Most characters of the title.
MOST_TITLE = 90

# Font sizes of titles, words and sums, and the smallest of numbers, which are left out below it.
TITLE, WORDS, SUM, SMALLEST = 26, 20, 28, 10

# The window, the pixel that pooling takes, the lines around cells, those on cells of padding, and what is not
# done yet.
WINDOW, CHOSEN, LINES, HATCHING, EMPTY = (230, 110, 0), (0, 130, 60), (200, 200, 200), (150, 150, 150), 240

# Least side of the outline of a window on a large picture, and of a picture, as of a signal.
SEEN, THIN = 8, 32


def drawn(animation: Animation, name: str) -> Iterator[Frame]:
    """Yield the frames of an animation about the picture `name`."""
    sliding = animation.sliding
    head = (
        Words([shortened(f"{name}: {sliding.title}", MOST_TITLE)], TITLE, TITLE + 8),
        Words([sliding.facts], WORDS, WORDS, FAINT),
    )
    top = Sheet(WIDTH, head, 0, MARGIN).top
    paper = Sheet(WIDTH, head, HEIGHT - top, MARGIN).image
    board = _Board(animation, top + WORDS + 4)
    for moment in moments(animation):
        image = paper.copy()
        board.draw(image, moment)
        yield Frame(np.asarray(image), duration=moment.time)


class _Area(NamedTuple):
    """Where an array is drawn: from which column on, in pixels, its size; its first cell, and its shape."""

    left: int
    size: tuple[int, int]
    corner: tuple[int, int]
    shape: tuple[int, ...]


class _Board:
    """Draws the frames; the result is kept from one to the next, as it fills."""

    def __init__(self, animation: Animation, above: int) -> None:
        self.animation, self.above, self.below = animation, above, above + ABOVE + WORDS + GAP // 2
        shapes = animation.inputs[0].shape, animation.result.shape
        (rows, columns), across = zip(*shapes, strict=True), WIDTH - 2 * MARGIN - GAP
        if animation.cells:
            cell = min(CELL, ABOVE // max(rows), across // sum(columns))
            empty = np.full(animation.result.shape, np.nan)
            self.inputs = [
                _cells(plane, picture(plane), cell, animation.padding) for plane in animation.inputs
            ]
            self.filled = _cells(animation.result, picture(animation.result), cell)
            self.result = _cells(empty, np.full(animation.result.shape, EMPTY), cell)
        else:
            side = max(1, int(min(across / 2, *(ABOVE * max(1, wide / high) for high, wide in shapes))))
            self.inputs = [_map(plane, side) for plane in animation.inputs]
            self.filled = _map(animation.result, side)
            self.result = Image.new("RGB", self.filled.size, (EMPTY, EMPTY, EMPTY))
        left = MARGIN + max(self.inputs[0].width, ceil(text_width(animation.input_words, WORDS))) + GAP
        self.areas = (
            _Area(MARGIN, self.inputs[0].size, animation.corner, shapes[0]),
            _Area(left, self.result.size, animation.first, shapes[1]),
        )

    def draw(self, image: Image.Image, moment: Moment) -> None:
        """Draw one frame on paper with the titles."""
        draw, animation, trace = ImageDraw.Draw(image), self.animation, moment.plane.trace
        self._fill(moment.done)
        tiles, words = (
            (self.inputs[moment.plane.channel], self.result),
            (animation.input_words, animation.result_words),
        )
        for area, tile, text in zip(self.areas, tiles, words, strict=True):
            write(draw, (area.left, self.above - 6), text, WORDS, FAINT, "ls")
            image.paste(tile, (area.left, self.above))
        self._work(image, draw, moment)
        if moment.turned is not None:
            return
        rows, columns = trace.rows.places.tolist(), trace.columns.places.tolist()
        if animation.cells and (trace.rows.axis.dilation, trace.columns.axis.dilation) != (1, 1):
            for row, column in product(rows, columns):
                self._outline(draw, self.areas[0], [row], [column], 2)
        self._outline(draw, self.areas[0], rows, columns, 4 if animation.cells else 2)
        row, column = moment.step.at
        self._outline(draw, self.areas[1], [row], [column], 4 if animation.cells else 2)

    def _fill(self, done: int) -> None:
        """Show the cells of the result that are done."""
        rows, columns = self.animation.result.shape
        high, wide = self.filled.height / rows, self.filled.width / columns
        row, column = divmod(done, columns)
        for box in (
            (0, 0, self.filled.width, ceil(row * high)),
            (0, ceil(row * high), ceil(column * wide), ceil((row + 1) * high)),
        ):
            self.result.paste(self.filled.crop(box), box[:2])

    def _outline(
        self, draw: ImageDraw.ImageDraw, area: _Area, rows: list[int], columns: list[int], width: int
    ) -> None:
        """Outline the cells from the first to the last of `rows` and of `columns`."""
        ends = list[tuple[float, float]]()
        for begin, length, first, count, places in zip(
            (area.left, self.above),
            area.size,
            area.corner[::-1],
            area.shape[::-1],
            (columns, rows),
            strict=True,
        ):
            low, high = (begin + (at - first) * length / count for at in (places[0], places[-1] + 1))
            grown = max(0, (SEEN - (high - low)) / 2)
            ends.append((low - grown, high + grown))
        draw.rectangle(tuple(zip(*ends, strict=True)), outline=WINDOW, width=width)

    def _work(self, image: Image.Image, draw: ImageDraw.ImageDraw, moment: Moment) -> None:
        """Draw the window and the arrays at work beside each other, then the sum."""
        blocks, left, ink = moment.blocks, MARGIN, CHOSEN if moment.plane.kernel is None else WINDOW
        (rows, columns), room = blocks[0].values.shape, int(WIDTH * SHARE) // 3 - GAP
        cell = max(1, min(CELL, BELOW // rows, room // columns))
        for title, values, marked, padding, whole in blocks:
            write(draw, (left, self.below - 6), title, WORDS, FAINT, "ls")
            if padding is None:
                grounds = diverging(values / (largest(values if whole is None else whole) or 1.0))
                grounds[np.isnan(values)] = EMPTY
            else:
                grounds = np.full(values.shape, 255) if cell > ROOMY else picture(values)
            tile = _cells(values, grounds, cell, padding if cell > ROOMY else None)
            image.paste(tile, (left, self.below))
            for row, column in [] if marked is None else np.argwhere(marked).tolist():
                x, y = left + column * cell, self.below + row * cell
                draw.rectangle((x, y, x + cell, y + cell), outline=ink, width=4)
            left += max(tile.width, ceil(text_width(title, WORDS))) + GAP
        if moment.lines:
            write(draw, (left, self.below - 6), f"output pixel {moment.step.at}", WORDS, FAINT, "ls")
        for size in (SUM, SUM * 2 // 3):
            lines = [line for text in moment.lines for line in wrapped(text, size, WIDTH - MARGIN - left)]
            if len(lines) * (size + 6) <= BELOW:
                break
        for index, line in enumerate(lines):
            write(draw, (left, self.below + index * (size + 6)), line, size)


def _map(values: Array, side: int) -> Image.Image:
    image = Image.fromarray(picture(resized(values, side), limits(values))).convert("RGB")
    return image.resize((max(THIN, image.width), max(THIN, image.height)), Image.Resampling.NEAREST)


def _cells(values: Array, grounds: Array, cell: int, hatched: Array | None = None) -> Image.Image:
    """Draw an array in cells with its numbers, if they can be read; NaN has none. Padding is hatched."""
    rows, columns = values.shape
    grounds = np.broadcast_to(grounds if grounds.ndim == 3 else grounds[..., None], (rows, columns, 3))
    pads = np.zeros(values.shape, np.bool_) if hatched is None else hatched
    if cell < 2 * SMALLEST:  # padding is paler then
        paler = np.where(pads[..., None], (grounds.astype(int) + 2 * 255) // 3, grounds).astype(np.uint8)
        return scaled(Image.fromarray(paler), cell)
    image = Image.new("RGB", (columns * cell + 1, rows * cell + 1), PAPER)
    draw = ImageDraw.Draw(image)
    texts = [["" if np.isnan(value) else number(value, 4) for value in row] for row in values.tolist()]
    longest = max((text for row in texts for text in row), key=len)
    size = int(min(cell * 0.5, (cell - 6) * 100 / max(1.0, text_width(longest, 100))))
    for row, column in np.ndindex(rows, columns):
        x, y, text = column * cell, row * cell, texts[row][column]
        red, green, blue = PAPER if pads[row, column] else map(int, grounds[row, column])
        draw.rectangle((x, y, x + cell, y + cell), (red, green, blue), LINES)
        if pads[row, column]:
            for shift in range(0, 2 * cell, max(4, cell // 5)):
                low, high = max(0, shift - cell), min(cell, shift)
                draw.line((x + low, y + shift - low, x + high, y + shift - high), HATCHING)
        if size >= SMALLEST and text:
            at = x + cell / 2, y + cell / 2
            if pads[row, column]:
                wide, high = text_width(text, size) / 2 + 2, size // 2 + 1
                draw.rectangle((at[0] - wide, at[1] - high, at[0] + wide, at[1] + high), PAPER)
            write(draw, at, text, size, readable((red, green, blue)), "mm")
    return image
