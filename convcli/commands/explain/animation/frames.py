"""The frames of an animation: the arrays that are shown, and how far the work is in each frame."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from convcli.commands.explain.animation.steps import Block, Place, Plane, Sliding
from convcli.display.words import size
from convcli.engine.analysis.pixel_trace import output_pixel
from convcli.engine.pad import CONSTANT, sources

__all__ = ["Animation", "Moment", "moments", "planned"]

# Rows and columns of a result whose numbers stand in cells; those of the part of a larger one from --at on.
MOST_CELLS, NEAR = 16, 8

# Most windows of an animation; most frames in which the sums of all of them are built up term by term.
MOST_STEPS, MOST_FRAMES = 64, 100

# Most products of an output pixel that are added one by one.
BUILT_UP = 25

# Milliseconds of a frame: with a term of a sum, a whole window, and at the end.
TERM, WINDOW, END = 400.0, 600.0, 3000.0


class Animation(NamedTuple):
    """The arrays that a window slides over and fills, and the output pixels that are shown.

    Attributes
    ----------
    cells
        Whether numbers stand in cells; otherwise input and result are pictures.
    inputs
        Of each channel the padded input, or the part of it that is shown; of pictures without padding.
    corner, first
        Row and column in the picture of the first cell of the inputs, below 0 where that is padding; and the
        output pixel that is the first cell of the result.
    """

    sliding: Sliding
    cells: bool
    inputs: Sequence[Block]
    corner: Place
    result: Block
    first: Place
    places: Sequence[Place]


class Moment(NamedTuple):
    """One frame: the first `products` of a plane, how many cells of the result are done, milliseconds."""

    plane: Plane
    products: int
    done: int
    time: float


def planned(sliding: Sliding, at: Place | None, notes: list[str]) -> Animation:
    """Choose what is shown, from the output pixel `at` on; what is left out is noted."""
    say, window, made = sliding.say, sliding.window, sliding.result.shape
    start = output_pixel(at or (0, 0), (made[0], made[1]))
    small = max(made) <= MOST_CELLS
    cells = small or at is not None
    shown = [min(NEAR, count) if cells and not small else count for count in made]
    first = min(start[0], made[0] - shown[0]), min(start[1], made[1] - shown[1])
    rows, columns = (range(begin, begin + count) for begin, count in zip(first, shown, strict=True))
    most = MOST_STEPS // len(sliding.planes(start))
    across = list(columns) if cells else _spread(columns, max(int(most**0.5), most // len(rows)))
    down = _spread(range(start[0], rows.stop), most // len(across))
    places = [(row, column) for row in down for column in across if (row, column) >= start]
    if not small or len(down) < rows.stop - start[0]:
        more = "" if cells else "; --at R,C shows those from there on in numbers"
        notes.append(f"{len(places)} of {made[0] * made[1]} windows are shown{more}")
    source_of, padded, beyond, corner = [], [], [], []
    for axis, n, outputs in zip(window.axes, sliding.inputs.shape[1:], (rows, columns), strict=True):
        begin, end = axis.reads(outputs.start, outputs.stop) if cells else (axis.low, axis.low + n)
        if small:
            begin, end = 0, max(end, axis.low + n + axis.high)
        source, at_axis = sources(n, axis.low, axis.high, window.mode), np.arange(begin, end) - axis.low
        rounded_up = (0, max(0, end - len(source)))  # of sizes
        source_of.append(np.pad(source, rounded_up, constant_values=CONSTANT)[begin:end])
        padded.append((at_axis < 0) | (at_axis >= n))
        beyond.append(at_axis >= n + axis.high)
        corner.append(begin - axis.low)
    padding, none = np.logical_or.outer(*padded), np.zeros((len(rows), len(columns)), np.bool_)
    inputs = sliding.inputs[:, source_of[0][:, None], source_of[1]]
    constant = np.logical_or.outer(*(source == CONSTANT for source in source_of))
    if constant.any():
        inputs = np.where(constant, window.constant, inputs)
    known = ~(padding if sliding.neutral else np.logical_or.outer(*beyond))
    name = say("padded input") if padding.any() else say("input")
    title, result_title = (
        f"{text}{say(', ')}{size(shape)}"
        + (cells and not small) * say(" from {place} on", place=(begin[0], begin[1]))
        for text, shape, begin in ((name, padding.shape, corner), (say("result"), none.shape, first))
    )
    result = sliding.result[rows.start : rows.stop, columns.start : columns.stop]
    return Animation(
        sliding,
        cells,
        [Block(title, values, known, np.zeros_like(padding), padding) for values in inputs],
        (corner[0], corner[1]),
        Block(result_title, result, none, none, none),
        first,
        places,
    )


def _spread(places: range, most: int) -> list[int]:
    """Return all places, or `most` of them that are evenly spread."""
    count = min(len(places), max(1, most))
    return [places[index] for index in np.linspace(0, len(places) - 1, count).round().astype(int)]


def moments(found: Animation) -> Iterator[Moment]:
    """Yield the frames: sums are built up term by term, of all windows where that takes few frames."""
    columns, first = found.result.values.shape[1], found.places[0]
    for at in found.places:
        planes = found.sliding.planes(at)
        terms = sum(plane.terms for plane in planes)
        done = (at[0] - found.first[0]) * columns + at[1] - found.first[1]
        built = terms <= BUILT_UP and (at == first or terms * len(found.places) <= MOST_FRAMES)
        for plane in planes:
            if built:
                yield from (Moment(plane, count, done, TERM) for count in range(1, plane.terms))
            ends = plane is planes[-1]
            yield Moment(plane, plane.terms, done + ends, END if ends and at == found.places[-1] else WINDOW)
