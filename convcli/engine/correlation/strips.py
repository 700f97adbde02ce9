"""Output rectangles that fit into the cache, and the padded input that each is computed from.

Every method sees its input as one flat row of numbers in which *a tap of the kernel is an offset*: channels,
dilation, stride and padding are all dissolved in it. With stride ``s`` along the columns each row is stored
as its ``s`` phases, one after the other, so that neighbouring outputs read neighbouring numbers.
The whole padded picture never exists.
"""

import sys
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from convcli.engine.arrays import Array, Indices
from convcli.engine.correlation.task import Task
from convcli.engine.pad import read_padded
from convcli.engine.threads import Scratch
from convcli.engine.tiles import WIDEST, Piece, even_cuts

__all__ = ["Grid", "Strip", "cut", "load", "read", "view"]

PIECE = 1 << 21
"""Bytes in a piece. An operation on fewer ends before another thread has woken up to take the interpreter's
lock: two threads over a quarter of that were as slow as one (2026-11, 2 cores of Zen 4, NumPy 2.4)."""


class Grid(NamedTuple):
    """Where the outputs of a piece begin to read: output ``[r, c]`` at ``r * step + c``."""

    rows: int
    width: int
    step: int

    @property
    def reach(self) -> int:
        """Positions from the first output to the last, those between two rows included."""
        return (self.rows - 1) * self.step + self.width

    @property
    def is_flat(self) -> bool:
        """Whether computing the positions between the rows too is cheaper than stopping at each row's end."""
        return self.step <= 2 * self.width or self.width < 64


@dataclass(frozen=True, eq=False, repr=False)
class Strip:
    """The input of a piece: numbers, and where its taps are.

    Attributes
    ----------
    x : 1-D array
        The numbers, in the working type.
    pitch : int
        From one input row to the next.
    phase : int
        From one phase of the columns to the next.
    grid : Grid
        Of the piece's outputs.
    offsets : (kh, kw) array of intp
        Output position plus offset is where tap ``(i, j)`` reads.
    """

    x: Array
    pitch: int
    grid: Grid
    offsets: Indices

    @cached_property
    def row_length(self) -> int:
        """Numbers of one input row that are read at all."""
        return int(self.offsets[0].max()) + self.grid.width


def view(x: Array, offset: int, grid: Grid) -> Array:
    """Return the (rows, width) numbers of the flat array `x` that the outputs of `grid` read at `offset`."""
    size = x.itemsize
    return np.ndarray((grid.rows, grid.width), x.dtype, x, offset * size, (grid.step * size, size))


def cut(task: Task, multiple: int = 1, widest: int = WIDEST) -> list[Piece]:
    """Cut the output into pieces of rows of at most `widest` numbers, by a `multiple` of rows where possible.

    The cuts depend on the shapes and types alone, never on how many threads there are.
    """
    whole, channels = task.whole, task.channels

    def tiles(area: Piece, least: int) -> list[Piece]:
        columns = even_cuts(area.columns, max(1, widest // channels))
        row = max(right - left for left, right in pairwise(columns)) * channels * task.work.itemsize
        rows = -(-max(PIECE // row, least, 1) // multiple) * multiple
        return [
            Piece(y, min(y + rows, area.y1), area.x0 + left, area.x0 + right)
            for y in range(area.y0, area.y1, rows)
            for left, right in pairwise(columns)
        ]

    frame = _inner(task)
    if frame is None:
        return tiles(whole, task.span[0])
    y0, y1, x0, x1 = frame
    edges = (
        Piece(whole.y0, y0, 0, whole.x1),
        Piece(y1, whole.y1, 0, whole.x1),
        Piece(y0, y1, 0, x0),
        Piece(y0, y1, x1, whole.x1),
    )
    of_edges = [tiles(edge, task.span[0]) for edge in edges if edge.rows and edge.columns]
    return [*tiles(frame, 1), *chain.from_iterable(of_edges)]


def _inner(task: Task) -> Piece | None:
    """Return the outputs that can be computed from the image as it lies in memory."""
    if task.flat is None:
        return None
    ends = []
    for axis, (start, stop) in enumerate((task.whole[:2], task.whole[2:])):
        before, stride = task.window.padding[axis][0], task.window.stride[axis]
        last = (before + task.image.shape[axis] - task.span[axis]) // stride
        ends += [max(start, -(-before // stride)), min(last + 1, stop)]
    inner = Piece(*ends)
    return inner if inner.rows > 0 and inner.columns * task.channels >= 256 else None


def load(task: Task, piece: Piece, scratch: Scratch) -> Strip:
    """Return the input of `piece`: a view of the image where possible, else a padded, converted copy."""
    channels, (sy, sx), (dy, dx) = task.channels, task.window.stride, task.window.dilation
    source = task.input_of(piece)
    x, pitch, phase = _numbers(task, source, scratch)
    rows = np.arange(task.kernel.shape[0]) * (dy * pitch)
    columns = np.arange(task.kernel.shape[1]) * dx
    offsets = rows[:, None] + (columns % sx * phase + columns // sx * channels)
    return Strip(x, pitch, Grid(piece.rows, piece.columns * channels, sy * pitch), offsets)


def _numbers(task: Task, source: Piece, scratch: Scratch) -> tuple[Array, int, int]:
    """Return the flat input, its pitch, and the distance of its column phases."""
    (top, _), (left, _) = task.window.padding
    height, width, channels = task.image.shape
    inside = source.y0 >= top and source.y1 <= top + height
    inside = inside and source.x0 >= left and source.x1 <= left + width
    sx = task.window.stride[1]
    if task.flat is not None and inside and sx == 1:
        first = ((source.y0 - top) * width + source.x0 - left) * channels
        return task.flat[first:], width * channels, 0
    if task.flat is not None and inside:
        rows, columns = slice(source.y0 - top, source.y1 - top), slice(source.x0 - left, source.x1 - left)
        plain = task.image[rows, columns]
    else:
        plain = scratch("input", (source.rows, source.columns, channels), task.work)
        read(task, source, plain)
    if sx == 1:
        return plain.reshape(-1), source.columns * channels, 0
    longest = -(-source.columns // sx)
    phases = scratch("phases", (source.rows, sx, longest, channels), task.work)
    for phase in range(min(sx, source.columns)):
        _every(plain[:, phase:], sx, phases[:, phase])
    return phases.reshape(-1), sx * longest * channels, longest * channels


def _every(plain: Array, step: int, into: Array) -> None:
    """Copy every `step`-th column of `plain`, rows x columns x channels, to the first columns of `into`."""
    part = plain[:, ::step]
    packed = plain.dtype == np.float32 and plain.strides[1:] == (4, 4) and sys.byteorder == "little"
    pairs = plain.shape[1] // 2 if packed and step == 2 else 0
    if pairs:
        # The lower half of each pair of numbers: NumPy casts integers twice as fast as it copies with a step.
        both = plain[:, : 2 * pairs, 0].view(np.int64)
        np.copyto(into[:, :pairs, 0].view(np.int32), both, casting="unsafe")
    into[:, pairs : part.shape[1]] = part[:, pairs:]


def read(task: Task, source: Piece, into: Array) -> None:
    """Write the padded input rectangle `source` to `into`, rows x columns x channels, converting its type."""
    read_padded(
        task.image,
        task.window.padding,
        (task.row_sources, task.column_sources),
        task.window.constant,
        source,
        into,
    )
