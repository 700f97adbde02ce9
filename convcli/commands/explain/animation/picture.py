"""The frames of an animation as pictures: input and result, below them the window at work and its sum."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from convcli.commands.explain.animation.frames import Animation, Moment, moments
from convcli.commands.explain.animation.steps import Array, Block
from convcli.display.colour_scales import diverging
from convcli.display.contrast import readable
from convcli.display.drawn.contact_sheet import limits, picture, resized
from convcli.display.drawn.lettering import FAINT, PAPER, text_width, write
from convcli.display.drawn.sheet import Sheet, Words, scaled, wrapped
from convcli.display.terminal.cells import largest
from convcli.display.words import number, shortened

__all__ = ["PALETTE", "drawn"]

# Width and height of a frame in pixels, as slides and videos have them; its margin, the gap between arrays.
WIDTH, HEIGHT, MARGIN, GAP = 1280, 720, 28, 44

# Height in pixels of the room for input and result, and for the window at work.
ABOVE, BELOW = 384, 116

# Largest side of a cell in pixels, and the least that has room for numbers; the share of the width that the
# window at work has, beside its sum.
CELL, NUMBERS, SHARE = 96, 20, 0.55

# Most characters of the title.
MOST_TITLE = 90

# Font sizes of titles, words and sums, and the smallest of numbers, which are left out below it.
TITLE, WORDS, SUM, SMALLEST = 26, 20, 28, 10

# Colours of the window, of the pixel that pooling takes, of lines around cells and over padding, and of what
# is not done yet.
WINDOW, CHOSEN, LINES, HATCHING, EMPTY = (230, 110, 0), (0, 130, 60), (200,) * 3, (152,) * 3, (240,) * 3

# Least side in pixels of the outline of a window on a large picture, and of a picture, as of a signal.
SEEN, THIN = 8, 32

# Greys and colours of the palette that all frames share, as colours of their own would flicker; one of 128 is
# left for what stays as it is.
GREYS = [(grey,) * 3 for grey in (*range(0, 252, 4), 255)]
PALETTE = np.array([*GREYS, *diverging(np.linspace(-1, 1, 61)).tolist(), WINDOW, CHOSEN], np.uint8)


class Tile(NamedTuple):
    """The picture of an array `at` a place of the paper; row and column of its first cell, and its shape."""

    picture: Image.Image
    at: tuple[int, int]
    corner: tuple[int, int]
    shape: tuple[int, ...]

    def outline(
        self, draw: ImageDraw.ImageDraw, rows: Sequence[int], columns: Sequence[int], width: int
    ) -> None:
        """Outline the cells from the first to the last of `rows` and of `columns`."""
        scale = np.divide(self.picture.size[::-1], self.shape)
        ends = np.array([[rows[0], columns[0]], [rows[-1] + 1, columns[-1] + 1]])
        low, high = ((ends - self.corner) * scale)[:, ::-1] + self.at
        grown = np.maximum(0, SEEN - (high - low)) / 2
        draw.rectangle([*(low - grown), *(high + grown)], outline=WINDOW, width=width)


def drawn(animation: Animation, name: str) -> Iterator[tuple[Image.Image, float]]:
    """Yield the frames of an animation about the picture `name`, with one palette, and their milliseconds."""
    sliding, result = animation.sliding, animation.result
    head = (
        Words([shortened(f"{name}: {sliding.title}", MOST_TITLE)], TITLE, TITLE + 8),
        Words([sliding.facts], WORDS, WORDS, FAINT),
    )
    top = Sheet(WIDTH, head, 0, MARGIN).top
    paper, above = Sheet(WIDTH, head, HEIGHT - top, MARGIN).image, top + WORDS + 4
    shapes = animation.inputs[0].values.shape, result.values.shape
    (rows, columns), across = zip(*shapes, strict=True), WIDTH - 2 * MARGIN - GAP
    stacked = False
    if animation.cells:
        beside = _side(ABOVE / max(rows), across / sum(columns))
        cell = _side((ABOVE - GAP) / sum(rows), (across + GAP) / max(columns))
        stacked = 2 * cell >= 3 * beside  # of a signal
        cell = cell if stacked else beside
        pictures = [_cells(block, picture(block.values), cell) for block in animation.inputs]
        if cell < NUMBERS:  # of an input whose cells are small: those of the result can be larger
            cell = _side(ABOVE / shapes[1][0], (across - pictures[0].width) / shapes[1][1])
        filled = _cells(result._replace(known=~result.known), picture(result.values), cell)
        made = _cells(result, np.full((*result.values.shape, 3), EMPTY[0]), cell)
    else:
        side = max(1, int(min(across / 2, *(ABOVE * max(1, wide / high) for high, wide in shapes))))
        pictures = [_map(block.values, side) for block in animation.inputs]
        filled = _map(result.values, side)
        made = Image.new("RGB", filled.size, EMPTY)
    left = MARGIN + max(pictures[0].width, ceil(text_width(animation.inputs[0].title, WORDS))) + GAP
    inputs = [Tile(each, (MARGIN, above), animation.corner, shapes[0]) for each in pictures]
    place = (MARGIN, above + pictures[0].height + GAP) if stacked else (left, above)
    output = Tile(made, place, animation.first, shapes[1])
    palette = Image.new("P", (1, 1))
    palette.putpalette(PALETTE.tobytes())
    for moment in moments(animation):
        image, channel = paper.copy(), moment.plane.channel
        draw = ImageDraw.Draw(image)
        _fill(made, filled, moment.done, shapes[1])
        for tile, block in ((inputs[channel], animation.inputs[channel]), (output, result)):
            write(draw, (tile.at[0], tile.at[1] - 6), block.title, WORDS, FAINT, "ls")
            image.paste(tile.picture, tile.at)
        _work(image, draw, moment, animation, above + ABOVE + WORDS + GAP // 2)
        trace, width = moment.plane.trace, 4 if animation.cells else 2
        down, along = trace.rows.places.tolist(), trace.columns.places.tolist()
        if animation.cells and sliding.window.dilation != (1, 1):
            for row, column in product(down, along):
                inputs[channel].outline(draw, [row], [column], 2)
        inputs[channel].outline(draw, down, along, width)
        output.outline(draw, [trace.rows.at], [trace.columns.at], width)
        yield image.quantize(palette=palette, dither=Image.Dither.NONE), moment.time


def _fill(made: Image.Image, filled: Image.Image, done: int, shape: tuple[int, ...]) -> None:
    """Show the cells of the result that are done: whole rows, and some of the next one."""
    (row, column), high, wide = divmod(done, shape[1]), filled.height / shape[0], filled.width / shape[1]
    whole = ceil(row * high)
    made.paste(filled.crop((0, 0, filled.width, whole)), (0, 0))
    made.paste(filled.crop((0, whole, ceil(column * wide), ceil((row + 1) * high))), (0, whole))


def _work(
    image: Image.Image, draw: ImageDraw.ImageDraw, moment: Moment, animation: Animation, top: int
) -> None:
    """Draw the window and the arrays at work beside each other, then the sum."""
    plane, say, left = moment.plane, animation.sliding.say, MARGIN
    blocks = plane.blocks(moment.products, say)
    (rows, columns), room = blocks[0].values.shape, int(WIDTH * SHARE) // 3 - GAP
    cell = _side(BELOW / rows, room / columns)
    for block in blocks:
        write(draw, (left, top - 6), block.title, WORDS, FAINT, "ls")
        if block is blocks[0]:
            grounds = picture(block.values) if cell < NUMBERS else np.full(block.values.shape, 255)
        else:
            grounds = diverging(block.values / (largest(block.values) or 1.0))
            grounds[~block.known] = EMPTY
        tile = _cells(block, grounds, cell)
        image.paste(tile, (left, top))
        for row, column in np.argwhere(block.marked).tolist():
            x, y = left + column * cell, top + row * cell
            ink = WINDOW if len(blocks) > 1 else CHOSEN
            draw.rectangle((x, y, x + cell, y + cell), outline=ink, width=4)
        left += max(tile.width, ceil(text_width(block.title, WORDS))) + GAP
    write(draw, (left, top - 6), f"output pixel {plane.trace.at}", WORDS, FAINT, "ls")
    for size in (SUM, SUM * 2 // 3):
        texts = plane.lines(moment.products, say)
        lines = [line for text in texts for line in wrapped(text, size, WIDTH - MARGIN - left)]
        if len(lines) * (size + 6) <= BELOW:
            break
    for index, line in enumerate(lines):
        write(draw, (left, top + index * (size + 6)), line, size)


def _map(values: Array, side: int) -> Image.Image:
    image = Image.fromarray(picture(resized(values, side), limits(values))).convert("RGB")
    return image.resize((max(THIN, image.width), max(THIN, image.height)), Image.Resampling.NEAREST)


def _side(*most: float) -> float:
    """Return the side of cells: whole pixels, or a part of one where there are very many cells."""
    side = min(CELL, *most)
    return int(side) if side >= 1 else side


def _cells(block: Block, grounds: Array, side: float) -> Image.Image:
    """Draw an array in cells, with the numbers that are known, if they can be read. Padding is hatched."""
    rows, columns = block.values.shape
    grounds = np.broadcast_to(grounds if grounds.ndim == 3 else grounds[..., None], (rows, columns, 3))
    if side < NUMBERS:
        return scaled(Image.fromarray(grounds.astype(np.uint8)), side)
    cell = int(side)
    image = Image.new("RGB", (columns * cell + 1, rows * cell + 1), PAPER)
    draw = ImageDraw.Draw(image)
    texts = np.where(block.known, [[number(value, 4) for value in row] for row in block.values.tolist()], "")
    longest = max(texts.ravel().tolist(), key=len)
    size = int(min(cell * 0.5, (cell - 6) * 100 / max(1.0, text_width(longest, 100))))
    for row, column in np.ndindex(rows, columns):
        x, y, text, pad = column * cell, row * cell, str(texts[row, column]), block.padding[row, column]
        red, green, blue = PAPER if pad else map(int, grounds[row, column])
        draw.rectangle((x, y, x + cell, y + cell), (red, green, blue), LINES)
        for shift in range(0, 2 * cell if pad else 0, max(4, cell // 5)):
            low, high = max(0, shift - cell), min(cell, shift)
            draw.line((x + low, y + shift - low, x + high, y + shift - high), HATCHING)
        if size >= SMALLEST and text:
            at = x + cell / 2, y + cell / 2
            if pad:
                wide, high = int(text_width(text, size) / 2 + 2), size // 2 + 1
                draw.rectangle((at[0] - wide, at[1] - high, at[0] + wide, at[1] + high), PAPER)
            write(draw, at, text, size, readable((red, green, blue)), "mm")
    return image
